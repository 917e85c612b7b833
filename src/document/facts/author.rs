//! Who signed the note.
use std::sync::LazyLock;

use regex::Regex;

/// A name with a credential that bills no E/M service, as a signature; read in the text as it is written.
static STAFF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?m)(?:^|[–—-]\s*|[.;]\s+|\b[Bb]y:?\s+)\s*[A-Z](?:[a-z]+|\.)?\s?(?:[A-Z]\.\s?)?[A-Z][\w'-]+,? (?:MS,? |MA,? |MPH,? )?(?:RN|LPN|LVN|CMA|Au\.?D|LCSW|LMFT|LPC|RDN?|LDN|DPT|OTR(?:/L)?|CCC-SLP|Pharm\.?D|PT, ?DPT|PTA?)\b",
    )
    .ok()
});

/// Whether clinical staff or a therapist signed it (nurse, assistant, audiologist, dietitian, social worker, pharmacist, …).
pub fn signed_by_staff(text: &str) -> bool {
    STAFF.as_ref().is_some_and(|r| r.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::signed_by_staff;

    #[test]
    fn credentials_after_a_name() {
        for signed in ["Walk daily.\nJ Smith RD LDN", "Goals set. J Smith RD", "by: Kim Lee, Au.D.", "— A. Ortiz, RN", "Maria Lopez MS, RDN"] {
            assert!(signed_by_staff(signed), "{signed}");
        }
        for not in ["Seen by PT today.", "Discussed with the RN. Plan as above", "J Smith MD", "He was ANGRY. PT evaluated him"] {
            assert!(!signed_by_staff(not), "{not}");
        }
    }
}
