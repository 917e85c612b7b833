//! Learns from labelled notes which procedure candidates become lines.
mod rows;
mod tables;
pub mod wordings;

use std::collections::BTreeSet;

use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::procedures::candidates::CodeCandidate;
use crate::coding::procedures::confidence::TableConfidence;
use crate::coding::procedures::families::FamilyTables;
use crate::coding::procedures::index::LearnedPhrase;
use crate::coding::procedures::knowledge::Knowledge;
use crate::coding::procedures::layers::{self, Layers};
use crate::coding::procedures::model::ProcedureModel;
use crate::coding::procedures::ranking::{self, Verdict};
use crate::coding::procedures::rivalry;
use crate::coding::procedures::table::ProcedureTable;
use crate::coding::procedures::words::Words;
use crate::train::boosting::BoostingSettings;
use crate::train::data::LabelledDocument;
use crate::train::data::second_look::CHARTS;

use rows::{Table, candidate_rows, concept_table, learn, second_rows, sibling_table};
pub use rows::{TrainingNote, fold_of, prepare};

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

/// Fits the procedure model on labelled notes, with `wordings` beside their phrases.
pub fn fit(
    documents: &[LabelledDocument],
    wordings: &[LearnedPhrase],
    table: ProcedureTable,
    families: &FamilyTables,
    settings: &ProcedureSettings,
) -> Fitted {
    let words = Words::new();
    let (mut phrases, prior, companions) = learn(documents, &words);
    phrases.extend_from_slice(wordings);
    let knowledge = Knowledge::new(table, &phrases, prior, companions);
    let notes: Vec<TrainingNote> = documents.iter().map(|d| prepare(d, fold_of(&d.id), &knowledge.index.words)).collect();
    let candidates = candidate_rows(&knowledge, &notes);
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
    let second = second_rows(&knowledge, &notes, &candidates, &first);
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
            // Short encounters teach and are not measured.
            for (i, document) in documents.iter().enumerate().filter(|(_, d)| d.corpus != CHARTS) {
                let (required, optional) = gold(document);
                counts.add(&required, &optional, &chosen(&knowledge, &notes[i], &candidates[i], &probabilities[i], threshold));
            }
            (threshold, counts)
        })
        .collect();
    // The curve is flat at its top: the middle of what does as well as the best.
    let best = by_threshold.iter().map(|(_, counts)| counts.f1()).fold(0.0, f64::max);
    let good: Vec<f32> = by_threshold.iter().filter(|(_, counts)| counts.f1() >= best - 0.003).map(|t| t.0).collect();
    let threshold = good.get(good.len() / 2).copied().unwrap_or(0.3);
    let (concept, sibling) = first_fits(None);
    let line = Table::collect_second(documents, &knowledge, &candidates, &second, |_| true).fit(&names, &settings.line);
    let counts = knowledge.prior.counts.iter().map(|(code, by)| (code.clone(), by.values().sum())).collect();
    let pairs = knowledge.companions.counts.iter().map(|((a, b), by)| (a.clone(), b.clone(), by.values().sum()));
    let pairs = pairs.collect();
    let phrases = phrases.into_iter().map(|p| LearnedPhrase { fold: 0, ..p }).collect::<BTreeSet<_>>().into_iter().collect();
    let model = ProcedureModel { phrases, counts, pairs, concept, sibling, line, threshold, tables: TableConfidence::default() };
    let mut fitted = Fitted { model, knowledge, notes, candidates, answers: first, probabilities, by_threshold };
    fitted.model.tables = tables::fit(&tables::rows(documents, &fitted, families));
    fitted
}

/// Codes chosen at a threshold.
pub fn chosen(
    knowledge: &Knowledge,
    note: &TrainingNote,
    candidates: &[CodeCandidate],
    probabilities: &[f32],
    threshold: f32,
) -> Vec<String> {
    let mut verdicts = ranking::choose(knowledge, candidates, probabilities, threshold);
    if verdicts.contains(&Verdict::Chosen) {
        ranking::drop_not_done(&note.view(), candidates, &mut verdicts);
    }
    ranking::drop_bundled(knowledge, candidates, &mut verdicts);
    let taken = candidates.iter().zip(&verdicts).filter(|(_, v)| **v == Verdict::Chosen);
    let codes = taken.map(|(c, _)| knowledge.index.codes[c.code].code.clone());
    codes.filter(|c| !is_evaluation_and_management(c)).collect()
}

/// Fits on labelled notes and writes `codesets/procedure_phrases.json.gz` and `procedures.json.gz` of the model folder;
/// `phrases` is the folder of the phrase lexicon, `wordings` what stands beside the phrases of the notes. Returns the
/// out-of-fold counts by threshold and the threshold taken.
pub fn train_and_write(
    documents: &[LabelledDocument],
    wordings: &[LearnedPhrase],
    phrases: &std::path::Path,
    codesets: &std::path::Path,
    model_folder: &std::path::Path,
    settings: &ProcedureSettings,
) -> anyhow::Result<(Vec<(f32, Counts)>, f32)> {
    let table = compile_table(phrases)?;
    std::fs::write(codesets.join(crate::coding::procedures::TABLE_FILE), table.to_bytes()?)?;
    let families = FamilyTables::open(&codesets.join(crate::coding::procedures::FAMILIES_FOLDER))?;
    let fitted = fit(documents, wordings, table, &families, settings);
    std::fs::write(model_folder.join(crate::coding::procedures::MODEL_FILE), fitted.model.to_bytes()?)?;
    Ok((fitted.by_threshold, fitted.model.threshold))
}
