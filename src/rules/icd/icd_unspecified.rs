//! `icd-unspecified`
use crate::codeset::icd10cm::{IcdSide, IcdStatus};
use crate::rules::codes::side_of_modifier;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A diagnosis that leaves the side of the body open, although codes for each side exist.
    /// # Why it matters
    /// Many payers deny unspecified sides: whoever examined the patient knew the side.
    /// # Example
    /// M25.569 (pain in unspecified knee).
    /// # What to do
    /// Take the side from the record. If it is not stated, the unspecified code is right.
    /// # When it does not apply
    /// A line or the note states the side: then `icd-laterality` names the code. It is advice, never an error.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.B.13 and I.B.18.
    IcdUnspecified, "icd-unspecified",
    "Points out a side left open where codes for each side exist."
}

impl Rule for IcdUnspecified {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            let Some(index) = facts.index.filter(|_| facts.validity.status == IcdStatus::Billable) else { continue };
            // Asking for sisters costs time; most titles do not say "unspecified".
            if !view.tables.icd.title(index).contains("nspecified")
                || view.tables.icd.laterality(index) != Some(IcdSide::Unspecified)
            {
                continue;
            }
            let sided_line = view.lines.iter().any(|line| {
                line.pointers.contains(&diagnosis.pointer)
                    && line.modifiers.iter().any(|modifier| side_of_modifier(modifier).is_some())
            });
            if sided_line || view.mentions_behind(diagnosis).iter().any(|mention| mention.laterality.is_some()) {
                continue;
            }
            let message = format!("{} leaves the side open; codes for each side exist.", diagnosis.code);
            findings.push(
                Finding::info(&Self::INFO, message, sources::guidelines("I.B.13"))
                    .on_lines(view.lines_pointing_to(diagnosis))
                    .about([diagnosis.code.as_str()])
                    .asking(format!("Which side does the record state for {}?", diagnosis.code)),
            );
        }
    }
}
