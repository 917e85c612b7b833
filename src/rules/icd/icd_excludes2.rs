//! `icd-excludes2`
use super::exclusions::{excluding_note, exclusions};
use crate::codeset::icd10cm::NoteKind;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Two diagnoses of which one has an Excludes2 note that names the other.
    /// # Why it matters
    /// Excludes2 means "not included here": both codes may stand, and one does not say the other. Coders often take it
    /// for Excludes1 and drop a code that belongs on the claim.
    /// # Example
    /// R51.9 (headache) beside G43.909 (migraine): both may be coded when the patient has both.
    /// # What to do
    /// Nothing, when the record supports both.
    /// # When it does not apply
    /// Pairs that also exclude each other by Excludes1; symptoms of chapter 18 whose note names whole chapters.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.12.b.
    IcdExcludes2, "icd-excludes2",
    "Says where two diagnoses may both stand although a note sets them apart."
}

impl Rule for IcdExcludes2 {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        // A note of a section or chapter says nothing of the single code.
        for exclusion in exclusions(view, NoteKind::Excludes2, |note| note.carried_by.is_some()) {
            let (a, b) = (exclusion.by.min(exclusion.named), exclusion.by.max(exclusion.named));
            let (Some(first), Some(second)) = (view.diagnoses.get(a), view.diagnoses.get(b)) else { continue };
            let excluded = |one: usize, code: &str| {
                let index = view.icd.get(one).and_then(|facts| facts.index);
                index.is_some_and(|index| excluding_note(view, index, code).is_some())
            };
            if excluded(a, &second.code) || excluded(b, &first.code) {
                continue;
            }
            let message =
                format!("{} and {} may both be coded if the record supports both (Excludes2).", first.code, second.code);
            let mut lines = view.lines_pointing_to(first);
            lines.extend(view.lines_pointing_to(second));
            findings.push(
                Finding::info(
                    &Self::INFO,
                    message,
                    sources::table(view, Table::Icd10Cm, format!("{} and {}, Excludes2", first.code, second.code)),
                )
                .on_lines(lines)
                .about([first.code.as_str(), second.code.as_str()]),
            );
        }
    }
}
