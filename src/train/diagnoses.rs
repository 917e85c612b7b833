//! Fits the ranking model of diagnoses on labelled claims.
//!
//! Everything that a row states about labelled notes (phrase counts, priors) is computed without the fold the row's
//! note belongs to, and the second model sees only out-of-fold answers of the first; otherwise both would learn to
//! trust what they will not have in a new note.
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::boosting::{self, BoostingSettings, Rows};
use super::data::second_look::CHARTS;
use super::data::{LabelledDocument, Role};
use super::diagnosis_order;
use crate::coding::diagnoses::candidates::Candidates;
use crate::coding::diagnoses::features::{Priors, Table};
use crate::coding::diagnoses::model::{DiagnosisModel, JOINT, LEAST_SINGLE, Thresholds, joint_rows};
use crate::coding::diagnoses::select::choose;
use crate::coding::diagnoses::whole::{self, WholeSet};
use crate::coding::lexicon::{LabelledPhrase, Lexicon, PhraseCounts};
use crate::coding::trees::{Trees, sigmoid};

/// Settings of a fit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiagnosisSettings {
    /// The model of a candidate by itself.
    pub single: BoostingSettings,
    /// The model of a candidate beside its competitors.
    pub joint: BoostingSettings,
    /// The model of the first-listed diagnosis.
    pub first: BoostingSettings,
    /// The standard threshold, where it is not to be the best on the joined labels.
    pub threshold: Option<f32>,
    /// Required diagnoses a note at the `terse` setting.
    pub terse_codes: f32,
}

/// Steps of the threshold to either side that are averaged.
const SMOOTH: usize = 3;

/// Folds of the phrase counts and priors.
pub const FOLDS: usize = 8;

/// Fits that leave out a part of the notes each, for answers out of fold; folds are dealt out to them in turn.
pub(super) const PARTS: usize = 4;

/// Fold of a document: by its id, so that it never changes.
pub fn fold_of(id: &str) -> usize {
    (hash_of(id) % FOLDS as u64) as usize
}

/// Hash of a document's id (FNV-1a).
pub fn hash_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Phrases of labelled notes with their codes: problem mentions, and quotes of required diagnoses.
pub fn labelled_phrases(document: &LabelledDocument) -> Vec<(String, String)> {
    let text = &document.text;
    let mut out = Vec::new();
    for m in &document.mentions {
        if let (crate::extract::MentionKind::Problem, Some(code)) = (m.kind, &m.code) {
            out.push((m.span.of(text).to_owned(), code.clone()));
        }
    }
    for d in &document.diagnoses {
        for quote in d.quotes.iter().filter(|q| q.split_whitespace().count() <= 8) {
            out.push((quote.clone(), d.code.clone()));
        }
    }
    out
}

/// Counts of phrases over documents, leaving out one fold.
pub fn phrase_counts(documents: &[LabelledDocument], without: Option<usize>) -> PhraseCounts {
    let phrases: Vec<(String, String, &str)> = documents
        .iter()
        .filter(|d| Some(fold_of(&d.id)) != without)
        .flat_map(|d| labelled_phrases(d).into_iter().map(move |(p, c)| (p, c, d.id.as_str())))
        .collect();
    PhraseCounts::learn(phrases.iter().map(|(phrase, code, document)| LabelledPhrase { phrase, code, document }))
}

/// How often codes stand on claims and in mentions, leaving out one fold.
pub fn priors(documents: &[LabelledDocument], without: Option<usize>) -> Priors {
    let mut by_code: BTreeMap<String, (u32, u32, u32)> = BTreeMap::new();
    for d in documents.iter().filter(|d| Some(fold_of(&d.id)) != without) {
        for x in d.diagnoses.iter().filter(|x| x.role != Role::Optional) {
            let entry = by_code.entry(x.code.clone()).or_default();
            entry.0 += 1;
            entry.1 += u32::from(x.role == Role::Primary);
        }
        for code in d.mentions.iter().filter_map(|m| m.code.as_ref()) {
            by_code.entry(code.clone()).or_default().2 += 1;
        }
    }
    Priors { by_code }
}

/// The rows of one labelled note.
pub struct NoteRows {
    /// Index into the documents.
    pub document: usize,
    /// Feature rows.
    pub table: Table,
    /// The candidates behind them (places and combinations are needed by the second model).
    pub candidates: Candidates,
    /// 1 required, 0 not.
    pub labels: Vec<f32>,
    /// Weight of each row; 0 where the code is optional, so that nothing is learned from its label.
    pub weights: Vec<f32>,
}

