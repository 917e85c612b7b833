//! Fits the E/M weights on labelled visits and checks them out of fold.
use std::collections::BTreeMap;
use std::path::Path;

use super::data::second_look::training_documents;
use super::data::{DataError, LabelledDocument, labels};
use super::em_notes::{context_of, diagnoses_of};
use crate::document;
use crate::em::{self, AllFeatures, Features, Level, Ordinal, Weights};

/// Folds of the check; a document's fold is its place in id order.
const FOLDS: usize = 5;
/// L2 penalty on the weights, relative to the mean loss.
const PENALTY: f64 = 1e-3;
/// Thresholds tried: how probable a higher level of open problems must be, how improbable the table's level.
const RAISE: [f64; 7] = [0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.01];
const LOWER: [f64; 7] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5];

/// One visit as the weights see it: features and labelled level of problems, data, risk.
struct Visit {
    fold: Option<usize>,
    features: AllFeatures,
    gold: [Option<Level>; 3],
    /// Levels by the table alone.
    table: em::Table,
}

/// How the fitted weights did on documents left out.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Check {
    /// Visits with all three levels labelled.
    pub visits: usize,
    /// Right levels of problems, data and risk by the weights, bounded by the table as leveling does.
    pub right: [usize; 3],
    /// The same by the table alone.
    pub right_by_table: [usize; 3],
    /// Right overall level (two of three).
    pub level_right: usize,
    /// Overall level too high.
    pub level_over: usize,
    /// Right overall level by the table alone.
    pub level_right_by_table: usize,
    /// Overall level too high by the table alone.
    pub level_over_by_table: usize,
}

/// Fits on `CORPORA/labels/train.jsonl` (with the project's `own` labels where given) and `CORPORA/authored`, every visit
/// twice: with its labelled diagnoses and with none, since at coding time some are missed. Returns the weights and the
/// out-of-fold check on the labelled real notes.
pub fn fit(corpora: &Path, own: Option<&Path>) -> Result<(Weights, Check), DataError> {
    let real = training_documents(corpora, own)?;
    let authored = labels::load_authored(&corpora.join("authored"))?;
    let mut visits = Vec::new();
    let mut order: Vec<&LabelledDocument> = real.iter().collect();
    order.sort_by(|a, b| a.id.cmp(&b.id));
    for (i, d) in order.iter().enumerate() {
        visits.extend([true, false].into_iter().filter_map(|coded| visit(d, coded, Some(i % FOLDS))));
    }
    for d in &authored {
        visits.extend([true, false].into_iter().filter_map(|coded| visit(d, coded, None)));
    }
    let folds: Vec<Weights> = (0..FOLDS).map(|fold| columns(&visits, &|v| v.fold != Some(fold))).collect();
    let mut best: Option<(f64, f64, Check)> = None;
    for raise in RAISE {
        for lower in LOWER {
            let check = check(&visits, &folds, raise, lower);
            // A level too high costs as much again as one that is only wrong.
            let worth = |c: &Check| c.level_right as i64 - c.level_over as i64;
            if best.as_ref().is_none_or(|(_, _, b)| worth(&check) > worth(b)) {
                best = Some((raise, lower, check));
            }
        }
    }
    let (raise, lower, check) = best.unwrap_or_default();
    Ok((Weights { raise, lower, ..columns(&visits, &|_| true) }, check))
}

fn columns(visits: &[Visit], keep: &dyn Fn(&Visit) -> bool) -> Weights {
    let column = |c: usize, part: fn(&AllFeatures) -> &Features| {
        let rows: Vec<(&Features, Level)> =
            visits.iter().filter(|v| keep(v)).filter_map(|v| Some((part(&v.features), v.gold[c]?))).collect();
        ordinal(&rows, 4000, 0.1)
    };
    Weights {
        problems: column(0, |f| &f.problems),
        data: column(1, |f| &f.data),
        risk: column(2, |f| &f.risk),
        ..Weights::default()
    }
}

