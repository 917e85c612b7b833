//! Who signed the note.
use std::sync::LazyLock;

use regex::Regex;

/// A name with a credential that bills no E/M service, as a signature; read in the text as it is written.
static STAFF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)(?:^|[–—-]\s*|[.;]\s+|\b[Bb]y:?\s+)\s*[A-Z](?:[a-z]+ |\. ?| )(?:[A-Z]\.\s?)?[A-Z][\w'-]+,? (?:MS,? |MA,? |MPH,? )?(?:RN|LPN|LVN|CMA|Au\.?D|LCSW|LMFT|LPC|RDN?|LDN|DPT|OTR(?:/L)?|CCC-SLP|Pharm\.?D|PT, ?DPT|PTA?)\b",
        // The credential alone at the end: "Au.D., CCC-A", "-ma", "-MA/RN jb".
        r"|^\s*Au\.?D\.?,? (?:CCC-?A|F-?AAA)\b|[–—-]\s?(?:RN|LPN|CMA|MA|rn|lpn|cma|ma)(?:/(?:RN|LPN|MA|rn|ma))?(?: [a-z]{2,3})?\W*\z"
    ))
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
        for signed in [
            "Walk daily.\nJ Smith RD LDN",
            "Goals set. J Smith RD",
            "by: Kim Lee, Au.D.",
            "— A. Ortiz, RN",
            "Maria Lopez MS, RDN",
            "BP 134/78, same dose. -MA/RN jb",
            "Retest in a year.\n\nAu.D., CCC-A",
        ] {
            assert!(signed_by_staff(signed), "{signed}");
        }
        for not in [
            "Seen by PT today.",
            "Discussed with the RN. Plan as above",
            "J Smith MD",
            "He was ANGRY. PT evaluated him",
            "TAPER FINISHED. HOME PT ORDERED",
            "RN SPOKE TO WIFE",
        ] {
            assert!(!signed_by_staff(not), "{not}");
        }
    }
}
