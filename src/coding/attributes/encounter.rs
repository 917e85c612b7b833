//! Active treatment, healing or late effect: the seventh character of injuries.
use super::context::{AttributeContext, Zone};
use crate::document::Span;

/// Phase of care of an injury.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncounterPhase {
    /// Active treatment, and whenever nothing else is said.
    Initial,
    /// Routine care during healing.
    Subsequent,
    /// A late effect.
    Sequela,
}

/// Whether a code is of an injury or fracture, which heals by itself once treated. A complication of care (T80–T88) or a drug's
/// effect (T36–T65) is under active treatment as long as it is treated (guidelines I.C.19.a).
pub(super) fn recovers(code: &str) -> bool {
    !code.starts_with('T') || code < "T36"
}

/// What the words around a mention say about the phase of care, and which words.
pub(super) fn phase(context: &AttributeContext<'_>, recovers: bool) -> (EncounterPhase, Vec<Span>) {
    let report = context.facts().note_type.is_report();
    let sequela = ["sequela", "late effect", "residual"];
    for words in sequela {
        if let Some(e) = context.said_cue(words).filter(|e| e.zone <= Zone::Sentence) {
            return (EncounterPhase::Sequela, e.spans);
        }
    }
    if let Some(words) = context.old_injury() {
        return (EncounterPhase::Sequela, vec![words]);
    }
    // An operation is active treatment whatever else its history says.
    if !report && let Some(words) = context.later_care(recovers) {
        return (EncounterPhase::Subsequent, vec![words]);
    }
    (EncounterPhase::Initial, Vec::new())
}

/// Seventh characters that fit, best first, each with its weight; `available` are those that `code` and its kind have.
pub(super) fn letters(context: &AttributeContext<'_>, available: &[u8], code: &str) -> Vec<(u8, f32, Vec<Span>)> {
    let fracture = available.iter().any(|l| matches!(l, b'G' | b'K' | b'P'));
    let (phase, spans) = phase(context, recovers(code));
    let (best, spans) = match phase {
        EncounterPhase::Sequela => (b'S', spans),
        EncounterPhase::Subsequent if fracture => healing(context, available, spans),
        EncounterPhase::Subsequent => (b'D', spans),
        EncounterPhase::Initial => match (fracture && available.contains(&b'B')).then(|| open(context)).flatten() {
            Some((letter, words)) => (letter, words),
            None => match nonunion(context, available) {
                Some((letter, words)) => (letter, words),
                None => (b'A', spans),
            },
        },
    };
    let mut out = Vec::new();
    for letter in available {
        let score = if *letter == best {
            3.0
        } else if *letter == b'A' {
            1.0
        } else if *letter == b'D' {
            0.5
        } else {
            -1.0
        };
        out.push((*letter, score, if *letter == best { spans.clone() } else { Vec::new() }));
    }
    out
}

/// The letter of an open fracture told near the mention: grade III is `C`, every other `B`.
fn open(context: &AttributeContext<'_>) -> Option<(u8, Vec<Span>)> {
    if let Some((span, third)) = context.open_grade() {
        return Some((if third { b'C' } else { b'B' }, vec![span]));
    }
    for words in ["open fracture", "compound fracture"] {
        if let Some(e) = context.said_cue(words).filter(|e| e.zone <= Zone::Near && !e.negated) {
            // "open reduction of the fracture" and "open treatment" speak of the operation.
            let operation = context.said_cue("open reduction").or_else(|| context.said_cue("open treatment"));
            if operation.is_none_or(|o| o.spans.iter().all(|s| !e.spans.contains(s))) {
                return Some((b'B', e.spans));
            }
        }
    }
    None
}

fn nonunion(context: &AttributeContext<'_>, available: &[u8]) -> Option<(u8, Vec<Span>)> {
    for (words, letter) in [("nonunion", b'K'), ("malunion", b'P')] {
        if let Some(e) = context.said_cue(words).filter(|e| e.zone <= Zone::Sentence && !e.negated && available.contains(&letter))
        {
            return Some((letter, e.spans));
        }
    }
    None
}

fn healing(context: &AttributeContext<'_>, available: &[u8], spans: Vec<Span>) -> (u8, Vec<Span>) {
    if let Some(found) = nonunion(context, available) {
        return found;
    }
    if let Some(e) =
        context.said_cue("delayed healing").or_else(|| context.said_cue("delayed union")).filter(|e| e.zone <= Zone::Sentence)
    {
        return (b'G', e.spans);
    }
    let letter = if open(context).is_some() && available.contains(&b'E') { b'E' } else { b'D' };
    (letter, spans)
}
