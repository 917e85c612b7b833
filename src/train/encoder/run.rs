//! The run: a batch of every task a step, dev figures now and then, the last weights kept.
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use indicatif::ProgressBar;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::adam::DeviceAdamW;
use super::checkpoint::{self, Best, Resumed};
use super::dataset::{Dataset, MentionChunk};
use super::language;
use super::linking::{self, Batch, Siblings};
use super::network::{self, Network, Upper};
use super::recipe::Recipe;
use crate::encoder::bert::Dropout;
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::tokens::Pieces;
use crate::train::tagging::batch::{self, Encoded};
use crate::train::tagging::examples::Example;
use crate::train::tagging::optimizer::schedule;
use crate::train::{TrainError, plot};

/// Titles embedded at once in a dev measurement.
const TITLES: usize = 1_024;
/// Sequences that are sorted by length among themselves before they are cut into batches.
const BUCKET: usize = 2_048;
/// Padded word pieces of a dev batch.
const DEV_TOKENS: usize = 16_384;

/// Batches of one task in random order, pass after pass.
struct Stream {
    batches: Vec<Vec<usize>>,
    next: usize,
    pass: u64,
    seed: u64,
}

impl Stream {
    fn new(seed: u64) -> Self {
        Self { batches: Vec::new(), next: 0, pass: 0, seed }
    }

    /// The next batch; `cut` makes the batches of a pass from a seed.
    fn next(&mut self, cut: impl Fn(u64) -> Vec<Vec<usize>>) -> Vec<usize> {
        if self.next >= self.batches.len() {
            self.batches = cut(self.seed.wrapping_add(self.pass));
            self.pass += 1;
            self.next = 0;
        }
        let batch = self.batches.get_mut(self.next).map(std::mem::take).unwrap_or_default();
        self.next += 1;
        batch
    }
}

/// Batches of sequences of similar length, `budget` padded word pieces each, in random order.
fn by_length(lengths: &[usize], budget: usize, seed: u64) -> Vec<Vec<usize>> {
    batch::by_length(lengths, budget, BUCKET, seed)
}

/// A fixed number of items a batch, in random order.
fn by_count(items: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..items).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.chunks(count.max(1)).map(<[usize]>::to_vec).collect()
}

/// Losses of a batch of chunks for mentions and assertion: means over words and spans. The chunks are the first of
/// `upper`'s sequences.
fn tagging_loss(
    network: &Network,
    upper: &Upper,
    examples: &[Example],
    own: &[usize],
    dropout: &Dropout,
    random: &mut ChaCha8Rng,
) -> Result<(Tensor, Tensor), TrainError> {
    let starts = upper.pack.starts()[..own.len()].to_vec();
    let rows = upper.pack.starts()[own.len()];
    let encoded = Encoded { hidden: upper.hidden.narrow(0, 0, rows)?, starts };
    let loss = batch::loss(&network.heads, &encoded, examples, own, dropout, random)?;
    Ok(((loss.tagging / f64::from(loss.words.max(1.0)))?, (loss.assertion / f64::from(loss.spans.max(1.0)))?))
}

/// Dev figures: tagging and assertion loss; how often a mention's own title family is the nearest of all, and among
/// the twenty nearest.
fn measure(network: &Network, dataset: &Dataset) -> Result<Value, TrainError> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let still = Dropout::new(0.0, 0);
    let lengths: Vec<usize> = dataset.tagging_dev.iter().map(|e| e.ids.len()).collect();
    let (mut tagging, mut assertion, mut batches) = (0.0, 0.0, 0.0);
    for own in by_length(&lengths, DEV_TOKENS, 0) {
        let ids: Vec<&[u32]> = own.iter().map(|&i| dataset.tagging_dev[i].ids.as_slice()).collect();
        let (t, a) = tagging_loss(network, &network.tag(&ids)?, &dataset.tagging_dev, &own, &still, &mut random)?;
        tagging += f64::from(t.to_scalar::<f32>()?);
        assertion += f64::from(a.to_scalar::<f32>()?);
        batches += 1.0;
    }
    let mut titles = Vec::new();
    for part in dataset.titles.chunks(TITLES) {
        let part: Vec<&[u32]> = part.iter().map(Vec::as_slice).collect();
        titles.push(linking::embed(network, &part)?);
    }
    let titles = Tensor::cat(&titles, 0)?.t()?;
    let (mut first, mut twenty, mut mentions) = (0usize, 0usize, 0usize);
    let lengths: Vec<usize> = dataset.mentions_dev.iter().map(|c| c.ids.len()).collect();
    for own in by_length(&lengths, DEV_TOKENS / 4, 0) {
        let chunks: Vec<&MentionChunk> = own.iter().map(|&i| &dataset.mentions_dev[i]).collect();
        let scores = linking::embed_mentions(network, &chunks)?.matmul(&titles)?;
        let wanted: Vec<u32> = chunks.iter().flat_map(|c| c.mentions.iter().map(|m| m.2)).collect();
        let column = Tensor::from_vec(wanted.clone(), (wanted.len(), 1), &network.device)?;
        let right = scores.gather(&column, 1)?;
        let before = scores.broadcast_gt(&right)?.to_dtype(DType::F32)?.sum(1)?.to_vec1::<f32>()?;
        first += before.iter().filter(|b| **b < 0.5).count();
        twenty += before.iter().filter(|b| **b < 19.5).count();
        mentions += before.len();
    }
    let share = |n: usize| n as f64 / mentions.max(1) as f64;
    let mean = |sum: f64| sum / f64::max(batches, 1.0);
    Ok(json!({"tagging_loss": mean(tagging), "assertion_loss": mean(assertion), "linking_first": share(first),
        "linking_twenty": share(twenty), "mentions": mentions}))
}

