//! Word patterns of the decision tables.
//!
//! A pattern is a list of terms that must all stand in the same passage, in any order. A term is a list of alternatives
//! separated by `|`; `_` joins words that follow one another; `*` at the end stands for any ending, at the beginning for
//! any beginning; a term that begins with `!` must not stand there; `@past` and `@plan` stand for what many families share.
//! `cryo*|froze|liquid_nitrogen actinic_kerato*|aks`
//! finds "liquid nitrogen was applied to 9 actinic keratoses".
use std::ops::Range;

use super::passage::Token;

/// How a word of an alternative stands to a word of the note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Exact,
    Prefix,
    Suffix,
}

/// One word of an alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    fit: Fit,
    letters: String,
    /// Its first (of a suffix: last) eight bytes as a token has them, and which of them count.
    key: u64,
    mask: u64,
}

/// The first eight bytes of a word as a number, and the last eight; zero where there are fewer.
pub(super) fn ends(word: &str) -> (u64, u64) {
    let bytes = word.as_bytes();
    let some = bytes.len().min(8);
    let (mut head, mut tail) = ([0u8; 8], [0u8; 8]);
    head[..some].copy_from_slice(&bytes[..some]);
    tail[8 - some..].copy_from_slice(&bytes[bytes.len() - some..]);
    (u64::from_le_bytes(head), u64::from_be_bytes(tail))
}

impl Word {
    fn of(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let (fit, letters) = match (lower.strip_prefix('*'), lower.strip_suffix('*')) {
            (Some(_), Some(_)) => return None,
            (Some(rest), None) => (Fit::Suffix, rest.to_owned()),
            (None, Some(rest)) => (Fit::Prefix, rest.to_owned()),
            (None, None) => (Fit::Exact, super::short_forms::full(&lower).map_or(lower, str::to_owned)),
        };
        if letters.is_empty() || !letters.chars().all(|c| c.is_alphanumeric() || c == '.') {
            return None;
        }
        let (head, tail) = ends(&letters);
        let ones = if letters.len() < 8 { (1u64 << (8 * letters.len())) - 1 } else { u64::MAX };
        let (key, mask) = match fit {
            Fit::Exact => (head, u64::MAX),
            Fit::Prefix => (head, ones),
            Fit::Suffix => (tail, ones),
        };
        Some(Self { fit, letters, key, mask })
    }

    /// Most words differ within eight bytes, and most patterns have no more.
    fn is(&self, token: &Token) -> bool {
        let bytes = if self.fit == Fit::Suffix { token.tail } else { token.head };
        bytes & self.mask == self.key
            && match self.fit {
                Fit::Exact => token.text == self.letters,
                Fit::Prefix => self.letters.len() <= 8 || token.text.starts_with(&self.letters),
                Fit::Suffix => self.letters.len() <= 8 || token.text.ends_with(&self.letters),
            }
    }
}

/// Which words a note has at all, so that most patterns need not be looked for.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// First bytes as numbers that sort as the words do, and last bytes as numbers that sort as the reversed words do.
    heads: Vec<u64>,
    tails: Vec<u64>,
}

impl Vocabulary {
    /// Of these words.
    pub fn new(tokens: &[Token]) -> Self {
        let sorted = |numbers: &mut Vec<u64>| {
            numbers.sort_unstable();
            numbers.dedup();
        };
        let mut all = Self {
            heads: tokens.iter().map(|t| t.head.swap_bytes()).collect(),
            tails: tokens.iter().map(|t| t.tail.swap_bytes()).collect(),
        };
        sorted(&mut all.heads);
        sorted(&mut all.tails);
        all
    }

    /// Whether a word with these first (or last) bytes is there.
    fn has(&self, word: &Word) -> bool {
        let sorted = if word.fit == Fit::Suffix { &self.tails } else { &self.heads };
        let (key, rest) = (word.key.swap_bytes(), !word.mask.swap_bytes());
        sorted.get(sorted.partition_point(|n| *n < key)).is_some_and(|n| *n <= key | rest)
    }
}

/// Alternatives, any of which will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternatives(Vec<Vec<Word>>);

/// Alternatives that many families share, by the name that stands for them.
fn word_set(name: &str) -> Option<&'static str> {
    match name {
        "@past" => Some("prior|previous|previously|history|status_post"),
        "@plan" => Some("plan|plans|planned|schedul*|consider*|discuss*"),
        _ => None,
    }
}

/// Words that turn what follows into its absence.
const NEGATIONS: [&str; 6] = ["no", "not", "without", "denies", "nor", "never"];

