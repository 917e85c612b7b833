//! `ent-cerumen`
use crate::rules::codes::is_under;
use crate::rules::combination::{diagnoses_of, separated_without_site};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Removal of ear wax (69209, 69210) points to impacted cerumen (H61.2-), and irrigation and instruments are not both
    /// billed for one ear.
    /// # Why it matters
    /// Wax that is not impacted is part of the visit; one ear is cleared once.
    /// # Example
    /// 69210 pointing to H60.331 (swimmer's ear) alone.
    /// # What to do
    /// Point the line to H61.21, H61.22 or H61.23 if the note documents impaction; else leave the line off.
    /// # When it does not apply
    /// Lines that name different ears. A claim without diagnoses is `claim-structure`.
    /// # Source
    /// CPT, removal of impacted cerumen (2014, 2016); contractors' articles on cerumen removal.
    EntCerumen, "ent-cerumen",
    "Removal of ear wax points to impacted cerumen, one method an ear."
}

impl Rule for EntCerumen {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let source = || sources::cpt_instructions("removal of impacted cerumen");
        for line in view.lines.iter().filter(|line| matches!(line.code.as_str(), "69209" | "69210")) {
            let mut codes = diagnoses_of(view, line).peekable();
            if codes.peek().is_some() && !codes.any(|code| is_under(code, "H61.2")) {
                let message = format!("{} (line {}) points to no impacted cerumen (H61.2-).", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Does the note document impacted cerumen, and in which ear?"),
                );
            }
        }
        let line = |code: &str| view.lines.iter().find(|line| line.code == code);
        let (Some(irrigation), Some(instruments)) = (line("69209"), line("69210")) else { return };
        if separated_without_site(view, irrigation, instruments) {
            let message = format!(
                "69209 (line {}) and 69210 (line {}) clear the same thing; both stay only for different ears, and neither names one.",
                irrigation.number, instruments.number
            );
            findings.push(
                Finding::warning(&Self::INFO, message, source())
                    .on_lines([irrigation.number, instruments.number])
                    .about(["69209", "69210"])
                    .asking("Which ear was cleared by which method?"),
            );
        }
    }
}
