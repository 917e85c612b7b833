//! Hidden word pieces: what stood there?
use candle_core::{D, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::network::{Network, Upper};
use crate::encoder::fused::sparse::SparseRows;
use crate::train::TrainError;

/// Share of the word pieces that are to be guessed.
const HIDDEN: f32 = 0.15;

/// Chunks as they are shown, and what is to be guessed in them.
pub struct Guesses {
    /// Ids with some hidden.
    pub shown: Vec<Vec<u32>>,
    /// Chunk and position of each hidden word piece.
    places: Vec<(usize, usize)>,
    wanted: Vec<u32>,
}

/// Hides word pieces. Of those chosen, eight in ten are replaced by `[MASK]`, one by another word piece, one stays.
pub fn hide(network: &Network, chunks: &[&[u32]], random: &mut ChaCha8Rng) -> Guesses {
    let vocabulary = network.config.vocab_size as u32;
    let mut guesses = Guesses { shown: Vec::with_capacity(chunks.len()), places: Vec::new(), wanted: Vec::new() };
    for (row, chunk) in chunks.iter().enumerate() {
        let mut ids = chunk.to_vec();
        for at in 1..ids.len().saturating_sub(1) {
            if random.random::<f32>() < HIDDEN {
                guesses.places.push((row, at));
                guesses.wanted.push(ids[at]);
                match random.random_range(0..10) {
                    0 => {}
                    1 => ids[at] = random.random_range(0..vocabulary),
                    _ => ids[at] = network.mask,
                }
            }
        }
        guesses.shown.push(ids);
    }
    guesses
}

/// Mean cost of guessing what was hidden. `starts`: first row of each chunk in `upper`.
pub fn loss(network: &Network, upper: &Upper, starts: &[usize], guesses: &Guesses) -> Result<Tensor, TrainError> {
    if guesses.places.is_empty() {
        return Ok(Tensor::zeros((), candle_core::DType::F32, &network.device)?);
    }
    let rows: Vec<u32> = guesses.places.iter().map(|(row, at)| (starts[*row] + at) as u32).collect();
    let hidden = SparseRows::pick(&rows, upper.hidden.dim(0)?, &network.device)?.times(&upper.hidden)?;
    cross_entropy(&network.word_scores(&hidden)?, guesses.wanted.clone())
}

/// Mean of −log softmax at the wanted columns. scores: (n, classes)
pub fn cross_entropy(scores: &Tensor, wanted: Vec<u32>) -> Result<Tensor, TrainError> {
    let count = wanted.len();
    let wanted = Tensor::from_vec(wanted, (count, 1), scores.device())?;
    let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?.detach())?;
    let right = scores.gather(&wanted, 1)?.squeeze(1)?;
    Ok((scores.exp()?.sum(1)?.log()? - right)?.mean_all()?)
}
