//! Fits what the words of notes say of procedures and visits, and the last look at the lines of a claim.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::fit::{self as words, BagSettings, Sample};
use super::kind::{KINDS, Kind, LABELLED, kind};
use super::{HALF, among_best, record, write};
use crate::codeset::CodeSets;
use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::bag_of_words::{BagOfWords, NoteWords, SERVICES_FILE, Scores, terms};
use crate::coding::packed_json;
use crate::coding::procedures::families::FamilyTables;
use crate::coding::procedures::last_look::{FEATURES, FILE, LookModel, NO_VISIT};
use crate::coding::procedures::pointers::PointerModel;
use crate::coding::procedures::table::ProcedureTable;
use crate::coding::procedures::{FAMILIES_FOLDER, ProcedureCoder, ProcedureInput, TABLE_FILE};
use crate::coding::trees::sigmoid;
use crate::engine::Reader;
use crate::train::boosting::{self, BoostingSettings, Rows};
use crate::train::data::second_look::{clinic_notes, encounters, training_documents};
use crate::train::data::{LabelledDocument, corpora, labels};
use crate::train::diagnoses::fold_of;
use crate::train::diagnosis_recipe::RecipeError;
use crate::train::procedures::{self, Counts, ProcedureSettings, gold};

/// What the last look at services does for notes it has not seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServicesReport {
    /// Documents that the words learned from.
    pub documents: usize,
    /// Weights kept.
    pub weights: usize,
    /// Bytes of their file.
    pub bytes: usize,
    /// Share of services of unseen notes whose code is among the 1, 3 and 10 best by words, out of fold.
    pub among_best: [f64; 3],
    /// Notes that the last look learned from, by [`Kind`].
    pub notes: [usize; 3],
    /// Micro-F1 of the lines of tables and model alone.
    pub before: [f64; 3],
    /// Micro-F1 of the last look, out of fold.
    pub looked: [f64; 3],
    /// The same as `looked` by threshold.
    pub by_threshold: Vec<(f32, [f64; 3])>,
}

/// Parts of the notes that teach the procedure model; each is coded by a model that learned from the others.
const PARTS: usize = 3;

fn part_of(document: &LabelledDocument) -> usize {
    fold_of(&document.id) % PARTS
}

/// `training/recipes/services.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    /// Model folder with encoder and procedure model.
    base: PathBuf,
    codesets: PathBuf,
    corpora: PathBuf,
    /// The project's own labels (`training/labels`).
    labels: PathBuf,
    /// Whether short encounters and clinic notes taught the procedure model of `base`, as in `procedures.toml`. Else `base` codes those of
    /// them that begin as `unseen` says.
    encounters: bool,
    /// Beginnings of ids of the short encounters and clinic notes that the last look learns from.
    unseen: Vec<String>,
    words: BagSettings,
    /// How the procedure models of the parts are learned, as in `procedures.toml`.
    #[serde(default)]
    procedures: ProcedureSettings,
    /// The last look.
    recheck: BoostingSettings,
}

/// Runs a recipe; the results go to `out` (the recipe's base without it).
pub fn run(path: &Path, out: Option<&Path>) -> Result<ServicesReport, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
    let recipe: Recipe = toml::from_str(&text).map_err(|e| problem(e.to_string()))?;
    let corpora = corpora::folder(&recipe.corpora);
    // Long reports teach no words: with them fewer services of short notes are among the best by words.
    let mut documents = labels::load_authored(&corpora.join("authored"))?;
    documents.extend(labels::load_authored(&recipe.labels.join("authored"))?);
    documents.extend(encounters(&recipe.labels)?);
    documents.extend(clinic_notes(&recipe.labels)?);
    let is_unseen = |d: &LabelledDocument| recipe.unseen.iter().any(|start| d.id.starts_with(start.as_str()));
    let samples: Vec<Sample> = documents.par_iter().map(|d| sample(d, is_unseen(d))).collect();
    let (bag, scores) = words::fit(&samples, &recipe.words);
    let (mut unseen, mut scores): (Vec<LabelledDocument>, Vec<Scores>) =
        documents.iter().zip(scores).filter(|(d, _)| is_unseen(d)).map(|(d, s)| (d.clone(), s)).unzip();
    let mut real = training_documents(&corpora, Some(&recipe.labels))?;
    real.retain(|d| d.corpus == LABELLED);
    scores.extend(real.iter().map(|d| bag.scores(&bag.note(&terms(&d.text)))));
    let mut taught = real.clone();
    if recipe.encounters {
        taught.extend(encounters(&recipe.labels)?);
        taught.extend(clinic_notes(&recipe.labels)?);
    }
    let coders = coders(&recipe, &taught, &corpora)?;
    unseen.extend(real.iter().cloned());
    let (model, report) = fit(&recipe, &bag, &coders, &unseen, &scores)?;
    documents.extend(real);
    let folder = out.unwrap_or(&recipe.base);
    let bytes = write(folder, SERVICES_FILE, bag.to_file())?;
    write(folder, FILE, packed_json::pack(&model))?;
    record(folder, &documents, &[SERVICES_FILE, FILE]).map_err(|e| problem(e.to_string()))?;
    Ok(ServicesReport { documents: documents.len(), weights: bag.weight_count(), bytes, ..report })
}

