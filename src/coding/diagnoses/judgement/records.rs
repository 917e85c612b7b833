//! Codes of pregnancy, childbirth and the puerperium stand on the mother's record alone, never on the newborn's (guidelines
//! I.C.15.a.1), and on no man's.
use super::Note;
use crate::note::Sex;

/// Whether the code belongs on another person's record.
pub(super) fn is_of_another(note: &Note<'_>, row: usize) -> bool {
    let code = note.code(row);
    let mothers = code.starts_with('O') || ["Z3A", "Z33", "Z34", "Z36", "Z37", "Z39"].iter().any(|stem| code.starts_with(stem));
    let patient = &note.context.patient;
    mothers && (patient.age_years.is_some_and(|age| age < 8) || patient.sex == Some(Sex::M))
}
