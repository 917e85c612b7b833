//! Codes of pregnancy, childbirth and the puerperium stand on the mother's record alone, never on the newborn's (guidelines
//! I.C.15.a.1), and on no man's.
use super::Note;
use crate::note::Sex;

/// Whether the code belongs on another person's record.
pub(super) fn is_of_another(note: &Note<'_>, row: usize) -> bool {
    let patient = &note.context.patient;
    is_mothers(note.code(row)) && (patient.age_years.is_some_and(|age| age < 8) || patient.sex == Some(Sex::M))
}

/// A code of chapter 15, or one that only stands beside it.
fn is_mothers(code: &str) -> bool {
    code.starts_with('O') || ["Z3A", "Z33", "Z34", "Z36", "Z37", "Z39"].iter().any(|stem| code.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::is_mothers;

    #[test]
    fn codes_of_the_mothers_record() {
        assert!(["O80", "O99.824", "Z37.0", "Z3A.39"].into_iter().all(is_mothers));
        assert!(!["Z38.00", "P07.38", "Z30.2", "Z31.41"].into_iter().any(is_mothers));
    }
}
