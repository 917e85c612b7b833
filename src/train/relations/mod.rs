//! Stage `relations`: the head that says which mentions hang together, from the labels' relations and the engine's own
//! mentions of the training notes.
pub mod fit;
pub mod gold;

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Deserialize;

use super::data::{LabelledDocument, Split, corpora, labels};
use super::error::TrainError;
use super::plot;
use crate::coding::packed_json;
use crate::encoder::manifest::Manifest;
use crate::engine::Reader;
use crate::extract::relations::model::FILE;
pub use fit::{Note, RelationReport, RelationSettings};
pub use gold::{FoundRelation, GoldRelation, compare};

/// `training/recipes/relations.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationRecipe {
    /// `relations`.
    pub stage: String,
    /// Model folder whose tagger reads the notes and that gets `relations.json.gz`.
    pub base: PathBuf,
    /// Code sets folder.
    pub codesets: PathBuf,
    /// Folder of the corpora (`labels`, `authored`); `SUPERBILL_SHARED` points elsewhere.
    pub corpora: PathBuf,
    /// Folder of the log of losses (`metrics.jsonl`) and their plot (`metrics.svg`).
    pub run: PathBuf,
    /// Whether the authored notes teach as well as the real ones.
    #[serde(default)]
    pub authored: bool,
    /// Settings of the fit.
    pub settings: RelationSettings,
}

/// Runs a recipe; the head goes to `out` (the recipe's base without it), whose manifest records it.
pub fn run(path: &Path, out: Option<&Path>, bar: &ProgressBar) -> Result<RelationReport, TrainError> {
    let problem = |reason: String| TrainError::Recipe { path: path.to_owned(), reason };
    let io = |path: &Path| {
        let path = path.to_owned();
        move |e: std::io::Error| TrainError::Io { path: path.clone(), reason: e.to_string() }
    };
    let text = std::fs::read_to_string(path).map_err(io(path))?;
    let recipe: RelationRecipe = toml::from_str(&text).map_err(|e| problem(e.message().to_owned()))?;
    if recipe.settings.epochs == 0 {
        return Err(problem("settings.epochs must be 1 or more".to_owned()));
    }
    let corpora = corpora::folder(&recipe.corpora);
    let mut documents: Vec<LabelledDocument> = labels::load(&corpora.join("labels"), Split::Train)?;
    if recipe.authored {
        documents.extend(labels::load_authored(&corpora.join("authored"))?);
    }
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    let reader = Reader::open(&recipe.base, &recipe.codesets, "cpu").map_err(|e| problem(e.to_string()))?;
    bar.set_length((documents.len() + 6) as u64);
    let read = |d: &LabelledDocument| -> Result<Note, TrainError> {
        let reading = reader.read(&d.encounter(), jiff::civil::date(2026, 5, 4)).map_err(|e| problem(e.to_string()))?;
        bar.inc(1);
        Ok(Note {
            id: d.id.clone(),
            gold: d.relations.iter().map(|r| GoldRelation::of(&reading.document.text, r)).collect(),
            mentions: reading.extraction.mentions,
            document: reading.document,
        })
    };
    let notes: Vec<Note> = documents.par_iter().map(read).collect::<Result<_, _>>()?;
    let (weights, report) = fit::fit(&notes, &recipe.settings, &|| bar.inc(1));
    std::fs::create_dir_all(&recipe.run).map_err(io(&recipe.run))?;
    let log = recipe.run.join("metrics.jsonl");
    let lines = report.losses.iter().map(|e| serde_json::to_string(e).map(|line| line + "\n")).collect::<Result<String, _>>();
    std::fs::write(&log, lines.map_err(|e| problem(e.to_string()))?).map_err(io(&log))?;
    plot::write(&log)?;
    let folder = out.unwrap_or(&recipe.base);
    let bytes = packed_json::pack(&weights).map_err(io(folder))?;
    let file = folder.join(FILE);
    std::fs::write(&file, bytes).map_err(io(&file))?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        manifest.record(folder, FILE)?;
        manifest.write(folder)?;
    }
    Ok(report)
}
