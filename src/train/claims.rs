//! Learns which titles a note reports: the `coding` branch and the attention of `coding::diagnoses::attention`.
//!
//! The ranking of diagnoses reads this head's answers as features, so they must come from a model that has not seen
//! the note: one model for each fold of the training notes. Released is their mean.
mod figures;
mod packed;
mod steps;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::TrainError;
use super::encoder::adam::DeviceAdamW;
use super::encoder::language::cross_entropy;
use super::tagging::optimizer::schedule;
use crate::coding::diagnoses::attention::{self, ClaimAttention, Family, place_matrix};
use crate::encoder::average;
use crate::encoder::bert::{self, BertConfig, Branch, Dropout, Trunk};
use crate::encoder::fused::Pack;
use crate::encoder::fused::sparse::SparseRows;
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::store;
use crate::encoder::tokens::Chunk;
use crate::encoder::vectors::VectorFile;
use steps::steps;

/// Folds of the training notes.
pub const FOLDS: usize = 4;
/// Word pieces of a note that are read.
const MOST_TOKENS: usize = 4_000;

/// Settings of the fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSettings {
    /// Passes over the notes.
    pub epochs: usize,
    /// Word pieces of one step.
    pub tokens: usize,
    /// Highest learning rate of the branch.
    pub branch_learning_rate: f64,
    /// Highest learning rate of the head.
    pub head_learning_rate: f64,
    /// In the branch and before the head's last layers.
    pub dropout: f32,
    /// Weight of the choice of the first-listed code.
    pub first_weight: f64,
    /// Every random decision follows from it.
    pub seed: u64,
    /// A fold ends after so many minutes at the latest; the learning rate falls with whichever is further on.
    #[serde(default)]
    pub most_minutes: Option<f64>,
    /// Folder that keeps the models of the folds; those that are there are not learned again.
    pub run: PathBuf,
}

/// A sequence for the encoder and where the words' pieces stand in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sequence {
    /// Everything the encoder sees.
    pub ids: Vec<u32>,
    /// Positions in `ids` of the note's own words.
    pub words: Range<usize>,
}

impl From<Chunk> for Sequence {
    fn from(chunk: Chunk) -> Self {
        Self { words: chunk.positions(), ids: chunk.ids }
    }
}

/// A labelled note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Which fold it belongs to.
    pub fold: usize,
    /// Whether the attention learns from it; all are answered.
    pub teaches: bool,
    /// What the encoder sees.
    pub chunks: Vec<Sequence>,
    /// Families of its candidates.
    pub families: Vec<Family>,
    /// 1 where a family's code stands on the claim.
    pub labels: Vec<f32>,
    /// 0 where it may or may not.
    pub weights: Vec<f32>,
    /// The family of the first-listed code.
    pub first: Option<u32>,
}

/// Answers for one note by row of the vector file.
pub type Answers = BTreeMap<u32, (f32, f32)>;

/// What does not learn here.
struct Base {
    config: BertConfig,
    depth: usize,
    trunk: Trunk,
    /// The tagging branch, where the new one starts.
    start: BTreeMap<String, Tensor>,
    titles: Tensor,
    device: Device,
}

/// A note's chunks after the trunk.
struct Lowered {
    /// (rows, dim); none where the note has no chunk.
    rows: Option<Tensor>,
    /// Rows of each chunk.
    lengths: Vec<usize>,
    /// Rows of the words' pieces.
    places: Vec<u32>,
}

struct Model {
    branch: Branch,
    head: ClaimAttention,
}

type Weights = BTreeMap<String, Tensor>;

/// A model folder with its title vectors.
#[derive(Clone, Copy)]
pub struct BaseFolder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// Its titles.
    pub vectors: &'a VectorFile,
}

/// Which of the two held-out encoders has not seen a fold: a fold lies in one half of the notes.
pub fn half_of_fold(fold: usize) -> usize {
    fold % 2
}

