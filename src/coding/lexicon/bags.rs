//! Order-free phrases: a map from sets of stems to numbers, and the search for them in windows of a document.
//!
//! Each stem has a number, the rarest first; the key of a phrase is its sorted numbers as two bytes each, so that most
//! windows that are no phrase fail at the first byte of the automaton.
use std::collections::{BTreeMap, HashMap};

use fst::{Map, MapBuilder};

use super::container::Bytes;
use super::normalise::{Word, WordClass};
use crate::document::Span;

/// Content words in a window.
const WINDOW: usize = 8;
/// Most stems of a key; a window's abbreviations can stand for more words than it has.
pub(super) const KEY: usize = 14;
/// Words of a sentence that are looked at; a longer sentence is cut into pieces of this length.
const SENTENCE: usize = 4000;

/// Phrases of one vocabulary.
pub(super) struct BagIndex {
    words: Map<Bytes>,
    bags: Map<Bytes>,
}

/// A phrase found in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub span: Span,
    pub words: u8,
    pub skipped: u8,
    pub commas: u8,
    pub sentence: u32,
    pub value: u64,
    pub subsumed: bool,
}

/// A content word as the window sees it.
struct Item {
    span: Span,
    ids: Vec<u16>,
    known: bool,
    /// The region of a level of the spine, under which a phrase may name it.
    region: Option<u16>,
    class: WordClass,
    comma: bool,
}

impl BagIndex {
    /// From the two automata as stored.
    pub(super) fn new(words: Bytes, bags: Bytes) -> Result<Self, fst::Error> {
        let index = Self { words: Map::new(words)?, bags: Map::new(bags)? };
        index.words.as_fst().verify()?;
        index.bags.as_fst().verify()?;
        Ok(index)
    }

    /// The two automata of phrases (sorted distinct stems → value): vocabulary and bags. `None` where there are more
    /// than 65,534 different stems.
    pub(super) fn build<'a>(phrases: impl Iterator<Item = (&'a [String], u64)> + Clone) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (stems, _) in phrases.clone() {
            for s in stems {
                *counts.entry(s).or_default() += 1;
            }
        }
        let mut ranked: Vec<(&str, u32)> = counts.iter().map(|(w, n)| (*w, *n)).collect();
        ranked.sort_by_key(|(w, n)| (*n, *w));
        let mut ids: HashMap<&str, u16> = HashMap::new();
        for (i, (w, _)) in ranked.iter().enumerate() {
            ids.insert(w, u16::try_from(i).ok().filter(|n| *n < u16::MAX)?);
        }
        let mut vocabulary = MapBuilder::memory();
        for w in counts.keys() {
            vocabulary.insert(w, u64::from(*ids.get(w)?)).ok()?;
        }
        let mut keys: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for (stems, value) in phrases {
            let mut numbers: Vec<u16> = stems.iter().filter_map(|s| ids.get(s.as_str()).copied()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            keys.insert(key(&numbers), value);
        }
        let mut bags = MapBuilder::memory();
        for (k, v) in keys {
            bags.insert(k, v).ok()?;
        }
        Some((vocabulary.into_inner().ok()?, bags.into_inner().ok()?))
    }

    /// The value of exactly these stems.
    pub(super) fn get(&self, stems: &[String]) -> Option<u64> {
        let mut numbers = stems.iter().map(|s| self.id(s)).collect::<Option<Vec<u16>>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        self.bags.get(key(&numbers))
    }

    fn id(&self, stem: &str) -> Option<u16> {
        self.words.get(stem).and_then(|n| u16::try_from(n).ok())
    }

    /// All phrases of a document's sentences in the order of their spans.
    pub(super) fn find(&self, sentences: &[Vec<Word>]) -> Vec<Found> {
        let mut out = Vec::new();
        let mut space = Space::default();
        for (n, words) in sentences.iter().enumerate() {
            let items = self.items(words);
            for piece in items.chunks(SENTENCE) {
                self.find_in(piece, n as u32, &mut space, &mut out);
            }
        }
        finish(out)
    }

    fn items(&self, words: &[Word]) -> Vec<Item> {
        let mut comma = false;
        let mut items = Vec::with_capacity(words.len());
        for w in words {
            comma |= w.after_comma;
            if matches!(w.class, WordClass::Stop | WordClass::Side) {
                continue;
            }
            let ids: Vec<u16> = w.stems.iter().filter_map(|s| self.id(s)).collect();
            let region = w.region.and_then(|r| self.id(r));
            let known = ids.len() == w.stems.len() || region.is_some();
            items.push(Item { span: w.span, ids, known, region, class: w.class, comma });
            comma = false;
        }
        items
    }

    fn value(&self, ids: &[u16], key: &mut Vec<u8>) -> Option<u64> {
        key.clear();
        key.extend(ids.iter().flat_map(|id| id.to_be_bytes()));
        self.bags.get(key)
    }

    fn find_in(&self, items: &[Item], sentence: u32, space: &mut Space, out: &mut Vec<Found>) {
        let Space { window, by_region, modifiers, key } = space;
        for (i, first) in items.iter().enumerate() {
            if !first.known {
                continue;
            }
            window.clear();
            by_region.clear();
            modifiers.clear();
            let mut skipped = 0u8;
            let mut commas = 0u8;
            for (n, item) in items[i..].iter().enumerate().take(WINDOW) {
                if n > 0 && item.comma {
                    commas += 1;
                }
                if !item.known {
                    // One unknown word may stand inside a window.
                    if skipped == 0 && item.class != WordClass::Negation {
                        skipped = 1;
                        continue;
                    }
                    break;
                }
                let before = window.len();
                if let Some(region) = item.region {
                    if by_region.is_empty() {
                        by_region.clone_from(window);
                    }
                    insert(by_region, region);
                } else if !by_region.is_empty() {
                    item.ids.iter().for_each(|id| insert(by_region, *id));
                }
                // A level that no phrase names keeps its place with a number that no phrase has.
                if item.ids.is_empty() {
                    insert(window, u16::MAX);
                }
                item.ids.iter().for_each(|id| insert(window, *id));
                if window.len() == before {
                    continue;
                }
                if window.len() > KEY {
                    break;
                }
                let span = Span { start: first.span.start, end: item.span.end };
                let count = n as u8 + 1 - skipped;
                if let Some(value) = self.value(window, key) {
                    out.push(Found { span, words: count, skipped, commas, sentence, value, subsumed: false });
                }
                if !by_region.is_empty()
                    && let Some(value) = self.value(by_region, key)
                {
                    out.push(Found { span, words: count, skipped, commas, sentence, value, subsumed: false });
                }
                if skipped == 0 {
                    for m in modifiers.iter() {
                        let without = without(items, i, i + n, *m);
                        if let Some(value) = self.value(&without, key) {
                            out.push(Found { span, words: count - 1, skipped: 1, commas, sentence, value, subsumed: false });
                        }
                    }
                }
                if n > 0 && item.class == WordClass::Modifier {
                    modifiers.push(i + n);
                }
            }
        }
    }
}

