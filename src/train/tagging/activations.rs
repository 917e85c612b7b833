//! The frozen trunk's output for every example, computed once and kept as f16 in a memory-mapped file.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use candle_core::Device;
use half::f16;
use indicatif::ProgressBar;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::examples::Example;
use crate::encoder::bert::{self, Mode, Trunk};
use crate::encoder::store;
use crate::encoder::transformer::batches;
use crate::train::TrainError;

/// Padded tokens of one batch of the trunk.
const BATCH_TOKENS: usize = 2_048;

/// The layers that do not learn.
pub struct Frozen {
    /// Embeddings and lower layers.
    pub trunk: Trunk,
    /// sha256 of their weights.
    pub fingerprint: String,
    /// Id of padding.
    pub pad: u32,
    /// Width of a token.
    pub dim: usize,
}

/// Trunk outputs of a list of examples.
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

    /// Computes them into `path`, or takes what lies there if it belongs to the same ids and trunk.
    pub fn compute(frozen: &Frozen, examples: &[Example], path: &Path, progress: &ProgressBar) -> Result<Self, TrainError> {
        let dim = frozen.dim;
        let mut starts = vec![0usize];
        let mut digest = Sha256::new();
        digest.update(&frozen.fingerprint);
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
            progress.set_length(examples.len() as u64);
            let mut file = BufWriter::new(File::create(path).map_err(io)?);
            // Blocks in order of the file, batches by length inside a block.
            for block in examples.chunks(1_024) {
                let ids: Vec<&[u32]> = block.iter().map(|e| e.ids.as_slice()).collect();
                let done: Vec<Vec<(usize, Vec<f16>)>> =
                    batches(&ids, BATCH_TOKENS).par_iter().map(|b| run(frozen, &ids, b)).collect::<Result<_, _>>()?;
                let mut rows: Vec<(usize, Vec<f16>)> = done.into_iter().flatten().collect();
                rows.sort_by_key(|(i, _)| *i);
                for (_, row) in rows {
                    file.write_all(bytemuck::cast_slice(&row)).map_err(io)?;
                }
                progress.inc(block.len() as u64);
            }
            file.flush().map_err(io)?;
            std::fs::write(&note, fingerprint).map_err(io)?;
        }
        Ok(Self { values: store::map_file("activations", path)?, starts, dim })
    }
}

fn run(frozen: &Frozen, ids: &[&[u32]], batch: &[usize]) -> Result<Vec<(usize, Vec<f16>)>, TrainError> {
    let own: Vec<&[u32]> = batch.iter().map(|&i| ids[i]).collect();
    let (tensor, mask) = bert::pad(&own, frozen.pad, &Device::Cpu)?;
    let hidden = frozen.trunk.forward(&tensor, &bert::attention_bias(&mask)?, Mode::Inference, None)?;
    let (length, dim) = (hidden.dim(1)?, hidden.dim(2)?);
    let values = hidden.flatten_all()?.to_vec1::<f32>()?;
    let row = |r: usize, i: usize| {
        let start = r * length * dim;
        values[start..start + ids[i].len() * dim].iter().map(|v| f16::from_f32(*v)).collect()
    };
    Ok(batch.iter().enumerate().map(|(r, &i)| (i, row(r, i))).collect())
}
