//! Learns from labelled notes which procedure candidates become lines.
use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::coding::procedures::features::{self, CodeCandidate, Knowledge, NoteView, Prior};
use crate::coding::procedures::index::LearnedPhrase;
use crate::coding::procedures::layers::{self, Layers};
use crate::coding::procedures::model::ProcedureModel;
use crate::coding::procedures::ranking::{self, Verdict};
use crate::coding::procedures::rivalry::{self, Companions};
use crate::coding::procedures::statements::{self, Statement};
use crate::coding::procedures::table::ProcedureTable;
use crate::coding::procedures::words::Words;
use crate::coding::trees::Trees;
use crate::document::facts::resolve_context;
use crate::document::{self, Document};
use crate::note::{Context, Encounter, Patient};
use crate::train::boosting::{self, BoostingSettings, Rows};
use crate::train::data::LabelledDocument;

/// Folds of the out-of-fold rows.
pub const FOLDS: u8 = 10;

/// Lines that belong to the E/M score.
pub fn is_evaluation_and_management(code: &str) -> bool {
    ("99202"..="99499").contains(&code) && code.len() == 5 || matches!(code, "G0402" | "G0438" | "G0439" | "G2211")
}

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
    let sum = id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (sum >> 17) as u8 % FOLDS + 1
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
                let mut seen = BTreeSet::new();
                let stems: Vec<String> = words
                    .of(quote, 0)
                    .into_iter()
                    .map(|w| w.stem)
                    .filter(|s| {
                        !s.starts_with(|c: char| c.is_ascii_digit()) && !matches!(s.as_str(), "right" | "left" | "bilater")
                    })
                    .filter(|s| seen.insert(s.clone()))
                    .take(MOST_WORDS)
                    .collect();
                if stems.is_empty() {
                    continue;
                }
                let mut sorted = stems;
                sorted.sort();
                phrases.insert(LearnedPhrase { code: procedure.code.clone(), words: sorted, fold });
            }
        }
    }
    (phrases.into_iter().collect(), prior, companions)
}

