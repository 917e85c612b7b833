//! Does the note report this code? A code's title looks at every word of the note, and at the words that name it.
//!
//! Label attention (Vu et al. 2020, LAAT; Huang et al. 2022, PLM-ICD) with label vectors taken from titles, so that a
//! code without a training note is read as well as a frequent one: a title's vector asks, the note's token vectors
//! answer, words where the code was found weigh more. Codes that differ only by side or encounter share a title.
//!
//! Weights lie in `claims.safetensors`; the token vectors come from the encoder's `coding` branch.
mod packed;

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use candle_nn::{Linear, Module, VarBuilder};
use serde::{Deserialize, Serialize};

use super::candidates::Candidates;
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::document::Span;
use crate::encoder::bert::Dropout;
use crate::encoder::vectors::VectorFile;
use crate::encoder::{EncodedDocument, EncoderError, normalize, store};

/// The file of a model folder that holds these weights.
pub const FILE: &str = "claims.safetensors";
/// Width of queries, keys and values.
const WIDTH: usize = 128;
/// Tokens of a note that are looked at; a longer note has said it all by then.
const MOST_TOKENS: usize = 6_000;

/// The weights.
#[derive(Clone, Debug)]
pub struct ClaimAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    title: Linear,
    place: Tensor,
    hidden: Linear,
    output: Linear,
    /// For answers on a CPU; made when a released head is opened.
    packed: Option<packed::Packed>,
}

impl ClaimAttention {
    /// Names and shapes of the weights for token and title vectors of `dim` numbers.
    pub fn shapes(dim: usize) -> Vec<(&'static str, Vec<usize>)> {
        vec![
            ("query.weight", vec![WIDTH, dim]),
            ("query.bias", vec![WIDTH]),
            ("key.weight", vec![WIDTH, dim]),
            ("key.bias", vec![WIDTH]),
            ("value.weight", vec![WIDTH, dim]),
            ("value.bias", vec![WIDTH]),
            ("title.weight", vec![WIDTH, dim]),
            ("title.bias", vec![WIDTH]),
            ("place.bias", vec![1]),
            ("hidden.weight", vec![WIDTH, 6 * WIDTH]),
            ("hidden.bias", vec![WIDTH]),
            ("output.weight", vec![2, WIDTH]),
            ("output.bias", vec![2]),
        ]
    }

    /// Takes the weights from a builder.
    pub fn new(vb: VarBuilder, dim: usize) -> candle_core::Result<Self> {
        let linear = |name: &str, outputs: usize, inputs: usize| -> candle_core::Result<Linear> {
            let vb = vb.pp(name);
            Ok(Linear::new(vb.get((outputs, inputs), "weight")?, Some(vb.get(outputs, "bias")?)))
        };
        Ok(Self {
            query: linear("query", WIDTH, dim)?,
            key: linear("key", WIDTH, dim)?,
            value: linear("value", WIDTH, dim)?,
            title: linear("title", WIDTH, dim)?,
            place: vb.get(1, "place.bias")?,
            hidden: linear("hidden", WIDTH, 6 * WIDTH)?,
            output: linear("output", 2, WIDTH)?,
            packed: None,
        })
    }

    /// Reads the weights of a model folder; refuses NaN and wrong shapes.
    pub fn open(directory: &Path, dim: usize) -> Result<Self, EncoderError> {
        let path = directory.join(FILE);
        let vb = VarBuilder::from_tensors(store::read(&path, &Device::Cpu)?, DType::F32, &Device::Cpu);
        let packed = |head: Self| Ok(Self { packed: Some(packed::Packed::new(&head)?), ..head });
        Self::new(vb, dim).and_then(packed).map_err(|e| EncoderError::weight(&path, e))
    }

