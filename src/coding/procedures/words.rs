//! Words of procedure language: stems, synonyms and abbreviations, with their places in the text.
use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

use crate::document::Span;

/// Variants that mean the same in procedure language; our own list.
const SYNONYMS: &str = include_str!("synonyms.txt");

const STOP_WORDS: [&str; 62] = [
    "a",
    "an",
    "the",
    "of",
    "and",
    "with",
    "to",
    "for",
    "in",
    "on",
    "at",
    "by",
    "was",
    "were",
    "is",
    "are",
    "be",
    "been",
    "being",
    "from",
    "as",
    "or",
    "under",
    "via",
    "using",
    "use",
    "used",
    "this",
    "that",
    "these",
    "those",
    "it",
    "its",
    "then",
    "which",
    "there",
    "has",
    "have",
    "had",
    "his",
    "her",
    "he",
    "she",
    "patient",
    "into",
    "through",
    "procedure",
    "performed",
    "operation",
    "status",
    "done",
    "after",
    "over",
    "down",
    "per",
    "s",
    "out",
    "up",
    "both",
    "our",
    "we",
    "i",
];

/// A word as matched: its stem, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Normalised stem.
    pub stem: String,
    /// Place in the text; words that came from one abbreviation share it.
    pub span: Span,
}

/// Turns text into normalised words.
pub struct Words {
    stemmer: Stemmer,
    /// First stem of a variant → (all stems of the variant, canonical stems), longest variant first.
    variants: HashMap<String, Vec<(Vec<String>, Vec<String>)>>,
    stop: std::collections::HashSet<&'static str>,
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

impl Words {
    /// Reads the synonym list.
    pub fn new() -> Self {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut variants: HashMap<String, Vec<(Vec<String>, Vec<String>)>> = HashMap::new();
        for line in SYNONYMS.lines() {
            let Some((canonical, list)) = line.split_once('=') else { continue };
            if line.starts_with('#') {
                continue;
            }
            let canonical: Vec<String> = canonical.split_whitespace().map(|w| stem(&stemmer, w)).collect();
            for variant in list.split('|') {
                let stems: Vec<String> = variant.split_whitespace().map(|w| stem(&stemmer, w)).collect();
                if let Some(first) = stems.first().cloned()
                    && stems != canonical
                {
                    variants.entry(first).or_default().push((stems, canonical.clone()));
                }
            }
        }
        for list in variants.values_mut() {
            list.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        }
        Self { stemmer, variants, stop: STOP_WORDS.into_iter().collect() }
    }

    /// The normalised words of `text`, which stands at byte `offset` of its document. Function words are left out.
    pub fn of(&self, text: &str, offset: usize) -> Vec<Word> {
        let raw = raw_words(text);
        let stems: Vec<String> = raw.iter().map(|(word, _)| stem(&self.stemmer, word)).collect();
        let place = |span: &Span| Span::new(span.start + offset, span.end + offset);
        let mut words = Vec::with_capacity(raw.len());
        let mut i = 0;
        while i < raw.len() {
            let variant = self.variants.get(&stems[i]).and_then(|list| list.iter().find(|(v, _)| stems[i..].starts_with(v)));
            if let Some((variant, canonical)) = variant {
                let span = Span::new(raw[i].1.start, raw[i + variant.len() - 1].1.end);
                words.extend(canonical.iter().map(|stem| Word { stem: stem.clone(), span: place(&span) }));
                i += variant.len();
                continue;
            }
            if !self.stop.contains(raw[i].0.as_str()) {
                words.push(Word { stem: stems[i].clone(), span: place(&raw[i].1) });
            }
            i += 1;
        }
        words
    }
}

/// Lower-case runs of letters and digits with their places; a digit run and a letter run that touch stay one word.
fn raw_words(text: &str) -> Vec<(String, Span)> {
    let mut words = Vec::new();
    let mut current = String::new();
    let mut start = 0;
    for (i, c) in text.char_indices() {
        if c.is_alphanumeric() {
            if current.is_empty() {
                start = i;
            }
            current.extend(c.to_lowercase());
        } else if !current.is_empty() {
            // A decimal point inside a number belongs to it.
            let number = current.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if c == '.' && number && text[i + 1..].starts_with(|n: char| n.is_ascii_digit()) {
                current.push('.');
                continue;
            }
            words.push((std::mem::take(&mut current), Span::new(start, i)));
        }
    }
    if !current.is_empty() {
        words.push((current, Span::new(start, text.len())));
    }
    words
}

/// Stem of a lower-case word. Families that the Porter stemmer leaves apart (`laparoscopy`, `laparoscopic`,
/// `laparoscope`; `aortogram`, `aortography`) get one stem.
fn stem(stemmer: &Stemmer, word: &str) -> String {
    const FAMILIES: [(&str, &str); 12] = [
        ("scopically", "scop"),
        ("scopies", "scop"),
        ("scopic", "scop"),
        ("scopy", "scop"),
        ("scope", "scop"),
        ("scoped", "scop"),
        ("ographies", "ogram"),
        ("ographic", "ogram"),
        ("ography", "ogram"),
        ("ograms", "ogram"),
        ("ectomies", "ectomi"),
        ("ostomies", "ostomi"),
    ];
    if word.len() > 6 && word.is_ascii() {
        for (ending, base) in FAMILIES {
            if let Some(head) = word.strip_suffix(ending)
                && !head.is_empty()
            {
                return format!("{head}{base}");
            }
        }
    }
    match word {
        "one" => "1".to_owned(),
        "two" => "2".to_owned(),
        "three" => "3".to_owned(),
        "four" => "4".to_owned(),
        "five" => "5".to_owned(),
        "six" => "6".to_owned(),
        _ => stemmer.stem(word).into_owned(),
    }
}