/// Working memory of a search.
#[derive(Default)]
struct Space {
    /// Ids of the window, sorted.
    window: Vec<u16>,
    /// The same with regions in the place of levels; empty until there is one.
    by_region: Vec<u16>,
    /// Positions of the skippable words inside the window.
    modifiers: Vec<usize>,
    key: Vec<u8>,
}

fn insert(sorted: &mut Vec<u16>, id: u16) {
    if let Err(at) = sorted.binary_search(&id) {
        sorted.insert(at, id);
    }
}

/// Ids of a window without the word at `skip`.
fn without(items: &[Item], first: usize, last: usize, skip: usize) -> Vec<u16> {
    let inside = items[first..=last].iter().enumerate().filter(|(n, _)| first + n != skip);
    let mut ids: Vec<u16> = inside.flat_map(|(_, item)| item.ids.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn key(ids: &[u16]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_be_bytes()).collect()
}

/// Sorts, drops a phrase that holds the same phrase inside itself, and marks those that stand inside a longer one.
fn finish(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|f| (f.span.start, std::cmp::Reverse(f.span.end), f.value, f.skipped));
    found.dedup_by_key(|f| (f.span, f.value));
    // From the right: the nearest later occurrence of the same phrase.
    let mut nearest: HashMap<u64, Span> = HashMap::new();
    let mut keep = vec![true; found.len()];
    for (i, f) in found.iter().enumerate().rev() {
        match nearest.get(&f.value) {
            Some(inner) if f.span.contains(*inner) && f.span != *inner => keep[i] = false,
            _ => {
                nearest.insert(f.value, f.span);
            }
        }
    }
    let mut flags = keep.iter();
    found.retain(|_| *flags.next().unwrap_or(&true));
    let mut reach: Option<Span> = None;
    for f in &mut found {
        match reach {
            Some(outer) if outer.end >= f.span.end && outer != f.span => f.subsumed = true,
            _ if f.skipped == 0 => reach = Some(f.span),
            _ => {}
        }
    }
    found
}
