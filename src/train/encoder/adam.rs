//! AdamW on any device: moments and steps stay where the weights are.
use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};

use crate::train::TrainError;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

struct Slot {
    var: Var,
    first: Tensor,
    second: Tensor,
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
            let zeros = var.zeros_like()?;
            let decay = var.rank() > 1;
            slots.insert(name, Slot { first: zeros.clone(), second: zeros, decay, var, rate });
        }
        Ok(Self { slots, step: 0, weight_decay, clip })
    }

    /// Names and values of the variables, on the CPU.
    pub fn weights(&self) -> Result<BTreeMap<String, Tensor>, TrainError> {
        self.slots.iter().map(|(n, s)| Ok((n.clone(), s.var.as_tensor().to_device(&Device::Cpu)?))).collect()
    }

    /// One step at a share of the highest learning rates; returns the gradients' norm before clipping.
    pub fn apply(&mut self, gradients: &GradStore, share: f64) -> Result<f32, TrainError> {
        let mut squares = Vec::new();
        for slot in self.slots.values() {
            if let Some(gradient) = gradients.get(&slot.var) {
                squares.push(gradient.sqr()?.sum_all()?);
            }
        }
        if squares.is_empty() {
            return Ok(0.0);
        }
        let norm = Tensor::stack(&squares, 0)?.sum_all()?.sqrt()?.to_scalar::<f32>()?;
        if !norm.is_finite() {
            return Err(TrainError::Diverged { step: self.step });
        }
        let scale = if f64::from(norm) > self.clip { self.clip / f64::from(norm) } else { 1.0 };
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powi(self.step as i32);
        let correction_2 = 1.0 - BETA_2.powi(self.step as i32);
        for slot in self.slots.values_mut() {
            let Some(gradient) = gradients.get(&slot.var) else { continue };
            let gradient = (gradient * scale)?;
            let rate = share * slot.rate;
            slot.first = ((&slot.first * BETA_1)? + (&gradient * (1.0 - BETA_1))?)?.detach();
            slot.second = ((&slot.second * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?.detach();
            let step = ((&slot.first * (rate / correction_1))? / ((&slot.second / correction_2)?.sqrt()? + EPSILON)?)?;
            let decay = if slot.decay { 1.0 - rate * self.weight_decay } else { 1.0 };
            slot.var.set(&((slot.var.as_tensor() * decay)? - step)?)?;
        }
        Ok(norm)
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
