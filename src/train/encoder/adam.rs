//! AdamW on any device: moments and steps stay where the weights are, and no step waits for a number of the device.
use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};

use crate::encoder::fused::adam::{self, Step};
use crate::train::TrainError;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

struct Slot {
    var: Var,
    /// (2, elements)
    moments: Tensor,
    rate: f64,
    decay: bool,
}

/// The optimizer's variables and moments, by name.
pub struct DeviceAdamW {
    slots: BTreeMap<String, Slot>,
    step: usize,
    weight_decay: f64,
    clip: f64,
}

impl DeviceAdamW {
    /// `variables`: name, variable, highest learning rate. Vectors (biases, norms) are not decayed.
    pub fn new(variables: Vec<(String, Var, f64)>, weight_decay: f64, clip: f64) -> Result<Self, TrainError> {
        let mut slots = BTreeMap::new();
        for (name, var, rate) in variables {
            let moments = Tensor::zeros((2, var.elem_count()), var.dtype(), var.device())?;
            let decay = var.rank() > 1;
            slots.insert(name, Slot { moments, decay, var, rate });
        }
        Ok(Self { slots, step: 0, weight_decay, clip })
    }

    /// Names and values of the variables, on the CPU.
    pub fn weights(&self) -> Result<BTreeMap<String, Tensor>, TrainError> {
        self.slots.iter().map(|(n, s)| Ok((n.clone(), s.var.as_tensor().to_device(&Device::Cpu)?))).collect()
    }

    /// Names and moments (2, elements), on the CPU.
    pub fn moments(&self) -> Result<BTreeMap<String, Tensor>, TrainError> {
        self.slots.iter().map(|(n, s)| Ok((n.clone(), s.moments.to_device(&Device::Cpu)?))).collect()
    }

    /// Takes up weights and moments of a run of the same variables after `step` steps.
    pub fn restore(
        &mut self,
        weights: &BTreeMap<String, Tensor>,
        moments: &BTreeMap<String, Tensor>,
        step: usize,
    ) -> Result<(), TrainError> {
        let of = |kept: &BTreeMap<String, Tensor>, name: &str| {
            let missing = || candle_core::Error::Msg(format!("the unfinished run has no {name}; remove its files"));
            kept.get(name).cloned().ok_or_else(missing)
        };
        for (name, slot) in &mut self.slots {
            slot.var.set(&of(weights, name)?.to_device(slot.var.device())?)?;
            slot.moments = of(moments, name)?.to_device(slot.var.device())?;
        }
        self.step = step;
        Ok(())
    }

    /// One step at a share of the highest learning rates; returns the gradients' norm before clipping, a scalar on the
    /// device ([`checked`] reads it), or none where nothing has a gradient.
    pub fn apply(&mut self, gradients: &GradStore, share: f64) -> Result<Option<Tensor>, TrainError> {
        let mut squares = Vec::new();
        for slot in self.slots.values() {
            if let Some(gradient) = gradients.get(&slot.var) {
                squares.push(gradient.sqr()?.sum_all()?);
            }
        }
        if squares.is_empty() {
            return Ok(None);
        }
        let norm = Tensor::stack(&squares, 0)?.sum_all()?.sqrt()?;
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powi(self.step as i32);
        let correction_2 = 1.0 - BETA_2.powi(self.step as i32);
        for slot in self.slots.values() {
            let Some(gradient) = gradients.get(&slot.var) else { continue };
            let rate = share * slot.rate;
            let numbers = Step {
                beta_1: BETA_1 as f32,
                beta_2: BETA_2 as f32,
                clip: self.clip as f32,
                decay: if slot.decay { (1.0 - rate * self.weight_decay) as f32 } else { 1.0 },
                rate: (rate / correction_1) as f32,
                correction: (1.0 / correction_2) as f32,
                epsilon: EPSILON,
            };
            adam::step(&slot.var, &slot.moments, gradient, &norm, numbers)?;
        }
        Ok(Some(norm))
    }

    /// The norm as a number, or an error where learning has diverged. Waits for the device.
    pub fn checked(&self, norm: Option<&Tensor>) -> Result<f32, TrainError> {
        let norm = norm.map_or(Ok(0.0), Tensor::to_scalar::<f32>)?;
        if norm.is_finite() { Ok(norm) } else { Err(TrainError::Diverged { step: self.step }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_minimum() {
        let var = Var::from_tensor(&Tensor::from_vec(vec![3f32, -2.0], 2, &Device::Cpu).expect("tensor")).expect("variable");
        let mut optimizer = DeviceAdamW::new(vec![("x".into(), var.clone(), 0.05)], 0.0, 10.0).expect("optimizer");
        for _ in 0..400 {
            let loss = var.sqr().and_then(|s| s.sum_all()).expect("loss");
            optimizer.apply(&loss.backward().expect("backward"), 1.0).expect("step");
        }
        assert!(var.to_vec1::<f32>().expect("values").iter().all(|v| v.abs() < 0.05));
    }
}
