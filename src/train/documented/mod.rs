//! Learns policy `documented` from the training reports of CodiEsp: counts of phrases, two ensembles, the line.
//!
//! Everything that a row states about the corpus is counted without the fold of its report; the second model sees
//! out-of-fold answers of the first; the line is drawn where the out-of-fold F1 is highest.
pub mod alignment;
pub mod statistics;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::boosting::{self, BoostingSettings};
use super::data::LabelledDocument;
use super::data::codiesp::{self, CaseReport};
use super::data::corpora;
use super::diagnoses::{FOLDS, NoteRows, fit_all, fold_of, out_of_fold};
use super::diagnosis_recipe::{RecipeError, add_documents};
use super::tagging::export::DOCUMENTS;
use crate::codeset::CodeSets;
use crate::coding::diagnoses::documented::model::{FILE, StoredModel};
use crate::coding::diagnoses::documented::{candidates, features};
use crate::coding::diagnoses::features::Table;
use crate::coding::diagnoses::model::{JOINT, joint_rows};
use crate::coding::diagnoses::{gather, note_facts};
use crate::coding::lexicon::stems;
use crate::coding::trees::{Trees, sigmoid};
use crate::document::Span;
use crate::encoder::manifest::Manifest;
use crate::engine::{Reader, Reading};
use crate::eval::codiesp::average_precision;
use statistics::{Corpus, Read};

/// The recipe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    base: PathBuf,
    codesets: PathBuf,
    corpora: PathBuf,
    single: BoostingSettings,
    joint: BoostingSettings,
}

/// What a run measured on its own training reports, out of fold.
#[derive(Debug, Serialize)]
pub struct DocumentedReport {
    /// Reports.
    pub reports: usize,
    /// Pieces of diagnosis evidence, and those with English words.
    pub evidence: (usize, usize),
    /// Phrases and neighbouring words that are kept.
    pub phrases: (usize, usize),
    /// Candidate rows.
    pub rows: usize,
    /// Share of gold codes with a candidate.
    pub candidate_recall: f64,
    /// Mean average precision of the first and of the second model.
    pub map: (f64, f64),
    /// Micro-F1 at the line.
    pub f1: f64,
    /// Precision there.
    pub precision: f64,
    /// Recall there.
    pub recall: f64,
    /// Where it is drawn.
    pub threshold: f32,
    /// Size of the model file.
    pub bytes: usize,
}

/// Rows of a report with the codes they stand for.
struct ReportRows {
    rows: NoteRows,
    codes: Vec<String>,
    names: Option<Vec<String>>,
}

/// Runs a recipe; the result goes to `out` (the recipe's base without it).
pub fn run(path: &Path, out: Option<&Path>, device: &str) -> Result<DocumentedReport, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
    let recipe: Recipe = toml::from_str(&text).map_err(|e| problem(e.to_string()))?;
    let corpora = corpora::folder(&recipe.corpora);
    let reports = codiesp::load(&corpora.join("codiesp"), "train")?;
    tracing::info!(reports = reports.len(), "aligning the evidence");
    let aligned = alignment::align(&reports);
    let documents: Vec<LabelledDocument> = reports.iter().map(CaseReport::labelled).collect();
    let reader = Reader::open(&recipe.base, &recipe.codesets, device)?;
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| problem(e.to_string()))?;
    tracing::info!("reading the training reports");
    let today = jiff::civil::date(2026, 5, 4);
    let readings: Vec<Reading> = documents.par_iter().map(|d| reader.read(&d.encounter(), today)).collect::<Result<_, _>>()?;
    let read: Vec<Vec<Read>> = readings.par_iter().map(|r| read_by_the_dictionary(&reader, r)).collect();
    let structures: Vec<&crate::document::Document> = readings.iter().map(|r| &r.document).collect();
    let vector = |i: usize, (start, end): (usize, usize)| readings[i].encoded.mention_vector(Span::new(start, end));
    let corpus = Corpus::count(&reports, &aligned, &structures, &read, &vector);
    tracing::info!("gathering candidates");
    let rows = make_rows(&reader, &readings, &reports, &corpus, &code_sets);
    drop(readings);
    let raw = corpus.without(None);
    let (single, joint, mut report) = fit(rows, &reports, &documents, &recipe, &reader);
    let stored = StoredModel::pack(
        &raw.documents,
        raw.categories,
        (&raw.mentions, &raw.sentences),
        &raw.prototypes,
        (single, joint),
        report.threshold,
    );
    let folder = out.unwrap_or(&recipe.base);
    let target = folder.join(FILE);
    let failed = |path: &Path, reason: String| RecipeError::Write { path: path.to_owned(), reason };
    let bytes = stored.to_bytes().map_err(|e| failed(&target, e.to_string()))?;
    report.bytes = bytes.len();
    report.evidence = (aligned.iter().map(Vec::len).sum(), aligned.iter().flatten().filter(|e| !e.phrase.is_empty()).count());
    report.phrases = (raw.mentions.len(), raw.sentences.len());
    std::fs::write(&target, bytes).map_err(|e| failed(&target, e.to_string()))?;
    add_documents(folder, &documents)?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        for file in [FILE, DOCUMENTS] {
            manifest.record(folder, file).map_err(|e| problem(e.to_string()))?;
        }
        manifest.write(folder).map_err(|e| problem(e.to_string()))?;
    }
    Ok(report)
}

