//! `icd-use-additional`
use super::sequence::{CodeAlso, SequenceNote, UseAdditional};
use crate::claim::Diagnosis;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Where a code has a "use additional code" or "code also" note that names codes, one of them is on the claim.
    /// # Why it matters
    /// The first code says half; the note asks for the rest, such as the stage of kidney disease beside I12.9.
    /// # Example
    /// I12.9 (hypertensive chronic kidney disease) without a code of N18.
    /// # What to do
    /// Add the code that the record supports.
    /// # When it does not apply
    /// Notes that apply only in some cases (an organism, tobacco, the drugs that control diabetes, "if applicable", "any
    /// associated") and "code also" notes, which give no order, are advice; "code also, if applicable" is not repeated. Notes
    /// of whole sections and chapters are not repeated for each code.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.17 (code also: no order) and I.B.7; the code's own note.
    IcdUseAdditional, "icd-use-additional",
    "A code that a \"use additional code\" note asks for is on the claim."
}

impl Rule for IcdUseAdditional {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            let Some(index) = facts.index else { continue };
            let open = |note: &SequenceNote<'_>| {
                note.has_codes() && !view.diagnoses.iter().any(|other| other.code != diagnosis.code && note.names(&other.code))
            };
            let mut reminded = false;
            for note in UseAdditional::of(view, index).iter().filter(|note| open(note)) {
                // One reminder a code is enough.
                reminded = note.is_conditional(&diagnosis.code);
                findings.push(finding(view, diagnosis, note, "use additional code", reminded));
                if reminded {
                    break;
                }
            }
            // A "code also" note for some cases only would stand under too many codes to be read.
            let also = |note: &&SequenceNote<'_>| open(note) && !note.is_conditional(&diagnosis.code);
            if !reminded && let Some(note) = CodeAlso::of(view, index).iter().find(also) {
                findings.push(finding(view, diagnosis, note, "code also", true));
            }
        }
    }
}

fn finding(view: &ClaimView<'_>, diagnosis: &Diagnosis, note: &SequenceNote<'_>, kind: &str, is_advice: bool) -> Finding {
    let info = &IcdUseAdditional::INFO;
    let source = sources::table(view, Table::Icd10Cm, format!("{}, {kind}", diagnosis.code));
    let finding = match is_advice {
        true => Finding::info(info, format!("{} may take a further code: \"{}\".", diagnosis.code, note.text()), source),
        false => Finding::warning(info, format!("{} asks for a further code: \"{}\".", diagnosis.code, note.text()), source),
    };
    finding
        .on_lines(view.lines_pointing_to(diagnosis))
        .about([diagnosis.code.as_str()])
        .asking(format!("Does the record state what the note under {} asks for?", diagnosis.code))
}
