//! Labelled quotes as the tagger should find them: without leading cue words, lists cut into their items.
use super::LabelledMention;
use crate::document::Span;

/// Words that may stand before the thing itself in a quote; longest first.
const LEADING: [&str; 42] = [
    "no evidence of",
    "past medical history of",
    "family history of",
    "past history of",
    "known history of",
    "personal history of",
    "history of",
    "complaints of",
    "complaint of",
    "complains of",
    "complaining of",
    "evidence of",
    "signs of",
    "negative for",
    "positive for",
    "diagnosed with",
    "denies any",
    "denies having",
    "concern for",
    "allergic to",
    "no known",
    "no acute",
    "status post",
    "started on",
    "continue with",
    "denies",
    "denied",
    "continue",
    "continued",
    "start",
    "started",
    "possible",
    "probable",
    "possibly",
    "without",
    "any",
    "has",
    "had",
    "not",
    "no",
    "the",
    "a",
];
/// Longer quotes than this are sentences rather than mentions.
const MOST_WORDS: usize = 8;

/// The quote without leading cue words.
pub fn without_cues(text: &str, span: Span) -> Span {
    let mut span = span;
    'again: loop {
        let words = span.of(text);
        for lead in LEADING {
            let Some(head) = words.get(..lead.len()) else { continue };
            let rest = &words[lead.len()..];
            if head.eq_ignore_ascii_case(lead) && rest.starts_with(' ') && !rest.trim().is_empty() {
                span.start += lead.len() + (rest.len() - rest.trim_start().len());
                continue 'again;
            }
        }
        return span;
    }
}

/// The places that a labelled mention teaches the tagger; empty where the quote is no clean mention.
pub fn tagging_places(text: &str, mention: &LabelledMention) -> Vec<Span> {
    let span = without_cues(text, mention.span);
    let words = span.of(text);
    if words.contains([':', '\n']) {
        return Vec::new();
    }
    let items: Vec<&str> = words.split([',', ';']).collect();
    if items.len() > 1 && items.iter().all(|i| (1..=3).contains(&i.split_whitespace().count())) {
        let mut start = span.start;
        let mut places = Vec::new();
        for item in items {
            let own = item.trim();
            let at = start + (item.len() - item.trim_start().len());
            let place = Span::new(at, at + own.len());
            start += item.len() + 1;
            let lower = own.to_ascii_lowercase();
            let skip = ["and ", "or "].iter().find(|w| lower.starts_with(**w)).map_or(0, |w| w.len());
            places.push(without_cues(text, Span::new(place.start + skip, place.end)));
        }
        return places;
    }
    if words.split_whitespace().count() > MOST_WORDS { Vec::new() } else { vec![span] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::MentionKind;

    fn places(text: &str) -> Vec<&str> {
        let mention = LabelledMention { span: Span::new(0, text.len()), kind: MentionKind::Problem, assertion: None, code: None };
        tagging_places(text, &mention).into_iter().map(|s| s.of(text)).collect()
    }

    #[test]
    fn cues_are_stripped_and_lists_cut() {
        assert_eq!(places("Denies any history of headaches"), ["headaches"]);
        assert_eq!(places("fever, chills, or muscle aches"), ["fever", "chills", "muscle aches"]);
        assert_eq!(places("No"), ["No"]);
        assert!(places("Complications: none").is_empty());
        assert_eq!(places("pain, which is worse than it was at the last visit").len(), 0);
    }
}
