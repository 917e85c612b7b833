//! The trained part: which candidates belong on the claim, and which of them comes first.
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::candidates::Candidates;
use super::features::{FEATURES, Priors, Table};
use super::whole::WholeSet;
use crate::coding::forest::Layout;
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::coding::packed_json;
use crate::coding::trees::{Trees, TreesError};

/// Thresholds on the calibrated probability, one a completeness setting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// What the visit was chiefly about.
    pub terse: f32,
    /// What a careful coder lists.
    pub standard: f32,
    /// Everything the guidelines allow.
    pub complete: f32,
}

/// The ranking model of diagnoses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisModel {
    /// How often a code stands on labelled claims.
    pub priors: Priors,
    /// Does it belong on the claim? Seen by itself.
    pub single: Trees,
    /// Does it belong on the claim? Seen beside its competitors.
    pub joint: Trees,
    /// Does it come first?
    pub first: Trees,
    /// Where the line is drawn.
    pub thresholds: Thresholds,
    /// Are they all right?
    #[serde(default, skip_serializing_if = "is_unfitted")]
    pub whole: WholeSet,
    /// The three ensembles as they are evaluated.
    #[serde(skip)]
    pub layouts: Layouts,
}

/// Layouts of the ensembles of a [`DiagnosisModel`], which do not change once one is made.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Layouts {
    pub single: Layout,
    pub joint: Layout,
    pub first: Layout,
}

fn is_unfitted(whole: &WholeSet) -> bool {
    whole.bias.is_nan()
}

/// A model file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosisModelError {
    /// Cannot be read.
    #[error("cannot read the diagnosis model {path}: {reason}; install the release again")]
    Read {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Fitted on other features than this program computes.
    #[error(
        "the diagnosis model was fitted on {found} features, this program computes {expected}; take the model of the same release, or fit it anew (training/recipes/diagnoses.toml)"
    )]
    Features {
        /// Of the model.
        found: usize,
        /// Of the program.
        expected: usize,
    },
    /// Indexes outside the model.
    #[error(transparent)]
    Trees(#[from] TreesError),
}

impl DiagnosisModel {
    /// Reads and checks a model file.
    pub fn open(path: &Path) -> Result<Self, DiagnosisModelError> {
        let failed = |reason: String| DiagnosisModelError::Read { path: path.display().to_string(), reason };
        let packed = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let model: Self = packed_json::parse(&packed).map_err(failed)?;
        if model.single.features.len() != FEATURES {
            return Err(DiagnosisModelError::Features { found: model.single.features.len(), expected: FEATURES });
        }
        model.single.check()?;
        model.joint.check()?;
        model.first.check()?;
        Ok(model)
    }

    /// Probability that each row of the table belongs on the claim.
    pub fn probabilities(&self, table: &Table, candidates: &Candidates, lexicon: &Lexicon) -> Vec<f32> {
        if table.width != self.single.features.len() {
            return vec![0.0; table.codes.len()];
        }
        let single = self.layouts.single.predict(&self.single, &table.values);
        let joint = joint_rows(table, &single, candidates, lexicon);
        let again = |p: &f32| *p >= LEAST_SINGLE || p.is_nan();
        let rows = joint.values.chunks_exact(joint.width.max(1)).zip(&single).filter(|(_, p)| again(p));
        let rows: Vec<f32> = rows.flat_map(|(row, _)| row.iter().copied()).collect();
        let mut second = self.layouts.joint.predict(&self.joint, &rows).into_iter();
        single.iter().map(|p| if again(p) { second.next().unwrap_or(*p) } else { *p }).collect()
    }
}

/// A candidate that is less likely than this by itself is not looked at again beside its competitors.
pub const LEAST_SINGLE: f32 = 0.0015;

/// Names of the features that a row gets beside its competitors.
pub const JOINT: [&str; 9] = [
    "single",
    "single_rank",
    "single_of_best",
    "single_category_other",
    "single_place_other",
    "single_sum",
    "single_strong",
    "single_combination",
    "single_parts",
];

