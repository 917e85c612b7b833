//! How sure a line of a decision table is.
//!
//! A table's words say which code; that they stand in a note says little where the note is long, since what is told of
//! another day, another organ or another service meets some pattern by chance. So the line is weighed by the model's own
//! probability for the code, which counts the more the longer the note is. The weights are learned from labelled notes,
//! out of fold (`train::procedures`).
use serde::{Deserialize, Serialize};

/// How a table came to its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The note names the service.
    Named,
    /// It is told in other words.
    Account,
    /// A drug with its dose.
    Drug,
    /// The note names it as the operation or study that it reports.
    Titled,
}

/// Number of features of a line.
pub const FEATURES: usize = 7;

/// A logistic regression over [`features`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableConfidence {
    /// One weight a feature.
    pub weights: [f32; FEATURES],
    /// Lines less sure than this are left to the model.
    pub least: f32,
}

impl Default for TableConfidence {
    /// A compromise: long notes as fitted out of fold on half of the labelled notes with the authored ones, short ones (which the
    /// labels hardly have) by the odd authored cases.
    fn default() -> Self {
        Self { weights: [0.8, 0.343, 0.2, 0.0, 0.05, -0.3, 0.3], least: 0.32 }
    }
}

/// The model's doubt of a code that no labelled note carries counts this much where the note names the service as what it
/// reports.
const UNSEEN: f32 = 0.2;
/// With this many labelled notes of a code half of the rest counts as well.
const HALF_KNOWN: f32 = 2.0;

/// Features of a table's line: `own` is the model's probability of its code (0 where it is no candidate), `seen` the number
/// of labelled notes that carry the code, `length` the bytes of the note. A model that has hardly seen a code doubts it
/// whatever the title says.
pub fn features(own: f32, seen: u32, length: usize, told: Told) -> [f32; FEATURES] {
    let own = own.clamp(0.01, 0.99);
    let seen = seen as f32;
    let counts = UNSEEN + (1.0 - UNSEEN) * seen / (seen + HALF_KNOWN);
    let odds = (own / (1.0 - own)).ln();
    let odds = if odds < 0.0 && told == Told::Titled { odds * counts } else { odds };
    let long = (length.max(100) as f32 / 1000.0).ln().clamp(-1.5, 1.5);
    let flag = |b: bool| f32::from(u8::from(b));
    let titled = flag(told == Told::Titled);
    [1.0, odds, odds * long, long, flag(told == Told::Account), flag(told == Told::Drug), titled]
}

impl TableConfidence {
    /// Probability that the line is right.
    pub fn of(&self, features: &[f32; FEATURES]) -> f32 {
        let sum: f32 = self.weights.iter().zip(features).map(|(w, x)| w * x).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_model_doubts_needs_a_short_note() {
        let measured = TableConfidence::default();
        let of = |own, length| measured.of(&features(own, 20, length, Told::Named));
        assert!(of(0.01, 4000) < measured.least && of(0.01, 250) > measured.least);
        assert!(of(0.8, 4000) > 0.8 && of(0.8, 4000) > of(0.1, 4000));
        let titled = |seen| measured.of(&features(0.01, seen, 4000, Told::Titled));
        assert!(titled(0) > measured.least && titled(20) < measured.least);
    }
}
