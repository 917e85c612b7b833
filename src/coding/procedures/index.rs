//! Phrase index: which concepts and codes do the words of a statement speak of?
//!
//! A phrase is a bag of stems with weights (rarer among the phrases, heavier). It matches a statement by the share of
//! its weight that the statement's words cover, so word order, inflection and words between do not matter.
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::table::ProcedureTable;
use super::words::{Word, Words};

/// What a phrase points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A concept (its position in the table).
    Concept(usize),
    /// A single code (its position in [`PhraseIndex::codes`]).
    Code(usize),
    /// Words that look like this concept and mean no code.
    Nothing(usize),
}

/// Where a phrase comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The lexicon's phrases.
    Phrase,
    /// A concept's name with the attribute values of one code.
    Composed,
    /// A look-alike of another concept.
    Trap,
    /// Learned from labelled notes.
    Learned,
}

/// A phrase of the index.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// Distinct word ids, ascending.
    pub words: Vec<u32>,
    /// Sum of the words' weights.
    pub weight: f32,
    /// What it points to.
    pub target: Target,
    /// Where it comes from.
    pub source: Source,
    /// How many concepts or codes share exactly these words.
    pub ambiguity: u16,
    /// Training fold of the note a learned phrase came from; 0 for all others.
    pub fold: u8,
}

/// A phrase learned from a labelled note: words of a quote and the code given for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LearnedPhrase {
    /// CPT or HCPCS code.
    pub code: String,
    /// At most eight stems, sorted.
    pub words: Vec<String>,
    /// Training fold of its note.
    #[serde(default)]
    pub fold: u8,
}

/// A code and where it stands in the table: (concept, position among its codes).
#[derive(Clone, Debug)]
pub struct IndexedCode {
    /// CPT or HCPCS code.
    pub code: String,
    /// Concepts that can become it; empty for codes known from labelled notes only.
    pub entries: Vec<(usize, usize)>,
}

/// The index.
pub struct PhraseIndex {
    /// The normaliser the phrases went through.
    pub words: Words,
    vocabulary: HashMap<String, u32>,
    weights: Vec<f32>,
    postings: Vec<Vec<u32>>,
    /// All phrases.
    pub phrases: Vec<Phrase>,
    /// All codes, ascending.
    pub codes: Vec<IndexedCode>,
    code_ids: HashMap<String, usize>,
}

/// A phrase found in a statement.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which phrase.
    pub phrase: usize,
    /// Share of the phrase's weight that was found.
    pub coverage: f32,
    /// Weight found.
    pub matched: f32,
    /// Positions (in the statement's word list) of the words found, ascending.
    pub positions: Vec<u16>,
}

impl Hit {
    /// How well it matches: full and long matches first.
    pub fn score(&self) -> f32 {
        self.coverage * self.coverage * self.matched.sqrt()
    }
}

impl PhraseIndex {
    /// Builds the index over the table's phrases and what was learned.
    pub fn build(table: &ProcedureTable, learned: &[LearnedPhrase]) -> Self {
        let words = Words::new();
        let mut entries: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (c, concept) in table.concepts.iter().enumerate() {
            for (e, entry) in concept.codes.iter().enumerate() {
                entries.entry(&entry.code).or_default().push((c, e));
            }
        }
        for phrase in learned {
            entries.entry(&phrase.code).or_default();
        }
        let codes: Vec<IndexedCode> =
            entries.into_iter().map(|(code, entries)| IndexedCode { code: code.to_owned(), entries }).collect();
        let code_ids: HashMap<String, usize> = codes.iter().enumerate().map(|(i, c)| (c.code.clone(), i)).collect();
        let mut index = Self {
            words,
            vocabulary: HashMap::new(),
            weights: Vec::new(),
            postings: Vec::new(),
            phrases: Vec::new(),
            codes,
            code_ids,
        };
        index.add_table(table);
        index.add_drugs();
        index.add_numbers();
        index.weigh();
        for phrase in learned {
            if let Some(&code) = index.code_ids.get(&phrase.code) {
                let stems: Vec<&str> = phrase.words.iter().map(String::as_str).collect();
                index.add(&stems, Target::Code(code), Source::Learned, phrase.fold);
            }
        }
        index.finish();
        index
    }

