//! The dictionary alone: each match that is not denied is a diagnosis.
use std::collections::BTreeMap;
use std::time::Instant;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::{Predicted, plain, predicted};
use crate::coding::lexicon::{CodeId, Hit, Lexicon, Posting, Target};
use crate::document::tokens::is_function_word;
use crate::document::{self, Document};
use crate::eval::gold::Case;
use crate::extract::assertion_cues::CueIndex;
use crate::extract::{Assertion, MentionKind};

/// The codes of every case.
pub fn predict(lexicon: &Lexicon, cases: &[Case], bar: &ProgressBar) -> Vec<Predicted> {
    let one = |case: &Case| {
        let started = Instant::now();
        let document = document::read(&case.encounter.note);
        let found = codes(lexicon, &document);
        bar.inc(1);
        // Nothing but the length of the match is known; the first in the note stands first.
        let mut result = predicted(found.clone(), f32::MIN, |words| words / (words + 1.0), started.elapsed().as_secs_f64());
        result.ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        result
    };
    cases.par_iter().map(one).collect()
}

/// Codes with the words of their longest match, in the order of the note.
fn codes(lexicon: &Lexicon, document: &Document) -> Vec<(String, f32)> {
    let cues = CueIndex::new(document);
    let mut found: Vec<(String, f32)> = Vec::new();
    for hit in lexicon.matches(document).iter().filter(|h| !h.subsumed && says_something(document, h)) {
        let assertions = cues.assess_as(hit.span, Some(MentionKind::Problem)).assertions;
        let Some(code) = code_of(lexicon, hit).filter(|_| !assertions.contains(&Assertion::Absent)) else { continue };
        let (code, words) = (lexicon.code(code), f32::from(hit.words));
        match found.iter_mut().find(|(known, _)| known == code) {
            Some(entry) => entry.1 = entry.1.max(words),
            None => found.push((code.to_owned(), words)),
        }
    }
    found
}

fn says_something(document: &Document, hit: &Hit) -> bool {
    let words = hit.span.of(&document.text).split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty()).any(|w| !is_function_word(&w.to_lowercase()))
}

/// The code that most of the sources of a phrase mean.
fn code_of(lexicon: &Lexicon, hit: &Hit) -> Option<CodeId> {
    let mut votes: BTreeMap<CodeId, f32> = BTreeMap::new();
    for Posting { target, .. } in lexicon.postings(hit.entry) {
        let default = match target {
            Target::Concept(id) => lexicon.concept(id).and_then(|c| c.default.as_deref()).and_then(|c| lexicon.code_id(c)),
            _ => None,
        };
        let codes = default.map_or_else(|| lexicon.codes_of(target), |code| vec![(code, 1.0)]);
        codes.into_iter().for_each(|(code, share)| *votes.entry(code).or_default() += share);
    }
    let most = votes.values().copied().fold(0.0, f32::max);
    let best: Vec<CodeId> = votes.into_iter().filter(|(_, v)| *v >= most - 1e-6).map(|(c, _)| c).collect();
    plain(lexicon, &best)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn denied_words_have_no_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets/lexicon.bin");
        let lexicon = Lexicon::open(&path).expect("lexicon");
        let found = codes(&lexicon, &document::read("Essential hypertension. She denies chest pain."));
        let codes: Vec<&str> = found.iter().map(|(c, _)| c.as_str()).collect();
        assert!(codes.contains(&"I10") && !codes.contains(&"R07.9"), "{codes:?}");
    }
}
