//! What the words coded with a code look like to the encoder: the mean vector of its evidence, one bit a dimension.
//!
//! The bits are the signs of the mean after the mean of all codes is taken away; a query keeps its numbers. The cosine
//! with the signs is off by about 0.03 from that with the mean itself, at 48 bytes a code.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encoder::normalize;

/// Sums of evidence vectors by code.
pub type Sums = BTreeMap<String, Vec<f32>>;

/// Prototypes of codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prototypes {
    codes: Vec<String>,
    centre: Vec<f32>,
    /// Row-major, `centre.len()` numbers a code, each with length 1.
    signs: Vec<f32>,
}

/// Prototypes as they are stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPrototypes {
    /// Numbers of the codes.
    codes: Vec<u16>,
    /// Mean of all vectors, in thousandths.
    centre: Vec<i16>,
    /// Signs, 32 dimensions a number, lowest bit first.
    bits: Vec<u32>,
}

impl Prototypes {
    /// From sums of vectors of length 1 and their mean over everything.
    pub fn learn(sums: &Sums, centre: &[f32]) -> Self {
        let mut signs = Vec::with_capacity(sums.len() * centre.len());
        let length = (centre.len().max(1) as f32).sqrt();
        for sum in sums.values() {
            let mut mean = sum.clone();
            normalize(&mut mean);
            signs.extend(mean.iter().zip(centre).map(|(a, b)| if a > b { 1.0 / length } else { -1.0 / length }));
        }
        Self {
            codes: sums.keys().cloned().collect(),
            centre: thousandths(centre).iter().map(|c| f32::from(*c) / 1000.0).collect(),
            signs,
        }
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// A mention's vector as it is compared: without what all have in common, of length 1.
    pub fn query(&self, vector: &[f32]) -> Vec<f32> {
        let mut out: Vec<f32> = vector.iter().zip(&self.centre).map(|(a, b)| a - b).collect();
        normalize(&mut out);
        out
    }

    fn row(&self, row: usize, query: &[f32]) -> f32 {
        let dim = self.centre.len();
        self.signs[row * dim..(row + 1) * dim].iter().zip(query).map(|(a, b)| a * b).sum()
    }

    /// Similarity of a code's prototype with a [`query`](Self::query).
    pub fn of(&self, code: &str, query: &[f32]) -> Option<f32> {
        let row = self.codes.binary_search_by(|c| c.as_str().cmp(code)).ok()?;
        Some(self.row(row, query))
    }

    /// The nearest codes, best first.
    pub fn nearest(&self, query: &[f32], count: usize) -> Vec<(&str, f32)> {
        let mut all: Vec<(usize, f32)> = (0..self.codes.len()).map(|r| (r, self.row(r, query))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.into_iter().take(count).map(|(r, s)| (self.codes[r].as_str(), s)).collect()
    }

    /// Packs them; codes outside the list are left out.
    pub fn pack(&self, codes: &[String]) -> StoredPrototypes {
        let dim = self.centre.len();
        let mut out = StoredPrototypes { centre: thousandths(&self.centre), ..Default::default() };
        for (row, code) in self.codes.iter().enumerate() {
            let Some(number) = codes.binary_search(code).ok().and_then(|i| u16::try_from(i).ok()) else { continue };
            out.codes.push(number);
            for chunk in self.signs[row * dim..(row + 1) * dim].chunks(32) {
                out.bits.push(chunk.iter().enumerate().fold(0, |bits, (i, s)| bits | u32::from(*s > 0.0) << i));
            }
        }
        out
    }
}

impl StoredPrototypes {
    /// Unpacks them; nothing where the lists do not fit.
    pub fn unpack(&self, codes: &[String]) -> Prototypes {
        let dim = self.centre.len();
        let words = dim.div_ceil(32);
        let names: Option<Vec<String>> = self.codes.iter().map(|c| codes.get(usize::from(*c)).cloned()).collect();
        let Some(names) = names.filter(|n| self.bits.len() == n.len() * words && n.is_sorted()) else {
            return Prototypes::default();
        };
        let length = (dim.max(1) as f32).sqrt();
        let sign = |row: usize, i: usize| if self.bits[row * words + i / 32] >> (i % 32) & 1 == 1 { 1.0 } else { -1.0 };
        let signs = (0..names.len()).flat_map(|row| (0..dim).map(move |i| sign(row, i) / length)).collect();
        Prototypes { codes: names, centre: self.centre.iter().map(|c| f32::from(*c) / 1000.0).collect(), signs }
    }
}

fn thousandths(centre: &[f32]) -> Vec<i16> {
    centre.iter().map(|c| (c * 1000.0).round() as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_survive_the_file_and_find_their_code() {
        let dim = 40;
        let vector = |seed: usize| (0..dim).map(|i| ((i * seed * 7 + seed) % 11) as f32 - 5.0).collect::<Vec<f32>>();
        let sums: Sums = [("A00".to_owned(), vector(1)), ("B00".to_owned(), vector(2)), ("C00".to_owned(), vector(3))].into();
        let learned = Prototypes::learn(&sums, &vec![0.01; dim]);
        let codes: Vec<String> = sums.keys().cloned().collect();
        let read = learned.pack(&codes).unpack(&codes);
        assert_eq!(read, learned);
        let query = read.query(&vector(2));
        assert_eq!(read.nearest(&query, 1)[0].0, "B00");
        assert!(read.of("B00", &query) > read.of("A00", &query));
        assert_eq!(read.of("Z00", &query), None);
    }
}
