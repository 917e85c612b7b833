//! Fits the words that tell the setting of a visit: multinomial logistic regression with a penalty that keeps few words.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::data::second_look::training_documents;
use super::data::{DataError, LabelledDocument, labels};
use crate::document::{self, facts::resolve_context};
use crate::em::{SettingWeights, setting_features};
use crate::note::Encounter;

/// A word must stand in so many notes.
const LEAST_NOTES: usize = 10;
/// Folds of the check.
const FOLDS: usize = 4;
const ROUNDS: usize = 160;
const STEP: f64 = 0.02;
/// L1 penalty on a word's weights.
const SPARSITY: f64 = 3e-4;
/// L2 penalty on a word's weights.
const PENALTY: f64 = 1e-3;
/// Cues (`!`) are few and written for this: their penalty, of that of a word.
const CUE_PENALTY: f64 = 1.0;

/// Position among the settings of the family of a labelled code; none (a report) where no code is labelled. A visit of
/// the global package is set by its kind of note.
fn setting_of(code: Option<&str>, note_type: &str) -> usize {
    match code {
        None => 0,
        Some("99024" | "99291" | "99460") => match note_type {
            "discharge" => 5,
            "inpatient" => 4,
            "emergency" => 6,
            _ => 1,
        },
        Some(c) if c.starts_with("9920") || c.starts_with("9924") => 2,
        Some(c) if c.starts_with("9922") || c.starts_with("9925") => 3,
        Some("99231" | "99232" | "99233") => 4,
        Some(c) if c.starts_with("9923") => 5,
        Some(c) if c.starts_with("9928") || c.starts_with("9929") => 6,
        Some(_) => 1,
    }
}

struct Note {
    features: BTreeSet<String>,
    gold: usize,
    fold: Option<usize>,
}

fn note(d: &LabelledDocument, fold: Option<usize>) -> Note {
    let document = document::read(&d.text.0);
    let day = jiff::civil::date(2026, 5, 4);
    let encounter = Encounter { date_of_service: Some(day), note: d.text.0.to_string(), ..Encounter::default() };
    let context = resolve_context(&encounter, &document, day);
    let gold = setting_of(d.em.as_ref().map(|e| e.code.as_str()), &d.note_type);
    Note { features: setting_features(&document, &context), gold, fold }
}

/// Fits on `CORPORA/labels/train.jsonl` (with the project's `own` labels where given) and `CORPORA/authored`. Returns the
/// weights, and out of fold on the labelled real notes: visits, visits with the right setting, reports, reports with the
/// right setting.
pub fn fit(corpora: &Path, own: Option<&Path>) -> Result<(SettingWeights, [usize; 4]), DataError> {
    let mut real = training_documents(corpora, own)?;
    real.sort_by(|a, b| a.id.cmp(&b.id));
    let authored = labels::load_authored(&corpora.join("authored"))?;
    let mut notes: Vec<Note> = real.iter().enumerate().map(|(i, d)| note(d, Some(i % FOLDS))).collect();
    notes.extend(authored.iter().map(|d| note(d, None)));
    let mut score = [0; 4];
    for fold in 0..FOLDS {
        let weights = regression(&notes.iter().filter(|n| n.fold != Some(fold)).collect::<Vec<_>>());
        for n in notes.iter().filter(|n| n.fold == Some(fold)) {
            let mut sums = weights.offset;
            for row in n.features.iter().filter_map(|f| weights.weights.get(f)) {
                sums.iter_mut().zip(row).for_each(|(s, w)| *s += w);
            }
            let best = (0..7).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
            let at = if n.gold == 0 { 2 } else { 0 };
            score[at] += 1;
            score[at + 1] += usize::from(best == n.gold);
        }
    }
    let mut weights = regression(&notes.iter().collect::<Vec<_>>());
    // The further notes are mostly reports, a practice's are not: without knowledge a note is a visit as likely as a report.
    let reports = notes.iter().filter(|n| n.fold.is_some() && n.gold == 0).count().max(1);
    let visits = notes.iter().filter(|n| n.fold.is_some() && n.gold != 0).count().max(1);
    weights.offset[0] -= ((reports as f64 / visits as f64).ln() * 100.0).round() / 100.0;
    Ok((weights, score))
}

/// Adam with an L1 and an L2 penalty, full batch; deterministic.
fn regression(notes: &[&Note]) -> SettingWeights {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for n in notes {
        n.features.iter().for_each(|f| *counts.entry(f).or_default() += 1);
    }
    let names: Vec<&str> = counts.iter().filter(|(_, n)| **n >= LEAST_NOTES).map(|(f, _)| *f).collect();
    let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, f)| (*f, i)).collect();
    let rows: Vec<(Vec<usize>, usize)> =
        notes.iter().map(|n| (n.features.iter().filter_map(|f| place.get(f.as_str()).copied()).collect(), n.gold)).collect();
    let share: Vec<f64> = names.iter().map(|f| if f.starts_with('!') { CUE_PENALTY } else { 1.0 }).collect();
    // The last row holds the offsets.
    let last = names.len();
    let mut at = vec![[0.0f64; 7]; last + 1];
    let mut mean = vec![[0.0f64; 7]; last + 1];
    let mut square = vec![[0.0f64; 7]; last + 1];
    for round in 1..=ROUNDS {
        let mut gradient = vec![[0.0f64; 7]; last + 1];
        for (features, gold) in &rows {
            let mut score = at[last];
            for f in features {
                (0..7).for_each(|c| score[c] += at[*f][c]);
            }
            let top = score.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = score.iter().map(|s| (s - top).exp()).sum();
            let mut error = score.map(|s| (s - top).exp() / total / rows.len() as f64);
            error[*gold] -= 1.0 / rows.len() as f64;
            for f in features.iter().chain([&last]) {
                (0..7).for_each(|c| gradient[*f][c] += error[c]);
            }
        }
        let (fade1, fade2) = (1.0 - 0.9f64.powi(round as i32), 1.0 - 0.999f64.powi(round as i32));
        for f in 0..=last {
            for c in 0..7 {
                let w = at[f][c];
                let penalty = if f == last || w == 0.0 { 0.0 } else { share[f] * (2.0 * PENALTY * w + SPARSITY * w.signum()) };
                let g = gradient[f][c] + penalty;
                mean[f][c] = 0.9 * mean[f][c] + 0.1 * g;
                square[f][c] = 0.999 * square[f][c] + 0.001 * g * g;
                at[f][c] -= STEP * (mean[f][c] / fade1) / ((square[f][c] / fade2).sqrt() + 1e-8);
            }
        }
    }
    let round = |row: [f64; 7]| row.map(|w| (w * 100.0).round() / 100.0);
    let weights = names
        .into_iter()
        .zip(&at)
        .map(|(f, row)| (f.to_owned(), round(*row)))
        .filter(|(_, row)| row.iter().any(|w| w.abs() >= 0.05))
        .collect();
    SettingWeights { offset: round(at[last]), weights }
}
