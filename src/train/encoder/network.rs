//! The transformer over trainable variables on a device.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Linear, Module, VarBuilder};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::adam::DeviceAdamW;
use super::recipe::Recipe;
use crate::encoder::bert::{BertConfig, Branch, Dropout, Trunk};
use crate::encoder::fused::Pack;
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::store;
use crate::encoder::tokens::Pieces;
use crate::extract::heads::{self, Heads};
use crate::train::TrainError;
use crate::train::tagging::run::fresh_heads;

/// Names of the language task's own weights; they are not kept.
const LANGUAGE: &str = "language.";

/// Sequences after a branch.
pub struct Upper {
    /// (rows, dim)
    pub hidden: Tensor,
    /// Which rows are which sequence.
    pub pack: Arc<Pack>,
}

/// Everything that learns.
pub struct Network {
    /// Sizes.
    pub config: BertConfig,
    /// Where it lives.
    pub device: Device,
    /// Lower layers.
    pub trunk: Trunk,
    /// Mentions.
    pub tagging: Branch,
    /// Retrieval.
    pub linking: Branch,
    /// Heads of the tagging branch.
    pub heads: Heads,
    /// Word vectors, tied to the language task's output.
    words: Tensor,
    language: Linear,
    language_bias: Tensor,
    /// Hides a word piece from the language task.
    pub mask: u32,
}

impl Network {
    /// The base's weights as variables, with their optimizer.
    pub fn open(recipe: &Recipe, pieces: &Pieces, device: &Device) -> Result<(Self, DeviceAdamW), TrainError> {
        let mask = pieces.mask().ok_or_else(|| TrainError::Recipe {
            path: recipe.base.clone(),
            reason: "its tokenizer has no [MASK], which the language task needs".to_owned(),
        })?;
        let record = Manifest::read(&recipe.base)?;
        let config = record.config.clone();
        let (depth, layers) = (record.trunk_layers, config.num_hidden_layers);
        let mut variables = Vec::new();
        let mut part = |file: &str, prefix: &str, rate: f64| -> Result<HashMap<String, Tensor>, TrainError> {
            record.verify(&recipe.base, file)?;
            let weights = store::read(&recipe.base.join(file), &Device::Cpu)?.into_iter().collect::<BTreeMap<_, _>>();
            learn(&mut variables, weights, prefix, rate, device)
        };
        let trunk_weights = part(manifest::TRUNK, "trunk/", recipe.trunk_learning_rate)?;
        let tagging = part(manifest::TAGGING, "tagging/", recipe.branch_learning_rate)?;
        let linking = part(manifest::LINKING, "linking/", recipe.branch_learning_rate)?;
        // A base that has heads goes on with them.
        let known = record.files.contains_key(heads::FILE);
        let heads = if known {
            part(heads::FILE, "heads/", recipe.head_learning_rate)?
        } else {
            let fresh = fresh_heads(config.hidden_size, recipe.seed)?;
            learn(&mut variables, fresh, "heads/", recipe.head_learning_rate, device)?
        };
        let own = learn(&mut variables, fresh_language(&config, recipe.seed ^ 2)?, LANGUAGE, recipe.head_learning_rate, device)?;
        let words = trunk_weights.get("embeddings.word_embeddings.weight").cloned();
        let words = words.ok_or_else(|| candle_core::Error::Msg("the trunk has no word vectors".to_owned()))?;
        let builder = |weights| VarBuilder::from_tensors(weights, DType::F32, device);
        let own = builder(own);
        let dim = config.hidden_size;
        let network = Self {
            trunk: Trunk::load(builder(trunk_weights), &config, depth)?,
            tagging: Branch::load(builder(tagging), &config, depth..layers)?,
            linking: Branch::load(builder(linking), &config, depth..layers)?,
            heads: Heads::new(builder(heads), dim)?,
            language: Linear::new(own.get((dim, dim), "dense.weight")?, Some(own.get(dim, "dense.bias")?)),
            language_bias: own.get(config.vocab_size, "output.bias")?,
            words,
            config,
            mask,
            device: device.clone(),
        };
        let optimizer = DeviceAdamW::new(variables, recipe.weight_decay, recipe.clip)?;
        Ok((network, optimizer))
    }

    /// One pass through the trunk for the sequences of both branches: rows of the tagging, and of the linking branch.
    pub fn read(&self, tagging: &[&[u32]], linking: &[&[u32]], dropout: Option<&Dropout>) -> Result<[Upper; 2], TrainError> {
        let all: Vec<&[u32]> = tagging.iter().chain(linking).copied().collect();
        let pack = Arc::new(Pack::new(all.iter().map(|s| s.len()), &self.device)?);
        let lower = self.trunk.forward_packed(&all, &pack, dropout)?;
        let mut first = 0;
        let mut upper = |branch: &Branch, own: &[&[u32]]| -> Result<Upper, TrainError> {
            let pack = Arc::new(Pack::new(own.iter().map(|s| s.len()), &self.device)?);
            let rows = lower.narrow(0, first, pack.rows())?;
            first += pack.rows();
            Ok(Upper { hidden: branch.forward_packed(&rows, &pack, dropout)?, pack })
        };
        Ok([upper(&self.tagging, tagging)?, upper(&self.linking, linking)?])
    }

