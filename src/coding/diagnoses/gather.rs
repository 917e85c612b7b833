//! Collects the candidates of a note from every source.
use std::collections::BTreeMap;

use super::attention::Titles;
use super::candidates::{Candidates, DENSE, FACT, HISTORY, LEARNED, Support};
use super::note_words;
use super::places::AssertionSource;
use super::{circumstances, combinations, drug_effects, facts, pregnancy};
use crate::codeset::drugs::Drugs;
use crate::coding::attributes::{AttributeContext, HistoryOf, NoteFacts, history_code, resolve, specialise};
use crate::coding::bag_of_words::NoteWords;
use crate::coding::lexicon::{CodeId, FamilyId, Hit, LearnedHit, Lexicon, PhraseCounts, Posting, Target};
use crate::document::tokens::is_function_word;
use crate::document::{Document, SectionKind, Span};
use crate::extract::measurements::Measurement;
use crate::extract::{Assertion, Mention};
use crate::note::Context;

/// A code whose title is similar to a mention.
#[derive(Clone, Debug)]
pub struct DenseHit {
    /// The mention.
    pub span: Span,
    /// The code.
    pub code: CodeId,
    /// Cosine similarity.
    pub similarity: f32,
}

/// Everything that candidates are collected from.
pub struct Material<'a> {
    /// The note.
    pub document: &'a Document,
    /// Its context.
    pub context: &'a Context,
    /// Mentions of the tagger, in order of place.
    pub mentions: &'a [Mention],
    /// Assertion and side of any place.
    pub assertion: &'a dyn AssertionSource,
    /// Numbers of the note.
    pub measurements: &'a [Measurement],
    /// The dictionary.
    pub lexicon: &'a Lexicon,
    /// What the dictionary finds in it, where that is known already.
    pub hits: Option<&'a [Hit]>,
    /// What phrases were coded as in labelled notes.
    pub counts: &'a PhraseCounts,
    /// The note, read for attribute values (side, encounter, stage, …).
    pub attributes: &'a NoteFacts<'a>,
    /// Retrieved codes.
    pub dense: &'a [DenseHit],
    /// Titles of codes and the note's vectors, where there is an encoder.
    pub titles: Option<Titles<'a>>,
    /// What the words of the note as a whole say, where the model has it.
    pub words: Option<&'a NoteWords<'a>>,
}

/// Further words that alone name no condition.
const EMPTY_WORDS: [&str; 24] = [
    "above", "after", "all", "any", "before", "below", "both", "down", "each", "every", "more", "most", "no", "none", "not",
    "off", "other", "out", "over", "same", "several", "under", "up", "without",
];

/// "ICD-9 code 998.59" names a list of codes, not a defibrillator.
fn names_a_classification(text: &str, span: Span) -> bool {
    let behind = text[span.end..].trim_start_matches([' ', '-']);
    span.of(text).eq_ignore_ascii_case("icd") && (behind.starts_with('9') || behind.starts_with("10"))
}

/// A phrase of nothing but function words ("over", "several") is an accident of stemming; "ALL" in capitals is not.
pub(super) fn says_something(material: &Material<'_>, span: Span) -> bool {
    if names_a_classification(&material.document.text, span) {
        return false;
    }
    let words = span.of(&material.document.text).split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).any(|w| {
        let lower = w.to_lowercase();
        let shouted = w.len() > 1 && w.chars().all(|c| c.is_uppercase());
        !is_function_word(&lower) && (shouted || EMPTY_WORDS.binary_search(&lower.as_str()).is_err())
    })
}

/// Most families that one phrase of the dictionary may stand for.
const MOST_FAMILIES: usize = 60;

/// Collects all candidates.
pub fn gather(material: &Material<'_>) -> Candidates {
    gather_with(material, |candidates| {
        circumstances::add(candidates, material);
        drug_effects::add(candidates, material);
        note_words::add(candidates, material);
    })
}

/// The same with further support that `more` adds before assertions are asked for and combinations are made.
pub fn gather_with(material: &Material<'_>, more: impl FnOnce(&mut Candidates)) -> Candidates {
    let mut candidates = Candidates::default();
    let material_hits = material.hits;
    let (lexicon, counts, words) = (material.lexicon, material.counts, material.attributes.words());
    let (hits, phrases) =
        rayon::join(|| material_hits.map_or_else(|| lexicon.matches_in(words), <[Hit]>::to_vec), || counts.matches_in(words));
    for hit in &hits {
        if says_something(material, hit.span) {
            lexicon_hit(&mut candidates, material, hit);
        }
    }
    candidates.hits = hits;
    learned(&mut candidates, material, phrases);
    for hit in material.dense {
        let place = place(&mut candidates, material, hit.span);
        let code = specialise(material.lexicon, hit.code, &AttributeContext::around(material.attributes, hit.span));
        let words = hit.span.of(&material.document.text).split_whitespace().count().min(12) as u8;
        let support = Support { place, source: DENSE, share: hit.similarity, words, gaps: 0, subsumed: false, count: 0.0 };
        candidates.add(code, support);
    }
    for measurement in material.measurements {
        let code = facts::code_of(measurement, material.context.patient.age_years);
        if let Some(code) = code.and_then(|c| material.lexicon.code_id(&c)) {
            let place = place(&mut candidates, material, measurement.span);
            candidates.add(code, fact(place));
        }
    }
    drugs(&mut candidates, material);
    more(&mut candidates);
    candidates.places.ask_head(material.assertion);
    histories(&mut candidates, material.lexicon);
    combinations::add(&mut candidates, material.lexicon);
    pregnancy::add(&mut candidates, material);
    candidates
}

