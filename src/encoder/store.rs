//! Weights on disk: safetensors, memory-mapped, in f32 or in a compact form.
//!
//! The compact form keeps a matrix as int8 with one f32 scale a row (a row is an output channel of a dense layer or a
//! word of the embedding table): `value = int8 · scale`, the scales in a tensor of the matrix's name with `.scale`
//! added. Vectors are f16. [`read`] gives f32 tensors whatever the file holds.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, TensorView};

use super::error::EncoderError;
use super::stored::{SCALE, published_name, stored_in};
pub use super::stored::{Stored, quantize_row};

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
