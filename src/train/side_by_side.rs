//! Counts which subcategories of one ICD-10-CM category labelled notes report side by side.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::second_look::{charts, clinic_notes, training_documents};
use super::data::{LabelledDocument, Role, corpora, labels};
use super::error::TrainError;
use crate::coding::diagnoses::side_by_side::{FILE, subcategories};

/// `training/recipes/side_by_side.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideBySideRecipe {
    /// `side_by_side`.
    pub stage: String,
    /// Folder of the corpora (`labels`, `authored`); `SUPERBILL_SHARED` points elsewhere.
    pub corpora: PathBuf,
    /// The project's own labels (`training/labels`).
    pub labels: PathBuf,
    /// The table that is written; the program embeds it when it is built again.
    pub out: PathBuf,
    /// Notes that must report two subcategories together.
    pub least: usize,
}

/// What was counted.
#[derive(Clone, Debug, Serialize)]
pub struct SideBySideReport {
    /// Notes read.
    pub documents: usize,
    /// Pairs of subcategories that any note reports together.
    pub pairs: usize,
    /// Pairs written.
    pub written: usize,
}

const HEAD: &str = "# Subcategories of one category that training notes report together, written by training
# (training/recipes/side_by_side.toml): two subcategories and the number of notes.
";

/// Runs a recipe and writes the table (into `out` where given).
pub fn run(recipe: &Path, out: Option<&Path>) -> Result<SideBySideReport, TrainError> {
    let io = |path: &Path, e: std::io::Error| TrainError::Io { path: path.to_owned(), reason: e.to_string() };
    let text = std::fs::read_to_string(recipe).map_err(|e| io(recipe, e))?;
    let problem = |e: toml::de::Error| TrainError::Recipe { path: recipe.to_owned(), reason: e.message().to_owned() };
    let recipe: SideBySideRecipe = toml::from_str(&text).map_err(problem)?;
    let folder = corpora::folder(&recipe.corpora);
    let mut documents = training_documents(&folder, Some(&recipe.labels))?;
    documents.extend(labels::load_authored(&folder.join("authored"))?);
    documents.extend(charts(&recipe.labels)?);
    documents.extend(clinic_notes(&recipe.labels)?);
    let pairs = pairs_of(&documents);
    let rows = pairs.iter().filter(|(_, notes)| **notes >= recipe.least);
    let rows: Vec<String> = rows.map(|((a, b), notes)| format!("{a}\t{b}\t{notes}\n")).collect();
    let path = out.map_or_else(|| recipe.out.clone(), |folder| folder.join(FILE));
    std::fs::write(&path, format!("{HEAD}{}", rows.concat())).map_err(|e| io(&path, e))?;
    Ok(SideBySideReport { documents: documents.len(), pairs: pairs.len(), written: rows.len() })
}

/// Notes by pair of subcategories that they report.
fn pairs_of(documents: &[LabelledDocument]) -> BTreeMap<(&str, &str), usize> {
    let mut pairs = BTreeMap::new();
    for document in documents {
        let required = document.diagnoses.iter().filter(|d| d.role != Role::Optional);
        let codes: BTreeSet<&str> = required.map(|d| d.code.as_str()).collect();
        let together: BTreeSet<(&str, &str)> =
            codes.iter().flat_map(|a| codes.iter().filter_map(|b| subcategories(a, b))).collect();
        together.into_iter().for_each(|pair| *pairs.entry(pair).or_default() += 1);
    }
    pairs
}
