//! What is said around one mention.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::facts::NoteFacts;
use crate::coding::lexicon::{WordClass, words};
use crate::document::Span;
use crate::extract::Laterality;
use crate::note::NoteType;

/// How near to the mention something is said; nearer is smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// In the mention itself.
    Mention,
    /// In its sentence.
    Sentence,
    /// In the sentence before or after, in the same section.
    Near,
    /// In its section or the section's heading.
    Section,
    /// Elsewhere in the note.
    Note,
}

impl Zone {
    /// How much a word there says about the mention.
    pub(super) fn weight(self) -> f32 {
        match self {
            Self::Mention => 4.0,
            Self::Sentence => 2.5,
            Self::Near => 1.2,
            Self::Section => 0.7,
            Self::Note => 0.4,
        }
    }
}

/// Words of the note that say something.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Where.
    pub zone: Zone,
    /// The words, in order.
    pub spans: Vec<Span>,
    /// A negation stands before them in the same clause.
    pub negated: bool,
}

/// A mention in its surroundings.
pub struct AttributeContext<'a> {
    facts: &'a NoteFacts<'a>,
    span: Span,
    sentence: Option<usize>,
}

impl<'a> AttributeContext<'a> {
    /// The surroundings of a place in the note.
    pub fn around(facts: &'a NoteFacts<'a>, span: Span) -> Self {
        // A list number or a heading before the words belongs to no sentence.
        let sentences = &facts.document.sentences;
        let next = || {
            let at = sentences.partition_point(|s| s.span.end <= span.start);
            sentences.get(at).filter(|s| s.span.overlaps(span)).map(|_| at)
        };
        Self { facts, span, sentence: facts.document.sentence_at(span.start).or_else(next) }
    }

