//! Hidden word pieces: what stood there?
use candle_core::{D, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::network::Network;
use crate::encoder::bert::Dropout;
use crate::train::TrainError;

/// Share of the word pieces that are to be guessed.
const HIDDEN: f32 = 0.15;

/// Mean cost of guessing the hidden word pieces of some chunks. Of those chosen, eight in ten are replaced by `[MASK]`,
/// one by another word piece, one stays.
pub fn loss(network: &Network, chunks: &[&[u32]], dropout: &Dropout, random: &mut ChaCha8Rng) -> Result<Tensor, TrainError> {
    let vocabulary = network.config.vocab_size as u32;
    let length = chunks.iter().map(|c| c.len()).max().unwrap_or(1);
    let (mut shown, mut rows, mut wanted) = (Vec::with_capacity(chunks.len()), Vec::new(), Vec::new());
    for (row, chunk) in chunks.iter().enumerate() {
        let mut ids = chunk.to_vec();
        for at in 1..ids.len().saturating_sub(1) {
            if random.random::<f32>() < HIDDEN {
                rows.push((row * length + at) as u32);
                wanted.push(ids[at]);
                match random.random_range(0..10) {
                    0 => {}
                    1 => ids[at] = random.random_range(0..vocabulary),
                    _ => ids[at] = network.mask,
                }
            }
        }
        shown.push(ids);
    }
    if rows.is_empty() {
        return Ok(Tensor::zeros((), candle_core::DType::F32, &network.device)?);
    }
    let shown: Vec<&[u32]> = shown.iter().map(Vec::as_slice).collect();
    let lower = network.lower(&shown, Some(dropout))?;
    let hidden = network.upper(&network.tagging, &lower, Some(dropout))?;
    let count = rows.len();
    let hidden = hidden.flatten(0, 1)?.index_select(&Tensor::from_vec(rows, count, &network.device)?, 0)?;
    cross_entropy(&network.word_scores(&hidden)?, wanted)
}

/// Mean of −log softmax at the wanted columns. scores: (n, classes)
pub fn cross_entropy(scores: &Tensor, wanted: Vec<u32>) -> Result<Tensor, TrainError> {
    let count = wanted.len();
    let wanted = Tensor::from_vec(wanted, (count, 1), scores.device())?;
    let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?;
    let right = scores.gather(&wanted, 1)?.squeeze(1)?;
    Ok((scores.exp()?.sum(1)?.log()? - right)?.mean_all()?)
}
