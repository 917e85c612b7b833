//! What an interrupted run needs to go on: weights, moments, best weights so far and where it stood, in the result's folder.
//!
//! The batches of a step follow from the recipe's seed and the step alone, so a run taken up again reads what the uninterrupted
//! one would have read.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::adam::DeviceAdamW;
use super::recipe::Recipe;
use crate::encoder::store;
use crate::train::TrainError;

const WEIGHTS: &str = "resume.safetensors";
const STATE: &str = "resume.json";

/// The best measurement so far.
#[derive(Clone, Debug, Default)]
pub struct Best {
    /// Its score; higher is better.
    pub score: f64,
    /// Its figures.
    pub figures: Value,
    /// Its weights; empty before the first measurement.
    pub weights: BTreeMap<String, Tensor>,
    /// Measurements since then.
    pub stale: usize,
}

impl Best {
    /// Takes a measurement in; `weights` is asked for only where it is the best.
    pub fn see(
        &mut self,
        score: f64,
        figures: &Value,
        weights: impl FnOnce() -> Result<BTreeMap<String, Tensor>, TrainError>,
    ) -> Result<(), TrainError> {
        if !self.weights.is_empty() && score <= self.score {
            self.stale += 1;
            return Ok(());
        }
        *self = Self { score, figures: figures.clone(), weights: weights()?, stale: 0 };
        Ok(())
    }
}

/// Where a run stood.
#[derive(Serialize, Deserialize)]
struct State {
    recipe: Value,
    step: usize,
    minutes: f64,
    score: f64,
    figures: Value,
    stale: usize,
}

/// A run as it goes on.
pub struct Resumed {
    /// Steps done.
    pub step: usize,
    /// Minutes spent on them.
    pub minutes: f64,
    /// Best measurement.
    pub best: Best,
}

fn io(path: &Path, e: &dyn std::fmt::Display) -> TrainError {
    TrainError::Io { path: path.to_owned(), reason: e.to_string() }
}

/// Leaves a run's state in `out`; a state that is there is replaced as a whole.
pub fn write(recipe: &Recipe, optimizer: &DeviceAdamW, run: &Resumed, out: &Path) -> Result<(), TrainError> {
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    tensors.extend(optimizer.weights()?.into_iter().map(|(n, t)| (format!("weights/{n}"), t)));
    tensors.extend(optimizer.moments()?.into_iter().map(|(n, t)| (format!("moments/{n}"), t)));
    tensors.extend(run.best.weights.iter().map(|(n, t)| (format!("best/{n}"), t.clone())));
    let (weights, state) = (out.join(WEIGHTS), out.join(STATE));
    // Without its state a file of weights is none; so the state goes first and comes last.
    remove(out);
    candle_core::safetensors::save(&tensors, &weights)?;
    let kept = State {
        recipe: serde_json::to_value(recipe).unwrap_or_default(),
        step: run.step,
        minutes: run.minutes,
        score: run.best.score,
        figures: run.best.figures.clone(),
        stale: run.best.stale,
    };
    let json = serde_json::to_vec(&kept).map_err(|e| io(&state, &e))?;
    std::fs::write(&state, json).map_err(|e| io(&state, &e))
}

/// Takes up what `out` holds of a run of the same recipe; nothing where it holds none, an error where the recipe is another.
pub fn read(recipe: &Recipe, optimizer: &mut DeviceAdamW, out: &Path) -> Result<Option<Resumed>, TrainError> {
    let state = out.join(STATE);
    let Ok(json) = std::fs::read(&state) else { return Ok(None) };
    let kept: State = serde_json::from_slice(&json).map_err(|e| io(&state, &e))?;
    if kept.recipe != serde_json::to_value(recipe).unwrap_or_default() {
        let reason = "it holds an unfinished run of another recipe; remove the file, or give another --out".to_owned();
        return Err(TrainError::Io { path: state, reason });
    }
    let (mut weights, mut moments, mut best) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (name, tensor) in store::read(&out.join(WEIGHTS), &Device::Cpu)? {
        match name.split_once('/') {
            Some(("weights", own)) => weights.insert(own.to_owned(), tensor),
            Some(("moments", own)) => moments.insert(own.to_owned(), tensor),
            Some(("best", own)) => best.insert(own.to_owned(), tensor),
            _ => None,
        };
    }
    optimizer.restore(&weights, &moments, kept.step)?;
    let best = Best { score: kept.score, figures: kept.figures, weights: best, stale: kept.stale };
    Ok(Some(Resumed { step: kept.step, minutes: kept.minutes, best }))
}

/// Removes a state, once a run is finished.
pub fn remove(out: &Path) {
    for file in [STATE, WEIGHTS] {
        let _ = std::fs::remove_file(out.join(file));
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;
    use serde_json::json;

    use super::*;

    fn recipe(steps: usize) -> Recipe {
        let toml = format!(
            "stage = 'encoder'\nname = 'x'\nseed = 1\nbase = 'b'\ncodesets = 'c'\ndata = 'd'\ndataset = 'e'\ntagging = []\n\
             language = []\nsteps = {steps}\nmost_minutes = 1.0\nwarmup = 0.1\ntrunk_learning_rate = 1e-3\nbranch_learning_rate = 1e-3\n\
             head_learning_rate = 1e-3\nweight_decay = 0.0\nclip = 1.0\ndropout = 0.0\ntagging_tokens = 500\nlanguage_tokens = 500\n\
             names = 8\nmention_chunks = 8\nassertion_weight = 1.0\nlinking_weight = 1.0\nlanguage_weight = 1.0\n\
             unknown_outside_weight = 0.1\ntemperature = 0.05\nevaluate_every = 2\n"
        );
        toml::from_str(&toml).expect("a recipe")
    }

    fn optimizer() -> (Var, DeviceAdamW) {
        let var = Var::from_tensor(&Tensor::new(&[3f32, -2.0], &Device::Cpu).expect("tensor")).expect("variable");
        (var.clone(), DeviceAdamW::new(vec![("x/y".into(), var, 0.05)], 0.0, 10.0).expect("optimizer"))
    }

    fn learn(var: &Var, optimizer: &mut DeviceAdamW, steps: usize) {
        for _ in 0..steps {
            let loss = var.sqr().and_then(|s| s.sum_all()).expect("loss");
            optimizer.apply(&loss.backward().expect("backward"), 1.0).expect("step");
        }
    }

    #[test]
    fn a_run_taken_up_again_goes_the_way_of_an_uninterrupted_one() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let (whole, mut uninterrupted) = optimizer();
        learn(&whole, &mut uninterrupted, 20);
        let (first, mut half) = optimizer();
        learn(&first, &mut half, 8);
        let mut best = Best::default();
        best.see(0.5, &json!({"a": 1}), || half.weights()).expect("seen");
        best.see(0.4, &json!({"a": 2}), || half.weights()).expect("seen");
        write(&recipe(20), &half, &Resumed { step: 8, minutes: 0.5, best }, dir.path()).expect("written");
        let (second, mut again) = optimizer();
        let run = read(&recipe(20), &mut again, dir.path()).expect("read").expect("a state");
        assert_eq!((run.step, run.best.stale, run.best.score, run.best.weights.len()), (8, 1, 0.5, 1));
        learn(&second, &mut again, 12);
        assert_eq!(whole.to_vec1::<f32>().expect("values"), second.to_vec1::<f32>().expect("values"));
        assert!(read(&recipe(21), &mut again, dir.path()).is_err());
        remove(dir.path());
        assert!(read(&recipe(21), &mut again, dir.path()).expect("none").is_none());
    }
}
