//! Fits the weights by which lines point to diagnoses on labelled lines, and checks them out of fold.
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::data::second_look::{encounters, second_readings, training_documents};
use super::data::{LabelledDiagnosis, LabelledDocument, LabelledProcedure, Role, corpora, labels};
use super::error::TrainError;
use super::procedures::{TrainingNote, fold_of, prepare};
use crate::codeset::CodeSets;
use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::procedures::families::status::is_report;
use crate::coding::procedures::pointers::{
    FILE, Features, PointerModel, PointerNote, Reason, Service, features, is_pair, kinds, leader,
};
use crate::coding::procedures::words::Words;

/// `training/recipes/pointers.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointerRecipe {
    /// `pointers`.
    pub stage: String,
    /// Folder of the corpora (`labels`, `authored`); `SUPERBILL_SHARED` points elsewhere.
    pub corpora: PathBuf,
    /// The project's own labels (`training/labels`).
    pub labels: PathBuf,
    /// Code sets folder: titles of codes.
    pub codesets: PathBuf,
    /// The table that is written; the program embeds it when it is built again.
    pub out: PathBuf,
    /// L2 penalty of a weight.
    pub penalty: f64,
    /// The same of a learned pair of codes.
    pub pair_penalty: f64,
    /// Weight of a line of a short encounter with a single diagnosis.
    pub single_weight: f64,
    /// Lines that a learned pair of codes needs.
    pub pair_lines: usize,
    /// Weights nearer to zero are left out.
    pub least_weight: f64,
}

/// Lines of which the pointers are exactly right, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Right {
    /// Lines with pointers.
    pub lines: usize,
    /// Right by the weights fitted without the line's fold.
    pub learned: usize,
    /// Right where the first diagnosis alone is taken.
    pub first: usize,
}

/// What the check found.
#[derive(Clone, Debug, Serialize)]
pub struct PointerReport {
    /// By corpus.
    pub by_corpus: BTreeMap<String, Right>,
    /// By corpus, of lines on claims of more than one diagnosis.
    pub several: BTreeMap<String, Right>,
    /// Thresholds chosen.
    pub chosen: [f64; 2],
    /// Weights kept.
    pub weights: usize,
}

/// A line with the features of each diagnosis of its claim.
struct Row {
    corpus: &'static str,
    fold: u8,
    weight: f64,
    /// Whether the row is measured: it has all diagnoses.
    whole: bool,
    features: Vec<Features>,
    pointed: Vec<bool>,
    optional: Vec<bool>,
}

const HEAD: &str =
    "# By what a line points to a diagnosis, written by training (training/recipes/pointers.toml): feature and weight. A line
# points to the likeliest diagnosis and to others that are at least #least likely and have #share of its probability.
";

/// Runs a recipe and writes the table (into `out` where given).
pub fn run(recipe: &Path, out: Option<&Path>) -> Result<PointerReport, TrainError> {
    let problem = |reason: String| TrainError::Recipe { path: recipe.to_owned(), reason };
    let io = |path: &Path, e: std::io::Error| TrainError::Io { path: path.to_owned(), reason: e.to_string() };
    let text = std::fs::read_to_string(recipe).map_err(|e| io(recipe, e))?;
    let recipe: PointerRecipe = toml::from_str(&text).map_err(|e| problem(e.message().to_owned()))?;
    let folder = corpora::folder(&recipe.corpora);
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| problem(e.to_string()))?;
    let first = labels::load(&folder.join("labels"), super::data::Split::Train)?;
    let known: BTreeSet<String> = first.iter().map(|d| d.id.clone()).collect();
    let mut documents = second_readings(&recipe.labels, &first)?;
    documents.extend(first);
    // The further notes and the authored ones; of the labelled notes each reading stands for itself.
    documents.extend(training_documents(&folder, Some(&recipe.labels))?.into_iter().filter(|d| !known.contains(&d.id)));
    documents.extend(labels::load_authored(&folder.join("authored"))?);
    let words = Words::new();
    let mut rows: Vec<Row> = documents.par_iter().flat_map_iter(|d| rows(d, &words, &code_sets)).collect();
    let short = encounters(&recipe.labels)?;
    rows.extend(of_single(&short, recipe.single_weight));
    let folds: BTreeSet<u8> = rows.iter().map(|r| r.fold % PARTS).collect();
    let held: BTreeMap<u8, PointerModel> =
        folds.par_iter().map(|fold| (*fold, fit(&rows, &recipe, &|r| r.fold % PARTS != *fold))).collect();
    let probabilities: Vec<Vec<f64>> =
        rows.iter().map(|r| r.features.iter().map(|f| held[&(r.fold % PARTS)].probability(f)).collect()).collect();
    let mut best = (0.0, 0.5, 0.5);
    for least in (4..=14).map(|k| f64::from(k) * 0.05) {
        for share in (4..=19).map(|k| f64::from(k) * 0.05) {
            let model = PointerModel { least, share, ..PointerModel::default() };
            let measured = rows.iter().zip(&probabilities).filter(|(r, _)| r.whole);
            let right: f64 = measured.filter(|(r, p)| is_right(r, &model.choose_by(p))).map(|(r, _)| r.weight).sum();
            if right > best.0 {
                best = (right, least, share);
            }
        }
    }
    let (_, least, share) = best;
    let model = PointerModel { least, share, ..fit(&rows, &recipe, &|_| true) };
    let path = out.map_or_else(|| recipe.out.clone(), |folder| folder.join(FILE));
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(format!("{HEAD}{}", model.to_tsv()).as_bytes()).map_err(|e| io(&path, e))?;
    std::fs::write(&path, packed.finish().map_err(|e| io(&path, e))?).map_err(|e| io(&path, e))?;
    let mut report = PointerReport {
        by_corpus: BTreeMap::new(),
        several: BTreeMap::new(),
        chosen: [least, share],
        weights: model.weights.len(),
    };
    for (row, p) in rows.iter().zip(&probabilities).filter(|(r, _)| r.whole) {
        let learned = usize::from(is_right(row, &model.choose_by(p)));
        let first = usize::from(is_right(row, &[0]));
        let add = |to: &mut BTreeMap<String, Right>| {
            let right = to.entry(row.corpus.to_owned()).or_default();
            *right = Right { lines: right.lines + 1, learned: right.learned + learned, first: right.first + first };
        };
        add(&mut report.by_corpus);
        if row.optional.iter().filter(|o| !**o).count() > 1 {
            add(&mut report.several);
        }
    }
    Ok(report)
}

