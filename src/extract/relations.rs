//! Relations between mentions by the words that stand between them.
//!
//! Directions as in the labels: an effect is `due_to` its cause, a treatment `treats` a problem, a finding is
//! `finding_of` the test that showed it, a complication `complicates` what it came from.
use super::{Mention, MentionKind, Relation, RelationKind};
use crate::document::{Document, Span};

/// A rule says nothing across more words than this.
const MOST_BYTES_BETWEEN: usize = 60;
/// How many mentions to the right are looked at.
const NEIGHBOURS: usize = 4;

/// Which way a relation runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
}
use Direction::{LeftToRight, RightToLeft};

/// Words between two mentions that say how they hang together.
const RULES: [(&str, RelationKind, Direction, f32); 40] = [
    ("due to", RelationKind::DueTo, LeftToRight, 0.95),
    ("secondary to", RelationKind::DueTo, LeftToRight, 0.95),
    ("2/2", RelationKind::DueTo, LeftToRight, 0.9),
    ("caused by", RelationKind::DueTo, LeftToRight, 0.95),
    ("because of", RelationKind::DueTo, LeftToRight, 0.85),
    ("as a result of", RelationKind::DueTo, LeftToRight, 0.9),
    ("resulting from", RelationKind::DueTo, LeftToRight, 0.9),
    ("attributed to", RelationKind::DueTo, LeftToRight, 0.85),
    ("attributable to", RelationKind::DueTo, LeftToRight, 0.85),
    ("related to", RelationKind::DueTo, LeftToRight, 0.75),
    ("from", RelationKind::DueTo, LeftToRight, 0.6),
    ("induced by", RelationKind::DueTo, LeftToRight, 0.9),
    ("causing", RelationKind::DueTo, RightToLeft, 0.85),
    ("resulting in", RelationKind::DueTo, RightToLeft, 0.85),
    ("leading to", RelationKind::DueTo, RightToLeft, 0.85),
    ("led to", RelationKind::DueTo, RightToLeft, 0.8),
    ("complicated by", RelationKind::Complicates, RightToLeft, 0.9),
    ("complicating", RelationKind::Complicates, LeftToRight, 0.85),
    ("for", RelationKind::Treats, LeftToRight, 0.75),
    ("for the treatment of", RelationKind::Treats, LeftToRight, 0.9),
    ("to treat", RelationKind::Treats, LeftToRight, 0.9),
    ("for her", RelationKind::Treats, LeftToRight, 0.75),
    ("for his", RelationKind::Treats, LeftToRight, 0.75),
    ("for the", RelationKind::Treats, LeftToRight, 0.75),
    ("for management of", RelationKind::Treats, LeftToRight, 0.9),
    ("treated with", RelationKind::Treats, RightToLeft, 0.9),
    ("managed with", RelationKind::Treats, RightToLeft, 0.9),
    ("controlled with", RelationKind::Treats, RightToLeft, 0.9),
    ("controlled on", RelationKind::Treats, RightToLeft, 0.9),
    ("stable on", RelationKind::Treats, RightToLeft, 0.8),
    ("on", RelationKind::Treats, RightToLeft, 0.7),
    ("continue", RelationKind::Treats, RightToLeft, 0.6),
    ("showed", RelationKind::FindingOf, RightToLeft, 0.85),
    ("shows", RelationKind::FindingOf, RightToLeft, 0.85),
    ("revealed", RelationKind::FindingOf, RightToLeft, 0.85),
    ("reveals", RelationKind::FindingOf, RightToLeft, 0.85),
    ("demonstrated", RelationKind::FindingOf, RightToLeft, 0.85),
    ("demonstrates", RelationKind::FindingOf, RightToLeft, 0.85),
    ("seen on", RelationKind::FindingOf, LeftToRight, 0.85),
    ("noted on", RelationKind::FindingOf, LeftToRight, 0.8),
];

/// Whether kinds fit a relation: (from, to).
fn fits(kind: RelationKind, from: MentionKind, to: MentionKind) -> bool {
    use MentionKind::{Device, Medication, Problem, Procedure, Test};
    match kind {
        RelationKind::DueTo => from == Problem && matches!(to, Problem | Procedure | Medication),
        RelationKind::Complicates => from == Problem && matches!(to, Problem | Procedure),
        RelationKind::Treats => matches!(from, Medication | Procedure | Device) && to == Problem,
        RelationKind::FindingOf => from == Problem && matches!(to, Test | Procedure),
    }
}

