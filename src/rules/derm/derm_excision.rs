//! `derm-excision`
use super::lesions::{Lesion, only_kind};
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Excision of a lesion is coded as benign (11400 to 11446) or malignant (11600 to 11646) as the diagnosis says, and a
    /// lesion of unspecified nature is pointed out.
    /// # Why it matters
    /// The choice depends on the pathology report; a malignant excision with a benign diagnosis is denied.
    /// # Example
    /// 11602 pointing to L72.0 (epidermal cyst).
    /// # What to do
    /// Wait for the pathology report, then choose code and diagnosis from it. A wide re-excision after a malignant
    /// diagnosis stays malignant.
    /// # When it does not apply
    /// Diagnoses of several kinds on the line, or of a kind that the rule does not know. Uncertain behaviour (D48.5)
    /// fits either.
    /// # Source
    /// CPT, excision of benign and malignant lesions; ICD-10-CM chapter 2, neoplasms of uncertain and unspecified behaviour.
    DermExcision, "derm-excision",
    "Excision of a skin lesion is benign or malignant as its diagnosis says."
}

impl Rule for DermExcision {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines.iter().filter(|line| line.code.len() == 5) {
            let malignant = ("11600"..="11646").contains(&line.code.as_str());
            if !malignant && !("11400"..="11446").contains(&line.code.as_str()) {
                continue;
            }
            let Some(kind) = only_kind(diagnoses_of(view, line)) else { continue };
            let source = || sources::cpt_instructions("excision of lesions");
            let finding = match (malignant, kind) {
                (false, Lesion::Malignant) => Finding::warning(
                    &Self::INFO,
                    format!("{} (line {}) is for benign lesions; its diagnosis is malignant.", line.code, line.number),
                    source(),
                ),
                (true, Lesion::Benign | Lesion::Premalignant | Lesion::Tag) => Finding::warning(
                    &Self::INFO,
                    format!("{} (line {}) is for malignant lesions; its diagnosis is not.", line.code, line.number),
                    source(),
                ),
                (_, Lesion::Unspecified) => Finding::info(
                    &Self::INFO,
                    format!("{} (line {}): the pathology report decides benign or malignant.", line.code, line.number),
                    source(),
                ),
                _ => continue,
            };
            findings.push(
                finding
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("What does the pathology report say about the lesion?"),
            );
        }
    }
}
