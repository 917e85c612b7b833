//! `icd-valid`
use super::seventh::seventh_fault;
use crate::claim::Diagnosis;
use crate::codeset::icd10cm::IcdStatus;
use crate::rules::tables::{IcdFacts, Table};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Every diagnosis code existed on the date of service.
    /// # Why it matters
    /// A code that was not in force is rejected, and new editions come into force on 1 October and 1 April.
    /// # Example
    /// A claim for a visit in September 2025 carries a code that was new on 1 October 2025.
    /// # What to do
    /// Choose the code that was in force on that day; the finding says from when to when the code was valid.
    /// # When it does not apply
    /// A date outside the loaded editions, or between two that differ in this code: `codeset-coverage` says so instead. A
    /// code that only lacks detail is `icd-billable`, one whose 7th character is wrong `icd-seventh-character`.
    /// # Source
    /// ICD-10-CM Tabular List of the edition in force on the date of service.
    IcdValid, "icd-valid",
    "Every diagnosis code existed on the date of service."
}

impl Rule for IcdValid {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            if facts.validity.status != IcdStatus::NotValid || seventh_fault(&view.tables, &diagnosis.code, facts).is_some() {
                continue;
            }
            let source = sources::table(view, Table::Icd10Cm, diagnosis.code.clone());
            findings.push(
                Finding::error(&Self::INFO, message(view, diagnosis, facts), source)
                    .on_lines(view.lines_pointing_to(diagnosis))
                    .about([diagnosis.code.as_str()])
                    .asking(format!("Which code of the edition in force states what {} was meant to say?", diagnosis.code)),
            );
        }
    }
}

fn message(view: &ClaimView<'_>, diagnosis: &Diagnosis, facts: &IcdFacts) -> String {
    let (code, date) = (&diagnosis.code, view.context.date_of_service);
    match facts.index.and_then(|index| view.tables.icd.billable_period(index)) {
        Some((first, _)) if first > date => format!("{code} is not valid on {date}: it is new from {first}."),
        Some((_, Some(last))) if last < date => format!("{code} is not valid on {date}: it ended after {last}."),
        _ => format!("{code} is no ICD-10-CM code on {date}."),
    }
}
