//! From text to words that can be compared: lower case, folded, abbreviations written out, stemmed, synonyms joined.
use std::collections::HashMap;
use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};

use super::vocabulary::{ABBREVIATIONS, CLASSES, PHRASES, SLASHED, SYNONYMS, pairs};
use super::written::{Raw, american, arabic, level, raw_words, roman};
use crate::document::{Document, Span};

/// What a word of the text is to the matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordClass {
    /// Part of a concept.
    Content,
    /// Content that turns a statement (`no`, `without`); never skipped.
    Negation,
    /// Content that may stand between the words of a concept (`severe`, `chronic`).
    Modifier,
    /// Nothing of a concept.
    Stop,
    /// A side of the body: not in keys.
    Side,
}

/// A word of the text, or several that were joined, with its stems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Byte range in the text that was given.
    pub span: Span,
    /// Normalised stems; several for a written-out abbreviation, none for stop words and sides.
    pub stems: Vec<String>,
    /// For a level of the spine (`C5-C6`): the stem of its region, under which it may be found as well.
    pub region: Option<&'static str>,
    /// What it is to the matcher.
    pub class: WordClass,
    /// A comma or other inner punctuation mark stands between the word before and this one.
    pub after_comma: bool,
}

struct Tables {
    stemmer: Stemmer,
    class: HashMap<&'static str, WordClass>,
    skippable: HashMap<&'static str, WordClass>,
    abbreviations: HashMap<&'static str, &'static str>,
    slashed: HashMap<&'static str, &'static str>,
    /// First word → the rest and the replacement.
    phrases: HashMap<&'static str, Vec<(Vec<&'static str>, &'static str)>>,
    /// Word → stem of the first word of its line.
    synonyms: HashMap<String, String>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut class = HashMap::new();
        let mut skippable = HashMap::new();
        for (word, name) in pairs(CLASSES) {
            match name {
                "stop" => class.insert(word, WordClass::Stop),
                "side" => class.insert(word, WordClass::Side),
                "negation" => class.insert(word, WordClass::Negation),
                _ => skippable.insert(word, WordClass::Modifier),
            };
        }
        let mut phrases: HashMap<&str, Vec<(Vec<&str>, &str)>> = HashMap::new();
        for (from, to) in pairs(PHRASES) {
            let mut words = from.split(' ');
            if let Some(first) = words.next() {
                phrases.entry(first).or_default().push((words.collect(), to));
            }
        }
        for list in phrases.values_mut() {
            list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        let mut synonyms = HashMap::new();
        for line in SYNONYMS.lines() {
            let mut words = line.split(' ');
            if let Some(first) = words.next() {
                let target = stemmer.stem(first).into_owned();
                for w in words {
                    synonyms.insert(w.to_owned(), target.clone());
                    // The stem of a synonym too, so that its inflections join; a stem that another word owns stays.
                    synonyms.entry(stemmer.stem(w).into_owned()).or_insert_with(|| target.clone());
                }
                synonyms.insert(first.to_owned(), target.clone());
                synonyms.insert(target.clone(), target);
            }
        }
        Tables {
            stemmer,
            class,
            skippable,
            abbreviations: pairs(ABBREVIATIONS).collect(),
            slashed: pairs(SLASHED).collect(),
            phrases,
            synonyms,
        }
    })
}

/// The words of `text`; spans are shifted by `base`.
pub fn words(text: &str, base: usize) -> Vec<Word> {
    let tables = tables();
    let raw = raw_words(text, &tables.slashed);
    let mut out: Vec<Word> = Vec::with_capacity(raw.len());
    let mut i = 0;
    let mut number_next = false;
    while let Some(word) = raw.get(i) {
        let span = |last: &Raw| Span { start: base + word.start, end: base + last.end };
        if let Some((n, replacement)) = phrase_at(&raw[i..], tables) {
            let last = raw.get(i + n - 1).unwrap_or(word);
            out.push(make(span(last), replacement, word.comma, tables));
            number_next = false;
            i += n;
            continue;
        }
        if let Some((joined, region, n)) = level(&raw[i..]) {
            let mut found = make(span(raw.get(i + n - 1).unwrap_or(word)), &joined, word.comma, tables);
            found.region = Some(region);
            out.push(found);
            number_next = false;
            i += n;
            continue;
        }
        if let Some(next) = raw.get(i + 1).filter(|n| joins(&word.text, n)) {
            let joined = format!("{}{}", word.text, next.text);
            out.push(make(span(next), &joined, word.comma, tables));
            number_next = false;
            i += 2;
            continue;
        }
        if let Some((next, number)) =
            raw.get(i + 1).filter(|n| word.text == "type" && !n.comma).and_then(|n| Some((n, arabic(&n.text)?)))
        {
            // "type 2" is one word: a lone number would meet any other number.
            out.push(make(span(next), &format!("type{number}"), word.comma, tables));
            number_next = true;
            i += 2;
            continue;
        }
        match number_next.then(|| roman(&word.text)).flatten() {
            Some(number) => out.push(make(span(word), &number, word.comma, tables)),
            None => out.push(make(span(word), &word.text, word.comma, tables)),
        }
        number_next = matches!(
            word.text.as_str(),
            "type" | "stage" | "stages" | "grade" | "class" | "degree" | "category" | "level" | "lawrence"
        );
        i += 1;
    }
    out
}

