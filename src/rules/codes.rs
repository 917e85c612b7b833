//! Ranges of code numbers that rules share. Numbers only; what a code means stands in the catalogue.

/// Office and other outpatient visits.
pub fn is_office_visit(code: &str) -> bool {
    matches!(code, "99202" | "99203" | "99204" | "99205" | "99211" | "99212" | "99213" | "99214" | "99215")
}

/// Consultations, outpatient and inpatient.
pub fn is_consultation(code: &str) -> bool {
    ("99241"..="99245").contains(&code) || ("99251"..="99255").contains(&code)
}

/// Preventive visits of CPT.
pub fn is_preventive_visit(code: &str) -> bool {
    ("99381"..="99397").contains(&code) && code.len() == 5
}

/// Medicare's wellness visits and its first preventive examination.
pub fn is_wellness_visit(code: &str) -> bool {
    matches!(code, "G0402" | "G0438" | "G0439")
}

/// Visits in the sense of modifiers 24, 25 and 57: evaluation and management of a patient by a practitioner, and the
/// general ophthalmological services, which edits treat alike.
pub fn is_visit(code: &str) -> bool {
    if code.len() != 5 {
        return false;
    }
    is_office_visit(code)
        || is_consultation(code)
        || is_preventive_visit(code)
        || is_wellness_visit(code)
        || ("99221"..="99239").contains(&code)
        || ("99281"..="99292").contains(&code)
        || ("99304"..="99316").contains(&code)
        || ("99341"..="99350").contains(&code)
        || ("98000"..="98016").contains(&code)
        || matches!(
            code,
            "92002" | "92004" | "92012" | "92014" | "99460" | "99461" | "99462" | "99463" | "99483" | "99495" | "99496"
        )
}

/// Modifiers that bypass an NCCI PTP edit whose indicator is 1 (27 is for hospital claims and left out).
pub fn is_ncci_modifier(modifier: &str) -> bool {
    is_anatomic_modifier(modifier) || is_global_modifier(modifier) || is_distinct_modifier(modifier) || modifier == "91"
}

/// Modifiers that name a side, digit, eyelid or coronary artery.
pub fn is_anatomic_modifier(modifier: &str) -> bool {
    matches!(modifier, "RT" | "LT" | "LC" | "LD" | "LM" | "RC" | "RI" | "E1" | "E2" | "E3" | "E4") || is_digit_modifier(modifier)
}

/// Modifiers that name a finger or toe.
pub fn is_digit_modifier(modifier: &str) -> bool {
    match modifier.as_bytes() {
        [b'F', digit] => matches!(digit, b'A' | b'1'..=b'9'),
        [b'T', digit] => matches!(digit, b'A' | b'1'..=b'9'),
        _ => false,
    }
}

/// Modifiers of the global surgical package.
pub fn is_global_modifier(modifier: &str) -> bool {
    matches!(modifier, "24" | "25" | "57" | "58" | "78" | "79")
}

/// 59 and the four that say it more exactly.
pub fn is_distinct_modifier(modifier: &str) -> bool {
    matches!(modifier, "59" | "XE" | "XS" | "XP" | "XU")
}

/// The side of the body that an anatomic modifier lies on.
pub fn side_of_modifier(modifier: &str) -> Option<char> {
    match modifier {
        "RT" | "E3" | "E4" => Some('R'),
        "LT" | "E1" | "E2" => Some('L'),
        // FA and F1–F4 left hand, F5–F9 right hand; TA and T1–T4 left foot, T5–T9 right foot.
        _ if is_digit_modifier(modifier) => match modifier.as_bytes().get(1) {
            Some(b'A' | b'1'..=b'4') => Some('L'),
            _ => Some('R'),
        },
        _ => None,
    }
}

pub use crate::codeset::icd10cm::is_under;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_and_modifiers() {
        assert!(is_visit("99213") && is_visit("G0439") && is_visit("92014"));
        assert!(!is_visit("99024") && !is_visit("99406") && !is_visit("20610"));
        assert!(is_ncci_modifier("XU") && is_ncci_modifier("T5") && is_ncci_modifier("25"));
        for other in ["22", "26", "50", "51", "52", "53", "62", "76", "77", "80", "AS", "TC", "95", "27"] {
            assert!(!is_ncci_modifier(other), "{other}");
        }
        assert_eq!((side_of_modifier("F5"), side_of_modifier("FA")), (Some('R'), Some('L')));
    }

    #[test]
    fn codes_under_a_stem() {
        assert!(
            is_under("I10", "I10") && is_under("E11.65", "E11") && is_under("E11.65", "E11.6") && is_under("T36.0X1A", "T36")
        );
        assert!(!is_under("E11.65", "E10") && !is_under("E11", "E11.6") && !is_under("E11.65", "E1"));
    }
}