    /// tokens: (tokens, dim); titles: (titles, dim); places: (titles, tokens), 1 where a title's code was found, else 0
    /// → (titles, 2): log-odds that it stands on the claim, and score as the first-listed one.
    pub fn forward(
        &self,
        tokens: &Tensor,
        titles: &Tensor,
        places: &Tensor,
        dropout: Option<&Dropout>,
    ) -> candle_core::Result<Tensor> {
        // Title vectors have length 1; token vectors have numbers near 1.
        let titles = &(titles * (titles.dim(1)? as f64).sqrt())?;
        let (key, value) = (self.key.forward(tokens)?, self.value.forward(tokens)?);
        let query = (self.query.forward(titles)? * (1.0 / (WIDTH as f64).sqrt()))?;
        let scores = (query.matmul(&key.t()?)? + places.broadcast_mul(&self.place)?)?;
        let seen = candle_nn::ops::softmax(&scores, D::Minus1)?.matmul(&value)?;
        let count = (places.sum_keepdim(D::Minus1)? + 1e-6)?;
        let here = places.broadcast_div(&count)?.matmul(&value)?;
        let title = self.title.forward(titles)?;
        let whole = value.mean_keepdim(0)?.broadcast_as(title.shape())?;
        let all = Tensor::cat(&[&seen, &here, &title, &(&seen * &title)?, &(&here * &title)?, &whole.contiguous()?], 1)?;
        let all = match dropout {
            Some(dropout) => dropout.apply(&all)?,
            None => all,
        };
        self.output.forward(&self.hidden.forward(&all)?.gelu()?)
    }
}

/// Row of the vector file for every code of the dictionary; `u32::MAX` where it has none.
pub fn rows_of_codes(vectors: &VectorFile, lexicon: &Lexicon) -> Vec<u32> {
    let mut rows = vec![u32::MAX; lexicon.code_count()];
    for row in 0..vectors.rows() as u32 {
        for code in vectors.members(row).filter_map(|c| lexicon.code_id(c)) {
            if let Some(slot) = rows.get_mut(code.0 as usize) {
                *slot = row;
            }
        }
    }
    rows
}

/// Titles and token vectors of one note.
#[derive(Clone, Copy)]
pub struct Titles<'a> {
    /// Title vectors.
    pub vectors: &'a VectorFile,
    /// See [`rows_of_codes`].
    pub rows: &'a [u32],
    /// The note's vectors.
    pub encoded: &'a EncodedDocument,
    /// The head, where the model has one.
    pub head: Option<&'a ClaimAttention>,
}

/// A title family of a note with the token ranges where its codes were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// Row of the vector file.
    pub row: u32,
    /// Tokens, ranges by start.
    pub tokens: Vec<(usize, usize)>,
}

/// The families of a note's candidates, by row.
pub fn families(candidates: &Candidates, titles: &Titles<'_>) -> Vec<Family> {
    let mut found: BTreeMap<u32, Vec<Span>> = BTreeMap::new();
    for candidate in candidates.by_code.values() {
        let Some(&row) = titles.rows.get(candidate.code.0 as usize).filter(|r| **r != u32::MAX) else { continue };
        let spans = found.entry(row).or_default();
        spans.extend(candidate.supports.iter().map(|s| candidates.places.list[s.place].span));
    }
    let ranges = |mut spans: Vec<Span>| {
        spans.sort_unstable();
        spans.dedup();
        let ranges = spans.into_iter().map(|s| titles.encoded.tokens_in(s)).map(|r| (r.start, r.end.min(MOST_TOKENS)));
        ranges.filter(|(from, to)| from < to).collect()
    };
    found.into_iter().map(|(row, spans)| Family { row, tokens: ranges(spans) }).collect()
}

/// The matrix of places of [`ClaimAttention::forward`], row by row.
pub fn place_matrix<'a>(families: impl Iterator<Item = &'a Family>, tokens: usize) -> Vec<f32> {
    let mut matrix = Vec::new();
    for family in families {
        let start = matrix.len();
        matrix.resize(start + tokens, 0.0);
        for &(from, to) in &family.tokens {
            matrix[start + from.min(tokens)..start + to.min(tokens)].fill(1.0);
        }
    }
    matrix
}

