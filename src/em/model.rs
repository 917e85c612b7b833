//! Ordinal weights over named features: how much of what was found makes a level, learnt from labelled visits.
//!
//! `codesets/em/weights.toml` is written by training and meant to be read: one number a feature, three thresholds a column.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::features::{All, Features};
use super::result::Level;

/// Proportional-odds logistic regression: P(level ≥ k) = σ(weights · features − thresholds\[k−1\]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ordinal {
    /// For low, moderate and high.
    pub thresholds: [f64; 3],
    /// By feature name; absent features weigh nothing.
    pub weights: BTreeMap<String, f64>,
}

impl Ordinal {
    /// P(level ≥ low), P(level ≥ moderate), P(level ≥ high).
    pub fn probabilities(&self, features: &Features) -> [f64; 3] {
        let score: f64 = features.iter().filter_map(|(name, value)| Some(self.weights.get(name)? * value)).sum();
        self.thresholds.map(|t| 1.0 / (1.0 + (t - score).exp()))
    }

    /// The highest level whose probability exceeds `needed`.
    pub fn level(&self, features: &Features, needed: f64) -> Level {
        Level::from_index(self.probabilities(features).iter().filter(|p| **p > needed).count())
    }
}

/// Weights of the three columns and how sure a level must be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Probability that a level needs; above one half, so that overcoding is rarer than undercoding.
    pub needed: f64,
    /// Problems column.
    pub problems: Ordinal,
    /// Data column.
    pub data: Ordinal,
    /// Risk column.
    pub risk: Ordinal,
}

impl Weights {
    /// The embedded weights; none where they do not read (a test holds that they do).
    pub fn embedded() -> Option<&'static Weights> {
        static WEIGHTS: LazyLock<Option<Weights>> =
            LazyLock::new(|| toml::from_str(include_str!("../../codesets/em/weights.toml")).ok());
        WEIGHTS.as_ref()
    }

    /// Levels of problems, data and risk.
    pub fn levels(&self, all: &All) -> [Level; 3] {
        [
            self.problems.level(&all.problems, self.needed),
            self.data.level(&all.data, self.needed),
            self.risk.level(&all.risk, self.needed),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_weights_read() {
        let w = Weights::embedded().expect("weights.toml reads");
        assert!(w.needed >= 0.5 && w.needed < 1.0);
        for o in [&w.problems, &w.data, &w.risk] {
            assert!(o.thresholds[0] < o.thresholds[1] && o.thresholds[1] < o.thresholds[2]);
            assert!(o.weights.values().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn a_level_needs_its_probability() {
        let o = Ordinal { thresholds: [-1.0, 0.0, 1.0], weights: BTreeMap::from([("a".to_owned(), 1.5)]) };
        assert_eq!(o.level(&Features::from([("a".to_owned(), 1.0)]), 0.5), Level::High);
        assert_eq!(o.level(&Features::from([("a".to_owned(), 1.0)]), 0.7), Level::Moderate);
        assert_eq!(o.level(&Features::new(), 0.5), Level::Low);
    }
}
