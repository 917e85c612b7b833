//! Counts which subcategories of one ICD-10-CM category labelled notes report side by side, and which codes they accept in each other's
//! place.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::second_look::{charts, clinic_notes, training_documents};
use super::data::{LabelledDocument, Role, corpora, labels};
use super::error::TrainError;
use crate::coding::diagnoses::side_by_side::{FILE, subcategories};
use crate::coding::said_once;

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
    /// Pairs of diagnoses that any note accepts in each other's place, and those written.
    pub diagnoses: [usize; 2],
    /// The same of services.
    pub services: [usize; 2],
}

const HEAD: &str = "# Subcategories of one category that training notes report together, written by training
# (training/recipes/side_by_side.toml): two subcategories and the number of notes.
";

const HEAD_IN_PLACE: &str =
    "# Codes that training notes accept in each other's place and seldom report side by side, written by training
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
    let of_diagnoses: Vec<Vec<Labelled<'_>>> = documents.iter().map(diagnoses).collect();
    let of_services: Vec<Vec<Labelled<'_>>> = documents.iter().map(services).collect();
    let both = reported(&of_diagnoses, subcategories);
    let side_by_side = write(FILE, HEAD, &both, &|_, notes| notes >= recipe.least)?;
    let in_place = |file: &str, notes: &[Vec<Labelled<'_>>]| {
        let both = reported(notes, in_order);
        let beside = |pair: &(&str, &str)| both.get(pair).copied().unwrap_or(0);
        let keep = |pair: &(&str, &str), notes| notes >= recipe.least_in_place && notes >= recipe.times * beside(pair);
        write(file, HEAD_IN_PLACE, &accepted(notes), &keep)
    };
    let [diagnoses, services] = [in_place(said_once::DIAGNOSES, &of_diagnoses)?, in_place(said_once::SERVICES, &of_services)?];
    Ok(SideBySideReport { documents: documents.len(), side_by_side, diagnoses, services })
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

/// A diagnosis or service of a label: the code and those accepted in its place, and whether it must be reported.
struct Labelled<'d> {
    codes: BTreeSet<&'d str>,
    code: &'d str,
    required: bool,
}

impl<'d> Labelled<'d> {
    fn new(code: &'d str, alternatives: &'d [String], required: bool) -> Self {
        Self { codes: std::iter::once(code).chain(alternatives.iter().map(String::as_str)).collect(), code, required }
    }
}

fn diagnoses(document: &LabelledDocument) -> Vec<Labelled<'_>> {
    document.diagnoses.iter().map(|d| Labelled::new(&d.code, &d.alternatives, d.role != Role::Optional)).collect()
}

fn services(document: &LabelledDocument) -> Vec<Labelled<'_>> {
    document.procedures.iter().map(|p| Labelled::new(&p.code, &p.alternatives, p.certain)).collect()
}

/// Notes by pair of what they report in two diagnoses or services.
fn reported<'d>(notes: &[Vec<Labelled<'d>>], pair_of: PairOf) -> Pairs<'d> {
    let required = |note: &Vec<Labelled<'d>>| note.iter().filter(|l| l.required).map(|l| l.code).collect();
    counted(notes.iter().map(|note| pairs_of(&required(note), pair_of)))
}

/// Notes by pair of codes that they accept for one diagnosis or service.
fn accepted<'d>(notes: &[Vec<Labelled<'d>>]) -> Pairs<'d> {
    counted(notes.iter().map(|note| note.iter().flat_map(|l| pairs_of(&l.codes, in_order)).collect()))
}

fn counted<'d>(notes: impl Iterator<Item = BTreeSet<(&'d str, &'d str)>>) -> Pairs<'d> {
    let mut pairs = Pairs::new();
    for pair in notes.flatten() {
        *pairs.entry(pair).or_default() += 1;
    }
    pairs
}