/// Rows of all notes, each without what its own fold taught.
pub fn candidate_rows(knowledge: &Knowledge, notes: &[TrainingNote], own_fold: bool) -> Vec<Vec<CodeCandidate>> {
    notes
        .par_iter()
        .map(|note| {
            let view = note.view();
            features::candidates(knowledge, &view, own_fold.then_some(note.fold))
        })
        .collect()
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

/// Rows of the second look.
pub fn second_rows(
    knowledge: &Knowledge,
    notes: &[TrainingNote],
    candidates: &[Vec<CodeCandidate>],
    first: &[Vec<(f32, f32)>],
    own_fold: bool,
) -> Vec<Vec<Vec<f32>>> {
    (0..notes.len())
        .into_par_iter()
        .map(|i| {
            let note = &notes[i];
            let view = note.view();
            rivalry::rows(knowledge, &view, &candidates[i], &first[i], own_fold.then_some(note.fold))
        })
        .collect()
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
    /// Collects the rows of the notes that `keep` takes.
    pub fn collect(
        documents: &[LabelledDocument],
        codes: &Knowledge,
        rows: &[Vec<CodeCandidate>],
        keep: impl Fn(usize) -> bool,
    ) -> Self {
        let mut table = Self { values: Vec::new(), labels: Vec::new(), weights: Vec::new() };
        for (i, candidates) in rows.iter().enumerate().filter(|(i, _)| keep(*i)) {
            for candidate in candidates {
                if let Some((label, weight)) = target(&documents[i], &codes.index.codes[candidate.code].code) {
                    table.values.extend_from_slice(&candidate.row);
                    table.labels.push(label);
                    table.weights.push(weight);
                }
            }
        }
        table
    }

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

/// Compiles the procedure table from the lexicon folder.
pub fn compile_table(folder: &std::path::Path) -> anyhow::Result<ProcedureTable> {
    let mut files = Vec::new();
    for name in ["cpt_med.jsonl", "cpt_msk_ent.jsonl", "cpt_surg.jsonl"] {
        files.push((name, std::fs::read_to_string(folder.join(name))?));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(n, c)| (*n, c.as_str())).collect();
    Ok(ProcedureTable::compile(&files)?)
}

/// Required and optional codes of a note as its own labels state them (single pass).
pub fn gold(document: &LabelledDocument) -> (Vec<Vec<String>>, Vec<String>) {
    let mut required = Vec::new();
    let mut optional = Vec::new();
    for procedure in &document.procedures {
        let codes: Vec<String> = std::iter::once(&procedure.code).chain(&procedure.alternatives).cloned().collect();
        if codes.iter().any(|c| is_evaluation_and_management(c)) {
            optional.extend(codes);
        } else if procedure.certain {
            required.push(codes);
        } else {
            optional.extend(codes);
        }
    }
    (required, optional)
}

/// Settings of the three fits.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcedureSettings {
    /// Was the service done?
    pub concept: BoostingSettings,
    /// Which of its codes?
    pub sibling: BoostingSettings,
    /// Does the line stand?
    pub line: BoostingSettings,
}

impl Default for ProcedureSettings {
    fn default() -> Self {
        let common = BoostingSettings { feature_fraction: 0.4, row_fraction: 0.7, ..BoostingSettings::default() };
        Self {
            concept: BoostingSettings {
                rounds: 170,
                learning_rate: 0.08,
                leaves: 24,
                min_rows: 15,
                lambda: 4.0,
                seed: 7,
                ..common.clone()
            },
            sibling: BoostingSettings {
                rounds: 130,
                learning_rate: 0.07,
                leaves: 12,
                min_rows: 15,
                lambda: 4.0,
                seed: 8,
                ..common.clone()
            },
            line: BoostingSettings { rounds: 130, learning_rate: 0.07, leaves: 10, min_rows: 20, lambda: 5.0, seed: 9, ..common },
        }
    }
}

/// Hits, false codes and misses over notes, by the scoring rule of the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Required services hit.
    pub hit: u32,
    /// Codes neither required nor optional.
    pub wrong: u32,
    /// Required services missed.
    pub missed: u32,
}

impl Counts {
    /// Micro-F1.
    pub fn f1(&self) -> f64 {
        f64::from(2 * self.hit) / f64::from((2 * self.hit + self.wrong + self.missed).max(1))
    }

    /// Adds one note: each required service is hit by at most one code, left-over codes are wrong unless optional.
    pub fn add(&mut self, required: &[Vec<String>], optional: &[String], predicted: &[String]) {
        let mut used = vec![false; predicted.len()];
        for accepted in required {
            match (0..predicted.len()).find(|&p| !used[p] && accepted.contains(&predicted[p])) {
                Some(p) => {
                    used[p] = true;
                    self.hit += 1;
                }
                None => self.missed += 1,
            }
        }
        self.wrong += predicted.iter().zip(&used).filter(|(code, used)| !**used && !optional.contains(*code)).count() as u32;
    }
}

/// A fitted model with what the out-of-fold check saw.
pub struct Fitted {
    /// The model, fitted on all notes; its threshold is the best one out of fold.
    pub model: ProcedureModel,
    /// What the model's features come from, with the folds kept apart.
    pub knowledge: Knowledge,
    /// The notes as read.
    pub notes: Vec<TrainingNote>,
    /// Candidates by note, each without what its fold taught.
    pub candidates: Vec<Vec<CodeCandidate>>,
    /// Out-of-fold answers to the first two questions.
    pub answers: Vec<Vec<(f32, f32)>>,
    /// Out-of-fold probabilities, in the order of the candidates.
    pub probabilities: Vec<Vec<f32>>,
    /// Out-of-fold counts by threshold.
    pub by_threshold: Vec<(f32, Counts)>,
}

/// Parts of the out-of-fold check.
const PARTS: u8 = 5;