/// Runs a recipe on a device and writes the model to `out`.
pub fn run(recipe: &Recipe, device: &Device, out: &Path, bar: &ProgressBar) -> Result<Value, TrainError> {
    let mut dataset = Dataset::open(recipe)?;
    if let Some(half) = recipe.hold_out {
        dataset.hold_out(half);
    }
    let record = Manifest::read(&recipe.base)?;
    let pieces = Pieces::open(&recipe.base.join(manifest::TOKENIZER), record.config.max_position_embeddings)?;
    if !device.is_cpu() {
        device.set_seed(recipe.seed)?;
        // Matrix products of learning may round as TF32: three times as fast, and far below the noise of the batches.
        candle_core::cuda::set_gemm_reduced_precision_f32(true);
    }
    let (network, mut optimizer) = Network::open(recipe, &pieces, device)?;
    std::fs::create_dir_all(out).map_err(|e| TrainError::Io { path: out.to_owned(), reason: e.to_string() })?;
    let log_path = out.join("metrics.jsonl");
    let failed = |e: std::io::Error| TrainError::Io { path: log_path.clone(), reason: e.to_string() };
    let kept = checkpoint::read(recipe, &mut optimizer, out)?;
    let opened =
        if kept.is_some() { std::fs::File::options().append(true).open(&log_path) } else { std::fs::File::create(&log_path) };
    let mut log = opened.map_err(failed)?;
    let siblings = Siblings::new(&dataset);
    let mut streams = Streams::new(recipe, &dataset);
    let mut run = match kept {
        Some(run) => {
            (0..run.step).for_each(|_| drop(streams.next(recipe, &dataset)));
            run
        }
        None => {
            writeln!(log, "{}", json!({"step": 0, "dev": measure(&network, &dataset)?})).map_err(failed)?;
            Resumed { step: 0, minutes: 0.0, best: Best::default() }
        }
    };
    bar.set_length(recipe.steps as u64);
    let (begun, before) = (Instant::now(), run.minutes);
    let mut figures = Value::Null;
    let mut tokens = 0usize;
    for step in run.step..recipe.steps {
        run.minutes = before + begun.elapsed().as_secs_f64() / 60.0;
        let by_time = (run.minutes / recipe.most_minutes * recipe.steps as f64) as usize;
        let last = step + 1 == recipe.steps || run.minutes >= recipe.most_minutes;
        let batches = streams.next(recipe, &dataset);
        let done = one_step(recipe, &network, &mut optimizer, &dataset, &siblings, batches, step, by_time)?;
        tokens += done.seen;
        run.step = step + 1;
        bar.set_position(run.step as u64);
        let measured = run.step % recipe.evaluate_every == 0 || last;
        if step % 20 != 0 && !measured {
            continue;
        }
        // Only here does the program wait for the device.
        optimizer.checked(done.norm.as_ref())?;
        let losses = done.losses.to_vec1::<f32>()?;
        let speed = tokens as f64 / begun.elapsed().as_secs_f64();
        let mut line = json!({"step": run.step, "minutes": run.minutes, "loss": losses, "tokens_per_second": speed});
        if !measured {
            writeln!(log, "{line}").map_err(failed)?;
            continue;
        }
        figures = measure(&network, &dataset)?;
        figures["steps"] = run.step.into();
        line["dev"] = figures.clone();
        writeln!(log, "{line}").map_err(failed)?;
        bar.println(line.to_string());
        let number = |key: &str| figures[key].as_f64().unwrap_or_default();
        let patient = match recipe.patience {
            Some(patience) => {
                run.best.see(number("linking_first") - number("tagging_loss"), &figures, || optimizer.weights())?;
                run.best.stale < patience
            }
            None => true,
        };
        if last || !patient {
            break;
        }
        checkpoint::write(recipe, &optimizer, &run, out)?;
    }
    plot::write(&log_path)?;
    let weights = if run.best.weights.is_empty() { optimizer.weights()? } else { run.best.weights };
    if recipe.patience.is_some() {
        figures = run.best.figures;
    }
    network::export(recipe, weights, &dataset.documents, figures.clone(), out)?;
    checkpoint::remove(out);
    Ok(figures)
}

