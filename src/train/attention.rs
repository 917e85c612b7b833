//! The stage `attention`: folds of the attention over titles on a machine with a GPU, from what `--prepare` of the recipe of the
//! ranking wrote; models and that file are all it needs.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::claims::{self, BaseFolder, ClaimSettings, FOLDS, Sample};
use crate::encoder::vectors;

/// `training/recipes/attention.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    /// Models whose encoder has not seen the first or the second half of the labelled notes.
    held_out: [PathBuf; 2],
    /// What it learns from.
    samples: PathBuf,
    /// Folds to learn (each may run by itself); all where there are none.
    #[serde(default)]
    folds: Vec<usize>,
    claims: ClaimSettings,
}

/// What a run wrote.
#[derive(Debug, Serialize)]
pub struct AttentionReport {
    /// A model a fold.
    pub models: Vec<PathBuf>,
}

/// Runs a recipe.
pub fn run(path: &Path, device: &str) -> Result<AttentionReport, TrainError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |e: std::io::Error| TrainError::Io { path, reason: e.to_string() }
    };
    let text = std::fs::read_to_string(path).map_err(io(path))?;
    let wrong = |reason: String| TrainError::Recipe { path: path.to_owned(), reason };
    let recipe: Recipe = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let json = std::fs::read(&recipe.samples).map_err(io(&recipe.samples))?;
    let samples: Vec<Sample> = serde_json::from_slice(&json).map_err(|e| wrong(format!("its samples: {e}")))?;
    let device = crate::encoder::device::open(device)?;
    let folds = if recipe.folds.is_empty() { (0..FOLDS).collect() } else { recipe.folds.clone() };
    let mut models = Vec::new();
    for fold in folds {
        let folder = &recipe.held_out[claims::half_of_fold(fold)];
        let vectors = vectors::open_code_vectors(folder)?;
        models.push(claims::learned(&samples, fold, BaseFolder { path: folder, vectors: &vectors }, &recipe.claims, &device)?);
    }
    Ok(AttentionReport { models })
}
