//! Running a recipe of stage `procedures`: labelled notes in, the phrase table and the model file out.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::second_look::{clinic_notes, encounters, training_documents};
use super::data::{LabelledDocument, corpora, labels};
use super::encoder::dataset::half_of;
use super::error::TrainError;
use super::procedures::{Counts, ProcedureSettings, train_and_write, wordings};
use crate::coding::procedures::MODEL_FILE;
use crate::encoder::manifest::Manifest;

/// `training/recipes/procedures.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcedureRecipe {
    /// `procedures`.
    pub stage: String,
    /// Model folder that gets `procedures.json.gz`.
    pub base: PathBuf,
    /// Code sets folder that gets `procedure_phrases.json.gz`.
    pub codesets: PathBuf,
    /// Folder of the corpora (`labels`, `authored`, `phrases`); `SUPERBILL_SHARED` points elsewhere.
    pub corpora: PathBuf,
    /// The project's own second reading and further notes (`training/labels`).
    #[serde(default)]
    pub labels: Option<PathBuf>,
    /// Whether the authored notes teach as well as the real ones.
    #[serde(default)]
    pub authored: bool,
    /// Whether the short encounters and clinic notes of `labels` teach as well; the out-of-fold figure and the threshold are of the whole notes alone.
    #[serde(default)]
    pub encounters: bool,
    /// Leaves out one half (0 or 1) of the labelled notes, so that model and decision tables can be checked on it.
    #[serde(default)]
    pub hold_out: Option<usize>,
    /// Settings of the three fits.
    #[serde(default)]
    pub settings: ProcedureSettings,
}

/// What the out-of-fold check found; the decision tables take no part in it.
#[derive(Clone, Debug, Serialize)]
pub struct ProcedureReport {
    /// Notes learned from.
    pub notes: usize,
    /// Least probability of a line.
    pub threshold: f32,
    /// Micro-F1 at it.
    pub f1: f64,
    /// Hit, wrong and missed codes by threshold.
    pub by_threshold: Vec<(f32, [u32; 3])>,
}

/// Runs a recipe; the model goes to `out` (the recipe's base without it).
pub fn run(path: &Path, out: Option<&Path>) -> Result<ProcedureReport, TrainError> {
    let problem = |reason: String| TrainError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| TrainError::Io { path: path.to_owned(), reason: e.to_string() })?;
    let recipe: ProcedureRecipe = toml::from_str(&text).map_err(|e| problem(e.message().to_owned()))?;
    let corpora = corpora::folder(&recipe.corpora);
    let mut documents: Vec<LabelledDocument> = training_documents(&corpora, recipe.labels.as_deref())?;
    if let Some(half) = recipe.hold_out {
        if half > 1 {
            return Err(problem("hold_out must be 0 or 1: the half of the labelled notes to leave out".to_owned()));
        }
        documents.retain(|d| half_of(&d.id) != half);
    }
    if recipe.authored {
        documents.extend(labels::load_authored(&corpora.join("authored"))?);
    }
    if let Some(own) = recipe.labels.as_deref().filter(|_| recipe.encounters) {
        documents.extend(encounters(own)?);
        documents.extend(clinic_notes(own)?);
    }
    let wordings = recipe.labels.as_deref().map(wordings::read).transpose()?.unwrap_or_default();
    let folder = out.unwrap_or(&recipe.base);
    let (by_threshold, threshold) =
        train_and_write(&documents, &wordings, &corpora.join("phrases"), &recipe.codesets, folder, &recipe.settings)
            .map_err(|e| problem(format!("{e:#}")))?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        manifest.record(folder, MODEL_FILE).map_err(|e| problem(e.to_string()))?;
        manifest.write(folder).map_err(|e| problem(e.to_string()))?;
    }
    let best = by_threshold.iter().min_by(|a, b| (a.0 - threshold).abs().total_cmp(&(b.0 - threshold).abs()));
    let figures = |c: &Counts| [c.hit, c.wrong, c.missed];
    Ok(ProcedureReport {
        notes: documents.len(),
        threshold,
        f1: best.map_or(0.0, |(_, counts)| counts.f1()),
        by_threshold: by_threshold.iter().map(|(t, c)| (*t, figures(c))).collect(),
    })
}
