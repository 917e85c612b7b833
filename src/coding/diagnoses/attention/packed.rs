//! The attention of a note's titles on a CPU, with weights packed once: the same answers as the differentiable definition
//! to a few millionths (a test holds it to that), without its copies, and with each title's own part computed once.
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use candle_core::Tensor;
use candle_nn::Linear;
use rayon::prelude::*;

use super::{ClaimAttention, Family, WIDTH};
use crate::encoder::kernels::{self, After, FloatWeights, Instructions};
use crate::encoder::vectors::VectorFile;

/// Titles of one task.
const TITLES: usize = 48;
/// Tokens of one task.
const TOKENS: usize = 96;

/// What a title brings along, whatever the note: its query (scaled for logarithms to base 2) and its own vector.
type OfTitle = Arc<[f32]>;

/// The weights, packed.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    set: Instructions,
    dim: usize,
    key: FloatWeights,
    value: FloatWeights,
    query: FloatWeights,
    title: FloatWeights,
    place: f32,
    hidden: FloatWeights,
    output: FloatWeights,
    /// By row of the vector file; one file for one model.
    titles: Arc<RwLock<HashMap<u32, OfTitle>>>,
}

fn pack(linear: &Linear) -> candle_core::Result<FloatWeights> {
    let weights = linear.weight().flatten_all()?.to_vec1::<f32>()?;
    let inputs = linear.weight().dim(1)?;
    let bias = match linear.bias() {
        Some(bias) => bias.to_vec1::<f32>()?,
        None => vec![0.0; linear.weight().dim(0)?],
    };
    Ok(FloatWeights::pack(&weights, &bias, inputs))
}

fn number(tensor: &Tensor) -> candle_core::Result<f32> {
    Ok(tensor.flatten_all()?.to_vec1::<f32>()?.first().copied().unwrap_or_default())
}

/// The note's side of the attention.
struct Note {
    count: usize,
    /// Keys of tokens as weights; padded with zeros to a multiple of 16.
    keys: FloatWeights,
    values: Vec<f32>,
    /// Values again, as weights.
    columns: FloatWeights,
    whole: Vec<f32>,
}

impl Packed {
    pub(super) fn new(head: &ClaimAttention) -> candle_core::Result<Self> {
        Ok(Self {
            set: Instructions::best(),
            dim: head.key.weight().dim(1)?,
            key: pack(&head.key)?,
            value: pack(&head.value)?,
            query: pack(&head.query)?,
            title: pack(&head.title)?,
            place: number(&head.place)?,
            hidden: pack(&head.hidden)?,
            output: pack(&head.output)?,
            titles: Arc::default(),
        })
    }

    /// Log-odds to stand on the claim, and score as the first-listed code, for each family. `tokens`: count × dim.
    pub(super) fn answers(&self, tokens: &[f32], families: &[Family], vectors: &VectorFile) -> Vec<(f32, f32)> {
        let (note, titles) = rayon::join(|| self.note(tokens), || self.of_titles(families, vectors));
        let mut answers = vec![(0.0, 0.0); families.len()];
        answers.par_chunks_mut(TITLES).zip(families.par_chunks(TITLES)).zip(titles.par_chunks(TITLES)).for_each(
            |((answers, families), titles)| {
                let scores = self.ask(&note, families, titles);
                answers.iter_mut().zip(scores.chunks_exact(2)).for_each(|(answer, s)| *answer = (s[0], s[1]));
            },
        );
        answers
    }

