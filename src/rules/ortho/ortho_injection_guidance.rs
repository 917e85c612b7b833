//! `ortho-injection-guidance`
use crate::rules::combination::{Combination, check_combinations, separated_without_site};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Injection of a joint under ultrasound stands as the code that includes it (20604, 20606, 20611), not as injection
    /// plus 76942.
    /// # Why it matters
    /// Since 2015 guidance is part of the injection's code; 76942 beside it is denied or taken back.
    /// # Example
    /// 20610 with 76942: 20611.
    /// # What to do
    /// Bill 20604, 20606 or 20611 if a picture was kept and reported; else the injection alone.
    /// # When it does not apply
    /// Guidance by X-ray (77002). 76942 for another procedure of the day. Where an NCCI pair denies 76942, this is the
    /// advice what to bill.
    /// # Source
    /// CPT, arthrocentesis (2015); NCCI Policy Manual, chapter IV.
    OrthoInjectionGuidance, "ortho-injection-guidance",
    "Injection of a joint under ultrasound stands as the code that includes it."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["20600", "76942"], whole: "20604" },
    Combination { parts: &["20605", "76942"], whole: "20606" },
    Combination { parts: &["20610", "76942"], whole: "20611" },
];

impl Rule for OrthoInjectionGuidance {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(guidance) = view.lines.iter().find(|line| line.code == "76942") else { return };
        let source = || sources::cpt_instructions("arthrocentesis");
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
        for line in view.lines.iter().filter(|line| matches!(line.code.as_str(), "20604" | "20606" | "20611")) {
            if separated_without_site(view, line, guidance) {
                let message = format!("{} (line {}) already means guidance by ultrasound.", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([line.number, guidance.number])
                        .about(["76942", line.code.as_str()])
                        .asking("For which other procedure was 76942 used?"),
                );
            }
        }
    }
}
