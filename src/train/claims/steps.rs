//! Which notes make a step together?
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{MOST_TOKENS, Sample};

/// Notes of one step each, up to the budget of word pieces, in random order.
pub(super) fn steps(samples: &[&Sample], budget: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> =
        (0..samples.len()).filter(|i| !samples[*i].families.is_empty() && !samples[*i].chunks.is_empty()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut used = usize::MAX;
    for i in order {
        let size = samples[i].chunks.iter().map(|c| c.ids.len()).sum::<usize>().min(MOST_TOKENS);
        match all.last_mut() {
            Some(open) if used.saturating_add(size) <= budget => {
                open.push(i);
                used += size;
            }
            _ => {
                all.push(vec![i]);
                used = size;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::diagnoses::attention::Family;
    use crate::train::claims::Sequence;

    #[test]
    fn steps_hold_every_note_once_and_keep_the_budget() {
        let sample = |tokens: usize| Sample {
            teaches: true,
            fold: 0,
            chunks: vec![Sequence { ids: vec![1; tokens], words: 1..1 }],
            families: vec![Family { row: 0, tokens: Vec::new() }],
            labels: vec![1.0],
            weights: vec![1.0],
            first: None,
        };
        let samples: Vec<Sample> = [30, 50, 20, 90, 10, 200].map(sample).to_vec();
        let all: Vec<&Sample> = samples.iter().collect();
        let steps = steps(&all, 100, 3);
        let mut seen: Vec<usize> = steps.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
        for own in &steps {
            let tokens: usize = own.iter().map(|i| samples[*i].chunks[0].ids.len()).sum();
            assert!(tokens <= 100 || own.len() == 1);
        }
    }
}
