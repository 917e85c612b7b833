//! Outputs of layers that do not learn (any more), computed once and kept as f16 in a memory-mapped file.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use candle_core::Tensor;
use half::f16;
use indicatif::ProgressBar;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::batch;
use super::examples::Example;
use crate::encoder::bert::{Branch, Mode};
use crate::encoder::packed::PackedModel;
use crate::encoder::store;
use crate::encoder::transformer::batches;
use crate::train::TrainError;

/// Padded tokens of one batch.
const BATCH_TOKENS: usize = 2_048;
/// Examples between two writes to the file.
const BLOCK: usize = 512;

/// The layers that do not learn.
pub struct Frozen {
    /// Embeddings and lower layers, packed: they are only run forward.
    pub trunk: PackedModel,
    /// sha256 of their weights.
    pub fingerprint: String,
    /// Width of a token.
    pub dim: usize,
}

/// Outputs for a list of examples.
pub struct Activations {
    values: memmap2::Mmap,
    /// First value of each example.
    starts: Vec<usize>,
    /// Width of a token.
    pub dim: usize,
}

impl Activations {
    /// Hidden states of an example's ids, row by row.
    pub fn of(&self, example: usize) -> &[f16] {
        let all: &[f16] = bytemuck::cast_slice(&self.values);
        &all[self.starts[example]..self.starts[example + 1]]
    }

    /// The trunk's outputs, computed into `path` or taken as they lie there if they belong to these ids and this trunk.
    pub fn compute(frozen: &Frozen, examples: &[Example], path: &Path, bar: &ProgressBar) -> Result<Self, TrainError> {
        keep(examples, frozen.dim, &frozen.fingerprint, path, bar, |batch| {
            let own: Vec<&[u32]> = batch.iter().map(|&i| examples[i].ids.as_slice()).collect();
            Ok(frozen.trunk.each(&own, &[], |_, vectors| vectors.first().map_or_else(Vec::new, |v| halves(v)))?)
        })
    }

    /// The outputs of a branch that has learned, from the trunk's outputs; `fingerprint` names the branch's weights.
    pub fn through(
        &self,
        branch: &Branch,
        fingerprint: &str,
        examples: &[Example],
        path: &Path,
        bar: &ProgressBar,
    ) -> Result<Self, TrainError> {
        keep(examples, self.dim, fingerprint, path, bar, |own| {
            let encoded = batch::encode(branch, examples, self, own, Mode::Inference)?;
            rows(&encoded.hidden.reshape((own.len(), (), self.dim))?, examples, own)
        })
    }
}

/// Rows of every example in a file: as they lie there if they have the same origin, else computed by `layers`, which
/// gives the rows of each example of a batch.
fn keep(
    examples: &[Example],
    dim: usize,
    origin: &str,
    path: &Path,
    bar: &ProgressBar,
    layers: impl Fn(&[usize]) -> Result<Vec<Vec<f16>>, TrainError> + Sync,
) -> Result<Activations, TrainError> {
    let mut starts = vec![0usize];
    let mut digest = Sha256::new();
    digest.update(origin);
    for example in examples {
        starts.push(starts.last().copied().unwrap_or(0) + example.ids.len() * dim);
        digest.update(bytemuck::cast_slice::<u32, u8>(&example.ids));
        digest.update([0xff; 4]);
    }
    let fingerprint: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let note = path.with_extension("sha256");
    let size = starts.last().copied().unwrap_or(0) * 2;
    let known = std::fs::read_to_string(&note).is_ok_and(|t| t.trim() == fingerprint)
        && std::fs::metadata(path).is_ok_and(|m| m.len() as usize == size);
    if !known {
        let io = |e: std::io::Error| TrainError::Io { path: path.to_owned(), reason: e.to_string() };
        bar.set_length(examples.len() as u64);
        bar.set_position(0);
        let mut file = BufWriter::new(File::create(path).map_err(io)?);
        // Blocks in order of the file, batches by length inside a block.
        for start in (0..examples.len()).step_by(BLOCK) {
            let block = &examples[start..(start + BLOCK).min(examples.len())];
            let ids: Vec<&[u32]> = block.iter().map(|e| e.ids.as_slice()).collect();
            let done = batches(&ids, BATCH_TOKENS)
                .par_iter()
                .map(|batch| {
                    let own: Vec<usize> = batch.iter().map(|i| start + i).collect();
                    Ok(own.iter().copied().zip(layers(&own)?).collect::<Vec<_>>())
                })
                .collect::<Result<Vec<_>, TrainError>>()?;
            let mut all: Vec<(usize, Vec<f16>)> = done.into_iter().flatten().collect();
            all.sort_by_key(|(i, _)| *i);
            for (_, row) in all {
                file.write_all(bytemuck::cast_slice(&row)).map_err(io)?;
            }
            bar.inc(block.len() as u64);
        }
        file.flush().map_err(io)?;
        std::fs::write(&note, fingerprint).map_err(io)?;
    }
    Ok(Activations { values: store::map_file("activations", path)?, starts, dim })
}

fn halves(values: &[f32]) -> Vec<f16> {
    values.iter().map(|v| f16::from_f32(*v)).collect()
}

/// The rows of a padded batch without the padding.
fn rows(hidden: &Tensor, examples: &[Example], batch: &[usize]) -> Result<Vec<Vec<f16>>, TrainError> {
    let (length, dim) = (hidden.dim(1)?, hidden.dim(2)?);
    let values = hidden.flatten_all()?.to_vec1::<f32>()?;
    let row = |(r, &i): (usize, &usize)| halves(&values[r * length * dim..][..examples[i].ids.len() * dim]);
    Ok(batch.iter().enumerate().map(row).collect())
}
