//! The three questions of the ranking: was this service done (concept), which of its codes is it (sibling), and does the
//! line stand beside the others (see [`super::rivalry`]).
use std::collections::BTreeMap;

use crate::coding::trees::Trees;

use super::candidates::CodeCandidate;
use super::features;

/// Features that differ between the codes of one concept.
const SIBLING: [&str; 48] = [
    "learned_title",
    "learned_lead",
    "learned_description",
    "learned_result",
    "learned_story",
    "learned_assessment",
    "learned_plan",
    "composed_title",
    "composed_lead",
    "composed_description",
    "learned_rank",
    "learned_coverage",
    "learned_full",
    "composed_rank",
    "composed_coverage",
    "vote_title",
    "vote_all",
    "site_statement",
    "site_title",
    "site_note",
    "technique_statement",
    "technique_title",
    "technique_note",
    "approach_statement",
    "approach_title",
    "approach_note",
    "unsupported",
    "amounts",
    "person",
    "component",
    "stated",
    "agreement",
    "sibling_margin",
    "sibling_place",
    "siblings",
    "is_default",
    "has_default",
    "further",
    "prior",
    "prior_share",
    "gain_statement",
    "gain_titles",
    "gain_note",
    "loss_statement",
    "loss_titles",
    "loss_note",
    "lacking",
    "prior_learned",
];
/// Of these the distance to the best other sibling counts too.
const RELATIVE: [&str; 14] = [
    "learned_rank",
    "composed_rank",
    "vote_all",
    "vote_title",
    "site_statement",
    "technique_statement",
    "approach_statement",
    "technique_note",
    "agreement",
    "prior_share",
    "gain_statement",
    "gain_titles",
    "gain_note",
    "lacking",
];
/// Sibling features that the concept question needs all the same, as the best of its codes.
const BEST_OF_CODES: [&str; 14] = [
    "learned_title",
    "learned_lead",
    "learned_description",
    "learned_result",
    "learned_story",
    "learned_plan",
    "learned_rank",
    "learned_coverage",
    "learned_full",
    "composed_rank",
    "composed_coverage",
    "vote_title",
    "vote_all",
    "prior_learned",
];

/// Columns by layer.
pub struct Layers {
    concept: Vec<usize>,
    best_of_codes: Vec<usize>,
    sibling: Vec<usize>,
    relative: Vec<usize>,
    rank: usize,
    names: Vec<String>,
}

impl Default for Layers {
    fn default() -> Self {
        Self::new()
    }
}

impl Layers {
    /// Reads the columns off the feature names.
    pub fn new() -> Self {
        let names = features::feature_names();
        let columns = |list: &[&str]| list.iter().filter_map(|n| names.iter().position(|x| x == n)).collect::<Vec<_>>();
        let concept = (0..names.len()).filter(|i| !SIBLING.contains(&names[*i].as_str())).collect();
        Self {
            concept,
            best_of_codes: columns(&BEST_OF_CODES),
            sibling: columns(&SIBLING),
            relative: columns(&RELATIVE),
            rank: columns(&["phrase_rank"]).first().copied().unwrap_or(0),
            names,
        }
    }

    /// Feature names of the concept question.
    pub fn concept_names(&self) -> Vec<String> {
        self.concept.iter().chain(&self.best_of_codes).map(|i| self.names[*i].clone()).collect()
    }

    /// Feature names of the sibling question.
    pub fn sibling_names(&self) -> Vec<String> {
        let plain = self.sibling.iter().map(|i| self.names[*i].clone());
        plain.chain(self.relative.iter().map(|i| format!("{}_lead", self.names[*i]))).collect()
    }

    /// Candidates by concept; codes outside every concept stand alone.
    pub fn groups(&self, candidates: &[CodeCandidate]) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for (i, candidate) in candidates.iter().enumerate() {
            let key = candidate.entry.map_or((true, candidate.code), |(concept, _)| (false, concept));
            groups.entry(key).or_default().push(i);
        }
        groups.into_values().collect()
    }

    /// One row for the concept question of a group.
    pub fn concept_row(&self, candidates: &[CodeCandidate], group: &[usize]) -> Vec<f32> {
        let lead = group
            .iter()
            .copied()
            .max_by(|&a, &b| {
                let rank = |i: usize| candidates[i].row[self.rank].max(candidates[i].rank);
                rank(a).total_cmp(&rank(b)).then(b.cmp(&a))
            })
            .unwrap_or(0);
        let mut row: Vec<f32> = self.concept.iter().map(|c| candidates[lead].row[*c]).collect();
        row.extend(self.best_of_codes.iter().map(|c| group.iter().map(|i| candidates[*i].row[*c]).fold(f32::MIN, f32::max)));
        row
    }

    /// One row for the sibling question of a candidate within its group.
    pub fn sibling_row(&self, candidates: &[CodeCandidate], group: &[usize], i: usize) -> Vec<f32> {
        let own = &candidates[i].row;
        let mut row: Vec<f32> = self.sibling.iter().map(|c| own[*c]).collect();
        row.extend(self.relative.iter().map(|c| {
            let best = group.iter().filter(|j| **j != i).map(|j| candidates[*j].row[*c]).fold(f32::MIN, f32::max);
            if best == f32::MIN { 9.0 } else { own[*c] - best }
        }));
        row
    }
}

/// Candidates whose first two answers multiply to less than this stay out.
pub const RULED_OUT: f32 = 0.01;

/// Answers of the first two questions for every candidate: (service done, this code if done).
pub fn answers(layers: &Layers, concept: &Trees, sibling: &Trees, candidates: &[CodeCandidate]) -> Vec<(f32, f32)> {
    let walk = |trees: &Trees, rows: &[f32]| {
        rows.chunks_exact(trees.features.len().max(1)).map(|row| trees.predict(row)).collect::<Vec<f32>>()
    };
    answers_by(layers, candidates, |rows| walk(concept, rows), |rows| walk(sibling, rows))
}

/// The same with what answers each question for all rows at once.
pub fn answers_by(
    layers: &Layers,
    candidates: &[CodeCandidate],
    concept: impl FnOnce(&[f32]) -> Vec<f32>,
    sibling: impl FnOnce(&[f32]) -> Vec<f32>,
) -> Vec<(f32, f32)> {
    let (mut of_groups, mut of_codes) = (Vec::new(), Vec::new());
    let groups = layers.groups(candidates);
    for group in &groups {
        of_groups.extend(layers.concept_row(candidates, group));
        group.iter().for_each(|i| of_codes.extend(layers.sibling_row(candidates, group, *i)));
    }
    let mut answers = vec![(0.0, 0.0); candidates.len()];
    let mut codes = sibling(&of_codes).into_iter();
    for (group, done) in groups.iter().zip(concept(&of_groups)) {
        for (&i, code) in group.iter().zip(&mut codes) {
            answers[i] = (done, code);
        }
    }
    answers
}
