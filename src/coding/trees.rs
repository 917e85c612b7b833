//! Gradient-boosted decision trees: the small, inspectable model that decides between candidates.
//!
//! Only the form and the prediction are here; they are fitted in `train::boosting`.
use serde::{Deserialize, Serialize};

/// A boosted ensemble over named features; its output is a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// Feature names, in the order of a row.
    pub features: Vec<String>,
    /// Log-odds before the first tree.
    pub base: f32,
    /// The trees, in the order in which they were fitted.
    pub trees: Vec<Tree>,
    /// Maps the ensemble's log-odds to a true probability: `sigmoid(slope * log-odds + offset)`.
    pub calibration: Calibration,
}

/// Platt scaling of the ensemble's log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Factor on the log-odds.
    pub slope: f32,
    /// Added to them.
    pub offset: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { slope: 1.0, offset: 0.0 }
    }
}

/// One tree as parallel arrays. Node 0 is the root. An inner node sends a row left when its value is at most the
/// threshold (a missing value, NaN, goes left). A child `c >= 0` is a node, `c < 0` is leaf `-c - 1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Feature index by node.
    pub feature: Vec<u16>,
    /// Threshold by node.
    pub threshold: Vec<f32>,
    /// Left child by node.
    pub left: Vec<i16>,
    /// Right child by node.
    pub right: Vec<i16>,
    /// Log-odds by leaf.
    pub leaf: Vec<f32>,
}

/// A stored ensemble that does not hold together.
#[derive(Debug, thiserror::Error)]
#[error("tree {tree} of the model refers to {what} outside the model; the file is damaged, install the release again")]
pub struct TreesError {
    /// Which tree.
    pub tree: usize,
    /// A node, leaf or feature.
    pub what: &'static str,
}

impl Tree {
    /// Log-odds that this tree adds for a row.
    pub fn value(&self, row: &[f32]) -> f32 {
        if self.feature.is_empty() {
            return self.leaf.first().copied().unwrap_or(0.0);
        }
        let mut node = 0usize;
        loop {
            let value = row[usize::from(self.feature[node])];
            let child = if value > self.threshold[node] { self.right[node] } else { self.left[node] };
            if child < 0 {
                return self.leaf[(-(child + 1)) as usize];
            }
            node = child as usize;
        }
    }

    fn check(&self, features: usize) -> Result<(), &'static str> {
        let nodes = self.feature.len();
        if self.threshold.len() != nodes || self.left.len() != nodes || self.right.len() != nodes {
            return Err("a node");
        }
        if self.feature.iter().any(|&f| usize::from(f) >= features) {
            return Err("a feature");
        }
        for (node, (&l, &r)) in self.left.iter().zip(&self.right).enumerate() {
            for child in [l, r] {
                // Children come after their parent, so a walk always ends.
                if child >= 0 && (child as usize >= nodes || child as usize <= node) {
                    return Err("a node");
                }
                if child < 0 && (-(child + 1)) as usize >= self.leaf.len() {
                    return Err("a leaf");
                }
            }
        }
        Ok(())
    }
}

impl Trees {
    /// Checks that every index stays inside the model; must be called on a model read from a file.
    pub fn check(&self) -> Result<(), TreesError> {
        for (tree, t) in self.trees.iter().enumerate() {
            t.check(self.features.len()).map_err(|what| TreesError { tree, what })?;
        }
        Ok(())
    }

    /// Log-odds of a row (one value a feature, in the order of `features`).
    pub fn log_odds(&self, row: &[f32]) -> f32 {
        debug_assert_eq!(row.len(), self.features.len());
        self.base + self.trees.iter().map(|t| t.value(row)).sum::<f32>()
    }

    /// Calibrated probability of a row.
    pub fn predict(&self, row: &[f32]) -> f32 {
        sigmoid(self.calibration.slope * self.log_odds(row) + self.calibration.offset)
    }
}

/// Logistic function.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
