//! Every code that some words of the note could mean, with those words.
use std::collections::BTreeMap;

use super::places::Places;
use crate::coding::lexicon::{CodeId, Hit, Source};

/// Number of sources: those of the lexicon, then learned phrases, dense retrieval, facts, combinations.
pub const SOURCES: usize = 17;
/// What phrases were coded as in labelled notes.
pub const LEARNED: usize = 12;
/// Similar to the code's title by the encoder.
pub const DENSE: usize = 13;
/// A fact of the note (a BMI, a drug taken for long, weeks of gestation).
pub const FACT: usize = 14;
/// Follows from two other findings.
pub const COMBINATION: usize = 15;

/// The history code of a condition that is past, or a relative's.
pub const HISTORY: usize = 16;

/// The words of the note as a whole. It stands behind the [`SOURCES`] that the ranking knows and has no feature of its own there.
pub const WORDS: usize = SOURCES;

/// Name of a source in explanations.
pub fn source_name(source: usize) -> &'static str {
    match source {
        LEARNED => "learned_phrase",
        DENSE => "retrieval",
        FACT => "fact",
        COMBINATION => "combination",
        HISTORY => "history",
        WORDS => "note_words",
        i => Source::ALL.get(i).map_or("lexicon", |s| s.name()),
    }
}

/// One piece of support for a code.
#[derive(Clone, Copy, Debug)]
pub struct Support {
    /// Index into [`Places::list`].
    pub place: usize,
    /// Which source.
    pub source: usize,
    /// How much of the source's word goes to this code, 0–1.
    pub share: f32,
    /// Content words that matched.
    pub words: u8,
    /// Words inside that did not.
    pub gaps: u8,
    /// Stands strictly inside a longer find.
    pub subsumed: bool,
    /// Labelled notes behind it (learned phrases only).
    pub count: f32,
}

/// A code with all its support.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which code.
    pub code: CodeId,
    /// In the order in which they were found.
    pub supports: Vec<Support>,
    /// For a combination: the codes it is made from.
    pub parts: Vec<CodeId>,
    /// Codes of combinations that contain this one.
    pub in_combinations: Vec<CodeId>,
}

/// Candidates in order of code.
#[derive(Default)]
pub struct Candidates {
    /// By code.
    pub by_code: BTreeMap<CodeId, Candidate>,
    /// The places that the supports point to.
    pub places: Places,
    /// Places read as "not this concept": code and place.
    pub traps: Vec<(CodeId, usize)>,
    /// What the dictionary found, whether it became a candidate or not.
    pub hits: Vec<Hit>,
}

impl Candidates {
    /// Adds support for a code.
    pub fn add(&mut self, code: CodeId, support: Support) {
        self.by_code
            .entry(code)
            .or_insert_with(|| Candidate { code, supports: Vec::new(), parts: Vec::new(), in_combinations: Vec::new() })
            .supports
            .push(support);
    }

    /// A present, un-negated piece of support exists.
    pub fn is_present(&self, code: CodeId) -> bool {
        self.strength(code) > 0.0
    }

    /// The best present support's weight: its share times the probability that it is present.
    pub fn strength(&self, code: CodeId) -> f32 {
        self.by_code.get(&code).map_or(0.0, |c| {
            c.supports.iter().map(|s| s.share * self.places.list[s.place].present()).filter(|w| *w > 0.2).fold(0.0, f32::max)
        })
    }
}
