//! `icd-manifestation-first`
use super::sequence::{CodeFirst, is_manifestation, moved_to};
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The first diagnosis is no manifestation code: one that says how another disease shows itself.
    /// # Why it matters
    /// Such a code may never lead; the claim is rejected.
    /// # Example
    /// F02.80 (dementia in other diseases) before G30.9 (Alzheimer's disease).
    /// # What to do
    /// Put the underlying disease first; where it is not on the claim, find it in the record.
    /// # When it does not apply
    /// Manifestations in second place or later: `icd-code-first`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.13; Medicare Code Editor, manifestation codes.
    IcdManifestationFirst, "icd-manifestation-first",
    "The first diagnosis is no manifestation of another disease."
}

impl Rule for IcdManifestationFirst {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some((first, facts)) = view.coded_diagnoses().next() else { return };
        let Some(index) = facts.index.filter(|index| is_manifestation(view, *index)) else { return };
        let message = format!("{} is a manifestation of another disease and cannot be listed first.", first.code);
        let finding = Finding::error(&Self::INFO, message, sources::table(view, Table::Icd10Cm, first.code.clone()))
            .on_lines(view.lines_pointing_to(first))
            .about([first.code.as_str()]);
        let notes = CodeFirst::of(view, index);
        let cause = view.diagnoses.iter().skip(1).find(|d| notes.iter().any(|note| note.names(&d.code)));
        findings.push(match cause {
            Some(cause) => finding.mended_by(Fix::Reorder { diagnoses: moved_to(view, &cause.code, 0) }),
            None => finding.asking(format!("Which disease does {} come from?", first.code)),
        });
    }
}
