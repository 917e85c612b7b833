//! The BERT encoder (Devlin et al. 2019), one definition for training and inference.
//!
//! Written in differentiable candle operations: candle-nn's fused LayerNorm and last-dimension softmax have no
//! backward pass and would silently freeze every layer below them. They are used only in [`Mode::Inference`].
//!
//! The model is cut in two so that tasks share work: a [`Trunk`] (embeddings and the lower layers) is computed once,
//! and each [`Branch`] (a task's own copy of the upper layers) continues from its output.
//!
//! Weights are named as in the published checkpoints (`embeddings.word_embeddings.weight`,
//! `encoder.layer.0.attention.self.query.weight`, …). A branch's weights carry the same names in a file of their own.
//!
//! Training keeps weights in a [`candle_nn::VarMap`]: see [`variables`].
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::{Module, VarBuilder, VarMap};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The sizes of a model, read from the published `config.json`; unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BertConfig {
    #[serde(default = "default_model_type")]
    pub model_type: String,
    /// Rows of the word embedding table.
    pub vocab_size: usize,
    /// Width of a token vector.
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    /// Divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width inside the feed-forward block.
    pub intermediate_size: usize,
    #[serde(default = "default_activation")]
    pub hidden_act: Activation,
    /// Longest sequence in word pieces, `[CLS]` and `[SEP]` included.
    pub max_position_embeddings: usize,
    #[serde(default = "default_type_vocab_size")]
    pub type_vocab_size: usize,
    #[serde(default = "default_layer_norm_eps")]
    pub layer_norm_eps: f64,
    #[serde(default)]
    pub pad_token_id: u32,
}

fn default_model_type() -> String {
    "bert".to_owned()
}
fn default_activation() -> Activation {
    Activation::Gelu
}
fn default_type_vocab_size() -> usize {
    2
}
fn default_layer_norm_eps() -> f64 {
    1e-12
}

/// The feed-forward block's non-linearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x·Φ(x) with the error function.
    Gelu,
    /// Its tanh approximation.
    #[serde(alias = "gelu_pytorch_tanh")]
    GeluNew,
    /// max(x, 0)
    Relu,
}

/// How a forward pass is computed; the values agree within rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Differentiable operations only.
    Training,
    /// Fused operations without a backward pass.
    Inference,
}

/// Seeded dropout for training; candle's own cannot be seeded on the CPU (on a GPU, `Device::set_seed` does).
pub struct Dropout {
    probability: f32,
    random: RefCell<ChaCha8Rng>,
}

impl Dropout {
    /// Zeroes each value with `probability` and scales the others up.
    pub fn new(probability: f32, seed: u64) -> Self {
        Self { probability, random: RefCell::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// The probability and the seed of a fresh pattern.
    pub(super) fn pattern(&self) -> (f32, u32) {
        (self.probability, self.random.borrow_mut().random())
    }

    /// One application with a fresh mask.
    pub fn apply(&self, xs: &Tensor) -> Result<Tensor> {
        if self.probability <= 0.0 {
            return Ok(xs.clone());
        }
        if !xs.device().is_cpu() {
            // Masks made on the GPU, whose generator the run has seeded: copying them would take longer than the layer.
            return candle_nn::ops::dropout(xs, self.probability);
        }
        let (keep, scale) = (1.0 - self.probability, 1.0 / (1.0 - self.probability));
        let threshold = (keep as f64 * u32::MAX as f64) as u32;
        let mut random = self.random.borrow_mut();
        let mask: Vec<f32> =
            (0..xs.elem_count()).map(|_| if random.random::<u32>() <= threshold { scale } else { 0.0 }).collect();
        xs.mul(&Tensor::from_vec(mask, xs.shape(), xs.device())?)
    }
}

fn maybe_drop(xs: Tensor, dropout: Option<&Dropout>) -> Result<Tensor> {
    match dropout {
        Some(dropout) => dropout.apply(&xs),
        None => Ok(xs),
    }
}

pub(super) struct LayerNorm {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) eps: f32,
}

impl LayerNorm {
    fn load(vb: VarBuilder, config: &BertConfig) -> Result<Self> {
        let n = config.hidden_size;
        Ok(Self { weight: vb.get(n, "weight")?, bias: vb.get(n, "bias")?, eps: config.layer_norm_eps as f32 })
    }

