//! `icd-duplicate`
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No diagnosis code stands on the claim twice.
    /// # Why it matters
    /// A code is reported once for an encounter, also when the condition is on both sides and no code states the sides.
    /// # Example
    /// H25.9 as diagnosis A and as diagnosis C.
    /// # What to do
    /// Leave one out and point its lines to the other.
    /// # When it does not apply
    /// Codes of the same condition with different sides or 7th characters: `icd-laterality`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.B.12.
    IcdDuplicate, "icd-duplicate",
    "No diagnosis code stands on the claim twice."
}

impl Rule for IcdDuplicate {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, diagnosis) in view.diagnoses.iter().enumerate() {
            let earlier = view.diagnoses.iter().take(position).find(|earlier| earlier.code == diagnosis.code);
            let Some(earlier) = earlier else { continue };
            let message = format!("{} stands twice, as {} and as {}.", diagnosis.code, earlier.pointer, diagnosis.pointer);
            findings.push(
                Finding::error(&Self::INFO, message, sources::guidelines("I.B.12"))
                    .on_lines(view.lines_pointing_to(diagnosis))
                    .about([diagnosis.code.as_str()])
                    .mended_by(Fix::RemoveDiagnosis { code: diagnosis.code.clone() }),
            );
        }
    }
}
