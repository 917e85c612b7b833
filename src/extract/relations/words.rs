//! Relations by the words that stand between two mentions.
use crate::document::{Document, Span};
use crate::extract::{Mention, MentionKind, Relation, RelationKind};

/// A rule says nothing across more bytes than this.
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
const RULES: [Rule; 40] = [
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
            if let Some((_, kind, direction, score)) = rule(&words, left.kind, right.kind) {
                let (from, to) = if *direction == LeftToRight { (left, right) } else { (right, left) };
                relations.push(Relation { kind: *kind, from: from.id, to: to.id, score: *score });
            }
        }
    }
    relations
}

type Rule = (&'static str, RelationKind, Direction, f32);

/// The rule with the most words that holds between two mentions: "for the treatment of" rather than "for".
fn rule(words: &str, left: MentionKind, right: MentionKind) -> Option<&'static Rule> {
    let holds = |(phrase, kind, direction, _): &&Rule| {
        let (from, to) = if *direction == LeftToRight { (left, right) } else { (right, left) };
        fits(*kind, from, to) && states(words, phrase)
    };
    RULES.iter().filter(holds).max_by_key(|(phrase, ..)| phrase.len())
}

/// The rule, if one says that a relation runs from `from` to `to`: its words and its kind.
pub fn stated(document: &Document, from: &Mention, to: &Mention) -> Option<(&'static str, RelationKind)> {
    let (left, right) = if from.span.start < to.span.start { (from, to) } else { (to, from) };
    let gap = right.span.start.checked_sub(left.span.end).filter(|gap| *gap <= MOST_BYTES_BETWEEN)?;
    let between = Span::new(left.span.end, left.span.end + gap).of(&document.text);
    if between.contains(['\n', ';']) || between.contains(". ") {
        return None;
    }
    let (phrase, kind, direction, _) = rule(&words_of(between), left.kind, right.kind)?;
    ((*direction == LeftToRight) == (from.span.start < to.span.start)).then_some((*phrase, *kind))
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
