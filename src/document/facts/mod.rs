//! Facts of the visit that the note states itself, each with its evidence: kind of note, age, sex, date, place.
mod author;
mod dates;
mod note_type;
mod patient;
mod payer;
mod place;
mod resolve;
mod short_report;

use jiff::civil::Date;

pub use author::signed_by_staff;
pub use resolve::resolve_context;

use super::{Document, Span};
use crate::note::{NoteType, Sex};

/// A value and the words of the note that give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred<T> {
    /// The value.
    pub value: T,
    /// The words.
    pub span: Span,
}

/// What a note says about the visit itself; absent where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Kind of note.
    pub note_type: Option<Inferred<NoteType>>,
    /// Age in completed years.
    pub age_years: Option<Inferred<u16>>,
    /// Sex.
    pub sex: Option<Inferred<Sex>>,
    /// Date of service.
    pub date_of_service: Option<Inferred<Date>>,
    /// New patient (true) or established (false).
    pub new_patient: Option<Inferred<bool>>,
    /// CMS place-of-service code.
    pub place_of_service: Option<Inferred<String>>,
}

/// Reads the facts of a visit from its note.
pub fn infer(document: &Document) -> Facts {
    let note_type = note_type::note_type(document);
    let date_of_service = dates::date_of_service(&document.text);
    let age_years = patient::age(document, date_of_service.as_ref().map(|d| d.value));
    Facts {
        sex: patient::sex(document, age_years.as_ref().map(|a| a.span)),
        new_patient: patient::new_patient(document),
        place_of_service: place::place_of_service(document, note_type.as_ref().map(|n| n.value)),
        note_type,
        age_years,
        date_of_service,
    }
}

#[cfg(test)]
mod tests;
