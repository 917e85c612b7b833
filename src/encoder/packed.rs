//! The encoder as it runs on a CPU: weights packed once, sequences laid end to end without padding.
//!
//! Computes what [`super::bert`] defines (tests hold it to that); only inference, only BERT with GELU. A token's vector
//! depends on its own sequence alone, to the bit: neither batches nor threads nor the instruction set change it.
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use super::EncoderError;
use super::bert::{Activation, BertConfig};
use super::kernels::{self, After, ByteRows, ByteWeights, FloatWeights, Instructions};
use super::store::Stored;

/// Tokens that pass all layers together: enough to read the weights seldom, few enough to stay in a core's cache.
const BATCH_TOKENS: usize = 192;
/// Fewest rows of one sequence that are worth a thread of their own.
const LEAST_ROWS: usize = 24;

/// The number format of the dense layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numerics {
    /// Weights and activations in f32.
    Float,
    /// int8 weights with a step for each output, activations in 7 bits with step and offset for each row; everything
    /// else in f32.
    Int8,
}

/// Weights of a file by name.
pub type Weights = BTreeMap<String, Stored>;

enum Dense {
    Float(FloatWeights),
    Int8(ByteWeights),
}

impl Dense {
    fn apply(&self, set: Instructions, xs: &[f32], out: &mut [f32], after: After, rounded: &mut ByteRows) {
        match self {
            Self::Float(weights) => weights.apply(set, xs, out, after),
            Self::Int8(weights) => weights.apply(set, xs, out, after, rounded),
        }
    }
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl Norm {
    fn apply(&self, set: Instructions, rows: &mut [f32]) {
        kernels::layer_norm(set, rows, &self.weight, &self.bias, self.eps);
    }
}

struct Layer {
    /// Queries, keys and values in one product; queries scaled for exponents to base 2.
    projection: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

/// Reads weights of one file and says what is wrong with them.
struct Reader<'a> {
    path: &'a Path,
    weights: &'a Weights,
    config: &'a BertConfig,
    numerics: Numerics,
}

impl Reader<'_> {
    fn get(&self, name: &str, shape: &[usize]) -> Result<&Stored, EncoderError> {
        let missing = || EncoderError::MissingWeight { path: self.path.to_owned(), name: name.to_owned() };
        let found = self.weights.get(name).ok_or_else(missing)?;
        if found.shape() != shape {
            return Err(EncoderError::Shape {
                path: self.path.to_owned(),
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: found.shape().to_vec(),
            });
        }
        Ok(found)
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        Ok(self.get(name, shape)?.to_floats())
    }

    /// Dense layers of equal shape under each other, outputs and biases multiplied by a factor.
    fn dense(&self, parts: &[(&str, f32)], outputs: usize, inputs: usize) -> Result<Dense, EncoderError> {
        let mut bias = Vec::with_capacity(parts.len() * outputs);
        for (name, factor) in parts {
            bias.extend(self.values(&format!("{name}.bias"), &[outputs])?.iter().map(|b| b * factor));
        }
        let matrices = parts.iter().map(|(name, _)| self.get(&format!("{name}.weight"), &[outputs, inputs]));
        let matrices = matrices.collect::<Result<Vec<_>, _>>()?.into_iter().zip(parts);
        Ok(match self.numerics {
            Numerics::Float => {
                let scaled = matrices.flat_map(|(m, (_, factor))| m.to_floats().into_iter().map(move |v| v * factor));
                Dense::Float(FloatWeights::pack(&scaled.collect::<Vec<_>>(), &bias, inputs))
            }
            Numerics::Int8 => {
                let (mut values, mut steps) = (Vec::new(), Vec::new());
                for (matrix, (_, factor)) in matrices {
                    let (own, own_steps) = matrix.to_bytes();
                    values.extend(own);
                    steps.extend(own_steps.iter().map(|s| s * factor));
                }
                Dense::Int8(ByteWeights::pack(&values, &steps, &bias, inputs))
            }
        })
    }

    fn norm(&self, name: &str) -> Result<Norm, EncoderError> {
        let values = |part| self.values(&format!("{name}.{part}"), &[self.config.hidden_size]);
        Ok(Norm { weight: values("weight")?, bias: values("bias")?, eps: self.config.layer_norm_eps as f32 })
    }

