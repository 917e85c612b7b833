//! `payer-consultation`
use crate::rules::codes::is_consultation;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Consultation codes are billed only to payers that pay them.
    /// # Why it matters
    /// Medicare and many others deny them.
    /// # Example
    /// 99243 to Medicare.
    /// # What to do
    /// Bill the visit that the note supports: 99202–99215 by new or established patient, in hospital 99221–99223.
    /// # When it does not apply
    /// The payer's file says that it pays consultations; then request, opinion and report must be in the record.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6.10; the payer's file, consultation_codes.
    PayerConsultation, "payer-consultation",
    "Consultation codes go only to payers that pay them."
}

impl Rule for PayerConsultation {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if view.payer.consultation_codes {
            return;
        }
        for line in view.lines.iter().filter(|line| is_consultation(&line.code)) {
            let instead = match line.code.as_str() < "99250" {
                true => "99202 to 99205 or 99212 to 99215",
                false => "99221 to 99223",
            };
            let message = format!(
                "{} (line {}): {} pays no consultation codes; the visit is billed as {instead}.",
                line.code, line.number, view.payer.name
            );
            findings.push(
                Finding::error(&Self::INFO, message, sources::payer(view, "consultation_codes"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("Was the patient new or established, and which level does the note support?"),
            );
        }
    }
}
