//! `global-period-visit`
use super::days::running;
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A visit within the global period of an earlier operation by the same provider carries modifier 24.
    /// # Why it matters
    /// Follow-up care is in the payment of the operation; without 24 the visit is denied.
    /// # Example
    /// 99213 three weeks after 29881 (90 days) by the same surgeon.
    /// # What to do
    /// For follow-up of the operation report 99024, without charge. If the visit was for something else, 24 with the
    /// diagnosis that shows it.
    /// # When it does not apply
    /// The day of the operation itself (25 or 57); another provider; the day after the period has ended. The period is the
    /// day of surgery and 10 or 90 further calendar days.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.1 to 40.3; global days of the physician fee schedule.
    GlobalPeriodVisit, "global-period-visit",
    "A visit within an earlier operation's global period carries modifier 24."
}

impl Rule for GlobalPeriodVisit {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if view.context.prior_procedures.is_empty() || !view.procedures.iter().any(|facts| facts.is_visit) {
            return;
        }
        let Some(operation) = running(view).into_iter().next() else { return };
        for (visit, facts) in view.coded_lines() {
            if !facts.is_visit || has_any(visit, &["24", "FT"]) {
                continue;
            }
            let message = format!(
                "{} (line {}) lies within the global period of {} ({}), which runs through {}.",
                visit.code, visit.number, operation.prior.code, operation.prior.date, operation.through
            );
            let row = format!("{}: global days {}", operation.prior.code, operation.period.indicator());
            findings.push(
                Finding::error(&Self::INFO, message, sources::table(view, Table::FeeSchedule, row))
                    .on_lines([visit.number])
                    .about([visit.code.as_str(), operation.prior.code.as_str()])
                    .asking(format!("Was this visit follow-up of {}, or for an unrelated problem?", operation.prior.code)),
            );
        }
    }
}
