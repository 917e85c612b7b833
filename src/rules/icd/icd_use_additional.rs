//! `icd-use-additional`
use super::sequence::UseAdditional;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Where a code has a "use additional code" note that names codes, one of them is on the claim.
    /// # Why it matters
    /// The first code says half; the note asks for the rest, such as the stage of kidney disease beside I12.9.
    /// # Example
    /// I12.9 (hypertensive chronic kidney disease) without a code of N18.
    /// # What to do
    /// Add the code that the record supports.
    /// # When it does not apply
    /// Notes that apply only in some cases (an organism, tobacco, the drugs that control diabetes, "if applicable", "any
    /// associated") are advice. Notes of
    /// whole sections and chapters are not repeated for each code.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.17 and I.B.7; the code's own note.
    IcdUseAdditional, "icd-use-additional",
    "A code that a \"use additional code\" note asks for is on the claim."
}

impl Rule for IcdUseAdditional {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            let Some(index) = facts.index else { continue };
            for note in UseAdditional::of(view, index) {
                if !note.has_codes() || view.diagnoses.iter().any(|other| other.code != diagnosis.code && note.names(&other.code))
                {
                    continue;
                }
                let source = sources::table(view, Table::Icd10Cm, format!("{}, use additional code", diagnosis.code));
                let finding = match note.conditional {
                    true => Finding::info(
                        &Self::INFO,
                        format!("{} may take a further code: \"{}\".", diagnosis.code, note.text()),
                        source,
                    ),
                    false => Finding::warning(
                        &Self::INFO,
                        format!("{} asks for a further code: \"{}\".", diagnosis.code, note.text()),
                        source,
                    ),
                };
                findings.push(
                    finding
                        .on_lines(view.lines_pointing_to(diagnosis))
                        .about([diagnosis.code.as_str()])
                        .asking(format!("Does the record state what the note under {} asks for?", diagnosis.code)),
                );
                // One reminder a code is enough.
                if note.conditional {
                    break;
                }
            }
        }
    }
}
