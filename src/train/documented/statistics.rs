//! Counts of phrases and codes over the training reports, for all of them or without one fold.
//!
//! A code counts for a phrase in a report where the phrase stands in a line that some evidence of that code is aligned
//! with. Phrases are those of the aligned evidence and those of the dictionary; a code is only counted for a phrase that
//! was its evidence somewhere, or that the dictionary reads so.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::alignment::{AlignedEvidence, english_lines};
use crate::coding::diagnoses::documented::prototypes::{Prototypes, Sums};
use crate::coding::diagnoses::documented::statistics::{Counts, Statistics, TOTAL, category};
use crate::coding::lexicon::{Lexicon, PhraseCounts, WordClass, stems, words};
use crate::document::Document;
use crate::train::data::codiesp::CaseReport;
use crate::train::diagnoses::fold_of;

/// Most stems of a phrase.
const LONGEST: usize = 8;
/// Neighbouring words that are counted together.
const NEIGHBOURS: usize = 3;
/// Reports behind a code of neighbouring words.
const NEIGHBOURS_REPORTS: u32 = 2;
/// Share of the reports with these words.
const NEIGHBOURS_SHARE: f32 = 0.25;
/// A phrase that was never coded is kept from this number of reports on: it says that it means nothing.
const UNCODED: u32 = 3;

/// A phrase of the dictionary in a report, with the codes it may mean.
pub type Read = (Vec<String>, BTreeSet<String>);

/// What one report contributes; numbers of phrases and codes.
#[derive(Default)]
struct Contribution {
    fold: usize,
    codes: BTreeSet<u32>,
    /// Phrases that occur, with the codes of their lines.
    phrases: BTreeMap<u32, BTreeSet<u32>>,
    /// Phrases that are evidence of a code.
    evidence: BTreeSet<(u32, u32)>,
    /// Neighbouring words, with the codes of their lines.
    neighbours: BTreeMap<u32, BTreeSet<u32>>,
    /// Vectors of the evidence of a code.
    vectors: Vec<(u32, Vec<f32>)>,
}

/// Everything that is counted.
pub struct Corpus {
    codes: Vec<String>,
    phrases: Vec<Vec<String>>,
    neighbours: Vec<Vec<String>>,
    /// Codes that the dictionary reads in a phrase.
    read: BTreeSet<(u32, u32)>,
    reports: Vec<Contribution>,
}

/// The counts of a set of reports.
pub struct Raw {
    /// Reports by code.
    pub documents: BTreeMap<String, u32>,
    /// Reports by category.
    pub categories: BTreeMap<String, u32>,
    /// See [`Statistics::mentions`].
    pub mentions: Counts,
    /// See [`Statistics::sentences`].
    pub sentences: Counts,
    /// See [`Statistics::prototypes`].
    pub prototypes: Prototypes,
}

impl Raw {
    /// Ready for matching.
    pub fn statistics(&self, lexicon: &Lexicon) -> Statistics {
        let (documents, categories) = (self.documents.clone(), self.categories.clone());
        let (mentions, sentences) = (self.mentions.clone(), self.sentences.clone());
        Statistics::new(documents, categories, mentions, sentences, self.prototypes.clone(), lexicon)
    }
}

fn usable(key: &[String]) -> bool {
    (1..=LONGEST).contains(&key.len())
}

