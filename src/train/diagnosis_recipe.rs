//! Runs the recipe of the diagnosis ranking: reads every training note with the engine's own reader, fits, writes.
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bag_of_words::last_look::{self, LookReport, LookSettings};
use super::bag_of_words::{self, BagSettings};
use super::claims::{self, BaseFolder, ClaimSettings};
use super::data::second_look::{self, training_documents};
use super::data::{DataError, LabelledDocument, corpora, labels};
use super::diagnoses::{self, DiagnosisSettings, Fit, FitReport, NoteRows};
use super::diagnosis_order;
use super::diagnosis_rows;
use super::diagnosis_study::{self, Measured, Study};
use super::encoder::dataset::half_of;
use super::tagging::export::DOCUMENTS;
use crate::codeset::CodeSets;
use crate::coding::bag_of_words::{BagOfWords, DIAGNOSES_FILE, NoteWords, Scores, terms};
use crate::coding::diagnoses::gather::Material;
use crate::coding::diagnoses::recheck;
use crate::coding::lexicon::{COUNTS_FILE, Lexicon, PhraseCounts};
use crate::coding::packed_json;
use crate::encoder::manifest::Manifest;
use crate::engine::{EngineError, Reader, Reading};

/// The recipe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    base: PathBuf,
    codesets: PathBuf,
    corpora: PathBuf,
    /// The project's own second reading and further notes (`training/labels`).
    #[serde(default)]
    labels: Option<PathBuf>,
    /// Beginnings of ids of documents that teach nothing ("mts-": MTSamples, which has no formal licence). The phrase counts then
    /// go to the result's folder and not to the code sets.
    #[serde(default)]
    leave_out: Vec<String>,
    settings: DiagnosisSettings,
    /// Models whose encoder has not seen the first or the second half of the labelled notes (recipe encoder.toml with
    /// `hold_out`): each half is read by the one that does not know it, so that the fit sees the note as it will see new
    /// ones. Without them the base reads all.
    #[serde(default)]
    held_out: Option<[PathBuf; 2]>,
    /// The attention over titles; without it the model's own is neither learned nor asked.
    #[serde(default)]
    claims: Option<ClaimSettings>,
    /// Where `--prepare` puts what the attention learns from (JSON), for the stage `attention` on a machine with a GPU.
    #[serde(default)]
    samples: Option<PathBuf>,
    /// What the words of notes as a whole say; without it neither they nor a last look are learned.
    #[serde(default)]
    words: Option<BagSettings>,
    /// The last look, which weighs them beside the ranking.
    #[serde(default)]
    recheck: LookSettings,
    /// Where each note's codes go with their out-of-fold probability and label (JSON lines without words of the
    /// notes), so that annotators can look at what model and label disagree on.
    #[serde(default)]
    answers: Option<PathBuf>,
    /// Where there are any, only they are run, and nothing is written.
    #[serde(default)]
    studies: Vec<Study>,
}

/// What a run found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum DiagnosisReport {
    /// Models were fitted and written.
    Fitted {
        /// The ranking.
        ranking: FitReport,
        /// The words of notes as a whole, and the last look.
        words: Option<WordsReport>,
    },
    /// Notes for the attention were written, nothing else.
    Prepared(usize),
    /// Nothing but measurements.
    Measured(Vec<Measured>),
}

/// What a run found of the words of notes as a whole.
#[derive(Debug, Serialize)]
pub struct WordsReport {
    /// Weights kept.
    pub weights: usize,
    /// Bytes of their file.
    pub bytes: usize,
    /// Share of required diagnoses whose code is among the 3, 10 and 25 best by words, out of fold.
    pub among_best: [f64; 3],
    /// The last look.
    pub look: LookReport,
}

/// What stopped a run.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The recipe.
    #[error("{path}: {reason}")]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Weights or tables.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The result cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Runs a recipe; the result goes to `out` (the recipe's base without it) and the phrase counts to the code sets.
