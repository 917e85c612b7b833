//! Linking: are the codes of given mentions found from their words alone?
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::figures::{Figures, Metric};
use super::gold::Case;
use super::scoring::{Counts, category};
use crate::document::Span;
use crate::engine::{Engine, EngineError};
use crate::extract::{Assertion, MentionKind};

/// Depth of the ranking.
const DEPTH: usize = 20;

/// Coded problem mentions of one note and where their code stands.
#[derive(Clone, Debug, Default)]
pub struct ScoredLinks {
    /// Rank from 0 of each mention's code; `None` where it is not among the first twenty. With its three characters too.
    pub ranks: Vec<(Option<usize>, Option<usize>)>,
}

/// Links the coded problem mentions of a note, their assertion given.
pub fn score(engine: &Engine, case: &Case, today: Date) -> Result<ScoredLinks, EngineError> {
    let coded = case.mentions.iter().filter(|m| m.kind == MentionKind::Problem);
    let (places, codes): (Vec<(Span, Assertion)>, Vec<&str>) =
        coded.filter_map(|m| Some(((m.span, m.assertion.unwrap_or(Assertion::Present)), m.code.as_deref()?))).unzip();
    let linked = engine.link(&case.encounter, today, &places, DEPTH)?;
    let ranks = linked.iter().zip(codes).map(|(list, code)| {
        let exact = list.iter().position(|c| c == code);
        (exact, list.iter().position(|c| category(c) == category(code)))
    });
    Ok(ScoredLinks { ranks: ranks.collect() })
}

/// `linking_accuracy_at_1`, `linking_recall_at_20` of exact codes, `linking_category_accuracy_at_1`.
pub fn figures(scored: &[&ScoredLinks]) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(scored);
    let within = |ranks: &[Option<usize>], depth: usize| {
        let hit = ranks.iter().filter(|r| r.is_some_and(|r| r < depth)).count() as u32;
        Counts { hit, wrong: 0, missed: ranks.len() as u32 - hit }
    };
    let exact = |s: &ScoredLinks| s.ranks.iter().map(|r| r.0).collect::<Vec<_>>();
    figures.recall("linking_accuracy_at_1", |s| within(&exact(s), 1));
    figures.recall("linking_recall_at_20", |s| within(&exact(s), DEPTH));
    figures.recall("linking_category_accuracy_at_1", |s| within(&s.ranks.iter().map(|r| r.1).collect::<Vec<_>>(), 1));
    figures.metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_hand() {
        let one = ScoredLinks { ranks: vec![(Some(0), Some(0)), (Some(4), Some(0)), (None, Some(2)), (None, None)] };
        let metrics = figures(&[&one]);
        let value = |name: &str| metrics[name].value;
        assert_eq!((value("linking_accuracy_at_1"), value("linking_recall_at_20")), (0.25, 0.5));
        assert_eq!((value("linking_category_accuracy_at_1"), metrics["linking_recall_at_20"].n), (0.5, 4));
    }
}
