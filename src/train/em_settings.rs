//! Fits the words that tell the setting of a visit: multinomial logistic regression, first on all features, then again on
//! the weightiest of them.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::data::second_look::{clinic_notes, encounters, training_documents};
use super::data::{DataError, LabelledDocument, labels};
use super::em_notes::{context_of, lines_found};
use crate::document;
use crate::em::{BySetting, SETTINGS, Setting, SettingWeights, setting_features};

/// A feature must stand in so many notes.
const LEAST_NOTES: usize = 5;
/// Features kept.
const KEPT: usize = 5000;
/// Folds of the check.
const FOLDS: usize = 4;
const ROUNDS: usize = 160;
const STEP: f64 = 0.02;
/// L2 penalty on the weights, relative to the mean loss.
const PENALTY: f64 = 3.5e-4;
/// Taken off a report's score: training notes are mostly reports, a practice's are not. Out of fold on short encounters
/// false visits then stay rarer than lost ones.
const REPORTS_OFFSET: f64 = 1.0;

/// The setting of a labelled visit; a report where no code is labelled and no evaluation stands in its place. A visit of the
/// global package is set by its kind of note.
fn setting_of(d: &LabelledDocument) -> Setting {
    use Setting as S;
    let Some(code) = d.em.as_ref().map(|e| e.code.as_str()) else {
        let psychiatric = d.procedures.iter().any(|p| matches!(p.code.as_str(), "90791" | "90792"));
        return if psychiatric { S::Psychiatric } else { S::Report };
    };
    match code {
        "99024" => match d.note_type.as_str() {
            "discharge" => S::Discharge,
            "inpatient" => S::HospitalSubsequent,
            "emergency" => S::Emergency,
            _ => S::Established,
        },
        "99291" => S::CriticalCare,
        "90791" | "90792" => S::Psychiatric,
        "99231" | "99232" | "99233" => S::HospitalSubsequent,
        "99234" | "99235" | "99236" => S::HospitalInitial,
        "99483" => S::Established,
        c => match c.get(..4).unwrap_or(c) {
            "9920" | "9924" => S::New,
            "9922" | "9925" => S::HospitalInitial,
            "9923" => S::Discharge,
            "9928" => S::Emergency,
            "9930" | "9931" => S::Nursing,
            "9934" | "9935" => S::Home,
            "9938" | "9939" | "G040" | "G043" => S::Preventive,
            "9946" | "9947" | "9948" => S::Newborn,
            _ => S::Established,
        },
    }
}

struct Note {
    features: BTreeSet<String>,
    gold: usize,
    fold: usize,
    /// Of which documents: 0 labelled notes, 1 authored ones, 2 short encounters.
    part: usize,
}

fn note(d: &LabelledDocument, fold: usize, part: usize) -> Note {
    let document = document::read(&d.text.0);
    let context = context_of(d, &document);
    let lines = lines_found(d);
    Note { features: setting_features(&document, &context, &lines), gold: setting_of(d) as usize, fold, part }
}

/// How the settings did on documents left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Check {
    /// Notes with a visit.
    pub visits: usize,
    /// Visits whose setting is right.
    pub visits_right: usize,
    /// Visits taken for a report.
    pub visits_lost: usize,
    /// Reports and other texts that are no visit.
    pub reports: usize,
    /// Those taken for a visit.
    pub visits_false: usize,
}

/// What was fitted, on what.
pub struct Fitted {
    /// Weights of all documents.
    pub weights: SettingWeights,
    /// Weights without each fold's documents.
    pub folds: Vec<SettingWeights>,
    /// Documents with their part (labelled notes, authored ones, short encounters); the fold is the place modulo the number.
    pub documents: Vec<(LabelledDocument, usize)>,
    /// How the weights did out of fold, for each part.
    pub checks: [Check; 3],
}

