//! `ncci-addon`
use crate::claim::Line;
use crate::codeset::add_on::{AddOn, AddOnKind};
use crate::rules::codes::is_visit;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// An add-on code stands beside a primary code that it may be added to, on the same day and by the same practitioner.
    /// # Why it matters
    /// Alone, an add-on code is never paid.
    /// # Example
    /// 17003 (further lesions destroyed) without 17000 (the first one).
    /// # What to do
    /// Add the primary service if the record shows it; else the add-on code was chosen by mistake.
    /// # When it does not apply
    /// Type 1 lists its primaries completely (error). Type 3 lists some, type 2 none (warning; for type 2 only where the
    /// claim has no other procedure at all). A primary newer than the table is accepted unverified. 99292 may stand
    /// without 99291 where a colleague of the same group and specialty billed 99291 that day (warning).
    /// # Source
    /// Medicare NCCI add-on code edits; Medicare Claims Processing Manual, ch. 12, 30.6.12 for critical care.
    NcciAddon, "ncci-addon",
    "An add-on code stands beside a primary code that it may be added to."
}

impl Rule for NcciAddon {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            if let Some(add_on) = view.tables.add_on(&line.code) {
                check_add_on(view, line, add_on, findings);
            }
        }
    }
}

/// Prolonged visits, whose base codes `em-prolonged` checks by payer.
fn is_prolonged(code: &str) -> bool {
    matches!(code, "99417" | "99418" | "G2212" | "G0316" | "G0317" | "G0318")
}

fn check_add_on(view: &ClaimView<'_>, line: &Line, add_on: AddOn<'_>, findings: &mut Vec<Finding>) {
    let others = || {
        let lines = view.lines.iter().filter(|other| other.number != line.number && other.code != line.code);
        lines.map(|other| other.code.as_str()).chain(view.same_day_procedures())
    };
    let kind = add_on.kind();
    let accepted = match kind {
        AddOnKind::Contractor => others().any(|code| view.tables.add_on(code).is_none()),
        _ => others().any(|code| add_on.lists(code) || view.tables.is_newer_than(Table::Addon, code)),
    };
    // One defect, one finding: prolonged time is `em-prolonged`, a part of another line `ncci-ptp`.
    let elsewhere = is_prolonged(&line.code)
        || view.lines.iter().any(|other| {
            view.pair(line, other).is_some_and(|pair| pair.column2 == line.code) && super::ptp_reports(view, line, other)
        });
    if accepted || elsewhere {
        return;
    }
    let (number, code) = (line.number, line.code.as_str());
    let number_of_kind = match kind {
        AddOnKind::Listed => 1,
        AddOnKind::Contractor => 2,
        AddOnKind::ListedAndContractor => 3,
    };
    let source = sources::table(view, Table::Addon, format!("add-on {code}, type {number_of_kind}"));
    let primaries: Vec<&str> = add_on.primaries().take(6).collect();
    let listed = match primaries.len() {
        0 => String::new(),
        6 => format!(" ({}, …)", primaries[..5].join(", ")),
        _ => format!(" ({})", primaries.join(", ")),
    };
    let critical_care = code == "99292";
    let (hard, message) = match kind {
        AddOnKind::Listed if critical_care => (false, format!("99292 (line {number}) has no 99291 on this claim.")),
        AddOnKind::Listed => (true, format!("{code} (line {number}) is an add-on code without its primary code{listed}.")),
        AddOnKind::ListedAndContractor => (
            false,
            format!("{code} (line {number}) is an add-on code; none of the primary codes listed for it{listed} is on the claim."),
        ),
        AddOnKind::Contractor => {
            (false, format!("{code} (line {number}) is an add-on code and the claim has no other procedure."))
        }
    };
    let finding = match hard {
        true => Finding::error(&NcciAddon::INFO, message, source),
        false => Finding::warning(&NcciAddon::INFO, message, source),
    };
    let question = match critical_care {
        true => "Did a colleague of the same group and specialty bill 99291 for this patient on this day?".to_owned(),
        false => match is_visit(&line.code) {
            true => format!("Which visit is {} added to?", line.code),
            false => format!("Which primary service does the record show for {}?", line.code),
        },
    };
    findings.push(finding.on_lines([line.number]).about([line.code.as_str()]).asking(question));
}