fn fact(place: usize) -> Support {
    Support { place, source: FACT, share: 1.0, words: 1, gaps: 0, subsumed: false, count: 0.0 }
}

fn place(candidates: &mut Candidates, material: &Material<'_>, span: Span) -> usize {
    candidates.places.at(material.document, material.mentions, material.assertion, span)
}

fn lexicon_hit(candidates: &mut Candidates, material: &Material<'_>, hit: &Hit) {
    let mut at = None;
    for Posting { source, target } in material.lexicon.postings(hit.entry) {
        let codes = codes_of(material, target, hit.span);
        if let Target::NotConcept(concept) = target {
            let place = *at.get_or_insert_with(|| place(candidates, material, hit.span));
            let options = material.lexicon.concept(concept).map(|c| c.options.as_slice()).unwrap_or_default();
            candidates.traps.extend(options.iter().filter_map(|o| material.lexicon.code_id(&o.code)).map(|c| (c, place)));
            continue;
        }
        if codes.is_empty() {
            continue;
        }
        let place = *at.get_or_insert_with(|| place(candidates, material, hit.span));
        for (code, share) in codes {
            let support = Support {
                place,
                source: source as usize,
                share,
                words: hit.words,
                gaps: hit.skipped + hit.commas,
                subsumed: hit.subsumed,
                count: 0.0,
            };
            candidates.add(code, support);
        }
    }
}

/// Codes of one target at one place that are kept.
const MOST_CODES: usize = 6;

/// The codes of a target in this place, each with its share.
fn codes_of(material: &Material<'_>, target: Target, span: Span) -> Vec<(CodeId, f32)> {
    let lexicon = material.lexicon;
    let around = AttributeContext::around(material.attributes, span);
    if let Target::Range(from, to) = target {
        let mut families: Vec<FamilyId> = (from.0..to.0).filter_map(|c| lexicon.family(CodeId(c))).map(|f| f.0).collect();
        families.sort_unstable();
        families.dedup();
        if families.len() > MOST_FAMILIES {
            return Vec::new();
        }
        let share = 1.0 / families.len().max(1) as f32;
        let first = families.iter().filter_map(|f| lexicon.members(*f).first());
        return first.map(|c| (specialise(lexicon, *c, &around), share)).collect();
    }
    resolve(lexicon, target, &around)
        .into_iter()
        .take(MOST_CODES)
        .filter(|r| r.weight > 0.02)
        .map(|r| (r.code, r.weight))
        .collect()
}

/// A learned phrase speaks for the families of its codes; the side and encounter come from this note.
fn learned(candidates: &mut Candidates, material: &Material<'_>, phrases: Vec<LearnedHit<'_>>) {
    for hit in phrases {
        if !says_something(material, hit.span) {
            continue;
        }
        let total: u32 = hit.counts.iter().map(|c| c.1).sum();
        let mut families: BTreeMap<FamilyId, (CodeId, u32, u32)> = BTreeMap::new();
        for (code, n) in hit.counts {
            let Some(id) = material.lexicon.code_id(code) else { continue };
            let Some((family, ..)) = material.lexicon.family(id) else { continue };
            let entry = families.entry(family).or_insert((id, 0, 0));
            entry.1 += n;
            if *n > entry.2 {
                (entry.0, entry.2) = (id, *n);
            }
        }
        if families.is_empty() {
            continue;
        }
        let place = place(candidates, material, hit.span);
        let around = AttributeContext::around(material.attributes, hit.span);
        for (code, n, _) in families.into_values() {
            let support = Support {
                place,
                source: LEARNED,
                share: n as f32 / (total as f32 + 0.5),
                words: hit.words,
                gaps: hit.skipped + hit.commas,
                subsumed: hit.subsumed,
                count: n as f32,
            };
            candidates.add(specialise(material.lexicon, code, &around), support);
        }
    }
}

/// A condition that is past, or a relative's, also speaks for its history code.
fn histories(candidates: &mut Candidates, lexicon: &Lexicon) {
    let mut found: Vec<(CodeId, Support)> = Vec::new();
    for candidate in candidates.by_code.values() {
        for support in &candidate.supports {
            let place = &candidates.places.list[support.place];
            for (assertion, whose) in [(Assertion::Historical, HistoryOf::Patient), (Assertion::Family, HistoryOf::Family)] {
                if place.held(assertion) < 0.5 || support.share < 0.2 {
                    continue;
                }
                let code = history_code(lexicon.code(candidate.code), whose).and_then(|c| lexicon.code_id(c));
                if let Some(code) = code {
                    found.push((code, Support { source: HISTORY, ..*support }));
                }
            }
        }
    }
    found.into_iter().for_each(|(code, support)| candidates.add(code, support));
}

/// Long-term drug codes (Z79) of drugs that the patient takes.
fn drugs(candidates: &mut Candidates, material: &Material<'_>) {
    for hit in Drugs::embedded().find(&material.document.text) {
        let Some(code) = hit.drug.long_term.and_then(|code| material.lexicon.code_id(code)) else { continue };
        if material.document.section_kind_at(hit.start) == SectionKind::Allergies {
            continue;
        }
        let place = place(candidates, material, Span::new(hit.start, hit.end));
        candidates.add(code, fact(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_codes_is_no_device() {
        assert!(names_a_classification("(ICD-9 code 998.59)", Span::new(1, 4)));
        assert!(names_a_classification("ICD 10", Span::new(0, 3)));
        assert!(!names_a_classification("ICD in place", Span::new(0, 3)));
        assert!(!names_a_classification("dual chamber ICD", Span::new(13, 16)));
    }
}