impl Corpus {
    /// Counts reports with their aligned evidence, structure, and what the dictionary reads in them. `vector` gives what
    /// the encoder sees in a byte range of a report.
    pub fn count(
        reports: &[CaseReport],
        aligned: &[Vec<AlignedEvidence>],
        documents: &[&Document],
        read: &[Vec<Read>],
        vector: &(dyn Fn(usize, (usize, usize)) -> Option<Vec<f32>> + Sync),
    ) -> Self {
        let codes: Vec<String> =
            reports.iter().flat_map(|r| r.diagnoses.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
        let code_of = |code: &str| codes.binary_search_by(|c| c.as_str().cmp(code)).ok().map(|i| i as u32);
        let mut keys: BTreeSet<Vec<String>> = BTreeSet::new();
        keys.extend(aligned.iter().flatten().map(|e| stems(&e.phrase)).filter(|k| usable(k)));
        keys.extend(read.iter().flatten().map(|r| r.0.clone()).filter(|k| usable(k)));
        let phrases: Vec<Vec<String>> = keys.into_iter().collect();
        let number = |key: &Vec<String>| phrases.binary_search(key).ok().map(|i| i as u32);
        let mut may_mean = BTreeSet::new();
        for (key, meant) in read.iter().flatten() {
            let Some(key) = number(key) else { continue };
            // A header of a code that is read is read as well.
            let with_headers = meant.iter().flat_map(|c| (3..=c.len()).filter_map(|end| c.get(..end)));
            may_mean.extend(with_headers.filter_map(code_of).map(|c| (key, c)));
        }
        // The number of a phrase stands where a code would.
        let numbered = phrases.iter().enumerate().map(|(i, k)| (k.clone(), [(i.to_string(), 1)].into())).collect();
        let matcher = PhraseCounts::from_counts(numbered);
        let one = |i: usize| {
            let report = &reports[i];
            let starts: Vec<usize> = english_lines(&report.text).into_iter().map(|l| l.0).collect();
            let line_of = |byte: usize| starts.partition_point(|s| *s <= byte).saturating_sub(1);
            let mut by_line: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
            let mut contribution = Contribution { fold: fold_of(&report.id), ..Default::default() };
            contribution.codes = report.diagnoses.iter().filter_map(|c| code_of(c)).collect();
            for e in &aligned[i] {
                let Some(code) = code_of(&e.code) else { continue };
                by_line.entry(e.line).or_default().insert(code);
                contribution.vectors.extend(e.range.and_then(|r| vector(i, r)).map(|v| (code, v)));
                contribution.evidence.extend(number(&stems(&e.phrase)).map(|key| (key, code)));
            }
            for hit in matcher.matches(documents[i]) {
                let Some(key) = hit.counts.first().and_then(|c| c.0.parse::<u32>().ok()) else { continue };
                let found = contribution.phrases.entry(key).or_default();
                found.extend(by_line.get(&line_of(hit.span.start)).into_iter().flatten());
            }
            (contribution, windows(documents[i]), by_line, starts)
        };
        let counted: Vec<_> = (0..reports.len()).into_par_iter().map(one).collect();
        let mut numbers: HashMap<Vec<String>, u32> = HashMap::new();
        let mut neighbours = Vec::new();
        let mut contributions = Vec::new();
        for (mut contribution, windows, by_line, starts) in counted {
            for (key, byte) in windows {
                let line = starts.partition_point(|s| *s <= byte).saturating_sub(1);
                let number = *numbers.entry(key).or_insert_with_key(|key| {
                    neighbours.push(key.clone());
                    neighbours.len() as u32 - 1
                });
                let found = contribution.neighbours.entry(number).or_default();
                found.extend(by_line.get(&line).into_iter().flatten());
            }
            contributions.push(contribution);
        }
        Self { codes, phrases, neighbours, read: may_mean, reports: contributions }
    }

    /// The counts, without the reports of one fold.
    pub fn without(&self, fold: Option<usize>) -> Raw {
        let reports = || self.reports.iter().filter(|r| Some(r.fold) != fold);
        let (mut documents, mut categories): (BTreeMap<String, u32>, BTreeMap<String, u32>) = Default::default();
        let mut evidence: BTreeSet<(u32, u32)> = self.read.clone();
        for report in reports() {
            let codes: Vec<&String> = report.codes.iter().map(|c| &self.codes[*c as usize]).collect();
            codes.iter().for_each(|c| *documents.entry((*c).clone()).or_default() += 1);
            let in_report: BTreeSet<&str> = codes.iter().map(|c| category(c)).collect();
            in_report.into_iter().for_each(|c| *categories.entry(c.to_owned()).or_default() += 1);
            evidence.extend(&report.evidence);
        }
        let mentions = self.counts(
            &self.phrases,
            reports().map(|r| &r.phrases),
            |phrase, code, _, _| evidence.contains(&(phrase, code)),
            |total, coded| coded || total >= UNCODED,
        );
        let sentences = self.counts(
            &self.neighbours,
            reports().map(|r| &r.neighbours),
            |_, _, n, total| n >= NEIGHBOURS_REPORTS && n as f32 / (total as f32 + 1.0) >= NEIGHBOURS_SHARE,
            |_, coded| coded,
        );
        Raw { documents, categories, mentions, sentences, prototypes: self.prototypes(reports()) }
    }

    fn prototypes<'a>(&self, reports: impl Iterator<Item = &'a Contribution>) -> Prototypes {
        let mut sums = Sums::new();
        let (mut centre, mut count): (Vec<f32>, f32) = (Vec::new(), 0.0);
        for (code, vector) in reports.flat_map(|r| &r.vectors) {
            let sum = sums.entry(self.codes[*code as usize].clone()).or_insert_with(|| vec![0.0; vector.len()]);
            sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
            centre.resize(vector.len(), 0.0);
            centre.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
            count += 1.0;
        }
        centre.iter_mut().for_each(|c| *c /= count.max(1.0));
        Prototypes::learn(&sums, &centre)
    }

