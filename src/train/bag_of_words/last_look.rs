//! Fits the last look at diagnoses: the ranking's answer for a note it has not seen, beside what the note's words as a whole say by
//! weights that have not seen it either.
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::kind::{KINDS, Kind, kind};
use crate::coding::bag_of_words::NoteWords;
use crate::coding::diagnoses::features::Table;
use crate::coding::diagnoses::model::Thresholds;
use crate::coding::diagnoses::recheck::{RECHECK, Recheck, looked_at, rows};
use crate::coding::lexicon::Lexicon;
use crate::coding::trees::sigmoid;
use crate::train::boosting::{self, BoostingSettings};
use crate::train::data::LabelledDocument;
use crate::train::data::second_look::is_chart;
use crate::train::diagnoses::{self, NoteRows, Outcome, score_at, whole_set};

/// Settings of the fit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookSettings {
    /// The ensemble.
    pub trees: BoostingSettings,
    /// The standard threshold, where it is not to be the best out of fold.
    pub threshold: Option<f32>,
    /// Required diagnoses of a real note at the `terse` setting.
    pub terse_codes: f32,
}

/// What the last look does for notes it has not seen; by [`Kind`].
#[derive(Clone, Debug, Default, Serialize)]
pub struct LookReport {
    /// Notes.
    pub notes: [usize; 3],
    /// Micro-F1 of the choice by the ranking at its own threshold.
    pub ranked: [f64; 3],
    /// Micro-F1 of the choice by the last look, out of fold.
    pub looked: [f64; 3],
    /// The same by threshold.
    pub by_threshold: Vec<(f32, [f64; 3])>,
    /// Share of notes whose first code is the primary one.
    pub primary: f64,
}

/// A fitted last look.
pub struct Look {
    /// The model.
    pub model: Recheck,
    /// What it measured.
    pub report: LookReport,
    /// Probabilities of each note's candidates, out of fold.
    pub probabilities: Vec<Vec<f32>>,
}

/// Fits it. `ranked`: probabilities of each note's rows by a ranking that has not seen the note, which draws its line at
/// `threshold`; `words`: of a document, by weights that have not seen it. Short charts teach nothing here: they are no whole notes.
pub fn fit<'a>(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    names: &[String],
    (ranked, threshold): (&[Vec<f32>], f32),
    words: &(dyn Fn(usize) -> NoteWords<'a> + Sync),
    settings: &LookSettings,
) -> Look {
    let names: Vec<String> = names.iter().cloned().chain(RECHECK.map(String::from)).collect();
    let one = |(note, ranked): (&NoteRows, &Vec<f32>)| {
        let words = words(note.document);
        let looked =
            if is_chart(&documents[note.document]) { Vec::new() } else { looked_at(&note.table, ranked, &words, lexicon) };
        let values = rows(&note.table, ranked, &words, lexicon, &looked);
        (picked(note, &looked, values), looked)
    };
    let (picked, looked): (Vec<NoteRows>, Vec<Vec<usize>>) = notes.par_iter().zip(ranked).map(one).unzip();
    tracing::info!(notes = notes.len(), rows = looked.iter().map(Vec::len).sum::<usize>(), "looking again");
    let weights: Vec<&[f32]> = picked.iter().map(|n| n.weights.as_slice()).collect();
    let width = names.len();
    let unseen =
        diagnoses::out_of_fold(&picked, documents, &names, &settings.trees, &weights, |n| (width, n.table.values.clone()));
    let mut trees = diagnoses::fit_all(&picked, &names, &settings.trees, &weights, |n| n.table.values.clone());
    let flat = |of: fn(&NoteRows) -> &[f32]| -> Vec<f32> { picked.iter().flat_map(of).copied().collect() };
    let log_odds: Vec<f32> = unseen.iter().flatten().copied().collect();
    trees.calibration = boosting::platt(&log_odds, &flat(|n| &n.labels), &flat(|n| &n.weights));
    let calibrated = |l: f32| sigmoid(trees.calibration.slope * l + trees.calibration.offset);
    let mut probabilities = ranked.to_vec();
    for ((all, looked), own) in probabilities.iter_mut().zip(&looked).zip(&unseen) {
        looked.iter().zip(own).for_each(|(row, l)| all[*row] = calibrated(*l));
    }
    let by_kind = |p: &[Vec<f32>], threshold: f32| -> [Outcome; 3] {
        KINDS.map(|own| score_at(notes, documents, lexicon, p, threshold, &|d| kind(d) == own && !is_chart(d)))
    };
    let f1 = |outcomes: [Outcome; 3]| outcomes.map(|o| o.f1());
    let steps: Vec<f32> = (20..=60).map(|i| i as f32 / 100.0).collect();
    let tried: Vec<(f32, [Outcome; 3])> = steps.par_iter().map(|t| (*t, by_kind(&probabilities, *t))).collect();
    // All kinds of note count alike, whatever their number; the curve is flat, so neighbours count too.
    let smooth = |i: usize| {
        let near = &tried[i.saturating_sub(3)..(i + 4).min(tried.len())];
        near.iter().map(|t| f1(t.1).iter().sum::<f64>()).sum::<f64>() / near.len() as f64
    };
    let best = (0..tried.len()).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b))).map_or(0.45, |i| tried[i].0);
    let standard = settings.threshold.unwrap_or(best);
    let of_terse = |t: &(f32, [Outcome; 3])| (t.1[0].density() - settings.terse_codes).abs();
    let terse = tried.iter().filter(|t| t.0 >= standard).min_by(|a, b| of_terse(a).total_cmp(&of_terse(b))).map_or(0.6, |t| t.0);
    let thresholds = Thresholds { terse, standard, complete: (standard * 0.4).max(0.08) };
    let whole = whole_set(notes, documents, lexicon, &probabilities, standard);
    let count = |own: Kind| documents.iter().filter(|d| kind(d) == own && !is_chart(d)).count();
    let report = LookReport {
        notes: KINDS.map(count),
        ranked: f1(by_kind(ranked, threshold)),
        looked: f1(by_kind(&probabilities, standard)),
        by_threshold: tried.iter().step_by(4).map(|t| (t.0, f1(t.1))).collect(),
        primary: 0.0,
    };
    Look { model: Recheck { trees, thresholds, whole, layout: Default::default() }, report, probabilities }
}

/// The rows looked at, alone.
fn picked(note: &NoteRows, looked: &[usize], values: Vec<f32>) -> NoteRows {
    let of = |list: &[f32]| looked.iter().map(|r| list[*r]).collect();
    let codes = looked.iter().map(|r| note.table.codes[*r]).collect();
    let table = Table { codes, values, width: note.table.width + RECHECK.len(), names: None };
    let (labels, weights) = (of(&note.labels), of(&note.weights));
    NoteRows { document: note.document, table, candidates: Default::default(), labels, weights }
}
