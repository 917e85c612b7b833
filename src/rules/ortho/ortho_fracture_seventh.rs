//! `ortho-fracture-seventh`
use super::fractures::{is_fracture, seventh, treatment};
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The 7th character of a fracture agrees with what was done: active treatment (A, B, C) with the code that treats the
    /// fracture, healing (D and its like) with the visits after it.
    /// # Why it matters
    /// A fracture "in routine healing" is not set today; one "under active treatment" has no follow-up visit.
    /// # Example
    /// 25600 with S52.501D.
    /// # What to do
    /// Take the character for this encounter: A, B or C while the fracture is treated, D during healing.
    /// # When it does not apply
    /// Care afterwards by another practitioner (modifier 55); nonunion and malunion, whose repair has codes of its own.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.C.19.a and I.C.19.c.
    OrthoFractureSeventh, "ortho-fracture-seventh",
    "Active treatment or healing: the fracture's 7th character agrees with the service."
}

impl Rule for OrthoFractureSeventh {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let treats = treatment(&line.code).is_some();
            let follows = line.code == "99024" && follows_fracture_care(view);
            if (!treats && !follows) || line.modifiers.iter().any(|modifier| matches!(modifier.as_str(), "55" | "58" | "78")) {
                continue;
            }
            for code in diagnoses_of(view, line).filter(|code| is_fracture(code)) {
                let message = match seventh(code) {
                    Some(character @ ('D' | 'E' | 'F' | 'G' | 'H' | 'J' | 'S')) if treats => format!(
                        "{} (line {}) treats the fracture; {code} says with {character} that it is healing or healed.",
                        line.code, line.number
                    ),
                    Some(character @ ('A' | 'B' | 'C')) if follows => format!(
                        "99024 (line {}) is care after the treatment; {code} says with {character} that it is still treated.",
                        line.number
                    ),
                    _ => continue,
                };
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::guidelines("I.C.19.a"))
                        .on_lines([line.number])
                        .about([code, line.code.as_str()])
                        .asking("Is the fracture under active treatment at this encounter, or healing?"),
                );
            }
        }
    }
}

/// A fracture was treated by the practice before this visit.
fn follows_fracture_care(view: &ClaimView<'_>) -> bool {
    let date = view.context.date_of_service;
    view.context.prior_procedures.iter().any(|prior| prior.date < date && treatment(&prior.code).is_some())
}
