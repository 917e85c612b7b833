//! Cuts words off the ends of a mention that belong to the sentence around it ("epistaxis secondary to", "bleeding at").
use crate::document::Span;

/// Words that no mention begins with.
const NEVER_FIRST: &[&str] = &[
    "a", "an", "the", "of", "to", "and", "or", "with", "is", "was", "are", "were", "for", "in", "on", "at", "by", "from", "this",
    "that", "his", "her", "their", "also", "has", "had", "have",
];
/// Words that no mention ends with.
const NEVER_LAST: &[&str] = &[
    "a",
    "an",
    "the",
    "of",
    "to",
    "and",
    "or",
    "with",
    "is",
    "was",
    "are",
    "were",
    "be",
    "been",
    "for",
    "in",
    "on",
    "at",
    "by",
    "from",
    "this",
    "that",
    "his",
    "her",
    "their",
    "secondary",
    "due",
    "because",
    "caused",
    "two",
    "three",
    "has",
    "had",
    "have",
    "which",
    "who",
    "every",
    "will",
    "would",
    "should",
];

/// The span without such words; `None` where nothing is left.
pub fn trim(text: &str, span: Span) -> Option<Span> {
    let (mut start, mut end) = (span.start, span.end);
    loop {
        let words = text.get(start..end)?;
        let inner = words.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':'));
        if inner.is_empty() {
            return None;
        }
        start += words.find(inner)?;
        end = start + inner.len();
        let first = inner.split_whitespace().next()?;
        let last = inner.split_whitespace().next_back()?;
        let is = |word: &str, list: &[&str]| list.contains(&word.to_lowercase().as_str());
        if is(first, NEVER_FIRST) {
            start += first.len();
        } else if is(last, NEVER_LAST) {
            end -= last.len();
        } else {
            return Some(Span::new(start, end));
        }
        if start >= end {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_sentence_fall_away() {
        let cut = |text: &str| trim(text, Span::new(0, text.len())).map(|s| s.of(text).to_owned());
        assert_eq!(cut("recurrent epistaxis secondary to").as_deref(), Some("recurrent epistaxis"));
        assert_eq!(cut("the bleeding, at ").as_deref(), Some("bleeding"));
        assert_eq!(cut("pain in the knee").as_deref(), Some("pain in the knee"));
        assert_eq!(cut("was the"), None);
        assert_eq!(cut("fièvre à"), Some("fièvre à".into()));
    }
}
