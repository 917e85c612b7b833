//! What attribute resolution needs of a note, read once.
use std::borrow::Cow;
use std::collections::HashMap;

use super::later_care::{LaterCare, later_care, old_injuries, open_grades};
use super::sides::sides;
use crate::coding::lexicon::{Word, sentence_words};
use crate::document::{Document, SectionKind, Span};
use crate::extract::Laterality;
use crate::extract::measurements::gestational_weeks;
use crate::note::{NoteType, Sex};

/// Patient facts that choose codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatientFacts {
    /// Age in completed years.
    pub age_years: Option<u16>,
    /// Sex as billed.
    pub sex: Option<Sex>,
}

/// A note, ready for questions about what stands around a place.
pub struct NoteFacts<'a> {
    /// The note.
    pub document: &'a Document,
    /// Its kind.
    pub note_type: NoteType,
    /// Whose it is.
    pub patient: PatientFacts,
    /// Words by sentence.
    pub(super) words: Cow<'a, [Vec<Word>]>,
    /// Stem → sentence and word in it, in order.
    pub(super) places: HashMap<String, Vec<(u32, u32)>>,
    /// Side words by sentence.
    pub(super) sides: Vec<Vec<(Span, Laterality)>>,
    /// Side words in headings, by section.
    pub(super) heading_sides: Vec<Option<(Span, Laterality)>>,
    /// The only side that the note ever names (in a report: that its diagnosis and procedure name), and where first.
    pub(super) only_side: Option<(Span, Laterality)>,
    /// Where injuries are past their active treatment.
    pub(super) later_care: Vec<LaterCare>,
    /// Injuries called old: number of the sentence, words.
    pub(super) old_injuries: Vec<(usize, Span)>,
    /// Grades of open fractures: number of the sentence, words, whether it is the third.
    pub(super) open_grades: Vec<(usize, Span, bool)>,
    /// Weeks of gestation as written, and where.
    pub(super) gestation: Option<(f32, Span)>,
}

impl<'a> NoteFacts<'a> {
    /// Reads a note.
    pub fn read(document: &'a Document, note_type: NoteType, patient: PatientFacts) -> Self {
        Self::of_words(document, note_type, patient, sentence_words(document).into())
    }

    /// The same where the words of the note's sentences ([`sentence_words`]) are known.
    pub fn of_words(document: &'a Document, note_type: NoteType, patient: PatientFacts, words: Cow<'a, [Vec<Word>]>) -> Self {
        let mut places: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
        let mut all_sides = Vec::with_capacity(document.sentences.len());
        for (n, (sentence, found)) in document.sentences.iter().zip(words.iter()).enumerate() {
            let text = document.text.get(sentence.span.start..sentence.span.end).unwrap_or("");
            for (w, word) in found.iter().enumerate() {
                for stem in word.stems.iter().map(String::as_str).chain(word.region) {
                    let place = (n as u32, w as u32);
                    match places.get_mut(stem) {
                        Some(list) => list.push(place),
                        None => drop(places.insert(stem.to_owned(), vec![place])),
                    }
                }
            }
            all_sides.push(sides(text, sentence.span.start));
        }
        let heading_sides = document
            .sections
            .iter()
            .map(|s| s.heading.and_then(|h| sides(document.text.get(h.start..h.end)?, h.start).into_iter().next()))
            .collect();
        // What was operated on gives the side of what was found there.
        let operated = || {
            let named = document.sentences.iter().zip(&all_sides).filter(|(s, _)| {
                let kind = document.sections.get(s.section).map(|s| s.kind);
                use SectionKind::{PostoperativeDiagnosis, PreoperativeDiagnosis, ProcedurePerformed};
                matches!(kind, Some(PostoperativeDiagnosis | PreoperativeDiagnosis | ProcedurePerformed))
            });
            only_side(named.flat_map(|(_, sides)| sides.iter().copied()))
        };
        let only_side = only_side(all_sides.iter().flatten().copied()).or_else(|| note_type.is_report().then(operated).flatten());
        let (later_care, gestation) = (later_care(document), gestational_weeks(document));
        Self {
            document,
            note_type,
            patient,
            words,
            places,
            sides: all_sides,
            heading_sides,
            only_side,
            later_care,
            old_injuries: old_injuries(document),
            open_grades: open_grades(document),
            gestation,
        }
    }

    /// Words of the note by sentence.
    pub fn words(&self) -> &[Vec<Word>] {
        &self.words
    }

    /// Weeks of gestation that the note states, and where.
    pub fn weeks_of_gestation(&self) -> Option<(f32, Span)> {
        self.gestation
    }
}

/// The first of the sides, where all are the same.
fn only_side(mut sides: impl Iterator<Item = (Span, Laterality)>) -> Option<(Span, Laterality)> {
    let first = sides.next()?;
    sides.all(|(_, other)| other == first.1).then_some(first)
}
