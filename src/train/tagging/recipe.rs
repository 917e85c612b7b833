//! A recipe: everything that decides a training run, read from TOML.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::train::TrainError;
use crate::train::data::corpora;

/// A recipe of the tagging stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Which stage this is; `tagging`.
    pub stage: String,
    /// Name in logs and the model card.
    pub name: String,
    /// Every random decision follows from it.
    pub seed: u64,
    /// Model folder whose trunk, tokenizer and branch the run starts from.
    pub base: PathBuf,
    /// Published checkpoint (safetensors) from which the branch's layers start; the base's tagging branch without it.
    #[serde(default)]
    pub initial: Option<PathBuf>,
    /// Folder with all corpora.
    pub corpora: PathBuf,
    /// Where checkpoints, activations and the metrics log go.
    pub run: PathBuf,
    /// Word pieces of one micro-batch, padding counted.
    pub micro_batch_tokens: usize,
    /// Micro-batches whose gradients make one step; they run on as many threads as `threads`.
    pub accumulate: usize,
    /// Worker threads.
    pub threads: usize,
    /// Share of the steps in which the rate rises.
    pub warmup: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// Dropout on the vectors that the heads read.
    pub dropout: f32,
    /// Weight of the assertion loss beside the tagging loss.
    pub assertion_weight: f64,
    /// Weight of "outside" on words that a corpus neither lists nor rules out.
    pub unknown_outside_weight: f32,
    /// Branch and heads together.
    pub joint: Phase,
    /// Then the heads alone on the vectors of the branch that has learned.
    pub heads: Phase,
    /// List of the training documents (corpus, tab, id; one a line); all of the sources without it.
    #[serde(default)]
    pub documents: Option<PathBuf>,
    /// Sources with their parts.
    pub sources: Vec<Source>,
    /// Dev documents a corpus for the evaluations during training.
    pub dev_documents: usize,
}

/// One phase of learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Passes over the training data.
    pub epochs: usize,
    /// Highest learning rate of the branch; not read where the heads learn alone.
    #[serde(default)]
    pub branch_learning_rate: f64,
    /// Highest learning rate of the heads.
    pub head_learning_rate: f64,
    /// Evaluations on dev in one epoch.
    pub evaluations_per_epoch: usize,
    /// Stops after this many evaluations without a better score.
    pub patience: usize,
    /// Ends after this many minutes, keeping the best; the learning rate falls accordingly.
    pub most_minutes: f64,
}

/// One corpus in the mix.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the corpus.
    pub corpus: String,
    /// Weight of its tagging loss.
    #[serde(default = "one")]
    pub weight: f32,
    /// Takes only the first so many documents (all without it).
    #[serde(default)]
    pub most: Option<usize>,
}

fn one() -> f32 {
    1.0
}

impl Recipe {
    /// Reads and checks a recipe; relative paths count from the working directory.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::Io { path: path.to_owned(), reason: e.to_string() })?;
        let mut recipe: Recipe =
            toml::from_str(&text).map_err(|e| TrainError::Recipe { path: path.to_owned(), reason: e.to_string() })?;
        recipe.corpora = corpora::folder(&recipe.corpora);
        let wrong = |reason: &str| Err(TrainError::Recipe { path: path.to_owned(), reason: reason.to_owned() });
        if recipe.stage != "tagging" {
            return wrong("stage: only `tagging` is known");
        }
        if recipe.accumulate == 0 || recipe.threads == 0 || recipe.micro_batch_tokens < 200 {
            return wrong("accumulate and threads must be 1 or more, micro_batch_tokens 200 or more");
        }
        if recipe.sources.is_empty() {
            return wrong("sources: name at least one corpus");
        }
        Ok(recipe)
    }
}
