//! Builds the lexicon from its sources.
mod index;
mod neoplasm;
mod ontology;
mod phrases;
mod sources;
mod tabular;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::bags::{BagIndex, KEY};
use super::container::{LexiconError, container_bytes};
use super::entry::{CodeId, FamilyId, Posting, Source, Target, encode};
use super::families::{Families, FamilyRow, families};
use super::normalise::{WordClass, words};
use super::open::CODE_WIDTH;

/// Most stems of a phrase that is stored; a window has eight words.
const LONGEST: usize = 9;

pub use sources::sources;

/// A code or header of the edition.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// With its dot.
    pub code: String,
    /// Official full title, with the encounter for codes with a seventh character.
    pub title: String,
    /// Whether it is billable.
    pub billable: bool,
    /// Inclusion terms and "includes" notes.
    pub inclusion: Vec<String>,
}

/// Where everything comes from; an absent file (`None`, empty list) leaves its source out.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// All categories, subcategories and codes of the edition.
    pub codes: Vec<CodeRow>,
    /// Alphabetic index: CSV with `Level,Term,See,SeeAlso,NonEssModif,Code`.
    pub index: Option<PathBuf>,
    /// Table of neoplasms: CSV with `Level,Term,MalignantPrimary,…`.
    pub neoplasm: Option<PathBuf>,
    /// Disease Ontology: TSV `term, icd10cm, …`.
    pub disease_ontology: Option<PathBuf>,
    /// Mondo: TSV `term, icd10cm, …`.
    pub mondo: Option<PathBuf>,
    /// Phrase lexicon files `icd_*.jsonl`.
    pub phrases: Vec<PathBuf>,
}

/// A built lexicon.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// Different phrases.
    pub phrases: usize,
    /// Readings by source.
    pub postings: BTreeMap<Source, usize>,
}

/// The tables that grow while sources are read.
struct Builder {
    /// Billable codes with their dot, sorted.
    codes: Vec<String>,
    rows: Vec<FamilyRow>,
    entries: BTreeMap<Vec<String>, BTreeSet<Posting>>,
    /// Phrases as written with the code they lead to, for training; kept where `names` asks for them.
    named: Option<BTreeSet<(String, CodeId)>>,
}

/// Builds the lexicon. The result depends on nothing but the sources.
pub fn build(sources: &Sources) -> Result<Built, LexiconError> {
    let (builder, concepts) = read(sources, false)?;
    builder.finish(&concepts)
}

/// Every phrase of the sources as written, with the code (with its dot) that it leads to: the one code, the first of a
/// family that differs only by side or encounter, or a concept's default. Sorted, without repetition.
pub fn names(sources: &Sources) -> Result<Vec<(String, String)>, LexiconError> {
    let (builder, _) = read(sources, true)?;
    let code = |id: CodeId| builder.codes.get(id.0 as usize).cloned().unwrap_or_default();
    Ok(builder.named.iter().flatten().map(|(phrase, id)| (phrase.clone(), code(*id))).collect())
}

/// Reads all sources; gives the concepts' text too.
fn read(sources: &Sources, named: bool) -> Result<(Builder, String), LexiconError> {
    let mut sorted: Vec<&CodeRow> = sources.codes.iter().filter(|r| r.billable).collect();
    sorted.sort_by(|a, b| a.code.cmp(&b.code));
    sorted.dedup_by(|a, b| a.code == b.code);
    let pairs: Vec<(&str, &str)> = sorted.iter().map(|r| (r.code.as_str(), r.title.as_str())).collect();
    let (rows, keys) = families(&pairs);
    let mut builder =
        Builder { codes: sorted.iter().map(|r| r.code.clone()).collect(), rows, entries: BTreeMap::new(), named: None };
    builder.named = named.then(BTreeSet::new);
    tabular::read(&mut builder, &sources.codes, &pairs, &keys);
    if let Some(path) = &sources.index {
        index::read(&mut builder, path)?;
    }
    if let Some(path) = &sources.neoplasm {
        neoplasm::read(&mut builder, path)?;
    }
    for (path, source) in [(&sources.disease_ontology, Source::DiseaseOntology), (&sources.mondo, Source::Mondo)] {
        if let Some(path) = path {
            ontology::read(&mut builder, path, source)?;
        }
    }
    let concepts = phrases::read(&mut builder, &sources.phrases)?;
    Ok((builder, concepts))
}