/// What a code's title says about it in a note; zeros where nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TitleScore {
    /// Log-odds of standing on the claim.
    pub claim: f32,
    /// Score as the first-listed code.
    pub first: f32,
    /// Highest cosine of a place's words with the title.
    pub cosine: f32,
    /// Highest difference, over its places, to the most similar title there (0: its own).
    pub behind: f32,
}

/// By code.
pub type TitleScores = BTreeMap<CodeId, TitleScore>;

/// Scores of all candidates of a note. A failing head gives none, and is no error: the other features still speak.
pub fn score(candidates: &Candidates, titles: &Titles<'_>) -> TitleScores {
    let families = families(candidates, titles);
    let (attention, cosines) = rayon::join(|| attend(&families, titles).unwrap_or_default(), || cosines(candidates, titles));
    by_code(candidates, titles, &attention, &cosines)
}

/// Title scores of candidates from the attention's answers by row of the vector file.
pub fn join(candidates: &Candidates, titles: &Titles<'_>, attention: &BTreeMap<u32, (f32, f32)>) -> TitleScores {
    by_code(candidates, titles, attention, &cosines(candidates, titles))
}

/// Answers of a title's row: claim and first by the attention; cosine, and how far it stands behind the best there.
type ByRow = BTreeMap<u32, (f32, f32)>;

fn by_code(candidates: &Candidates, titles: &Titles<'_>, attention: &ByRow, cosines: &ByRow) -> TitleScores {
    let of = |code: &CodeId| {
        let row = titles.rows.get(code.0 as usize)?;
        let (claim, first) = attention.get(row).copied().unwrap_or_default();
        let (cosine, behind) = cosines.get(row).copied().unwrap_or_default();
        Some((*code, TitleScore { claim, first, cosine, behind }))
    };
    candidates.by_code.keys().filter_map(of).collect()
}

fn attend(families: &[Family], titles: &Titles<'_>) -> Option<BTreeMap<u32, (f32, f32)>> {
    let (head, dim) = (titles.head?, titles.encoded.dim);
    let count = (titles.encoded.coding.len() / dim.max(1)).min(MOST_TOKENS);
    if count == 0 || families.is_empty() {
        return None;
    }
    if let Some(packed) = &head.packed {
        let answers = packed.answers(&titles.encoded.coding[..count * dim], families, titles.vectors);
        return Some(families.iter().map(|f| f.row).zip(answers).collect());
    }
    let run = || -> candle_core::Result<Vec<Vec<f32>>> {
        let tokens = Tensor::from_slice(&titles.encoded.coding[..count * dim], (count, dim), &Device::Cpu)?;
        let rows: Vec<f32> = families.iter().flat_map(|f| titles.vectors.vector(f.row)).collect();
        let rows = Tensor::from_vec(rows, (families.len(), dim), &Device::Cpu)?;
        let places = Tensor::from_vec(place_matrix(families.iter(), count), (families.len(), count), &Device::Cpu)?;
        head.forward(&tokens, &rows, &places, None)?.to_vec2::<f32>()
    };
    let scores = run().ok()?;
    Some(families.iter().zip(scores).map(|(f, s)| (f.row, (s[0], s[1]))).collect())
}

