//! One AdamW step of a variable, in place.
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, Var, bail};
use rayon::prelude::*;

/// Numbers of one step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Share of the first moment that stays.
    pub beta_1: f32,
    /// Share of the second moment that stays.
    pub beta_2: f32,
    /// Largest norm of all gradients together.
    pub clip: f32,
    /// What the weight is multiplied by first.
    pub decay: f32,
    /// Learning rate, corrected for the first moment's start at zero.
    pub rate: f32,
    /// Corrects the second moment for its start at zero.
    pub correction: f32,
    /// Keeps the divisor from zero.
    pub epsilon: f32,
}

/// Moves a variable. moments: (2, elements), updated; norm: a scalar f32 on the same device, the norm of all gradients.
pub fn step(var: &Var, moments: &Tensor, gradient: &Tensor, norm: &Tensor, numbers: Step) -> Result<()> {
    let gradient = gradient.contiguous()?;
    moments.inplace_op2(&gradient, &Moments { norm: norm.clone(), numbers })?;
    var.as_tensor().inplace_op2(moments, &Apply(numbers))
}

struct Moments {
    norm: Tensor,
    numbers: Step,
}

struct Apply(Step);

/// The numbers of a whole contiguous f32 storage that starts at 0.
fn whole<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&mut values[from..to]),
        _ => bail!("an optimizer's step takes contiguous f32 variables"),
    }
}

impl InplaceOp2 for Moments {
    fn name(&self) -> &'static str {
        "adam-moments"
    }

    fn cpu_fwd(&self, moments: &mut CpuStorage, l1: &Layout, gradient: &CpuStorage, l2: &Layout) -> Result<()> {
        let (norm, Step { beta_1, beta_2, clip, .. }) = (self.norm.to_scalar::<f32>()?, self.numbers);
        let (gradient, moments) = (super::host(gradient, l2)?, whole(moments, l1)?);
        let scale = if norm > clip { clip / norm } else { 1.0 };
        let (first, second) = moments.split_at_mut(gradient.len());
        first.par_iter_mut().zip(second.par_iter_mut()).zip(gradient).for_each(|((first, second), g)| {
            let g = g * scale;
            *first = beta_1 * *first + (1.0 - beta_1) * g;
            *second = beta_2 * *second + (1.0 - beta_2) * g * g;
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        moments: &mut candle_core::CudaStorage,
        _: &Layout,
        gradient: &candle_core::CudaStorage,
        l2: &Layout,
    ) -> Result<()> {
        let Step { beta_1, beta_2, clip, .. } = self.numbers;
        super::cuda::adam_moments(moments, (gradient, l2), &self.norm, [beta_1, beta_2, clip])
    }
}

impl InplaceOp2 for Apply {
    fn name(&self) -> &'static str {
        "adam-step"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, l1: &Layout, moments: &CpuStorage, l2: &Layout) -> Result<()> {
        let Step { decay, rate, correction, epsilon, .. } = self.0;
        let (weights, moments) = (whole(weights, l1)?, super::host(moments, l2)?);
        let (first, second) = moments.split_at(weights.len());
        weights.par_iter_mut().zip(first.par_iter().zip(second)).for_each(|(weight, (first, second))| {
            *weight = *weight * decay - rate * first / ((second * correction).sqrt() + epsilon);
        });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        weights: &mut candle_core::CudaStorage,
        l1: &Layout,
        moments: &candle_core::CudaStorage,
        l2: &Layout,
    ) -> Result<()> {
        let Step { decay, rate, correction, epsilon, .. } = self.0;
        super::cuda::adam_step(weights, (moments, l2), l1.shape().elem_count(), [decay, rate, correction, epsilon])
    }
}
