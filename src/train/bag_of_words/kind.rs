//! Kinds of notes, which the last looks count alike.
use crate::train::data::LabelledDocument;
use crate::train::data::second_look::CHARTS;

/// What a note is to a last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A real note.
    Labelled,
    /// A whole note written to learn from.
    Clinic,
    /// A short encounter or chart.
    Short,
}

/// All of them, in the order of reports.
pub const KINDS: [Kind; 3] = [Kind::Labelled, Kind::Clinic, Kind::Short];

/// Corpus of the real notes.
pub const LABELLED: &str = "labels";

/// Kind of a document.
pub fn kind(document: &LabelledDocument) -> Kind {
    match document.corpus {
        CHARTS => Kind::Short,
        LABELLED => Kind::Labelled,
        _ => Kind::Clinic,
    }
}