impl Alternatives {
    /// Reads `a|b_c|d*`; the error names the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for alternative in text.split('|').flat_map(|part| word_set(part).unwrap_or(part).split('|')) {
            let words: Option<Vec<Word>> = alternative.split('_').map(Word::of).collect();
            list.push(words.ok_or_else(|| format!("`{alternative}` is no word pattern"))?);
        }
        Ok(Self(list))
    }

    /// Whether the note has all words of an alternative somewhere.
    fn may_stand(&self, vocabulary: &Vocabulary) -> bool {
        self.0.iter().any(|words| words.iter().all(|word| vocabulary.has(word)))
    }

    /// The places in `range` where an alternative stands.
    pub fn places(&self, tokens: &[Token], range: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for at in range.clone() {
            let longest = self
                .0
                .iter()
                .filter(|words| at + words.len() <= range.end && words.iter().zip(&tokens[at..]).all(|(w, t)| w.is(t)))
                .map(Vec::len)
                .max();
            found.extend(longest.map(|n| at..at + n));
        }
        found
    }

    /// The first place where an alternative stands and is not negated.
    pub fn stated(&self, tokens: &[Token], range: Range<usize>) -> Option<Range<usize>> {
        self.places(tokens, range.clone()).into_iter().find(|place| !is_negated(tokens, range.start, place.start))
    }
}

/// Whether one of the three words before (in the same piece between punctuation marks) negates what begins at `at`.
pub fn is_negated(tokens: &[Token], from: usize, at: usize) -> bool {
    let mut k = at;
    for _ in 0..3 {
        if k <= from || tokens[k].cut {
            return false;
        }
        k -= 1;
        if NEGATIONS.contains(&tokens[k].text.as_str()) {
            // A no-scalpel vasectomy is one.
            return !matches!(tokens[k + 1].text.as_str(), "scalpel" | "touch" | "needle");
        }
    }
    false
}

/// A pattern: terms that must all stand in one passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    wanted: Vec<Alternatives>,
    unwanted: Vec<Alternatives>,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for term in text.split_whitespace() {
            match term.strip_prefix('!') {
                Some(rest) => unwanted.push(Alternatives::parse(rest)?),
                None => wanted.push(Alternatives::parse(term)?),
            }
        }
        if wanted.is_empty() {
            return Err("a pattern needs at least one word that must be there".to_owned());
        }
        Ok(Self { wanted, unwanted })
    }

    /// Whether the note has what every term needs: where not, the pattern fits nowhere.
    pub fn may_fit(&self, vocabulary: &Vocabulary) -> bool {
        self.wanted.iter().all(|term| term.may_stand(vocabulary))
    }

    /// Whether every term is stated somewhere by `stated` (the place it gives), and none of the unwanted ones; the places.
    pub fn told(&self, stated: impl Fn(&Alternatives) -> Option<Range<usize>>) -> Option<Vec<Range<usize>>> {
        if self.unwanted.iter().any(|term| stated(term).is_some()) {
            return None;
        }
        self.wanted.iter().map(stated).collect()
    }

    /// The words of a passage that fulfil it: from the first to the last.
    pub fn find(&self, tokens: &[Token], range: Range<usize>) -> Option<Range<usize>> {
        if self.unwanted.iter().any(|term| !term.places(tokens, range.clone()).is_empty()) {
            return None;
        }
        let mut found: Option<Range<usize>> = None;
        for term in &self.wanted {
            let places = term.places(tokens, range.clone());
            // Of several places the one nearest to what was found.
            let place = match &found {
                None => places.into_iter().next()?,
                Some(f) => places.into_iter().min_by_key(|p| p.start.abs_diff(f.start))?,
            };
            found = Some(found.map_or(place.clone(), |f| f.start.min(place.start)..f.end.max(place.end)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::procedures::families::passage::tokens;

    #[test]
    fn terms_stand_in_any_order_and_negation_counts() {
        let list = tokens("Liquid nitrogen was applied to 9 actinic keratoses, no biopsy taken", 0);
        let all = 0..list.len();
        let pattern = Pattern::parse("actinic_kerato*|aks liquid_nitrogen|cryo*").expect("a pattern");
        assert_eq!(pattern.find(&list, all.clone()), Some(0..8));
        assert!(Pattern::parse("actinic* !nitrogen").expect("a pattern").find(&list, all.clone()).is_none());
        let biopsy = Alternatives::parse("biops*").expect("alternatives");
        assert!(biopsy.stated(&list, all.clone()).is_none() && !biopsy.places(&list, all).is_empty());
        let vocabulary = Vocabulary::new(&list);
        let may_fit = |text: &str| Pattern::parse(text).expect("a pattern").may_fit(&vocabulary);
        // Only eight bytes are compared: the last of these needs a closer look.
        for fits in ["nitrogen", "nitro*", "*trogen", "keratos*", "*eratoses", "9", "keratoses liquid_nitro*", "nitrogens"] {
            assert!(may_fit(fits), "{fits}");
        }
        for lacks in ["xnitrogen", "*xogen", "nitroge", "nitrox*", "z*", "a9", "liquid_nitros*|kerato"] {
            assert!(!may_fit(lacks), "{lacks}");
        }
        assert!(
            Pattern::parse("knee @past").expect("a pattern").find(&tokens("status post knee replacement", 0), 0..4).is_some()
        );
        assert!(Pattern::parse("a||b").is_err() && Pattern::parse("!a").is_err() && Pattern::parse("*a*").is_err());
    }
}
