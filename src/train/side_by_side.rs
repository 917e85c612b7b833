//! Counts which subcategories of one ICD-10-CM category labelled notes report side by side, and which codes they accept in each other's
//! place.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::second_look::{charts, clinic_notes, training_documents};
use super::data::{LabelledDocument, Role, corpora, labels};
use super::error::TrainError;
use crate::coding::diagnoses::said_once;
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
    /// Folder of the tables that are written; the program embeds them when it is built again.
    pub out: PathBuf,
    /// Notes that must report two subcategories together.
    pub least: usize,
    /// Notes that must accept two codes in each other's place.
    pub least_in_place: usize,
    /// How many times as many notes must accept them so as report both.
    pub times: usize,
}

/// What was counted.
#[derive(Clone, Debug, Serialize)]
pub struct SideBySideReport {
    /// Notes read.
    pub documents: usize,
    /// Pairs of subcategories that any note reports together, and those written.
    pub side_by_side: [usize; 2],
    /// Pairs of codes that any note accepts in each other's place, and those written.
    pub in_place: [usize; 2],
}

const HEAD: &str = "# Subcategories of one category that training notes report together, written by training
# (training/recipes/side_by_side.toml): two subcategories and the number of notes.
";

const HEAD_IN_PLACE: &str = "# Codes that training notes accept in each other's place and seldom report side by side, written by training
# (training/recipes/side_by_side.toml): two codes and the number of notes.
";

/// Runs a recipe and writes the tables (into `out` where given).
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
    let folder = out.map_or_else(|| recipe.out.clone(), Path::to_owned);
    let write = |file: &str, head: &str, pairs: &Pairs<'_>, keep: &dyn Fn(&(&str, &str), usize) -> bool| {
        let kept = pairs.iter().filter(|(pair, notes)| keep(pair, **notes));
        let rows: Vec<String> = kept.map(|((a, b), notes)| format!("{a}\t{b}\t{notes}\n")).collect();
        let path = folder.join(file);
        std::fs::write(&path, format!("{head}{}", rows.concat())).map_err(|e| io(&path, e))?;
        Ok::<_, TrainError>([pairs.len(), rows.len()])
    };
    let both = reported(&documents, subcategories);
    let side_by_side = write(FILE, HEAD, &both, &|_, notes: usize| notes >= recipe.least)?;
    let both = reported(&documents, in_order);
    let beside = |pair: &(&str, &str)| both.get(pair).copied().unwrap_or(0);
    let enough = |pair: &(&str, &str), notes: usize| notes >= recipe.least_in_place && notes >= recipe.times * beside(pair);
    let in_place = write(said_once::FILE, HEAD_IN_PLACE, &accepted(&documents), &enough)?;
    Ok(SideBySideReport { documents: documents.len(), side_by_side, in_place })
}

/// Notes by pair of codes or subcategories, the lesser first.
type Pairs<'d> = BTreeMap<(&'d str, &'d str), usize>;

/// What pair two codes are, if any.
type PairOf = for<'c> fn(&'c str, &'c str) -> Option<(&'c str, &'c str)>;

/// Two codes, the lesser first.
fn in_order<'c>(a: &'c str, b: &'c str) -> Option<(&'c str, &'c str)> {
    (a < b).then_some((a, b))
}

/// The pairs of a set of codes.
fn pairs_of<'d>(codes: &BTreeSet<&'d str>, pair_of: PairOf) -> BTreeSet<(&'d str, &'d str)> {
    codes.iter().flat_map(|a| codes.iter().filter_map(|b| pair_of(a, b))).collect()
}

/// Notes by pair of what they report in two diagnoses.
fn reported(documents: &[LabelledDocument], pair_of: PairOf) -> Pairs<'_> {
    let of_note = |document| {
        let document: &LabelledDocument = document;
        let required = document.diagnoses.iter().filter(|d| d.role != Role::Optional);
        pairs_of(&required.map(|d| d.code.as_str()).collect(), pair_of)
    };
    counted(documents.iter().map(of_note))
}

/// Notes by pair of codes that they accept for one diagnosis.
fn accepted(documents: &[LabelledDocument]) -> Pairs<'_> {
    let of_note = |document| {
        let document: &LabelledDocument = document;
        let accepted = document.diagnoses.iter().map(|d| {
            let codes = std::iter::once(&d.code).chain(&d.alternatives).map(String::as_str).collect();
            pairs_of(&codes, in_order)
        });
        accepted.flatten().collect()
    };
    counted(documents.iter().map(of_note))
}

fn counted<'d>(notes: impl Iterator<Item = BTreeSet<(&'d str, &'d str)>>) -> Pairs<'d> {
    let mut pairs = Pairs::new();
    for pair in notes.flatten() {
        *pairs.entry(pair).or_default() += 1;
    }
    pairs
}
