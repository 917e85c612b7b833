//! A weight as it lies in a file: numbers, or int8 with a factor for each row.
use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::error::EncoderError;

/// What a matrix's row scales are named.
pub(super) const SCALE: &str = ".scale";

/// A weight as it lies in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// Numbers of any shape.
    Floats {
        /// Sizes, outermost first.
        shape: Vec<usize>,
        /// Row by row.
        values: Vec<f32>,
    },
    /// A matrix in the compact form.
    Bytes {
        /// Rows and columns.
        shape: [usize; 2],
        /// Row by row.
        values: Vec<i8>,
        /// Factor of each row.
        steps: Vec<f32>,
    },
}

impl Stored {
    /// Sizes, outermost first.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Floats { shape, .. } => shape,
            Self::Bytes { shape, .. } => shape,
        }
    }

    /// All numbers in f32.
    pub fn to_floats(&self) -> Vec<f32> {
        match self {
            Self::Floats { values, .. } => values.clone(),
            Self::Bytes { shape, values, steps } => {
                let rows = values.par_chunks(shape[1].max(1)).zip(steps.par_iter());
                rows.flat_map_iter(|(row, step)| row.iter().map(move |&v| f32::from(v) * step)).collect()
            }
        }
    }

    /// All numbers in f32.
    pub fn into_floats(self) -> Vec<f32> {
        match self {
            Self::Floats { values, .. } => values,
            bytes => bytes.to_floats(),
        }
    }

    /// A matrix in int8 with the factor of each row: as it lies there, or rounded.
    pub fn to_bytes(&self) -> (Vec<i8>, Vec<f32>) {
        match self {
            Self::Bytes { values, steps, .. } => (values.clone(), steps.clone()),
            Self::Floats { shape, values } => {
                let columns = shape.last().copied().unwrap_or(1).max(1);
                let rows: Vec<(Vec<i8>, f32)> = values.chunks(columns).map(quantize_row).collect();
                (rows.iter().flat_map(|r| r.0.iter().copied()).collect(), rows.iter().map(|r| r.1).collect())
            }
        }
    }

    /// Appends a row of a matrix; nothing where it has no such row.
    pub fn row_into(&self, row: usize, out: &mut Vec<f32>) {
        match self {
            Self::Floats { shape, values } => {
                let columns = shape.last().copied().unwrap_or(0);
                out.extend_from_slice(values.get(row * columns..(row + 1) * columns).unwrap_or_default());
            }
            Self::Bytes { shape, values, steps } => {
                let step = steps.get(row).copied().unwrap_or(0.0);
                let own = values.get(row * shape[1]..(row + 1) * shape[1]).unwrap_or_default();
                out.extend(own.iter().map(|&v| f32::from(v) * step));
            }
        }
    }
}

/// All weights of a safetensors file in memory; `path` is for messages.
pub(super) fn stored_in(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Stored>, EncoderError> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| EncoderError::format(path, e))?;
    let mut weights = BTreeMap::new();
    for (name, view) in tensors.tensors() {
        if name.ends_with(SCALE) || name.ends_with("position_ids") {
            continue;
        }
        let stored = match view.dtype() {
            Dtype::I8 => {
                let scale = tensors
                    .tensor(&format!("{name}{SCALE}"))
                    .map_err(|_| EncoderError::MissingWeight { path: path.to_owned(), name: format!("{name}{SCALE}") })?;
                compact(path, &name, &view, &scale)?
            }
            _ => Stored::Floats { shape: view.shape().to_vec(), values: floats(path, &name, &view)? },
        };
        let numbers = match &stored {
            Stored::Floats { values, .. } => values,
            Stored::Bytes { steps, .. } => steps,
        };
        if numbers.par_iter().any(|v: &f32| !v.is_finite()) {
            return Err(EncoderError::NotFinite { path: path.to_owned(), name });
        }
        weights.insert(published_name(&name), stored);
    }
    Ok(weights)
}

fn floats(path: &Path, name: &str, view: &TensorView) -> Result<Vec<f32>, EncoderError> {
    let (data, pair) = (view.data(), |b: &[u8]| [b[0], b[1]]);
    Ok(match view.dtype() {
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => data.chunks_exact(2).map(|b| half::f16::from_le_bytes(pair(b)).to_f32()).collect(),
        Dtype::BF16 => data.chunks_exact(2).map(|b| half::bf16::from_le_bytes(pair(b)).to_f32()).collect(),
        other => {
            let detail = format!("weight `{name}` has type {other:?}, expected f32, f16, bf16 or int8");
            return Err(EncoderError::format(path, detail));
        }
    })
}

/// The name that the published checkpoints use today.
pub(super) fn published_name(name: &str) -> String {
    let name = name.strip_prefix("bert.").unwrap_or(name);
    name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
}

fn compact(path: &Path, name: &str, view: &TensorView, scale: &TensorView) -> Result<Stored, EncoderError> {
    let (rows, columns) = match view.shape() {
        [rows, columns] if *columns > 0 => (*rows, *columns),
        shape => return Err(EncoderError::format(path, format!("int8 weight `{name}` has shape {shape:?}, expected a matrix"))),
    };
    if scale.dtype() != Dtype::F32 || scale.shape() != [rows] {
        return Err(EncoderError::Shape {
            path: path.to_owned(),
            name: format!("{name}{SCALE}"),
            expected: vec![rows],
            found: scale.shape().to_vec(),
        });
    }
    let values = bytemuck::cast_slice::<u8, i8>(view.data()).to_vec();
    Ok(Stored::Bytes { shape: [rows, columns], values, steps: floats(path, name, scale)? })
}

/// Symmetric int8 of one row and its scale.
pub fn quantize_row(row: &[f32]) -> (Vec<i8>, f32) {
    let highest = row.iter().fold(0f32, |m, v| m.max(v.abs()));
    if highest == 0.0 {
        return (vec![0; row.len()], 0.0);
    }
    let scale = highest / 127.0;
    (row.iter().map(|v| (v / scale).round().clamp(-127.0, 127.0) as i8).collect(), scale)
}
