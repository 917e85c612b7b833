//! The training run: load, cut, run the trunk once, learn, keep the best.
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use indicatif::{ProgressBar, ProgressStyle};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::activations::{Activations, Frozen};
use super::batch;
use super::evaluate::{self, DevSet};
use super::examples::{self, Example, Weights};
use super::optimizer::{AdamW, schedule};
use super::recipe::Recipe;
use crate::encoder::bert::{self, Branch, Dropout, Mode, Trunk};
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::store;
use crate::encoder::tokens::Pieces;
use crate::extract::heads::Heads;
use crate::train::TrainError;
use crate::train::data::{LabelledDocument, Split, corpora};

/// Weights of the best evaluation so far.
pub const BEST: &str = "best.safetensors";
const CHECKPOINT: &str = "checkpoint.safetensors";
const PROGRESS: &str = "checkpoint.json";
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

/// Everything that a run reads, and where its branch starts.
pub struct Prepared {
    /// The base model's record.
    pub record: Manifest,
    /// Training documents.
    pub documents: Vec<LabelledDocument>,
    /// Their examples (those that teach something).
    pub examples: Vec<Example>,
    /// Trunk outputs of the examples.
    pub activations: Activations,
    /// Dev.
    pub dev: DevSet,
}

/// Ids of training documents with their corpus, sorted, one a line.
pub fn document_list(documents: &[LabelledDocument]) -> String {
    let mut lines: Vec<String> = documents.iter().map(|d| format!("{}\t{}", d.corpus, d.id)).collect();
    lines.sort();
    lines.dedup();
    lines.join("\n") + "\n"
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> TrainError + '_ {
    move |e| TrainError::Io { path: path.to_owned(), reason: e.to_string() }
}

/// Loads data and encoder and runs the trunk (or takes its kept outputs).
pub fn prepare(recipe: &Recipe, progress: &ProgressBar) -> Result<Prepared, TrainError> {
    std::fs::create_dir_all(&recipe.run).map_err(io(&recipe.run))?;
    let record = Manifest::read(&recipe.base)?;
    for file in [manifest::TOKENIZER, manifest::TRUNK] {
        record.verify(&recipe.base, file)?;
    }
    let config = record.config.clone();
    let pieces = Pieces::open(&recipe.base.join(manifest::TOKENIZER), config.max_position_embeddings)?;
    let weights = store::read(&recipe.base.join(manifest::TRUNK), &Device::Cpu)?;
    let trunk = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let frozen = Frozen {
        trunk: Trunk::load(trunk, &config, record.trunk_layers)?,
        fingerprint: record.files.get(manifest::TRUNK).map(|f| f.sha256.clone()).unwrap_or_default(),
        pad: pieces.pad,
        dim: config.hidden_size,
    };
    let only = match &recipe.documents {
        Some(path) => Some(std::fs::read_to_string(path).map_err(io(path))?),
        None => None,
    };
    let only: Option<BTreeSet<&str>> = only.as_ref().map(|text| text.lines().collect());
    let mut sets = Vec::new();
    for split in [Split::Train, Split::Dev] {
        let mut documents: Vec<LabelledDocument> = Vec::new();
        let mut all: Vec<Example> = Vec::new();
        for source in &recipe.sources {
            let mut own = corpora::load(&recipe.corpora, &source.corpus, split)?;
            if let Some(only) = only.as_ref().filter(|_| split == Split::Train) {
                own.retain(|d| only.contains(format!("{}\t{}", d.corpus, d.id).as_str()));
            }
            let most = if split == Split::Train { source.most.unwrap_or(usize::MAX) } else { recipe.dev_documents };
            own = evenly(own, most);
            let weights = Weights { source: source.weight, unknown_outside: recipe.unknown_outside_weight };
            let first = documents.len();
            let cut = own
                .par_iter()
                .enumerate()
                .map(|(i, d)| examples::examples(&pieces, (first + i) as u32, d, weights))
                .collect::<Result<Vec<_>, _>>()?;
            documents.extend(own);
            all.extend(cut.into_iter().flatten());
        }
        if split == Split::Train {
            // A chunk of a note without a labelled mention says next to nothing.
            all.retain(|e| {
                !documents[e.document as usize].complete.is_empty()
                    || !e.spans.is_empty()
                    || e.words.iter().any(|w| w.allowed & 1 == 0)
            });
        }
        progress.set_message(format!("frozen layers, {}", split.name()));
        let path = recipe.run.join(format!("{}.f16", split.name()));
        let activations = Activations::compute(&frozen, &all, &path, progress)?;
        sets.push((documents, all, activations));
    }
    let (Some(dev), Some((documents, examples, activations))) = (sets.pop(), sets.pop()) else {
        return Err(TrainError::Recipe { path: recipe.base.clone(), reason: "no data".to_owned() });
    };
    let dev = DevSet { documents: dev.0, examples: dev.1, activations: dev.2 };
    Ok(Prepared { record, documents, examples, activations, dev })
}

