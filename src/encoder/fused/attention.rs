//! Softmax attention within every sequence of a packed batch; weights are never stored.
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::pack::LONGEST;
use super::{Drop, Pack, column_sums, host, on_host};

/// qkv: (rows, 3 · hidden) without bias, query, key and value side by side; bias: (3 · hidden) → (rows, hidden).
pub fn attention(qkv: &Tensor, bias: &Tensor, pack: &Arc<Pack>, heads: usize, drop: Drop) -> Result<Tensor> {
    let hidden = qkv.dim(1)? / 3;
    let op = Attention { pack: pack.clone(), hidden, heads, head: hidden / heads.max(1), drop };
    qkv.contiguous()?.apply_op2(&bias.contiguous()?, op)
}

pub(super) struct Attention {
    pub(super) pack: Arc<Pack>,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) head: usize,
    pub(super) drop: Drop,
}

/// One head of one sequence: queries (scaled), keys and values, length × width each.
struct Parts {
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
}

impl Attention {
    /// What the dot products are multiplied by.
    pub(super) fn scale(&self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    fn parts(&self, qkv: &[f32], bias: &[f32], first: usize, length: usize, head: usize) -> Parts {
        let part = |number: usize, scale: f32| {
            let at = number * self.hidden + head * self.head;
            let bias = &bias[at..at + self.head];
            (0..length)
                .flat_map(|i| {
                    qkv[(first + i) * 3 * self.hidden + at..][..self.head].iter().zip(bias).map(|(v, b)| (v + b) * scale)
                })
                .collect()
        };
        Parts { query: part(0, self.scale()), key: part(1, 1.0), value: part(2, 1.0) }
    }

    /// Softmax of a query's products with all keys.
    fn weights(&self, query: &[f32], keys: &[f32], into: &mut [f32]) {
        for (weight, key) in into.iter_mut().zip(keys.chunks_exact(self.head)) {
            *weight = dot(query, key);
        }
        let most = into.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        into.iter_mut().for_each(|w| *w = (*w - most).exp());
        let sum: f32 = into.iter().sum();
        into.iter_mut().for_each(|w| *w /= sum);
    }

    fn factor(&self, row: usize, head: usize, other: usize) -> f32 {
        self.drop.factor(((row * self.heads + head) as u32).wrapping_mul(LONGEST as u32).wrapping_add(other as u32))
    }

    fn forward_host(&self, qkv: &[f32], bias: &[f32]) -> Vec<f32> {
        let mut out = vec![0f32; self.pack.rows() * self.hidden];
        let parts = self.pack.split(&mut out, self.hidden);
        parts.into_par_iter().zip(self.pack.starts()).for_each(|(out, &first)| {
            let length = out.len() / self.hidden;
            let mut weights = vec![0f32; length];
            for head in 0..self.heads {
                let own = self.parts(qkv, bias, first, length, head);
                for i in 0..length {
                    self.weights(&own.query[i * self.head..][..self.head], &own.key, &mut weights);
                    let to = &mut out[i * self.hidden + head * self.head..][..self.head];
                    for (j, weight) in weights.iter().enumerate() {
                        add(to, weight * self.factor(first + i, head, j), &own.value[j * self.head..][..self.head]);
                    }
                }
            }
        });
        out
    }

    fn backward_host(&self, qkv: &[f32], bias: &[f32], out: &[f32], grad: &[f32]) -> Vec<f32> {
        let (hidden, width) = (self.hidden, self.head);
        let mut change = vec![0f32; self.pack.rows() * 3 * hidden];
        let parts = self.pack.split(&mut change, 3 * hidden);
        parts.into_par_iter().zip(self.pack.starts()).for_each(|(change, &first)| {
            let length = change.len() / (3 * hidden);
            let mut weights = vec![0f32; length];
            for head in 0..self.heads {
                let own = self.parts(qkv, bias, first, length, head);
                let (mut d_query, mut d_key, mut d_value) =
                    (vec![0f32; length * width], vec![0f32; length * width], vec![0f32; length * width]);
                for i in 0..length {
                    let query = &own.query[i * width..][..width];
                    self.weights(query, &own.key, &mut weights);
                    let at = (first + i) * hidden + head * width;
                    let its = &grad[at..at + width];
                    let product = dot(its, &out[at..at + width]);
                    for (j, weight) in weights.iter().enumerate() {
                        let (place, factor) = (j * width..(j + 1) * width, self.factor(first + i, head, j));
                        add(&mut d_value[place.clone()], weight * factor, its);
                        let score = weight * (factor * dot(its, &own.value[place.clone()]) - product);
                        add(&mut d_query[i * width..][..width], score * self.scale(), &own.key[place.clone()]);
                        add(&mut d_key[place], score, query);
                    }
                }
                for (part, values) in [d_query, d_key, d_value].iter().enumerate() {
                    for (i, row) in values.chunks_exact(width).enumerate() {
                        change[i * 3 * hidden + part * hidden + head * width..][..width].copy_from_slice(row);
                    }
                }
            }
        });
        change
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(l, (x, y))| *l += x * y);
    }
    lanes.iter().sum()
}

fn add(to: &mut [f32], weight: f32, from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t += weight * f);
}

impl CustomOp2 for Attention {
    fn name(&self) -> &'static str {
        "packed-attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, l1: &Layout, bias: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let out = self.forward_host(host(qkv, l1)?, host(bias, l2)?);
        Ok((CpuStorage::F32(out), (self.pack.rows(), self.hidden).into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        qkv: &candle_core::CudaStorage,
        l1: &Layout,
        bias: &candle_core::CudaStorage,
        l2: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        Ok((super::cuda::attention(self, (qkv, l1), (bias, l2))?, (self.pack.rows(), self.hidden).into()))
    }

    fn bwd(&self, qkv: &Tensor, bias: &Tensor, out: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        #[cfg(feature = "cuda")]
        if qkv.device().is_cuda() {
            let change = super::cuda::attention_change(self, qkv, bias, out, &grad)?;
            let sums = column_sums(&change)?;
            return Ok((Some(change), Some(sums)));
        }
        let change = on_host([qkv, bias, out, &grad], |[qkv, bias, out, grad]| self.backward_host(qkv, bias, out, grad))?;
        let change = Tensor::from_vec(change, qkv.shape(), qkv.device())?;
        let sums = column_sums(&change)?;
        Ok((Some(change), Some(sums)))
    }
}
