//! `icd-age`
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A diagnosis that belongs to an age (newborn 0, childhood 0–17, pregnancy 9–64, adult 15–124) fits the patient's.
    /// # Why it matters
    /// Payers return claims whose diagnosis and age contradict each other; mostly one of the two was mistyped.
    /// # Example
    /// Z00.121 (routine examination of a child) for a patient of 40.
    /// # What to do
    /// Check the date of birth and the code.
    /// # When it does not apply
    /// Without an age or a date of birth. Codes newer than the table have no age limits in it.
    /// # Source
    /// Medicare Code Editor, age conflict.
    IcdAge, "icd-age",
    "Diagnoses that belong to an age fit the patient's."
}

impl Rule for IcdAge {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(age) = view.context.patient.age_years else { return };
        for (diagnosis, facts) in view.coded_diagnoses() {
            let Some(edits) = facts.index.map(|index| view.tables.icd.edits(index)) else { continue };
            if edits.allows_age(age) {
                continue;
            }
            let ranges: Vec<String> =
                edits.age_classes().map(|class| format!("{} to {}", class.years().0, class.years().1)).collect();
            let message = format!("{} is for patients aged {}; this patient is {age}.", diagnosis.code, ranges.join(" or "));
            findings.push(
                Finding::warning(
                    &Self::INFO,
                    message,
                    sources::table(view, Table::Icd10Cm, format!("{}: age edit", diagnosis.code)),
                )
                .on_lines(view.lines_pointing_to(diagnosis))
                .about([diagnosis.code.as_str()])
                .asking("Are the patient's date of birth and this diagnosis right?"),
            );
        }
    }
}
