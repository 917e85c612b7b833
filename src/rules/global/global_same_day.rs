//! `global-same-day`
use crate::codeset::procedures::GlobalPeriod;
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A visit carries modifier 25 when the same provider billed a procedure with a 0- or 10-day global period for the
    /// same day on another claim; and modifier 25 stands only where there is another service that day.
    /// # Why it matters
    /// The payer joins the claims of a day: without 25 the visit is denied. A 25 with nothing beside it draws audits.
    /// # Example
    /// 99213 today, and 17000 today on an earlier claim.
    /// # What to do
    /// 25 if the note shows significant, separate work; take 25 off where nothing else was done that day.
    /// # When it does not apply
    /// The procedure is on the same claim (`modifier-missing-25`); another provider.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6.6.B and 40.1.
    GlobalSameDay, "global-same-day",
    "25 stands on a visit when, and only when, the day has another service."
}

impl Rule for GlobalSameDay {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let minor = view.same_day_procedures().find(|code| {
            view.tables.line(code).fee.is_some_and(|fee| matches!(fee.global, GlobalPeriod::Days0 | GlobalPeriod::Days10))
        });
        let on_claim = |global: &[GlobalPeriod]| {
            view.procedures.iter().any(|facts| facts.fee.is_some_and(|fee| global.contains(&fee.global)))
        };
        if let Some(minor) = minor.filter(|_| !on_claim(&[GlobalPeriod::Days0, GlobalPeriod::Days10])) {
            for (visit, _) in view.coded_lines().filter(|(line, facts)| facts.is_visit && !has_any(line, &["24", "25", "57"])) {
                let message = format!(
                    "{} (line {}): {minor} was billed for the same day, and the visit has no modifier 25.",
                    visit.code, visit.number
                );
                findings.push(
                    Finding::error(
                        &Self::INFO,
                        message,
                        sources::table(view, Table::FeeSchedule, format!("{minor}: global days")),
                    )
                    .on_lines([visit.number])
                    .about([visit.code.as_str(), minor])
                    .mended_by(Fix::AddModifier { line: visit.number, modifier: "25".to_owned() }),
                );
            }
        }
        if view.lines.len() == 1 && view.same_day_procedures().next().is_none() {
            for (visit, _) in view.coded_lines().filter(|(line, facts)| facts.is_visit && has_any(line, &["25"])) {
                let message =
                    format!("{} (line {}) has modifier 25, but no other service of the day is known.", visit.code, visit.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::claims_manual("30.6.6.B"))
                        .on_lines([visit.number])
                        .about([visit.code.as_str()])
                        .mended_by(Fix::RemoveModifier { line: visit.number, modifier: "25".to_owned() }),
                );
            }
        }
    }
}
