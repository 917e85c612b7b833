//! `global-period-return`
use super::days::{Relation, is_operating_place, report_unmarked};
use crate::claim::Line;
use crate::note::PriorProcedure;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A procedure in an operating room within the global period of an earlier operation by the same provider says
    /// whether it was a return for a complication (78) or planned (58); 78 stands only where there is such a room.
    /// # Why it matters
    /// Without a modifier the procedure is denied; 78 pays the operation alone and starts no new period.
    /// # Example
    /// 35860 (exploration for bleeding) five days after 27447, in the hospital.
    /// # What to do
    /// 78 for an unplanned return for a related problem, 58 for a staged or more extensive procedure, 79 if unrelated.
    /// # When it does not apply
    /// One of the three is there; the other side of the body (`global-period-unrelated`); outside of an operating room
    /// (`global-period-staged`).
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.2 and 40.4.
    GlobalPeriodReturn, "global-period-return",
    "A return to the operating room within a global period carries 78 (or 58), and 78 needs such a room."
}

impl Rule for GlobalPeriodReturn {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let asked = |line: &Line, prior: &PriorProcedure| {
            format!(
                "Was {} planned at the time of {}, an unplanned return for a related problem, or unrelated?",
                line.code, prior.code
            )
        };
        report_unmarked(view, &Self::INFO, Relation::Return, ", and says neither 58, 78 nor 79", asked, findings);
        let place = view.context.place_of_service.as_str();
        if is_operating_place(place) {
            return;
        }
        for line in view.lines.iter().filter(|line| has_any(line, &["78"])) {
            let message = format!(
                "{} (line {}) has modifier 78, which means an operating room; place of service {place} has none.",
                line.code, line.number
            );
            findings.push(
                Finding::error(&Self::INFO, message, sources::claims_manual("40.2"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .mended_by(Fix::RemoveModifier { line: line.number, modifier: "78".to_owned() }),
            );
        }
    }
}