/// Relations that the words between neighbouring mentions of one sentence state. Mentions must be in order of place.
pub fn by_words(document: &Document, mentions: &[Mention]) -> Vec<Relation> {
    let mut relations = Vec::new();
    for (i, left) in mentions.iter().enumerate() {
        for right in mentions[i + 1..].iter().take(NEIGHBOURS) {
            if right.span.start < left.span.end {
                continue;
            }
            if right.span.start - left.span.end > MOST_BYTES_BETWEEN {
                break;
            }
            let between = Span::new(left.span.end, right.span.start).of(&document.text);
            if between.contains(['\n', ';']) || between.contains(". ") {
                break;
            }
            let words = words_of(between);
            // The rule with the most words: "for the treatment of" rather than "for".
            let rule = RULES
                .iter()
                .filter(|(phrase, kind, direction, _)| {
                    let (from, to) = if *direction == LeftToRight { (left, right) } else { (right, left) };
                    fits(*kind, from.kind, to.kind) && states(&words, phrase)
                })
                .max_by_key(|(phrase, ..)| phrase.len());
            if let Some((_, kind, direction, score)) = rule {
                let (from, to) = if *direction == LeftToRight { (left, right) } else { (right, left) };
                relations.push(Relation { kind: *kind, from: from.id, to: to.id, score: *score });
            }
        }
    }
    relations
}

/// Lower case words with single blanks, one blank at each end.
fn words_of(between: &str) -> String {
    let lower = between.to_lowercase();
    let mut words = String::with_capacity(lower.len() + 2);
    words.push(' ');
    for word in lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ':')).filter(|w| !w.is_empty()) {
        words.push_str(word);
        words.push(' ');
    }
    words
}

/// Short prepositions must be all that stands there; longer phrases may have words around them.
fn states(words: &str, phrase: &str) -> bool {
    let padded = format!(" {phrase} ");
    if matches!(phrase, "from" | "on" | "for" | "for the" | "for her" | "for his" | "continue") {
        words == padded
    } else {
        words.contains(&padded)
    }
}

/// Where a run of words states a cause within itself ("epistaxis secondary to telangiectasia"): the two parts.
pub fn split_at_cause(text: &str, span: Span) -> Option<(Span, Span)> {
    const CAUSES: [&str; 6] = [" secondary to ", " due to ", " caused by ", " because of ", " 2/2 ", " resulting from "];
    let words = span.of(text).to_ascii_lowercase();
    let (at, cause) = CAUSES.iter().filter_map(|c| words.find(c).map(|at| (at, c))).min_by_key(|(at, _)| *at)?;
    let (left, right) = (Span::new(span.start, span.start + at), Span::new(span.start + at + cause.len(), span.end));
    let trim = |s: Span| {
        let w = s.of(text);
        let start = s.start + (w.len() - w.trim_start().len());
        Span::new(start, start + w.trim().len())
    };
    let (left, right) = (trim(left), trim(right));
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::document::{self, SectionKind};
    use crate::extract::Assertion;

    fn mentions(text: &str, list: &[(&str, MentionKind)]) -> Vec<Mention> {
        let of = |(id, (words, kind)): (usize, &(&str, MentionKind))| {
            let start = text.find(words).expect("words stand in the text");
            Mention {
                id,
                kind: *kind,
                span: Span::new(start, start + words.len()),
                text: (*words).to_owned(),
                section: SectionKind::Other,
                assertion: Assertion::Present,
                assertions: vec![Assertion::Present],
                cue: None,
                laterality: None,
                attributes: BTreeMap::new(),
                value: None,
                unit: None,
                score: 1.0,
            }
        };
        list.iter().enumerate().map(of).collect()
    }

    fn found(text: &str, list: &[(&str, MentionKind)]) -> Vec<(RelationKind, usize, usize)> {
        let document = document::read(text);
        by_words(&document, &mentions(text, list)).into_iter().map(|r| (r.kind, r.from, r.to)).collect()
    }

    #[test]
    fn cause_treatment_and_finding() {
        use MentionKind::{Medication, Problem, Test};
        let text = "Recurrent epistaxis secondary to hereditary hemorrhagic telangiectasia.";
        let list = [("Recurrent epistaxis", Problem), ("hereditary hemorrhagic telangiectasia", Problem)];
        assert_eq!(found(text, &list), [(RelationKind::DueTo, 0, 1)]);
        let text = "Gout, treated with allopurinol; lisinopril for hypertension. CT showed a mass.";
        let list = [
            ("Gout", Problem),
            ("allopurinol", Medication),
            ("lisinopril", Medication),
            ("hypertension", Problem),
            ("CT", Test),
            ("mass", Problem),
        ];
        assert_eq!(
            found(text, &list),
            [(RelationKind::Treats, 1, 0), (RelationKind::Treats, 2, 3), (RelationKind::FindingOf, 5, 4)]
        );
    }

    #[test]
    fn a_cause_inside_a_run_of_words_splits_it() {
        let text = "acute kidney injury due to dehydration";
        let (left, right) = split_at_cause(text, Span::new(0, text.len())).expect("splits");
        assert_eq!((left.of(text), right.of(text)), ("acute kidney injury", "dehydration"));
        assert_eq!(split_at_cause("pain", Span::new(0, 4)), None);
    }
}