    fn forward(&self, xs: &Tensor, mode: Mode) -> Result<Tensor> {
        match mode {
            Mode::Training => candle_nn::ops::layer_norm_slow(xs, &self.weight, &self.bias, self.eps),
            Mode::Inference => candle_nn::ops::layer_norm(&xs.contiguous()?, &self.weight, &self.bias, self.eps),
        }
    }
}

fn linear(inputs: usize, outputs: usize, vb: VarBuilder) -> Result<candle_nn::Linear> {
    Ok(candle_nn::Linear::new(vb.get((outputs, inputs), "weight")?, Some(vb.get(outputs, "bias")?)))
}

pub(super) struct Embeddings {
    pub(super) words: Tensor,
    pub(super) positions: Tensor,
    pub(super) types: Tensor,
    pub(super) norm: LayerNorm,
}

impl Embeddings {
    fn load(vb: VarBuilder, config: &BertConfig) -> Result<Self> {
        let n = config.hidden_size;
        Ok(Self {
            words: vb.get((config.vocab_size, n), "word_embeddings.weight")?,
            positions: vb.get((config.max_position_embeddings, n), "position_embeddings.weight")?,
            types: vb.get((config.type_vocab_size, n), "token_type_embeddings.weight")?,
            norm: LayerNorm::load(vb.pp("LayerNorm"), config)?,
        })
    }

    /// ids: (batch, length) u32 → (batch, length, hidden)
    fn forward(&self, ids: &Tensor, mode: Mode, dropout: Option<&Dropout>) -> Result<Tensor> {
        let (batch, length) = ids.dims2()?;
        let words = self.words.index_select(&ids.flatten_all()?, 0)?.reshape((batch, length, ()))?;
        // Every token is of type 0: we never pair two texts in one sequence.
        let places = self.positions.narrow(0, 0, length)?.broadcast_add(&self.types.narrow(0, 0, 1)?)?;
        maybe_drop(self.norm.forward(&words.broadcast_add(&places)?, mode)?, dropout)
    }
}

pub(super) struct Layer {
    pub(super) query: candle_nn::Linear,
    pub(super) key: candle_nn::Linear,
    pub(super) value: candle_nn::Linear,
    pub(super) attention_output: candle_nn::Linear,
    pub(super) attention_norm: LayerNorm,
    pub(super) intermediate: candle_nn::Linear,
    pub(super) output: candle_nn::Linear,
    pub(super) output_norm: LayerNorm,
    pub(super) heads: usize,
    pub(super) activation: Activation,
}

impl Layer {
    fn load(vb: VarBuilder, config: &BertConfig) -> Result<Self> {
        let (n, wide) = (config.hidden_size, config.intermediate_size);
        if config.num_attention_heads == 0 || !n.is_multiple_of(config.num_attention_heads) {
            candle_core::bail!("hidden_size {n} is not a multiple of num_attention_heads {}", config.num_attention_heads);
        }
        let attention = vb.pp("attention");
        Ok(Self {
            query: linear(n, n, attention.pp("self.query"))?,
            key: linear(n, n, attention.pp("self.key"))?,
            value: linear(n, n, attention.pp("self.value"))?,
            attention_output: linear(n, n, attention.pp("output.dense"))?,
            attention_norm: LayerNorm::load(attention.pp("output.LayerNorm"), config)?,
            intermediate: linear(n, wide, vb.pp("intermediate.dense"))?,
            output: linear(wide, n, vb.pp("output.dense"))?,
            output_norm: LayerNorm::load(vb.pp("output.LayerNorm"), config)?,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        })
    }

