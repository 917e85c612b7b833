//! Training rows of the procedure model: labelled notes as candidates with their features and targets.
use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::procedures::candidates::{self, CodeCandidate};
use crate::coding::procedures::index::LearnedPhrase;
use crate::coding::procedures::knowledge::{Knowledge, Prior};
use crate::coding::procedures::layers::Layers;
use crate::coding::procedures::rivalry::{self, Companions};
use crate::coding::procedures::statements::{self, Statement};
use crate::coding::procedures::view::NoteView;
use crate::coding::procedures::words::Words;
use crate::coding::trees::Trees;
use crate::document::facts::resolve_context;
use crate::document::{self, Document};
use crate::note::{Context, Encounter, Patient};
use crate::train::boosting::{self, BoostingSettings, Rows};
use crate::train::data::LabelledDocument;
use crate::train::diagnoses::hash_of;

/// Folds of the out-of-fold rows.
pub const FOLDS: u8 = 10;

/// A labelled note prepared for training.
pub struct TrainingNote {
    /// The note.
    pub document: Document,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// The context as the engine would resolve it: age and sex given, all else read from the note.
    pub context: Context,
    /// Its fold.
    pub fold: u8,
}

impl TrainingNote {
    /// The note prepared for the features.
    pub fn view(&self) -> NoteView<'_> {
        NoteView::new(&self.document, &self.statements, &self.context)
    }
}

/// Reads a labelled note.
pub fn prepare(labelled: &LabelledDocument, fold: u8, words: &Words) -> TrainingNote {
    let document = document::read(&labelled.text);
    let patient =
        Patient { age_years: labelled.patient.age_years.map(|a| a as u16), sex: labelled.patient.sex, ..Patient::default() };
    let encounter = Encounter { patient, ..Encounter::default() };
    let context = resolve_context(&encounter, &document, LABELS_DATE);
    let statements = statements::statements(&document, words);
    TrainingNote { document, statements, context, fold }
}

/// Date of service of the labels.
const LABELS_DATE: jiff::civil::Date = jiff::civil::date(2026, 5, 4);

/// Fold of a note, from its id alone.
pub fn fold_of(id: &str) -> u8 {
    (hash_of(id) >> 17) as u8 % FOLDS + 1
}

/// Most words of a learned phrase.
const MOST_WORDS: usize = 8;

/// Phrases that the quotes of the labels teach, and how often each code is used.
pub fn learn(documents: &[LabelledDocument], words: &Words) -> (Vec<LearnedPhrase>, Prior, Companions) {
    let mut phrases = BTreeSet::new();
    let mut prior = Prior::default();
    let mut companions = Companions::default();
    for document in documents {
        let fold = fold_of(&document.id);
        let codes: BTreeSet<&String> =
            document.procedures.iter().map(|p| &p.code).filter(|c| !is_evaluation_and_management(c)).collect();
        for (a, b) in codes.iter().flat_map(|a| codes.iter().map(move |b| (a, b))).filter(|(a, b)| a < b) {
            *companions.counts.entry(((*a).clone(), (*b).clone())).or_default().entry(fold).or_default() += 1;
        }
        for procedure in &document.procedures {
            if is_evaluation_and_management(&procedure.code) {
                continue;
            }
            *prior.counts.entry(procedure.code.clone()).or_default().entry(fold).or_default() += 1;
            for quote in &procedure.quotes {
                let stems = stems_of(quote, words);
                if stems.is_empty() {
                    continue;
                }
                phrases.insert(LearnedPhrase { code: procedure.code.clone(), words: stems, fold });
            }
        }
    }
    (phrases.into_iter().collect(), prior, companions)
}

/// The stems that a phrase keeps, sorted: the first eight, without sides and numbers.
pub(super) fn stems_of(phrase: &str, words: &Words) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let said = |s: &String| !s.starts_with(|c: char| c.is_ascii_digit()) && !matches!(s.as_str(), "right" | "left" | "bilater");
    let stems = words.of(phrase, 0).into_iter().map(|w| w.stem).filter(said);
    let mut stems: Vec<String> = stems.filter(|s| seen.insert(s.clone())).take(MOST_WORDS).collect();
    stems.sort();
    stems
}

/// Rows of all notes, each without what its own fold taught.
pub fn candidate_rows(knowledge: &Knowledge, notes: &[TrainingNote]) -> Vec<Vec<CodeCandidate>> {
    notes.par_iter().map(|note| candidates::candidates(knowledge, &note.view(), Some(note.fold))).collect()
}

