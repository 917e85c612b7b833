//! A last look at the likely codes of a note: the ranking's probability beside what the words of the note as a whole say.
//!
//! The ranking knows the words of a note only piece by piece; this ensemble learned from answers of encoder, ranking and words
//! that had not seen the note, and so knows how far each of them is to be trusted.
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::features::Table;
use super::model::{DiagnosisModelError, Thresholds};
use super::whole::WholeSet;
use crate::coding::bag_of_words::NoteWords;
use crate::coding::forest::Layout;
use crate::coding::last_look::Competitors;
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::coding::packed_json;
use crate::coding::trees::Trees;

/// Name of the file in a model folder.
pub const FILE: &str = "recheck.json.gz";

/// The model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recheck {
    /// Does it belong on the claim?
    pub trees: Trees,
    /// Where the line is drawn.
    pub thresholds: Thresholds,
    /// Are they all right?
    pub whole: WholeSet,
    /// The ensemble as it is evaluated.
    #[serde(skip)]
    pub layout: Layout,
}

/// Names of the features that a row gets beside those of the ranking.
pub const RECHECK: [&str; 13] = [
    "ranked",
    "ranked_rank",
    "ranked_other",
    "ranked_category_other",
    "ranked_sum",
    "words",
    "words_rank",
    "words_best",
    "words_other",
    "words_category_other",
    "words_sum",
    "words_higher",
    "words_of_ranked",
];

/// A code is looked at again from this probability on,
pub const LEAST_RANKED: f32 = 0.01;
/// or from this score of the note's words on.
pub const LEAST_WORDS: f32 = 0.03;

/// The rows that are looked at again.
pub fn looked_at(table: &Table, ranked: &[f32], words: &NoteWords<'_>, lexicon: &Lexicon) -> Vec<usize> {
    let code = |row: usize| lexicon.code(table.codes[row]);
    (0..ranked.len()).filter(|r| ranked[*r] >= LEAST_RANKED || words.scores.of(code(*r)) >= LEAST_WORDS).collect()
}

/// Values of the rows `looked`: those of the ranking and [`RECHECK`].
pub fn rows(table: &Table, ranked: &[f32], words: &NoteWords<'_>, lexicon: &Lexicon, looked: &[usize]) -> Vec<f32> {
    let score: Vec<f32> = table.codes.iter().map(|c| words.scores.of(lexicon.code(*c))).collect();
    let categories: Vec<&str> = table.codes.iter().map(|c| category_of(*c, lexicon)).collect();
    let (by_ranked, by_score) = (Competitors::new(ranked, &categories), Competitors::new(&score, &categories));
    let best = words.scores.best(1).first().map_or(0.0, |b| b.1);
    let mut values = Vec::with_capacity(looked.len() * (table.width + RECHECK.len()));
    for row in looked.iter().copied() {
        values.extend_from_slice(&table.values[row * table.width..(row + 1) * table.width]);
        values.extend([
            ranked[row],
            by_ranked.rank[row],
            by_ranked.other(row),
            by_ranked.other_of_group(row),
            by_ranked.sum,
            score[row],
            by_score.rank[row],
            best,
            by_score.other(row),
            by_score.other_of_group(row),
            by_score.sum,
            f32::from(u8::from(by_ranked.rank[row] >= by_score.rank[row])),
            score[row] - ranked[row],
        ]);
    }
    values
}

fn category_of(code: CodeId, lexicon: &Lexicon) -> &str {
    let code = lexicon.code(code);
    code.get(..3).unwrap_or(code)
}

impl Recheck {
    /// Reads and checks a model file.
    pub fn open(path: &Path) -> Result<Self, DiagnosisModelError> {
        let failed = |reason: String| DiagnosisModelError::Read { path: path.display().to_string(), reason };
        let packed = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let model: Self = packed_json::parse(&packed).map_err(failed)?;
        let expected = super::features::FEATURES + RECHECK.len();
        if model.trees.features.len() != expected {
            return Err(DiagnosisModelError::Features { found: model.trees.features.len(), expected });
        }
        model.trees.check()?;
        Ok(model)
    }

    /// Probabilities after the last look; what is not looked at keeps that of the ranking.
    pub fn probabilities(&self, table: &Table, ranked: Vec<f32>, words: &NoteWords<'_>, lexicon: &Lexicon) -> Vec<f32> {
        if table.width + RECHECK.len() != self.trees.features.len() {
            return ranked;
        }
        let looked = looked_at(table, &ranked, words, lexicon);
        let again = self.layout.predict(&self.trees, &rows(table, &ranked, words, lexicon, &looked));
        let mut out = ranked;
        looked.into_iter().zip(again).for_each(|(row, p)| out[row] = p);
        out
    }
}