/// Parts of the out-of-fold check.
const PARTS: u8 = 5;

/// Whether the choice is what the labels say; optional diagnoses may be pointed to or not.
fn is_right(row: &Row, chosen: &[usize]) -> bool {
    (0..row.pointed.len()).all(|i| row.optional[i] || row.pointed[i] == chosen.contains(&i))
}

/// The lines of a document: once with its required diagnoses, once with the optional ones as well and some left out, as at
/// coding time.
fn rows(document: &LabelledDocument, words: &Words, code_sets: &CodeSets) -> Vec<Row> {
    let lines: Vec<&LabelledProcedure> =
        document.procedures.iter().filter(|p| !p.dx.is_empty() && !is_evaluation_and_management(&p.code)).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let fold = fold_of(&document.id);
    let note = prepare(document, fold, words);
    let required: Vec<&LabelledDiagnosis> = document.diagnoses.iter().filter(|d| d.role != Role::Optional).collect();
    let other: Vec<&LabelledDiagnosis> =
        document.diagnoses.iter().enumerate().filter(|(i, _)| (i + usize::from(fold)) % 3 > 0).map(|(_, d)| d).collect();
    let mut all = of_claim(document, &note, &lines, &required, true, words, code_sets);
    if other.iter().map(|d| &d.code).ne(required.iter().map(|d| &d.code)) {
        all.extend(of_claim(document, &note, &lines, &other, false, words, code_sets));
    }
    all
}

fn of_claim(
    document: &LabelledDocument,
    note: &TrainingNote,
    lines: &[&LabelledProcedure],
    diagnoses: &[&LabelledDiagnosis],
    whole: bool,
    words: &Words,
    code_sets: &CodeSets,
) -> Vec<Row> {
    let report = is_report(note.context.note_type);
    let view = PointerNote { text: &note.document.text, statements: &note.statements, words, report };
    let title = |code: &str| code_sets.icd10cm.find(code).map(|i| code_sets.icd10cm.title(i).into_owned()).unwrap_or_default();
    let reasons: Vec<Reason> = diagnoses.iter().map(|d| view.reason(&d.code, &title(&d.code), d.places.clone())).collect();
    let alone = lines.windows(2).all(|pair| pair[0].code == pair[1].code);
    let codes: Vec<&str> = lines.iter().map(|l| l.code.as_str()).collect();
    let row = |(i, own): (usize, &&LabelledProcedure)| {
        let line = lines[leader(&codes, i)];
        let found = code_sets.procedures.find(&line.code);
        let descriptor = found.map_or("", |i| code_sets.procedures.descriptor(i));
        let service: Service = view.service(&line.code, descriptor, &line.modifiers, line.places.clone());
        let service = Service { alone, ..service };
        let is_its = |d: &LabelledDiagnosis| own.dx.iter().any(|c| *c == d.code || d.alternatives.contains(c));
        let pointed: Vec<bool> = diagnoses.iter().map(|d| is_its(d)).collect();
        let row = Row {
            corpus: document.corpus,
            fold: note.fold,
            weight: if whole { 1.0 } else { 0.5 } * if document.corpus == "authored" { AUTHORED } else { 1.0 },
            whole,
            features: features(&view, &service, &reasons),
            optional: diagnoses.iter().map(|d| d.role == Role::Optional).collect(),
            pointed,
        };
        // Where no listed diagnosis is the line's, the labels say nothing of the choice.
        row.pointed.contains(&true).then_some(row)
    };
    lines.iter().enumerate().filter_map(row).collect()
}