    /// Keys and values of the tokens.
    fn note(&self, tokens: &[f32]) -> Note {
        let count = tokens.len() / self.dim;
        let padded = count.next_multiple_of(16);
        let (mut keys, mut values) = (vec![0f32; padded * WIDTH], vec![0f32; padded * WIDTH]);
        let blocks = keys.par_chunks_mut(TOKENS * WIDTH).zip(values.par_chunks_mut(TOKENS * WIDTH));
        blocks.zip(tokens.par_chunks(TOKENS * self.dim)).for_each(|((keys, values), tokens)| {
            let here = tokens.len() / self.dim * WIDTH;
            self.key.apply(self.set, tokens, &mut keys[..here], After::default());
            self.value.apply(self.set, tokens, &mut values[..here], After::default());
        });
        let mut whole = vec![0f32; WIDTH];
        for value in values.chunks_exact(WIDTH).take(count) {
            whole.iter_mut().zip(value).for_each(|(sum, v)| *sum += v);
        }
        whole.iter_mut().for_each(|sum| *sum /= count as f32);
        let keys = FloatWeights::pack(&keys, &vec![0.0; padded], WIDTH);
        Note { count, keys, columns: FloatWeights::pack_columns(&values, WIDTH), values, whole }
    }

    /// Query and own vector of each family's title.
    fn of_titles(&self, families: &[Family], vectors: &VectorFile) -> Vec<OfTitle> {
        let known: Vec<Option<OfTitle>> = {
            let titles = self.titles.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            families.iter().map(|f| titles.get(&f.row).cloned()).collect()
        };
        let missing: Vec<u32> = families.iter().zip(&known).filter(|(_, k)| k.is_none()).map(|(f, _)| f.row).collect();
        let made: Vec<OfTitle> = missing.par_chunks(TITLES).flat_map_iter(|rows| self.make(rows, vectors)).collect();
        if !missing.is_empty() {
            let mut titles = self.titles.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            titles.extend(missing.into_iter().zip(made.iter().cloned()));
        }
        let mut made = made.into_iter();
        known.into_iter().filter_map(|k| k.or_else(|| made.next())).collect()
    }

    fn make(&self, rows: &[u32], vectors: &VectorFile) -> Vec<OfTitle> {
        // Title vectors have length 1; token vectors have numbers near 1.
        let larger = (self.dim as f32).sqrt();
        let texts: Vec<f32> = rows.iter().flat_map(|r| vectors.vector(*r)).map(|v| v * larger).collect();
        let (mut queries, mut own) = (vec![0f32; rows.len() * WIDTH], vec![0f32; rows.len() * WIDTH]);
        self.query.apply(self.set, &texts, &mut queries, After::default());
        self.title.apply(self.set, &texts, &mut own, After::default());
        let scale = std::f32::consts::LOG2_E / (WIDTH as f32).sqrt();
        let both = queries.chunks_exact(WIDTH).zip(own.chunks_exact(WIDTH));
        both.map(|(query, own)| query.iter().map(|q| q * scale).chain(own.iter().copied()).collect()).collect()
    }

    /// Two scores for each of some titles.
    fn ask(&self, note: &Note, families: &[Family], titles: &[OfTitle]) -> Vec<f32> {
        let (rows, padded) = (families.len(), note.keys.outputs());
        let queries: Vec<f32> = titles.iter().flat_map(|t| &t[..WIDTH]).copied().collect();
        let mut weights = vec![0f32; rows * padded];
        note.keys.apply(self.set, &queries, &mut weights, After::default());
        let place = self.place * std::f32::consts::LOG2_E;
        let mut sums = Vec::with_capacity(rows);
        for (family, row) in families.iter().zip(weights.chunks_exact_mut(padded)) {
            for range in separate(family, note.count) {
                row[range].iter_mut().for_each(|score| *score += place);
            }
            sums.push(kernels::powers(self.set, row, note.count));
        }
        let mut seen = vec![0f32; rows * WIDTH];
        note.columns.apply(self.set, &weights, &mut seen, After::default());
        let mut all = Vec::with_capacity(rows * 6 * WIDTH);
        for ((family, title), (seen, sum)) in families.iter().zip(titles).zip(seen.chunks_exact_mut(WIDTH).zip(sums)) {
            seen.iter_mut().for_each(|v| *v /= sum);
            let here = self.here(note, family);
            let title = &title[WIDTH..];
            all.extend_from_slice(seen);
            all.extend_from_slice(&here);
            all.extend_from_slice(title);
            all.extend(seen.iter().zip(title).map(|(a, b)| a * b));
            all.extend(here.iter().zip(title).map(|(a, b)| a * b));
            all.extend_from_slice(&note.whole);
        }
        let mut hidden = vec![0f32; rows * WIDTH];
        self.hidden.apply(self.set, &all, &mut hidden, After::default());
        kernels::tanh_gelu(self.set, &mut hidden);
        let mut scores = vec![0f32; rows * 2];
        self.output.apply(self.set, &hidden, &mut scores, After::default());
        scores
    }

