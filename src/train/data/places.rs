//! From words and character counts to byte spans.
use crate::document::Span;

/// The `occurrence`-th place (from 1) of a quote; overlapping occurrences count.
pub fn occurrence(text: &str, quote: &str, occurrence: usize) -> Option<Span> {
    if quote.is_empty() || occurrence == 0 {
        return None;
    }
    let mut from = 0;
    let mut left = occurrence;
    loop {
        let at = from + text.get(from..)?.find(quote)?;
        left -= 1;
        if left == 0 {
            return Some(Span::new(at, at + quote.len()));
        }
        from = at + quote.chars().next().map_or(1, char::len_utf8);
    }
}

/// The occurrence of `quote` nearest to `near`; relations quote words without saying which occurrence.
pub fn nearest(text: &str, quote: &str, near: usize) -> Option<Span> {
    if quote.is_empty() {
        return None;
    }
    text.match_indices(quote).map(|(at, _)| Span::new(at, at + quote.len())).min_by_key(|s| s.start.abs_diff(near))
}

/// The first place where the words of `quote` stand in order, whatever their case and the blanks between them.
pub fn words_in(text: &str, quote: &str) -> Option<Span> {
    let wanted: Vec<String> = quote.split_whitespace().map(str::to_lowercase).collect();
    if wanted.is_empty() {
        return None;
    }
    for (start, _) in text.char_indices() {
        let mut at = start;
        let matches = wanted.iter().enumerate().all(|(i, word)| {
            let rest = text.get(at..).unwrap_or("");
            let rest = if i > 0 { rest.trim_start() } else { rest };
            at = text.len() - rest.len();
            let head: String = rest.chars().take(word.chars().count()).collect();
            at += head.len();
            head.to_lowercase() == *word
        });
        if matches {
            return Some(Span::new(start, at));
        }
    }
    None
}

/// Turns character offsets into byte offsets of one text.
pub struct CharacterOffsets {
    starts: Vec<u32>,
}

impl CharacterOffsets {
    /// Indexes a text.
    pub fn new(text: &str) -> Self {
        let mut starts: Vec<u32> = text.char_indices().map(|(byte, _)| byte as u32).collect();
        starts.push(text.len() as u32);
        Self { starts }
    }
    /// The bytes of characters `start..end`; `None` outside the text.
    pub fn span(&self, start: usize, end: usize) -> Option<Span> {
        let (from, to) = (*self.starts.get(start)?, *self.starts.get(end)?);
        (from < to).then(|| Span::new(from as usize, to as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_occurrences_in_bytes() {
        let text = "née: pain, no pain";
        assert_eq!(occurrence(text, "pain", 2), Some(Span::new(15, 19)));
        assert_eq!(occurrence(text, "pain", 3), None);
        assert_eq!(occurrence(text, "é", 1), Some(Span::new(1, 3)));
        assert_eq!(nearest(text, "pain", 17), Some(Span::new(15, 19)));
        assert_eq!(CharacterOffsets::new(text).span(5, 9), Some(Span::new(6, 10)));
        assert_eq!(CharacterOffsets::new(text).span(5, 90), None);
    }
}