/// Words of a report where the engine finds a candidate, with the codes it finds there.
fn read_by_the_dictionary(reader: &Reader, reading: &Reading) -> Vec<Read> {
    reader.with_material(reading, |material| {
        let found = gather::gather(material);
        let mut at: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for candidate in found.by_code.values() {
            for support in &candidate.supports {
                at.entry(support.place).or_default().insert(material.lexicon.code(candidate.code).to_owned());
            }
        }
        at.into_iter().map(|(p, codes)| (stems(found.places.list[p].span.of(&material.document.text)), codes)).collect()
    })
}

/// Rows of every report, from counts without its fold.
fn make_rows(
    reader: &Reader,
    readings: &[Reading],
    reports: &[CaseReport],
    corpus: &Corpus,
    code_sets: &CodeSets,
) -> Vec<ReportRows> {
    let lexicon = reader.lexicon();
    let title = |code: &str| code_sets.icd10cm.find(code).map(|i| code_sets.icd10cm.title(i).into_owned()).unwrap_or_default();
    let mut all = Vec::new();
    for fold in 0..FOLDS {
        let statistics = corpus.without(Some(fold)).statistics(lexicon);
        let held: Vec<usize> = (0..reports.len()).filter(|i| fold_of(&reports[*i].id) == fold).collect();
        let one = |i: &usize| {
            reader.with_material(&readings[*i], |material| {
                let found = candidates::gather(material, &statistics);
                let facts = note_facts(material, &found.candidates);
                let mut table = features::table(&found, &facts, lexicon, &statistics, &title, true);
                let names = table.names.take();
                let codes: Vec<String> = table.codes.iter().map(|c| statistics.code(lexicon, *c).to_owned()).collect();
                let labels: Vec<f32> = codes.iter().map(|c| f32::from(u8::from(reports[*i].diagnoses.contains(c)))).collect();
                let weights = vec![1.0; labels.len()];
                ReportRows { rows: NoteRows { document: *i, table, candidates: found.candidates, labels, weights }, codes, names }
            })
        };
        all.extend(held.par_iter().map(one).collect::<Vec<_>>());
    }
    all.sort_by_key(|r| r.rows.document);
    all
}

