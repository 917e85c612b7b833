//! Diagnoses of the newborn's own record (guidelines I.C.16.a, I.C.21.c.12 and 13): the birth in its hospital stands first, codes of
//! the mother's chapter never stand, and a check in the first four weeks has a code of its own age.
use std::sync::LazyLock;

use regex::Regex;

use super::service_diagnoses::{EXAMINATION_CONFIDENCE, diagnosis, lead, letter, retain};
use crate::claim::{Diagnosis, Line};
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::diagnoses::select::MOST;
use crate::em::EmResult;

static CESAREAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:c[- ]?/?[- ]?s(?:ection|xn)?|cesarean|caesarean|ltcs|csection)\b").expect("constant pattern")
});

/// An age in days or weeks, where it is said as an age.
static AGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(one|two|three|four|\d{1,2})[- ]?(d|day|days|do|wk|wks|week|weeks|wo)[- ]?(?:old|o\b|newborn|nb\b|check|visit|well|wcc|wcv|wt|weight|[mf]\b)|\bday of life (\d{1,2})\b|\bdol ?#?(\d{1,2})\b",
    )
    .expect("constant pattern")
});

/// The age in days that the note states first.
fn days(note: &str) -> Option<u32> {
    let found = AGE.captures(note)?;
    if let Some(day) = found.get(3).or(found.get(4)) {
        return day.as_str().parse().ok();
    }
    let number = match found.get(1)?.as_str().to_lowercase().as_str() {
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        digits => digits.parse().ok()?,
    };
    let weeks = found.get(2)?.as_str().to_lowercase().starts_with('w');
    Some(if weeks { number * 7 } else { number })
}

/// Makes the diagnoses those of the newborn where the visit is one of a newborn.
pub(super) fn own_record(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], em: &EmResult, note: &str, icd10cm: &Icd10cm) {
    match em.code.as_deref() {
        Some("99460" | "99461" | "99462" | "99463") => born_here(diagnoses, lines, em, note, icd10cm),
        Some("99381" | "99391") => checked_early(diagnoses, note, icd10cm),
        _ => {}
    }
}

fn born_here(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], em: &EmResult, note: &str, icd10cm: &Icd10cm) {
    let mothers = |d: &Diagnosis| d.code.starts_with('O') || ["Z37", "Z3A", "Z39"].iter().any(|stem| d.code.starts_with(stem));
    let stays: Vec<bool> = diagnoses.iter().map(|d| !mothers(d)).collect();
    if stays.iter().any(|s| !s) {
        retain(diagnoses, lines, &stays);
    }
    let said = diagnoses.iter().any(|d| ["Z38", "Z00"].iter().any(|stem| d.code.starts_with(stem)));
    if !said && diagnoses.len() < MOST {
        let code = if CESAREAN.is_match(note) { "Z38.01" } else { "Z38.00" };
        let reason = "the visit is the hospital care of a newborn";
        lead(diagnoses, lines, diagnosis(code, EXAMINATION_CONFIDENCE, em.category_evidence.clone(), reason, icd10cm));
    }
    // A line that pointed to the mother's codes alone.
    let first = diagnoses.first().map(|d| d.pointer.clone());
    lines.iter_mut().filter(|l| l.pointers.is_empty()).for_each(|l| l.pointers.extend(first.clone()));
}

/// The codes of a child's examination are those from the 29th day on; before, there are two of their own.
fn checked_early(diagnoses: &mut [Diagnosis], note: &str, icd10cm: &Icd10cm) {
    let code = match days(note) {
        Some(0..8) => "Z00.110",
        Some(8..29) => "Z00.111",
        _ => return,
    };
    if diagnoses.iter().any(|d| d.code == code) {
        return;
    }
    if let Some(found) = diagnoses.iter_mut().find(|d| d.code.starts_with("Z00.1")) {
        code.clone_into(&mut found.code);
        found.title = icd10cm.find(code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default();
        "the age that the note states".clone_into(&mut found.reason);
    }
    letter(diagnoses);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeset::CodeSets;

    fn after(codes: &[&str], visit: &str, note: &str) -> Vec<String> {
        let tables =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let mut diagnoses: Vec<Diagnosis> =
            codes.iter().map(|c| Diagnosis { code: (*c).to_owned(), ..Diagnosis::default() }).collect();
        letter(&mut diagnoses);
        let em = EmResult { code: Some(visit.to_owned()), ..EmResult::default() };
        own_record(&mut diagnoses, &mut [], &em, note, &tables.icd10cm);
        diagnoses.into_iter().map(|d| d.code).collect()
    }

    #[test]
    fn a_birth_in_this_hospital_stands_first() {
        assert_eq!(after(&["O80", "P22.1"], "99460", "term, vaginal delivery, TTN"), ["Z38.00", "P22.1"]);
        assert_eq!(after(&[], "99460", "repeat c/s, vigorous"), ["Z38.01"]);
        assert_eq!(after(&["Z38.00"], "99462", "day 2"), ["Z38.00"]);
    }

    #[test]
    fn a_check_in_the_first_weeks_is_that_of_its_age() {
        assert_eq!(after(&["Z00.129", "P59.9"], "99391", "5 days old, jaundice"), ["Z00.110", "P59.9"]);
        assert_eq!(after(&["P83.81", "Z00.129"], "99391", "Two wk newborn check"), ["P83.81", "Z00.111"]);
        assert_eq!(after(&["Z00.129"], "99391", "6 wk old well visit"), ["Z00.129"]);
        assert_eq!(after(&["Z00.129"], "99391", "4 mo well"), ["Z00.129"]);
        assert_eq!(after(&["O80"], "99213", "5 days old"), ["O80"]);
    }
}
