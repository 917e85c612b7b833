//! Places of a note where something codable stands: section, sentence, assertion, and the mention they belong to.
use std::collections::BTreeMap;

use crate::document::{Document, SectionKind, Span};
use crate::extract::{Assertion, Laterality, Mention, MentionKind};

/// How a place is held, as the features see it: one number a class of [`Assertion::ALL`].
pub type AssertionWeights = [f32; 8];

/// What is known about one place of the note.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// Kind of its section.
    pub section: SectionKind,
    /// Index of its section.
    pub section_index: usize,
    /// Index of its sentence.
    pub sentence: usize,
    /// How many list items or sentences of its section stand before it.
    pub rank_in_section: usize,
    /// Stands in a list.
    pub list_item: bool,
    /// By the cue words around it.
    pub cues: AssertionWeights,
    /// By the trained head; equal to `cues` where no head is loaded.
    pub head: AssertionWeights,
    /// Best overlapping mention of the tagger: kind and score.
    pub mention: Option<(MentionKind, f32)>,
    /// Side said of it.
    pub side: Option<Laterality>,
    /// First word of its sentence.
    pub leads_sentence: bool,
}

impl Place {
    /// Probability that the note holds this as present and its own.
    pub fn present(&self) -> f32 {
        let of = |w: &AssertionWeights| {
            let worst = w[..7].iter().copied().fold(0.0f32, f32::max);
            1.0 - worst
        };
        0.5 * (of(&self.cues) + of(&self.head))
    }

    /// The cues or the head hold it as this.
    pub fn held(&self, assertion: Assertion) -> f32 {
        let i = index_of(assertion);
        self.cues[i].max(self.head[i])
    }
}

/// Class number of an assertion.
pub fn index_of(assertion: Assertion) -> usize {
    Assertion::ALL.iter().position(|a| *a == assertion).unwrap_or(7)
}

/// All places of a note, each span once.
#[derive(Default)]
pub struct Places {
    /// In order of first use.
    pub list: Vec<Place>,
    by_span: BTreeMap<Span, usize>,
}

/// What gives a span its assertion: the cue rules, and the trained head where one is loaded.
pub trait AssertionSource {
    /// By cue words.
    fn cues(&self, span: Span) -> AssertionWeights;
    /// By the trained head, for many spans at once; `None` where no head is loaded.
    fn heads(&self, spans: &[Span]) -> Option<Vec<AssertionWeights>>;
    /// Side said of the span.
    fn side(&self, span: Span) -> Option<Laterality>;
}

impl Places {
    /// Number of the place at `span`, made on first use.
    pub fn at(&mut self, document: &Document, mentions: &[Mention], source: &dyn AssertionSource, span: Span) -> usize {
        if let Some(&i) = self.by_span.get(&span) {
            return i;
        }
        let sentence = document.sentence_at(span.start).unwrap_or(0);
        let (section_index, list_item, leads_sentence) = document
            .sentences
            .get(sentence)
            .map_or((0, false, false), |s| (s.section, s.list_item, s.span.start + 3 >= span.start));
        let first_in_section = document.sentences.partition_point(|s| s.section < section_index);
        let cues = source.cues(span);
        let place = Place {
            span,
            section: document.sections.get(section_index).map_or(SectionKind::Other, |s| s.kind),
            section_index,
            sentence,
            rank_in_section: sentence.saturating_sub(first_in_section),
            list_item,
            cues,
            head: cues,
            mention: best_mention(mentions, span),
            side: source.side(span),
            leads_sentence,
        };
        self.list.push(place);
        self.by_span.insert(span, self.list.len() - 1);
        self.list.len() - 1
    }
}

impl Places {
    /// Asks the trained head for every place.
    pub fn ask_head(&mut self, source: &dyn AssertionSource) {
        let spans: Vec<Span> = self.list.iter().map(|p| p.span).collect();
        for (place, head) in self.list.iter_mut().zip(source.heads(&spans).unwrap_or_default()) {
            place.head = head;
        }
    }
}

/// Mentions are in order of place.
fn best_mention(mentions: &[Mention], span: Span) -> Option<(MentionKind, f32)> {
    let from = mentions.partition_point(|m| m.span.start + 400 < span.start);
    mentions[from..]
        .iter()
        .take_while(|m| m.span.start < span.end)
        .filter(|m| m.span.overlaps(span))
        .map(|m| (m.kind, m.score))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}
