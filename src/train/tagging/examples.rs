//! Chunks of documents with what is to be learned from them.
use serde::{Deserialize, Serialize};

use crate::document::{self, Document, Span};
use crate::encoder::tokens::{Chunk, Pieces};
use crate::extract::assertion_cues::CueIndex;
use crate::extract::features::{ASSERTION_FEATURES, assertion_features};
use crate::extract::heads::{LABELS, begin, inside};
use crate::extract::{Assertion, MentionKind};
use crate::train::TrainError;
use crate::train::data::{LabelledDocument, clean};

/// A word (first piece) with the labels that would be right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordTarget {
    /// Position in the chunk's ids.
    pub position: u32,
    /// Sentence of the document.
    pub sentence: u32,
    /// Where the word stands in the text.
    pub span: Span,
    /// Bit `l`: label `l` would be right.
    pub allowed: u16,
    /// Weight of its loss; zero where nothing is known.
    pub weight: f32,
}

/// A span with its assertion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpanTarget {
    /// First and one past the last position in the chunk's ids.
    pub positions: (u32, u32),
    /// Positions of its sentence.
    pub sentence: (u32, u32),
    /// See [`assertion_features`].
    pub features: Vec<f32>,
    /// Class number.
    pub class: u8,
    /// Class that the rules lead with.
    pub by_rules: u8,
}

/// A chunk to learn from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Example {
    /// Number of its document in the list.
    pub document: u32,
    /// What the encoder sees.
    pub ids: Vec<u32>,
    /// Words in order.
    pub words: Vec<WordTarget>,
    /// Spans.
    pub spans: Vec<SpanTarget>,
}

impl Example {
    /// Whether it is worth learning from: a chunk of a note (which lists not every mention) that has no labelled mention
    /// says next to nothing. `documents`: the list that its number counts in.
    pub fn teaches(&self, documents: &[LabelledDocument]) -> bool {
        let lists_all = documents.get(self.document as usize).is_some_and(|d| !d.complete.is_empty());
        lists_all || !self.spans.is_empty() || self.words.iter().any(|w| w.allowed & 1 == 0)
    }
}

/// How unlisted words are weighted.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// Of a corpus.
    pub source: f32,
    /// "Outside" on words that are neither listed nor ruled out.
    pub unknown_outside: f32,
}

/// Bits of all labels of a kind.
fn labels_of(kind: MentionKind) -> u16 {
    1 << begin(kind) | 1 << inside(kind)
}

/// Words that are surely no part of a mention where they are not listed as one.
fn surely_outside(word: &str) -> bool {
    const WORDS: [&str; 40] = [
        "he", "she", "patient", "was", "were", "is", "are", "has", "had", "have", "be", "been", "i", "we", "you", "they", "his",
        "her", "this", "that", "then", "there", "will", "would", "should", "which", "who", "also", "states", "reports", "denies",
        "noted", "today", "well", "it", "did", "does", "do", "when", "after",
    ];
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(c), None) => matches!(c, '.' | '?' | '!' | ':' | ';' | ')' | '('),
        _ => WORDS.iter().any(|w| w.eq_ignore_ascii_case(word)),
    }
}

/// Cuts a document into examples.
pub fn examples(pieces: &Pieces, number: u32, labelled: &LabelledDocument, weights: Weights) -> Result<Vec<Example>, TrainError> {
    let document = document::read(&labelled.text);
    let chunks = pieces.chunks(&document)?;
    let targets = targets(labelled);
    let cues = CueIndex::new(&document);
    let known = Known { labelled, document: &document, cues: &cues, targets: &targets };
    Ok(chunks.iter().map(|chunk| example(number, &known, chunk, weights)).collect())
}

/// Tagging places of a document: kind, or `None` where the words are not to be learned from.
fn targets(labelled: &LabelledDocument) -> Vec<(Span, Option<MentionKind>)> {
    let mut places: Vec<(Span, Option<MentionKind>)> = Vec::new();
    for mention in &labelled.mentions {
        let own: Vec<Span> =
            if labelled.complete.is_empty() { clean::tagging_places(&labelled.text, mention) } else { vec![mention.span] };
        if own.is_empty() {
            places.push((mention.span, None));
        }
        places.extend(own.into_iter().map(|s| (s, Some(mention.kind))));
    }
    // Clean ones first; of overlapping ones the longer (a corpus with complete kinds) or the first.
    places.sort_by_key(|(s, kind)| (kind.is_none(), std::cmp::Reverse(s.len()), s.start));
    let mut kept: Vec<(Span, Option<MentionKind>)> = Vec::new();
    for (span, kind) in places {
        if kind.is_none() || !kept.iter().any(|(k, kind)| kind.is_some() && k.overlaps(span)) {
            kept.push((span, kind));
        }
    }
    kept.sort_by_key(|(s, kind)| (kind.is_none(), s.start));
    kept
}