    /// (batch, length, hidden) → (batch, heads, length, hidden / heads)
    fn split_heads(&self, xs: &Tensor) -> Result<Tensor> {
        let (batch, length, hidden) = xs.dims3()?;
        xs.reshape((batch, length, self.heads, hidden / self.heads))?.transpose(1, 2)?.contiguous()
    }

    fn attention(&self, xs: &Tensor, bias: &Tensor, mode: Mode, dropout: Option<&Dropout>) -> Result<Tensor> {
        let (batch, length, hidden) = xs.dims3()?;
        let scale = 1.0 / ((hidden / self.heads) as f64).sqrt();
        let query = (self.split_heads(&self.query.forward(xs)?)? * scale)?;
        let key = self.split_heads(&self.key.forward(xs)?)?;
        let value = self.split_heads(&self.value.forward(xs)?)?;
        let scores = query.matmul(&key.t()?)?.broadcast_add(bias)?;
        let weights = match mode {
            Mode::Training => candle_nn::ops::softmax(&scores, D::Minus1)?,
            Mode::Inference => candle_nn::ops::softmax_last_dim(&scores)?,
        };
        let weights = maybe_drop(weights, dropout)?;
        weights.matmul(&value)?.transpose(1, 2)?.reshape((batch, length, hidden))
    }

    fn forward(&self, xs: &Tensor, bias: &Tensor, mode: Mode, dropout: Option<&Dropout>) -> Result<Tensor> {
        let context = self.attention_output.forward(&self.attention(xs, bias, mode, dropout)?)?;
        let xs = self.attention_norm.forward(&(maybe_drop(context, dropout)? + xs)?, mode)?;
        let wide = self.intermediate.forward(&xs)?;
        let wide = match self.activation {
            Activation::Gelu => wide.gelu_erf()?,
            Activation::GeluNew => wide.gelu()?,
            Activation::Relu => wide.relu()?,
        };
        let narrow = maybe_drop(self.output.forward(&wide)?, dropout)?;
        self.output_norm.forward(&(narrow + xs)?, mode)
    }
}

/// Embeddings and the lower layers, shared by all branches.
pub struct Trunk {
    pub(super) embeddings: Embeddings,
    pub(super) layers: Vec<Layer>,
}

impl Trunk {
    /// Reads the embeddings and layers `0..depth`.
    pub fn load(vb: VarBuilder, config: &BertConfig, depth: usize) -> Result<Self> {
        let embeddings = Embeddings::load(vb.pp("embeddings"), config)?;
        Ok(Self { embeddings, layers: load_layers(vb, config, 0..depth)? })
    }

    /// ids: (batch, length) u32; bias: see [`attention_bias`] → (batch, length, hidden)
    pub fn forward(&self, ids: &Tensor, bias: &Tensor, mode: Mode, dropout: Option<&Dropout>) -> Result<Tensor> {
        let mut hidden = self.embeddings.forward(ids, mode, dropout)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden, bias, mode, dropout)?;
        }
        Ok(hidden)
    }
}

/// One task's own upper layers.
pub struct Branch {
    pub(super) layers: Vec<Layer>,
}

impl Branch {
    /// Reads the layers `range` (numbered as in the checkpoint).
    pub fn load(vb: VarBuilder, config: &BertConfig, range: Range<usize>) -> Result<Self> {
        Ok(Self { layers: load_layers(vb, config, range)? })
    }

    /// hidden: the trunk's output (batch, length, hidden) → the same shape.
    pub fn forward(&self, hidden: &Tensor, bias: &Tensor, mode: Mode, dropout: Option<&Dropout>) -> Result<Tensor> {
        let mut hidden = hidden.clone();
        for layer in &self.layers {
            hidden = layer.forward(&hidden, bias, mode, dropout)?;
        }
        Ok(hidden)
    }
}

fn load_layers(vb: VarBuilder, config: &BertConfig, range: Range<usize>) -> Result<Vec<Layer>> {
    range.map(|i| Layer::load(vb.pp(format!("encoder.layer.{i}")), config)).collect()
}

