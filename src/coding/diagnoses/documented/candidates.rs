//! Candidates of policy `documented`: those of a claim, what the corpus called with these words, headers that the corpus
//! uses, and the corpus' other codes of a category that is in play.
use std::collections::{BTreeMap, BTreeSet};

use super::statistics::{Statistics, category, split};
use crate::coding::diagnoses::candidates::{Candidates, LEARNED, Support};
use crate::coding::diagnoses::gather::{self, Material, says_something};
use crate::coding::lexicon::CodeId;
use crate::document::Span;
use crate::extract::MentionKind;

/// Share of a phrase's documents from which on its code is a candidate.
const SHARE: f32 = 0.02;
/// Codes of one phrase that are candidates.
const OF_PHRASE: usize = 15;
/// Codes that become candidates by neighbouring words alone.
const BY_NEIGHBOURS: usize = 40;
/// Problem mentions from this score on are compared with the prototypes.
const SURE_MENTION: f32 = 0.4;
/// Codes that a mention gets by its likeness to evidence, and the least likeness.
const ALIKE: (usize, f32) = (4, 0.35);
/// Codes of one category that become candidates because another of it is one.
const SIBLINGS: usize = 4;
/// Pieces of support that a header or sibling takes over.
const TAKEN_OVER: usize = 12;

/// How a code came to be a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Words say it.
    #[default]
    Words,
    /// A code under it is a candidate.
    Header,
    /// Another code of its category is a candidate.
    Sibling,
}

/// What the corpus says about a code in this note.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    /// Highest share of a phrase's documents that were coded so.
    pub best: f32,
    /// Documents behind it.
    pub count: u32,
    /// Documents in which that phrase occurs.
    pub total: u32,
    /// Its words.
    pub words: u8,
    /// Its gaps.
    pub gaps: u8,
    /// Highest share of a phrase that stands in no longer one.
    pub whole: f32,
    /// Phrases that speak for it.
    pub hits: u32,
    /// Highest share by sentence.
    pub by_sentence: BTreeMap<u32, f32>,
    /// Highest share of neighbouring words.
    pub near: f32,
    /// Documents behind it.
    pub near_count: u32,
    /// Words of that group.
    pub near_words: u8,
    /// Groups that speak for it.
    pub near_hits: u32,
    /// How it came to be a candidate.
    pub origin: Origin,
}

/// Candidates with what the corpus says about them.
pub struct Found {
    /// By number; see [`Statistics::code`].
    pub candidates: Candidates,
    /// By code.
    pub wording: BTreeMap<String, Wording>,
    /// Highest share of a phrase's documents that were coded in a category.
    pub categories: BTreeMap<String, f32>,
    /// Documents in which the phrase of a span occurs, and those by code.
    pub phrases: BTreeMap<Span, (u32, BTreeMap<String, u32>)>,
    /// Likeness of a place's words to a candidate's prototype: (highest, highest less the best at that place).
    pub likeness: BTreeMap<CodeId, (f32, f32)>,
}

/// A phrase of the corpus in this note, for one of its codes.
struct Piece<'a> {
    span: Span,
    words: u8,
    gaps: u8,
    subsumed: bool,
    code: &'a str,
    share: f32,
    count: u32,
}

impl Piece<'_> {
    fn support(&self, place: usize) -> Support {
        Support {
            place,
            source: LEARNED,
            share: self.share,
            words: self.words,
            gaps: self.gaps,
            subsumed: self.subsumed,
            count: self.count as f32,
        }
    }
}

/// Collects all candidates.
pub fn gather(material: &Material<'_>, statistics: &Statistics) -> Found {
    let lexicon = material.lexicon;
    let mut found = Found {
        candidates: Candidates::default(),
        wording: BTreeMap::new(),
        categories: BTreeMap::new(),
        phrases: BTreeMap::new(),
        likeness: BTreeMap::new(),
    };
    let mut pieces = named(&mut found, material, statistics);
    pieces.extend(neighbours(&mut found, material, statistics));
    pieces.extend(alike(material, statistics));
    let place = |candidates: &mut Candidates, span: Span| {
        candidates.places.at(material.document, material.mentions, material.assertion, span)
    };
    found.candidates = gather::gather_with(material, |candidates| {
        for piece in &pieces {
            let place = place(candidates, piece.span);
            if let Some(id) = lexicon.code_id(piece.code) {
                candidates.add(id, piece.support(place));
            }
        }
    });
    for piece in &pieces {
        if let Some(id) = statistics.further_id(lexicon, piece.code) {
            let place = place(&mut found.candidates, piece.span);
            found.candidates.add(id, piece.support(place));
        }
    }
    headers(&mut found, material, statistics);
    siblings(&mut found, material, statistics);
    likeness(&mut found, material, statistics);
    found
}

