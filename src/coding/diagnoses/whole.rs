//! How likely is it that all diagnoses of a note are right? Not the product of their probabilities: the codes of one
//! note are right or wrong together.
use serde::{Deserialize, Serialize};

use super::select::WhyNot;

/// Least probability that a code left out counts with.
const LEAST: f32 = 0.02;

/// What a note's probabilities show: sum of the logarithms of the chosen ones, of one minus those left out as unlikely,
/// and the logarithm of one plus the number chosen.
pub fn signs(probabilities: &[f32], why_not: &[Option<WhyNot>]) -> [f32; 3] {
    let (mut chosen, mut left, mut count) = (0.0, 0.0, 0.0f32);
    for (p, why) in probabilities.iter().zip(why_not) {
        match why {
            None => {
                chosen += p.clamp(1e-4, 1.0).ln();
                count += 1.0;
            }
            Some(WhyNot::Unlikely) if *p >= LEAST => left += (1.0 - p.min(0.999)).ln(),
            Some(_) => {}
        }
    }
    [chosen, left, count.ln_1p()]
}

/// Logistic regression of "all diagnoses right" on [`signs`], fitted out of fold on the training notes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeSet {
    /// Log-odds where all signs are zero.
    pub bias: f32,
    /// One a sign.
    pub weights: [f32; 3],
}

/// The product of the probabilities, as good as can be had without a fit.
impl Default for WholeSet {
    fn default() -> Self {
        Self { bias: f32::NAN, weights: [1.0, 1.0, 0.0] }
    }
}

impl WholeSet {
    /// Probability that all diagnoses are right.
    pub fn probability(&self, signs: [f32; 3]) -> f32 {
        if self.bias.is_nan() {
            return (signs[0] + signs[1]).exp();
        }
        let sum: f32 = self.weights.iter().zip(signs).map(|(w, s)| w * s).sum();
        crate::coding::trees::sigmoid(self.bias + sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_fit_it_is_the_product() {
        let signs = signs(&[0.9, 0.5, 0.01], &[None, Some(WhyNot::Unlikely), Some(WhyNot::Unlikely)]);
        assert!((WholeSet::default().probability(signs) - 0.45).abs() < 1e-4);
    }

    #[test]
    fn what_is_left_out_for_another_reason_does_not_count() {
        assert_eq!(signs(&[0.9], &[Some(WhyNot::Full)]), [0.0, 0.0, 0.0]);
    }
}
