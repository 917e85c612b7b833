//! What decides a run of the encoder stage, read from TOML.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::train::TrainError;

/// A recipe of the encoder stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Which stage this is; `encoder`.
    pub stage: String,
    /// Name in the manifest.
    pub name: String,
    /// Every random decision on the CPU follows from it.
    pub seed: u64,
    /// Model folder with the tokenizer and the weights that the run starts from.
    pub base: PathBuf,
    /// Tables, for the titles of codes.
    pub codesets: PathBuf,
    /// The project's data folder (`corpora`, `codesets`).
    pub data: PathBuf,
    /// The prepared data; made where it does not exist.
    pub dataset: PathBuf,
    /// Corpora of the tagging task.
    pub tagging: Vec<String>,
    /// The project's own readings (`training/labels`): its notes and short charts teach linking by the words that stand for
    /// their codes, and their text joins the unlabelled one.
    #[serde(default)]
    pub labels: Option<PathBuf>,
    /// Unlabelled text beside the tagging corpora: `mtsamples`, `aci-bench`, `codiesp`.
    pub language: Vec<String>,
    /// Half of the labelled notes (0 or 1) that this run must not see: its model reads them for the later stages.
    #[serde(default)]
    pub hold_out: Option<u8>,
    /// Steps.
    pub steps: usize,
    /// Ends after so many minutes at the latest; the learning rate falls with whichever is further on.
    pub most_minutes: f64,
    /// Share of the steps in which the rate rises.
    pub warmup: f64,
    /// Highest learning rate of embeddings and trunk.
    pub trunk_learning_rate: f64,
    /// Of the branches.
    pub branch_learning_rate: f64,
    /// Of the heads.
    pub head_learning_rate: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// Dropout inside the transformer and before the heads.
    pub dropout: f32,
    /// Word pieces (padding counted) of a step's tagging batch.
    pub tagging_tokens: usize,
    /// Word pieces of a step's batch of unlabelled text.
    pub language_tokens: usize,
    /// Names of codes in a step's linking batch.
    pub names: usize,
    /// Chunks of notes with coded mentions in a step's linking batch.
    pub mention_chunks: usize,
    /// Weight of the assertion loss.
    pub assertion_weight: f64,
    /// Weight of the linking loss.
    pub linking_weight: f64,
    /// Weight of the language loss.
    pub language_weight: f64,
    /// Weight of "outside" on words that a corpus neither lists nor rules out.
    pub unknown_outside_weight: f32,
    /// Divides cosines before the softmax.
    pub temperature: f64,
    /// Steps between two dev measurements; at each the run leaves what it needs to be taken up again.
    pub evaluate_every: usize,
    /// Ends after so many measurements in a row without a better one (share of dev mentions whose title is nearest, less the
    /// tagging loss) and keeps the weights of the best; without it the last weights are kept.
    #[serde(default)]
    pub patience: Option<usize>,
}

impl Recipe {
    /// Reads and checks a recipe; relative paths count from the working directory.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::Io { path: path.to_owned(), reason: e.to_string() })?;
        let wrong = |reason: String| TrainError::Recipe { path: path.to_owned(), reason };
        let mut recipe: Recipe = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if let Some(shared) = std::env::var_os("SUPERBILL_SHARED") {
            recipe.data = PathBuf::from(shared).join("data");
        }
        if recipe.steps == 0 || recipe.tagging_tokens < 200 || recipe.evaluate_every == 0 {
            return Err(wrong("steps and evaluate_every must be 1 or more, tagging_tokens 200 or more".to_owned()));
        }
        if recipe.hold_out.is_some_and(|half| half > 1) {
            return Err(wrong("hold_out must be 0 or 1: the half of the labelled notes to leave out".to_owned()));
        }
        if recipe.temperature.is_nan() || recipe.temperature <= 0.0 {
            return Err(wrong("temperature must be above 0".to_owned()));
        }
        Ok(recipe)
    }
}