/// Rows extended by how their competitors did on their own. `single` is one probability a row.
pub fn joint_rows(table: &Table, single: &[f32], candidates: &Candidates, lexicon: &Lexicon) -> Table {
    let mut order: Vec<usize> = (0..single.len()).collect();
    order.sort_by(|a, b| single[*b].total_cmp(&single[*a]).then(a.cmp(b)));
    let mut rank = vec![0usize; single.len()];
    order.iter().enumerate().for_each(|(r, i)| rank[*i] = r);
    let best = order.first().map_or(0.0, |i| single[*i]);
    let row_of: BTreeMap<_, _> = table.codes.iter().enumerate().map(|(i, c)| (*c, i)).collect();
    // The two best of each category and of each place, so that a code can be compared with the best other one.
    let mut category: BTreeMap<&str, [(f32, usize); 2]> = BTreeMap::new();
    let category_of = |code: CodeId| lexicon.code(code).get(..3).unwrap_or_else(|| lexicon.code(code));
    let mut place: Vec<[(f32, usize); 2]> = vec![[(0.0, usize::MAX); 2]; candidates.places.list.len()];
    for (i, code) in table.codes.iter().enumerate() {
        push_best(category.entry(category_of(*code)).or_insert([(0.0, usize::MAX); 2]), single[i], i);
        let mut seen = Vec::new();
        for s in candidates.by_code.get(code).map(|c| c.supports.as_slice()).unwrap_or_default() {
            if !seen.contains(&s.place) {
                seen.push(s.place);
                push_best(&mut place[s.place], single[i], i);
            }
        }
    }
    let sum: f32 = single.iter().sum();
    let strong = single.iter().filter(|p| **p > 0.5).count() as f32;
    let width = table.width + JOINT.len();
    let mut values = Vec::with_capacity(width * single.len());
    for (i, code) in table.codes.iter().enumerate() {
        values.extend_from_slice(&table.values[i * table.width..(i + 1) * table.width]);
        let candidate = candidates.by_code.get(code);
        let other = |pair: &[(f32, usize); 2]| if pair[0].1 == i { pair[1].0 } else { pair[0].0 };
        let at_places =
            candidate.map(|c| c.supports.iter().map(|s| other(&place[s.place])).fold(0.0f32, f32::max)).unwrap_or_default();
        let of = |codes: &[CodeId]| codes.iter().filter_map(|c| row_of.get(c)).map(|r| single[*r]).fold(0.0f32, f32::max);
        values.extend([
            single[i],
            rank[i].min(60) as f32,
            single[i] / best.max(1e-6),
            category.get(category_of(*code)).map_or(0.0, other),
            at_places,
            sum,
            strong,
            candidate.map_or(0.0, |c| of(&c.in_combinations)),
            candidate.map_or(0.0, |c| of(&c.parts)),
        ]);
    }
    Table { codes: table.codes.clone(), values, width, names: None }
}

fn push_best(pair: &mut [(f32, usize); 2], value: f32, i: usize) {
    if pair[0].1 == usize::MAX || value > pair[0].0 {
        pair[1] = pair[0];
        pair[0] = (value, i);
    } else if pair[1].1 == usize::MAX || value > pair[1].0 {
        pair[1] = (value, i);
    }
}

/// Names of the features of the order model, after those of a row.
pub const FIRST: [&str; 4] = ["probability", "probability_rank", "probability_of_best", "first_place_rank"];

/// Rows of the chosen codes for the order model. `chosen` are row numbers of `table`, `probabilities` one a row of it.
pub fn first_rows(table: &Table, probabilities: &[f32], chosen: &[usize], candidates: &Candidates) -> Vec<f32> {
    let mut by_probability: Vec<usize> = chosen.to_vec();
    by_probability.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let start = |row: usize| {
        candidates.by_code.get(&table.codes[row]).map_or(usize::MAX, |c| {
            c.supports.iter().map(|s| candidates.places.list[s.place].span.start).min().unwrap_or(usize::MAX)
        })
    };
    let mut by_place: Vec<usize> = chosen.to_vec();
    by_place.sort_by_key(|r| (start(*r), *r));
    let best = by_probability.first().map_or(1.0, |r| probabilities[*r]);
    let mut values = Vec::new();
    for row in chosen {
        values.extend_from_slice(&table.values[row * table.width..(row + 1) * table.width]);
        let position = |list: &[usize]| list.iter().position(|r| r == row).unwrap_or(0) as f32;
        values.extend([
            probabilities[*row],
            position(&by_probability),
            probabilities[*row] / best.max(1e-6),
            position(&by_place),
        ]);
    }
    values
}
