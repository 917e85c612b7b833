//! Counting the days of a global period, and which earlier operations still have one running.
use jiff::ToSpan;
use jiff::civil::Date;

use crate::claim::Line;
use crate::codeset::procedures::GlobalPeriod;
use crate::note::PriorProcedure;
use crate::rules::codes::side_of_modifier;
use crate::rules::tables::LineFacts;
use crate::rules::view::{has_any, same_provider};
use crate::rules::{ClaimView, Finding, RuleInfo, sources};

/// Last day of the global period: the day of surgery and 10 or 90 further calendar days.
pub fn last_day(surgery: Date, period: GlobalPeriod) -> Option<Date> {
    surgery.checked_add(i64::from(period.days()?).days()).ok()
}

/// An earlier operation by the same provider whose period of 10 or 90 days covers the date of service (not its own day).
pub struct Running<'a> {
    /// The operation.
    pub prior: &'a PriorProcedure,
    /// Last day of its period.
    pub through: Date,
    /// Its period.
    pub period: GlobalPeriod,
}

/// All of them, the latest first.
pub fn running<'a>(view: &ClaimView<'a>) -> Vec<Running<'a>> {
    let date = view.context.date_of_service;
    let mut found = Vec::new();
    for prior in &view.context.prior_procedures {
        // A return to surgery (78) starts no period of its own; 55 and 56 are no surgery.
        let no_period = prior.modifiers.iter().any(|modifier| matches!(modifier.as_str(), "78" | "55" | "56"));
        if prior.date >= date || no_period || !same_provider(view.context, prior.provider_npi.as_deref()) {
            continue;
        }
        let Some(period) = view.tables.line(&prior.code).fee.map(|fee| fee.global) else { continue };
        if !matches!(period, GlobalPeriod::Days10 | GlobalPeriod::Days90) {
            continue;
        }
        if let Some(through) = last_day(prior.date, period).filter(|through| date <= *through) {
            found.push(Running { prior, through, period });
        }
    }
    found.sort_by_key(|running| std::cmp::Reverse(running.prior.date));
    found
}

/// A procedure with a global period of its own, as 58, 78 and 79 are for.
pub fn is_surgery(facts: &LineFacts) -> bool {
    facts.fee.is_some_and(|fee| matches!(fee.global, GlobalPeriod::Days0 | GlobalPeriod::Days10 | GlobalPeriod::Days90))
}

/// How a procedure within a global period most likely stands to the operation before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Another side of the body: 79.
    Unrelated,
    /// In an operating room, at the same place or none stated: 78 or 58.
    Return,
    /// Outside of an operating room: 58.
    Staged,
}

/// The question to ask; which of the three modifiers holds is for the record to say.
fn relation(view: &ClaimView<'_>, line: &Line, prior: &PriorProcedure) -> Relation {
    let side = |modifiers: &[String]| modifiers.iter().find_map(|modifier| side_of_modifier(modifier));
    match (side(&line.modifiers), side(&prior.modifiers)) {
        (Some(now), Some(before)) if now != before => Relation::Unrelated,
        _ if is_operating_place(&view.context.place_of_service) => Relation::Return,
        _ => Relation::Staged,
    }
}

/// Places with an operating, catheterization, laser or endoscopy room.
pub fn is_operating_place(place: &str) -> bool {
    matches!(place, "19" | "21" | "22" | "23" | "24" | "26" | "61")
}

/// Reports the surgery lines within a running period that carry none of 58, 78, 79 and stand to the latest operation as
/// `wanted` says. `rest` ends the message, `asked` the question after both codes.
pub fn report_unmarked(
    view: &ClaimView<'_>,
    info: &RuleInfo,
    wanted: Relation,
    rest: &str,
    asked: impl Fn(&Line, &PriorProcedure) -> String,
    findings: &mut Vec<Finding>,
) {
    if view.context.prior_procedures.is_empty() {
        return;
    }
    let Some(latest) = running(view).into_iter().next() else { return };
    let (prior, through) = (latest.prior, latest.through);
    for (line, facts) in view.coded_lines() {
        let marked = has_any(line, &["58", "78", "79", "55", "56"]);
        if !is_surgery(facts) || marked || relation(view, line, prior) != wanted {
            continue;
        }
        let side = if wanted == Relation::Unrelated { " on the other side" } else { "" };
        let message = format!(
            "{} (line {}) lies within the global period of {}{side} ({}), which runs through {through}{rest}.",
            line.code, line.number, prior.code, prior.date
        );
        findings.push(
            Finding::error(info, message, sources::claims_manual("40.2"))
                .on_lines([line.number])
                .about([line.code.as_str(), prior.code.as_str()])
                .asking(asked(line, prior)),
        );
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_calendar_days() {
        // The carrier manual's examples; in a leap year the ninetieth day falls one day earlier in the calendar.
        assert_eq!(last_day(date(2023, 1, 5), GlobalPeriod::Days90), Some(date(2023, 4, 5)));
        assert_eq!(last_day(date(2024, 1, 5), GlobalPeriod::Days90), Some(date(2024, 4, 4)));
        assert_eq!(last_day(date(2023, 1, 5), GlobalPeriod::Days10), Some(date(2023, 1, 15)));
        assert_eq!(last_day(date(2021, 2, 19), GlobalPeriod::Days90), Some(date(2021, 5, 20)));
        assert_eq!(last_day(date(2023, 1, 5), GlobalPeriod::NotApplicable), None);
    }
}
