//! `derm-destruction`
use super::lesions::{Lesion, only_kind};
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The code for destroying or removing a lesion fits the lesion: premalignant (17000, 17003, 17004), benign (17110,
    /// 17111), skin tags (11200, 11201), malignant (17260 to 17286).
    /// # Why it matters
    /// The families are paid differently; payers compare them with the diagnosis.
    /// # Example
    /// 17000 pointing to B07.9 (wart).
    /// # What to do
    /// Take the family of the lesion, or the diagnosis that the record states.
    /// # When it does not apply
    /// Diagnoses of several kinds on the line, or a kind that the rule does not know.
    /// # Source
    /// CPT, destruction of lesions of the skin; NCCI Policy Manual, chapter III.
    DermDestruction, "derm-destruction",
    "Destruction of skin lesions is coded by their kind."
}

/// What a code is for, and its family.
fn purpose(code: &str) -> Option<(Lesion, &'static str)> {
    match code {
        "17000" | "17003" | "17004" => Some((Lesion::Premalignant, "premalignant lesions")),
        "17110" | "17111" => Some((Lesion::Benign, "benign lesions other than skin tags")),
        "11200" | "11201" => Some((Lesion::Tag, "skin tags")),
        _ if code.len() == 5 && ("17260"..="17286").contains(&code) => Some((Lesion::Malignant, "malignant lesions")),
        _ => None,
    }
}

fn family(lesion: Lesion) -> Option<&'static str> {
    match lesion {
        Lesion::Malignant => Some("17260 to 17286"),
        Lesion::Premalignant => Some("17000, 17003, 17004"),
        Lesion::Tag => Some("11200, 11201"),
        Lesion::Benign => Some("17110, 17111"),
        Lesion::Uncertain | Lesion::Unspecified => None,
    }
}

impl Rule for DermDestruction {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let Some((meant, words)) = purpose(&line.code) else { continue };
            let Some(kind) = only_kind(diagnoses_of(view, line)).filter(|kind| *kind != meant) else { continue };
            let Some(instead) = family(kind) else { continue };
            let message =
                format!("{} (line {}) is for {words}; for its diagnosis the codes are {instead}.", line.code, line.number);
            findings.push(
                Finding::warning(&Self::INFO, message, sources::cpt_instructions("destruction of lesions"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("What kind of lesion does the record state?"),
            );
        }
    }
}