/// A document with what is known of it.
struct Known<'a> {
    labelled: &'a LabelledDocument,
    document: &'a Document,
    cues: &'a CueIndex<'a>,
    targets: &'a [(Span, Option<MentionKind>)],
}

fn example(number: u32, known: &Known, chunk: &Chunk, weights: Weights) -> Example {
    let (labelled, targets) = (known.labelled, known.targets);
    let text = &labelled.text;
    let open: u16 = if labelled.complete.is_empty() {
        1
    } else {
        let closed = labelled.complete.iter().fold(0, |bits, k| bits | labels_of(*k));
        ((1u16 << LABELS) - 1) & !closed
    };
    let mut words: Vec<WordTarget> = Vec::new();
    for (i, token) in chunk.tokens.iter().enumerate() {
        if token.continues
            && let Some(last) = words.last_mut()
        {
            last.span.end = token.span.end;
            continue;
        }
        words.push(WordTarget {
            position: (chunk.first + i) as u32,
            sentence: token.sentence,
            span: token.span,
            allowed: open,
            weight: 0.0,
        });
    }
    for word in &mut words {
        let sure = !labelled.complete.is_empty() || surely_outside(text.get(word.span.start..word.span.end).unwrap_or(""));
        word.weight = weights.source * if sure { 1.0 } else { weights.unknown_outside };
        let Some((span, kind)) = targets.iter().find(|(s, _)| s.overlaps(word.span)) else { continue };
        match kind {
            Some(kind) => {
                let first = word.span.start <= span.start;
                word.allowed = 1 << if first { begin(*kind) } else { inside(*kind) };
                word.weight = weights.source;
            }
            None => word.weight = 0.0,
        }
    }
    Example { document: number, ids: chunk.ids.clone(), spans: spans(known, chunk), words }
}

/// Spans with an assertion that begin in this chunk.
fn spans(known: &Known, chunk: &Chunk) -> Vec<SpanTarget> {
    let mut spans = Vec::new();
    for mention in &known.labelled.mentions {
        let Some(class) = mention.assertion.and_then(class_of) else { continue };
        let place = clean::without_cues(&known.labelled.text, mention.span);
        if let Some(target) = span_target(known.document, known.cues, chunk, (place, Some(mention.kind)), class) {
            spans.push(target);
        }
    }
    spans
}

/// A span as the assertion head sees it, if it begins in this chunk.
pub fn span_target(
    document: &Document,
    cues: &CueIndex,
    chunk: &Chunk,
    (place, kind): (Span, Option<MentionKind>),
    class: u8,
) -> Option<SpanTarget> {
    let first = chunk.tokens.partition_point(|t| t.span.end <= place.start);
    let last = chunk.tokens.partition_point(|t| t.span.start < place.end);
    let token = chunk.tokens.get(first)?;
    if first >= last || (first == 0 && token.span.start > place.start) {
        return None;
    }
    let from = chunk.tokens.partition_point(|t| t.sentence < token.sentence);
    let to = chunk.tokens.partition_point(|t| t.sentence <= token.sentence);
    let finding = cues.assess_as(place, kind);
    let at = |i: usize| (chunk.first + i) as u32;
    Some(SpanTarget {
        positions: (at(first), at(last)),
        sentence: (at(from), at(to)),
        features: assertion_features(document, place, &finding.assertions).to_vec(),
        class,
        by_rules: class_of(finding.leading()).unwrap_or(Assertion::ALL.len() as u8 - 1),
    })
}

/// Index in `Assertion::ALL`.
pub fn class_of(assertion: Assertion) -> Option<u8> {
    Assertion::ALL.iter().position(|a| *a == assertion).map(|i| i as u8)
}

const _: () = assert!(ASSERTION_FEATURES > 8 && LABELS <= 16);