/// Fits the procedure model on labelled notes.
pub fn fit(documents: &[LabelledDocument], table: ProcedureTable, settings: &ProcedureSettings) -> Fitted {
    let words = Words::new();
    let (phrases, prior, companions) = learn(documents, &words);
    let knowledge = Knowledge::new(table, &phrases, prior, companions);
    let notes: Vec<TrainingNote> = documents.iter().map(|d| prepare(d, fold_of(&d.id), &knowledge.index.words)).collect();
    let candidates = candidate_rows(&knowledge, &notes, true);
    let layers = Layers::new();
    let within = |i: usize, part: u8| notes[i].fold % PARTS == part;
    let first_fits = |part: Option<u8>| {
        let keep = |i: usize| part.is_none_or(|p| !within(i, p));
        let concept =
            concept_table(documents, &knowledge, &layers, &candidates, keep).fit(&layers.concept_names(), &settings.concept);
        let sibling =
            sibling_table(documents, &knowledge, &layers, &candidates, keep).fit(&layers.sibling_names(), &settings.sibling);
        (concept, sibling)
    };
    let mut first: Vec<Vec<(f32, f32)>> = vec![Vec::new(); notes.len()];
    for part in 0..PARTS {
        let (concept, sibling) = first_fits(Some(part));
        for i in (0..notes.len()).filter(|i| within(*i, part)) {
            first[i] = layers::answers(&layers, &concept, &sibling, &candidates[i]);
        }
    }
    let second = second_rows(&knowledge, &notes, &candidates, &first, true);
    let names = rivalry::feature_names();
    let mut probabilities: Vec<Vec<f32>> = vec![Vec::new(); notes.len()];
    for part in 0..PARTS {
        let line =
            Table::collect_second(documents, &knowledge, &candidates, &second, |i| !within(i, part)).fit(&names, &settings.line);
        for i in (0..notes.len()).filter(|i| within(*i, part)) {
            let answers = first[i].iter().zip(&second[i]);
            probabilities[i] =
                answers.map(|((d, c), row)| if d * c < layers::RULED_OUT { 0.0 } else { line.predict(row) }).collect();
        }
    }
    let by_threshold: Vec<(f32, Counts)> = (4..=24)
        .map(|k| k as f32 * 0.025)
        .map(|threshold| {
            let mut counts = Counts::default();
            for (i, document) in documents.iter().enumerate() {
                let (required, optional) = gold(document);
                counts.add(&required, &optional, &chosen(&knowledge, &candidates[i], &probabilities[i], threshold));
            }
            (threshold, counts)
        })
        .collect();
    let threshold = by_threshold.iter().max_by(|a, b| a.1.f1().total_cmp(&b.1.f1())).map_or(0.3, |t| t.0);
    let (concept, sibling) = first_fits(None);
    let line = Table::collect_second(documents, &knowledge, &candidates, &second, |_| true).fit(&names, &settings.line);
    let counts = knowledge.prior.counts.iter().map(|(code, by)| (code.clone(), by.values().sum())).collect();
    let pairs = knowledge.companions.counts.iter().map(|((a, b), by)| (a.clone(), b.clone(), by.values().sum()));
    let pairs = pairs.collect();
    let phrases = phrases.into_iter().map(|p| LearnedPhrase { fold: 0, ..p }).collect::<BTreeSet<_>>().into_iter().collect();
    let model = ProcedureModel { phrases, counts, pairs, concept, sibling, line, threshold };
    Fitted { model, knowledge, notes, candidates, answers: first, probabilities, by_threshold }
}

/// Codes chosen at a threshold.
pub fn chosen(knowledge: &Knowledge, candidates: &[CodeCandidate], probabilities: &[f32], threshold: f32) -> Vec<String> {
    let mut verdicts = ranking::choose(knowledge, candidates, probabilities, threshold);
    ranking::drop_bundled(knowledge, candidates, &mut verdicts);
    let taken = candidates.iter().zip(&verdicts).filter(|(_, v)| **v == Verdict::Chosen);
    let codes = taken.map(|(c, _)| knowledge.index.codes[c.code].code.clone());
    codes.filter(|c| !is_evaluation_and_management(c)).collect()
}