/// Fits both models.
fn fit(
    rows: Vec<ReportRows>,
    reports: &[CaseReport],
    documents: &[LabelledDocument],
    recipe: &Recipe,
    reader: &Reader,
) -> (Trees, Trees, DocumentedReport) {
    let names = rows.iter().find_map(|r| r.names.clone()).unwrap_or_default();
    let (codes, notes): (Vec<Vec<String>>, Vec<NoteRows>) = rows.into_iter().map(|r| (r.codes, r.rows)).unzip();
    let gold: usize = reports.iter().map(|r| r.diagnoses.len()).sum();
    let candidates: usize = notes.iter().flat_map(|n| &n.labels).filter(|l| **l > 0.5).count();
    tracing::info!(rows = notes.iter().map(|n| n.labels.len()).sum::<usize>(), features = names.len(), "fitting");
    let all: Vec<&[f32]> = notes.iter().map(|n| n.weights.as_slice()).collect();
    let single_oof = out_of_fold(&notes, documents, &names, &recipe.single, &all, |n| (n.table.width, n.table.values.clone()));
    let single = fit_all(&notes, &names, &recipe.single, &all, |n| n.table.values.clone());
    let tables: BTreeMap<usize, Table> = notes
        .iter()
        .zip(&single_oof)
        .map(|(n, logits)| {
            let single: Vec<f32> = logits.iter().map(|l| sigmoid(*l)).collect();
            (n.document, joint_rows(&n.table, &single, &n.candidates, reader.lexicon()))
        })
        .collect();
    let joint_names: Vec<String> = names.iter().cloned().chain(JOINT.map(String::from)).collect();
    let joint_values = |n: &NoteRows| tables[&n.document].values.clone();
    let joint_oof = out_of_fold(&notes, documents, &joint_names, &recipe.joint, &all, |n| (joint_names.len(), joint_values(n)));
    let mut joint = fit_all(&notes, &joint_names, &recipe.joint, &all, joint_values);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (n, logits) in notes.iter().zip(&joint_oof) {
        x.extend_from_slice(logits);
        y.extend_from_slice(&n.labels);
    }
    joint.calibration = boosting::platt(&x, &y, &vec![1.0; y.len()]);
    let map = |logits: &[Vec<f32>]| {
        let one = |(i, n): (usize, &NoteRows)| {
            let mut order: Vec<usize> = (0..n.labels.len()).collect();
            order.sort_by(|a, b| logits[i][*b].total_cmp(&logits[i][*a]).then(a.cmp(b)));
            let ranked: Vec<&str> = order.iter().map(|r| codes[i][*r].as_str()).collect();
            average_precision(&ranked, &reports[n.document].diagnoses)
        };
        notes.iter().enumerate().map(one).sum::<f64>() / notes.len().max(1) as f64
    };
    let probability = |l: f32| sigmoid(joint.calibration.slope * l + joint.calibration.offset);
    let scored: Vec<(f32, bool)> = x.iter().zip(&y).map(|(l, y)| (probability(*l), *y > 0.5)).collect();
    let (threshold, f1, precision, recall) = best_line(&scored, gold);
    let report = DocumentedReport {
        reports: notes.len(),
        evidence: (0, 0),
        phrases: (0, 0),
        rows: y.len(),
        candidate_recall: candidates as f64 / gold.max(1) as f64,
        map: (map(&single_oof), map(&joint_oof)),
        f1,
        precision,
        recall,
        threshold,
        bytes: 0,
    };
    (short(single), short(joint), report)
}

/// The threshold of the highest micro-F1, with F1, precision and recall.
fn best_line(scored: &[(f32, bool)], gold: usize) -> (f32, f64, f64, f64) {
    let at = |threshold: f32| {
        let chosen = scored.iter().filter(|(p, _)| *p >= threshold);
        let (n, hit) = chosen.fold((0usize, 0usize), |(n, hit), (_, y)| (n + 1, hit + usize::from(*y)));
        let f1 = 2.0 * hit as f64 / (n + gold).max(1) as f64;
        (threshold, f1, hit as f64 / n.max(1) as f64, hit as f64 / gold.max(1) as f64)
    };
    let tried = (10..=70).map(|i| at(i as f32 / 100.0));
    tried.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.total_cmp(&a.0))).unwrap_or((0.35, 0.0, 0.0, 0.0))
}

/// Leaves in four decimals: the file is a third smaller and no rank moves by it.
fn short(mut trees: Trees) -> Trees {
    let round = |v: &mut f32| *v = (*v * 1e4).round() / 1e4;
    trees.trees.iter_mut().flat_map(|t| &mut t.leaf).for_each(round);
    trees
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_gold_without_a_candidate() {
        let scored = [(0.9, true), (0.6, true), (0.5, false), (0.2, false)];
        let (threshold, f1, precision, recall) = best_line(&scored, 4);
        assert!(threshold > 0.5 && threshold <= 0.6);
        assert_eq!((f1, precision, recall), (2.0 * 2.0 / 6.0, 1.0, 0.5));
    }
}
