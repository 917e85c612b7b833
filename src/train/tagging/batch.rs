//! Micro-batches as tensors, and their loss.
use candle_core::{D, Device, Result, Tensor};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::activations::Activations;
use super::examples::{Example, SpanTarget};
use crate::encoder::bert::{self, Branch, Dropout, Mode};
use crate::encoder::fused::sparse::SparseRows;
use crate::extract::Assertion;
use crate::extract::features::ASSERTION_FEATURES;
use crate::extract::heads::{Heads, LABELS};

const CLASSES: usize = Assertion::ALL.len();
/// Weight of "does not hold" for classes that stand behind the labelled one in precedence: labels name one only.
const UNLABELLED_WEIGHT: f32 = 0.3;

/// Batches of sequences of similar length, `budget` padded word pieces each, in random order. Runs of `bucket` sequences
/// are sorted by length among themselves.
pub fn by_length(lengths: &[usize], budget: usize, bucket: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(&mut random);
    let mut all: Vec<Vec<usize>> = Vec::new();
    for run in order.chunks_mut(bucket.max(1)) {
        run.sort_by_key(|&i| lengths[i]);
        let mut open: Vec<usize> = Vec::new();
        for &i in run.iter() {
            if !open.is_empty() && (open.len() + 1) * lengths[i] > budget {
                all.push(std::mem::take(&mut open));
            }
            open.push(i);
        }
        all.extend((!open.is_empty()).then_some(open));
    }
    all.shuffle(&mut random);
    all
}

/// Hidden states of a batch after the branch.
pub struct Encoded {
    /// (rows, dim)
    pub hidden: Tensor,
    /// First row of each example.
    pub starts: Vec<usize>,
}

/// Runs the branch over examples.
pub fn encode(branch: &Branch, examples: &[Example], activations: &Activations, batch: &[usize], mode: Mode) -> Result<Encoded> {
    let dim = activations.dim;
    let length = batch.iter().map(|&i| examples[i].ids.len()).max().unwrap_or(1);
    let mut values = vec![0f32; batch.len() * length * dim];
    let mut mask = vec![0f32; batch.len() * length];
    for (row, &i) in batch.iter().enumerate() {
        let own = activations.of(i);
        for (to, from) in values[row * length * dim..].iter_mut().zip(own) {
            *to = from.to_f32();
        }
        mask[row * length..][..own.len() / dim].fill(1.0);
    }
    let hidden = Tensor::from_vec(values, (batch.len(), length, dim), &Device::Cpu)?;
    let bias = bert::attention_bias(&Tensor::from_vec(mask, (batch.len(), length), &Device::Cpu)?)?;
    let hidden = branch.forward(&hidden, &bias, mode, None)?;
    let starts = (0..batch.len()).map(|row| row * length).collect();
    Ok(Encoded { hidden: hidden.reshape((batch.len() * length, dim))?, starts })
}

/// Loss sums and weights of a micro-batch.
pub struct Loss {
    /// Sum of the weighted tagging losses.
    pub tagging: Tensor,
    /// Sum of the weights.
    pub words: f32,
    /// Sum of the assertion losses.
    pub assertion: Tensor,
    /// Number of spans.
    pub spans: f32,
}