/// `most` documents spread evenly over the list.
fn evenly(mut documents: Vec<LabelledDocument>, most: usize) -> Vec<LabelledDocument> {
    let count = documents.len();
    if most >= count {
        return documents;
    }
    (0..most).map(|i| std::mem::take(&mut documents[i * count / most])).collect()
}

/// Fresh weights of the heads: uniform by fan-in, zero biases.
fn fresh_heads(dim: usize, seed: u64) -> Result<BTreeMap<String, Tensor>, TrainError> {
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

/// Starts the branch from the published checkpoint or the base, the heads afresh.
pub fn learner(recipe: &Recipe, prepared: &Prepared) -> Result<Learner, TrainError> {
    let config = &prepared.record.config;
    let layers = prepared.record.trunk_layers..config.num_hidden_layers;
    let path = recipe.initial.clone().unwrap_or_else(|| recipe.base.join(manifest::TAGGING));
    let start = store::read(&path, &Device::Cpu)?;
    let branch: BTreeMap<String, Tensor> = start.into_iter().filter(|(n, _)| bert::in_layers(n, &layers)).collect();
    let heads = fresh_heads(config.hidden_size, recipe.seed)?;
    let mut variables = Vec::new();
    let mut by_name = std::collections::HashMap::new();
    let rate = (recipe.head_learning_rate / recipe.learning_rate) as f32;
    for (tensors, rate) in [(branch, 1.0), (heads, rate)] {
        for (name, tensor) in tensors {
            let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?)?;
            by_name.insert(name.clone(), var.as_tensor().clone());
            variables.push((name, var, rate));
        }
    }
    let vb = VarBuilder::from_tensors(by_name, DType::F32, &Device::Cpu);
    let branch = Branch::load(vb.clone(), config, layers)?;
    let heads = Heads::new(vb, config.hidden_size)?;
    Ok(Learner { branch, heads, optimizer: AdamW::new(variables, recipe.weight_decay, recipe.clip) })
}

