//! `global-period-staged`
use super::days::{Relation, report_unmarked};
use crate::claim::Line;
use crate::note::PriorProcedure;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A procedure outside of an operating room within the global period of an earlier operation by the same provider
    /// says that it was planned (58) or unrelated (79); a line has only one of 58, 78 and 79.
    /// # Why it matters
    /// Care of complications outside of an operating room is in the operation's payment; only a staged, more extensive or
    /// unrelated procedure is paid.
    /// # Example
    /// 11042 (debridement) in the office two weeks after 28805.
    /// # What to do
    /// 58 if the record shows that the procedure was planned at the time, is more extensive, or treats what was
    /// diagnosed. It starts a new global period.
    /// # When it does not apply
    /// One of the three is there; the other side of the body; in an operating room (`global-period-return`).
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.2.
    GlobalPeriodStaged, "global-period-staged",
    "A staged procedure within a global period carries modifier 58; 58, 78 and 79 exclude each other."
}

impl Rule for GlobalPeriodStaged {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let asked = |line: &Line, prior: &PriorProcedure| {
            format!("Was {} planned at the time of {}, more extensive, or unrelated to it?", line.code, prior.code)
        };
        report_unmarked(view, &Self::INFO, Relation::Staged, ", and says neither 58 nor 79", asked, findings);
        for line in view.lines {
            let count = ["58", "78", "79"].iter().filter(|modifier| has_any(line, &[modifier])).count();
            if count > 1 {
                let message = format!("{} (line {}) has more than one of 58, 78 and 79.", line.code, line.number);
                findings.push(
                    Finding::error(&Self::INFO, message, sources::claims_manual("40.2"))
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Was the procedure planned, a return for a related problem, or unrelated?"),
                );
            }
        }
    }
}
