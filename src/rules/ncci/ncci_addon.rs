//! `ncci-addon`
use crate::claim::Line;
use crate::rules::codes::is_visit;
use crate::rules::tables::{Addon, Table};
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
            if let Some(addon) = view.addon(&line.code) {
                check_addon(view, line, &addon, findings);
            }
        }
    }
}

fn check_addon(view: &ClaimView<'_>, line: &Line, addon: &Addon<'_>, findings: &mut Vec<Finding>) {
    let others = || {
        let lines = view.lines.iter().filter(|other| other.number != line.number && other.code != line.code);
        lines.map(|other| other.code.as_str()).chain(view.same_day_procedures())
    };
    let accepted = match addon.kind {
        2 => others().any(|code| view.addon(code).is_none()),
        _ => others().any(|code| addon.primaries.iter().any(|primary| primary == code) || view.tables.is_newer_than(Table::Addon, code)),
    };
    if accepted {
        return;
    }
    let source = sources::table(view, Table::Addon, format!("add-on {}, type {}", line.code, addon.kind));
    let listed = match addon.primaries.len() {
        0 => String::new(),
        count => {
            let shown: Vec<&str> = addon.primaries.iter().take(5).map(AsRef::as_ref).collect();
            format!(" ({}{})", shown.join(", "), if count > 5 { ", …" } else { "" })
        }
    };
    let critical_care = line.code == "99292";
    let (hard, message) = match addon.kind {
        1 if critical_care => (false, format!("99292 (line {}) has no 99291 on this claim.", line.number)),
        1 => (true, format!("{} (line {}) is an add-on code without its primary code{listed}.", line.code, line.number)),
        3 => (false, format!("{} (line {}) is an add-on code; none of the primary codes listed for it{listed} is on the claim.", line.code, line.number)),
        _ => (false, format!("{} (line {}) is an add-on code and the claim has no other procedure.", line.code, line.number)),
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