    fn layer(&self, number: usize) -> Result<Layer, EncoderError> {
        let (width, wide, heads) = (self.config.hidden_size, self.config.intermediate_size, self.config.num_attention_heads);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let query_scale = std::f32::consts::LOG2_E / ((width / heads) as f32).sqrt();
        let [query, key, value] = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        let one = |part: &str, outputs, inputs| self.dense(&[(&name(part), 1.0)], outputs, inputs);
        Ok(Layer {
            projection: self.dense(&[(&query, query_scale), (&key, 1.0), (&value, 1.0)], width, width)?,
            attention_output: one("attention.output.dense", width, width)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"))?,
            intermediate: one("intermediate.dense", wide, width)?,
            output: one("output.dense", width, wide)?,
            output_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }
}

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
    heads: usize,
    wide: usize,
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
    rounded: ByteRows,
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
        let width = config.hidden_size;
        let reader = Reader { path, weights, config, numerics };
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
            heads: config.num_attention_heads,
            wide: config.intermediate_size,
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
        let reader = Reader { path, weights, config, numerics };
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
        if batches.len() < threads {
            return Ok(batches.iter().flat_map(|b| run(b, threads)).collect());
        }
        let results: Vec<Vec<T>> = batches.par_iter().with_max_len(1).map(|b| run(b, 1)).collect();
        Ok(results.into_iter().flatten().collect())
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
            return Err(candle_core::Error::Msg(detail).into());
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
            self.layer(layer, &batch, hidden, projected, parts);
        }
        branch.clear();
        for number in branches {
            let from = branch.len();
            branch.extend_from_slice(hidden);
            for layer in self.branches.get(*number).into_iter().flatten() {
                self.layer(layer, &batch, &mut branch[from..], projected, parts);
            }
        }
        if branches.is_empty() {
            branch.extend_from_slice(hidden);
        }
        let outputs: Vec<&[f32]> = branch.chunks(hidden.len().max(1)).collect();
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

    /// One layer over all rows of a batch, in place; threads share the rows.
    fn layer(&self, layer: &Layer, batch: &Batch, hidden: &mut [f32], projected: &mut Vec<f32>, parts: &mut [PartSpace]) {
        let (width, set) = (self.width, self.set);
        projected.resize(hidden.len() * 3, 0.0);
        let pieces = hidden.chunks(batch.rows * width).zip(projected.chunks_mut(batch.rows * 3 * width));
        for_all(pieces.zip(parts.iter_mut()), |((xs, out), part)| {
            layer.projection.apply(set, xs, out, After::default(), &mut part.rounded);
        });
        let projected = &*projected;
        let pieces = hidden.chunks_mut(batch.rows * width).enumerate();
        for_all(pieces.zip(parts.iter_mut()), |((number, xs), part)| {
            let PartSpace { context, middle, wide, attention, rounded } = part;
            context.resize(xs.len(), 0.0);
            middle.resize(xs.len(), 0.0);
            let first = number * batch.rows;
            let mine = first..first + xs.len() / width;
            for sequence in batch.starts.windows(2).filter(|s| s[0] < mine.end && s[1] > mine.start) {
                let rows = sequence[0].max(mine.start)..sequence[1].min(mine.end);
                let all = &projected[sequence[0] * 3 * width..sequence[1] * 3 * width];
                let out = &mut context[(rows.start - first) * width..(rows.end - first) * width];
                let rows = rows.start - sequence[0]..rows.end - sequence[0];
                kernels::attend(set, all, width, self.heads, rows, out, attention);
            }
            layer.attention_output.apply(set, context, middle, After { residual: Some(xs), gelu: false }, rounded);
            layer.attention_norm.apply(set, middle);
            wide.resize(xs.len() / width * self.wide, 0.0);
            layer.intermediate.apply(set, middle, wide, After { residual: None, gelu: true }, rounded);
            layer.output.apply(set, wide, xs, After { residual: Some(middle), gelu: false }, rounded);
            layer.output_norm.apply(set, xs);
        });
    }
}

/// Runs `work` over pieces, on several threads where there are several.
fn for_all<P: Send>(pieces: impl Iterator<Item = P>, work: impl Fn(P) + Sync + Send) {
    let mut pieces: Vec<P> = pieces.collect();
    match (pieces.pop(), pieces.is_empty()) {
        (Some(only), true) => work(only),
        (Some(last), false) => {
            pieces.push(last);
            pieces.into_par_iter().with_max_len(1).for_each(work);
        }
        (None, _) => {}
    }
}

/// Cuts sequences into consecutive batches of about [`BATCH_TOKENS`], so that all threads get a like share.
fn cut(sequences: &[&[u32]], threads: usize) -> Vec<Range<usize>> {
    let total: usize = sequences.iter().map(|s| s.len()).sum();
    let count = total.div_ceil(BATCH_TOKENS).next_multiple_of(threads.max(1));
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