pub fn run(path: &Path, out: Option<&Path>, device: &str, prepare: bool) -> Result<DiagnosisReport, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
    let recipe: Recipe = toml::from_str(&text).map_err(|e| problem(e.to_string()))?;
    let corpora = corpora::folder(&recipe.corpora);
    let mut documents = training_documents(&corpora, recipe.labels.as_deref())?;
    documents.extend(labels::load_authored(&corpora.join("authored"))?);
    if let Some(own) = &recipe.labels {
        documents.extend(second_look::charts(own)?);
        documents.extend(second_look::clinic_notes(own)?);
    }
    documents.retain(|d| !recipe.leave_out.iter().any(|start| d.id.starts_with(start.as_str())));
    let words = recipe.words.as_ref().map(|settings| bag_of_words::fit_diagnoses(&documents, settings));
    let words_of = |i: usize| words.as_ref().map(|words| note_words(words, &documents, i));
    let reader = Reader::open(&recipe.base, &recipe.codesets, device)?;
    let folders = recipe.held_out.clone().unwrap_or_default();
    let held = match &recipe.held_out {
        Some(folders) => folders.iter().map(|f| Reader::open(f, &recipe.codesets, device)).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let reader_of = |id: &str| held.get(half_of(id)).unwrap_or(&reader);
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| problem(e.to_string()))?;
    tracing::info!(documents = documents.len(), "reading the training notes");
    let today = jiff::civil::date(2026, 5, 4);
    let readings: Vec<Reading> =
        documents.par_iter().map(|d| reader_of(&d.id).read(&d.encounter(), today)).collect::<Result<_, _>>()?;
    let places: HashMap<&str, usize> = documents.iter().enumerate().map(|(i, d)| (d.id.as_str(), i)).collect();
    if places.len() < documents.len() {
        return Err(problem("two notes of its corpora have one id; give each its own".to_owned()));
    }
    let title = |code: &str| code_sets.icd10cm.find(code).map(|i| code_sets.icd10cm.title(i).into_owned()).unwrap_or_default();
    let with_material = |d: &LabelledDocument, counts: &PhraseCounts, work: &mut dyn FnMut(&Material<'_>)| {
        let place = places[d.id.as_str()];
        reader_of(&d.id).with_material_of(&readings[place], counts, words_of(place).as_ref(), |material| work(material));
    };
    let answers = match &recipe.claims {
        Some(settings) => {
            let chunks: Vec<_> = readings.par_iter().map(|r| reader.chunks(&r.document)).collect::<Result<_, _>>()?;
            let samples = diagnosis_rows::samples(&documents, reader.lexicon(), &|i| chunks[i].clone(), with_material);
            if let Some(target) = recipe.samples.as_ref().filter(|_| prepare) {
                let written =
                    serde_json::to_vec(&samples).map_err(std::io::Error::from).and_then(|json| std::fs::write(target, json));
                written.map_err(|e| RecipeError::Write { path: target.clone(), reason: e.to_string() })?;
                return Ok(DiagnosisReport::Prepared(samples.len()));
            }
            let device = crate::encoder::device::open(device).map_err(|e| problem(e.to_string()))?;
            tracing::info!(notes = samples.len(), "learning which titles are reported");
            let no_titles = || problem("a model has no code vectors (superbill models vectors)".to_owned());
            let mut bases = Vec::new();
            for (path, reader) in std::iter::once((&recipe.base, &reader)).chain(folders.iter().zip(&held)) {
                bases.push(BaseFolder { path, vectors: reader.title_vectors().ok_or_else(no_titles)? });
            }
            let of_fold = |fold: usize| bases.get(1 + claims::half_of_fold(fold)).copied().unwrap_or(bases[0]);
            let out = recipe.studies.is_empty().then(|| out.unwrap_or(&recipe.base));
            let fitted = claims::fit(&samples, &of_fold, settings, &device, out);
            Some(fitted.map_err(|e| problem(e.to_string()))?)
        }
        None => None,
    };
    if !recipe.studies.is_empty() {
        let (studies, settings) = (&recipe.studies, &recipe.settings);
        let measured =
            diagnosis_study::run(studies, settings, &documents, reader.lexicon(), &title, answers.as_deref(), with_material);
        return Ok(DiagnosisReport::Measured(measured));
    }
    let (rows, names) = diagnosis_rows::rows(&documents, reader.lexicon(), &title, answers.as_deref(), with_material);
    drop(readings);
    tracing::info!(rows = rows.iter().map(|r| r.labels.len()).sum::<usize>(), features = names.len(), "fitting");
    let Fit { mut model, report, mut probabilities } =
        diagnoses::fit(&rows, &documents, reader.lexicon(), &names, &recipe.settings);
    let folder = out.unwrap_or(&recipe.base);
    let mut files = vec!["diagnoses.json.gz", DOCUMENTS];
    let words = match &words {
        Some(learned) => {
            let (bag, scores) = learned;
            let of_words = |i: usize| note_words(learned, &documents, i);
            let ranked = (probabilities.as_slice(), model.thresholds.standard);
            let mut look = last_look::fit(&rows, &documents, reader.lexicon(), &names, ranked, &of_words, &recipe.recheck);
            probabilities = look.probabilities;
            // The order is that of what is chosen at last.
            let standard = look.model.thresholds.standard;
            (model.first, look.report.primary) =
                diagnosis_order::fit(&rows, &documents, reader.lexicon(), &probabilities, &names, &recipe.settings, standard);
            let bytes = bag_of_words::write(folder, DIAGNOSES_FILE, bag.to_file())?;
            bag_of_words::write(folder, recheck::FILE, packed_json::pack(&look.model))?;
            files.extend([DIAGNOSES_FILE, recheck::FILE]);
            let among_best = bag_of_words::diagnoses_among_best(&documents, scores);
            Some(WordsReport { weights: bag.weight_count(), bytes, among_best, look: look.report })
        }
        None => None,
    };
    if let Some(path) = &recipe.answers {
        let lines = answer_lines(&rows, &documents, &probabilities, reader.lexicon());
        std::fs::write(path, lines).map_err(|e| RecipeError::Write { path: path.clone(), reason: e.to_string() })?;
    }
    let target = folder.join("diagnoses.json.gz");
    let failed = |path: &Path, reason: String| RecipeError::Write { path: path.to_owned(), reason };
    let bytes = packed_json::pack(&model).map_err(|e| failed(&target, e.to_string()))?;
    std::fs::write(&target, bytes).map_err(|e| failed(&target, e.to_string()))?;
    add_documents(folder, &documents)?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        for file in files {
            manifest.record(folder, file).map_err(|e| problem(e.to_string()))?;
        }
        manifest.write(folder).map_err(|e| problem(e.to_string()))?;
    }
    let counts = if recipe.leave_out.is_empty() { recipe.codesets.as_path() } else { folder }.join(COUNTS_FILE);
    let learned = diagnoses::phrase_counts(&documents, None).to_file();
    learned.and_then(|bytes| std::fs::write(&counts, bytes)).map_err(|e| failed(&counts, e.to_string()))?;
    Ok(DiagnosisReport::Fitted { ranking: report, words })
}

