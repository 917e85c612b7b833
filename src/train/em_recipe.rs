//! The recipe of the E/M weights: settings of a visit by its words, and how the elements found weigh in the columns.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::corpora;
use super::error::TrainError;
use super::{em, em_settings, em_short, em_visits};
use crate::codeset::CodeSets;

/// `training/recipes/em.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmRecipe {
    /// `em`.
    pub stage: String,
    /// Folder of the corpora (`labels`, `authored`); `SUPERBILL_SHARED` points elsewhere.
    pub corpora: PathBuf,
    /// The project's own second reading and further notes (`training/labels`).
    #[serde(default)]
    pub labels: Option<PathBuf>,
    /// Folder of the code-set tables, for the global days of procedures.
    #[serde(default = "code_sets")]
    pub codesets: PathBuf,
    /// File that gets a line for every training visit: what is labelled and what was found without its fold.
    #[serde(default)]
    pub visits: Option<PathBuf>,
    /// Folder that gets `settings.tsv` and `weights.toml`; the program embeds them when it is built again.
    pub out: PathBuf,
}

fn code_sets() -> PathBuf {
    PathBuf::from("codesets")
}

/// What the out-of-fold checks found.
#[derive(Clone, Debug, Serialize)]
pub struct EmReport {
    /// Settings of labelled notes, of authored ones, and of short encounters.
    pub settings: [em_settings::Check; 3],
    /// Levels of whole visits by the settings of their fold, for the same three.
    pub visits: [em_visits::Levels; 3],
    /// Levels of the columns and of the whole.
    pub levels: em::Check,
    /// Thresholds chosen out of fold: how probable a higher level of open problems must be, how improbable the table's.
    pub chosen: [f64; 2],
    /// Thresholds kept (the stricter ones of `KEPT` where they are stricter).
    pub kept: [f64; 2],
}

/// The table gives way only where it is improbable: visits written from the rules, which no labels teach, must keep the
/// table's level, so the thresholds are never more lenient than these.
const KEPT: [f64; 2] = [0.6, 0.2];

const HEAD: &str =
    "# Weights of the E/M elements, written by training (training/recipes/em.toml) on labels/train and the authored notes.
# A level holds when the sum of the weights of the features found exceeds its threshold. The table's level stands unless
# it is less probable than lower (one level down) or, for problems of open nature, the next is at least raise.
";

const HEAD_OF_SHORT: &str =
    "# Weights of elements and words (w:) in short notes, written by training (training/recipes/em.toml) on short encounters.
";

/// Runs a recipe and writes the three files into its `out` (or into `out` where given).
pub fn run(recipe: &Path, out: Option<&Path>) -> Result<EmReport, TrainError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |e: std::io::Error| TrainError::Io { path: path.clone(), reason: e.to_string() }
    };
    let text = std::fs::read_to_string(recipe).map_err(io(recipe))?;
    let parsed: EmRecipe =
        toml::from_str(&text).map_err(|e| TrainError::Recipe { path: recipe.to_owned(), reason: e.message().to_owned() })?;
    let corpora = corpora::folder(&parsed.corpora);
    let out = out.unwrap_or(&parsed.out);
    let fitted = em_settings::fit(&corpora, parsed.labels.as_deref())?;
    let tables = CodeSets::open(&parsed.codesets)
        .map_err(|e| TrainError::Recipe { path: recipe.to_owned(), reason: format!("codesets: {e}") })?;
    let short_visits = em_short::visits(&fitted.documents);
    let short_folds: Vec<crate::em::Weights> =
        (0..fitted.folds.len()).map(|fold| em_short::fit(&short_visits, &|v| v.place % fitted.folds.len() != fold)).collect();
    let short = em_short::fit(&short_visits, &|_| true);
    let mut told = String::new();
    let visits = em_visits::check(&fitted, &short_folds, &tables, &mut |d, part, result, outcome, settings| {
        let line = serde_json::json!({
            "id": d.id, "part": part, "labelled": d.em.as_ref().map(|e| (&e.code, &e.alternatives)),
            "found": result.code, "outcome": format!("{outcome:?}"), "category": result.category, "reason": result.reason,
            "levels": [&result.problems.level, &result.data.level, &result.risk.level], "settings": settings,
        });
        told.push_str(&format!("{line}\n"));
    });
    if let Some(path) = &parsed.visits {
        std::fs::write(path, told).map_err(io(path))?;
    }
    let (mut weights, levels) = em::fit(&corpora, parsed.labels.as_deref())?;
    let chosen = [weights.raise, weights.lower];
    weights.raise = weights.raise.max(KEPT[0]);
    weights.lower = weights.lower.min(KEPT[1]);
    let written = toml::to_string(&weights).map_err(|e| TrainError::Recipe { path: recipe.to_owned(), reason: e.to_string() })?;
    let short = toml::to_string(&short).map_err(|e| TrainError::Recipe { path: recipe.to_owned(), reason: e.to_string() })?;
    let files = [
        ("settings.tsv", fitted.weights.to_tsv()),
        ("weights.toml", format!("{HEAD}{written}")),
        ("weights_short.toml", format!("{HEAD_OF_SHORT}{short}")),
    ];
    for (name, content) in files {
        let path = out.join(name);
        std::fs::write(&path, content).map_err(io(&path))?;
    }
    Ok(EmReport { settings: fitted.checks, visits, levels, chosen, kept: [weights.raise, weights.lower] })
}
