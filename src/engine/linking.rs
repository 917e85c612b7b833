//! From given words of a note to codes, without the rest of the way: what `eval` calls linking.
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Engine, EngineError};
use crate::coding::attributes::{AttributeContext, HistoryOf, history_code, resolve, specialise};
use crate::coding::diagnoses::{self, gather::Material};
use crate::coding::lexicon::{CodeId, LearnedHit, Source};
use crate::document::Span;
use crate::extract::Assertion;
use crate::note::Encounter;

/// Weight of a dictionary entry that covers the words, beside a cosine of titles.
const DICTIONARY: f32 = 0.6;
/// Weight of a phrase that labelled training notes coded so.
const LEARNED: f32 = 1.0;
/// Weight of how likely a code is on the note's claim: what the rest of the note says of it.
const NOTE: f32 = 0.5;
/// Weight of how common a code is on training claims (logarithm of one more than their number).
const COMMON: f32 = 0.04;
/// Codes of one dictionary entry that are looked at.
const MOST_OPTIONS: usize = 5;

impl Engine {
    /// Codes for given places and how the note holds them, best first, at most `most` each: titles near the mention's vector,
    /// the dictionary and the phrases of training notes, each resolved by what is said around the place, and how likely the
    /// whole note makes each of them.
    pub fn link(
        &self,
        encounter: &Encounter,
        today: Date,
        places: &[(Span, Assertion)],
        most: usize,
    ) -> Result<Vec<Vec<String>>, EngineError> {
        let reading = self.read(encounter, today)?;
        let queries: Vec<Vec<f32>> =
            places.iter().map(|(span, _)| reading.encoded.mention_vector(*span).unwrap_or_default()).collect();
        let near = self.reader.title_vectors().map(|titles| (titles, titles.search(&queries, most)));
        let lexicon = self.reader.lexicon();
        let linked = self.reader.with_material(&reading, |material| {
            let icd10cm = &self.code_sets.icd10cm;
            let likely = diagnoses::likelihoods(material, &self.diagnoses, self.recheck.as_ref(), icd10cm);
            let learned = material.counts.matches_in(material.attributes.words());
            let one = |(i, (span, assertion)): (usize, &(Span, Assertion))| {
                let mut scores: BTreeMap<CodeId, f32> = BTreeMap::new();
                let around = AttributeContext::around(material.attributes, *span);
                for (titles, found) in near.iter().filter_map(|(titles, all)| Some((titles, all.get(i)?))) {
                    for neighbour in found {
                        let code = titles.members(neighbour.row).next().and_then(|c| lexicon.code_id(c));
                        let Some(code) = code.map(|c| specialise(lexicon, c, &around)) else { continue };
                        let score = scores.entry(code).or_default();
                        *score = score.max(neighbour.score);
                    }
                }
                for (code, score) in dictionary(material, *span, &around) {
                    *scores.entry(code).or_default() += DICTIONARY * score;
                }
                for (code, score) in of_learned(material, &learned, *span) {
                    *scores.entry(code).or_default() += LEARNED * score;
                }
                self.ranked(scores, &likely, *assertion, most)
            };
            places.iter().enumerate().map(one).collect()
        });
        Ok(linked)
    }

    /// Best first; what is past or a relative's takes its history code, and keeps its own behind it.
    fn ranked(
        &self,
        scores: BTreeMap<CodeId, f32>,
        likely: &BTreeMap<CodeId, f32>,
        assertion: Assertion,
        most: usize,
    ) -> Vec<String> {
        let lexicon = self.reader.lexicon();
        let whose = match assertion {
            Assertion::Historical => Some(HistoryOf::Patient),
            Assertion::Family => Some(HistoryOf::Family),
            _ => None,
        };
        let history = |id: CodeId| history_code(lexicon.code(id), whose?).and_then(|code| lexicon.code_id(code));
        let of = |id: CodeId| likely.get(&id).copied().unwrap_or_default();
        let in_note = |id: CodeId| history(id).map_or(0.0, of).max(of(id));
        let common = |id: CodeId| (1.0 + self.claims_with(lexicon.code(id)) as f32).ln();
        let weighed = |(id, score): (CodeId, f32)| (id, score + NOTE * in_note(id) + COMMON * common(id));
        let mut all: Vec<(CodeId, f32)> = scores.into_iter().map(weighed).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut codes: Vec<String> = Vec::new();
        for (id, _) in all {
            let own = lexicon.code(id);
            for code in history(id).map(|h| lexicon.code(h)).into_iter().chain([own]) {
                if !codes.iter().any(|c| c == code) {
                    codes.push(code.to_owned());
                }
            }
        }
        codes.truncate(most);
        codes
    }
}

/// How much of a place a find covers: bytes of both over bytes of either.
fn cover(place: Span, find: Span) -> f32 {
    let both = place.end.min(find.end).saturating_sub(place.start.max(find.start));
    let either = place.end.max(find.end) - place.start.min(find.start);
    both as f32 / either.max(1) as f32
}

fn dictionary(material: &Material<'_>, place: Span, around: &AttributeContext<'_>) -> BTreeMap<CodeId, f32> {
    let mut scores: BTreeMap<CodeId, f32> = BTreeMap::new();
    for hit in material.hits.unwrap_or_default().iter().filter(|h| h.span.overlaps(place)) {
        for posting in material.lexicon.postings(hit.entry).into_iter().filter(|p| p.source != Source::Trap) {
            for option in resolve(material.lexicon, posting.target, around).into_iter().take(MOST_OPTIONS) {
                let score = scores.entry(option.code).or_default();
                *score = score.max(cover(place, hit.span) * option.weight);
            }
        }
    }
    scores
}

fn of_learned(material: &Material<'_>, learned: &[LearnedHit<'_>], place: Span) -> BTreeMap<CodeId, f32> {
    let mut scores: BTreeMap<CodeId, f32> = BTreeMap::new();
    for hit in learned.iter().filter(|h| h.span.overlaps(place)) {
        let total: u32 = hit.counts.iter().map(|c| c.1).sum();
        for (code, n) in hit.counts {
            let Some(code) = material.lexicon.code_id(code) else { continue };
            let score = scores.entry(code).or_default();
            *score = score.max(cover(place, hit.span) * *n as f32 / (total as f32 + 0.5));
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_find_counts_by_what_it_covers() {
        assert_eq!(cover(Span::new(0, 10), Span::new(0, 10)), 1.0);
        assert_eq!(cover(Span::new(0, 10), Span::new(5, 20)), 0.25);
        assert_eq!(cover(Span::new(0, 10), Span::new(10, 20)), 0.0);
    }
}
