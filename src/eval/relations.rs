//! Relations beside the labels': from the engine's own mentions, and between given ones.
use std::collections::BTreeMap;

use super::figures::{Figures, Metric};
use super::gold::Case;
use super::predicted::Predicted;
use super::scoring::Counts;
use crate::document::{self, Document, Span};
use crate::engine::Engine;
use crate::extract::relations::pairs::{KINDS, kind_of_relation};
use crate::extract::{Assertion, Mention, MentionKind, RelationKind};
use crate::train::data::{LabelledMention, LabelledRelation};
use crate::train::relations::{FoundRelation, GoldRelation, compare};

/// Counts of one note by kind.
#[derive(Clone, Debug, Default)]
pub struct ScoredRelations {
    /// From the engine's own mentions.
    pub found: BTreeMap<RelationKind, Counts>,
    /// Between the labelled mentions and the ends of the labelled relations.
    pub given: BTreeMap<RelationKind, Counts>,
}

/// Scores one note.
pub fn score(engine: &Engine, case: &Case, predicted: &Predicted) -> ScoredRelations {
    let document = document::read(&case.encounter.note);
    let gold: Vec<GoldRelation> = case.relations.iter().map(|r| GoldRelation::of(&document.text, r)).collect();
    let mentions = given_mentions(&document, &case.mentions, &case.relations);
    let span = |id: usize| mentions.get(id).map_or(Span::new(0, 0), |m| m.span);
    let between: Vec<FoundRelation> =
        engine.relate(&document, &mentions).iter().map(|r| (r.kind, span(r.from), span(r.to))).collect();
    ScoredRelations { found: counts(&gold, &predicted.relations), given: counts(&gold, &between) }
}

fn counts(gold: &[GoldRelation], found: &[FoundRelation]) -> BTreeMap<RelationKind, Counts> {
    compare(gold, found).into_iter().map(|(kind, c)| (kind, c.into())).collect()
}

/// The labelled mentions and the ends of the labelled relations as mentions, in order of place. An end that overlaps no
/// labelled mention takes the kind that its role has most often.
fn given_mentions(document: &Document, labelled: &[LabelledMention], relations: &[LabelledRelation]) -> Vec<Mention> {
    let mut places: Vec<(Span, MentionKind, Assertion)> =
        labelled.iter().map(|m| (m.span, m.kind, m.assertion.unwrap_or(Assertion::Present))).collect();
    for r in relations {
        let kinds = match r.kind {
            RelationKind::DueTo | RelationKind::Complicates => (MentionKind::Problem, MentionKind::Problem),
            RelationKind::Treats => (MentionKind::Procedure, MentionKind::Problem),
            RelationKind::FindingOf => (MentionKind::Problem, MentionKind::Test),
        };
        for (span, kind) in [(r.from, kinds.0), (r.to, kinds.1)] {
            if !places.iter().any(|p| p.0.overlaps(span)) {
                places.push((span, kind, Assertion::Present));
            }
        }
    }
    places.sort_by_key(|p| (p.0, p.1));
    places.dedup_by_key(|p| (p.0, p.1));
    let mention = |(id, (span, kind, assertion)): (usize, (Span, MentionKind, Assertion))| Mention {
        id,
        kind,
        span,
        text: span.of(&document.text).to_owned(),
        section: document.section_kind_at(span.start),
        assertion,
        assertions: vec![assertion],
        cue: None,
        laterality: None,
        attributes: BTreeMap::new(),
        value: None,
        unit: None,
        score: 1.0,
    };
    places.into_iter().enumerate().map(mention).collect()
}

/// `relation_*` from the engine's mentions and `relation_given_*` between given ones, over all kinds and by kind. Precision
/// is a lower bound: labels list at most six relations a note.
pub fn figures(scored: &[&ScoredRelations]) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(scored);
    let parts: [(&str, fn(&ScoredRelations) -> &BTreeMap<RelationKind, Counts>); 2] =
        [("relation", |s| &s.found), ("relation_given", |s| &s.given)];
    for (name, part) in parts {
        let all = |s: &ScoredRelations| {
            let mut sum = Counts::default();
            part(s).values().for_each(|c| sum.add(*c));
            Some(sum)
        };
        figures.counts(name, true, all);
        for kind in KINDS {
            figures.counts(&format!("{name}_{}", kind_of_relation(kind)), true, |s| part(s).get(&kind).copied());
        }
    }
    figures.metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_without_a_labelled_mention_become_mentions() {
        let document = document::read("Gout on allopurinol.");
        let gout = LabelledMention { span: Span::new(0, 4), kind: MentionKind::Problem, assertion: None, code: None };
        let treats = LabelledRelation { kind: RelationKind::Treats, from: Span::new(8, 19), to: Span::new(0, 4) };
        let mentions = given_mentions(&document, &[gout], &[treats]);
        let all: Vec<_> = mentions.iter().map(|m| (m.id, m.kind, m.text.as_str())).collect();
        assert_eq!(all, [(0, MentionKind::Problem, "Gout"), (1, MentionKind::Procedure, "allopurinol")]);
    }

    #[test]
    fn figures_by_hand() {
        let c = |hit, wrong, missed| Counts { hit, wrong, missed };
        let one = ScoredRelations {
            found: BTreeMap::from([(RelationKind::Treats, c(1, 1, 0)), (RelationKind::DueTo, c(0, 0, 2))]),
            given: BTreeMap::from([(RelationKind::Treats, c(1, 0, 0))]),
        };
        let metrics = figures(&[&one]);
        assert!((metrics["relation_f1"].value - 0.4).abs() < 1e-12);
        assert_eq!(metrics["relation_due_to_recall"].n, 2);
        assert!((metrics["relation_given_treats_f1"].value - 1.0).abs() < 1e-12);
        assert!(!metrics.contains_key("relation_given_due_to_f1"));
    }
}
