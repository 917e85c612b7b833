//! What phrases were coded as in labelled notes: counts only, of phrases of at most eight words.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::bags::BagIndex;
use super::container::{Bytes, Container, LexiconError, container_bytes, push_number, read_number};
use super::normalise::{Word, WordClass, sentence_words, stems, words};
use crate::document::{Document, Span};

/// Name of the stored file in a folder of code sets.
pub const COUNTS_FILE: &str = "lexicon.counts.bin.gz";

/// Most bytes that a stored file may unpack to.
const LARGEST: u64 = 256 << 20;

/// Words of a phrase that is learned.
const LONGEST: usize = 8;

/// A phrase that a labelled note's coder gave a code.
#[derive(Clone, Copy, Debug)]
pub struct LabelledPhrase<'a> {
    /// Words of the note.
    pub phrase: &'a str,
    /// ICD-10-CM code with its dot.
    pub code: &'a str,
    /// Id of the note, so that a phrase counts once a note.
    pub document: &'a str,
}

/// Counts of stemmed phrases by code.
pub struct PhraseCounts {
    /// `None` where nothing was learned.
    index: Option<BagIndex>,
    words: Vec<u8>,
    bags: Vec<u8>,
    table: Vec<Vec<(String, u32)>>,
}

/// A learned phrase found in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedHit<'a> {
    /// From the first to the last word.
    pub span: Span,
    /// Content words.
    pub words: u8,
    /// Words inside that are no part of it.
    pub skipped: u8,
    /// Commas and brackets inside.
    pub commas: u8,
    /// Index into the sentences.
    pub sentence: u32,
    /// Stands strictly inside a longer learned phrase.
    pub subsumed: bool,
    /// Code and number of notes in which the phrase was coded so, sorted by code.
    pub counts: &'a [(String, u32)],
}

impl PhraseCounts {
    /// Counts the phrases of labelled notes. Leave out the notes of a fold to make features for that fold.
    pub fn learn<'a>(phrases: impl IntoIterator<Item = LabelledPhrase<'a>>) -> Self {
        let mut seen: BTreeSet<(Vec<String>, &str, &str)> = BTreeSet::new();
        for p in phrases {
            if p.phrase.split_whitespace().count() > 2 * LONGEST {
                continue;
            }
            let content = words(p.phrase, 0).iter().filter(|w| !matches!(w.class, WordClass::Stop | WordClass::Side)).count();
            let key = stems(p.phrase);
            if content > 0 && content <= LONGEST && key.len() <= super::bags::KEY {
                seen.insert((key, p.code, p.document));
            }
        }
        let mut counts: BTreeMap<Vec<String>, BTreeMap<String, u32>> = BTreeMap::new();
        for (key, code, _) in seen {
            *counts.entry(key).or_default().entry(code.to_owned()).or_default() += 1;
        }
        Self::from_counts(counts)
    }

    /// From counts by sorted distinct stems (see [`stems`](super::stems)).
    pub fn from_counts(counts: BTreeMap<Vec<String>, BTreeMap<String, u32>>) -> Self {
        let keys: Vec<Vec<String>> = counts.keys().cloned().collect();
        let table = counts.into_values().map(|codes| codes.into_iter().collect()).collect();
        let phrases = keys.iter().enumerate().map(|(n, k)| (k.as_slice(), n as u64));
        // More than 65,535 different stems do not come from labelled notes; then nothing is learned.
        let (words, bags) = BagIndex::build(phrases).unwrap_or_default();
        let index = BagIndex::new(Bytes::owned(words.clone()), Bytes::owned(bags.clone())).ok();
        Self { index, words, bags, table }
    }

    /// Number of different phrases.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Learned phrases in a document, in the order of spans.
    pub fn matches(&self, document: &Document) -> Vec<LearnedHit<'_>> {
        self.matches_in(&sentence_words(document))
    }

    /// The same in the words of a document's sentences ([`sentence_words`]).
    pub fn matches_in(&self, sentences: &[Vec<Word>]) -> Vec<LearnedHit<'_>> {
        let found = self.index.iter().flat_map(|i| i.find(sentences));
        found
            .filter_map(|f| {
                let counts = self.table.get(f.value as usize)?.as_slice();
                let (span, words, skipped, commas) = (f.span, f.words, f.skipped, f.commas);
                Some(LearnedHit { span, words, skipped, commas, sentence: f.sentence, subsumed: f.subsumed, counts })
            })
            .collect()
    }

    /// Counts of exactly these words.
    pub fn get(&self, phrase: &str) -> &[(String, u32)] {
        let at = self.index.as_ref().and_then(|i| i.get(&stems(phrase)));
        at.and_then(|n| self.table.get(n as usize)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The bytes of a file that [`open`](Self::open) reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut table = Vec::new();
        for codes in &self.table {
            push_number(&mut table, codes.len() as u64);
            for (code, n) in codes {
                push_number(&mut table, code.len() as u64);
                table.extend_from_slice(code.as_bytes());
                push_number(&mut table, u64::from(*n));
            }
        }
        container_bytes(&[("words", self.words.clone()), ("bags", self.bags.clone()), ("table", table)])
    }

    /// The stored file: [`Self::to_bytes`], packed without name or time, so that the same counts are the same bytes.
    pub fn to_file(&self) -> std::io::Result<Vec<u8>> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&self.to_bytes())?;
        packed.finish()
    }

    /// Opens a stored file.
    pub fn open(path: &Path) -> Result<Self, LexiconError> {
        let failed = |source| LexiconError::Read { path: path.to_owned(), source };
        let packed = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed).take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
        Self::read(Container::from_bytes(path, bytes)?)
    }

    /// The same from bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, LexiconError> {
        Self::read(Container::from_bytes(Path::new("phrase counts in memory"), bytes)?)
    }

    fn read(file: Container) -> Result<Self, LexiconError> {
        let (words, bags) = (file.section("words")?.as_ref().to_vec(), file.section("bags")?.as_ref().to_vec());
        let index = BagIndex::new(Bytes::owned(words.clone()), Bytes::owned(bags.clone()))
            .map_err(|e| file.damaged(format!("its phrases cannot be read ({e})")))?;
        let section = file.section("table")?;
        let table = read_table(section.as_ref()).ok_or_else(|| file.damaged("its table of counts is cut off".into()))?;
        Ok(Self { index: Some(index), words, bags, table })
    }
}

fn read_table(bytes: &[u8]) -> Option<Vec<Vec<(String, u32)>>> {
    let mut at = 0;
    let mut table = Vec::new();
    while at < bytes.len() {
        let mut codes = Vec::new();
        for _ in 0..read_number(bytes, &mut at)? {
            let len = usize::try_from(read_number(bytes, &mut at)?).ok()?;
            let code = std::str::from_utf8(bytes.get(at..at.checked_add(len)?)?).ok()?.to_owned();
            at += len;
            codes.push((code, u32::try_from(read_number(bytes, &mut at)?).ok()?));
        }
        table.push(codes);
    }
    Some(table)
}
