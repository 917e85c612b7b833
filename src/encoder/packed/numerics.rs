//! What the dense layers are computed in.
use serde::{Deserialize, Serialize};

use crate::encoder::kernels::Activations;

/// The number format of the dense layers. Written as `f32`, `bf16`, `int8`, or `int8 (8-bit inputs: …)` with names of
/// [`Matrix`], so that it can be recorded with a released model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Numerics {
    /// Weights and activations in f32.
    #[default]
    Float,
    /// Weights and what they are multiplied with rounded to bf16, sums and everything else in f32.
    Bf16,
    /// int8 weights with a step for each output; what they are multiplied with in 16 bits with a step for each row, or,
    /// for the matrices named, in 8 bits with a step for each 64 inputs of a row. Sums in i32, everything else in f32.
    Int8(ByteInputs),
}

/// A weight matrix of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// Queries, keys and values.
    Projection,
    /// Behind attention.
    AttentionOutput,
    /// Into the feed-forward block.
    Intermediate,
    /// Out of it.
    Output,
}

/// The matrices whose inputs are rounded to 8 bits, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteInputs(u8);

const NAMES: [(&str, Matrix); 4] = [
    ("projection", Matrix::Projection),
    ("attention output", Matrix::AttentionOutput),
    ("intermediate", Matrix::Intermediate),
    ("output", Matrix::Output),
];
const BYTES: (&str, &str) = ("int8 (8-bit inputs: ", ")");

impl Numerics {
    /// Which integers the inputs of a matrix are rounded to; `None` in f32 and bf16.
    pub fn inputs_of(self, matrix: Matrix) -> Option<Activations> {
        match self {
            Self::Float | Self::Bf16 => None,
            Self::Int8(bytes) if bytes.0 & 1 << matrix as u8 != 0 => Some(Activations::Bytes),
            Self::Int8(_) => Some(Activations::Words),
        }
    }

    /// int8 with 8-bit inputs for some matrices.
    pub fn int8(bytes: &[Matrix]) -> Self {
        Self::Int8(ByteInputs(bytes.iter().fold(0, |bits, matrix| bits | 1 << *matrix as u8)))
    }

    /// Its name in results.
    pub fn name(self) -> String {
        self.into()
    }
}

impl From<Numerics> for String {
    fn from(numerics: Numerics) -> String {
        let bytes = match numerics {
            Numerics::Float => return "f32".to_owned(),
            Numerics::Bf16 => return "bf16".to_owned(),
            Numerics::Int8(bytes) => bytes,
        };
        let named: Vec<&str> = NAMES.iter().filter(|n| bytes.0 & 1 << n.1 as u8 != 0).map(|n| n.0).collect();
        if named.is_empty() { "int8".to_owned() } else { format!("{}{}{}", BYTES.0, named.join(", "), BYTES.1) }
    }
}

impl TryFrom<String> for Numerics {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unknown = || format!("compute is `{text}`, expected f32, bf16, int8 or `{}NAMES{}`", BYTES.0, BYTES.1);
        match text.as_str() {
            "f32" => return Ok(Self::Float),
            "bf16" => return Ok(Self::Bf16),
            "int8" => return Ok(Self::Int8(ByteInputs::default())),
            _ => {}
        }
        let names = text.strip_prefix(BYTES.0).and_then(|t| t.strip_suffix(BYTES.1)).ok_or_else(unknown)?;
        let mut bytes = 0;
        for name in names.split(", ") {
            bytes |= 1 << NAMES.iter().find(|n| n.0 == name).ok_or_else(unknown)?.1 as u8;
        }
        Ok(Self::Int8(ByteInputs(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in ["f32", "bf16", "int8", "int8 (8-bit inputs: projection)", "int8 (8-bit inputs: attention output, output)"] {
            assert_eq!(Numerics::try_from(text.to_owned()).unwrap().name(), text);
        }
        for text in ["", "int4", "int8 (8-bit inputs: )", "int8 (8-bit inputs: embeddings)"] {
            assert!(Numerics::try_from(text.to_owned()).is_err());
        }
        let mixed = Numerics::try_from("int8 (8-bit inputs: output)".to_owned()).unwrap();
        assert_eq!(mixed.inputs_of(Matrix::Output), Some(Activations::Bytes));
        assert_eq!(mixed.inputs_of(Matrix::Projection), Some(Activations::Words));
        assert_eq!(Numerics::Float.inputs_of(Matrix::Output), None);
    }
}