    fn add_table(&mut self, table: &ProcedureTable) {
        let modalities: std::collections::HashSet<String> =
            self.words.of(super::vocabulary::MODALITY, 0).into_iter().map(|w| w.stem).collect();
        for (c, concept) in table.concepts.iter().enumerate() {
            for phrase in &concept.phrases {
                self.add_text(phrase, Target::Concept(c), Source::Phrase);
            }
            self.add_text(&concept.concept, Target::Concept(c), Source::Phrase);
            for trap in &concept.traps {
                match &trap.code {
                    None => self.add_text(&trap.phrase, Target::Nothing(c), Source::Trap),
                    Some(code) => {
                        if let Some(&code) = self.code_ids.get(code) {
                            self.add_text(&trap.phrase, Target::Code(code), Source::Trap);
                        }
                    }
                }
            }
            let modality: Vec<String> =
                self.words.of(&concept.concept, 0).into_iter().map(|w| w.stem).filter(|stem| modalities.contains(stem)).collect();
            for entry in &concept.codes {
                let values: Vec<&str> = entry
                    .attributes
                    .iter()
                    .filter(|(key, _)| super::attributes::is_wording(key))
                    .map(|(_, value)| value.as_str())
                    .collect();
                let Some(&code) = self.code_ids.get(&entry.code) else { continue };
                if !values.is_empty() {
                    let text = format!("{} {}", concept.concept, values.join(" "));
                    self.add_text(&text, Target::Code(code), Source::Composed);
                }
                self.add_short(&modality, entry, code);
            }
        }
    }

    /// Short phrases of one code: each value of its attributes with what is done (`ankle` + `xray`); a named product or
    /// drug by itself.
    fn add_short(&mut self, modality: &[String], entry: &super::table::CodeEntry, code: usize) {
        const IMAGING: [&str; 5] = ["xray", "mri", "ct", "ultrasound", "angiogram"];
        let imaging = modality.iter().any(|m| IMAGING.contains(&m.as_str()));
        let product = entry.code.starts_with(|c: char| c.is_ascii_alphabetic());
        for (key, value) in entry.attributes.iter().filter(|(key, _)| super::attributes::is_wording(key)) {
            for bag in super::attributes::alternatives(value, &self.words, imaging) {
                if product && key == "device" {
                    let stems: Vec<&str> = bag.iter().map(String::as_str).collect();
                    self.add(&stems, Target::Code(code), Source::Composed, 0);
                } else if !modality.is_empty() && bag.iter().any(|stem| !modality.contains(stem)) {
                    let stems: Vec<&str> = bag.iter().chain(modality).map(String::as_str).collect();
                    self.add(&stems, Target::Code(code), Source::Composed, 0);
                }
            }
        }
    }

    /// Some notes state the code itself.
    fn add_numbers(&mut self) {
        for code in 0..self.codes.len() {
            let stem = self.codes[code].code.to_lowercase();
            self.add(&[&stem], Target::Code(code), Source::Composed, 0);
        }
    }

    /// Names of drugs that have a code of their own.
    fn add_drugs(&mut self) {
        for drug in crate::codeset::drugs::Drugs::embedded().all() {
            for (code, _) in &drug.hcpcs {
                let Some(&code) = self.code_ids.get(*code) else { continue };
                for name in &drug.names {
                    self.add_text(name, Target::Code(code), Source::Composed);
                }
            }
        }
    }

    fn add_text(&mut self, text: &str, target: Target, source: Source) {
        let words = self.words.of(text, 0);
        let stems: Vec<&str> = words.iter().map(|w| w.stem.as_str()).collect();
        self.add(&stems, target, source, 0);
    }

