//! A user's own encoder of another family, through candle-transformers: chosen by `model_type` in `config.json`.
//!
//! Inference only. Both vectors of a token are the model's last hidden state.
use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{distilbert, modernbert, xlm_roberta};

use super::error::EncoderError;

/// The families that can be loaded, for messages.
pub const SUPPORTED: &str = "bert, distilbert, modernbert, roberta, xlm-roberta, camembert";

/// A loaded model of another family than BERT.
pub enum Family {
    /// Sanh et al. 2019.
    DistilBert(Box<distilbert::DistilBertModel>),
    /// Warner et al. 2024.
    ModernBert(Box<modernbert::ModernBert>),
    /// RoBERTa (Liu et al. 2019) and its multilingual form (Conneau et al. 2020), which are built alike.
    Roberta(Box<xlm_roberta::XLMRobertaModel>),
}

/// A loaded model and its sizes.
pub struct Loaded {
    /// The model.
    pub family: Family,
    /// Width of a token vector.
    pub dim: usize,
    /// Rows of the word embedding table.
    pub vocabulary: usize,
    /// Longest sequence.
    pub longest: usize,
}

/// Loads a model whose `model_type` is not `bert`. `config` is the content of `config.json`, its path is for messages.
pub fn load(
    config_path: &Path,
    config: &serde_json::Value,
    weights_path: &Path,
    weights: HashMap<String, Tensor>,
    device: &Device,
) -> Result<Loaded, EncoderError> {
    let model_type = config.get("model_type").and_then(|t| t.as_str()).unwrap_or_default();
    let number = |name: &str| {
        let value = config.get(name).and_then(|v| v.as_u64()).map(|v| v as usize);
        value.ok_or_else(|| EncoderError::format(config_path, format!("it has no number `{name}`")))
    };
    let broken = |e: serde_json::Error| EncoderError::format(config_path, e);
    let named = |e| EncoderError::weight(weights_path, e);
    let builder = |weights| VarBuilder::from_tensors(weights, DType::F32, device);
    let vocabulary = number("vocab_size")?;
    let longest = number("max_position_embeddings")?;
    match model_type {
        "distilbert" => {
            let parsed: distilbert::Config = serde_json::from_value(config.clone()).map_err(broken)?;
            let model =
                distilbert::DistilBertModel::load(builder(without_prefix(weights, "distilbert.")), &parsed).map_err(named)?;
            Ok(Loaded { family: Family::DistilBert(Box::new(model)), dim: number("dim")?, vocabulary, longest })
        }
        "modernbert" => {
            let mut config = config.clone();
            // Published under two names.
            if config.get("layer_norm_eps").is_none() {
                config["layer_norm_eps"] = config.get("norm_eps").cloned().unwrap_or(1e-5.into());
            }
            let parsed: modernbert::Config = serde_json::from_value(config).map_err(broken)?;
            let model = modernbert::ModernBert::load(builder(with_prefix(weights, "model.")), &parsed).map_err(named)?;
            Ok(Loaded { family: Family::ModernBert(Box::new(model)), dim: number("hidden_size")?, vocabulary, longest })
        }
        "xlm-roberta" | "roberta" | "camembert" => {
            let mut config = config.clone();
            if config.get("position_embedding_type").is_none() {
                config["position_embedding_type"] = "absolute".into();
            }
            let parsed: xlm_roberta::Config = serde_json::from_value(config).map_err(broken)?;
            // Positions are counted from the padding id on.
            let longest = longest.saturating_sub(parsed.pad_token_id as usize + 1);
            let model =
                xlm_roberta::XLMRobertaModel::new(&parsed, builder(without_prefix(weights, "roberta."))).map_err(named)?;
            Ok(Loaded { family: Family::Roberta(Box::new(model)), dim: number("hidden_size")?, vocabulary, longest })
        }
        other => Err(EncoderError::Family { path: config_path.to_owned(), found: other.to_owned(), supported: SUPPORTED }),
    }
}

/// Checkpoints with a head name the encoder's weights with the family in front; without one they do not.
fn without_prefix(weights: HashMap<String, Tensor>, prefix: &str) -> HashMap<String, Tensor> {
    weights.into_iter().map(|(name, tensor)| (name.strip_prefix(prefix).unwrap_or(&name).to_owned(), tensor)).collect()
}

fn with_prefix(weights: HashMap<String, Tensor>, prefix: &str) -> HashMap<String, Tensor> {
    weights.into_iter().map(|(name, t)| (if name.starts_with(prefix) { name } else { format!("{prefix}{name}") }, t)).collect()
}

impl Family {
    /// ids (batch, length) u32 and mask (batch, length) f32 → last hidden state (batch, length, dim)
    pub fn forward(&self, ids: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::DistilBert(model) => {
                // This one takes the opposite mask: where not to look.
                let hidden = mask.eq(0f32)?.unsqueeze(1)?.unsqueeze(1)?;
                model.forward(ids, &hidden)
            }
            Self::ModernBert(model) => model.forward(ids, mask),
            Self::Roberta(model) => model.forward(ids, mask, &ids.zeros_like()?, None, None, None),
        }
    }
}
