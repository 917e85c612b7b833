//! What the last looks at diagnoses, services and visits share: how they are read, for how long a note they speak, and how a code does among the others.
//!
//! A ranking knows the words of a note piece by piece; a last look weighs its answer beside what the words say as a whole
//! ([`bag_of_words`](super::bag_of_words)), and learned how far each is to be trusted from notes that neither had seen, or from answers of models without the note's fold.
use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::packed_json;
use super::trees::Trees;

/// Reads a model of which `trees` are the ensemble and `features` what it must have learned from; the error says which file cannot
/// be used and why.
pub fn open<T: DeserializeOwned>(path: &Path, trees: impl Fn(&T) -> &Trees, features: &[&str]) -> Result<T, String> {
    let failed = |reason: String| format!("{}: {reason}; install the release again", path.display());
    let packed = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
    let model: T = packed_json::parse(&packed).map_err(failed)?;
    if trees(&model).features != features {
        return Err(failed("its features are not those of this program".to_owned()));
    }
    trees(&model).check().map_err(|e| failed(e.to_string()))?;
    Ok(model)
}

/// Bytes of a note up to which the last look decides alone, and from which on the ranking does.
pub type Lengths = [f32; 2];

/// Those of visits, which the last look learned from notes of a page at most.
pub const VISITS: Lengths = [2000.0, 4000.0];

/// Share of the last look in the answer for a note of so many bytes.
pub fn trust(bytes: usize, lengths: Lengths) -> f32 {
    ((lengths[1] - bytes as f32) / (lengths[1] - lengths[0])).clamp(0.0, 1.0)
}

/// How each value does among those of the other codes of the note, and among those of its own group (a category, a section).
pub struct Competitors<'a> {
    /// Place in the order of values, at most 60.
    pub rank: Vec<f32>,
    /// Sum of all values.
    pub sum: f32,
    best: Best,
    by_group: BTreeMap<&'a str, Best>,
    groups: &'a [&'a str],
}

/// The two highest values with their rows.
type Best = [(f32, usize); 2];
const NOBODY: Best = [(0.0, usize::MAX); 2];

impl<'a> Competitors<'a> {
    /// Of the values of all rows and their groups.
    pub fn new(values: &[f32], groups: &'a [&'a str]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
        let mut rank = vec![0.0; values.len()];
        order.iter().enumerate().for_each(|(r, i)| rank[*i] = r.min(60) as f32);
        let (mut best, mut by_group) = (NOBODY, BTreeMap::new());
        for row in order {
            push(&mut best, values[row], row);
            push(by_group.entry(groups[row]).or_insert(NOBODY), values[row], row);
        }
        Self { rank, best, by_group, sum: values.iter().sum(), groups }
    }

    /// The highest value of another row.
    pub fn other(&self, row: usize) -> f32 {
        other(&self.best, row)
    }

    /// The highest value of another row of the same group; 0 where it is alone.
    pub fn other_of_group(&self, row: usize) -> f32 {
        self.by_group.get(self.groups[row]).map_or(0.0, |best| other(best, row))
    }
}

fn other(best: &Best, row: usize) -> f32 {
    if best[0].1 == row { best[1].0 } else { best[0].0 }
}

/// Values come best first.
fn push(pair: &mut Best, value: f32, row: usize) {
    if let Some(free) = pair.iter_mut().find(|p| p.1 == usize::MAX) {
        *free = (value, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_the_rankings_alone() {
        let at = |bytes| trust(bytes, VISITS);
        assert_eq!((at(0), at(2000), at(4000), at(1 << 30)), (1.0, 1.0, 0.0, 0.0));
        assert!(at(3000) > 0.4 && at(3000) < 0.6);
    }

    #[test]
    fn a_code_is_compared_with_the_best_other_one() {
        let groups = ["a", "b", "a"];
        let all = Competitors::new(&[0.1, 0.9, 0.5], &groups);
        assert_eq!([0, 1, 2].map(|row| all.other(row)), [0.9, 0.5, 0.9]);
        assert_eq!([0, 1, 2].map(|row| all.other_of_group(row)), [0.5, 0.0, 0.1]);
        assert_eq!(all.rank, [2.0, 0.0, 1.0]);
    }
}
