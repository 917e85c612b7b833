//! What a coder knows of single candidates before the choice: a code that some words of the note name and its sense does not
//! bear out is withheld, and what is said of diabetes goes to the type that the note states.
mod child;
mod diabetes;
mod differential;
mod doubted;
mod immunization;
mod instruments;
mod long_term;
mod records;
mod social;

use super::candidates::{Candidate, Candidates};
use super::features::Table;
use super::gather::Material;
use super::places::Place;
use crate::coding::lexicon::Lexicon;
use crate::document::Document;
use crate::note::Context;

/// What the judgements look at.
struct Note<'a> {
    table: &'a Table,
    candidates: &'a Candidates,
    lexicon: &'a Lexicon,
    document: &'a Document,
    context: &'a Context,
}

impl<'a> Note<'a> {
    /// Code of a row.
    fn code(&self, row: usize) -> &'a str {
        self.lexicon.code(self.table.codes[row])
    }
    fn row(&self, code: &str) -> Option<usize> {
        (0..self.table.codes.len()).find(|row| self.code(*row) == code)
    }
    fn candidate(&self, row: usize) -> Option<&'a Candidate> {
        self.candidates.by_code.get(&self.table.codes[row])
    }
    /// The places that speak for a row with at least this share.
    fn places(&self, row: usize, least: f32) -> impl Iterator<Item = &'a Place> {
        let supports = self.candidate(row).map(|c| c.supports.as_slice()).unwrap_or_default();
        supports.iter().filter(move |s| s.share >= least).map(|s| &self.candidates.places.list[s.place])
    }
    /// The words of a place, in lower case.
    fn words(&self, place: &Place) -> String {
        place.span.of(&self.document.text).to_lowercase()
    }
    /// What stands before a place and behind it in its sentence, in lower case.
    fn around(&self, place: &Place) -> (String, String) {
        let text = &self.document.text;
        let Some(sentence) = self.document.sentences.get(place.sentence) else { return Default::default() };
        let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_lowercase();
        (piece(sentence.span.start, place.span.start), piece(place.span.end, sentence.span.end))
    }
}

/// Applies every judgement to the probabilities, one a row of the table.
pub(super) fn judge(table: &Table, probabilities: &mut [f32], candidates: &Candidates, material: &Material<'_>) {
    let (lexicon, document, context) = (material.lexicon, material.document, material.context);
    let note = Note { table, candidates, lexicon, document, context };
    diabetes::to_stated_type(&note, probabilities);
    for (row, probability) in probabilities.iter_mut().enumerate().take(table.codes.len()) {
        let withheld = long_term::is_none(&note, row)
            || social::is_none(&note, row)
            || child::is_of_adults(&note, row)
            || records::is_of_another(&note, row)
            || immunization::is_none(&note, row)
            || instruments::is_only(&note, row)
            || differential::is_only(&note, row);
        if withheld {
            *probability = 0.0;
        }
    }
    doubted::to_symptoms(&note, probabilities);
}
