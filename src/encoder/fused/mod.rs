//! Learning without padding: a batch's sequences laid end to end, and the transformer's memory-bound steps as single
//! operations with a backward pass, on CPU and (with the `cuda` feature) on an NVIDIA GPU.
//!
//! [`super::bert`]'s definition in plain candle operations stays the reference: tests hold these to its values and
//! gradients. Matrix products are candle's.
//!
//! | file | operation |
//! | --- | --- |
//! | [`pack`] | which rows are which sequence |
//! | [`attention`] | softmax attention within every sequence |
//! | [`add_norm`] | bias, dropout, residual and LayerNorm |
//! | [`bias_gelu`] | bias and GELU |
//! | [`sparse`] | gather, mean and embedding: a sparse matrix times rows |
//! | [`adam`] | one AdamW step of a variable |
//! | [`layer`] | the transformer over packed rows |
//! | `cuda`, `kernels.cu` | the same on a GPU |
pub mod adam;
pub mod add_norm;
pub mod attention;
pub mod bias_gelu;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod layer;
pub mod pack;
pub mod sparse;
#[cfg(test)]
mod tests;

pub use pack::Pack;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};
use rayon::prelude::*;

use super::bert::Dropout;

/// Rows that one task of a sum over rows takes: fixed, so that sums do not depend on the number of threads.
const ROWS: usize = 64;

/// Dropout of one operation: which numbers it drops follows from the seed and their places.
#[derive(Clone, Copy, Debug)]
pub struct Drop {
    seed: u32,
    threshold: u32,
    scale: f32,
}

impl Drop {
    /// A fresh pattern of `dropout`; none keeps everything.
    pub fn fresh(dropout: Option<&Dropout>) -> Self {
        match dropout.map(Dropout::pattern) {
            Some((probability, seed)) if probability > 0.0 => {
                let probability = probability.min(0.95);
                Self { seed, threshold: (f64::from(probability) * 4_294_967_296.0) as u32, scale: 1.0 / (1.0 - probability) }
            }
            _ => Self { seed: 0, threshold: 0, scale: 1.0 },
        }
    }

    /// What the number at a place is multiplied by: 0 or the scale. As in `kernels.cu`.
    #[inline]
    fn factor(&self, at: u32) -> f32 {
        if self.threshold == 0 {
            return self.scale;
        }
        let mut h = at.wrapping_mul(0x9E37_79B9) ^ self.seed;
        h ^= h >> 16;
        h = h.wrapping_mul(0x85EB_CA6B);
        h ^= h >> 13;
        h = h.wrapping_mul(0xC2B2_AE35);
        h ^= h >> 16;
        if h >= self.threshold { self.scale } else { 0.0 }
    }
}

/// The numbers of a contiguous f32 tensor on the CPU.
fn host<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&values[from..to]),
        (CpuStorage::F32(_), None) => bail!("a fused operation takes contiguous tensors"),
        _ => bail!("a fused operation takes f32 tensors"),
    }
}

/// Runs `work` on the numbers of contiguous tensors of the CPU.
fn on_host<R, const N: usize>(tensors: [&Tensor; N], work: impl FnOnce([&[f32]; N]) -> R) -> Result<R> {
    let guards = tensors.map(|t| t.storage_and_layout());
    let mut slices: [&[f32]; N] = [&[]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        match &**storage {
            Storage::Cpu(storage) => *slice = host(storage, layout)?,
            _ => bail!("a fused operation takes tensors of one device"),
        }
    }
    Ok(work(slices))
}

/// Sums over rows of `width` numbers that `add` adds to an accumulator, in fixed groups: the same on any number of threads.
fn sum_rows(rows: usize, width: usize, add: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|part| {
            let mut sum = vec![0f32; width];
            (part * ROWS..rows.min((part + 1) * ROWS)).for_each(|row| add(row, &mut sum));
            sum
        })
        .collect();
    let mut total = vec![0f32; width];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(t, p)| *t += p);
    }
    total
}

/// Sums of the columns of a (rows, width) matrix on any device: the gradient of a bias.
fn column_sums(matrix: &Tensor) -> Result<Tensor> {
    let (rows, width) = matrix.dims2()?;
    #[cfg(feature = "cuda")]
    if matrix.device().is_cuda() {
        return cuda::column_sums(matrix, rows, width);
    }
    let sums = on_host([matrix], |[m]| {
        sum_rows(rows, width, |row, sum| {
            sum.iter_mut().zip(&m[row * width..][..width]).for_each(|(s, v)| *s += v);
        })
    })?;
    Tensor::from_vec(sums, width, matrix.device())
}