fn check(visits: &[Visit], folds: &[Weights], raise: f64, lower: f64) -> Check {
    let mut check = Check::default();
    for (fold, weights) in folds.iter().enumerate() {
        let weights = Weights { raise, lower, ..weights.clone() };
        for v in visits.iter().filter(|v| v.fold == Some(fold)) {
            let [Some(p), Some(d), Some(r)] = v.gold else { continue };
            let gold = [p, d, r];
            let found = weights.levels(&v.features, &v.table);
            check.visits += 1;
            for c in 0..3 {
                check.right[c] += usize::from(found[c] == gold[c]);
                check.right_by_table[c] += usize::from(v.table.levels[c] == gold[c]);
            }
            let level = |l: [Level; 3]| Level::two_of_three(l[0], l[1], l[2]);
            check.level_right += usize::from(level(found) == level(gold));
            check.level_over += usize::from(level(found) > level(gold));
            check.level_right_by_table += usize::from(level(v.table.levels) == level(gold));
            check.level_over_by_table += usize::from(level(v.table.levels) > level(gold));
        }
    }
    check
}

fn visit(d: &LabelledDocument, coded: bool, fold: Option<usize>) -> Option<Visit> {
    let labelled = d.em.as_ref()?;
    let document = document::read(&d.text.0);
    let diagnoses = if coded { diagnoses_of(d, &document) } else { Vec::new() };
    let context = context_of(d, &document);
    let (features, table) = em::features(&em::Input::of_note(&document, &context, &diagnoses))?;
    let level = |word: &Option<String>| word.as_deref().and_then(Level::from_word);
    let gold = [level(&labelled.problems), level(&labelled.data), level(&labelled.risk)];
    Some(Visit { fold, features, gold, table })
}

/// Proportional-odds regression by full-batch gradient descent with momentum; deterministic.
pub(super) fn ordinal(rows: &[(&Features, Level)], rounds: usize, step: f64) -> Ordinal {
    let names: Vec<&String> = {
        let mut all: Vec<&String> = rows.iter().flat_map(|(f, _)| f.keys()).collect();
        all.sort();
        all.dedup();
        all
    };
    let place: BTreeMap<&String, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let sparse: Vec<(Vec<(usize, f64)>, usize)> = rows
        .iter()
        .map(|(f, level)| {
            let values = f.iter().filter(|(_, v)| **v != 0.0).filter_map(|(k, v)| Some((*place.get(k)?, *v))).collect();
            (values, level.index())
        })
        .collect();
    let width = names.len();
    // The last three parameters are the thresholds.
    let mut at = vec![0.0; width + 3];
    at[width..].copy_from_slice(&[-2.0, 0.0, 2.0]);
    let mut speed = vec![0.0; at.len()];
    let n = rows.len().max(1) as f64;
    for _ in 0..rounds {
        let mut gradient = vec![0.0; at.len()];
        for (values, gold) in &sparse {
            let score: f64 = values.iter().map(|(i, v)| at[*i] * v).sum();
            let mut pull = 0.0;
            for k in 0..3 {
                let p = 1.0 / (1.0 + (at[width + k] - score).exp());
                let error = (p - f64::from(u8::from(*gold > k))) / n;
                pull += error;
                gradient[width + k] -= error;
            }
            for (i, v) in values {
                gradient[*i] += pull * v;
            }
        }
        for i in 0..at.len() {
            if i < width {
                gradient[i] += 2.0 * PENALTY * at[i];
            }
            speed[i] = 0.9 * speed[i] - step * gradient[i];
            at[i] += speed[i];
        }
    }
    let round = |x: f64| (x * 1e4).round() / 1e4;
    Ordinal {
        thresholds: [round(at[width]), round(at[width + 1]), round(at[width + 2])],
        weights: names.into_iter().zip(&at).map(|(n, w)| (n.clone(), round(*w))).filter(|(_, w)| *w != 0.0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_an_order() {
        let with = |x: f64| Features::from([("x".to_owned(), x)]);
        let rows: Vec<(Features, Level)> =
            (0..400).map(|i| (with(f64::from(i % 4) / 3.0), Level::from_index(i as usize % 4))).collect();
        let borrowed: Vec<(&Features, Level)> = rows.iter().map(|(f, l)| (f, *l)).collect();
        let o = ordinal(&borrowed, 4000, 0.1);
        assert!(o.weights["x"] > 1.0);
        assert!(o.probabilities(&with(1.0))[2] > 0.5 && o.probabilities(&with(0.0))[0] < 0.5);
    }
}
