//! Mentions and assertions of labelled texts, read the engine's own way.
use std::collections::{BTreeMap, BTreeSet};

use super::assertions::{self, AssertionPair};
use super::figures::{Figures, Metric};
use super::scoring::Counts;
use crate::engine::{Engine, EngineError, TextReading};
use crate::extract::{Assertion, MentionKind};
use crate::train::data::scores::{self, Place};
use crate::train::data::{LabelledMention, clean};

/// Counts of one kind of mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MentionCounts {
    /// Same span and kind.
    pub strict: Counts,
    /// Overlapping spans of one kind.
    pub relaxed: Counts,
}

/// One text compared with its labels.
#[derive(Clone, Debug, Default)]
pub struct ScoredText {
    /// Mentions by kind, as the engine uses them.
    pub used: BTreeMap<MentionKind, MentionCounts>,
    /// Mentions by kind, by the most probable label of each word.
    pub balanced: BTreeMap<MentionKind, MentionCounts>,
    /// Assertions of the labelled places.
    pub assertions: Vec<AssertionPair>,
}

/// Name of a kind in results.
pub fn name(kind: MentionKind) -> String {
    format!("{kind:?}").to_lowercase()
}

/// The kinds that a set labels.
pub fn kinds<'a>(mentions: impl Iterator<Item = &'a LabelledMention>) -> BTreeSet<MentionKind> {
    mentions.map(|m| m.kind).collect()
}

/// Compares places, kind by kind.
pub fn compare(gold: &[Place], found: &[Place], kinds: &BTreeSet<MentionKind>) -> BTreeMap<MentionKind, MentionCounts> {
    let of = |list: &[Place], kind: MentionKind| list.iter().filter(|p| p.1 == kind).copied().collect::<Vec<Place>>();
    let counts = |kind: &MentionKind| {
        let (gold, found) = (of(gold, *kind), of(found, *kind));
        let (strict, relaxed) = (scores::strict(&gold, &found), scores::relaxed(&gold, &found));
        (*kind, MentionCounts { strict: strict.into(), relaxed: relaxed.into() })
    };
    kinds.iter().map(counts).collect()
}

/// Compares the mentions of a text whose kinds are labelled in full.
pub fn score_full(labelled: &[LabelledMention], reading: &TextReading, kinds: &BTreeSet<MentionKind>) -> ScoredText {
    let gold: Vec<Place> = labelled.iter().map(|m| (m.span, m.kind)).collect();
    let places = |found: &[crate::extract::spans::FoundSpan]| found.iter().map(|f| (f.span, f.kind)).collect::<Vec<Place>>();
    ScoredText {
        used: compare(&gold, &places(&reading.mentions), kinds),
        balanced: compare(&gold, &places(&reading.balanced), kinds),
        assertions: Vec::new(),
    }
}

/// Compares with labels that do not list every mention (their recall alone means something) and state assertions.
pub fn score_labels(engine: &Engine, text: &str, labelled: &[LabelledMention]) -> Result<ScoredText, EngineError> {
    let asserted: Vec<(&LabelledMention, Assertion)> = labelled.iter().filter_map(|m| Some((m, m.assertion?))).collect();
    let places: Vec<_> = asserted.iter().map(|(m, _)| (clean::without_cues(text, m.span), Some(m.kind))).collect();
    let reading = engine.read_text(text, &places)?;
    let gold: Vec<Place> =
        labelled.iter().flat_map(|m| clean::tagging_places(text, m).into_iter().map(move |s| (s, m.kind))).collect();
    let found: Vec<Place> = reading.mentions.iter().map(|f| (f.span, f.kind)).collect();
    let leading = |found: &Vec<Assertion>| found.first().copied().into_iter().collect();
    let pairs = asserted.iter().zip(&reading.assertions);
    Ok(ScoredText {
        used: compare(&gold, &found, &kinds(labelled.iter())),
        balanced: BTreeMap::new(),
        assertions: pairs.map(|((_, gold), found)| AssertionPair { gold: vec![*gold], found: leading(found) }).collect(),
    })
}

fn sum(part: &BTreeMap<MentionKind, MentionCounts>, figure: fn(&MentionCounts) -> Counts) -> Counts {
    let mut total = Counts::default();
    part.values().for_each(|c| total.add(figure(c)));
    total
}

/// Figures of texts that list their kinds in full: `ner_*` by the most probable label of each word, `ner_used_*` as the
/// engine uses mentions.
pub fn ner_metrics(texts: &[&ScoredText]) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(texts);
    figures.counts("ner_strict", true, |t| Some(sum(&t.balanced, |c| c.strict)));
    figures.counts("ner_relaxed", true, |t| Some(sum(&t.balanced, |c| c.relaxed)));
    figures.counts("ner_used_strict", true, |t| Some(sum(&t.used, |c| c.strict)));
    figures.counts("ner_used_relaxed", true, |t| Some(sum(&t.used, |c| c.relaxed)));
    figures.metrics
}

/// The same for one kind.
pub fn ner_metrics_of(texts: &[&ScoredText], kind: MentionKind) -> BTreeMap<String, Metric> {
    let only =
        |part: &BTreeMap<MentionKind, MentionCounts>| part.iter().filter(|(k, _)| **k == kind).map(|(k, c)| (*k, *c)).collect();
    let own: Vec<ScoredText> =
        texts.iter().map(|t| ScoredText { used: only(&t.used), balanced: only(&t.balanced), assertions: Vec::new() }).collect();
    ner_metrics(&own.iter().collect::<Vec<_>>())
}

/// Figures of the labels' mentions: recall by kind, and the leading assertion.
pub fn label_metrics(texts: &[&ScoredText]) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(texts);
    figures.recall("mention_recall_strict", |t| sum(&t.used, |c| c.strict));
    figures.recall("mention_recall_relaxed", |t| sum(&t.used, |c| c.relaxed));
    figures.recall("problem_recall_relaxed", |t| t.used.get(&MentionKind::Problem).map(|c| c.relaxed).unwrap_or_default());
    assertions::figures(&mut figures, &Assertion::ALL, |t| t.assertions.as_slice());
    figures.metrics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::extract::spans::FoundSpan;

    #[test]
    fn spans_by_hand_and_only_of_labelled_kinds() {
        let label = |a, b, kind| LabelledMention { span: Span::new(a, b), kind, assertion: None, code: None };
        let labelled = [label(0, 4, MentionKind::Problem), label(10, 20, MentionKind::Problem)];
        let found = |a, b, kind| FoundSpan { span: Span::new(a, b), kind, score: 0.9 };
        let reading = TextReading {
            mentions: vec![
                found(0, 4, MentionKind::Problem),
                found(12, 20, MentionKind::Problem),
                found(30, 40, MentionKind::Problem),
                found(50, 60, MentionKind::Test),
            ],
            balanced: vec![found(0, 4, MentionKind::Problem)],
            assertions: Vec::new(),
        };
        let kinds = kinds(labelled.iter());
        let text = score_full(&labelled, &reading, &kinds);
        let metrics = ner_metrics(&[&text]);
        let value = |name: &str| metrics[name].value;
        assert!((value("ner_strict_f1") - 2.0 / 3.0).abs() < 1e-12);
        assert!((value("ner_used_strict_precision") - 1.0 / 3.0).abs() < 1e-12);
        assert!((value("ner_used_strict_recall") - 0.5).abs() < 1e-12);
        assert!((value("ner_used_relaxed_f1") - 0.8).abs() < 1e-12);
        assert!(ner_metrics_of(&[&text], MentionKind::Test)["ner_strict_f1"].n == 0);
    }
}
