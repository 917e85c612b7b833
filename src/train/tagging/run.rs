//! The training run: load, cut, run the trunk once, learn, keep the best.
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::ops::Range;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use indicatif::{ProgressBar, ProgressStyle};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::batch;
use super::evaluate;
use super::examples::Example;
use super::optimizer::{AdamW, schedule};
use super::prepare::{Prepared, io};
use super::recipe::{Phase, Recipe};
use crate::encoder::bert::{self, BertConfig, Branch, Dropout, Mode};
use crate::encoder::manifest;
use crate::encoder::store;
use crate::extract::heads::Heads;
use crate::train::{TrainError, plot};

/// Examples that are sorted by length among themselves before they are cut into batches.
const BUCKET: usize = 512;

/// Where a run stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    step: usize,
    minutes: f64,
    best: f64,
    best_step: usize,
    since_best: usize,
}

/// Fresh weights of the heads: uniform by fan-in, zero biases.
pub(crate) fn fresh_heads(dim: usize, seed: u64) -> Result<BTreeMap<String, Tensor>, TrainError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = BTreeMap::new();
    for (name, shape) in Heads::shapes(dim) {
        let bound = if shape.len() == 2 { (3.0 / shape[1] as f32).sqrt() } else { 0.0 };
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| (random.random::<f32>() * 2.0 - 1.0) * bound).collect();
        weights.insert(name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    Ok(weights)
}

/// The branch and heads over trainable variables, with their optimizer.
pub struct Learner {
    /// Upper layers.
    pub branch: Branch,
    /// Heads.
    pub heads: Heads,
    /// Optimizer over both.
    pub optimizer: AdamW,
}

type Weights = BTreeMap<String, Tensor>;

/// Trainable branch (layers `layers`, none for heads alone) and heads over copies of weights.
fn learner(
    recipe: &Recipe,
    phase: &Phase,
    config: &BertConfig,
    layers: Range<usize>,
    weights: Weights,
) -> Result<Learner, TrainError> {
    let mut variables = Vec::new();
    let mut by_name = HashMap::new();
    for (name, tensor) in weights {
        let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?)?;
        by_name.insert(name.clone(), var.as_tensor().clone());
        let rate = if bert::in_layers(&name, &(0..usize::MAX)) { phase.branch_learning_rate } else { phase.head_learning_rate };
        variables.push((name, var, rate as f32));
    }
    let vb = VarBuilder::from_tensors(by_name, DType::F32, &Device::Cpu);
    let branch = Branch::load(vb.clone(), config, layers)?;
    let heads = Heads::new(vb, config.hidden_size)?;
    Ok(Learner { branch, heads, optimizer: AdamW::new(variables, recipe.weight_decay, recipe.clip) })
}

/// The whole run: branch and heads together, then the heads alone. Returns the best weights of both.
pub fn run(recipe: &Recipe, mut prepared: Prepared, bar: &ProgressBar) -> Result<(Prepared, Weights), TrainError> {
    let config = prepared.record.config.clone();
    let layers = prepared.record.trunk_layers..config.num_hidden_layers;
    let path = recipe.initial.clone().unwrap_or_else(|| recipe.base.join(manifest::TAGGING));
    let start = store::read(&path, &Device::Cpu)?;
    let mut weights: Weights = start.into_iter().filter(|(n, _)| bert::in_layers(n, &layers)).collect();
    weights.extend(fresh_heads(config.hidden_size, recipe.seed)?);
    let mut joint = learner(recipe, &recipe.joint, &config, layers.clone(), weights)?;
    let mut best = learn(recipe, &recipe.joint, "joint", &prepared, &mut joint, bar)?;
    let fingerprint = digest(&best)?;
    drop(joint);

    let vb = VarBuilder::from_tensors(best.clone().into_iter().collect(), DType::F32, &Device::Cpu);
    let branch = Branch::load(vb, &config, layers.clone())?;
    let file = |name: &str| recipe.run.join(name);
    bar.set_message("learned layers");
    let own = prepared.activations.through(&branch, &fingerprint, &prepared.examples, &file("train.tagging.f16"), bar)?;
    let dev = &prepared.dev;
    let dev = dev.activations.through(&branch, &fingerprint, &dev.examples, &file("dev.tagging.f16"), bar)?;
    (prepared.activations, prepared.dev.activations) = (own, dev);
    let heads: Weights = best.iter().filter(|(n, _)| !bert::in_layers(n, &layers)).map(|(n, t)| (n.clone(), t.clone())).collect();
    let mut alone = learner(recipe, &recipe.heads, &config, 0..0, heads)?;
    best.extend(learn(recipe, &recipe.heads, "heads", &prepared, &mut alone, bar)?);
    Ok((prepared, best))
}

