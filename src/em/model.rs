//! Ordinal weights over named features: how much of what was found makes a level, learnt from labelled visits.
//!
//! `codesets/em/weights.toml` is written by training and meant to be read: one number a feature, three thresholds a column.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::decision::Table;
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
}

/// Weights of the three columns and how sure a level must be to leave the table's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Problems whose nature is open are read one level up where that level is at least so probable.
    pub raise: f64,
    /// A column is read one level down where the table's level is less probable than this.
    pub lower: f64,
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

    /// The embedded weights of short notes (`short.rs`).
    pub fn of_short_notes() -> Option<&'static Weights> {
        static WEIGHTS: LazyLock<Option<Weights>> =
            LazyLock::new(|| toml::from_str(include_str!("../../codesets/em/weights_short.toml")).ok());
        WEIGHTS.as_ref()
    }

    /// Levels of problems, data and risk: the table's, unless the note as a whole speaks clearly against it.
    pub(crate) fn levels(&self, all: &All, table: &Table) -> [Level; 3] {
        let [problems, data, risk] = table.levels;
        let (up, open) = (self.raise, table.problems_open);
        [
            weighed(
                self.problems.probabilities(&all.problems),
                problems,
                if open { self.lower } else { 0.0 },
                open.then_some(up),
            ),
            weighed(self.data.probabilities(&all.data), data, if table.data_open { self.lower } else { 0.0 }, None),
            weighed(self.risk.probabilities(&all.risk), risk, self.lower, table.risk_open.then_some(up))
                .max(table.risk_floor.min(risk)),
        ]
    }
}

/// The table's level, at most one step away: down where it is improbable, up where that is allowed and probable.
fn weighed(probabilities: [f64; 3], table: Level, lower: f64, raise: Option<f64>) -> Level {
    let at_least = |level: usize| level.checked_sub(1).and_then(|i| probabilities.get(i)).copied();
    let here = table.index();
    if at_least(here).is_some_and(|p| p < lower) {
        return Level::from_index(here - 1);
    }
    match (raise, at_least(here + 1)) {
        (Some(needed), Some(p)) if p >= needed => Level::from_index(here + 1),
        _ => table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_weights_read() {
        let w = Weights::embedded().expect("weights.toml reads");
        assert!(w.raise > 0.5 && w.lower < 0.5);
        for o in [&w.problems, &w.data, &w.risk] {
            assert!(o.thresholds[0] < o.thresholds[1] && o.thresholds[1] < o.thresholds[2]);
            assert!(o.weights.values().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn the_table_leads_unless_the_note_speaks_clearly() {
        assert_eq!(weighed([0.9, 0.8, 0.1], Level::Low, 0.2, Some(0.7)), Level::Moderate);
        assert_eq!(weighed([0.9, 0.8, 0.1], Level::Low, 0.2, None), Level::Low);
        assert_eq!(weighed([0.9, 0.6, 0.1], Level::Low, 0.2, Some(0.7)), Level::Low);
        assert_eq!(weighed([0.9, 0.4, 0.1], Level::High, 0.2, None), Level::Moderate);
        assert_eq!(weighed([0.1, 0.0, 0.0], Level::Minimal, 0.2, None), Level::Minimal);
    }
}
