//! From the weights of a file to packed layers.
use std::ops::Range;
use std::path::Path;

use super::layer::{Dense, Layer, Norm};
use super::{Matrix, Numerics, Weights};
use crate::encoder::EncoderError;
use crate::encoder::bert::BertConfig;
use crate::encoder::kernels::{Bf16Weights, ByteWeights, FloatWeights, Instructions};
use crate::encoder::store::Stored;

/// Most inner numbers of a group of the feed-forward block.
const GROUP: usize = 512;

/// A matrix (outputs × inputs) on its way to being packed: in f32, or in int8 with the step of each row.
#[derive(Default)]
struct Numbers {
    floats: Vec<f32>,
    bytes: Vec<i8>,
    steps: Vec<f32>,
}

impl Numbers {
    /// Puts another matrix below, multiplied by a factor.
    fn append(&mut self, below: Numbers, factor: f32) {
        self.floats.extend(below.floats.iter().map(|v| v * factor));
        self.bytes.extend(below.bytes);
        self.steps.extend(below.steps.iter().map(|s| s * factor));
    }

    fn rows(&self, range: Range<usize>, inputs: usize) -> Numbers {
        let part = range.start * inputs..range.end * inputs;
        Numbers {
            floats: self.floats.get(part.clone()).unwrap_or_default().to_vec(),
            bytes: self.bytes.get(part).unwrap_or_default().to_vec(),
            steps: self.steps.get(range).unwrap_or_default().to_vec(),
        }
    }

    fn columns(&self, range: Range<usize>, inputs: usize) -> Numbers {
        Numbers {
            floats: self.floats.chunks_exact(inputs).flat_map(|row| row[range.clone()].iter().copied()).collect(),
            bytes: self.bytes.chunks_exact(inputs).flat_map(|row| row[range.clone()].iter().copied()).collect(),
            steps: self.steps.clone(),
        }
    }
}

/// Reads weights of one file and says what is wrong with them.
pub(super) struct Reader<'a> {
    pub path: &'a Path,
    pub weights: &'a Weights,
    pub config: &'a BertConfig,
    pub numerics: Numerics,
    pub set: Instructions,
}

impl Reader<'_> {
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<&Stored, EncoderError> {
        let missing = || EncoderError::MissingWeight { path: self.path.to_owned(), name: name.to_owned() };
        let found = self.weights.get(name).ok_or_else(missing)?;
        if found.shape() != shape {
            return Err(EncoderError::Shape {
                path: self.path.to_owned(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: found.shape().to_vec(),
            });
        }
        Ok(found)
    }

    pub(super) fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        Ok(self.get(name, shape)?.to_floats())
    }

    /// Dense layers of equal shape under each other, outputs and biases multiplied by a factor.
    fn dense(&self, kind: Matrix, parts: &[(&str, f32)], outputs: usize, inputs: usize) -> Result<Dense, EncoderError> {
        let (mut bias, mut numbers) = (Vec::new(), Numbers::default());
        for (name, factor) in parts {
            bias.extend(self.values(&format!("{name}.bias"), &[outputs])?.iter().map(|b| b * factor));
            numbers.append(self.numbers(name, outputs, inputs)?, *factor);
        }
        Ok(self.pack(kind, &numbers, &bias, inputs))
    }

    fn pack(&self, kind: Matrix, numbers: &Numbers, bias: &[f32], inputs: usize) -> Dense {
        match (self.numerics, self.numerics.inputs_of(kind)) {
            (Numerics::Bf16, _) => Dense::Bf16(Bf16Weights::pack(self.set, &numbers.floats, bias, inputs)),
            (_, None) => Dense::Float(FloatWeights::pack(&numbers.floats, bias, inputs)),
            (_, Some(rows)) => Dense::Int8(ByteWeights::pack(rows, self.set, &numbers.bytes, &numbers.steps, bias, inputs)),
        }
    }

    fn numbers(&self, name: &str, outputs: usize, inputs: usize) -> Result<Numbers, EncoderError> {
        let stored = self.get(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(match self.numerics {
            Numerics::Float | Numerics::Bf16 => Numbers { floats: stored.to_floats(), ..Numbers::default() },
            Numerics::Int8(_) => {
                let (bytes, steps) = stored.to_bytes();
                Numbers { bytes, steps, ..Numbers::default() }
            }
        })
    }

    /// The feed-forward block in groups: inner numbers `from..to` of the first matrix's outputs and the second's inputs.
    fn groups(&self, wider: &str, narrower: &str, width: usize, wide: usize) -> Result<Vec<(Dense, Dense)>, EncoderError> {
        let count = (1..=wide).find(|n| wide.is_multiple_of(*n) && wide / n <= GROUP).unwrap_or(1);
        let size = wide / count.max(1);
        let (first, second) = (self.numbers(wider, wide, width)?, self.numbers(narrower, width, wide)?);
        let first_bias = self.values(&format!("{wider}.bias"), &[wide])?;
        let second_bias = self.values(&format!("{narrower}.bias"), &[width])?;
        let group = |number: usize| {
            let inner = number * size..(number + 1) * size;
            let bias = if number == 0 { second_bias.clone() } else { vec![0.0; width] };
            let (above, below) = (first.rows(inner.clone(), width), second.columns(inner.clone(), wide));
            let wider = self.pack(Matrix::Intermediate, &above, &first_bias[inner], width);
            (wider, self.pack(Matrix::Output, &below, &bias, size))
        };
        Ok((0..count).map(group).collect())
    }

    pub(super) fn norm(&self, name: &str) -> Result<Norm, EncoderError> {
        let values = |part| self.values(&format!("{name}.{part}"), &[self.config.hidden_size]);
        Ok(Norm { weight: values("weight")?, bias: values("bias")?, eps: self.config.layer_norm_eps as f32 })
    }

    pub(super) fn layer(&self, number: usize) -> Result<Layer, EncoderError> {
        let (width, wide, heads) = (self.config.hidden_size, self.config.intermediate_size, self.config.num_attention_heads);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let query_scale = std::f32::consts::LOG2_E / ((width / heads) as f32).sqrt();
        let [query, key, value] = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            projection: self.dense(Matrix::Projection, &[(&query, query_scale), (&key, 1.0), (&value, 1.0)], width, width)?,
            attention_output: self.dense(Matrix::AttentionOutput, &[(&name("attention.output.dense"), 1.0)], width, width)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"))?,
            groups: self.groups(&name("intermediate.dense"), &name("output.dense"), width, wide)?,
            output_norm: self.norm(&name("output.LayerNorm"))?,
            heads,
        })
    }
}