/// Labels of a note's rows: a code that the coder chose is 1, one as good is 1 with less weight, optional ones are left
/// out.
pub fn label_rows(document: &LabelledDocument, table: &Table, lexicon: &Lexicon) -> (Vec<f32>, Vec<f32>) {
    table.codes.iter().map(|code| label_of(document, lexicon.code(*code))).unzip()
}

/// Label and weight of one code of a note.
pub fn label_of(document: &LabelledDocument, code: &str) -> (f32, f32) {
    let (mut label, mut weight) = (0.0, 1.0);
    for d in &document.diagnoses {
        let chosen = d.code == code;
        let as_good = d.alternatives.iter().any(|a| a == code);
        if !chosen && !as_good {
            continue;
        }
        if d.role == Role::Optional {
            if label < 0.5 {
                weight = 0.0;
            }
        } else {
            label = 1.0;
            weight = if chosen { 1.0 } else { 0.3 };
        }
    }
    (label, weight)
}

/// What a fit measured on its own training notes, out of fold.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FitReport {
    /// Notes.
    pub notes: usize,
    /// Candidate rows.
    pub rows: usize,
    /// Share of required diagnoses with a candidate.
    pub candidate_recall: f64,
    /// Micro-F1 of the chosen codes at the standard threshold.
    pub f1: f64,
    /// Precision there.
    pub precision: f64,
    /// Recall there.
    pub recall: f64,
    /// Share of notes whose first code is the primary one.
    pub primary: f64,
    /// Micro-F1 by threshold: of whole notes, of short charts and encounters.
    pub by_threshold: Vec<(f32, [f64; 2])>,
}

/// A fitted ranking.
pub struct Fit {
    /// The model.
    pub model: DiagnosisModel,
    /// What it measured.
    pub report: FitReport,
    /// Out-of-fold probabilities of each note's candidates.
    pub probabilities: Vec<Vec<f32>>,
}

