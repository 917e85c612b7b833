//! What a corpus of coded case reports says about words and codes: counts only.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::prototypes::Prototypes;
use crate::coding::lexicon::{CodeId, Lexicon, PhraseCounts};

/// Stands where a code would: the number of documents in which the phrase occurs, coded or not.
pub const TOTAL: &str = "*";

/// Stemmed phrases → codes → number of documents where the phrase stands in a sentence that was coded so.
pub type Counts = BTreeMap<Vec<String>, BTreeMap<String, u32>>;

/// The counts of a training corpus, ready for matching.
pub struct Statistics {
    /// Number of documents with a code.
    pub documents: BTreeMap<String, u32>,
    /// The same by category (first three characters).
    pub categories: BTreeMap<String, u32>,
    /// Phrases that name a diagnosis: words of the evidence, and phrases of the dictionary.
    pub mentions: PhraseCounts,
    /// Up to three neighbouring words of coded sentences.
    pub sentences: PhraseCounts,
    /// What their evidence looks like.
    pub prototypes: Prototypes,
    /// Codes of the corpus that the dictionary does not have: headers, codes of other years. Sorted.
    further: Vec<String>,
}

/// The first three characters.
pub fn category(code: &str) -> &str {
    code.get(..3).unwrap_or(code)
}

impl Statistics {
    /// From counts. `documents` counts every code of the corpus.
    pub fn new(
        documents: BTreeMap<String, u32>,
        categories: BTreeMap<String, u32>,
        mentions: Counts,
        sentences: Counts,
        prototypes: Prototypes,
        lexicon: &Lexicon,
    ) -> Self {
        let further = documents.keys().filter(|c| lexicon.code_id(c).is_none()).cloned().collect();
        Self {
            documents,
            categories,
            mentions: PhraseCounts::from_counts(mentions),
            sentences: PhraseCounts::from_counts(sentences),
            prototypes,
            further,
        }
    }

    /// Number of a code; those that the dictionary does not have are numbered after its own.
    pub fn id(&self, lexicon: &Lexicon, code: &str) -> Option<CodeId> {
        lexicon.code_id(code).or_else(|| self.further_id(lexicon, code))
    }

    /// Number of a code of the corpus that the dictionary does not have.
    pub fn further_id(&self, lexicon: &Lexicon, code: &str) -> Option<CodeId> {
        let at = self.further.binary_search_by(|c| c.as_str().cmp(code)).ok()?;
        Some(CodeId(lexicon.code_count() as u32 + at as u32))
    }

    /// The code of a number.
    pub fn code<'a>(&'a self, lexicon: &'a Lexicon, id: CodeId) -> &'a str {
        let further = (id.0 as usize).checked_sub(lexicon.code_count()).and_then(|at| self.further.get(at));
        further.map_or_else(|| lexicon.code(id), String::as_str)
    }

    /// Documents of the corpus with this code.
    pub fn of_code(&self, code: &str) -> u32 {
        self.documents.get(code).copied().unwrap_or_default()
    }

    /// Documents of the corpus with a code of this category.
    pub fn of_category(&self, code: &str) -> u32 {
        self.categories.get(category(code)).copied().unwrap_or_default()
    }

    /// Codes of a category with their documents.
    pub fn in_category<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, u32)> {
        self.documents.range(key.to_owned()..).take_while(move |(c, _)| c.starts_with(key)).map(|(c, n)| (c.as_str(), *n))
    }
}

/// Number of documents in which a phrase occurs, and its codes.
pub fn split(counts: &[(String, u32)]) -> (u32, &[(String, u32)]) {
    match counts.split_first() {
        Some(((code, n), rest)) if code == TOTAL => (*n, rest),
        _ => (0, counts),
    }
}

/// Counts as they are stored: stems and codes by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCounts {
    /// Sorted.
    pub stems: Vec<String>,
    /// Stems, documents, (code, documents with it).
    pub phrases: Vec<(Vec<u16>, u32, Vec<(u16, u32)>)>,
}

impl StoredCounts {
    /// Packs counts; codes outside the list and phrases of more than 65,535 different stems are left out.
    pub fn pack(counts: &Counts, codes: &[String]) -> Self {
        let stems: BTreeSet<&String> = counts.keys().flatten().collect();
        let stems: Vec<String> = stems.into_iter().cloned().collect();
        let number = |list: &[String], x: &String| list.binary_search(x).ok().and_then(|i| u16::try_from(i).ok());
        let phrase = |(key, found): (&Vec<String>, &BTreeMap<String, u32>)| {
            let key = key.iter().map(|s| number(&stems, s)).collect::<Option<Vec<u16>>>()?;
            let total = found.get(TOTAL).copied().unwrap_or_default();
            Some((key, total, found.iter().filter_map(|(c, n)| Some((number(codes, c)?, *n))).collect()))
        };
        let phrases = counts.iter().filter_map(phrase).collect();
        Self { stems, phrases }
    }

    /// Unpacks them; what points outside the lists is left out.
    pub fn unpack(&self, codes: &[String]) -> Counts {
        let mut out = Counts::new();
        for (key, total, found) in &self.phrases {
            let key: Option<Vec<String>> = key.iter().map(|s| self.stems.get(usize::from(*s)).cloned()).collect();
            let Some(key) = key else { continue };
            let mut by_code: BTreeMap<String, u32> =
                found.iter().filter_map(|(c, n)| Some((codes.get(usize::from(*c))?.clone(), *n))).collect();
            by_code.insert(TOTAL.to_owned(), *total);
            out.insert(key, by_code);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_the_file() {
        let codes: Vec<String> = ["R05", "R50.9"].map(String::from).to_vec();
        let by_code = |list: &[(&str, u32)]| list.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect();
        let counts: Counts = [
            (vec!["fever".to_owned()], by_code(&[(TOTAL, 9), ("R50.9", 7)])),
            (vec!["cough".to_owned(), "fever".to_owned()], by_code(&[(TOTAL, 2), ("R05", 2), ("R50.9", 1)])),
        ]
        .into();
        assert_eq!(StoredCounts::pack(&counts, &codes).unpack(&codes), counts);
    }

    #[test]
    fn the_total_stands_before_the_codes() {
        let counts = [(TOTAL.to_owned(), 4), ("R05".to_owned(), 3)];
        assert_eq!(split(&counts), (4, &counts[1..]));
        assert_eq!(split(&counts[1..]), (0, &counts[1..]));
    }
}