/// The model of one fold: learned from the notes of the others, or read where it is there.
pub fn learned(
    samples: &[Sample],
    fold: usize,
    base: BaseFolder<'_>,
    settings: &ClaimSettings,
    device: &Device,
) -> Result<PathBuf, TrainError> {
    std::fs::create_dir_all(&settings.run).map_err(|e| TrainError::Io { path: settings.run.clone(), reason: e.to_string() })?;
    let path = settings.run.join(format!("claims.{fold}.safetensors"));
    if !path.is_file() {
        if !device.is_cpu() {
            candle_core::cuda::set_gemm_reduced_precision_f32(true);
        }
        let own: Vec<&Sample> = samples.iter().filter(|s| s.teaches && s.fold != fold).collect();
        let check: Vec<&Sample> = samples.iter().filter(|s| s.teaches && s.fold == fold).collect();
        let weights = learn(&Base::open(base, device)?, &own, &check, settings, fold)?;
        store::write(&path, &weights, store::Precision::Compact)?;
    }
    Ok(path)
}

/// Answers for every note from a model that has not seen it, and the mean of the folds' models written into `out`
/// (`coding.safetensors`, `claims.safetensors`; nowhere without `out`), recorded in its manifest: they began alike, and none is
/// sure of itself on notes that its encoder knows by heart. `held` gives the base
/// for each fold: one whose encoder has not seen the fold's labels, where there is such a one.
pub fn fit<'a>(
    samples: &[Sample],
    held: &dyn Fn(usize) -> BaseFolder<'a>,
    settings: &ClaimSettings,
    device: &Device,
    out: Option<&Path>,
) -> Result<Vec<Answers>, TrainError> {
    let mut answers: Vec<Answers> = vec![Answers::new(); samples.len()];
    let mut folds = Vec::new();
    for fold in 0..FOLDS {
        let from = held(fold);
        let path = learned(samples, fold, from, settings, device)?;
        let base = Base::open(from, device)?;
        let held: Vec<usize> = (0..samples.len()).filter(|i| samples[*i].fold == fold).collect();
        let weights = store::read(&path, &Device::Cpu)?.into_iter().collect();
        if device.is_cpu() {
            let reader = packed::PackedClaims::open(from.path, &path, &base.config, base.depth, weights)?;
            let own = held.par_iter().map(|i| Ok((*i, reader.answers(&samples[*i], from.vectors)?)));
            for (i, own) in own.collect::<Result<Vec<_>, TrainError>>()? {
                answers[i] = own;
            }
        } else {
            let model = base.model(weights)?;
            for i in held {
                answers[i] = base.answers(&model, &samples[i])?;
            }
        }
        tracing::info!(fold, "claims read without their fold");
        folds.push(path);
    }
    let Some(out) = out else { return Ok(answers) };
    let weights = average::mean(&folds)?;
    let (branch, head): (Weights, Weights) = weights.into_iter().partition(|(n, _)| bert::in_layers(n, &(0..usize::MAX)));
    store::write(&out.join(manifest::CODING), &branch, store::Precision::Compact)?;
    store::write(&out.join(attention::FILE), &head, store::Precision::Compact)?;
    let mut record = Manifest::read(out)?;
    for file in [manifest::CODING, attention::FILE] {
        record.record(out, file)?;
    }
    let mut kept = serde_json::to_value(settings).unwrap_or_default();
    if let Some(kept) = kept.as_object_mut() {
        kept.remove("run");
    }
    if !record.recipe.is_object() {
        record.recipe = serde_json::json!({});
    }
    record.recipe["claims"] = kept;
    record.write(out)?;
    Ok(answers)
}

impl Base {
    fn open(from: BaseFolder<'_>, device: &Device) -> Result<Self, TrainError> {
        let BaseFolder { path: folder, vectors } = from;
        let record = Manifest::read(folder)?;
        let config = record.config.clone();
        let weights = store::read(&folder.join(manifest::TRUNK), device)?;
        let trunk = Trunk::load(VarBuilder::from_tensors(weights, DType::F32, device), &config, record.trunk_layers)?;
        let start = store::read(&folder.join(manifest::TAGGING), &Device::Cpu)?.into_iter().collect();
        let rows: Vec<f32> = (0..vectors.rows() as u32).flat_map(|r| vectors.vector(r)).collect();
        let titles = Tensor::from_vec(rows, (vectors.rows(), vectors.dim()), device)?;
        Ok(Self { depth: record.trunk_layers, trunk, start, titles, device: device.clone(), config })
    }