/// The words of each sentence of a document.
pub fn sentence_words(document: &Document) -> Vec<Vec<Word>> {
    let of = |span: Span| document.text.get(span.start..span.end).map(|text| words(text, span.start)).unwrap_or_default();
    document.sentences.iter().map(|s| of(s.span)).collect()
}

/// The distinct stems of `text`, sorted: the order-free key of a phrase.
pub fn stems(text: &str) -> Vec<String> {
    let mut all: Vec<String> = words(text, 0).into_iter().flat_map(|w| w.stems).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn phrase_at(raw: &[Raw], tables: &Tables) -> Option<(usize, &'static str)> {
    let (first, rest) = raw.split_first()?;
    let list = tables.phrases.get(first.text.as_str())?;
    list.iter()
        .find(|(words, _)| words.len() <= rest.len() && words.iter().zip(rest).all(|(w, r)| *w == r.text && !r.comma))
        .map(|(words, to)| (words.len() + 1, *to))
}

/// `non displaced`, `non-displaced`, `post-traumatic`: one word.
fn joins(first: &str, next: &Raw) -> bool {
    const WITH_HYPHEN: [&str; 14] =
        ["pre", "post", "anti", "hyper", "hypo", "re", "sub", "peri", "inter", "intra", "micro", "multi", "semi", "un"];
    !next.comma && next.text.len() > 2 && (first == "non" || (next.hyphened && WITH_HYPHEN.contains(&first)))
}

fn make(span: Span, text: &str, after_comma: bool, tables: &Tables) -> Word {
    let mut stems = Vec::new();
    let mut class = WordClass::Stop;
    for part in text.split(' ').filter(|p| !p.is_empty()) {
        match tables.abbreviations.get(part) {
            // An abbreviation may stand for words that the phrase table joins again (`s/p`, `cad`).
            Some(full) => {
                for w in full.split(' ').filter(|w| !w.is_empty()) {
                    class = class_of_part(w, class, &mut stems, tables);
                }
            }
            None => class = class_of_part(part, class, &mut stems, tables),
        }
    }
    stems.sort_unstable();
    stems.dedup();
    Word { span, stems, region: None, class, after_comma }
}

fn class_of_part(part: &str, so_far: WordClass, stems: &mut Vec<String>, tables: &Tables) -> WordClass {
    match tables.class.get(part) {
        Some(WordClass::Stop) => return so_far,
        Some(WordClass::Side) => return if so_far == WordClass::Stop { WordClass::Side } else { so_far },
        _ => {}
    }
    let stem = stem(part, tables);
    let class = tables.class.get(part).or_else(|| tables.skippable.get(stem.as_str())).copied().unwrap_or(WordClass::Content);
    stems.push(stem);
    if so_far == WordClass::Stop || so_far == WordClass::Side { class } else { WordClass::Content }
}

fn stem(word: &str, tables: &Tables) -> String {
    if let Some(s) = tables.synonyms.get(word) {
        return s.clone();
    }
    let word = american(word);
    if let Some(s) = tables.synonyms.get(word.as_ref()) {
        return s.clone();
    }
    let plain = tables.stemmer.stem(&word).into_owned();
    tables.synonyms.get(&plain).cloned().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_it_meet() {
        for (a, b) in [
            ("HTN", "hypertension"),
            ("T2DM", "type II diabetes mellitus"),
            ("tumours of the oesophagus", "Tumor, esophageal"),
            ("fractured clavicle", "Fracture of clavicle"),
            ("non-displaced", "nondisplaced"),
            ("Crohn's disease", "Crohn disease"),
            ("CKD stage IIIa", "chronic kidney disease, stage 3a"),
            ("s/p appendectomy", "status post appendectomy"),
            ("h/o breast CA", "history of malignant neoplasm of the breast"),
            ("right knee pain", "pain in left knee"),
            ("disc herniation at C5-6", "herniated disk C5-C6"),
            ("Ménière’s disease", "Meniere disease"),
        ] {
            assert_eq!(stems(a), stems(b), "{a} / {b}");
        }
        assert_ne!(stems("diabetes without complications"), stems("diabetes with complications"));
        assert_ne!(stems("history of stroke"), stems("stroke"));
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "Hx of œdème – s/p CABG, L knee";
        for w in words(text, 0) {
            assert!(text.is_char_boundary(w.span.start) && text.is_char_boundary(w.span.end));
        }
        let post = words(text, 10).into_iter().find(|w| w.stems == ["statuspost"]).map(|w| w.span);
        let at = text.find("s/p").unwrap_or(0);
        assert_eq!(post, Some(Span { start: at + 10, end: at + 13 }));
        let level = words("L5/S1 bulge", 0).into_iter().next();
        assert_eq!(level.map(|w| (w.span, w.region)), Some((Span { start: 0, end: 5 }, Some("lumbosacr"))));
        assert!(words("S1 S2 normal, T4 low", 0).iter().all(|w| w.region.is_none()));
        assert!(words("", 0).is_empty());
    }
}
