//! Fits what the words of short notes weigh beside the elements found, for each column of decision making.
use std::collections::{BTreeMap, BTreeSet};

use super::data::LabelledDocument;
use super::em::ordinal;
use super::em_notes::{context_of, diagnoses_of, lines_found};
use crate::document;
use crate::em::{self, AllFeatures, Features, Level, Ordinal, Weights};

/// Words kept for a column, and the notes a word must stand in.
const KEPT: usize = 400;
const LEAST_NOTES: usize = 8;
const ROUNDS: usize = 1000;
const STEP: f64 = 0.4;

/// A short visit: its features with the labelled diagnoses or without any, and the labelled levels.
pub struct ShortVisit {
    /// Place of the document in its list, for folds.
    pub place: usize,
    features: AllFeatures,
    gold: [Level; 3],
}

/// The short visits of documents whose three elements are labelled, each with its diagnoses and without.
pub fn visits(documents: &[(LabelledDocument, usize)]) -> Vec<ShortVisit> {
    let of = |(place, (d, _)): (usize, &(LabelledDocument, usize))| {
        [true, false].into_iter().filter_map(move |coded| visit(d, coded, place)).collect::<Vec<_>>()
    };
    documents.iter().enumerate().flat_map(of).collect()
}

fn visit(d: &LabelledDocument, coded: bool, place: usize) -> Option<ShortVisit> {
    let labelled = d.em.as_ref()?;
    let level = |word: &Option<String>| word.as_deref().and_then(Level::from_word);
    let gold = [level(&labelled.problems)?, level(&labelled.data)?, level(&labelled.risk)?];
    let document = document::read(&d.text.0);
    let context = context_of(d, &document);
    let diagnoses = if coded { diagnoses_of(d, &document) } else { Vec::new() };
    let lines = lines_found(d);
    let input = em::Input { lines: &lines, ..em::Input::of_note(&document, &context, &diagnoses) };
    let (features, _) = em::short_features(&input)?;
    Some(ShortVisit { place, features, gold })
}

/// Weights of the visits that `keep` keeps.
pub fn fit(visits: &[ShortVisit], keep: &dyn Fn(&ShortVisit) -> bool) -> Weights {
    let column = |c: usize, part: fn(&AllFeatures) -> &Features| {
        let rows: Vec<(&Features, Level)> = visits.iter().filter(|v| keep(v)).map(|v| (part(&v.features), v.gold[c])).collect();
        regression(&rows)
    };
    Weights {
        problems: column(0, |f| &f.problems),
        data: column(1, |f| &f.data),
        risk: column(2, |f| &f.risk),
        ..Weights::default()
    }
}

/// First on all frequent words, then again on the weightiest.
fn regression(rows: &[(&Features, Level)]) -> Ordinal {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (f, _) in rows {
        f.keys().filter(|k| is_word(k)).for_each(|k| *counts.entry(k).or_default() += 1);
    }
    // Every visit stands twice.
    counts.retain(|_, n| *n >= 2 * LEAST_NOTES);
    let first = of_words(rows, &|k| counts.contains_key(k));
    let worth = |k: &str| first.weights.get(k).map_or(0.0, |w| w.abs() * (counts.get(k).copied().unwrap_or(0) as f64).sqrt());
    let mut order: Vec<&str> = counts.keys().copied().collect();
    order.sort_by(|a, b| worth(b).total_cmp(&worth(a)).then(a.cmp(b)));
    let kept: BTreeSet<&str> = order.into_iter().take(KEPT).collect();
    let mut fitted = of_words(rows, &|k| kept.contains(k));
    fitted.weights =
        fitted.weights.into_iter().map(|(k, w)| (k, (w * 100.0).round() / 100.0)).filter(|(_, w)| *w != 0.0).collect();
    fitted
}

fn is_word(feature: &str) -> bool {
    feature.starts_with("w:")
}

fn of_words(rows: &[(&Features, Level)], keep: &dyn Fn(&str) -> bool) -> Ordinal {
    let seen =
        |f: &Features| -> Features { f.iter().filter(|(k, _)| !is_word(k) || keep(k)).map(|(k, v)| (k.clone(), *v)).collect() };
    let own: Vec<(Features, Level)> = rows.iter().map(|(f, l)| (seen(f), *l)).collect();
    let borrowed: Vec<(&Features, Level)> = own.iter().map(|(f, l)| (f, *l)).collect();
    ordinal(&borrowed, ROUNDS, STEP)
}
