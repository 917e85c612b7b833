//! Labelled relations beside found ones.
use std::collections::BTreeMap;

use crate::document::Span;
use crate::extract::RelationKind;
use crate::train::data::LabelledRelation;
use crate::train::data::scores::Counts;

/// A labelled relation with every place where its words stand: labels quote words without saying which occurrence.
#[derive(Clone, Debug, PartialEq)]
pub struct GoldRelation {
    /// Kind.
    pub kind: RelationKind,
    /// Places of the words that it starts from.
    pub from: Vec<Span>,
    /// Places of the words that it leads to.
    pub to: Vec<Span>,
}

/// A relation found: kind and the places of both ends.
pub type FoundRelation = (RelationKind, Span, Span);

impl GoldRelation {
    /// Looks for the words of a labelled relation in its text.
    pub fn of(text: &str, labelled: &LabelledRelation) -> Self {
        let places = |span: Span| {
            let words = span.of(text);
            text.match_indices(words).map(|(at, _)| Span::new(at, at + words.len())).collect()
        };
        Self { kind: labelled.kind, from: places(labelled.from), to: places(labelled.to) }
    }

    /// Same kind, and both ends overlap.
    pub fn is(&self, found: &FoundRelation) -> bool {
        let (kind, from, to) = found;
        *kind == self.kind && self.from.iter().any(|s| s.overlaps(*from)) && self.to.iter().any(|s| s.overlaps(*to))
    }
}

/// Counts by kind. A labelled relation is found by any found one that it [`is`](GoldRelation::is); one that is no labelled
/// relation is false, though labels list at most six a note and leave others out.
pub fn compare(gold: &[GoldRelation], found: &[FoundRelation]) -> BTreeMap<RelationKind, Counts> {
    let mut counts: BTreeMap<RelationKind, Counts> = BTreeMap::new();
    for g in gold {
        let own = counts.entry(g.kind).or_default();
        match found.iter().any(|f| g.is(f)) {
            true => own.right += 1,
            false => own.missed += 1,
        }
    }
    for f in found.iter().filter(|f| !gold.iter().any(|g| g.is(f))) {
        counts.entry(f.0).or_default().wrong += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_both_ends_count_at_any_occurrence() {
        let text = "Pain. Gout pain; allopurinol for gout. CT.";
        let span = |words: &str| text.find(words).map(|at| Span::new(at, at + words.len())).expect("stands there");
        let labelled = LabelledRelation { kind: RelationKind::Treats, from: span("allopurinol"), to: span("gout") };
        let cause = LabelledRelation { kind: RelationKind::DueTo, from: span("pain"), to: span("Gout") };
        let gold = [GoldRelation::of(text, &labelled), GoldRelation::of(text, &cause)];
        let found = [
            (RelationKind::Treats, span("allopurinol"), span("gout")),
            (RelationKind::Treats, span("CT"), span("gout")),
            (RelationKind::FindingOf, span("pain"), span("Gout")),
        ];
        let counts = compare(&gold, &found);
        assert_eq!(counts[&RelationKind::Treats], Counts { right: 1, wrong: 1, missed: 0 });
        assert_eq!(counts[&RelationKind::DueTo], Counts { right: 0, wrong: 0, missed: 1 });
        assert_eq!(counts[&RelationKind::FindingOf], Counts { right: 0, wrong: 1, missed: 0 });
    }
}
