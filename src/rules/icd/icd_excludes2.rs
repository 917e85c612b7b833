//! `icd-excludes2`
use super::icd_excludes1::excluding_note;
use crate::codeset::icd10cm::IcdIndex;
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
        for (position, (first, first_facts)) in view.coded_diagnoses().enumerate() {
            for (second, second_facts) in view.coded_diagnoses().skip(position + 1) {
                let (Some(i), Some(j)) = (first_facts.index, second_facts.index) else { continue };
                let named = names(view, i, &second.code) || names(view, j, &first.code);
                if !named || excluding_note(view, i, &second.code).is_some() || excluding_note(view, j, &first.code).is_some() {
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
}

/// An Excludes2 note of the code or a code above it, not of its section or chapter, names the other.
fn names(view: &ClaimView<'_>, index: IcdIndex, other: &str) -> bool {
    view.tables.icd.excludes2(index).any(|note| note.carried_by.is_some() && note.covers(other))
}
