//! The terms of a note: its words by their first letters, and pairs of neighbours.
use crate::document::Span;

/// A term and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Hash of its letters.
    pub hash: u32,
    /// Its words.
    pub span: Span,
}

/// Letters that tell a word: what follows is mostly its ending ("fract" for fracture, fractures, fractured).
const LETTERS: usize = 5;

/// Words and numbers of a text, each alone and with the one before it.
pub fn terms(text: &str) -> Vec<Term> {
    let mut out = Vec::new();
    let mut before: Option<(u64, Span)> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let kind = kind_of(first);
        if kind == Class::Other {
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut letters = 0;
        let mut hash = SEED;
        let mut take = |c: char| {
            if kind == Class::Number || letters < LETTERS {
                c.to_lowercase().for_each(|l| hash = mixed(hash, l as u32));
            }
            letters += 1;
        };
        take(first);
        while let Some((at, c)) = chars.next_if(|(_, c)| kind_of(*c) == kind) {
            take(c);
            end = at + c.len_utf8();
        }
        let span = Span::new(start, end);
        out.push(Term { hash: folded(hash), span });
        if let Some((of_before, place)) = before {
            let pair = mixed(of_before, u32::from(b' ')).rotate_left(17) ^ hash;
            out.push(Term { hash: folded(mixed(pair, 1)), span: Span::new(place.start, end) });
        }
        before = Some((hash, span));
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Other,
}

fn kind_of(c: char) -> Class {
    if c.is_alphabetic() {
        Class::Letter
    } else if c.is_ascii_digit() {
        Class::Number
    } else {
        Class::Other
    }
}

/// FNV-1a.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn mixed(hash: u64, value: u32) -> u64 {
    (hash ^ u64::from(value)).wrapping_mul(0x0000_0100_0000_01b3)
}

fn folded(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_and_case_do_not_matter_and_numbers_stand_alone() {
        let hashes = |text: &str| terms(text).iter().map(|t| t.hash).collect::<Vec<_>>();
        assert_eq!(hashes("Fractures, SHOULDER"), hashes("fractured shoulders"));
        assert_ne!(hashes("CKD 3"), hashes("CKD 4"));
        assert_eq!(hashes("A1c").len(), 5, "a, 1, c and two pairs");
    }

    #[test]
    fn spans_are_of_the_text_whatever_its_letters() {
        let text = "Früher – Müdigkeit";
        let words: Vec<&str> = terms(text).iter().map(|t| t.span.of(text)).collect();
        assert_eq!(words, ["Früher", "Müdigkeit", "Früher – Müdigkeit"]);
    }
}
