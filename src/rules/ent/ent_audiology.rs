//! `ent-audiology`
use jiff::civil::date;

use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Hearing tests that one code says together stand as that code; since 2026 work-up of a candidate for hearing aids
    /// (92628) and choice of the device (92631) are not both counted for the same time.
    /// # Why it matters
    /// The parts of a comprehensive test are denied beside each other; minutes count once.
    /// # Example
    /// 92553 (air and bone) with 92556 (speech with recognition): 92557.
    /// # What to do
    /// Bill the code for both; for the hearing-aid services state the minutes of each.
    /// # When it does not apply
    /// Tests of which only one was done. Where an NCCI pair denies one of the parts, this is the advice what to bill.
    /// # Source
    /// CPT, audiologic function tests; CPT 2026, hearing device services, with the AMA's errata of 2026-03-10.
    EntAudiology, "ent-audiology",
    "Hearing tests stand as their comprehensive code, and hearing-device minutes count once."
}

const COMBINATIONS: &[Combination] =
    &[Combination { parts: &["92553", "92556"], whole: "92557" }, Combination { parts: &["92567", "92568"], whole: "92550" }];

impl Rule for EntAudiology {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if view.lines.iter().filter(|line| line.code.starts_with("925") || line.code.starts_with("926")).count() < 2 {
            return;
        }
        check_combinations(view, &Self::INFO, COMBINATIONS, || sources::cpt_instructions("audiologic function tests"), findings);
        let line = |code: &str| view.lines.iter().find(|line| line.code == code);
        if view.context.date_of_service < date(2026, 1, 1) {
            return;
        }
        if let (Some(candidacy), Some(selection)) = (line("92628"), line("92631")) {
            let message = format!(
                "92628 (line {}) and 92631 (line {}) each mean 30 minutes of their own.",
                candidacy.number, selection.number
            );
            findings.push(
                Finding::warning(&Self::INFO, message, sources::cpt_instructions("hearing device services"))
                    .on_lines([candidacy.number, selection.number])
                    .about(["92631", "92628"])
                    .asking("Does the note state the minutes of each service, without overlap?"),
            );
        }
    }
}