    fn add(&mut self, stems: &[&str], target: Target, source: Source, fold: u8) {
        let mut ids: Vec<u32> = stems
            .iter()
            .map(|stem| {
                let next = self.vocabulary.len() as u32;
                *self.vocabulary.entry((*stem).to_owned()).or_insert(next)
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            self.phrases.push(Phrase { words: ids, weight: 0.0, target, source, ambiguity: 1, fold });
        }
    }

    /// Weights of the words by how many of the table's phrases have them.
    fn weigh(&mut self) {
        let mut counts = vec![0u32; self.vocabulary.len()];
        let counted = self.phrases.iter().filter(|p| p.source == Source::Phrase);
        let mut total = 0u32;
        for phrase in counted {
            total += 1;
            for &word in &phrase.words {
                counts[word as usize] += 1;
            }
        }
        self.weights = counts.iter().map(|&n| ((total as f32 + 1.0) / (n as f32 + 1.0)).ln().clamp(0.3, 7.0)).collect();
    }

    fn finish(&mut self) {
        // Words that only learned phrases have weigh a middling amount.
        self.weights.resize(self.vocabulary.len(), 5.0);
        self.postings = vec![Vec::new(); self.vocabulary.len()];
        let mut sharing: HashMap<&[u32], std::collections::BTreeSet<Target>> = HashMap::new();
        for phrase in &self.phrases {
            sharing.entry(&phrase.words).or_default().insert(phrase.target);
        }
        let ambiguity: Vec<u16> =
            self.phrases.iter().map(|p| sharing.get(p.words.as_slice()).map_or(1, |s| s.len().min(999) as u16)).collect();
        for (i, phrase) in self.phrases.iter_mut().enumerate() {
            phrase.ambiguity = ambiguity[i];
            phrase.weight = phrase.words.iter().map(|&w| self.weights[w as usize]).sum();
            for &word in &phrase.words {
                self.postings[word as usize].push(i as u32);
            }
        }
    }

    /// Position of a code in [`Self::codes`].
    pub fn code_id(&self, code: &str) -> Option<usize> {
        self.code_ids.get(code).copied()
    }

    /// Word ids of a statement; `None` for words that no phrase has.
    pub fn ids(&self, words: &[Word]) -> Vec<Option<u32>> {
        words.iter().map(|w| self.vocabulary.get(&w.stem).copied()).collect()
    }

    /// Weight of a word.
    pub fn weight(&self, word: u32) -> f32 {
        self.weights.get(word as usize).copied().unwrap_or(0.0)
    }

    /// Id of a stem.
    pub fn id(&self, stem: &str) -> Option<u32> {
        self.vocabulary.get(stem).copied()
    }

    /// Phrases of which at least `least` of the weight stands in the statement. Learned phrases of `without_fold` are
    /// left out. `scratch` is reused between calls.
    pub fn find(&self, ids: &[Option<u32>], least: f32, without_fold: Option<u8>, scratch: &mut Scratch) -> Vec<Hit> {
        scratch.sums.resize(self.phrases.len(), 0.0);
        let mut seen: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
        for (position, id) in ids.iter().enumerate().take(u16::MAX as usize) {
            if let Some(id) = id {
                seen.entry(*id).or_default().push(position as u16);
            }
        }
        for &word in seen.keys() {
            let weight = self.weights[word as usize];
            for &phrase in &self.postings[word as usize] {
                let sum = &mut scratch.sums[phrase as usize];
                if *sum == 0.0 {
                    scratch.touched.push(phrase);
                }
                *sum += weight;
            }
        }
        let mut hits = Vec::new();
        for &p in &scratch.touched {
            let matched = std::mem::take(&mut scratch.sums[p as usize]);
            let phrase = &self.phrases[p as usize];
            let learned_here = phrase.source == Source::Learned && without_fold == Some(phrase.fold);
            if matched >= least * phrase.weight - 1e-4 && !learned_here {
                let coverage = matched / phrase.weight;
                hits.push(Hit { phrase: p as usize, coverage, matched, positions: tightest(&phrase.words, &seen) });
            }
        }
        scratch.touched.clear();
        hits.sort_by(|a, b| b.score().total_cmp(&a.score()).then(a.phrase.cmp(&b.phrase)));
        hits
    }
}

/// Working memory of [`PhraseIndex::find`].
#[derive(Default)]
pub struct Scratch {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

/// One position per found word, near the first occurrence of the rarest one.
fn tightest(words: &[u32], seen: &BTreeMap<u32, Vec<u16>>) -> Vec<u16> {
    let found: Vec<&Vec<u16>> = words.iter().filter_map(|w| seen.get(w)).collect();
    let Some(anchor) = found.iter().min_by_key(|p| p.len()).and_then(|p| p.first()).copied() else { return Vec::new() };
    let mut positions: Vec<u16> =
        found.iter().filter_map(|list| list.iter().min_by_key(|p| p.abs_diff(anchor)).copied()).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}