    fn counts<'a>(
        &self,
        keys: &[Vec<String>],
        reports: impl Iterator<Item = &'a BTreeMap<u32, BTreeSet<u32>>>,
        keeps_code: impl Fn(u32, u32, u32, u32) -> bool,
        keeps: impl Fn(u32, bool) -> bool,
    ) -> Counts {
        let mut totals = vec![0u32; keys.len()];
        let mut by_code: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for report in reports {
            for (key, codes) in report {
                totals[*key as usize] += 1;
                codes.iter().for_each(|c| *by_code.entry((*key, *c)).or_default() += 1);
            }
        }
        let mut coded: BTreeMap<u32, BTreeMap<String, u32>> = BTreeMap::new();
        for ((key, code), n) in by_code {
            if keeps_code(key, code, n, totals[key as usize]) {
                coded.entry(key).or_default().insert(self.codes[code as usize].clone(), n);
            }
        }
        let mut out = Counts::new();
        for (key, total) in totals.into_iter().enumerate().filter(|(_, t)| *t > 0) {
            let found = coded.remove(&(key as u32)).unwrap_or_default();
            if keeps(total, !found.is_empty()) {
                out.entry(keys[key].clone()).or_insert(found).insert(TOTAL.to_owned(), total);
            }
        }
        out
    }
}

/// Stems of one to three neighbouring words with the byte where they begin.
fn windows(document: &Document) -> Vec<(Vec<String>, usize)> {
    let mut out = Vec::new();
    for sentence in &document.sentences {
        let text = sentence.span.of(&document.text);
        let content: Vec<_> = words(text, sentence.span.start)
            .into_iter()
            .filter(|w| !matches!(w.class, WordClass::Stop | WordClass::Side) && !w.stems.is_empty())
            .collect();
        for first in 0..content.len() {
            let mut key: Vec<String> = Vec::new();
            for word in content[first..].iter().take(NEIGHBOURS) {
                key.extend(word.stems.iter().cloned());
                key.sort_unstable();
                key.dedup();
                if usable(&key) {
                    out.push((key.clone(), content[first].span.start));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::train::data::TextOf;

    #[test]
    fn a_fold_left_out_leaves_no_trace() {
        let report = |id: &str, text: &str, code: &str| CaseReport {
            id: id.into(),
            text: TextOf(text.into()),
            diagnoses: [code.to_owned()].into(),
            ..Default::default()
        };
        let reports = [
            report("a", "She has fever.\nNo rash.", "R50.9"),
            report("b", "High fever persisted.", "R50.9"),
            report("c", "The fever was gone.", "R05"),
        ];
        let evidence =
            |code: &str, phrase: &str| vec![AlignedEvidence { code: code.into(), line: 0, phrase: phrase.into(), range: None }];
        let aligned = [evidence("R50.9", "fever"), evidence("R50.9", "fever"), evidence("R05", "")];
        let read: Vec<document::Document> = reports.iter().map(|r| document::read(&r.text)).collect();
        let documents: Vec<&Document> = read.iter().collect();
        let corpus = Corpus::count(&reports, &aligned, &documents, &[vec![], vec![], vec![]], &|_, _| None);
        let all = corpus.without(None);
        let fever = &all.mentions[&stems("fever")];
        assert_eq!((fever[TOTAL], fever["R50.9"]), (3, 2));
        // The line was coded so, but the words were never evidence of it.
        assert!(!fever.contains_key("R05"));
        let without = corpus.without(Some(fold_of("a")));
        let held = ["a", "b", "c"].iter().filter(|id| fold_of(id) == fold_of("a")).count() as u32;
        let total = without.mentions.get(&stems("fever")).map_or(0, |f| f[TOTAL]);
        assert_eq!(total, 3 - held);
    }
}
