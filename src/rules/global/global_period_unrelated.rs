//! `global-period-unrelated`
use super::days::{Relation, report_unmarked, running};
use crate::claim::Line;
use crate::note::PriorProcedure;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A procedure on the other side of the body, within the global period of an earlier operation by the same provider,
    /// says with modifier 79 that it is unrelated; 79 stands only within such a period.
    /// # Why it matters
    /// Without the modifier the payer takes the procedure for part of the first operation.
    /// # Example
    /// 66984-LT (cataract, left eye) three weeks after 66984-RT.
    /// # What to do
    /// 79 if the record shows that the procedure has nothing to do with the first one. It starts a new global period.
    /// # When it does not apply
    /// 58, 78 or 79 is there; the period is over; another provider. The other side is a sign, not a proof: the fix asks.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.2.
    GlobalPeriodUnrelated, "global-period-unrelated",
    "An unrelated procedure within a global period carries modifier 79."
}

impl Rule for GlobalPeriodUnrelated {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let asked =
            |line: &Line, prior: &PriorProcedure| format!("Is {} unrelated to {} of {}?", line.code, prior.code, prior.date);
        report_unmarked(view, &Self::INFO, Relation::Unrelated, "", asked, findings);
        // What the practice did before is known, and nothing of it still runs.
        if view.context.prior_procedures.is_empty() || !running(view).is_empty() {
            return;
        }
        for line in view.lines.iter().filter(|line| has_any(line, &["79"])) {
            let message = format!(
                "{} (line {}) has modifier 79, but no earlier operation has a global period running.",
                line.code, line.number
            );
            findings.push(
                Finding::warning(&Self::INFO, message, sources::claims_manual("40.2"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("Which operation's global period is meant?"),
            );
        }
    }
}