/// Phrases that name a diagnosis.
fn named<'a>(found: &mut Found, material: &Material<'_>, statistics: &'a Statistics) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for hit in statistics.mentions.matches_in(material.attributes.words()) {
        if !says_something(material, hit.span) {
            continue;
        }
        let (total, codes) = split(hit.counts);
        let phrase = found.phrases.entry(hit.span).or_insert_with(|| (total, BTreeMap::new()));
        if hit.skipped == 0 {
            phrase.0 = total;
        }
        let mut by_category: BTreeMap<&str, f32> = BTreeMap::new();
        let mut ranked: Vec<&(String, u32)> = codes.iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        for (i, (code, n)) in ranked.into_iter().enumerate() {
            let count = phrase.1.entry(code.clone()).or_default();
            *count = (*count).max(*n);
            let share = *n as f32 / (total as f32 + 0.5);
            *by_category.entry(category(code)).or_default() += share;
            if share < SHARE || i >= OF_PHRASE {
                continue;
            }
            let gaps = hit.skipped + hit.commas;
            let w = found.wording.entry(code.clone()).or_default();
            w.hits += 1;
            if share > w.best {
                (w.best, w.count, w.total, w.words, w.gaps) = (share, *n, total, hit.words, gaps);
            }
            if !hit.subsumed {
                w.whole = w.whole.max(share);
            }
            let at = w.by_sentence.entry(hit.sentence).or_default();
            *at = at.max(share);
            let (span, words, subsumed) = (hit.span, hit.words, hit.subsumed);
            pieces.push(Piece { span, words, gaps, subsumed, code, share, count: *n });
        }
        for (key, share) in by_category {
            let best = found.categories.entry(key.to_owned()).or_default();
            *best = best.max(share);
        }
    }
    pieces
}

/// Neighbouring words of coded sentences; only the best codes become candidates.
fn neighbours<'a>(found: &mut Found, material: &Material<'_>, statistics: &'a Statistics) -> Vec<Piece<'a>> {
    let mut best: BTreeMap<&str, Piece<'a>> = BTreeMap::new();
    for hit in statistics.sentences.matches_in(material.attributes.words()) {
        let (total, codes) = split(hit.counts);
        for (code, n) in codes {
            let share = *n as f32 / (total as f32 + 1.0);
            let w = found.wording.entry(code.clone()).or_default();
            w.near_hits += 1;
            if share > w.near {
                (w.near, w.near_count, w.near_words) = (share, *n, hit.words);
                let (span, words, gaps) = (hit.span, hit.words, hit.skipped + hit.commas);
                let piece = Piece { span, words, gaps, subsumed: true, code, share: share * 0.5, count: *n };
                best.insert(code, piece);
            }
        }
    }
    let mut pieces: Vec<Piece<'a>> = best.into_values().collect();
    pieces.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.code.cmp(b.code)));
    pieces.truncate(BY_NEIGHBOURS);
    pieces
}

/// Codes whose evidence looks like a problem mention.
fn alike<'a>(material: &Material<'_>, statistics: &'a Statistics) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let Some(titles) = material.titles.as_ref().filter(|_| !statistics.prototypes.is_empty()) else { return pieces };
    for mention in material.mentions.iter().filter(|m| m.kind == MentionKind::Problem && m.score >= SURE_MENTION) {
        let Some(vector) = titles.encoded.mention_vector(mention.span) else { continue };
        let query = statistics.prototypes.query(&vector);
        for (code, share) in statistics.prototypes.nearest(&query, ALIKE.0) {
            if share >= ALIKE.1 {
                let words = mention.span.of(&material.document.text).split_whitespace().count().min(12) as u8;
                pieces.push(Piece { span: mention.span, words, gaps: 0, subsumed: true, code, share: share * 0.5, count: 0 });
            }
        }
    }
    pieces
}

