//! LayerNorm(dropout(x + bias) + residual).
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{Drop, ROWS, host, on_host, sum_rows};

/// x, residual: (rows, hidden); bias, weight, shift: (hidden), the latter two the norm's → (rows, hidden).
pub fn add_norm(x: &Tensor, residual: &Tensor, [bias, weight, shift]: [&Tensor; 3], eps: f32, drop: Drop) -> Result<Tensor> {
    let params = Tensor::stack(&[bias, weight, shift], 0)?;
    x.contiguous()?.apply_op3(&residual.contiguous()?, &params, AddNorm { eps, drop })
}

pub(super) struct AddNorm {
    pub(super) eps: f32,
    pub(super) drop: Drop,
}

/// A row before the norm, centred, and one over its deviation.
fn centred(row: usize, [x, residual, bias]: [&[f32]; 3], drop: Drop, eps: f32, into: &mut [f32]) -> f32 {
    let hidden = into.len();
    let at = row * hidden;
    for (c, z) in into.iter_mut().enumerate() {
        *z = (x[at + c] + bias[c]) * drop.factor((at + c) as u32) + residual[at + c];
    }
    let mean = into.iter().sum::<f32>() / hidden as f32;
    into.iter_mut().for_each(|z| *z -= mean);
    1.0 / (into.iter().map(|z| z * z).sum::<f32>() / hidden as f32 + eps).sqrt()
}

impl AddNorm {
    fn forward_host(&self, x: &[f32], residual: &[f32], params: &[f32]) -> Vec<f32> {
        let hidden = params.len() / 3;
        let mut out = vec![0f32; x.len()];
        out.par_chunks_mut(hidden * ROWS).enumerate().for_each(|(part, out)| {
            for (i, out) in out.chunks_exact_mut(hidden).enumerate() {
                let inverse = centred(part * ROWS + i, [x, residual, &params[..hidden]], self.drop, self.eps, out);
                for (c, z) in out.iter_mut().enumerate() {
                    *z = *z * inverse * params[hidden + c] + params[2 * hidden + c];
                }
            }
        });
        out
    }

    /// Gradients of residual, x and params.
    fn backward_host(&self, [x, residual, params, grad]: [&[f32]; 4]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let hidden = params.len() / 3;
        let (mut change, mut change_x) = (vec![0f32; x.len()], vec![0f32; x.len()]);
        let both = change.par_chunks_mut(hidden * ROWS).zip(change_x.par_chunks_mut(hidden * ROWS));
        both.enumerate().for_each(|(part, (change, change_x))| {
            let mut z = vec![0f32; hidden];
            for (i, (d, dx)) in change.chunks_exact_mut(hidden).zip(change_x.chunks_exact_mut(hidden)).enumerate() {
                let row = part * ROWS + i;
                let inverse = centred(row, [x, residual, &params[..hidden]], self.drop, self.eps, &mut z);
                let grad = &grad[row * hidden..][..hidden];
                let (mut first, mut second) = (0.0, 0.0);
                for c in 0..hidden {
                    z[c] *= inverse;
                    d[c] = grad[c] * params[hidden + c];
                    first += d[c];
                    second += d[c] * z[c];
                }
                let (first, second) = (first / hidden as f32, second / hidden as f32);
                for c in 0..hidden {
                    d[c] = inverse * (d[c] - first - z[c] * second);
                    dx[c] = d[c] * self.drop.factor((row * hidden + c) as u32);
                }
            }
        });
        let d_params = sum_rows(x.len() / hidden.max(1), 3 * hidden, |row, sum| {
            let mut z = vec![0f32; hidden];
            let inverse = centred(row, [x, residual, &params[..hidden]], self.drop, self.eps, &mut z);
            for c in 0..hidden {
                let g = grad[row * hidden + c];
                sum[c] += change_x[row * hidden + c];
                sum[hidden + c] += g * z[c] * inverse;
                sum[2 * hidden + c] += g;
            }
        });
        (change, change_x, d_params)
    }
}

impl CustomOp3 for AddNorm {
    fn name(&self) -> &'static str {
        "add-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        l1: &Layout,
        residual: &CpuStorage,
        l2: &Layout,
        params: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let out = self.forward_host(host(x, l1)?, host(residual, l2)?, host(params, l3)?);
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &candle_core::CudaStorage,
        l1: &Layout,
        residual: &candle_core::CudaStorage,
        l2: &Layout,
        params: &candle_core::CudaStorage,
        l3: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        Ok((super::cuda::add_norm(self, (x, l1), (residual, l2), (params, l3))?, l1.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        residual: &Tensor,
        params: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        #[cfg(feature = "cuda")]
        if x.device().is_cuda() {
            let [change, change_x, d_params] = super::cuda::add_norm_change(self, x, residual, params, &grad)?;
            return Ok((Some(change_x), Some(change), Some(d_params)));
        }
        let (change, change_x, d_params) = on_host([x, residual, params, &grad], |all| self.backward_host(all))?;
        let made = |values: Vec<f32>, like: &Tensor| Tensor::from_vec(values, like.shape(), like.device());
        Ok((Some(made(change_x, x)?), Some(made(change, x)?), Some(made(d_params, params)?)))
    }
}