/// Micro-batches of one epoch: similar lengths together, in random order.
fn micro_batches(examples: &[Example], budget: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.shuffle(&mut random);
    let mut all: Vec<Vec<usize>> = Vec::new();
    for bucket in order.chunks_mut(BUCKET) {
        bucket.sort_by_key(|&i| examples[i].ids.len());
        let mut open: Vec<usize> = Vec::new();
        for &i in bucket.iter() {
            if !open.is_empty() && (open.len() + 1) * examples[i].ids.len() > budget {
                all.push(std::mem::take(&mut open));
            }
            open.push(i);
        }
        if !open.is_empty() {
            all.push(open);
        }
    }
    all.shuffle(&mut random);
    all
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

/// Learns until the epochs, the minutes or the patience are over; the best weights lie in the run's folder.
pub fn learn(recipe: &Recipe, prepared: &Prepared, bar: &ProgressBar) -> Result<Learner, TrainError> {
    let mut learner = learner(recipe, prepared)?;
    let folder = &recipe.run;
    let mut state = Progress::default();
    let kept = folder.join(PROGRESS);
    if let Ok(text) = std::fs::read_to_string(&kept) {
        state = serde_json::from_str(&text).map_err(|e| TrainError::Io { path: kept.clone(), reason: e.to_string() })?;
        learner.optimizer.restore(&store::read(&folder.join(CHECKPOINT), &Device::Cpu)?, state.step)?;
    }
    let log_path = folder.join("metrics.jsonl");
    let mut log = std::fs::OpenOptions::new().create(true).append(true).open(&log_path).map_err(io(&log_path))?;
    let per_epoch = micro_batches(&prepared.examples, recipe.micro_batch_tokens, recipe.seed).len().div_ceil(recipe.accumulate);
    let steps = per_epoch * recipe.epochs;
    let every = (per_epoch / recipe.evaluations_per_epoch.max(1)).max(1);
    bar.set_length(steps as u64);
    let (started, before) = (Instant::now(), state.minutes);
    let mut tokens = 0usize;
    'epochs: for epoch in state.step / per_epoch..recipe.epochs {
        let order = micro_batches(&prepared.examples, recipe.micro_batch_tokens, recipe.seed + epoch as u64);
        for (index, group) in order.chunks(recipe.accumulate).enumerate() {
            let step = epoch * per_epoch + index;
            if step < state.step {
                continue;
            }
            let (sum, tagging, assertion) = gradients(recipe, prepared, &learner, group, step)?;
            if !(tagging + assertion).is_finite() {
                return Err(TrainError::Diverged { step });
            }
            // Time decides as well as steps: the rate falls with whichever is further on.
            state.minutes = before + started.elapsed().as_secs_f64() / 60.0;
            let by_time = (state.minutes / recipe.most_minutes * steps as f64) as usize;
            let rate = recipe.learning_rate * schedule(step.max(by_time), steps, recipe.warmup);
            let norm = learner.optimizer.apply(&sum, rate)?;
            state.step = step + 1;
            tokens += group.iter().flatten().map(|&i| prepared.examples[i].ids.len()).sum::<usize>();
            bar.set_position(state.step as u64);
            bar.set_message(format!("tagging {tagging:.3}, assertion {assertion:.3}"));
            let speed = tokens as f64 / started.elapsed().as_secs_f64();
            write_line(
                &mut log,
                &log_path,
                &json!({"step": state.step, "minutes": state.minutes, "tagging_loss": tagging,
                "assertion_loss": assertion, "gradient_norm": norm, "learning_rate": rate, "tokens_per_second": speed}),
            )?;
            let over = state.minutes >= recipe.most_minutes;
            if state.step % every == 0 || state.step == steps || over {
                let scores = evaluate::evaluate(&learner.branch, &learner.heads, &prepared.dev, 0.0)?;
                let score = evaluate::summary(&scores);
                write_line(
                    &mut log,
                    &log_path,
                    &json!({"step": state.step, "minutes": state.minutes, "score": score,
                    "dev": evaluate::to_json(&scores)}),
                )?;
                state.since_best += 1;
                if score > state.best {
                    state = Progress { best: score, best_step: state.step, since_best: 0, ..state };
                    store::write(&folder.join(BEST), &learner.optimizer.weights(), store::Precision::Full)?;
                }
                store::write(&folder.join(CHECKPOINT), &learner.optimizer.state()?, store::Precision::Full)?;
                let text = serde_json::to_string(&state).unwrap_or_default();
                store::replace_file(&kept, text.as_bytes())?;
                if over || state.since_best >= recipe.patience {
                    break 'epochs;
                }
            }
        }
    }
    Ok(learner)
}

fn write_line(log: &mut std::fs::File, path: &Path, value: &serde_json::Value) -> Result<(), TrainError> {
    writeln!(log, "{value}").map_err(io(path))
}

/// A progress bar on standard error.
pub fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg} (left {eta})") {
        bar.set_style(style);
    }
    bar
}