/// Fits the three ensembles.
pub fn fit(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    names: &[String],
    settings: &DiagnosisSettings,
) -> Fit {
    let all: Vec<&[f32]> = notes.iter().map(|n| n.weights.as_slice()).collect();
    let single_oof = out_of_fold(notes, documents, names, &settings.single, &all, |n| (n.table.width, n.table.values.clone()));
    let single = fit_all(notes, names, &settings.single, &all, |n| n.table.values.clone());
    tracing::info!("first model fitted");
    let joint_tables: Vec<Table> = notes
        .iter()
        .zip(&single_oof)
        .map(|(n, p)| joint_rows(&n.table, &p.iter().map(|l| sigmoid(*l)).collect::<Vec<_>>(), &n.candidates, lexicon))
        .collect();
    let joint_names: Vec<String> = names.iter().cloned().chain(JOINT.map(String::from)).collect();
    let index: BTreeMap<usize, usize> = notes.iter().enumerate().map(|(i, n)| (n.document, i)).collect();
    let joint_values = |n: &NoteRows| joint_tables[index[&n.document]].values.clone();
    // As in `DiagnosisModel::probabilities`: what is unlikely by itself is not looked at again.
    let unlikely = |logit: f32| sigmoid(logit) < LEAST_SINGLE;
    let likely: Vec<Vec<f32>> = notes
        .iter()
        .zip(&single_oof)
        .map(|(n, logits)| n.weights.iter().zip(logits).map(|(w, l)| if unlikely(*l) { 0.0 } else { *w }).collect())
        .collect();
    let likely: Vec<&[f32]> = likely.iter().map(Vec::as_slice).collect();
    let mut joint_oof =
        out_of_fold(notes, documents, &joint_names, &settings.joint, &likely, |n| (joint_names.len(), joint_values(n)));
    for (own, single) in joint_oof.iter_mut().zip(&single_oof) {
        own.iter_mut().zip(single).filter(|(_, s)| unlikely(**s)).for_each(|(j, s)| *j = *s);
    }
    let mut joint = fit_all(notes, &joint_names, &settings.joint, &likely, joint_values);
    let (mut x, mut y, mut w) = (Vec::new(), Vec::new(), Vec::new());
    for (n, logits) in notes.iter().zip(&joint_oof).filter(|(n, _)| is_note(&documents[n.document])) {
        x.extend_from_slice(logits);
        y.extend_from_slice(&n.labels);
        w.extend_from_slice(&n.weights);
    }
    joint.calibration = boosting::platt(&x, &y, &w);
    tracing::info!("second model fitted");
    let probabilities: Vec<Vec<f32>> = joint_oof
        .iter()
        .map(|l| l.iter().map(|l| sigmoid(joint.calibration.slope * l + joint.calibration.offset)).collect())
        .collect();

    let at = |threshold: f32| score_at(notes, documents, lexicon, &probabilities, threshold, &is_note);
    let of_short = |threshold: f32| score_at(notes, documents, lexicon, &probabilities, threshold, &|d| !is_note(d));
    let steps: Vec<f32> = (8..=70).map(|i| i as f32 / 100.0).collect();
    let tried: Vec<(f32, Outcome)> = steps.par_iter().map(|t| (*t, at(*t))).collect();
    // The curve is flat and jagged at its top: its middle carries over to other notes better than its highest point.
    let smooth = |i: usize| {
        let near = &tried[i.saturating_sub(SMOOTH)..(i + SMOOTH + 1).min(tried.len())];
        near.iter().map(|t| t.1.f1()).sum::<f64>() / near.len() as f64
    };
    let best = (0..tried.len()).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b))).map_or(0.35, |i| tried[i].0);
    let best = settings.threshold.unwrap_or(best);
    let target = if settings.terse_codes > 0.0 { settings.terse_codes } else { 2.05 };
    let terse = tried
        .iter()
        .filter(|t| t.0 >= best)
        .min_by(|a, b| (a.1.density() - target).abs().total_cmp(&(b.1.density() - target).abs()))
        .map_or(0.6, |b| b.0);
    let thresholds = Thresholds { terse, standard: best, complete: (best * 0.4).max(0.08) };
    let (first, primary) = diagnosis_order::fit(notes, documents, lexicon, &probabilities, names, settings, best);
    let result = at(best);
    let shown: Vec<f32> = (6..=12).map(|i| i as f32 / 20.0).collect();
    let by_threshold = shown.par_iter().map(|t| (*t, [at(*t).f1(), of_short(*t).f1()])).collect();
    let whole = whole_set(notes, documents, lexicon, &probabilities, best);
    let report = FitReport {
        notes: notes.len(),
        rows: notes.iter().map(|n| n.labels.len()).sum(),
        candidate_recall: candidate_recall(notes, documents, lexicon),
        f1: result.f1(),
        precision: f64::from(result.hit) / f64::from((result.hit + result.wrong).max(1)),
        recall: f64::from(result.hit) / f64::from((result.hit + result.missed).max(1)),
        primary,
        by_threshold,
    };
    let model =
        DiagnosisModel { priors: priors(documents, None), single, joint, first, thresholds, whole, layouts: Default::default() };
    Fit { model, report, probabilities }
}

/// Diagnoses found, wrongly chosen and missed.
#[derive(Clone, Copy, Default)]
pub(super) struct Outcome {
    hit: u32,
    wrong: u32,
    missed: u32,
    notes: u32,
}

impl Outcome {
    pub(super) fn f1(&self) -> f64 {
        f64::from(2 * self.hit) / f64::from((2 * self.hit + self.wrong + self.missed).max(1))
    }
    /// Codes a note.
    pub(super) fn density(&self) -> f32 {
        (self.hit + self.wrong) as f32 / self.notes.max(1) as f32
    }
}

/// Short charts teach which code words mean; how many codes a note has, how sure the model may be and what it is measured on
/// is told by whole notes.
fn is_note(document: &LabelledDocument) -> bool {
    document.corpus != CHARTS
}

/// Share of required diagnoses for which an acceptable code is a candidate.
fn candidate_recall(notes: &[NoteRows], documents: &[LabelledDocument], lexicon: &Lexicon) -> f64 {
    let (mut found, mut required) = (0usize, 0usize);
    for n in notes.iter().filter(|n| is_note(&documents[n.document])) {
        let codes: BTreeSet<&str> = n.table.codes.iter().map(|c| lexicon.code(*c)).collect();
        for d in documents[n.document].diagnoses.iter().filter(|d| d.role != Role::Optional) {
            let is_candidate = codes.contains(d.code.as_str()) || d.alternatives.iter().any(|a| codes.contains(a.as_str()));
            found += usize::from(is_candidate);
            required += 1;
        }
    }
    found as f64 / required.max(1) as f64
}

