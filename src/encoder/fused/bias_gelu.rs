//! x·Φ(x) of x + bias.
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{column_sums, host, on_host};

/// x: (rows, width), bias: (width) → (rows, width)
pub fn bias_gelu(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(&bias.contiguous()?, BiasGelu)
}

struct BiasGelu;

/// Φ(x), the normal distribution, within 1e-7 (Abramowitz and Stegun 7.1.26).
fn normal(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let tail = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t * (-z * z).exp();
    if x < 0.0 { 0.5 * tail } else { 1.0 - 0.5 * tail }
}

fn gelu(x: f32) -> f32 {
    x * normal(x)
}

fn slope(x: f32) -> f32 {
    normal(x) + x * 0.398_942_3 * (-0.5 * x * x).exp()
}

impl CustomOp2 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, l1: &Layout, bias: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, bias) = (host(x, l1)?, host(bias, l2)?);
        let mut out = vec![0f32; x.len()];
        out.par_chunks_mut(bias.len().max(1)).zip(x.par_chunks(bias.len().max(1))).for_each(|(out, x)| {
            out.iter_mut().zip(x.iter().zip(bias)).for_each(|(o, (x, b))| *o = gelu(x + b));
        });
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &candle_core::CudaStorage,
        l1: &Layout,
        bias: &candle_core::CudaStorage,
        l2: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        Ok((super::cuda::bias_gelu((x, l1), (bias, l2))?, l1.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, bias: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        #[cfg(feature = "cuda")]
        if x.device().is_cuda() {
            let change = super::cuda::bias_gelu_change(x, bias, &grad)?;
            let sums = column_sums(&change)?;
            return Ok((Some(change), Some(sums)));
        }
        let change = on_host([x, bias, &grad], |[x, bias, grad]| {
            let (mut change, width) = (grad.to_vec(), bias.len().max(1));
            change.par_chunks_mut(width).zip(x.par_chunks(width)).for_each(|(change, x)| {
                change.iter_mut().zip(x.iter().zip(bias)).for_each(|(d, (x, b))| *d *= slope(x + b));
            });
            change
        })?;
        let change = Tensor::from_vec(change, x.shape(), x.device())?;
        let sums = column_sums(&change)?;
        Ok((Some(change), Some(sums)))
    }
}