/// What is added to the attention scores so that padding is not attended to.
/// mask: (batch, length) f32, 1 for a token and 0 for padding → (batch, 1, 1, length).
pub fn attention_bias(mask: &Tensor) -> Result<Tensor> {
    ((mask.to_dtype(DType::F32)? - 1.0)? * 1e9)?.unsqueeze(1)?.unsqueeze(1)
}

/// Mean of the token vectors, scaled to length 1. hidden: (batch, length, hidden), mask: (batch, length) → (batch, hidden)
pub fn mean_pool(hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let mask = mask.to_dtype(hidden.dtype())?.unsqueeze(2)?;
    let sum = hidden.broadcast_mul(&mask)?.sum(1)?;
    let length = (sum.sqr()?.sum_keepdim(1)? + 1e-24)?.sqrt()?;
    sum.broadcast_div(&length)
}

/// Pads sequences of ids to one length → ids (batch, length) u32 and mask (batch, length) f32.
pub fn pad(sequences: &[&[u32]], pad_id: u32, device: &Device) -> Result<(Tensor, Tensor)> {
    let length = sequences.iter().map(|s| s.len()).max().unwrap_or(0).max(1);
    let mut ids = vec![pad_id; sequences.len() * length];
    let mut mask = vec![0f32; sequences.len() * length];
    for (i, sequence) in sequences.iter().enumerate() {
        ids[i * length..][..sequence.len()].copy_from_slice(sequence);
        mask[i * length..][..sequence.len()].fill(1.0);
    }
    let shape = (sequences.len(), length);
    Ok((Tensor::from_vec(ids, shape, device)?, Tensor::from_vec(mask, shape, device)?))
}

/// Trainable copies of weights: `VarBuilder::from_varmap` on the result serves [`Branch::load`] or [`Trunk::load`],
/// and an optimizer takes its variables. (Sort them by name where order matters: the map has none.)
pub fn variables<'a>(weights: impl IntoIterator<Item = (&'a String, &'a Tensor)>) -> Result<VarMap> {
    let map = VarMap::new();
    {
        let mut data = map.data().lock().map_err(|_| candle_core::Error::Msg("variable map is poisoned".to_owned()))?;
        for (name, tensor) in weights {
            data.insert(name.clone(), Var::from_tensor(&tensor.to_dtype(DType::F32)?)?);
        }
    }
    Ok(map)
}

/// Whether a weight named as in the checkpoint belongs to one of the layers `range`.
pub fn in_layers(name: &str, range: &Range<usize>) -> bool {
    name.strip_prefix("encoder.layer.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|number| number.parse().ok())
        .is_some_and(|number: usize| range.contains(&number))
}

/// Names and shapes of all weights of the embeddings and layers, for tests and random initial models.
pub fn weight_shapes(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
    let (n, wide) = (config.hidden_size, config.intermediate_size);
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, n]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![config.max_position_embeddings, n]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.type_vocab_size, n]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![n]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![n]),
    ];
    for i in 0..config.num_hidden_layers {
        let mut dense = |name: &str, outputs: usize, inputs: usize| {
            shapes.push((format!("encoder.layer.{i}.{name}.weight"), vec![outputs, inputs]));
            shapes.push((format!("encoder.layer.{i}.{name}.bias"), vec![outputs]));
        };
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            dense(name, n, n);
        }
        dense("intermediate.dense", wide, n);
        dense("output.dense", n, wide);
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{i}.{name}.weight"), vec![n]));
            shapes.push((format!("encoder.layer.{i}.{name}.bias"), vec![n]));
        }
    }
    shapes
}

/// Random weights for tests and for training from nothing (normal, deviation 0.02 for matrices scaled up by `spread`).
pub fn random_weights(config: &BertConfig, spread: f32, seed: u64) -> Result<HashMap<String, Tensor>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = HashMap::new();
    for (name, shape) in weight_shapes(config) {
        let count: usize = shape.iter().product();
        let base = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
        // The sum of twelve uniform numbers is near enough to normal.
        let values: Vec<f32> =
            (0..count).map(|_| base + 0.02 * spread * ((0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0)).collect();
        weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    Ok(weights)
}
