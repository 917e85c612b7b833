//! The encoder as it runs on a CPU: weights packed once, sequences laid end to end without padding.
//!
//! Computes what [`super::bert`] defines (tests hold it to that); only inference, only BERT with GELU. A token's vector
//! depends on its own sequence alone, to the bit: neither batches nor threads nor the instruction set change it.
mod layer;
mod numerics;
mod read;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use super::EncoderError;
use super::bert::{Activation, BertConfig};
use super::kernels::{Instructions, RoundedRows};
use super::store::Stored;
use layer::{Layer, Norm};
pub use numerics::{ByteInputs, Matrix, Numerics};
use read::Reader;

/// Tokens that pass all layers together: enough to read the weights seldom, few enough to stay in a core's cache.
const BATCH_TOKENS: usize = 128;
/// From so many batches a thread on, an uneven one does not matter.
const EVEN: usize = 8;
/// Fewest rows of one sequence that are worth a thread of their own.
const LEAST_ROWS: usize = 16;

/// Weights of a file by name.
pub type Weights = BTreeMap<String, Stored>;

/// Word vectors as they lie in the file, and what is added to them.
struct Embeddings {
    words: Stored,
    /// Position and type together, positions × width. Every token is of type 0.
    places: Vec<f32>,
    norm: Norm,
}

/// A trunk and the branches that continue from it.
pub struct PackedModel {
    width: usize,
    embeddings: Embeddings,
    trunk: Vec<Layer>,
    branches: Vec<Vec<Layer>>,
    set: Instructions,
    spaces: Mutex<Vec<WorkSpace>>,
}

/// What a batch needs while it passes the layers; kept for the next batch.
#[derive(Default)]
struct WorkSpace {
    hidden: Vec<f32>,
    projected: Vec<f32>,
    branch: Vec<f32>,
    parts: Vec<PartSpace>,
}

/// What a thread needs for its rows.
#[derive(Default)]
struct PartSpace {
    context: Vec<f32>,
    middle: Vec<f32>,
    wide: Vec<f32>,
    attention: Vec<f32>,
    rounded: RoundedRows,
    inner: RoundedRows,
}

/// Sequences laid end to end.
struct Batch<'a> {
    sequences: &'a [&'a [u32]],
    /// First token of each sequence, and the end.
    starts: Vec<usize>,
    /// Rows that a thread takes at a time.
    rows: usize,
}

impl PackedModel {
    /// Whether a model can be packed: only GELU with the error function.
    pub fn takes(config: &BertConfig) -> bool {
        let heads = config.num_attention_heads;
        config.hidden_act == Activation::Gelu && heads > 0 && config.hidden_size.is_multiple_of(heads)
    }

