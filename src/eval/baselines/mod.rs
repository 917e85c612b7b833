//! What simpler methods reach on the same notes, scored by the same harness: the ground that the engine stands on.
//!
//! | baseline | codes |
//! | --- | --- |
//! | [`lexicon`] | one for each dictionary match that no cue word denies |
//! | [`retrieval`] | the ICD-10-CM title nearest to each problem mention, by an encoder that has not learned |
//! | [`tfidf`] | those of a linear support vector machine for each code over words and pairs of words |
//!
//! None of them has procedures, an E/M level or an order of its own: the surest code stands first (the dictionary: the
//! first in the note). What they learn or tune comes from the train part alone.
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::gold::{self, Case, Gold};
use super::predicted::{Predicted, PredictedDiagnosis};
use super::scoring::{Counts, match_codes};
use super::sets::Part;
use super::{EvalError, run::Settings};
use crate::coding::lexicon::{CodeId, Lexicon, Side};
use crate::engine::Engine;

pub mod lexicon;
pub mod retrieval;
pub mod tfidf;

/// Candidates kept in a ranking.
const MOST_CANDIDATES: usize = 100;

/// A simpler method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Dictionary alone.
    Lexicon,
    /// Titles by the encoder of this model folder.
    Retrieval(PathBuf),
    /// Words and a linear classifier a code.
    TfIdf,
}

impl Baseline {
    /// Name in results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lexicon => "lexicon",
            Self::Retrieval(_) => "retrieval",
            Self::TfIdf => "tfidf",
        }
    }
}

/// What a baseline predicts for each case. `dir`: the labels' folder, for the train part.
pub fn predict(
    baseline: &Baseline,
    engine: &Engine,
    dir: &Path,
    cases: &[Case],
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<Vec<Predicted>, EvalError> {
    match baseline {
        Baseline::Lexicon => Ok(lexicon::predict(engine.lexicon(), cases, bar)),
        Baseline::Retrieval(model) => {
            let train = gold::load_labels(dir, Part::Train)?;
            retrieval::predict(engine, model, &train, cases, settings.today, bar)
        }
        Baseline::TfIdf => Ok(tfidf::predict(&gold::load_labels(dir, Part::Train)?, cases, bar)),
    }
}

/// Codes of one note with their score, best first, each once.
type Ranked = Vec<(String, f32)>;

/// The best score of each code, best first; equal scores in the order of code.
fn ranked(scores: impl IntoIterator<Item = (String, f32)>) -> Ranked {
    let mut best = std::collections::BTreeMap::<String, f32>::new();
    for (code, score) in scores {
        let entry = best.entry(code).or_insert(f32::MIN);
        *entry = entry.max(score);
    }
    let mut all: Ranked = best.into_iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// The threshold among `grid` with the best micro-F1 on notes of the train part, and that F1.
fn best_threshold(notes: &[(&Gold, &Ranked)], grid: impl IntoIterator<Item = f32>) -> (f32, f64) {
    let f1 = |threshold: f32| {
        let mut counts = Counts::default();
        for (gold, ranked) in notes {
            let required: Vec<Vec<String>> = gold.diagnoses.iter().map(|d| d.codes.clone()).collect();
            let chosen: Vec<String> = ranked.iter().take_while(|(_, s)| *s >= threshold).map(|(c, _)| c.clone()).collect();
            counts.add(match_codes(&required, &gold.optional_diagnoses, &chosen).0);
        }
        counts.f1()
    };
    grid.into_iter().map(|t| (t, f1(t))).fold((0.0, f64::MIN), |best, t| if t.1 > best.1 { t } else { best })
}

/// Chosen are those from the threshold on; `confidence` turns a score into a probability.
fn predicted(mut ranked: Ranked, threshold: f32, confidence: impl Fn(f32) -> f32, seconds: f64) -> Predicted {
    ranked.truncate(MOST_CANDIDATES);
    let chosen = ranked.iter().take_while(|(_, score)| *score >= threshold);
    let diagnoses: Vec<PredictedDiagnosis> = chosen
        .map(|(code, score)| PredictedDiagnosis { code: code.clone(), confidence: confidence(*score), evidence: Vec::new() })
        .collect();
    Predicted {
        expected_accuracy: diagnoses.iter().map(|d| d.confidence).product(),
        ranked: ranked.into_iter().map(|(code, score)| (code, confidence(score))).collect(),
        decision: "review".to_owned(),
        seconds,
        diagnoses,
        ..Default::default()
    }
}

/// Of codes that a phrase or title means alike, the one that speaks of no side, else the first.
fn plain(lexicon: &Lexicon, codes: &[CodeId]) -> Option<CodeId> {
    let sided = |code: &CodeId| {
        lexicon.family(*code).is_some_and(|(_, side, _)| matches!(side, Side::Right | Side::Left | Side::Bilateral))
    };
    codes.iter().min_by_key(|c| (sided(c), **c)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::gold::GoldConcept;

    #[test]
    fn the_threshold_with_the_best_f1_and_what_it_chooses() {
        let concept = |code: &str| GoldConcept { codes: vec![code.into()], ..Default::default() };
        let gold = Gold { diagnoses: vec![concept("A"), concept("B")], ..Default::default() };
        let list = ranked([("B", 0.4), ("C", 0.3), ("A", 0.9), ("B", 0.6)].map(|(c, s)| (c.to_owned(), s)));
        assert_eq!(list[1], ("B".to_owned(), 0.6), "each code once, with its best score");
        let (threshold, f1) = best_threshold(&[(&gold, &list)], [0.2, 0.5, 0.8]);
        assert_eq!((threshold, f1), (0.5, 1.0));
        let p = predicted(list, threshold, |s| s, 0.0);
        assert_eq!(p.codes(), ["A", "B"]);
        assert_eq!((p.ranked.len(), p.by_confidence()[2].as_str()), (3, "C"));
    }
}
