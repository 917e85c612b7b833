//! AdamW with decoupled weight decay, whose state can be saved and taken up again.
use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};

use crate::train::TrainError;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

struct Slot {
    var: Var,
    first: Vec<f32>,
    second: Vec<f32>,
    /// Its highest learning rate.
    rate: f32,
    decay: bool,
}

/// The optimizer's variables and moments, by name.
pub struct AdamW {
    slots: BTreeMap<String, Slot>,
    /// Steps done.
    pub step: usize,
    weight_decay: f32,
    clip: f32,
}

impl AdamW {
    /// `variables`: name, variable, highest learning rate. Vectors (biases, norms) are not decayed.
    pub fn new(variables: Vec<(String, Var, f32)>, weight_decay: f64, clip: f64) -> Self {
        let slots = variables
            .into_iter()
            .map(|(name, var, rate)| {
                let count = var.elem_count();
                let decay = var.rank() > 1;
                (name, Slot { var, first: vec![0.0; count], second: vec![0.0; count], rate, decay })
            })
            .collect();
        Self { slots, step: 0, weight_decay: weight_decay as f32, clip: clip as f32 }
    }

    /// Names and values of the variables.
    pub fn weights(&self) -> BTreeMap<String, Tensor> {
        self.slots.iter().map(|(name, slot)| (name.clone(), slot.var.as_tensor().clone())).collect()
    }

    /// Gradients of the variables by name.
    pub fn gradients(&self, store: &GradStore) -> Result<BTreeMap<String, Vec<f32>>, TrainError> {
        let mut all = BTreeMap::new();
        for (name, slot) in &self.slots {
            if let Some(gradient) = store.get(&slot.var) {
                all.insert(name.clone(), gradient.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(all)
    }

    /// One step at a share of the highest learning rates; returns the gradients' norm before clipping.
    pub fn apply(&mut self, gradients: &BTreeMap<String, Vec<f32>>, share: f64) -> Result<f32, TrainError> {
        let squares: f64 = gradients.values().map(|g| g.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>()).sum();
        let norm = squares.sqrt() as f32;
        if !norm.is_finite() {
            return Err(TrainError::Diverged { step: self.step });
        }
        let scale = if norm > self.clip { self.clip / norm } else { 1.0 };
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powi(self.step as i32);
        let correction_2 = 1.0 - BETA_2.powi(self.step as i32);
        for (name, slot) in &mut self.slots {
            let Some(gradient) = gradients.get(name) else { continue };
            let rate = share as f32 * slot.rate;
            let decay = if slot.decay { 1.0 - rate * self.weight_decay } else { 1.0 };
            let mut values = slot.var.flatten_all()?.to_vec1::<f32>()?;
            let moments = slot.first.iter_mut().zip(slot.second.iter_mut());
            for ((value, gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
                let gradient = gradient * scale;
                *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
                *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
                let step = (*first / correction_1) / ((*second / correction_2).sqrt() + EPSILON);
                *value = *value * decay - rate * step;
            }
            let shape = slot.var.shape().clone();
            slot.var.set(&Tensor::from_vec(values, shape, &Device::Cpu)?)?;
        }
        Ok(norm)
    }

    /// Everything needed to go on later: weights and both moments.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>, TrainError> {
        let mut state = BTreeMap::new();
        for (name, slot) in &self.slots {
            let shape = slot.var.shape();
            state.insert(format!("weight/{name}"), slot.var.as_tensor().clone());
            state.insert(format!("first/{name}"), Tensor::from_slice(&slot.first, shape, &Device::Cpu)?);
            state.insert(format!("second/{name}"), Tensor::from_slice(&slot.second, shape, &Device::Cpu)?);
        }
        Ok(state)
    }

    /// Takes up a saved state.
    pub fn restore(&mut self, state: &std::collections::HashMap<String, Tensor>, step: usize) -> Result<(), TrainError> {
        for (name, slot) in &mut self.slots {
            let get = |part: &str| {
                let full = format!("{part}/{name}");
                state.get(&full).ok_or_else(|| candle_core::Error::Msg(format!("checkpoint lacks {full}")))
            };
            slot.first = get("first")?.flatten_all()?.to_vec1()?;
            slot.second = get("second")?.flatten_all()?.to_vec1()?;
            slot.var.set(get("weight")?)?;
        }
        self.step = step;
        Ok(())
    }
}

/// The learning rate's course: up over `warmup` of the steps, then straight down to a twentieth.
pub fn schedule(step: usize, steps: usize, warmup: f64) -> f64 {
    let done = (step as f64 + 1.0) / (steps.max(1) as f64);
    if done < warmup { done / warmup } else { (1.0 - 0.95 * (done - warmup) / (1.0 - warmup)).max(0.05) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_minimum_and_resumes_exactly() {
        let start = Tensor::from_vec(vec![3f32, -2.0], 2, &Device::Cpu).expect("tensor");
        let run = |optimizer: &mut AdamW, var: &Var, steps: usize| {
            for _ in 0..steps {
                let loss = var.sqr().and_then(|s| s.sum_all()).expect("loss");
                let gradients = optimizer.gradients(&loss.backward().expect("backward")).expect("gradients");
                optimizer.apply(&gradients, 1.0).expect("step");
            }
        };
        let var = Var::from_tensor(&start).expect("variable");
        let mut whole = AdamW::new(vec![("x".into(), var.clone(), 0.05)], 0.0, 10.0);
        run(&mut whole, &var, 40);
        let state: std::collections::HashMap<String, Tensor> = {
            let own = Var::from_tensor(&start).expect("variable");
            let mut half = AdamW::new(vec![("x".into(), own.clone(), 0.05)], 0.0, 10.0);
            run(&mut half, &own, 20);
            half.state().expect("state").into_iter().collect()
        };
        let resumed = Var::zeros(2, candle_core::DType::F32, &Device::Cpu).expect("variable");
        let mut second = AdamW::new(vec![("x".into(), resumed.clone(), 0.05)], 0.0, 10.0);
        second.restore(&state, 20).expect("restore");
        run(&mut second, &resumed, 20);
        let (a, b) = (var.to_vec1::<f32>().expect("values"), resumed.to_vec1::<f32>().expect("values"));
        assert_eq!(a, b);
        assert!(a.iter().all(|v| v.abs() < 2.0));
        run(&mut second, &resumed, 400);
        assert!(resumed.to_vec1::<f32>().expect("values").iter().all(|v| v.abs() < 0.05));
    }

    #[test]
    fn the_rate_rises_then_falls() {
        assert!(schedule(0, 100, 0.1) < schedule(8, 100, 0.1));
        assert!(schedule(50, 100, 0.1) > schedule(90, 100, 0.1));
        assert!(schedule(99, 100, 0.1) >= 0.05);
    }
}