    /// Packs embeddings and layers `0..depth`; a branch continues with the layers from `depth` on.
    pub fn new(
        path: &Path,
        weights: &mut Weights,
        config: &BertConfig,
        depth: usize,
        numerics: Numerics,
        set: Instructions,
    ) -> Result<Self, EncoderError> {
        if !Self::takes(config) {
            let detail = "its config asks for another activation than gelu, or for heads that do not divide the width";
            return Err(EncoderError::format(path, detail));
        }
        let width = config.hidden_size;
        let reader = Reader { path, weights, config, numerics, set };
        let words = "embeddings.word_embeddings.weight";
        reader.get(words, &[config.vocab_size, width])?;
        let mut places = reader.values("embeddings.position_embeddings.weight", &[config.max_position_embeddings, width])?;
        let types = reader.values("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, width])?;
        for row in places.chunks_exact_mut(width) {
            row.iter_mut().zip(&types).for_each(|(p, t)| *p += t);
        }
        let norm = reader.norm("embeddings.LayerNorm")?;
        let trunk = (0..depth).into_par_iter().map(|i| reader.layer(i)).collect::<Result<_, _>>()?;
        let Some(words) = weights.remove(words) else {
            return Err(EncoderError::MissingWeight { path: path.to_owned(), name: words.to_owned() });
        };
        Ok(Self {
            width,
            embeddings: Embeddings { words, places, norm },
            trunk,
            branches: Vec::new(),
            set,
            spaces: Mutex::default(),
        })
    }

    /// Adds a branch; returns its number.
    pub fn add_branch(
        &mut self,
        path: &Path,
        weights: &Weights,
        config: &BertConfig,
        layers: Range<usize>,
        numerics: Numerics,
    ) -> Result<usize, EncoderError> {
        let reader = Reader { path, weights, config, numerics, set: self.set };
        self.branches.push(layers.into_par_iter().map(|i| reader.layer(i)).collect::<Result<_, _>>()?);
        Ok(self.branches.len() - 1)
    }

    /// Width of a token vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Runs sequences through the trunk and the named branches (the trunk's own output where none is named). `take` gets
    /// the number of a sequence and, for each branch, its vectors (tokens × width). Results in the order of the
    /// sequences.
    pub fn each<T: Send>(
        &self,
        sequences: &[&[u32]],
        branches: &[usize],
        take: impl Fn(usize, &[&[f32]]) -> T + Sync,
    ) -> Result<Vec<T>, EncoderError> {
        self.check(sequences)?;
        let threads = rayon::current_num_threads();
        let batches = cut(sequences, threads);
        let run = |range: &Range<usize>, threads: usize| {
            let own = &sequences[range.clone()];
            let mut space = self.spaces.lock().ok().and_then(|mut s| s.pop()).unwrap_or_default();
            let results = self.run(own, branches, threads, &mut space, |i, vectors| take(range.start + i, vectors));
            if let Ok(mut spaces) = self.spaces.lock() {
                spaces.push(space);
            }
            results
        };
        if threads == 1 {
            // Nobody to hand work to, so no hand-over either.
            return Ok(batches.iter().flat_map(|b| run(b, 1)).collect());
        }
        // Inside the pool from here on: each later sharing of work costs a fraction of one from outside.
        Ok(rayon::scope(|_| {
            if batches.len() < threads {
                return batches.iter().flat_map(|b| run(b, threads)).collect();
            }
            let results: Vec<Vec<T>> = batches.par_iter().with_max_len(1).map(|b| run(b, 1)).collect();
            results.into_iter().flatten().collect()
        }))
    }

    fn check(&self, sequences: &[&[u32]]) -> Result<(), EncoderError> {
        let (words, longest) = (self.embeddings.words.shape()[0], self.embeddings.places.len() / self.width);
        for sequence in sequences {
            let wrong = sequence.iter().find(|id| **id as usize >= words);
            let detail = match (wrong, sequence.len() > longest) {
                (None, false) => continue,
                (Some(id), _) => format!("word piece {id} is beyond the model's {words}"),
                (None, true) => format!("a sequence of {} word pieces is longer than {longest}", sequence.len()),
            };
            return Err(EncoderError::Sequence(detail));
        }
        Ok(())
    }

    fn run<T>(
        &self,
        sequences: &[&[u32]],
        branches: &[usize],
        threads: usize,
        space: &mut WorkSpace,
        take: impl Fn(usize, &[&[f32]]) -> T,
    ) -> Vec<T> {
        let mut starts = vec![0];
        for sequence in sequences {
            starts.push(starts.last().unwrap_or(&0) + sequence.len());
        }
        let tokens = starts.last().copied().unwrap_or(0);
        let rows = tokens.div_ceil(threads).max(LEAST_ROWS).max(1);
        let batch = Batch { sequences, starts, rows };
        let WorkSpace { hidden, projected, branch, parts } = space;
        parts.resize_with(tokens.div_ceil(rows).max(parts.len()), PartSpace::default);
        self.embed(&batch, hidden);
        for layer in &self.trunk {
            layer.forward(self.set, &batch, hidden, projected, parts);
        }
        branch.clear();
        for number in branches {
            let from = branch.len();
            branch.extend_from_slice(hidden);
            for layer in self.branches.get(*number).into_iter().flatten() {
                layer.forward(self.set, &batch, &mut branch[from..], projected, parts);
            }
        }
        if branches.is_empty() {
            branch.extend_from_slice(hidden);
        }
        let size = hidden.len();
        let outputs: Vec<&[f32]> = (0..branches.len().max(1)).map(|i| &branch[i * size..(i + 1) * size]).collect();
        let of = |i: usize| batch.starts[i] * self.width..batch.starts[i + 1] * self.width;
        (0..sequences.len()).map(|i| take(i, &outputs.iter().map(|o| &o[of(i)]).collect::<Vec<_>>())).collect()
    }

    fn embed(&self, batch: &Batch, hidden: &mut Vec<f32>) {
        hidden.clear();
        for sequence in batch.sequences {
            for (id, place) in sequence.iter().zip(self.embeddings.places.chunks_exact(self.width)) {
                self.embeddings.words.row_into(*id as usize, hidden);
                let from = hidden.len() - self.width;
                hidden[from..].iter_mut().zip(place).for_each(|(h, p)| *h += p);
            }
        }
        self.embeddings.norm.apply(self.set, hidden);
    }
}

/// Cuts sequences into consecutive batches of at most about [`BATCH_TOKENS`], so that all threads get a like share.
fn cut(sequences: &[&[u32]], threads: usize) -> Vec<Range<usize>> {
    let total: usize = sequences.iter().map(|s| s.len()).sum();
    // With few batches for each thread, halves: their lengths differ, and nobody should wait for the longest.
    let batch = if total < EVEN * BATCH_TOKENS * threads { BATCH_TOKENS / 2 } else { BATCH_TOKENS };
    let count = total.div_ceil(batch).next_multiple_of(threads.max(1));
    let share = total.div_ceil(count.max(1)).max(1);
    let mut batches: Vec<Range<usize>> = Vec::new();
    let (mut tokens, mut open) = (0, usize::MAX);
    for (i, sequence) in sequences.iter().enumerate() {
        // The share in which the middle of a sequence lies.
        let own = (tokens + sequence.len() / 2) / share;
        match batches.last_mut() {
            Some(batch) if own == open => batch.end = i + 1,
            _ => batches.push(i..i + 1),
        }
        (tokens, open) = (tokens + sequence.len(), own);
    }
    batches
}
