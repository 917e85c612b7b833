//! Weights on disk: safetensors, memory-mapped, in f32 or in a compact form.
//!
//! The compact form keeps a matrix as int8 with one f32 scale a row (a row is an output channel of a dense layer or a
//! word of the embedding table): `value = int8 · scale`, the scales in a tensor of the matrix's name with `.scale`
//! added. Vectors are f16. [`read`] gives f32 tensors whatever the file holds.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::error::EncoderError;

/// What a matrix's row scales are named.
const SCALE: &str = ".scale";

/// How weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Everything f32.
    Full,
    /// Matrices int8 by row, vectors f16.
    Compact,
}

/// Maps a file into memory.
#[allow(unsafe_code)]
pub fn map_file(what: &'static str, path: &Path) -> Result<memmap2::Mmap, EncoderError> {
    let file = std::fs::File::open(path).map_err(|e| EncoderError::io(what, path, e))?;
    // SAFETY: released model files are not written to while the program runs; they are replaced by rename. A file
    // truncated under us would end the process, as with every memory-mapped index.
    unsafe { memmap2::Mmap::map(&file) }.map_err(|e| EncoderError::io(what, path, e))
}

/// Reads all weights of a file as f32 tensors on `device`, under the names of the published checkpoint
/// (a prefix `bert.` is dropped, the old names `gamma` and `beta` are renamed).
/// Refuses files that are damaged and weights with NaN or infinity.
pub fn read(path: &Path, device: &Device) -> Result<HashMap<String, Tensor>, EncoderError> {
    if path.extension().is_some_and(|e| e == "bin") {
        return read_pickle(path, device);
    }
    let mapped = map_file("weights file", path)?;
    read_bytes(path, &mapped, device)
}

/// A `pytorch_model.bin`: candle reads the tensors and runs none of the code that a pickle may name.
fn read_pickle(path: &Path, device: &Device) -> Result<HashMap<String, Tensor>, EncoderError> {
    std::fs::metadata(path).map_err(|e| EncoderError::io("weights file", path, e))?;
    let tensors = candle_core::pickle::read_all(path).map_err(|e| EncoderError::format(path, e))?;
    let mut weights = HashMap::new();
    for (name, tensor) in tensors {
        if !tensor.dtype().is_float() {
            continue;
        }
        let tensor = tensor.to_dtype(DType::F32)?;
        if tensor.flatten_all()?.to_vec1::<f32>()?.iter().any(|v| !v.is_finite()) {
            return Err(EncoderError::NotFinite { path: path.to_owned(), name });
        }
        weights.insert(published_name(&name), tensor.to_device(device)?);
    }
    Ok(weights)
}

/// As [`read`], from bytes already in memory; `path` is for messages.
pub fn read_bytes(path: &Path, bytes: &[u8], device: &Device) -> Result<HashMap<String, Tensor>, EncoderError> {
    let stored = stored_in(path, bytes)?;
    let tensor = |(name, stored): (String, Stored)| {
        let shape = stored.shape().to_vec();
        Ok((name, Tensor::from_vec(stored.into_floats(), shape, device)?))
    };
    stored.into_iter().map(tensor).collect()
}

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

    fn into_floats(self) -> Vec<f32> {
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

/// All weights of a file as they lie there, under the names of [`read`] and with its refusals.
pub fn read_stored(path: &Path) -> Result<BTreeMap<String, Stored>, EncoderError> {
    if path.extension().is_some_and(|e| e == "bin") {
        let floats = |(name, tensor): (String, Tensor)| {
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            Ok((name, Stored::Floats { shape: tensor.dims().to_vec(), values }))
        };
        return read_pickle(path, &Device::Cpu)?.into_iter().map(floats).collect();
    }
    stored_in(path, &map_file("weights file", path)?)
}

fn stored_in(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Stored>, EncoderError> {
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

fn published_name(name: &str) -> String {
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

/// Writes weights to `path` (first to a file beside it, then renamed), sorted by name.
pub fn write(path: &Path, weights: &BTreeMap<String, Tensor>, precision: Precision) -> Result<(), EncoderError> {
    let mut entries: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, tensor) in weights {
        let shape = tensor.dims().to_vec();
        let values = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        if values.iter().any(|v| !v.is_finite()) {
            return Err(EncoderError::NotFinite { path: path.to_owned(), name: name.clone() });
        }
        match (precision, shape.as_slice()) {
            (Precision::Full, _) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                entries.insert(name.clone(), (Dtype::F32, shape, bytes));
            }
            (Precision::Compact, [rows, columns]) if *columns > 0 => {
                let mut bytes = Vec::with_capacity(values.len());
                let mut scales = Vec::with_capacity(rows * 4);
                for row in values.chunks_exact(*columns) {
                    let (quantized, scale) = quantize_row(row);
                    bytes.extend(quantized.iter().map(|&q| q as u8));
                    scales.extend(scale.to_le_bytes());
                }
                entries.insert(format!("{name}{SCALE}"), (Dtype::F32, vec![*rows], scales));
                entries.insert(name.clone(), (Dtype::I8, shape, bytes));
            }
            (Precision::Compact, _) => {
                let bytes = values.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect();
                entries.insert(name.clone(), (Dtype::F16, shape, bytes));
            }
        }
    }
    let views = entries
        .iter()
        .map(|(name, (dtype, shape, bytes))| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| EncoderError::format(path, e))?;
    let bytes = safetensors::serialize(views, None).map_err(|e| EncoderError::format(path, e))?;
    replace_file(path, &bytes)
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

/// Replaces a file in one step, so that a reader sees the old or the new one.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), EncoderError> {
    let io = |e| EncoderError::Io { path: path.to_owned(), source: e };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(io)?;
    std::io::Write::write_all(&mut file, bytes).map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}
