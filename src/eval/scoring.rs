//! How predictions are scored against gold, and how sure a figure is.
//!
//! A required concept is hit by one predicted code among its acceptable codes (each prediction used once), else missed;
//! a left-over prediction is false unless it is optional.
use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Hits, false predictions and misses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Required concepts that were hit.
    pub hit: u32,
    /// Predictions that are neither required nor optional.
    pub wrong: u32,
    /// Required concepts that were missed.
    pub missed: u32,
}

impl Counts {
    /// Adds another document's counts.
    pub fn add(&mut self, other: Counts) {
        self.hit += other.hit;
        self.wrong += other.wrong;
        self.missed += other.missed;
    }
    /// Share of predictions that are right.
    pub fn precision(&self) -> f64 {
        ratio(self.hit, self.hit + self.wrong)
    }
    /// Share of required concepts that are hit.
    pub fn recall(&self) -> f64 {
        ratio(self.hit, self.hit + self.missed)
    }
    /// Micro-F1.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.hit, 2 * self.hit + self.wrong + self.missed)
    }
    /// Nothing missed and nothing false.
    pub fn exact(&self) -> bool {
        self.wrong == 0 && self.missed == 0
    }
}

fn ratio(a: u32, b: u32) -> f64 {
    if b == 0 { 1.0 } else { f64::from(a) / f64::from(b) }
}

/// What one predicted code turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Hits the required concept with this index.
    Hit(usize),
    /// Neither right nor wrong.
    Optional,
    /// False.
    Wrong,
}

/// Scores one document. `required` holds the acceptable codes of each required concept.
pub fn match_codes(required: &[Vec<String>], optional: &[String], predicted: &[String]) -> (Counts, Vec<Outcome>) {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; predicted.len()];
    let mut counts = Counts::default();
    for (i, accepted) in required.iter().enumerate() {
        match (0..predicted.len()).find(|&p| outcomes[p].is_none() && accepted.contains(&predicted[p])) {
            Some(p) => {
                outcomes[p] = Some(Outcome::Hit(i));
                counts.hit += 1;
            }
            None => counts.missed += 1,
        }
    }
    let outcomes = outcomes
        .into_iter()
        .zip(predicted)
        .map(|(outcome, code)| {
            outcome.unwrap_or_else(|| {
                if optional.contains(code) {
                    Outcome::Optional
                } else {
                    counts.wrong += 1;
                    Outcome::Wrong
                }
            })
        })
        .collect();
    (counts, outcomes)
}

/// A code cut to its category: the first three characters of ICD-10-CM.
pub fn category(code: &str) -> String {
    code.chars().take(3).collect()
}

/// A figure with its 95% bootstrap interval over documents and the number it rests on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metric {
    /// The figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of documents, concepts or mentions it rests on.
    pub n: usize,
}

/// Bootstrap over documents: `figure` computes the metric from the chosen documents' indexes.
pub fn bootstrap(documents: usize, n: usize, figure: impl Fn(&[usize]) -> f64) -> Metric {
    let all: Vec<usize> = (0..documents).collect();
    let value = figure(&all);
    if documents == 0 {
        return Metric { value, low: value, high: value, n };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(20_260_504);
    let mut values: Vec<f64> = (0..1000)
        .map(|_| {
            let sample: Vec<usize> = (0..documents).map(|_| rng.random_range(0..documents)).collect();
            figure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    Metric { value, low: values[25], high: values[974], n }
}

/// The result of one evaluation, as `eval --json` prints it.
#[derive(Debug, Serialize)]
pub struct Scores {
    /// Which set.
    pub set: String,
    /// Which split.
    pub split: String,
    /// Number of documents.
    pub documents: usize,
    /// Figures by name.
    pub metrics: BTreeMap<String, Metric>,
    /// The same by group (`note_type:office`, …).
    pub by_group: BTreeMap<String, BTreeMap<String, Metric>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(list: &[&str]) -> Vec<String> {
        list.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn scoring_as_the_labels_define_it() {
        let required = vec![codes(&["I11.0"]), codes(&["I50.9", "I50.20"])];
        let optional = codes(&["E78.5"]);
        // A second code of a hit concept is false; an optional one is nothing.
        let (counts, outcomes) = match_codes(&required, &optional, &codes(&["I50.20", "I50.9", "E78.5", "R05.9"]));
        assert_eq!(counts, Counts { hit: 1, wrong: 2, missed: 1 });
        assert_eq!(outcomes, [Outcome::Hit(1), Outcome::Wrong, Outcome::Optional, Outcome::Wrong]);
        assert!((counts.f1() - 0.4).abs() < 1e-9);
        let (none, _) = match_codes(&[], &[], &[]);
        assert!(none.exact() && (none.f1() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_interval_holds_its_figure() {
        let hits = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let m = bootstrap(hits.len(), hits.len(), |s| s.iter().map(|&i| hits[i]).sum::<f64>() / s.len() as f64);
        assert!(m.low < m.value && m.value < m.high && (m.value - 0.75).abs() < 1e-9);
    }
}
