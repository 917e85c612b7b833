//! Fits what the words of notes as a whole say ([`fit`]) and the last look at diagnoses that weighs it beside the ranking.
//!
//! The words are learned from every labelled note. The last look is learned only from notes that taught neither the encoder
//! nor the ranking, each with the scores of weights that have not seen its fold.
mod fit;
mod last_look;
mod ridge;
mod services;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use fit::{BagSettings, Sample, fit as fit_words};
pub use last_look::LookReport;
pub use services::{ServicesReport, run as run_services, sample as services_of};

use super::boosting::BoostingSettings;
use super::data::second_look::{charts, clinic_notes, training_documents};
use super::data::{LabelledDocument, Role, corpora, labels};
use super::diagnoses::fold_of;
use super::diagnosis_recipe::{RecipeError, add_documents};
use super::tagging::export::DOCUMENTS;
use crate::coding::bag_of_words::{self, DIAGNOSES_FILE};
use crate::coding::diagnoses::recheck;
use crate::coding::packed_json;
use crate::encoder::manifest::Manifest;

/// `training/recipes/words.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    /// Model folder with encoder and ranking.
    base: PathBuf,
    codesets: PathBuf,
    corpora: PathBuf,
    /// The project's own labels (`training/labels`).
    labels: PathBuf,
    /// Beginnings of ids of documents that taught neither the encoder nor the ranking of `base`.
    unseen: Vec<String>,
    diagnoses: BagSettings,
    /// The last look at diagnoses.
    recheck: BoostingSettings,
    /// Its threshold, where it is not to be the best out of fold.
    #[serde(default)]
    threshold: Option<f32>,
    /// Required diagnoses a note at the `terse` setting.
    terse_codes: f32,
    /// Where the rows of the last look go (JSON lines without words of the notes), for studies.
    #[serde(default)]
    rows: Option<PathBuf>,
}

/// What a run found.
#[derive(Debug, Serialize)]
pub struct WordsReport {
    /// Documents that the words learned from.
    pub documents: usize,
    /// Weights kept.
    pub weights: usize,
    /// Bytes of their file.
    pub bytes: usize,
    /// Share of required diagnoses of unseen notes whose code is among the 3, 10 and 25 best by words, out of fold.
    pub among_best: [f64; 3],
    /// The last look.
    pub look: LookReport,
}

/// Runs a recipe; the results go to `out` (the recipe's base without it).
pub fn run(path: &Path, out: Option<&Path>) -> Result<WordsReport, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
    let recipe: Recipe = toml::from_str(&text).map_err(|e| problem(e.to_string()))?;
    let corpora = corpora::folder(&recipe.corpora);
    let mut documents = training_documents(&corpora, Some(&recipe.labels))?;
    documents.extend(labels::load_authored(&corpora.join("authored"))?);
    documents.extend(charts(&recipe.labels)?);
    documents.extend(clinic_notes(&recipe.labels)?);
    let is_unseen = |d: &LabelledDocument| recipe.unseen.iter().any(|start| d.id.starts_with(start.as_str()));
    let samples: Vec<Sample> = documents.par_iter().map(|d| diagnoses_of(d, is_unseen(d))).collect();
    let (bag, scores) = fit::fit(&samples, &recipe.diagnoses);
    let unseen: Vec<usize> = (0..documents.len()).filter(|i| is_unseen(&documents[*i])).collect();
    let required = |d: &LabelledDocument| -> Vec<Vec<String>> {
        let required = d.diagnoses.iter().filter(|d| d.role != Role::Optional);
        required.map(|d| std::iter::once(&d.code).chain(&d.alternatives).cloned().collect()).collect()
    };
    let best = |i: usize| scores[i].best(25).into_iter().map(|b| b.0).collect();
    let among_best = among_best(unseen.iter().map(|i| (required(&documents[*i]), best(*i))), [3, 10, 25]);
    tracing::info!(?among_best, "words fitted");
    let folder = out.unwrap_or(&recipe.base);
    let (weights, of_all) = (bag.weight_count(), documents.len());
    let chosen: Vec<LabelledDocument> = unseen.iter().map(|i| documents[*i].clone()).collect();
    let of_chosen: Vec<bag_of_words::Scores> = unseen.iter().map(|i| scores[*i].clone()).collect();
    let (model, look) = last_look::fit(&recipe, &bag, &chosen, &of_chosen)?;
    // Only now: until here the base, which may be this folder, was read as it was.
    let bytes = write(folder, DIAGNOSES_FILE, bag.to_file())?;
    write(folder, recheck::FILE, packed_json::pack(&model))?;
    record(folder, &documents, &[DIAGNOSES_FILE, recheck::FILE]).map_err(|e| problem(e.to_string()))?;
    Ok(WordsReport { documents: of_all, weights, bytes, among_best, look })
}

/// What a code's score should be where the note may carry it, or its coder named it as good.
const HALF: f32 = 0.5;

fn diagnoses_of(document: &LabelledDocument, unseen: bool) -> Sample {
    let mut targets: BTreeMap<String, f32> = BTreeMap::new();
    for d in &document.diagnoses {
        let score = if d.role == Role::Optional { HALF } else { 1.0 };
        let entry = targets.entry(d.code.clone()).or_default();
        *entry = entry.max(score);
        for code in &d.alternatives {
            let entry = targets.entry(code.clone()).or_default();
            *entry = entry.max(score * HALF);
        }
    }
    Sample { terms: bag_of_words::terms(&document.text), targets, fold: unseen.then(|| fold_of(&document.id)) }
}

/// Share of required concepts of which a code is among the best by words, for three numbers of those: `notes` gives the codes
/// that are accepted for each concept, and the best codes.
fn among_best<'a>(notes: impl Iterator<Item = (Vec<Vec<String>>, Vec<&'a str>)>, numbers: [usize; 3]) -> [f64; 3] {
    let (mut found, mut required) = ([0usize; 3], 0usize);
    for (concepts, best) in notes {
        for accepted in concepts {
            required += 1;
            let place = best.iter().position(|c| accepted.iter().any(|a| a == c)).unwrap_or(usize::MAX);
            numbers.iter().zip(&mut found).for_each(|(n, f)| *f += usize::from(place < *n));
        }
    }
    found.map(|f| f as f64 / required.max(1) as f64)
}

/// Writes a file of a model folder; gives its length.
pub(super) fn write(folder: &Path, file: &str, bytes: std::io::Result<Vec<u8>>) -> Result<usize, RecipeError> {
    let target = folder.join(file);
    let written = bytes.and_then(|b| std::fs::write(&target, &b).map(|()| b.len()));
    written.map_err(|e| RecipeError::Write { path: target, reason: e.to_string() })
}

/// Notes in a model folder which documents taught it and which files are new.
pub(super) fn record(folder: &Path, documents: &[LabelledDocument], files: &[&str]) -> anyhow::Result<()> {
    add_documents(folder, documents)?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        for file in files.iter().copied().chain([DOCUMENTS]) {
            manifest.record(folder, file)?;
        }
        manifest.write(folder)?;
    }
    Ok(())
}
