//! The heads on the encoder's tagging vectors: one label a word (mentions), eight probabilities a span
//! (assertion). The same functions serve training and inference.
//!
//! Weights lie in `heads.safetensors`: `tagging.*` (labels × dim), `assertion.hidden.*`, `assertion.output.*`.
use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::{Linear, Module, VarBuilder};

use super::MentionKind;
use crate::encoder::{EncoderError, store};

/// The file of a model folder that holds the heads.
pub const FILE: &str = "heads.safetensors";

/// Mention kinds in the order of the labels.
pub const KINDS: [MentionKind; 6] = [
    MentionKind::Problem,
    MentionKind::Procedure,
    MentionKind::Test,
    MentionKind::Medication,
    MentionKind::Device,
    MentionKind::Anatomy,
];
/// Outside, then begin and inside of each kind.
pub const LABELS: usize = 1 + 2 * KINDS.len();
/// Width of the hidden layer of the assertion head.
const ASSERTION_HIDDEN: usize = 128;

/// Label of the first word of a mention.
pub fn begin(kind: MentionKind) -> usize {
    1 + 2 * KINDS.iter().position(|k| *k == kind).unwrap_or(0)
}
/// Label of a further word of a mention.
pub fn inside(kind: MentionKind) -> usize {
    begin(kind) + 1
}

/// The heads of a model.
#[derive(Clone, Debug)]
pub struct Heads {
    dim: usize,
    tagging: Linear,
    assertion_hidden: Linear,
    assertion_output: Linear,
}

impl Heads {
    /// Shapes of the weights, for a fresh start.
    pub fn shapes(dim: usize) -> Vec<(&'static str, Vec<usize>)> {
        let assertion = 3 * dim + super::features::ASSERTION_FEATURES;
        vec![
            ("tagging.weight", vec![LABELS, dim]),
            ("tagging.bias", vec![LABELS]),
            ("assertion.hidden.weight", vec![ASSERTION_HIDDEN, assertion]),
            ("assertion.hidden.bias", vec![ASSERTION_HIDDEN]),
            ("assertion.output.weight", vec![super::Assertion::ALL.len(), ASSERTION_HIDDEN]),
            ("assertion.output.bias", vec![super::Assertion::ALL.len()]),
        ]
    }

    /// Heads over weights (trainable ones or loaded ones) for vectors of length `dim`.
    pub fn new(weights: VarBuilder, dim: usize) -> candle_core::Result<Self> {
        let shapes: BTreeMap<&str, Vec<usize>> = Self::shapes(dim).into_iter().collect();
        let linear = |name: &str| {
            let get = |part: &str| {
                let full = format!("{name}.{part}");
                let shape = shapes.get(full.as_str()).cloned().unwrap_or_default();
                weights.get(shape, &full)
            };
            Ok::<_, candle_core::Error>(Linear::new(get("weight")?, Some(get("bias")?)))
        };
        Ok(Self {
            dim,
            tagging: linear("tagging")?,
            assertion_hidden: linear("assertion.hidden")?,
            assertion_output: linear("assertion.output")?,
        })
    }

    /// Reads `heads.safetensors` of a model folder; refuses NaN and wrong shapes.
    pub fn open(directory: &Path, dim: usize) -> Result<Self, EncoderError> {
        let path = directory.join(FILE);
        let weights = store::read(&path, &Device::Cpu)?;
        let vb = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
        Self::new(vb, dim).map_err(|e| EncoderError::weight(&path, e))
    }

    /// Length of the vectors these heads read.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// words: (n, dim) → label scores (n, [`LABELS`]) before softmax.
    pub fn tagging_scores(&self, words: &Tensor) -> candle_core::Result<Tensor> {
        self.tagging.forward(words)
    }

    /// span mean, first word, sentence mean: (n, dim) each; features: (n, [`super::features::ASSERTION_FEATURES`])
    /// → scores (n, 8) before the sigmoid, in the order of `Assertion::ALL`.
    pub fn assertion_scores(
        &self,
        span: &Tensor,
        first: &Tensor,
        sentence: &Tensor,
        features: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let all = Tensor::cat(&[span, first, sentence, features], 1)?;
        self.assertion_output.forward(&self.assertion_hidden.forward(&all)?.gelu()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_number_every_kind_once() {
        let all: Vec<usize> = KINDS.iter().flat_map(|k| [begin(*k), inside(*k)]).collect();
        assert_eq!(all, (1..LABELS).collect::<Vec<_>>());
    }
}