/// The coder of the base, then one for each part of the notes that has not learned from it.
fn coders(recipe: &Recipe, notes: &[LabelledDocument], corpora: &Path) -> Result<Vec<ProcedureCoder>, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: recipe.base.clone(), reason };
    let base = ProcedureCoder::open(&recipe.codesets, &recipe.base).map_err(|e| problem(e.to_string()))?;
    let folder = recipe.codesets.join(FAMILIES_FOLDER);
    let mut authored = labels::load_authored(&corpora.join("authored"))?;
    authored.extend(labels::load_authored(&recipe.labels.join("authored"))?);
    let wordings = procedures::wordings::read(&recipe.labels).map_err(|e| problem(e.to_string()))?;
    let without = |part: usize| {
        let mut taught: Vec<LabelledDocument> = notes.iter().filter(|d| part_of(d) != part).cloned().collect();
        taught.extend(authored.iter().cloned());
        let table = ProcedureTable::read(&recipe.codesets.join(TABLE_FILE)).map_err(|e| problem(e.to_string()))?;
        let families = FamilyTables::open(&folder).map_err(|e| problem(e.to_string()))?;
        let pointers = PointerModel::open(&folder).map_err(|e| problem(e.to_string()))?;
        let model = procedures::fit(&taught, &wordings, table.clone(), &families, &recipe.procedures).model;
        tracing::info!(part, notes = taught.len(), "procedure model without a part of the notes");
        Ok(ProcedureCoder::new(table, model, families, pointers, None))
    };
    let parts: Result<Vec<ProcedureCoder>, RecipeError> = (0..PARTS).into_par_iter().map(without).collect();
    Ok(std::iter::once(base).chain(parts?).collect())
}

/// What the words of a note should say: its services, and its visit or the want of one.
pub fn sample(document: &LabelledDocument, unseen: bool) -> Sample {
    let mut targets: BTreeMap<String, f32> = BTreeMap::new();
    let mut add = |code: &str, score: f32| {
        let entry = targets.entry(code.to_owned()).or_default();
        *entry = entry.max(score);
    };
    for p in &document.procedures {
        let score = if p.certain { 1.0 } else { HALF };
        add(&p.code, score);
        p.alternatives.iter().for_each(|code| add(code, score * HALF));
    }
    match &document.em {
        Some(visit) => add(&visit.code, 1.0),
        None => add(NO_VISIT, 1.0),
    }
    Sample { terms: terms(&document.text), targets, fold: unseen.then(|| fold_of(&document.id)) }
}

/// One note as the last look sees it.
struct Note {
    codes: Vec<String>,
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
    lines: Vec<String>,
}

/// Place of a feature.
fn place(name: &str) -> usize {
    FEATURES.iter().position(|f| *f == name).unwrap_or(0)
}