/// Compares every place with the prototypes of its candidates.
fn likeness(found: &mut Found, material: &Material<'_>, statistics: &Statistics) {
    let Some(titles) = material.titles.as_ref().filter(|_| !statistics.prototypes.is_empty()) else { return };
    let mut here: Vec<Vec<CodeId>> = vec![Vec::new(); found.candidates.places.list.len()];
    for candidate in found.candidates.by_code.values() {
        for support in &candidate.supports {
            here[support.place].push(candidate.code);
        }
    }
    for (place, mut codes) in found.candidates.places.list.iter().zip(here) {
        codes.dedup();
        let Some(vector) = (!codes.is_empty()).then(|| titles.encoded.mention_vector(place.span)).flatten() else { continue };
        let query = statistics.prototypes.query(&vector);
        let similar = |code: &CodeId| {
            let cosine = statistics.prototypes.of(statistics.code(material.lexicon, *code), &query)?;
            Some((*code, cosine))
        };
        let own: Vec<(CodeId, f32)> = codes.iter().filter_map(similar).collect();
        let best = own.iter().map(|o| o.1).fold(f32::MIN, f32::max);
        for (code, cosine) in own {
            let entry = found.likeness.entry(code).or_insert((f32::MIN, f32::MIN));
            *entry = (entry.0.max(cosine), entry.1.max(cosine - best));
        }
    }
}

/// Codes that are not billable and stand above a candidate, where the corpus uses them.
fn headers(found: &mut Found, material: &Material<'_>, statistics: &Statistics) {
    let lexicon = material.lexicon;
    let mut above: BTreeMap<CodeId, Vec<Support>> = BTreeMap::new();
    for candidate in found.candidates.by_code.values() {
        let code = statistics.code(lexicon, candidate.code);
        for end in 3..code.len() {
            let stem = code.get(..end).unwrap_or_default();
            if let Some(id) = statistics.further_id(lexicon, stem) {
                let supports = above.entry(id).or_default();
                supports.extend(candidate.supports.iter().take(TAKEN_OVER.saturating_sub(supports.len())));
            }
        }
    }
    for (id, supports) in above {
        if !found.candidates.by_code.contains_key(&id) {
            let code = statistics.code(lexicon, id).to_owned();
            found.wording.entry(code).or_default().origin = Origin::Header;
        }
        supports.into_iter().for_each(|s| found.candidates.add(id, s));
    }
}

/// The corpus' commonest codes of each category in play.
fn siblings(found: &mut Found, material: &Material<'_>, statistics: &Statistics) {
    let lexicon = material.lexicon;
    let mut strongest: BTreeMap<String, (f32, CodeId)> = BTreeMap::new();
    let mut present: BTreeSet<&str> = BTreeSet::new();
    for candidate in found.candidates.by_code.values() {
        let code = statistics.code(lexicon, candidate.code);
        present.insert(code);
        let lexical = candidate.supports.iter().filter(|s| !s.subsumed).map(|s| s.share).fold(0.0, f32::max);
        let weight = found.wording.get(code).map_or(0.0, |w| w.best).max(0.5 * lexical);
        let entry = strongest.entry(category(code).to_owned()).or_insert((weight, candidate.code));
        if weight > entry.0 {
            *entry = (weight, candidate.code);
        }
    }
    let mut added: Vec<(CodeId, String, Vec<Support>)> = Vec::new();
    for (key, (weight, from)) in &strongest {
        if *weight < 0.1 {
            continue;
        }
        let mut codes: Vec<(&str, u32)> = statistics.in_category(key).filter(|(c, n)| *n >= 2 && !present.contains(c)).collect();
        codes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let Some(candidate) = found.candidates.by_code.get(from) else { continue };
        let supports: Vec<Support> =
            candidate.supports.iter().take(TAKEN_OVER).map(|s| Support { subsumed: true, share: s.share * 0.3, ..*s }).collect();
        for (code, _) in codes.into_iter().take(SIBLINGS) {
            if let Some(id) = statistics.id(lexicon, code) {
                added.push((id, code.to_owned(), supports.clone()));
            }
        }
    }
    for (id, code, supports) in added {
        found.wording.entry(code).or_default().origin = Origin::Sibling;
        supports.into_iter().for_each(|s| found.candidates.add(id, s));
    }
}
