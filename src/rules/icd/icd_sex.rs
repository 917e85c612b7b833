//! `icd-sex`
use crate::codeset::icd10cm::IcdSex;
use crate::note::Sex;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A diagnosis of organs or states of one sex fits the sex on the claim.
    /// # Why it matters
    /// Mostly the claim was filed under the wrong patient, or a digit was mistyped.
    /// # Example
    /// N40.0 (enlarged prostate) for a woman.
    /// # What to do
    /// Check patient and code. Where both are right (transgender and intersex patients), leave them and use condition
    /// code 45 or modifier KX as the payer asks.
    /// # When it does not apply
    /// Without a sex on the claim. Medicare has ended its own sex edits; this is a plausibility check.
    /// # Source
    /// Medicare Code Editor, former sex conflict lists.
    IcdSexConflict, "icd-sex",
    "Diagnoses of one sex fit the sex on the claim."
}

impl Rule for IcdSexConflict {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(sex) = view.context.patient.sex else { return };
        for (diagnosis, facts) in view.coded_diagnoses() {
            let limited = facts.index.and_then(|index| view.tables.icd.edits(index).sex);
            let (stated, other) = match (limited, sex) {
                (Some(IcdSex::Female), Sex::M) => ("female", "male"),
                (Some(IcdSex::Male), Sex::F) => ("male", "female"),
                _ => continue,
            };
            let message = format!("{} is for {stated} patients; the claim says {other}.", diagnosis.code);
            findings.push(
                Finding::warning(
                    &Self::INFO,
                    message,
                    sources::table(view, Table::Icd10Cm, format!("{}: sex edit", diagnosis.code)),
                )
                .on_lines(view.lines_pointing_to(diagnosis))
                .about([diagnosis.code.as_str()])
                .asking("Are the patient and this diagnosis right?"),
            );
        }
    }
}