    /// The note.
    pub fn facts(&self) -> &NoteFacts<'a> {
        self.facts
    }

    /// The mention.
    pub fn span(&self) -> Span {
        self.span
    }

    fn zone_of(&self, sentence: usize, word: Span) -> Zone {
        if self.span.overlaps(word) {
            return Zone::Mention;
        }
        let Some(own) = self.sentence else { return Zone::Note };
        let sections = (self.facts.document.sentences.get(own), self.facts.document.sentences.get(sentence));
        let same_section = matches!(sections, (Some(a), Some(b)) if a.section == b.section);
        match sentence.abs_diff(own) {
            0 => Zone::Sentence,
            1 if same_section => Zone::Near,
            _ if same_section => Zone::Section,
            _ => Zone::Note,
        }
    }

    /// The words nearest to the mention that place it in later care. Those of a sentence that names an injury speak for every
    /// injury of the note (`recovers`), except in an emergency department.
    pub(super) fn later_care(&self, recovers: bool) -> Option<Span> {
        let zoned = self.facts.later_care.iter().map(|l| (self.zone_of(l.sentence, l.span), l));
        let told = |zone: Zone, names_injury: bool| match zone {
            Zone::Mention | Zone::Sentence => true,
            Zone::Near => recovers,
            _ => recovers && names_injury && self.facts.note_type != NoteType::Emergency,
        };
        zoned.filter(|(zone, l)| told(*zone, l.names_injury)).min_by_key(|(zone, l)| (*zone, l.span)).map(|(_, l)| l.span)
    }

    /// Words of its sentence that call the injury an old one.
    pub(super) fn old_injury(&self) -> Option<Span> {
        let mut own = self.facts.old_injuries.iter().filter(|(sentence, span)| self.zone_of(*sentence, *span) <= Zone::Sentence);
        own.next().map(|(_, span)| *span)
    }

    /// The grade of an open fracture that stands nearest, and whether it is the third (Gustilo and Anderson).
    pub(super) fn open_grade(&self) -> Option<(Span, bool)> {
        let zoned = self.facts.open_grades.iter().map(|(sentence, span, third)| (self.zone_of(*sentence, *span), *span, *third));
        zoned.filter(|z| z.0 <= Zone::Near).min_by_key(|z| (z.0, z.1)).map(|(_, span, third)| (span, third))
    }

    /// Where all content words of `phrase` are said nearest to the mention, within one sentence.
    pub fn said(&self, phrase: &str) -> Option<Evidence> {
        let mut stems: Vec<String> = words(phrase, 0).into_iter().flat_map(|w| w.stems).collect();
        stems.sort_unstable();
        stems.dedup();
        self.said_stems(&stems)
    }

    /// The same for one of our own cues, whose stems are kept.
    pub(super) fn said_cue(&self, cue: &'static str) -> Option<Evidence> {
        type Cues = HashMap<&'static str, Arc<[String]>>;
        static CUES: OnceLock<Mutex<Cues>> = OnceLock::new();
        let cues = CUES.get_or_init(Mutex::default);
        let mut cues = cues.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let stems = Arc::clone(cues.entry(cue).or_insert_with(|| crate::coding::lexicon::stems(cue).into()));
        drop(cues);
        self.said_stems(&stems)
    }

    /// The same for stems.
    pub(super) fn said_stems(&self, stems: &[String]) -> Option<Evidence> {
        // The rarest stem leads; the others must stand in its sentence.
        let mut lists = Vec::with_capacity(stems.len());
        for s in stems {
            lists.push(self.facts.places.get(s)?);
        }
        let lead = lists.iter().min_by_key(|l| l.len())?;
        let mut best: Option<Evidence> = None;
        for (sentence, at) in lead.iter() {
            let line = self.facts.words.get(*sentence as usize)?;
            let anchor = line.get(*at as usize)?;
            let mut spans = Vec::with_capacity(stems.len());
            let mut zone = Zone::Mention;
            for list in &lists {
                let from = list.partition_point(|p| p.0 < *sentence);
                let near = list.get(from..)?.iter().take_while(|p| p.0 == *sentence).min_by_key(|p| p.1.abs_diff(*at));
                let Some(word) = near.and_then(|p| line.get(p.1 as usize)) else { break };
                // A value is said in one breath: its words stand close together.
                if anchor.span.start.abs_diff(word.span.start) > 80 {
                    break;
                }
                zone = zone.max(self.zone_of(*sentence as usize, word.span));
                spans.push(word.span);
            }
            if spans.len() < lists.len() || spans.is_empty() {
                continue;
            }
            spans.sort_unstable();
            spans.dedup();
            let distance = |e: &Evidence| (e.zone, e.spans.first().map_or(0, |s| s.start.abs_diff(self.span.start)));
            let found = Evidence { zone, negated: self.negated(*sentence as usize, &spans), spans };
            if best.as_ref().is_none_or(|b| distance(&found) < distance(b)) {
                best = Some(found);
            }
        }
        best
    }

    /// Whether a negation stands at most six words before, with no comma that ends its reach by a new statement.
    fn negated(&self, sentence: usize, spans: &[Span]) -> bool {
        let (Some(line), Some(first)) = (self.facts.words.get(sentence), spans.first()) else { return false };
        let at = line.partition_point(|w| w.span.start < first.start);
        line.get(at.saturating_sub(6)..at).unwrap_or(&[]).iter().any(|w| w.class == WordClass::Negation)
    }

    /// The side of the mention: in it, nearest in its sentence, in the neighbouring sentences, in the heading, or the
    /// only side that the note names.
    pub fn laterality(&self) -> Option<(Laterality, Evidence)> {
        let evidence = |zone, span| Evidence { zone, spans: vec![span], negated: false };
        let of = |sentence: usize| self.facts.sides.get(sentence).map(Vec::as_slice).unwrap_or(&[]);
        if let Some(own) = self.sentence {
            let inside: Vec<&(Span, Laterality)> = of(own).iter().filter(|s| self.span.overlaps(s.0)).collect();
            if let Some((span, side)) = inside.first() {
                let side = if inside.iter().any(|s| s.1 != *side) { Laterality::Bilateral } else { *side };
                return Some((side, evidence(Zone::Mention, *span)));
            }
            // Words before the mention bind closer than words after it.
            let nearest = of(own).iter().min_by_key(|(s, _)| {
                if s.end <= self.span.start { self.span.start - s.end } else { 2 * s.start.saturating_sub(self.span.end) }
            });
            if let Some((span, side)) = nearest {
                return Some((*side, evidence(Zone::Sentence, *span)));
            }
            if let Some((side, span)) = self.side_of_same_part(own) {
                return Some((side, evidence(Zone::Near, span)));
            }
            for sentence in [own.checked_sub(1), Some(own + 1)].into_iter().flatten() {
                if let Some((span, side)) = of(sentence).last().filter(|s| self.zone_of(sentence, s.0) == Zone::Near) {
                    return Some((*side, evidence(Zone::Near, *span)));
                }
            }
            let section = self.facts.document.sentences.get(own).map(|s| s.section);
            if let Some((span, side)) = section.and_then(|s| self.facts.heading_sides.get(s).copied().flatten()) {
                return Some((side, evidence(Zone::Section, span)));
            }
        }
        self.facts.only_side.map(|(span, side)| (side, evidence(Zone::Note, span)))
    }

    /// The side that stands beside the same words elsewhere in the note ("left knee pain … arthritis of the knee"),
    /// where it is always the same one.
    fn side_of_same_part(&self, own: usize) -> Option<(Laterality, Span)> {
        let mut found: Option<(Laterality, Span)> = None;
        let line = self.facts.words.get(own)?;
        for word in line.iter().filter(|w| self.span.overlaps(w.span) && w.class == WordClass::Content) {
            for stem in &word.stems {
                for (sentence, at) in self.facts.places.get(stem).map(Vec::as_slice).unwrap_or_default().iter().take(60) {
                    let Some(place) = self.facts.words.get(*sentence as usize).and_then(|l| l.get(*at as usize)) else {
                        continue;
                    };
                    let sides = self.facts.sides.get(*sentence as usize).map(Vec::as_slice).unwrap_or_default();
                    // A few words before the part, as in "left distal femur".
                    let near = |s: &&(Span, Laterality)| s.0.end <= place.span.start && place.span.start - s.0.end < 20;
                    if let Some((span, side)) = sides.iter().rev().find(near) {
                        match found {
                            Some((other, _)) if other != *side => return None,
                            Some(_) => {}
                            None => found = Some((*side, *span)),
                        }
                    }
                }
            }
        }
        found
    }
}
