//! From token vectors to the places of mentions: labels of words, decoded, cut at words that only lead to a mention.
use candle_core::{Device, Tensor};

use super::decode::decode;
use super::heads::{Heads, LABELS};
use super::{MentionKind, relations};
use crate::document::{Document, Span};
use crate::encoder::{EncodedDocument, EncoderError};

/// Taken off the score of "outside a mention": above zero it finds more. The ranking of diagnoses was fitted on the
/// mentions that 0.5 finds; on dev 0.0 loses half a point of its F1.
pub const OUTSIDE_BIAS: f32 = 0.5;
/// Words or spans of one matrix.
pub(super) const BLOCK: usize = 4_096;

/// A span that the tagging head found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundSpan {
    /// On word boundaries.
    pub span: Span,
    /// Kind.
    pub kind: MentionKind,
    /// Mean probability of its words' labels.
    pub score: f32,
}

/// Spans of mentions in order of place.
pub fn spans(
    document: &Document,
    encoded: &EncodedDocument,
    heads: &Heads,
    outside_bias: f32,
) -> Result<Vec<FoundSpan>, EncoderError> {
    check_width(encoded, heads)?;
    // First piece of each word, and the word's place.
    let mut words: Vec<(usize, u32, Span)> = Vec::new();
    for (i, token) in encoded.tokens.iter().enumerate() {
        match words.last_mut() {
            Some(word) if token.continues && word.1 == token.sentence => word.2.end = token.span.end,
            _ => words.push((i, token.sentence, token.span)),
        }
    }
    let mut scores: Vec<f32> = Vec::with_capacity(words.len() * LABELS);
    for block in words.chunks(BLOCK) {
        let rows: Vec<f32> = block.iter().flat_map(|w| encoded.tagging_at(w.0).iter().copied()).collect();
        let rows = Tensor::from_vec(rows, (block.len(), encoded.dim), &Device::Cpu)?;
        scores.extend(heads.tagging_scores(&rows)?.flatten_all()?.to_vec1::<f32>()?);
    }
    let mut found = Vec::new();
    let mut start = 0;
    for sentence in words.chunk_by(|a, b| a.1 == b.1) {
        let own = &scores[start * LABELS..(start + sentence.len()) * LABELS];
        start += sentence.len();
        for run in decode(own, outside_bias) {
            let own = trimmed(&document.text, &sentence[run.words.clone()]);
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            let span = Span::new(first.2.start, last.2.end);
            if !span.of(&document.text).contains(char::is_alphanumeric) {
                continue;
            }
            let part = |span| FoundSpan { span, kind: run.kind, score: run.score };
            match (run.kind, relations::split_at_cause(&document.text, span)) {
                (MentionKind::Problem, Some((left, right))) => found.extend([part(left), part(right)]),
                _ => found.push(part(span)),
            }
        }
    }
    Ok(found)
}

/// Words without those at the ends that only lead to or from a mention ("secondary to …", "… and").
fn trimmed<'w>(text: &str, words: &'w [(usize, u32, Span)]) -> &'w [(usize, u32, Span)] {
    const EITHER: [&str; 13] = ["secondary", "due", "to", "of", "with", "and", "or", "the", "from", "for", "by", "is", "was"];
    const BEFORE: [&str; 9] = ["any", "no", "denies", "denied", "his", "her", "has", "had", "without"];
    const BEHIND: [&str; 7] = ["which", "at", "in", "on", "were", "are", "every"];
    let is = |list: &[&str], word: &(usize, u32, Span)| {
        let letters = word.2.of(text);
        EITHER.iter().chain(list).any(|w| w.eq_ignore_ascii_case(letters)) || !letters.contains(char::is_alphanumeric)
    };
    let start = words.iter().position(|w| !is(&BEFORE, w)).unwrap_or(words.len());
    let end = words.iter().rposition(|w| !(is(&BEHIND, w) && w.2.of(text) != ")")).map_or(0, |i| i + 1);
    words.get(start..end).unwrap_or_default()
}

/// Heads and encoder must speak of vectors of one width.
pub(super) fn check_width(encoded: &EncodedDocument, heads: &Heads) -> Result<(), EncoderError> {
    if encoded.dim != heads.dim() && !encoded.tokens.is_empty() {
        let message = format!("the heads read vectors of {} numbers, the encoder gives {}", heads.dim(), encoded.dim);
        return Err(candle_core::Error::Msg(message).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_lead_to_a_mention_are_no_part_of_it() {
        let text = "secondary to the cold (mild) and";
        let mut words: Vec<(usize, u32, Span)> = Vec::new();
        for word in ["secondary", "to", "the", "cold", "(", "mild", ")", "and"] {
            let start = text.find(word).expect("stands there");
            words.push((words.len(), 0, Span::new(start, start + word.len())));
        }
        let kept: Vec<&str> = trimmed(text, &words).iter().map(|w| w.2.of(text)).collect();
        assert_eq!(kept, ["cold", "(", "mild", ")"]);
        assert!(trimmed(text, &words[..3]).is_empty());
    }
}
