//! `modifier-missing-25`
use crate::codeset::procedures::GlobalPeriod;
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A visit on the same day as a procedure whose global period is 0 or 10 days carries modifier 25 (or 24 or 57).
    /// # Why it matters
    /// The decision for a minor procedure and the usual work before and after it are in the procedure's payment; without
    /// the modifier the visit is denied.
    /// # Example
    /// 99213 with 20610 (injection of a large joint) and no modifier on 99213.
    /// # What to do
    /// Add 25 if the note shows significant work of its own, beyond deciding on the procedure and preparing for it;
    /// otherwise leave the visit off. Another diagnosis is not needed, and being a new patient is not enough.
    /// # When it does not apply
    /// Procedures with 90 days (57: `global-decision-for-surgery`) or without a global period (`ncci-ptp` decides).
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6.6 and 40.1; global days of the physician fee schedule.
    ModifierMissing25, "modifier-missing-25",
    "A visit beside a procedure with a 0- or 10-day global period carries modifier 25."
}

impl Rule for ModifierMissing25 {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let minor = view
            .coded_lines()
            .find(|(_, facts)| facts.fee.is_some_and(|fee| matches!(fee.global, GlobalPeriod::Days0 | GlobalPeriod::Days10)));
        let Some((procedure, facts)) = minor else { return };
        let days = match facts.fee.map(|fee| fee.global) {
            Some(GlobalPeriod::Days10) => "010",
            _ => "000",
        };
        for (visit, facts) in view.coded_lines() {
            if !facts.is_visit || visit.number == procedure.number || has_any(visit, &["24", "25", "57"]) {
                continue;
            }
            let message = format!(
                "{} (line {}) stands beside {} (line {}) on the same day without modifier 25. Add it only if the note shows \
                 significant, separate work; otherwise the visit is part of the procedure.",
                visit.code, visit.number, procedure.code, procedure.number
            );
            findings.push(
                Finding::error(
                    &Self::INFO,
                    message,
                    sources::table(view, Table::FeeSchedule, format!("{}: global days {days}", procedure.code)),
                )
                .on_lines([visit.number, procedure.number])
                .about([visit.code.as_str(), procedure.code.as_str()])
                .mended_by(Fix::AddModifier { line: visit.number, modifier: "25".to_owned() }),
            );
        }
    }
}
