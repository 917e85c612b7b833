//! `codeset-coverage`
use crate::codeset::Reach;
use crate::codeset::icd10cm::{Coverage, IcdStatus};
use crate::codeset::procedures::ProcedureValidity;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, Source, declare_rule};

declare_rule! {
    /// # What it checks
    /// Which loaded tables do not reach the date of service, with edition and gap, and which codes of the claim they
    /// therefore cannot judge.
    /// # Why it matters
    /// An answer from an older edition is a good guess, not a fact; the reader should know which is which.
    /// # Example
    /// A visit in May 2026 checked against NCCI tables of the third quarter of 2024.
    /// # What to do
    /// Install the editions of the date of service (`superbill codesets update`).
    /// # When it does not apply
    /// All tables reach the date. It is always information and never counts against a claim. NCCI rows carry their own
    /// dates, so an edit that was deleted in time is not applied even when the table is newer than the date.
    /// # Source
    /// The list of loaded editions (`superbill codesets list`).
    CodesetCoverage, "codeset-coverage",
    "Names the tables whose loaded edition does not reach the date of service."
}

/// Tables that are asked on every claim with lines.
const PROCEDURE_TABLES: [Table; 4] = [Table::Ptp, Table::Mue, Table::Addon, Table::FeeSchedule];

impl Rule for CodesetCoverage {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let date = view.context.date_of_service;
        let mut gaps: Vec<String> = Vec::new();
        let mut codes: Vec<String> = Vec::new();
        describe_icd(view, &mut gaps, &mut codes);
        if !view.lines.is_empty() {
            for table in PROCEDURE_TABLES {
                let title = table.title();
                let Some((edition, reach)) = view.tables.reach(table) else {
                    gaps.push(format!("{title}: none loaded"));
                    continue;
                };
                match (reach, edition.effective, edition.through) {
                    (Reach::After, _, Some(through)) => gaps.push(format!("{title}: edition {} ends {through}", edition.edition)),
                    // A table with dates of its own in every row, and the list of add-on codes, also speak of earlier days.
                    (Reach::Before, Some(first), _) if !matches!(table, Table::Ptp | Table::Addon) => {
                        gaps.push(format!("{title}: the first loaded edition, {}, begins {first}", edition.edition));
                    }
                    _ => {}
                }
            }
            if let Some((edition, Reach::Before)) = view.code_sets.edition_for("coverage", date)
                && let Some(first) = edition.effective
            {
                gaps.push(format!("LCD and NCD coverage: the first imported edition, {}, begins {first}", edition.edition));
            }
            let unverified = view.coded_lines().filter(|(line, facts)| {
                facts.validity == ProcedureValidity::Unknown || view.tables.is_newer_than(Table::Ptp, &line.code)
            });
            codes.extend(unverified.map(|(line, _)| line.code.clone()));
        }
        codes.sort_unstable();
        codes.dedup();
        if gaps.is_empty() && codes.is_empty() {
            return;
        }
        let mut message = match gaps.is_empty() {
            true => format!("On {date} not every code could be checked."),
            false => format!("On {date} these tables answer from another time: {}.", gaps.join("; ")),
        };
        if !codes.is_empty() {
            message.push_str(&format!(" Unverified: {}.", codes.join(", ")));
        }
        let source = Source::new("Loaded code sets", view.tables.edition(Table::Icd10Cm), "editions");
        findings.push(Finding::info(&Self::INFO, message, source).about(codes));
    }
}

fn describe_icd(view: &ClaimView<'_>, gaps: &mut Vec<String>, codes: &mut Vec<String>) {
    let Some(coverage) = view.icd.first().map(|facts| facts.validity.coverage) else { return };
    let undetermined = view.coded_diagnoses().filter(|(_, facts)| facts.validity.status == IcdStatus::Undetermined);
    codes.extend(undetermined.map(|(diagnosis, _)| diagnosis.code.clone()));
    match coverage {
        Coverage::Loaded(_) => {}
        // Between two editions that agree on every code of the claim there is nothing to say.
        Coverage::Between(..) if codes.is_empty() => {}
        Coverage::Between(before, after) => gaps.push(format!(
            "{}: no edition loaded between the one that ends {} and the one of {}",
            Table::Icd10Cm.title(),
            before.through,
            after.effective
        )),
        Coverage::BeforeFirst(first) => {
            gaps.push(format!(
                "{}: the first loaded edition is of {}; validity is not checked",
                Table::Icd10Cm.title(),
                first.effective
            ));
        }
        Coverage::AfterLast(newest) => {
            gaps.push(format!("{}: the newest loaded edition ends {} and is used", Table::Icd10Cm.title(), newest.through));
        }
    }
}