/// What the words of a document say, by weights that it did not teach.
fn note_words<'a>((bag, scores): &'a (BagOfWords, Vec<Scores>), documents: &[LabelledDocument], i: usize) -> NoteWords<'a> {
    NoteWords { bag, note: bag.note(&terms(&documents[i].text)), scores: scores[i].clone() }
}

/// Adds documents to the list of those that taught a model folder.
pub(super) fn add_documents(folder: &Path, documents: &[LabelledDocument]) -> Result<(), RecipeError> {
    let list = folder.join(DOCUMENTS);
    let failed = |e: std::io::Error| RecipeError::Write { path: list.clone(), reason: e.to_string() };
    let known = match std::fs::read_to_string(&list) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        known => known.map_err(failed)?,
    };
    let mut ids: BTreeSet<String> = known.lines().map(str::to_owned).collect();
    ids.extend(documents.iter().map(second_look::listed));
    std::fs::write(&list, ids.into_iter().collect::<Vec<_>>().join("\n") + "\n").map_err(failed)
}

/// Candidates less probable than this are not written for annotators.
const LEAST_ANSWER: f32 = 0.05;

/// One line a note: its id and its codes with probability and label (1 required, 0 not; none where it is optional).
fn answer_lines(rows: &[NoteRows], documents: &[LabelledDocument], probabilities: &[Vec<f32>], lexicon: &Lexicon) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        code: &'a str,
        probability: f32,
        label: Option<f32>,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        id: &'a str,
        answers: Vec<Answer<'a>>,
    }
    let mut out = String::new();
    for (note, own) in rows.iter().zip(probabilities) {
        let answers = (0..own.len())
            .filter(|r| own[*r] >= LEAST_ANSWER)
            .map(|r| Answer {
                code: lexicon.code(note.table.codes[r]),
                probability: own[r],
                label: (note.weights[r] > 0.0).then_some(note.labels[r]),
            })
            .collect();
        let line = Line { id: &documents[note.document].id, answers };
        out.push_str(&serde_json::to_string(&line).unwrap_or_default());
        out.push('\n');
    }
    out
}
