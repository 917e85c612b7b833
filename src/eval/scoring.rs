//! How predictions are scored against gold.
//!
//! A required concept is hit by one predicted code among its acceptable codes (each prediction used once), else missed;
//! a left-over prediction is false unless it is optional.
use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::Metric;
use super::losses::Losses;

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

impl From<crate::train::data::scores::Counts> for Counts {
    fn from(counts: crate::train::data::scores::Counts) -> Self {
        Self { hit: counts.right as u32, wrong: counts.wrong as u32, missed: counts.missed as u32 }
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

/// The result of one evaluation, as `eval --json` prints it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scores {
    /// Which set.
    pub set: String,
    /// Which split.
    pub split: String,
    /// Number of documents.
    pub documents: usize,
    /// What did the work: version, model and its digest, number format.
    pub engine: EngineIdentity,
    /// Figures by name.
    pub metrics: BTreeMap<String, Metric>,
    /// The same by group (`note_type:office`, …).
    pub by_group: BTreeMap<String, BTreeMap<String, Metric>>,
    /// Errors of diagnoses by the step at which they arose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub losses: Option<Losses>,
}

/// What did the work.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EngineIdentity {
    /// Version of the program.
    pub version: String,
    /// Name of the model.
    pub model: String,
    /// SHA-256 of its manifest.
    pub sha256: String,
    /// Number format of the forward pass.
    pub numerics: String,
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
}
