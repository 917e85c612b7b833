//! `global-decision-for-surgery`
use jiff::ToSpan;

use crate::codeset::procedures::GlobalPeriod;
use crate::rules::tables::Table;
use crate::rules::view::{has_any, same_provider};
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A visit on the day of a procedure with a 90-day global period, or on the day before, carries modifier 57.
    /// # Why it matters
    /// The visit before a major operation is in its payment, except the one at which the operation was decided on.
    /// # Example
    /// 99203 in the office with 25600 (closed treatment of a wrist fracture) the same day.
    /// # What to do
    /// 57 if the operation was decided on at this visit; otherwise leave the visit off. 25 is for minor procedures.
    /// # When it does not apply
    /// Procedures with 0 or 10 days (`modifier-missing-25`); visits two or more days before; another provider; a visit
    /// with 24.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6.6.C and 40.2; global days of the physician fee schedule.
    GlobalDecisionForSurgery, "global-decision-for-surgery",
    "A visit on the day of, or before, a 90-day procedure carries modifier 57."
}

impl Rule for GlobalDecisionForSurgery {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if !view.procedures.iter().any(|facts| facts.is_visit) {
            return;
        }
        let on_claim = view.coded_lines().find(|(_, facts)| facts.fee.is_some_and(|fee| fee.global == GlobalPeriod::Days90));
        let (surgery, line, day) = match on_claim {
            Some((line, _)) => (line.code.as_str(), Some(line.number), "the same day"),
            None => match elsewhere(view) {
                Some((code, day)) => (code, None, day),
                None => return,
            },
        };
        for (visit, facts) in view.coded_lines() {
            if !facts.is_visit || has_any(visit, &["24", "57"]) {
                continue;
            }
            let row = sources::table(view, Table::FeeSchedule, format!("{surgery}: global days 090"));
            let has_25 = has_any(visit, &["25"]);
            let message = match has_25 {
                true => format!(
                    "{} (line {}) has modifier 25, but {surgery}, done {day}, has a 90-day global period, which takes 57.",
                    visit.code, visit.number
                ),
                false => format!(
                    "{} (line {}) stands beside {surgery}, done {day}, without modifier 57. Add it only if the operation was decided on at this visit; otherwise the visit is part of it.",
                    visit.code, visit.number
                ),
            };
            let fix = match has_25 {
                true => Fix::ReplaceModifier { line: visit.number, from: "25".to_owned(), to: "57".to_owned() },
                false => Fix::AddModifier { line: visit.number, modifier: "57".to_owned() },
            };
            // 25 beside 57's case may be meant for another, minor procedure of the day.
            let minor_too = view
                .procedures
                .iter()
                .any(|f| f.fee.is_some_and(|fee| matches!(fee.global, GlobalPeriod::Days0 | GlobalPeriod::Days10)));
            let mut finding = Finding::error(&Self::INFO, message, row)
                .on_lines([Some(visit.number), line].into_iter().flatten())
                .about([visit.code.as_str(), surgery]);
            finding = match has_25 && minor_too {
                true => finding.mended_by(Fix::AddModifier { line: visit.number, modifier: "57".to_owned() }),
                false => finding.mended_by(fix),
            };
            findings.push(finding);
        }
    }
}

/// A 90-day operation by the same provider on this day or the next that is not on this claim.
fn elsewhere<'a>(view: &ClaimView<'a>) -> Option<(&'a str, &'static str)> {
    let today = view.context.date_of_service;
    let tomorrow = today.checked_add(1.day()).ok()?;
    let context = view.context;
    let prior = context.prior_procedures.iter().find(|prior| {
        (prior.date == today || prior.date == tomorrow)
            && same_provider(context, prior.provider_npi.as_deref())
            && view.tables.line(&prior.code).fee.is_some_and(|fee| fee.global == GlobalPeriod::Days90)
    })?;
    Some((prior.code.as_str(), if prior.date == today { "the same day" } else { "the day after" }))
}