/// The tasks' batches.
struct Streams {
    tagging: Stream,
    language: Stream,
    names: Stream,
    mentions: Stream,
    tagging_lengths: Vec<usize>,
    language_lengths: Vec<usize>,
}

impl Streams {
    fn new(recipe: &Recipe, dataset: &Dataset) -> Self {
        let seed = |n: u64| recipe.seed ^ (n << 32);
        Self {
            tagging: Stream::new(seed(1)),
            language: Stream::new(seed(2)),
            names: Stream::new(seed(3)),
            mentions: Stream::new(seed(4)),
            tagging_lengths: dataset.tagging.iter().map(|e| e.ids.len()).collect(),
            language_lengths: dataset.language.iter().map(Vec::len).collect(),
        }
    }

    /// The next step's batch of every task.
    fn next(&mut self, recipe: &Recipe, dataset: &Dataset) -> Batches {
        let Self { tagging_lengths, language_lengths, .. } = self;
        Batches {
            tagging: self.tagging.next(|seed| by_length(tagging_lengths, recipe.tagging_tokens, seed)),
            language: self.language.next(|seed| by_length(language_lengths, recipe.language_tokens, seed)),
            names: self.names.next(|seed| by_count(dataset.names.len(), recipe.names, seed)),
            mentions: self.mentions.next(|seed| by_count(dataset.mentions.len(), recipe.mention_chunks, seed)),
        }
    }
}

/// Numbers of the items of one step.
struct Batches {
    tagging: Vec<usize>,
    language: Vec<usize>,
    names: Vec<usize>,
    mentions: Vec<usize>,
}

/// What one step leaves.
struct Done {
    /// Tagging, assertion, linking, language; on the device.
    losses: Tensor,
    /// Of all gradients; on the device.
    norm: Option<Tensor>,
    /// Word pieces.
    seen: usize,
}

/// One step. It waits for no number of the device.
#[allow(clippy::too_many_arguments)]
fn one_step(
    recipe: &Recipe,
    network: &Network,
    optimizer: &mut DeviceAdamW,
    dataset: &Dataset,
    siblings: &Siblings,
    batches: Batches,
    step: usize,
    by_time: usize,
) -> Result<Done, TrainError> {
    let mut random = ChaCha8Rng::seed_from_u64(recipe.seed ^ ((step as u64) << 16));
    let dropout = Dropout::new(recipe.dropout, random.random());
    let Batches { tagging: own, language: chunks, names, mentions } = batches;
    let link = Batch {
        names: names.iter().map(|&i| &dataset.names[i]).collect(),
        chunks: mentions.iter().map(|&i| &dataset.mentions[i]).collect(),
    };
    let plan = linking::plan(dataset, siblings, link, &mut random);
    let texts: Vec<&[u32]> = chunks.iter().map(|&i| dataset.language[i].as_slice()).collect();
    let guesses = language::hide(network, &texts, &mut random);
    let mut sequences: Vec<&[u32]> = own.iter().map(|&i| dataset.tagging[i].ids.as_slice()).collect();
    sequences.extend(guesses.shown.iter().map(Vec::as_slice));
    let [upper, linked] = network.read(&sequences, &plan.sequences, Some(&dropout))?;
    let (tagging, assertion) = tagging_loss(network, &upper, &dataset.tagging, &own, &dropout, &mut random)?;
    let linking = linking::loss(&linked, &plan, recipe.temperature)?;
    let language = language::loss(network, &upper, &upper.pack.starts()[own.len()..], &guesses)?;
    let weighted =
        [(&assertion * recipe.assertion_weight)?, (&linking * recipe.linking_weight)?, (&language * recipe.language_weight)?];
    let total = weighted.iter().try_fold(tagging.clone(), |sum, part| sum + part)?;
    let share = schedule(step.max(by_time), recipe.steps, recipe.warmup);
    let norm = optimizer.apply(&total.backward()?, share)?;
    let losses = Tensor::stack(&[tagging, assertion, linking, language], 0)?.detach();
    Ok(Done { losses, norm, seen: upper.pack.rows() + linked.pack.rows() })
}
