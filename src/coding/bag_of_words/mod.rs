//! What the words of a note as a whole say: a linear reader over its terms.
//!
//! The dictionary and the encoder read passages; in shorthand ("mirena strings seen, happy") no passage names the code, and
//! the note as a whole does. One weight a term and code, learned by ridge regression on labelled claims
//! (`train::bag_of_words`), gives each code a score; the terms with the largest share of it are its evidence.
mod file;
mod terms;

use std::collections::BTreeMap;

pub use file::{BagError, DIAGNOSES_FILE, SERVICES_FILE};
pub use terms::{Term, terms};

use crate::document::Span;

/// The weights. A note is a vector of its terms, `(1 + ln count) * idf` each, of length one; the score of a code is the sum of
/// its weights over that vector: about 1 where the code is certain, about 0 where nothing speaks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BagOfWords {
    /// Documents it learned from.
    pub(crate) documents: u32,
    /// Codes, sorted.
    pub(crate) codes: Vec<String>,
    /// Hashes of the terms, sorted.
    pub(crate) terms: Vec<u32>,
    /// Documents with each term.
    pub(crate) counts: Vec<u32>,
    /// Where the weights of each term begin; one longer than `terms`.
    pub(crate) starts: Vec<u32>,
    /// Code and weight, by term.
    pub(crate) weights: Vec<(u16, i8)>,
    /// What a weight of one stands for.
    pub(crate) scale: f32,
}

/// A note as the reader sees it.
#[derive(Clone, Debug, Default)]
pub struct NoteTerms {
    /// Row of the term, its value in the note's vector, where it stands.
    list: Vec<(usize, f32, Vec<Span>)>,
}

impl NoteTerms {
    /// The note's vector: row and value of each of its terms.
    pub fn vector(&self) -> Vec<(usize, f32)> {
        self.list.iter().map(|(row, value, _)| (*row, *value)).collect()
    }
}

/// Scores of the codes that a note's words speak for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    by_code: BTreeMap<String, f32>,
}

impl Scores {
    /// Of codes with their scores.
    pub fn new(by_code: BTreeMap<String, f32>) -> Self {
        Self { by_code }
    }
    /// Score of a code; 0 where the words do not speak for it.
    pub fn of(&self, code: &str) -> f32 {
        self.by_code.get(code).copied().unwrap_or_default()
    }
    /// Codes, best first, at most `most`.
    pub fn best(&self, most: usize) -> Vec<(&str, f32)> {
        let mut list: Vec<(&str, f32)> = self.by_code.iter().map(|(c, s)| (c.as_str(), *s)).collect();
        list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        list.truncate(most);
        list
    }
}

/// What the words of one note say.
pub struct NoteWords<'a> {
    /// The weights, for evidence.
    pub bag: &'a BagOfWords,
    /// The note's terms.
    pub note: NoteTerms,
    /// Scores of the codes.
    pub scores: Scores,
}

impl<'a> NoteWords<'a> {
    /// Of a text.
    pub fn new(bag: &'a BagOfWords, text: &str) -> Self {
        let note = bag.note(&terms(text));
        Self { bag, scores: bag.scores(&note), note }
    }

    /// Where the terms stand that speak most for a code, best first, at most `most`.
    pub fn evidence(&self, code: &str, most: usize) -> Vec<Span> {
        self.bag.evidence(&self.note, code, most)
    }
}

/// Scores below this are nothing.
const LEAST: f32 = 0.01;

impl BagOfWords {
    /// Inverse document frequency of a term.
    fn idf(&self, row: usize) -> f32 {
        let of = |n: u32| (n + 1) as f32;
        (of(self.documents) / of(self.counts[row])).ln() + 1.0
    }

    /// The terms of a note that the reader knows.
    pub fn note(&self, terms: &[Term]) -> NoteTerms {
        let mut places: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
        for term in terms {
            if let Ok(row) = self.terms.binary_search(&term.hash) {
                places.entry(row).or_default().push(term.span);
            }
        }
        let mut list: Vec<(usize, f32, Vec<Span>)> =
            places.into_iter().map(|(row, spans)| (row, (1.0 + (spans.len() as f32).ln()) * self.idf(row), spans)).collect();
        let length = list.iter().map(|t| t.1 * t.1).sum::<f32>().sqrt().max(1e-6);
        list.iter_mut().for_each(|t| t.1 /= length);
        NoteTerms { list }
    }

    /// Number of weights.
    pub fn weight_count(&self) -> usize {
        self.weights.len()
    }

    fn weights_of(&self, row: usize) -> &[(u16, i8)] {
        let (from, to) = (self.starts[row] as usize, self.starts[row + 1] as usize);
        &self.weights[from..to]
    }

    /// Scores of all codes that the note's words speak for.
    pub fn scores(&self, note: &NoteTerms) -> Scores {
        let mut sums = vec![0f32; self.codes.len()];
        for (row, value, _) in &note.list {
            for (code, weight) in self.weights_of(*row) {
                sums[usize::from(*code)] += value * f32::from(*weight);
            }
        }
        let found = sums.iter().enumerate().map(|(i, s)| (i, s * self.scale)).filter(|(_, s)| *s >= LEAST);
        Scores { by_code: found.map(|(i, s)| (self.codes[i].clone(), s)).collect() }
    }

    /// Where the terms stand that speak most for a code, best first, at most `most`.
    pub fn evidence(&self, note: &NoteTerms, code: &str, most: usize) -> Vec<Span> {
        let Ok(code) = self.codes.binary_search_by(|c| c.as_str().cmp(code)) else { return Vec::new() };
        let mut found: Vec<(f32, Span)> = Vec::new();
        for (row, value, spans) in &note.list {
            let own = self.weights_of(*row).iter().find(|(c, _)| usize::from(*c) == code);
            if let (Some((_, weight)), Some(span)) = (own.filter(|w| w.1 > 0), spans.first()) {
                found.push((value * f32::from(*weight), *span));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.into_iter().map(|(_, span)| span).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> BagOfWords {
        let hash = |text: &str| terms(text)[0].hash;
        let mut rows = [(hash("strings"), vec![(1u16, 100i8)]), (hash("mirena"), vec![(0, 60), (1, 60)])];
        rows.sort_by_key(|r| r.0);
        let mut starts = vec![0];
        let mut weights = Vec::new();
        for (_, w) in &rows {
            weights.extend_from_slice(w);
            starts.push(weights.len() as u32);
        }
        BagOfWords {
            documents: 10,
            codes: vec!["Z30.430".into(), "Z30.431".into()],
            terms: rows.iter().map(|r| r.0).collect(),
            counts: vec![1, 1],
            starts,
            weights,
            scale: 0.01,
        }
    }

    #[test]
    fn words_speak_for_codes_and_stand_as_their_evidence() {
        let bag = small();
        let text = "Mirena strings seen";
        let note = bag.note(&terms(text));
        let scores = bag.scores(&note);
        assert!(scores.of("Z30.431") > scores.of("Z30.430"));
        assert_eq!(scores.best(1)[0].0, "Z30.431");
        let evidence: Vec<&str> = bag.evidence(&note, "Z30.431", 2).iter().map(|s| s.of(text)).collect();
        assert_eq!(evidence, ["strings", "Mirena"]);
    }

    #[test]
    fn a_note_of_unknown_words_has_no_scores() {
        let bag = small();
        assert_eq!(bag.scores(&bag.note(&terms("nothing here"))), Scores::default());
        assert_eq!(bag.scores(&bag.note(&terms(""))), Scores::default());
    }
}
