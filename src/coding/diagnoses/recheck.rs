//! A last look at the likely codes of a note: the ranking's probability beside what the words of the note as a whole say.
//!
//! The ranking learned from notes of which it knew the words only piece by piece; this ensemble learned from notes that
//! neither the encoder nor the ranking had seen, and so knows how far each of them is to be trusted.
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::features::Table;
use super::model::{DiagnosisModelError, Thresholds};
use super::note_words::NoteWords;
use super::whole::WholeSet;
use crate::coding::forest::Layout;
use crate::coding::lexicon::{CodeId, Lexicon};
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

/// Bytes of a note up to which the last look decides alone, and from which on the ranking does.
const LENGTHS: [f32; 2] = [1000.0, 2500.0];

/// Share of the last look in the answer for a note of so many bytes. It learned from notes of a few lines to a page; in the
/// long reports that taught the ranking more is said than is coded in a short note, and the last look would leave out half of
/// what their coders list.
pub fn trust(bytes: usize) -> f32 {
    ((LENGTHS[1] - bytes as f32) / (LENGTHS[1] - LENGTHS[0])).clamp(0.0, 1.0)
}

/// The rows that are looked at again.
pub fn looked_at(table: &Table, ranked: &[f32], words: &NoteWords<'_>, lexicon: &Lexicon) -> Vec<usize> {
    let code = |row: usize| lexicon.code(table.codes[row]);
    (0..ranked.len()).filter(|r| ranked[*r] >= LEAST_RANKED || words.scores.of(code(*r)) >= LEAST_WORDS).collect()
}

/// Values of the rows `looked`: those of the ranking and [`RECHECK`].
pub fn rows(table: &Table, ranked: &[f32], words: &NoteWords<'_>, lexicon: &Lexicon, looked: &[usize]) -> Vec<f32> {
    let score: Vec<f32> = table.codes.iter().map(|c| words.scores.of(lexicon.code(*c))).collect();
    let (by_ranked, by_score) = (Competitors::new(table, ranked, lexicon), Competitors::new(table, &score, lexicon));
    let best = words.scores.best(1).first().map_or(0.0, |b| b.1);
    let mut values = Vec::with_capacity(looked.len() * (table.width + RECHECK.len()));
    for row in looked.iter().copied() {
        values.extend_from_slice(&table.values[row * table.width..(row + 1) * table.width]);
        values.extend([
            ranked[row],
            by_ranked.rank[row],
            by_ranked.other(row),
            by_ranked.category_other(row, table, lexicon),
            by_ranked.sum,
            score[row],
            by_score.rank[row],
            best,
            by_score.other(row),
            by_score.category_other(row, table, lexicon),
            by_score.sum,
            f32::from(u8::from(by_ranked.rank[row] >= by_score.rank[row])),
            score[row] - ranked[row],
        ]);
    }
    values
}

/// How a value does among those of the other codes of the note.
struct Competitors {
    /// Place in the order of values, at most 60.
    rank: Vec<f32>,
    best: [(f32, usize); 2],
    category: BTreeMap<String, [(f32, usize); 2]>,
    sum: f32,
    values: Vec<f32>,
}

impl Competitors {
    fn new(table: &Table, values: &[f32], lexicon: &Lexicon) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
        let mut rank = vec![0.0; values.len()];
        order.iter().enumerate().for_each(|(r, i)| rank[*i] = r.min(60) as f32);
        let nobody = [(0.0, usize::MAX); 2];
        let (mut best, mut category) = (nobody, BTreeMap::new());
        for row in order {
            push(&mut best, values[row], row);
            push(category.entry(category_of(table.codes[row], lexicon)).or_insert(nobody), values[row], row);
        }
        Self { rank, best, category, sum: values.iter().sum(), values: values.to_vec() }
    }
    fn other(&self, row: usize) -> f32 {
        if self.best[0].1 == row { self.best[1].0 } else { self.best[0].0 }
    }
    fn category_other(&self, row: usize, table: &Table, lexicon: &Lexicon) -> f32 {
        let pair = self.category.get(&category_of(table.codes[row], lexicon));
        pair.map_or(self.values[row], |p| if p[0].1 == row { p[1].0 } else { p[0].0 })
    }
}

/// Values come best first.
fn push(pair: &mut [(f32, usize); 2], value: f32, row: usize) {
    if let Some(free) = pair.iter_mut().find(|p| p.1 == usize::MAX) {
        *free = (value, row);
    }
}

fn category_of(code: CodeId, lexicon: &Lexicon) -> String {
    let code = lexicon.code(code);
    code.get(..3).unwrap_or(code).to_owned()
}

impl Recheck {
    /// Reads and checks a model file.
    pub fn open(path: &Path) -> Result<Self, DiagnosisModelError> {
        let failed = |reason: String| DiagnosisModelError::Read { path: path.display().to_string(), reason };
        let packed = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut text).map_err(|e| failed(e.to_string()))?;
        let model: Self = serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        let expected = super::features::FEATURES + RECHECK.len();
        if model.trees.features.len() != expected {
            return Err(DiagnosisModelError::Features { found: model.trees.features.len(), expected });
        }
        model.trees.check()?;
        Ok(model)
    }

    /// Probabilities after the last look, which has the share `trust` in them; what is not looked at keeps that of the ranking.
    pub fn probabilities(
        &self,
        table: &Table,
        ranked: Vec<f32>,
        words: &NoteWords<'_>,
        lexicon: &Lexicon,
        trust: f32,
    ) -> Vec<f32> {
        if table.width + RECHECK.len() != self.trees.features.len() {
            return ranked;
        }
        let looked = looked_at(table, &ranked, words, lexicon);
        let again = self.layout.predict(&self.trees, &rows(table, &ranked, words, lexicon, &looked));
        let mut out = ranked;
        looked.into_iter().zip(again).for_each(|(row, p)| out[row] += trust * (p - out[row]));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_the_rankings_alone() {
        assert_eq!((trust(0), trust(900), trust(2500), trust(1 << 30)), (1.0, 1.0, 0.0, 0.0));
        assert!(trust(1750) > 0.4 && trust(1750) < 0.6);
    }

    #[test]
    fn a_code_is_compared_with_the_best_other_one() {
        let mut pair = [(0.0, usize::MAX); 2];
        for (row, value) in [(4, 0.9), (1, 0.5), (2, 0.1)] {
            push(&mut pair, value, row);
        }
        assert_eq!(pair, [(0.9, 4), (0.5, 1)]);
    }
}