/// Fits on `CORPORA/labels/train.jsonl` (with the project's `own` labels and short encounters where given) and
/// `CORPORA/authored`.
pub fn fit(corpora: &Path, own: Option<&Path>) -> Result<Fitted, DataError> {
    let mut documents: Vec<(LabelledDocument, usize)> = Vec::new();
    for d in training_documents(corpora, own)? {
        let part = usize::from(d.corpus == "authored");
        documents.push((d, part));
    }
    documents.extend(labels::load_authored(&corpora.join("authored"))?.into_iter().map(|d| (d, 1)));
    if let Some(own) = own {
        documents.extend(clinic_notes(own)?.into_iter().map(|d| (d, 1)));
        documents.extend(encounters(own)?.into_iter().map(|d| (d, 2)));
    }
    documents.sort_by(|a, b| (a.1, &a.0.id).cmp(&(b.1, &b.0.id)));
    let notes: Vec<Note> = documents.iter().enumerate().map(|(i, (d, part))| note(d, i % FOLDS, *part)).collect();
    let mut checks = [Check::default(); 3];
    let mut folds = Vec::new();
    for fold in 0..FOLDS {
        let weights = regression(&notes.iter().filter(|n| n.fold != fold).collect::<Vec<_>>());
        for n in notes.iter().filter(|n| n.fold == fold) {
            let mut sums = weights.offset;
            for row in n.features.iter().filter_map(|f| weights.weights.get(f)) {
                sums.iter_mut().zip(row).for_each(|(s, w)| *s += w);
            }
            let best = (0..SETTINGS).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
            let Some(check) = checks.get_mut(n.part) else { continue };
            if n.gold == 0 {
                check.reports += 1;
                check.visits_false += usize::from(best != 0);
            } else {
                check.visits += 1;
                check.visits_right += usize::from(best == n.gold);
                check.visits_lost += usize::from(best == 0);
            }
        }
        folds.push(weights);
    }
    let weights = regression(&notes.iter().collect::<Vec<_>>());
    Ok(Fitted { weights, folds, documents, checks })
}

/// Weights of the notes' weightiest features.
fn regression(notes: &[&Note]) -> SettingWeights {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for n in notes {
        n.features.iter().for_each(|f| *counts.entry(f).or_default() += 1);
    }
    counts.retain(|_, n| *n >= LEAST_NOTES);
    let all: Vec<&str> = counts.keys().copied().collect();
    let first = descent(notes, &all);
    let worth = |i: usize| {
        let top = first.get(i).map_or(0.0, |row| row.iter().fold(0.0f64, |t, w| t.max(w.abs())));
        top * (all.get(i).and_then(|f| counts.get(f)).copied().unwrap_or(0) as f64).sqrt()
    };
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
    order.truncate(KEPT);
    order.sort_unstable();
    let kept: Vec<&str> = order.iter().filter_map(|i| all.get(*i).copied()).collect();
    let mut rows = descent(notes, &kept);
    let round = |row: BySetting| row.map(|w| (w * 10.0).round() / 10.0);
    let mut offset = rows.pop().unwrap_or_default();
    offset[Setting::Report as usize] -= REPORTS_OFFSET;
    let weights = kept
        .into_iter()
        .zip(rows)
        .map(|(f, row)| (f.to_owned(), round(row)))
        .filter(|(_, row)| row.iter().any(|w| *w != 0.0))
        .collect();
    SettingWeights { offset: round(offset), weights }
}

/// A row of weights for each of the features and, last, the offsets: Adam with an L2 penalty, full batch; deterministic.
fn descent(notes: &[&Note], names: &[&str]) -> Vec<BySetting> {
    let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, f)| (*f, i)).collect();
    let last = names.len();
    let rows: Vec<(Vec<usize>, usize)> = notes
        .iter()
        .map(|n| (n.features.iter().filter_map(|f| place.get(f.as_str()).copied()).chain([last]).collect(), n.gold))
        .collect();
    let mut at = vec![[0.0f64; SETTINGS]; last + 1];
    let mut mean = at.clone();
    let mut square = at.clone();
    for round in 1..=ROUNDS {
        let mut gradient = vec![[0.0f64; SETTINGS]; last + 1];
        for (features, gold) in &rows {
            let mut score = [0.0; SETTINGS];
            for f in features {
                score.iter_mut().zip(&at[*f]).for_each(|(s, w)| *s += w);
            }
            let top = score.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = score.iter().map(|s| (s - top).exp()).sum();
            let mut error = score.map(|s| (s - top).exp() / total / rows.len() as f64);
            error[*gold] -= 1.0 / rows.len() as f64;
            for f in features {
                gradient[*f].iter_mut().zip(&error).for_each(|(g, e)| *g += e);
            }
        }
        let (fade1, fade2) = (1.0 - 0.9f64.powi(round as i32), 1.0 - 0.999f64.powi(round as i32));
        for f in 0..=last {
            for c in 0..SETTINGS {
                let penalty = if f == last { 0.0 } else { 2.0 * PENALTY * at[f][c] };
                let g = gradient[f][c] + penalty;
                mean[f][c] = 0.9 * mean[f][c] + 0.1 * g;
                square[f][c] = 0.999 * square[f][c] + 0.001 * g * g;
                at[f][c] -= STEP * (mean[f][c] / fade1) / ((square[f][c] / fade2).sqrt() + 1e-8);
            }
        }
    }
    at
}