    /// Mean value of the tokens where a family's codes were found.
    fn here(&self, note: &Note, family: &Family) -> [f32; WIDTH] {
        let mut mean = [0f32; WIDTH];
        let count: usize = separate(family, note.count).map(|r| r.len()).sum();
        let share = 1.0 / (count as f32 + 1e-6);
        for token in separate(family, note.count).flatten() {
            let value = &note.values[token * WIDTH..(token + 1) * WIDTH];
            mean.iter_mut().zip(value).for_each(|(sum, v)| *sum += share * v);
        }
        mean
    }
}

/// A family's token ranges, each token once.
fn separate(family: &Family, count: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut next = 0;
    family.tokens.iter().filter_map(move |(from, to)| {
        let range = (*from).max(next)..(*to).min(count);
        next = next.max(range.end);
        (range.start < range.end).then_some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Titles, attend, place_matrix};
    use super::*;
    use crate::encoder::vectors::{self, Row};
    use crate::encoder::{EncodedDocument, HashEncoder};
    use candle_core::{DType, Device};
    use candle_nn::VarBuilder;

    #[test]
    fn packed_weights_answer_as_the_definition_does() {
        let dim = 96;
        let mut state = 1u64;
        let mut random = |count: usize| -> Vec<f32> {
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
            };
            (0..count).map(|_| next()).collect()
        };
        let mut weight = |(name, shape): (&str, Vec<usize>)| {
            let count = shape.iter().product();
            let values: Vec<f32> = random(count).into_iter().map(|v| v * 0.3).collect();
            (name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu).expect("tensor"))
        };
        let weights: HashMap<String, Tensor> = ClaimAttention::shapes(dim).into_iter().map(&mut weight).collect();
        let head = ClaimAttention::new(VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu), dim).expect("head");
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("vectors.bin");
        let rows: Vec<Row> = (0..70).map(|i| Row { text: format!("w{i} x{}", i % 7), members: vec![format!("C{i}")] }).collect();
        vectors::build(&path, &HashEncoder::new(dim), &[7; 32], &rows).expect("vectors");
        let file = VectorFile::open(&path, &[7; 32]).expect("opens");
        for count in [1, 15, 40, 133] {
            let encoded = EncodedDocument { dim, coding: random(count * dim), ..EncodedDocument::default() };
            let of = |row: u32| (row as usize * 3 % count, (row as usize * 3 % count + 4).min(count));
            let families: Vec<Family> = (0..70)
                .map(|row| Family { row, tokens: if row % 5 == 0 { vec![] } else { vec![of(row), of(row + 1)] } })
                .map(|mut f| {
                    f.tokens.sort_unstable();
                    f
                })
                .collect();
            assert_eq!(place_matrix(families.iter(), count).len(), 70 * count);
            let titles = Titles { vectors: &file, rows: &[], encoded: &encoded, head: Some(&head) };
            let expected = attend(&families, &titles).expect("answers");
            let packed = Packed::new(&head).expect("packs");
            for _ in 0..2 {
                let found = packed.answers(&encoded.coding, &families, &file);
                for (family, (claim, first)) in families.iter().zip(found) {
                    let (a, b) = expected[&family.row];
                    assert!((claim - a).abs() < 1e-4 && (first - b).abs() < 1e-4, "{count}: {claim} {a}, {first} {b}");
                }
            }
        }
    }
}
