//! Visits in a nursing facility: the first of a stay, or a later one.
use super::category::{Found, count, opening};
use super::category_cues::{ESTABLISHED, INITIAL, NURSING, NURSING_ADMISSION};
use super::codes::Category;
use super::view::View;

/// A visit in a nursing facility, by the words of the note.
pub fn nursing(view: &View) -> Found {
    let initial = NURSING_ADMISSION.is_match(&opening(view)) || count(view, &INITIAL) > count(view, &ESTABLISHED) + 1;
    let (category, reason) = nursing_visit(initial);
    let evidence = view.first(&NURSING, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    Found::new(category, reason, evidence)
}

/// Category and reason of the first visit or of a later one.
pub fn nursing_visit(initial: bool) -> (Category, &'static str) {
    if initial {
        (Category::NursingInitial, "the first visit in a nursing facility")
    } else {
        (Category::NursingSubsequent, "a later visit in a nursing facility")
    }
}