/// sha256 over names and values.
fn digest(weights: &Weights) -> Result<String, TrainError> {
    let mut digest = Sha256::new();
    for (name, tensor) in weights {
        digest.update(name);
        digest.update(bytemuck::cast_slice::<f32, u8>(&tensor.flatten_all()?.to_vec1::<f32>()?));
    }
    Ok(digest.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Micro-batches of one epoch: similar lengths together, in random order.
fn micro_batches(examples: &[Example], budget: usize, seed: u64) -> Vec<Vec<usize>> {
    let lengths: Vec<usize> = examples.iter().map(|e| e.ids.len()).collect();
    batch::by_length(&lengths, budget, BUCKET, seed)
}

type Gradients = BTreeMap<String, Vec<f32>>;

/// Gradients and losses (tagging, assertion) of one step's micro-batches, summed in their order.
fn gradients(
    recipe: &Recipe,
    prepared: &Prepared,
    learner: &Learner,
    group: &[Vec<usize>],
    step: usize,
) -> Result<(Gradients, f64, f64), TrainError> {
    // Normalisers known beforehand, so that the parts add up to the gradient of one large batch.
    let of_group = || group.iter().flatten().map(|&i| &prepared.examples[i]);
    let words = of_group().flat_map(|e| &e.words).map(|w| f64::from(w.weight)).sum::<f64>().max(1.0);
    let spans = of_group().map(|e| e.spans.len()).sum::<usize>().max(1) as f64;
    let parts = group
        .par_iter()
        .enumerate()
        .map(|(number, own)| {
            let seed = recipe.seed ^ ((step as u64) << 20) ^ ((number as u64) << 8);
            let dropout = Dropout::new(recipe.dropout, seed);
            let mut random = ChaCha8Rng::seed_from_u64(seed ^ 1);
            let encoded = batch::encode(&learner.branch, &prepared.examples, &prepared.activations, own, Mode::Training)?;
            let loss = batch::loss(&learner.heads, &encoded, &prepared.examples, own, &dropout, &mut random)?;
            let (tagging, assertion) = ((loss.tagging / words)?, (loss.assertion / spans)?);
            let total = (&tagging + (&assertion * recipe.assertion_weight)?)?;
            let gradients = learner.optimizer.gradients(&total.backward()?)?;
            Ok((gradients, f64::from(tagging.to_scalar::<f32>()?), f64::from(assertion.to_scalar::<f32>()?)))
        })
        .collect::<Result<Vec<_>, TrainError>>()?;
    let (mut sum, mut tagging, mut assertion) = (Gradients::new(), 0.0, 0.0);
    for (part, t, a) in parts {
        tagging += t;
        assertion += a;
        for (name, values) in part {
            match sum.get_mut(&name) {
                Some(total) => total.iter_mut().zip(&values).for_each(|(s, v)| *s += v),
                None => {
                    sum.insert(name, values);
                }
            }
        }
    }
    Ok((sum, tagging, assertion))
}

/// Learns until the epochs, the minutes or the patience are over; returns the best weights, the start among them.
fn learn(
    recipe: &Recipe,
    phase: &Phase,
    name: &str,
    prepared: &Prepared,
    learner: &mut Learner,
    bar: &ProgressBar,
) -> Result<Weights, TrainError> {
    let file = |what: &str| recipe.run.join(format!("{name}.{what}"));
    let (kept, checkpoint, best) = (file("json"), file("checkpoint.safetensors"), file("best.safetensors"));
    let log_path = recipe.run.join("metrics.jsonl");
    let mut log = std::fs::OpenOptions::new().create(true).append(true).open(&log_path).map_err(io(&log_path))?;
    let mut write = |value: serde_json::Value| writeln!(log, "{value}").map_err(io(&log_path));
    let mut state = Progress::default();
    if let Ok(text) = std::fs::read_to_string(&kept) {
        state = serde_json::from_str(&text).map_err(|e| TrainError::Io { path: kept.clone(), reason: e.to_string() })?;
        learner.optimizer.restore(&store::read(&checkpoint, &Device::Cpu)?, state.step)?;
    } else {
        let scores = evaluate::evaluate(&learner.branch, &learner.heads, &prepared.dev, 0.0)?;
        state.best = evaluate::summary(&scores);
        store::write(&best, &learner.optimizer.weights(), store::Precision::Full)?;
        write(json!({"phase": name, "step": 0, "score": state.best, "dev": evaluate::to_json(&scores)}))?;
    }
    let per_epoch =
        micro_batches(&prepared.examples, recipe.micro_batch_tokens, recipe.seed).len().div_ceil(recipe.accumulate).max(1);
    let steps = per_epoch * phase.epochs;
    let every = (per_epoch / phase.evaluations_per_epoch.max(1)).max(1);
    bar.set_length(steps as u64);
    let (started, before) = (Instant::now(), state.minutes);
    let mut tokens = 0usize;
    let done = state.minutes >= phase.most_minutes || state.since_best >= phase.patience;
    let epochs = if done { phase.epochs..phase.epochs } else { state.step / per_epoch..phase.epochs };
    'epochs: for epoch in epochs {
        let order = micro_batches(&prepared.examples, recipe.micro_batch_tokens, recipe.seed + epoch as u64);
        // Batches of an epoch differ a little in number from one to the next.
        for (index, group) in order.chunks(recipe.accumulate).take(per_epoch).enumerate() {
            let step = epoch * per_epoch + index;
            if step < state.step {
                continue;
            }
            let (sum, tagging, assertion) = gradients(recipe, prepared, learner, group, step)?;
            if !(tagging + assertion).is_finite() {
                return Err(TrainError::Diverged { step });
            }
            // Time decides as well as steps: the rate falls with whichever is further on.
            state.minutes = before + started.elapsed().as_secs_f64() / 60.0;
            let by_time = (state.minutes / phase.most_minutes * steps as f64) as usize;
            let share = schedule(step.max(by_time), steps, recipe.warmup);
            let norm = learner.optimizer.apply(&sum, share)?;
            state.step = step + 1;
            tokens += group.iter().flatten().map(|&i| prepared.examples[i].ids.len()).sum::<usize>();
            bar.set_position(state.step as u64);
            bar.set_message(format!("{name}: tagging {tagging:.3}, assertion {assertion:.3}"));
            let speed = tokens as f64 / started.elapsed().as_secs_f64();
            write(json!({"phase": name, "step": state.step, "minutes": state.minutes, "tagging_loss": tagging,
                "assertion_loss": assertion, "gradient_norm": norm, "rate": share, "tokens_per_second": speed}))?;
            let over = state.minutes >= phase.most_minutes;
            if state.step % every == 0 || state.step == steps || over {
                let scores = evaluate::evaluate(&learner.branch, &learner.heads, &prepared.dev, 0.0)?;
                let score = evaluate::summary(&scores);
                write(json!({"phase": name, "step": state.step, "minutes": state.minutes, "score": score,
                    "dev": evaluate::to_json(&scores)}))?;
                state.since_best += 1;
                if score > state.best {
                    state = Progress { best: score, best_step: state.step, since_best: 0, ..state };
                    store::write(&best, &learner.optimizer.weights(), store::Precision::Full)?;
                }
                store::write(&checkpoint, &learner.optimizer.state()?, store::Precision::Full)?;
                store::replace_file(&kept, serde_json::to_string(&state).unwrap_or_default().as_bytes())?;
                if over || state.since_best >= phase.patience {
                    break 'epochs;
                }
            }
        }
    }
    plot::write(&log_path)?;
    Ok(store::read(&best, &Device::Cpu)?.into_iter().collect())
}

/// A progress bar on standard error.
pub fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg} (left {eta})") {
        bar.set_style(style);
    }
    bar
}
