//! Words, numbers and punctuation marks with their places; the one tokenizer of cues, lexicons and measurements.
use std::borrow::Cow;

use super::Span;

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Letters, with digits after them (`A1c`, `L4`), inner apostrophes (`patient's`) and ordinals (`2nd`).
    Word,
    /// Digits with a decimal point or thousands commas (`2.5`, `1,200`).
    Number,
    /// One character that is neither.
    Punctuation,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: WordKind,
}

impl Word {
    /// The token in lower case.
    pub fn lower<'t>(&self, text: &'t str) -> Cow<'t, str> {
        lower(self.span.of(text))
    }
}

/// All tokens within `span`, in order. Hyphens and slashes are punctuation; blanks are no tokens.
pub fn words(text: &str, span: Span) -> Vec<Word> {
    let part = span.of(text);
    let mut out = Vec::with_capacity(part.len() / 5);
    let mut at = 0;
    while let Some(first) = part[at..].chars().next() {
        let (length, kind) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_ascii_digit() {
            number(&part[at..])
        } else if first.is_alphanumeric() {
            (word_length(&part[at..]), WordKind::Word)
        } else {
            (first.len_utf8(), WordKind::Punctuation)
        };
        out.push(Word { span: Span::new(span.start + at, span.start + at + length), kind });
        at += length;
    }
    out
}

/// Lower case, without allocation where nothing changes.
pub fn lower(word: &str) -> Cow<'_, str> {
    if word.chars().all(|c| !c.is_uppercase()) { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

/// Lower-case words and numbers within `span` that carry meaning: no punctuation, articles, auxiliaries or prepositions.
pub fn content_words(text: &str, span: Span) -> Vec<String> {
    let tokens = words(text, span).into_iter().filter(|w| w.kind != WordKind::Punctuation);
    tokens.map(|w| w.lower(text).into_owned()).filter(|w| !is_function_word(w)).collect()
}

/// Articles, auxiliaries, pronouns, conjunctions and prepositions.
pub fn is_function_word(lower: &str) -> bool {
    const FUNCTION_WORDS: [&str; 58] = [
        "a", "also", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "did", "do", "does", "for", "from", "had",
        "has", "have", "he", "her", "him", "his", "i", "in", "into", "is", "it", "its", "my", "of", "on", "or", "our", "she",
        "so", "some", "such", "than", "that", "the", "their", "them", "there", "these", "they", "this", "those", "to", "was",
        "we", "were", "which", "who", "with", "you", "your",
    ];
    FUNCTION_WORDS.binary_search(&lower).is_ok()
}

fn word_length(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let inner_apostrophe = matches!(c, '\'' | '’') && end > 0 && chars.peek().is_some_and(|(_, n)| n.is_alphabetic());
        if !c.is_alphanumeric() && !inner_apostrophe {
            break;
        }
        end = i + c.len_utf8();
    }
    end
}

fn number(text: &str) -> (usize, WordKind) {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    while end <= 9 && bytes.get(end) == Some(&b',') && digits(end + 1) == 3 {
        end += 4;
    }
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    let suffix = text[end..].get(..2).unwrap_or("").to_ascii_lowercase();
    let ordinal = matches!(suffix.as_str(), "st" | "nd" | "rd" | "th") && !text[end + 2..].starts_with(char::is_alphanumeric);
    if ordinal { (end + 2, WordKind::Word) } else { (end, WordKind::Number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text, Span::new(0, text.len())).iter().map(|w| w.span.of(text)).collect()
    }

    #[test]
    fn words_numbers_and_marks() {
        assert_eq!(cut("Pt's A1c 7.5%, 1,200mg 2nd"), ["Pt's", "A1c", "7.5", "%", ",", "1,200", "mg", "2nd"]);
        assert_eq!(cut("non-small β-blocker"), ["non", "-", "small", "β", "-", "blocker"]);
        assert_eq!(content_words("The pain is in her left knee", Span::new(0, 28)), ["pain", "left", "knee"]);
    }
}