/// Rows of the concept question: was any code of the group on the claim? One a group.
pub fn concept_table(
    documents: &[LabelledDocument],
    knowledge: &Knowledge,
    layers: &Layers,
    candidates: &[Vec<CodeCandidate>],
    keep: impl Fn(usize) -> bool,
) -> Table {
    let mut table = Table { values: Vec::new(), labels: Vec::new(), weights: Vec::new() };
    for i in (0..documents.len()).filter(|i| keep(*i)) {
        for group in layers.groups(&candidates[i]) {
            let targets = group.iter().filter_map(|g| target(&documents[i], &knowledge.index.codes[candidates[i][*g].code].code));
            let Some((label, weight)) = targets.max_by(|a, b| (a.0 * a.1.max(0.9)).total_cmp(&(b.0 * b.1.max(0.9)))) else {
                continue;
            };
            table.values.extend(layers.concept_row(&candidates[i], &group));
            table.labels.push(label);
            table.weights.push(weight);
        }
    }
    table
}

/// Rows of the sibling question: which code of a group that is on the claim? Groups without one are left out.
pub fn sibling_table(
    documents: &[LabelledDocument],
    knowledge: &Knowledge,
    layers: &Layers,
    candidates: &[Vec<CodeCandidate>],
    keep: impl Fn(usize) -> bool,
) -> Table {
    let mut table = Table { values: Vec::new(), labels: Vec::new(), weights: Vec::new() };
    for i in (0..documents.len()).filter(|i| keep(*i)) {
        for group in layers.groups(&candidates[i]) {
            let targets: Vec<Option<(f32, f32)>> =
                group.iter().map(|g| target(&documents[i], &knowledge.index.codes[candidates[i][*g].code].code)).collect();
            if !targets.iter().flatten().any(|(label, _)| *label >= 1.0) {
                continue;
            }
            for (g, target) in group.iter().zip(&targets) {
                let Some((label, weight)) = target else { continue };
                table.values.extend(layers.sibling_row(&candidates[i], &group, *g));
                table.labels.push(*label);
                table.weights.push(if *label >= 1.0 { 1.0 } else { *weight });
            }
        }
    }
    table
}

/// Rows of the second look, each without what its own fold taught.
pub fn second_rows(
    knowledge: &Knowledge,
    notes: &[TrainingNote],
    candidates: &[Vec<CodeCandidate>],
    first: &[Vec<(f32, f32)>],
) -> Vec<Vec<Vec<f32>>> {
    let of_note = |i: usize| rivalry::rows(knowledge, &notes[i].view(), &candidates[i], &first[i], Some(notes[i].fold));
    (0..notes.len()).into_par_iter().map(of_note).collect()
}

/// What the labels say about a candidate code: target and weight; `None` where neither answer is an error.
pub fn target(document: &LabelledDocument, code: &str) -> Option<(f32, f32)> {
    if is_evaluation_and_management(code) {
        return None;
    }
    let mut found = None;
    for procedure in &document.procedures {
        if procedure.code == code {
            let weight = if procedure.certain { 1.0 } else { 0.3 };
            found = Some((1.0, weight));
        } else if found.is_none() && procedure.alternatives.iter().any(|a| a == code) {
            found = Some((0.5, 0.4));
        }
    }
    Some(found.unwrap_or((0.0, 1.0)))
}

/// Fits that are averaged: the trees see few positive rows, and one seed's answers vary.
const SEEDS: u64 = 3;

/// One ensemble whose log-odds are the mean of several.
fn average(fits: Vec<Trees>) -> Trees {
    let share = 1.0 / fits.len().max(1) as f32;
    let mut mean = Trees { features: Vec::new(), base: 0.0, trees: Vec::new(), calibration: Default::default() };
    for fit in fits {
        mean.features = fit.features;
        mean.base += share * fit.base;
        mean.trees.extend(fit.trees.into_iter().map(|mut tree| {
            tree.leaf.iter_mut().for_each(|v| *v *= share);
            tree
        }));
    }
    mean
}

/// Flat rows with targets and weights.
pub struct Table {
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

impl Table {
    /// Collects the rows of the second look; `first` are out-of-fold probabilities of the first.
    pub fn collect_second(
        documents: &[LabelledDocument],
        codes: &Knowledge,
        candidates: &[Vec<CodeCandidate>],
        rows: &[Vec<Vec<f32>>],
        keep: impl Fn(usize) -> bool,
    ) -> Self {
        let mut table = Self { values: Vec::new(), labels: Vec::new(), weights: Vec::new() };
        for i in (0..documents.len()).filter(|i| keep(*i)) {
            for (candidate, row) in candidates[i].iter().zip(&rows[i]) {
                // What the first look rules out stays out.
                if row[0] < 0.01 {
                    continue;
                }
                if let Some((label, weight)) = target(&documents[i], &codes.index.codes[candidate.code].code) {
                    table.values.extend_from_slice(row);
                    table.labels.push(label);
                    table.weights.push(weight);
                }
            }
        }
        table
    }

    /// Fits a model over these features.
    pub fn fit(&self, names: &[String], settings: &BoostingSettings) -> Trees {
        let rows = Rows { names, values: &self.values, labels: &self.labels, weights: &self.weights };
        let fits: Vec<Trees> = (0..SEEDS)
            .map(|k| boosting::fit(&rows, &BoostingSettings { seed: settings.seed + 100 * k, ..settings.clone() }))
            .collect();
        average(fits)
    }
}