/// Lines of short encounters with a single diagnosis, which say of themselves what they are done for: the kinds of line and
/// diagnosis beside those of the diagnoses of other encounters.
fn of_single(documents: &[LabelledDocument], weight: f64) -> Vec<Row> {
    let required = |d: &LabelledDocument| -> Vec<String> {
        d.diagnoses.iter().filter(|d| d.role != Role::Optional).map(|d| d.code.clone()).collect()
    };
    let claims: Vec<(&LabelledDocument, String)> = documents
        .iter()
        .filter_map(|d| match required(d).as_slice() {
            [one] => Some((d, one.clone())),
            _ => None,
        })
        .collect();
    let mut all = Vec::new();
    for (n, (document, own)) in claims.iter().enumerate() {
        let lines = document.procedures.iter().filter(|p| !is_evaluation_and_management(&p.code) && p.certain);
        for line in lines {
            let others = OTHERS.iter().map(|step| &claims[(n + step) % claims.len()].1).filter(|other| other[..3] != own[..3]);
            let codes: Vec<&String> = std::iter::once(own).chain(others).collect();
            let with = |code: &String| {
                let mut features = kinds(&line.code, code);
                features.insert("single".to_owned(), 1.0);
                features
            };
            all.push(Row {
                corpus: document.corpus,
                fold: fold_of(&document.id),
                weight,
                whole: false,
                features: codes.iter().map(|c| with(c)).collect(),
                pointed: (0..codes.len()).map(|i| i == 0).collect(),
                optional: vec![false; codes.len()],
            });
        }
    }
    all
}

/// How far off the encounters stand whose diagnoses are taken for others.
const OTHERS: [usize; 3] = [211, 503, 1009];

/// Regression by full-batch gradient steps of adapted length (Adam); deterministic.
fn fit(rows: &[Row], recipe: &PointerRecipe, keep: &dyn Fn(&Row) -> bool) -> PointerModel {
    let rows: Vec<&Row> = rows.iter().filter(|r| keep(r)).collect();
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.whole || r.features.first().is_some_and(|f| f.contains_key("single"))) {
        let names: BTreeSet<&str> = row.features.iter().flat_map(|f| f.keys()).map(String::as_str).collect();
        names.into_iter().for_each(|name| *lines.entry(name).or_default() += 1);
    }
    let names: Vec<&str> = lines
        .iter()
        .filter(|(name, n)| **n >= if is_pair(name) { recipe.pair_lines } else { 3 })
        .map(|(name, _)| *name)
        .collect();
    let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let sparse: Vec<(Vec<(usize, f64)>, f64, f64)> = rows
        .iter()
        .flat_map(|row| row.features.iter().zip(&row.pointed).map(|(f, pointed)| (f, *pointed, row.weight)))
        .map(|(f, pointed, weight)| {
            let values = f.iter().filter_map(|(k, v)| Some((*place.get(k.as_str())?, *v))).collect();
            (values, f64::from(u8::from(pointed)), weight)
        })
        .collect();
    let penalty: Vec<f64> = names.iter().map(|n| if is_pair(n) { recipe.pair_penalty } else { recipe.penalty }).collect();
    let (mut at, mut mean, mut square) = (vec![0.0; names.len()], vec![0.0; names.len()], vec![0.0; names.len()]);
    for step in 1..=STEPS {
        let mut gradient: Vec<f64> = at.iter().zip(&penalty).map(|(w, p)| p * w).collect();
        for (values, gold, weight) in &sparse {
            let score: f64 = values.iter().map(|(i, v)| at[*i] * v).sum();
            let error = weight * (1.0 / (1.0 + (-score).exp()) - gold);
            values.iter().for_each(|(i, v)| gradient[*i] += error * v);
        }
        let rate = 0.05 * (1.0 - f64::from(step) / f64::from(STEPS + 1));
        for (i, weight) in at.iter_mut().enumerate() {
            mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
            square[i] = 0.99 * square[i] + 0.01 * gradient[i] * gradient[i];
            let (m, s) = (mean[i] / (1.0 - 0.9f64.powi(step)), square[i] / (1.0 - 0.99f64.powi(step)));
            *weight -= rate * m / (s.sqrt() + 1e-8);
        }
    }
    let round = |w: f64| (w * 20.0).round() / 20.0;
    let weights = names.iter().zip(&at).map(|(n, w)| ((*n).to_owned(), round(*w)));
    let weights = weights.filter(|(n, w)| n != "single" && w.abs() >= recipe.least_weight).collect();
    PointerModel { weights, ..PointerModel::default() }
}

/// Steps of the regression.
const STEPS: i32 = 400;

/// Weight of a line of an authored note, of which there are fewer.
const AUTHORED: f64 = 2.0;