fn cosines(candidates: &Candidates, titles: &Titles<'_>) -> BTreeMap<u32, (f32, f32)> {
    let mut by_place: Vec<Vec<u32>> = vec![Vec::new(); candidates.places.list.len()];
    for candidate in candidates.by_code.values() {
        let Some(&row) = titles.rows.get(candidate.code.0 as usize).filter(|r| **r != u32::MAX) else { continue };
        for support in &candidate.supports {
            by_place[support.place].push(row);
        }
    }
    let mut vectors: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
    let mut best: BTreeMap<u32, (f32, f32)> = BTreeMap::new();
    for (place, mut rows) in candidates.places.list.iter().zip(by_place) {
        rows.sort_unstable();
        rows.dedup();
        let Some(words) = (!rows.is_empty()).then(|| titles.encoded.mention_vector(place.span)).flatten() else { continue };
        for row in &rows {
            vectors.entry(*row).or_insert_with(|| {
                let mut title = titles.vectors.vector(*row);
                normalize(&mut title);
                title
            });
        }
        let own: Vec<&[f32]> = rows.iter().filter_map(|row| vectors.get(row)).map(Vec::as_slice).collect();
        let own: Vec<(u32, f32)> = rows.iter().copied().zip(own.chunks(SUMS).flat_map(|own| products(own, &words))).collect();
        let highest = own.iter().map(|(_, c)| *c).fold(f32::MIN, f32::max);
        for (row, cosine) in own {
            let entry = best.entry(row).or_insert((f32::MIN, f32::MIN));
            *entry = (entry.0.max(cosine), entry.1.max(cosine - highest));
        }
    }
    best
}

/// Sums that are added up side by side; each by itself waits for its last addition.
const SUMS: usize = 8;

/// The product of each of at most [`SUMS`] vectors with `words`, summed in order.
fn products(vectors: &[&[f32]], words: &[f32]) -> impl Iterator<Item = f32> + use<> {
    let mut sums = [0f32; SUMS];
    let vector = |i: usize| vectors.get(i).map_or(words, |v| &v[..v.len().min(words.len())]);
    let all: [&[f32]; SUMS] = std::array::from_fn(vector);
    if all.iter().all(|v| v.len() == words.len()) {
        for (j, word) in words.iter().enumerate() {
            for (sum, vector) in sums.iter_mut().zip(all) {
                *sum += vector[j] * word;
            }
        }
    }
    sums.into_iter().take(vectors.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn places_of_families_become_rows() {
        let families = [Family { row: 4, tokens: vec![(0, 2), (3, 9)] }, Family { row: 7, tokens: vec![] }];
        assert_eq!(place_matrix(families.iter(), 4), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn every_weight_gets_a_gradient() {
        let device = Device::Cpu;
        let mut weights = HashMap::new();
        for (i, (name, shape)) in ClaimAttention::shapes(6).into_iter().enumerate() {
            let count: usize = shape.iter().product();
            let values: Vec<f32> = (0..count).map(|j| ((i * 31 + j * 17) % 13) as f32 / 13.0 - 0.4).collect();
            let tensor = Tensor::from_vec(values, shape, &device).expect("tensor");
            weights.insert(name.to_owned(), candle_core::Var::from_tensor(&tensor).expect("variable"));
        }
        let tensors: HashMap<String, Tensor> = weights.iter().map(|(n, v)| (n.clone(), v.as_tensor().clone())).collect();
        let head = ClaimAttention::new(VarBuilder::from_tensors(tensors, DType::F32, &device), 6).expect("head");
        let ramp = |rows: usize| {
            let values: Vec<f32> = (0..rows * 6).map(|i| (i % 7) as f32 / 7.0).collect();
            Tensor::from_vec(values, (rows, 6), &device).expect("tensor")
        };
        let families = [Family { row: 0, tokens: vec![(0, 1)] }, Family { row: 1, tokens: vec![(2, 4)] }];
        let places = Tensor::from_vec(place_matrix(families.iter(), 5), (2, 5), &device).expect("tensor");
        let scores = head.forward(&ramp(5), &ramp(2), &places, None).expect("scores");
        assert_eq!(scores.dims(), [2, 2]);
        let gradients = scores.sqr().and_then(|s| s.sum_all()).and_then(|s| s.backward()).expect("backward");
        for (name, var) in &weights {
            // A key's bias moves all scores of a title alike, and softmax does not see that.
            assert!(name == "key.bias" || gradients.get(var).is_some(), "{name}");
        }
    }
}