fn fit(
    recipe: &Recipe,
    bag: &BagOfWords,
    coders: &[ProcedureCoder],
    documents: &[LabelledDocument],
    scores: &[Scores],
) -> Result<(LookModel, ServicesReport), RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: recipe.base.clone(), reason };
    let reader = Reader::open(&recipe.base, &recipe.codesets, "cpu")?;
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| problem(e.to_string()))?;
    let today = jiff::civil::date(2026, 5, 4);
    let is_line = place("line");
    let one = |index: usize| {
        let document = &documents[index];
        let reading = reader.read(&document.encounter(), today)?;
        let words = NoteWords { bag, note: bag.note(&terms(&document.text)), scores: scores[index].clone() };
        let input = ProcedureInput {
            document: &reading.document,
            context: &reading.context,
            mentions: &reading.extraction.mentions,
            diagnoses: &[],
            code_sets: &code_sets,
        };
        let taught = recipe.encounters || kind(document) == Kind::Labelled;
        let coder = if taught { 1 + part_of(document) } else { 0 };
        let (codes, values) = coders[coder].last_look_rows(&input, &words);
        let (required, optional) = gold(document);
        let required: BTreeSet<&String> = required.iter().flatten().collect();
        let label = |code: &String| f32::from(u8::from(required.contains(code)));
        let weight = |code: &String| if !required.contains(code) && optional.contains(code) { 0.0 } else { 1.0 };
        let lines = codes.iter().zip(values.chunks(FEATURES.len())).filter(|(_, row)| row[is_line] > 0.0);
        let lines = lines.map(|(c, _)| c.clone()).collect();
        Ok::<_, RecipeError>(Note {
            labels: codes.iter().map(label).collect(),
            weights: codes.iter().map(weight).collect(),
            lines,
            codes,
            values,
        })
    };
    let notes: Vec<Note> = (0..documents.len()).into_par_iter().map(one).collect::<Result<_, _>>()?;
    tracing::info!(notes = notes.len(), rows = notes.iter().map(|n| n.codes.len()).sum::<usize>(), "looking again at services");
    let names: Vec<String> = FEATURES.map(String::from).to_vec();
    let trees_of = |keep: &dyn Fn(usize) -> bool| {
        let kept: Vec<&Note> = notes.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, n)| n).collect();
        let all = |of: fn(&Note) -> &[f32]| -> Vec<f32> { kept.iter().flat_map(|n| of(n)).copied().collect() };
        let (values, labels, weights) = (all(|n| &n.values), all(|n| &n.labels), all(|n| &n.weights));
        boosting::fit(&Rows { names: &names, values: &values, labels: &labels, weights: &weights }, &recipe.recheck)
    };
    let fold = |i: usize| fold_of(&documents[i].id);
    let folds: BTreeSet<usize> = (0..documents.len()).map(fold).collect();
    let mut log_odds: Vec<Vec<f32>> = vec![Vec::new(); notes.len()];
    for own in folds {
        let trees = trees_of(&|i| fold(i) != own);
        for i in (0..notes.len()).filter(|i| fold(*i) == own) {
            log_odds[i] = notes[i].values.chunks(FEATURES.len()).map(|row| trees.log_odds(row)).collect();
        }
    }
    let mut trees = trees_of(&|_| true);
    let flat = |of: fn(&Note) -> &[f32]| -> Vec<f32> { notes.iter().flat_map(of).copied().collect() };
    let every: Vec<f32> = log_odds.iter().flatten().copied().collect();
    trees.calibration = boosting::platt(&every, &flat(|n| &n.labels), &flat(|n| &n.weights));
    let calibrated = |l: f32| sigmoid(trees.calibration.slope * l + trees.calibration.offset);
    let score = |chosen: &dyn Fn(usize) -> Vec<String>| {
        KINDS.map(|own| {
            let mut counts = Counts::default();
            for (i, document) in documents.iter().enumerate().filter(|(_, d)| kind(d) == own) {
                let (required, optional) = gold(document);
                counts.add(&required, &optional, &chosen(i));
            }
            counts.f1()
        })
    };
    let at = |threshold: f32| {
        score(&|i| {
            let mut found: Vec<(f32, &String)> =
                log_odds[i].iter().map(|l| calibrated(*l)).zip(&notes[i].codes).filter(|(p, _)| *p >= threshold).collect();
            found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            found.into_iter().map(|(_, code)| code.clone()).collect()
        })
    };
    let tried: Vec<(f32, [f64; 3])> = (25..=60).map(|i| i as f32 / 100.0).map(|t| (t, at(t))).collect();
    // As with diagnoses: all kinds of note count alike, and the neighbours on the flat curve count too.
    let smooth = |i: usize| {
        let near = &tried[i.saturating_sub(3)..(i + 4).min(tried.len())];
        near.iter().map(|t| t.1.iter().sum::<f64>()).sum::<f64>() / near.len() as f64
    };
    let best = (0..tried.len()).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b))).map_or(0.45, |i| tried[i].0);
    let count = |own: Kind| documents.iter().filter(|d| kind(d) == own).count();
    let services = |d: &LabelledDocument| -> Vec<Vec<String>> { gold(d).0 };
    let among = among_best(
        documents.iter().zip(scores).map(|(d, s)| {
            let best = s.best(usize::MAX).into_iter().map(|(code, _)| code);
            (services(d), best.filter(|c| *c != NO_VISIT && !is_evaluation_and_management(c)).take(10).collect())
        }),
        [1, 3, 10],
    );
    let report = ServicesReport {
        among_best: among,
        notes: KINDS.map(count),
        before: score(&|i| notes[i].lines.clone()),
        looked: at(best),
        by_threshold: tried.iter().step_by(5).copied().collect(),
        ..ServicesReport::default()
    };
    Ok((LookModel { trees, threshold: best, layout: Default::default() }, report))
}