/// How likely all diagnoses of a note are right, from the out-of-fold probabilities.
pub(super) fn whole_set(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    probabilities: &[Vec<f32>],
    threshold: f32,
) -> WholeSet {
    let (signs, right): (Vec<_>, Vec<_>) = notes
        .iter()
        .zip(probabilities)
        .filter(|(n, _)| is_note(&documents[n.document]))
        .map(|(n, p)| {
            let (_, why_not) = choose(&n.table, p, &n.candidates, lexicon, None, threshold);
            let outcome = score_at(std::slice::from_ref(n), documents, lexicon, std::slice::from_ref(p), threshold, &|_| true);
            (whole::signs(p, &why_not), outcome.missed == 0 && outcome.wrong == 0)
        })
        .unzip();
    super::whole_set::fit(&signs, &right)
}

/// Outcome of the choice at a threshold, over the notes to `keep`.
pub(super) fn score_at(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    probabilities: &[Vec<f32>],
    threshold: f32,
    keep: &(dyn Fn(&LabelledDocument) -> bool + Sync),
) -> Outcome {
    let mut total = Outcome::default();
    for (n, p) in notes.iter().zip(probabilities).filter(|(n, _)| keep(&documents[n.document])) {
        total.notes += 1;
        let (chosen, _) = choose(&n.table, p, &n.candidates, lexicon, None, threshold);
        let mut left: Vec<&str> = chosen.iter().map(|r| lexicon.code(n.table.codes[*r])).collect();
        let document = &documents[n.document];
        let accepts = |d: &super::data::LabelledDiagnosis, code: &str| d.code == code || d.alternatives.iter().any(|a| a == code);
        for d in document.diagnoses.iter().filter(|d| d.role != Role::Optional) {
            match left.iter().position(|c| accepts(d, c)) {
                Some(i) => {
                    left.remove(i);
                    total.hit += 1;
                }
                None => total.missed += 1,
            }
        }
        let optional = |c: &str| document.diagnoses.iter().any(|d| d.role == Role::Optional && accepts(d, c));
        total.wrong += left.iter().filter(|c| !optional(c)).count() as u32;
    }
    total
}

fn collect<'a>(
    notes: impl Iterator<Item = (&'a NoteRows, &'a &'a [f32])>,
    values_of: &impl Fn(&NoteRows) -> Vec<f32>,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let (mut values, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (n, own) in notes {
        let v = values_of(n);
        let width = v.len() / n.labels.len().max(1);
        for (r, (label, weight)) in n.labels.iter().zip(own.iter()).enumerate().filter(|(_, (_, w))| **w > 0.0) {
            values.extend_from_slice(&v[r * width..(r + 1) * width]);
            labels.push(*label);
            weights.push(*weight);
        }
    }
    (values, labels, weights)
}

pub(super) fn fit_all(
    notes: &[NoteRows],
    names: &[String],
    settings: &BoostingSettings,
    weights: &[&[f32]],
    values_of: impl Fn(&NoteRows) -> Vec<f32>,
) -> Trees {
    let (values, labels, weights) = collect(notes.iter().zip(weights), &values_of);
    boosting::fit(&Rows { names, values: &values, labels: &labels, weights: &weights }, settings)
}

/// Log-odds of every row from a model that has not seen its note ([`PARTS`] fits). `weights`: of each note's rows; those
/// without weight are not learned from.
pub(super) fn out_of_fold(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    names: &[String],
    settings: &BoostingSettings,
    weights: &[&[f32]],
    values_of: impl Fn(&NoteRows) -> (usize, Vec<f32>),
) -> Vec<Vec<f32>> {
    let mut out: Vec<Vec<f32>> = vec![Vec::new(); notes.len()];
    for part in 0..PARTS {
        let held = |n: &NoteRows| fold_of(&documents[n.document].id) % PARTS == part;
        let seen = notes.iter().zip(weights).filter(|(n, _)| !held(n));
        let (values, labels, weights) = collect(seen, &|n| values_of(n).1);
        let model = boosting::fit(&Rows { names, values: &values, labels: &labels, weights: &weights }, settings);
        drop(values);
        for (i, n) in notes.iter().enumerate().filter(|(_, n)| held(n)) {
            let (width, values) = values_of(n);
            out[i] = values.par_chunks_exact(width.max(1)).map(|row| model.log_odds(row)).collect();
        }
    }
    out
}