/// The loss of a micro-batch. A word costs −log of the probability of all its allowed labels together.
pub fn loss(
    heads: &Heads,
    encoded: &Encoded,
    examples: &[Example],
    batch: &[usize],
    dropout: &Dropout,
    random: &mut ChaCha8Rng,
) -> Result<Loss> {
    let device = encoded.hidden.device().clone();
    let hidden = dropout.apply(&encoded.hidden)?;
    let (mut rows, mut allowed, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (&start, &i) in encoded.starts.iter().zip(batch) {
        for word in examples[i].words.iter().filter(|w| w.weight > 0.0) {
            rows.push(start as u32 + word.position);
            allowed.extend((0..LABELS).map(|l| f32::from(word.allowed >> l & 1)));
            weights.push(word.weight);
        }
    }
    let zero = Tensor::zeros((), candle_core::DType::F32, &device)?;
    let words: f32 = weights.iter().sum();
    let tagging = if rows.is_empty() {
        zero.clone()
    } else {
        let count = rows.len();
        let scores = heads.tagging_scores(&SparseRows::pick(&rows, hidden.dim(0)?, &device)?.times(&hidden)?)?;
        let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?.exp()?;
        let allowed = Tensor::from_vec(allowed, (count, LABELS), &device)?;
        let right = ((scores.clone() * allowed)?.sum(1)? + 1e-12)?.log()?;
        let cost = (scores.sum(1)?.log()? - right)?;
        (cost * Tensor::from_vec(weights, count, &device)?)?.sum_all()?
    };
    let spans: Vec<(usize, &SpanTarget)> =
        encoded.starts.iter().zip(batch).flat_map(|(&start, &i)| examples[i].spans.iter().map(move |s| (start, s))).collect();
    let assertion = if spans.is_empty() { zero } else { assertion_loss(heads, &hidden, &spans, random)? };
    Ok(Loss { tagging, words, assertion, spans: spans.len() as f32 })
}

/// Pools the spans' vectors: span mean, first word, sentence mean; (n, dim) each.
pub fn pool(hidden: &Tensor, places: &[((usize, usize), (usize, usize))]) -> Result<[Tensor; 3]> {
    let (total, device) = (hidden.dim(0)?, hidden.device());
    let first: Vec<u32> = places.iter().map(|(own, _)| own.0 as u32).collect();
    Ok([
        SparseRows::means(places.iter().map(|(own, _)| *own), total, device)?.times(hidden)?,
        SparseRows::pick(&first, total, device)?.times(hidden)?,
        SparseRows::means(places.iter().map(|(_, around)| *around), total, device)?.times(hidden)?,
    ])
}

fn assertion_loss(heads: &Heads, hidden: &Tensor, spans: &[(usize, &SpanTarget)], random: &mut ChaCha8Rng) -> Result<Tensor> {
    let count = spans.len();
    let mut places = Vec::with_capacity(count);
    let mut features = Vec::with_capacity(count * ASSERTION_FEATURES);
    let mut classes = Vec::with_capacity(count);
    for (start, target) in spans {
        let at = |p: u32| start + p as usize;
        let (mut from, to) = target.positions;
        // Found mentions are often shorter than labelled quotes: drop leading words now and then.
        if to - from > 1 && random.random::<f32>() < 0.25 {
            from += random.random_range(1..to - from);
        }
        places.push(((at(from), at(to)), (at(target.sentence.0), at(target.sentence.1))));
        features.extend_from_slice(&target.features);
        classes.push(target.class);
    }
    let [span, first, sentence] = pool(hidden, &places)?;
    let features = Tensor::from_vec(features, (count, ASSERTION_FEATURES), hidden.device())?;
    let scores = heads.assertion_scores(&span, &first, &sentence, &features)?;
    assertion_cost(&scores, &classes)
}

/// Sum over spans of the binary cross-entropy of the classes.
pub fn assertion_cost(scores: &Tensor, classes: &[u8]) -> Result<Tensor> {
    let count = classes.len();
    let (mut targets, mut weights) = (vec![0f32; count * CLASSES], vec![1f32; count * CLASSES]);
    for (i, &class) in classes.iter().enumerate() {
        targets[i * CLASSES + class as usize] = 1.0;
        for later in class as usize + 1..CLASSES - 1 {
            weights[i * CLASSES + later] = UNLABELLED_WEIGHT;
        }
    }
    let targets = Tensor::from_vec(targets, (count, CLASSES), scores.device())?;
    let weights = Tensor::from_vec(weights, (count, CLASSES), scores.device())?;
    // max(x, 0) − x·t + log(1 + e^−|x|)
    let cost = ((scores.relu()? - (scores * targets)?)? + (scores.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    (cost * weights)?.sum_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_sequence_once_and_keep_the_budget() {
        let lengths = [30, 50, 20, 90, 10, 200, 40, 40];
        let all = by_length(&lengths, 100, 4, 3);
        let mut seen: Vec<usize> = all.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        for own in &all {
            let longest = own.iter().map(|i| lengths[*i]).max().unwrap_or(0);
            assert!(own.len() == 1 || own.len() * longest <= 100, "{own:?}");
        }
        assert_eq!(all, by_length(&lengths, 100, 4, 3), "the seed decides");
    }
}