    /// Sequences after the tagging branch, without dropout.
    pub fn tag(&self, sequences: &[&[u32]]) -> Result<Upper, TrainError> {
        self.alone(&self.tagging, sequences)
    }

    /// Sequences after the linking branch, without dropout.
    pub fn link(&self, sequences: &[&[u32]]) -> Result<Upper, TrainError> {
        self.alone(&self.linking, sequences)
    }

    fn alone(&self, branch: &Branch, sequences: &[&[u32]]) -> Result<Upper, TrainError> {
        let pack = Arc::new(Pack::new(sequences.iter().map(|s| s.len()), &self.device)?);
        let lower = self.trunk.forward_packed(sequences, &pack, None)?.detach();
        Ok(Upper { hidden: branch.forward_packed(&lower, &pack, None)?.detach(), pack })
    }

    /// Scores of all word pieces for hidden rows (n, dim) → (n, vocabulary).
    pub fn word_scores(&self, rows: &Tensor) -> Result<Tensor, TrainError> {
        let rows = self.language.forward(rows)?.gelu()?;
        Ok(rows.matmul(&self.words.t()?)?.broadcast_add(&self.language_bias)?)
    }
}

/// Makes variables of weights; returns their tensors by name without prefix.
fn learn(
    variables: &mut Vec<(String, Var, f64)>,
    weights: BTreeMap<String, Tensor>,
    prefix: &str,
    rate: f64,
    device: &Device,
) -> Result<HashMap<String, Tensor>, TrainError> {
    let mut tensors = HashMap::new();
    for (name, tensor) in weights {
        let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?.to_device(device)?)?;
        tensors.insert(name.clone(), var.as_tensor().clone());
        variables.push((format!("{prefix}{name}"), var, rate));
    }
    Ok(tensors)
}

fn fresh_language(config: &BertConfig, seed: u64) -> Result<BTreeMap<String, Tensor>, TrainError> {
    let dim = config.hidden_size;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let bound = (3.0 / dim as f32).sqrt();
    let dense: Vec<f32> = (0..dim * dim).map(|_| (random.random::<f32>() * 2.0 - 1.0) * bound).collect();
    Ok(BTreeMap::from([
        ("dense.weight".to_owned(), Tensor::from_vec(dense, (dim, dim), &Device::Cpu)?),
        ("dense.bias".to_owned(), Tensor::zeros(dim, DType::F32, &Device::Cpu)?),
        ("output.bias".to_owned(), Tensor::zeros(config.vocab_size, DType::F32, &Device::Cpu)?),
    ]))
}

/// Writes the learned weights into a model folder in compact form and records them in its manifest.
pub fn export(
    recipe: &Recipe,
    weights: BTreeMap<String, Tensor>,
    documents: &str,
    figures: serde_json::Value,
    out: &Path,
) -> Result<(), TrainError> {
    let io = |e: std::io::Error| TrainError::Io { path: out.to_owned(), reason: e.to_string() };
    std::fs::create_dir_all(out).map_err(io)?;
    let mut record = Manifest::read(&recipe.base)?;
    for (prefix, file) in
        [("trunk/", manifest::TRUNK), ("tagging/", manifest::TAGGING), ("linking/", manifest::LINKING), ("heads/", heads::FILE)]
    {
        let own: BTreeMap<String, Tensor> =
            weights.iter().filter_map(|(n, t)| Some((n.strip_prefix(prefix)?.to_owned(), t.clone()))).collect();
        store::write(&out.join(file), &own, store::Precision::Compact)?;
        record.record(out, file)?;
    }
    if out != recipe.base {
        std::fs::copy(recipe.base.join(manifest::TOKENIZER), out.join(manifest::TOKENIZER)).map_err(io)?;
    }
    let list = crate::train::tagging::export::DOCUMENTS;
    // What taught the base has taught this one too.
    let before = std::fs::read_to_string(recipe.base.join(list)).unwrap_or_default();
    let documents: BTreeSet<&str> = before.lines().chain(documents.lines()).collect();
    let count = documents.len();
    std::fs::write(out.join(list), documents.into_iter().collect::<Vec<_>>().join("\n") + "\n").map_err(io)?;
    record.record(out, list)?;
    let mut settings = serde_json::to_value(recipe).unwrap_or_default();
    if let Some(settings) = settings.as_object_mut() {
        // Paths are of the machine that trained, not of the model.
        settings.retain(|key, _| !["base", "codesets", "data", "dataset"].contains(&key.as_str()));
    }
    record.recipe = serde_json::json!({"encoder": {"settings": settings, "dev": figures}});
    record.data = serde_json::json!([{"stage": "encoder", "split": "train", "tagging": recipe.tagging,
        "language": recipe.language, "linking": "ICD-10-CM titles and index, phrase lexicon, Disease Ontology, Mondo, labelled mentions",
        "documents": list, "count": count}]);
    record.write(out)?;
    Ok(())
}