    /// A model of weights that do not learn.
    fn model(&self, weights: Weights) -> Result<Model, TrainError> {
        let weights: HashMap<String, Tensor> = weights
            .into_iter()
            .map(|(n, t)| Ok((n, t.to_dtype(DType::F32)?.to_device(&self.device)?)))
            .collect::<Result<_, TrainError>>()?;
        let vb = VarBuilder::from_tensors(weights, DType::F32, &self.device);
        Ok(Model {
            branch: Branch::load(vb.clone(), &self.config, self.depth..self.config.num_hidden_layers)?,
            head: ClaimAttention::new(vb, self.config.hidden_size)?,
        })
    }

    /// A model that learns, with its optimizer.
    fn learner(&self, settings: &ClaimSettings) -> Result<(Model, DeviceAdamW), TrainError> {
        let mut weights: Weights = self.start.clone();
        weights.extend(fresh(self.config.hidden_size, settings.seed)?);
        let (mut variables, mut tensors) = (Vec::new(), HashMap::new());
        for (name, tensor) in weights {
            let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?.to_device(&self.device)?)?;
            tensors.insert(name.clone(), var.as_tensor().clone());
            let branch = bert::in_layers(&name, &(0..usize::MAX));
            let rate = if branch { settings.branch_learning_rate } else { settings.head_learning_rate };
            variables.push((name, var, rate));
        }
        let vb = VarBuilder::from_tensors(tensors, DType::F32, &self.device);
        let model = Model {
            branch: Branch::load(vb.clone(), &self.config, self.depth..self.config.num_hidden_layers)?,
            head: ClaimAttention::new(vb, self.config.hidden_size)?,
        };
        Ok((model, DeviceAdamW::new(variables, 0.01, 1.0)?))
    }

    /// A note after the trunk, which does not learn.
    fn lowered(&self, note: &Sample) -> Result<Lowered, TrainError> {
        let (mut sequences, mut places, mut rows, mut seen) = (Vec::new(), Vec::new(), 0, 0);
        for chunk in &note.chunks {
            seen += chunk.words.len();
            if seen > MOST_TOKENS {
                break;
            }
            places.extend(chunk.words.clone().map(|p| (rows + p) as u32));
            rows += chunk.ids.len();
            sequences.push(chunk.ids.as_slice());
        }
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len()).collect();
        if rows == 0 {
            return Ok(Lowered { rows: None, lengths, places });
        }
        let pack = Arc::new(Pack::new(lengths.iter().copied(), &self.device)?);
        let rows = Some(self.trunk.forward_packed(&sequences, &pack, None)?.detach());
        Ok(Lowered { rows, lengths, places })
    }

    /// Scores (families, 2) of each note.
    fn scores(&self, model: &Model, notes: &[(&Sample, &Lowered)], dropout: Option<&Dropout>) -> Result<Vec<Tensor>, TrainError> {
        let pack = Arc::new(Pack::new(notes.iter().flat_map(|(_, l)| l.lengths.iter().copied()), &self.device)?);
        let lower: Vec<&Tensor> = notes.iter().filter_map(|(_, l)| l.rows.as_ref()).collect();
        let hidden = model.branch.forward_packed(&Tensor::cat(&lower, 0)?, &pack, dropout)?;
        let (mut scores, mut first) = (Vec::new(), 0u32);
        for (note, lowered) in notes {
            let at: Vec<u32> = lowered.places.iter().map(|place| first + place).collect();
            first += lowered.lengths.iter().sum::<usize>() as u32;
            let tokens = SparseRows::pick(&at, hidden.dim(0)?, &self.device)?.times(&hidden)?;
            let rows: Vec<u32> = note.families.iter().map(|f| f.row).collect();
            let titles = self.titles.index_select(&Tensor::from_vec(rows, note.families.len(), &self.device)?, 0)?;
            let found = place_matrix(note.families.iter(), at.len());
            let found = Tensor::from_vec(found, (note.families.len(), at.len()), &self.device)?;
            scores.push(model.head.forward(&tokens, &titles, &found, dropout)?);
        }
        Ok(scores)
    }

    fn answers(&self, model: &Model, note: &Sample) -> Result<Answers, TrainError> {
        if note.families.is_empty() || note.chunks.is_empty() {
            return Ok(Answers::new());
        }
        let scores = self.scores(model, &[(note, &self.lowered(note)?)], None)?;
        let rows = scores.first().map(|s| s.to_vec2::<f32>()).transpose()?.unwrap_or_default();
        Ok(note.families.iter().zip(rows).map(|(f, s)| (f.row, (s[0], s[1]))).collect())
    }
}

