//! Found mentions and assertions compared with labelled ones: the counts behind precision, recall and F1.
use std::collections::BTreeMap;

use serde::Serialize;

use crate::document::Span;
use crate::extract::MentionKind;

/// True positives, false positives, false negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Found and right.
    pub right: usize,
    /// Found and wrong.
    pub wrong: usize,
    /// Not found.
    pub missed: usize,
}

impl Counts {
    /// Share of what was found that is right.
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }
    /// Share of what there is that was found.
    pub fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }
    /// Harmonic mean of both.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
    /// Number of gold items.
    pub fn gold(&self) -> usize {
        self.right + self.missed
    }
    /// Adds another count.
    pub fn add(&mut self, other: Counts) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
    }
}

fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// A mention for scoring.
pub type Place = (Span, MentionKind);

/// Strict: same span and kind.
pub fn strict(gold: &[Place], found: &[Place]) -> Counts {
    let (mut gold, mut found) = (gold.to_vec(), found.to_vec());
    for list in [&mut gold, &mut found] {
        list.sort();
        list.dedup();
    }
    let right = found.iter().filter(|f| gold.binary_search(f).is_ok()).count();
    Counts { right, wrong: found.len() - right, missed: gold.len() - right }
}

/// Relaxed: overlapping spans of one kind; a found mention is right if it overlaps a gold one, a gold one is
/// found if a found one overlaps it (`right` counts gold).
pub fn relaxed(gold: &[Place], found: &[Place]) -> Counts {
    let hit = |a: &Place, list: &[Place]| list.iter().any(|b| b.1 == a.1 && b.0.overlaps(a.0));
    let right = gold.iter().filter(|g| hit(g, found)).count();
    let wrong = found.iter().filter(|f| !hit(f, gold)).count();
    Counts { right, wrong, missed: gold.len() - right }
}

/// One-label classification counted by class.
pub fn by_class(pairs: &[(u8, u8)]) -> BTreeMap<u8, Counts> {
    let mut all: BTreeMap<u8, Counts> = BTreeMap::new();
    for &(gold, found) in pairs {
        if gold == found {
            all.entry(gold).or_default().right += 1;
        } else {
            all.entry(gold).or_default().missed += 1;
            all.entry(found).or_default().wrong += 1;
        }
    }
    all
}

/// Mean F1 of the classes that occur in gold.
pub fn macro_f1(classes: &BTreeMap<u8, Counts>) -> f64 {
    let scored: Vec<f64> = classes.values().filter(|c| c.gold() > 0).map(Counts::f1).collect();
    if scored.is_empty() { 0.0 } else { scored.iter().sum::<f64>() / scored.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_and_relaxed_by_hand() {
        let p = |a, b| (Span::new(a, b), MentionKind::Problem);
        let gold = [p(0, 4), p(10, 20), p(30, 35)];
        let found = [p(0, 4), p(12, 20), p(50, 60)];
        let s = strict(&gold, &found);
        assert_eq!(s, Counts { right: 1, wrong: 2, missed: 2 });
        assert!((s.f1() - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(relaxed(&gold, &found), Counts { right: 2, wrong: 1, missed: 1 });
        let classes = by_class(&[(0, 0), (0, 7), (7, 7)]);
        assert_eq!(classes[&7], Counts { right: 1, wrong: 1, missed: 0 });
        assert!((macro_f1(&classes) - 2.0 / 3.0).abs() < 1e-9);
    }
}
