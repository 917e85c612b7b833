//! Codes that no passage names and the words of the note as a whole speak for ([`bag_of_words`](crate::coding::bag_of_words)).
use super::candidates::{Candidates, Support, WORDS};
use super::gather::Material;

/// Codes taken up, best first.
const MOST: usize = 25;
/// Least score of a code that is taken up.
const LEAST: f32 = 0.03;
/// Weight of the support among other sources: too little to make combinations.
const SHARE: f32 = 0.1;

/// Adds the best codes that no other source has found.
pub(super) fn add(candidates: &mut Candidates, material: &Material<'_>) {
    let Some(words) = material.words else { return };
    for (code, score) in words.scores.best(MOST) {
        let Some(id) = material.lexicon.code_id(code).filter(|id| score >= LEAST && !candidates.by_code.contains_key(id)) else {
            continue;
        };
        for span in words.evidence(code, 2) {
            let place = candidates.places.at(material.document, material.mentions, material.assertion, span);
            let support = Support { place, source: WORDS, share: SHARE, words: 1, gaps: 0, subsumed: false, count: 0.0 };
            candidates.add(id, support);
        }
    }
}