/// Fresh weights of the head: uniform by fan-in, zero biases, places a little heavier than the rest.
fn fresh(dim: usize, seed: u64) -> Result<Weights, TrainError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = Weights::new();
    for (name, shape) in ClaimAttention::shapes(dim) {
        let bound = if shape.len() == 2 { (3.0 / shape[1] as f32).sqrt() } else { 0.0 };
        let count: usize = shape.iter().product();
        let values: Vec<f32> = match name {
            "place.bias" => vec![2.0; count],
            // Few families stand on a claim.
            "output.bias" => vec![-3.0, 0.0],
            _ => (0..count).map(|_| (random.random::<f32>() * 2.0 - 1.0) * bound).collect(),
        };
        weights.insert(name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    Ok(weights)
}

fn learn(
    base: &Base,
    samples: &[&Sample],
    held: &[&Sample],
    settings: &ClaimSettings,
    fold: usize,
) -> Result<Weights, TrainError> {
    if !base.device.is_cpu() {
        base.device.set_seed(settings.seed)?;
    }
    let (model, mut optimizer) = base.learner(settings)?;
    // The trunk is read once: all epochs start from what it gives.
    let lowered: Vec<Lowered> = if base.device.is_cpu() {
        samples.par_iter().map(|s| base.lowered(s)).collect::<Result<_, _>>()?
    } else {
        samples.iter().map(|s| base.lowered(s)).collect::<Result<_, _>>()?
    };
    let total = steps(samples, settings.tokens, settings.seed).len().max(1) * settings.epochs;
    let begun = Instant::now();
    let spent = || settings.most_minutes.map_or(0.0, |most| begun.elapsed().as_secs_f64() / 60.0 / most);
    let mut step = 0;
    for epoch in 0..settings.epochs {
        let (mut sum, mut count) = (0.0, 0.0);
        for own in steps(samples, settings.tokens, settings.seed + epoch as u64) {
            let spent = spent();
            if spent >= 1.0 {
                break;
            }
            let dropout = Dropout::new(settings.dropout, settings.seed ^ ((step as u64) << 16));
            let notes: Vec<&Sample> = own.iter().map(|&i| samples[i]).collect();
            let read: Vec<(&Sample, &Lowered)> = own.iter().map(|&i| (samples[i], &lowered[i])).collect();
            let scores = base.scores(&model, &read, Some(&dropout))?;
            let loss = (loss(&scores, &notes, settings.first_weight)? / notes.len() as f64)?;
            optimizer.apply(&loss.backward()?, schedule(step.max((spent * total as f64) as usize), total, 0.06))?;
            if step % 10 == 0 {
                sum += f64::from(loss.to_scalar::<f32>()?);
                count += 1.0;
            }
            step += 1;
        }
        tracing::info!(fold, epoch, step, loss = sum / f64::max(count, 1.0), "claims learning");
    }
    let weights = optimizer.weights()?;
    if !held.is_empty() {
        let own = figures::of(base, &model, held)?;
        tracing::info!(fold, precision = own.0, first = own.1, "claims learned");
    }
    Ok(weights)
}

/// Sum over notes of the binary cross-entropy of all families and the cost of naming the first one.
fn loss(scores: &[Tensor], notes: &[&Sample], first_weight: f64) -> Result<Tensor, TrainError> {
    let mut parts = Vec::new();
    for (scores, note) in scores.iter().zip(notes) {
        let device = scores.device();
        let count = note.families.len();
        let claim = scores.narrow(1, 0, 1)?.squeeze(1)?;
        let labels = Tensor::from_slice(&note.labels, count, device)?;
        let weights = Tensor::from_slice(&note.weights, count, device)?;
        // max(x, 0) − x·t + log(1 + e^−|x|)
        let cost = ((claim.relu()? - (&claim * labels)?)? + (claim.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
        parts.push((cost * weights)?.sum_all()?);
        if let Some(first) = note.first {
            let row = scores.narrow(1, 1, 1)?.squeeze(1)?.unsqueeze(0)?;
            parts.push((cross_entropy(&row, vec![first])? * first_weight)?);
        }
    }
    Ok(Tensor::stack(&parts, 0)?.sum_all()?)
}
