//! Words that stand around something being done, and tests that are run beside the patient.

/// Words that stand around something being done.
const SIGNS: [&str; 82] = [
    "lidocaine",
    "lido",
    "anesthesia",
    "anesthetic",
    "hemostasis",
    "specimen",
    "specimens",
    "sterile",
    "prepped",
    "prep",
    "wheal",
    "intradermal",
    "gauge",
    "25g",
    "22g",
    "27g",
    "tolerated",
    "cautery",
    "cryo",
    "thaw",
    "freeze",
    "nylon",
    "vicryl",
    "prolene",
    "chromic",
    "im",
    "sc",
    "deltoid",
    "thigh",
    "lot",
    "vis",
    "tech",
    "path",
    "pathology",
    "sutures",
    "blade",
    "forceps",
    "curette",
    "clamp",
    "needle",
    "dressing",
    "proparacaine",
    "cc",
    "passes",
    "cycles",
    "delt",
    "deltoids",
    "glute",
    "glutes",
    "vg",
    "alcl",
    "drysol",
    "monsel",
    "monsels",
    "hyfrecator",
    "ethilon",
    "monocryl",
    "dermabond",
    "intravitreal",
    "nitrogen",
    "ln2",
    "kenalog",
    "triamcinolone",
    "marcaine",
    "bupivacaine",
    "ropivacaine",
    "xylocaine",
    "celestone",
    "depo",
    "histology",
    "jar",
    "taped",
    "buddy",
    "tumescent",
    "gomco",
    "plastibell",
    "dpnb",
    "omt",
    "emg",
    "vaccines",
    "immunizations",
    "bandage",
];

/// Whether a word stands around something being done.
pub(super) fn is_sign(word: &str) -> bool {
    SIGNS.contains(&word) || is_times(word)
}

/// "x3": so many times.
fn is_times(word: &str) -> bool {
    word.strip_prefix('x').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Words of tests that are run beside the patient.
const POINT_OF_CARE: [&str; 22] = [
    "poc ",
    "poct",
    "point of care",
    "point-of-care",
    "rapid",
    "dipstick",
    "udip",
    "urine dip",
    "fingerstick",
    "finger stick",
    "upt",
    "urine preg",
    "urine hcg",
    "hemoccult",
    "guaiac",
    "monospot",
    "wet prep",
    "wet mount",
    "koh",
    "accucheck",
    "accu-chek",
    "rst ",
];

/// Whether a test is named as one that is run beside the patient.
pub(super) fn is_point_of_care(lower: &str) -> bool {
    POINT_OF_CARE.iter().any(|w| lower.contains(w)) && !["serum", "quest", "labcorp", "sent"].iter().any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_tests_at_the_bedside() {
        assert!(is_sign("x3") && is_sign("nitrogen") && !is_sign("xray") && !is_sign("x"));
        assert!(is_point_of_care("rapid strep negative") && !is_point_of_care("rapid strep sent to quest"));
    }
}
