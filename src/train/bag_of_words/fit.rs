//! Weights of terms for codes, and the scores of documents by weights that have not seen their fold.
use std::collections::{BTreeMap, HashMap};

use ndarray::Array2;
use rayon::prelude::*;

use super::ridge::Factor;
use crate::coding::bag_of_words::{BagOfWords, Scores, Term};

/// What is learned from.
pub struct Sample {
    /// Terms of the note.
    pub terms: Vec<Term>,
    /// Codes with what their score should be.
    pub targets: BTreeMap<String, f32>,
    /// Fold, where the sample's own scores are wanted.
    pub fold: Option<usize>,
}

/// How the weights are learned.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct BagSettings {
    /// Penalty on squared weights.
    pub penalty: f32,
    /// Fewest documents of a term.
    pub least_documents: u32,
    /// Weights nearer to zero are left out.
    pub least_weight: f32,
}

/// Codes that are solved for at once.
const COLUMNS: usize = 192;
/// Scores of a sample below this are not kept.
const LEAST_SCORE: f32 = 0.01;

/// Fits on `samples`; gives the weights and, for samples with a fold, their scores without it.
pub fn fit(samples: &[Sample], settings: &BagSettings) -> (BagOfWords, Vec<Scores>) {
    let mut found: HashMap<u32, u32> = HashMap::new();
    for sample in samples {
        let mut own: Vec<u32> = sample.terms.iter().map(|t| t.hash).collect();
        own.sort_unstable();
        own.dedup();
        own.into_iter().for_each(|hash| *found.entry(hash).or_default() += 1);
    }
    let mut kept: Vec<(u32, u32)> = found.into_iter().filter(|(_, n)| *n >= settings.least_documents).collect();
    kept.sort_unstable();
    let mut codes: Vec<&String> = samples.iter().flat_map(|s| s.targets.keys()).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut bag = BagOfWords {
        documents: samples.len() as u32,
        codes: codes.iter().map(|c| (*c).clone()).collect(),
        terms: kept.iter().map(|k| k.0).collect(),
        counts: kept.iter().map(|k| k.1).collect(),
        ..BagOfWords::default()
    };
    bag.starts = vec![0; bag.terms.len() + 1];
    let vectors: Vec<Vec<(usize, f32)>> = samples.par_iter().map(|s| bag.note(&s.terms).vector()).collect();
    let mut kernel = similarities(&vectors, bag.terms.len());
    kernel.diag_mut().mapv_inplace(|v| v + settings.penalty);
    let factor = Factor::new(kernel);
    tracing::info!(documents = samples.len(), codes = codes.len(), terms = bag.terms.len(), "factored");

    let folds: usize = samples.iter().filter_map(|s| s.fold).max().map_or(0, |f| f + 1);
    let held: Vec<Vec<usize>> =
        (0..folds).map(|f| (0..samples.len()).filter(|i| samples[*i].fold == Some(f)).collect()).collect();
    // Answers to left-out documents: their targets less (G_bb)^-1 alpha_b, G the inverse of the similarities.
    let inverses: Vec<Factor> = held
        .par_iter()
        .map(|own| {
            let mut columns = Array2::zeros((samples.len(), own.len()));
            own.iter().enumerate().for_each(|(j, i)| columns[[*i, j]] = 1.0);
            factor.solve(&mut columns);
            Factor::new(Array2::from_shape_fn((own.len(), own.len()), |(i, j)| columns[[own[i], j]]))
        })
        .collect();
    let starts: Vec<usize> = (0..codes.len()).step_by(COLUMNS).collect();
    let solved: Vec<Part> = starts
        .par_iter()
        .map(|from| {
            let own = &codes[*from..(*from + COLUMNS).min(codes.len())];
            part(samples, &vectors, own, *from, &factor, &held, &inverses, &bag, settings.least_weight)
        })
        .collect();
    let mut triples: Vec<(u32, u16, f32)> = Vec::new();
    let mut scores: Vec<BTreeMap<String, f32>> = vec![BTreeMap::new(); samples.len()];
    for part in solved {
        triples.extend(part.weights);
        for (sample, code, score) in part.scores {
            scores[sample].insert(bag.codes[usize::from(code)].clone(), score);
        }
    }
    triples.sort_unstable_by_key(|(term, code, _)| (*term, *code));
    bag.scale = triples.iter().map(|t| t.2.abs()).fold(0.0, f32::max).max(1e-6) / 127.0;
    for (term, code, weight) in triples {
        let level = (weight / bag.scale).round() as i8;
        if level != 0 {
            bag.weights.push((code, level));
            bag.starts[term as usize + 1] += 1;
        }
    }
    for i in 0..bag.terms.len() {
        bag.starts[i + 1] += bag.starts[i];
    }
    (bag, scores.into_iter().map(Scores::new).collect())
}

/// What a group of codes gives.
struct Part {
    weights: Vec<(u32, u16, f32)>,
    scores: Vec<(usize, u16, f32)>,
}

#[allow(clippy::too_many_arguments)]
fn part(
    samples: &[Sample],
    vectors: &[Vec<(usize, f32)>],
    codes: &[&String],
    from: usize,
    factor: &Factor,
    held: &[Vec<usize>],
    inverses: &[Factor],
    bag: &BagOfWords,
    least: f32,
) -> Part {
    let target = |i: usize, j: usize| samples[i].targets.get(codes[j]).copied().unwrap_or_default();
    let mut alpha = Array2::from_shape_fn((samples.len(), codes.len()), |(i, j)| target(i, j));
    factor.solve(&mut alpha);
    let mut scores = Vec::new();
    for (own, inverse) in held.iter().zip(inverses) {
        let mut off = Array2::from_shape_fn((own.len(), codes.len()), |(i, j)| alpha[[own[i], j]]);
        inverse.solve(&mut off);
        for (i, sample) in own.iter().enumerate() {
            for j in 0..codes.len() {
                let score = target(*sample, j) - off[[i, j]];
                if score >= LEAST_SCORE {
                    scores.push((*sample, (from + j) as u16, score));
                }
            }
        }
    }
    let mut weights = Array2::<f32>::zeros((bag.terms.len(), codes.len()));
    for (i, vector) in vectors.iter().enumerate() {
        let own = alpha.row(i);
        for (term, value) in vector {
            weights.row_mut(*term).scaled_add(*value, &own);
        }
    }
    let found = weights.indexed_iter().filter(|(_, w)| w.abs() >= least);
    Part { weights: found.map(|((term, j), w)| (term as u32, (from + j) as u16, *w)).collect(), scores }
}

/// The products of all pairs of vectors; the lower triangle.
fn similarities(vectors: &[Vec<(usize, f32)>], terms: usize) -> Array2<f32> {
    let mut lists: Vec<Vec<(u32, f32)>> = vec![Vec::new(); terms];
    for (i, vector) in vectors.iter().enumerate() {
        vector.iter().for_each(|(term, value)| lists[*term].push((i as u32, *value)));
    }
    let mut out = Array2::<f32>::zeros((vectors.len(), vectors.len()));
    let rows: Vec<_> = out.outer_iter_mut().enumerate().collect();
    rows.into_par_iter().for_each(|(i, mut row)| {
        for (term, value) in &vectors[i] {
            for (other, of_other) in lists[*term].iter().take_while(|(other, _)| *other as usize <= i) {
                row[*other as usize] += value * of_other;
            }
        }
    });
    out
}