impl Builder {
    /// The target of a code or header as a table writes it (`S52.50-`, `I10`); `None` where no code of the edition
    /// begins so.
    fn target(&self, code: &str) -> Option<Target> {
        let stem = code.trim().trim_end_matches('-').trim_end_matches('.');
        if stem.len() < 3 {
            return None;
        }
        let first = self.codes.partition_point(|c| c.as_str() < stem);
        if self.codes.get(first).is_some_and(|c| c == stem) {
            return Some(Target::Code(CodeId(first as u32)));
        }
        let end = first + self.codes.get(first..)?.iter().take_while(|c| c.starts_with(stem)).count();
        let family: FamilyId = self.rows.get(first)?.family;
        match end - first {
            0 => None,
            1 => Some(Target::Code(CodeId(first as u32))),
            _ if self.rows.get(first..end)?.iter().all(|r| r.family == family) => Some(Target::Family(family)),
            _ => Some(Target::Range(CodeId(first as u32), CodeId(end as u32))),
        }
    }

    /// Families in a range of codes.
    fn families_in(&self, first: CodeId, end: CodeId) -> usize {
        let rows = self.rows.get(first.0 as usize..end.0 as usize).unwrap_or(&[]);
        rows.iter().map(|r| r.family).collect::<BTreeSet<_>>().len()
    }

    fn add(&mut self, phrase: &str, source: Source, target: Target) {
        if matches!(target, Target::Range(a, b) if self.families_in(a, b) > 60) {
            return;
        }
        let mut stems = Vec::new();
        let mut content = 0;
        for w in words(phrase, 0) {
            content += usize::from(!matches!(w.class, WordClass::Stop | WordClass::Side));
            stems.extend(w.stems);
        }
        stems.sort_unstable();
        stems.dedup();
        if source != Source::Trap {
            self.name(phrase, target);
        }
        // A lone number or letter is no phrase.
        let empty = stems.iter().all(|s| s.len() < 2 || s.bytes().all(|b| b.is_ascii_digit()));
        if !empty && content <= LONGEST && stems.len() <= KEY {
            self.entries.entry(stems).or_default().insert(Posting { source, target });
        }
    }

    /// Keeps a phrase as written, where they are kept and its target is one code or family.
    fn name(&mut self, phrase: &str, target: Target) {
        let Some(named) = &mut self.named else { return };
        let code = match target {
            Target::Code(code) | Target::ConceptCode(_, code) => code,
            Target::Family(family) => match self.rows.iter().position(|r| r.family == family) {
                Some(first) => CodeId(first as u32),
                None => return,
            },
            Target::Range(..) | Target::Concept(_) | Target::NotConcept(_) => return,
        };
        named.insert((phrase.split_whitespace().collect::<Vec<_>>().join(" "), code));
    }

    fn add_key(&mut self, key: &[String], source: Source, target: Target) {
        if !key.is_empty() && key.len() <= LONGEST {
            self.entries.entry(key.to_vec()).or_default().insert(Posting { source, target });
        }
    }

    fn finish(self, concepts: &str) -> Result<Built, LexiconError> {
        let unusable = |what: &str| LexiconError::Source { path: PathBuf::from("the sources"), what: what.to_owned() };
        let mut codes = Vec::with_capacity(self.codes.len() * CODE_WIDTH);
        for c in &self.codes {
            if c.len() > CODE_WIDTH {
                return Err(unusable("a code is longer than eight characters"));
            }
            codes.extend_from_slice(c.as_bytes());
            codes.resize(codes.len() + CODE_WIDTH - c.len(), b' ');
        }
        let mut postings = Vec::new();
        let mut places: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut counts: BTreeMap<Source, usize> = BTreeMap::new();
        let mut values = Vec::with_capacity(self.entries.len());
        for set in self.entries.values() {
            let list: Vec<Posting> = set.iter().copied().collect();
            for p in &list {
                *counts.entry(p.source).or_default() += 1;
            }
            let bytes = encode(&list);
            // Phrases that mean the same share one place.
            let next = postings.len() as u64;
            let at = *places.entry(bytes.clone()).or_insert(next);
            if at == next {
                postings.extend_from_slice(&bytes);
            }
            values.push(at);
        }
        let phrases = self.entries.keys().map(Vec::as_slice).zip(values.iter().copied());
        let (words, bags) = BagIndex::build(phrases).ok_or_else(|| unusable("they have more than 65,535 different words"))?;
        let bytes = container_bytes(&[
            ("codes", codes),
            ("families", Families::bytes(&self.rows)),
            ("words", words),
            ("bags", bags),
            ("postings", postings),
            ("concepts", deflate(concepts)),
        ]);
        Ok(Built { bytes, phrases: self.entries.len(), postings: counts })
    }
}

fn deflate(text: &str) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing to memory cannot fail.
    if out.write_all(text.as_bytes()).is_err() {
        return Vec::new();
    }
    out.finish().unwrap_or_default()
}

fn read_text(path: &Path) -> Result<String, LexiconError> {
    std::fs::read_to_string(path).map_err(|source| LexiconError::Read { path: path.to_owned(), source })
}

/// Text without what stands in brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}
