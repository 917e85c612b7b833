//! `coverage-dx-procedure`
use super::linkage::link;
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, Source, declare_rule};

declare_rule! {
    /// # What it checks
    /// The diagnoses that a line points to are among those that the procedure is usually done for.
    /// # Why it matters
    /// Payers compare procedure and diagnosis and deny what they find not necessary.
    /// # Example
    /// 69433 (tympanostomy) pointing only to J06.9 (cold).
    /// # What to do
    /// Point the line to the diagnosis that was the reason for it, if the record states one.
    /// # When it does not apply
    /// Procedures that the table does not list; lines without pointers. The table is our own and coarse: it is advice.
    /// # Source
    /// Own table of facts from the published indications of the procedures; no coverage article is quoted.
    CoverageDxProcedure, "coverage-dx-procedure",
    "A line points to a diagnosis that the procedure is usually done for."
}

impl Rule for CoverageDxProcedure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let mut codes = diagnoses_of(view, line).peekable();
            if codes.peek().is_none() {
                continue;
            }
            let Some(link) = link(&line.code) else { continue };
            if codes.any(|code| link.supports(code)) {
                continue;
            }
            let message =
                format!("{} (line {}) is usually done for {}; its diagnoses say otherwise.", line.code, line.number, link.words);
            let source = Source::new("Own linkage table", "2026-11", format!("{}: {}", line.code, link.words));
            findings.push(
                Finding::info(&Self::INFO, message, source)
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking(format!("Which diagnosis was the reason for {}?", line.code)),
            );
        }
    }
}
