//! Diseases of adults that a child does not have: "arthritis of the knee" at fourteen is no osteoarthritis of wear.
use super::Note;

/// Beginnings of codes that nobody under eighteen carries: primary osteoarthritis, coronary atherosclerosis, age-related cataract
/// and osteoporosis, presbyopia, enlarged prostate, menopause. Forms after an injury are coded elsewhere.
const OF_ADULTS: [&str; 13] =
    ["M15", "M16.0", "M16.1", "M17.0", "M17.1", "M18.0", "M18.1", "M19.0", "I25.1", "H25", "M81.0", "H52.4", "N40"];

/// Whether the code is an adult's and the patient is a child.
pub(super) fn is_of_adults(note: &Note<'_>, row: usize) -> bool {
    let code = note.code(row);
    note.context.patient.age_years.is_some_and(|age| age < 18) && OF_ADULTS.iter().any(|start| code.starts_with(start))
}
