//! Fits which of the chosen diagnoses is listed first.
use std::collections::BTreeMap;

use super::boosting::{self, Rows};
use super::data::second_look::CHARTS;
use super::data::{LabelledDocument, Role};
use super::diagnoses::{DiagnosisSettings, NoteRows, PARTS, fold_of};
use crate::coding::diagnoses::claim_order::may_lead;
use crate::coding::diagnoses::model::{FIRST, first_rows};
use crate::coding::diagnoses::select::choose;
use crate::coding::lexicon::Lexicon;
use crate::coding::trees::Trees;

/// The order model: of the chosen codes, which is first? And the share of notes whose first-listed diagnosis it puts first,
/// out of fold.
pub(super) fn fit(
    notes: &[NoteRows],
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    probabilities: &[Vec<f32>],
    names: &[String],
    settings: &DiagnosisSettings,
    threshold: f32,
) -> (Trees, f64) {
    let names: Vec<String> = names.iter().cloned().chain(FIRST.map(String::from)).collect();
    let width = names.len();
    let (mut values, mut labels, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for (i, (n, p)) in notes.iter().zip(probabilities).enumerate() {
        let primary: Vec<_> = documents[n.document].diagnoses.iter().filter(|d| d.role == Role::Primary).collect();
        if primary.is_empty() {
            continue;
        }
        let (chosen, _) = choose(&n.table, p, &n.candidates, lexicon, None, threshold);
        values.extend(first_rows(&n.table, p, &chosen, &n.candidates));
        for row in &chosen {
            let code = lexicon.code(n.table.codes[*row]);
            let leads = primary.iter().any(|d| d.code == code || d.alternatives.iter().any(|a| a == code));
            labels.push(f32::from(u8::from(leads)));
            groups.push((i, may_lead(code)));
        }
    }
    let weights = vec![1.0; labels.len()];
    // Out of fold: how often is the right one put first?
    let mut score = vec![0f32; labels.len()];
    for part in 0..PARTS {
        let held = |g: &(usize, bool)| fold_of(&documents[notes[g.0].document].id) % PARTS == part;
        let (mut v, mut l) = (Vec::new(), Vec::new());
        for (r, _) in groups.iter().enumerate().filter(|(_, g)| !held(g)) {
            v.extend_from_slice(&values[r * width..(r + 1) * width]);
            l.push(labels[r]);
        }
        let w = vec![1.0; l.len()];
        let model = boosting::fit(&Rows { names: &names, values: &v, labels: &l, weights: &w }, &settings.first);
        for (r, _) in groups.iter().enumerate().filter(|(_, g)| held(g)) {
            score[r] = model.log_odds(&values[r * width..(r + 1) * width]);
        }
    }
    let mut best: BTreeMap<usize, (bool, f32, f32)> = BTreeMap::new();
    for (r, (note, lead)) in groups.iter().enumerate() {
        let entry = best.entry(*note).or_insert((false, f32::MIN, 0.0));
        if (*lead, score[r]) > (entry.0, entry.1) {
            *entry = (*lead, score[r], labels[r]);
        }
    }
    let measured = |n: &&NoteRows| documents[n.document].corpus != CHARTS;
    let with_primary =
        notes.iter().filter(measured).filter(|n| documents[n.document].diagnoses.iter().any(|d| d.role == Role::Primary)).count();
    let first_right = best.iter().filter(|(note, b)| measured(&&notes[**note]) && b.2 > 0.5).count();
    let right = first_right as f64 / with_primary.max(1) as f64;
    (boosting::fit(&Rows { names: &names, values: &values, labels: &labels, weights: &weights }, &settings.first), right)
}
