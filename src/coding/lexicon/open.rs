//! A lexicon as built, opened for matching.
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use super::bags::BagIndex;
use super::concept::Concept;
use super::container::{Bytes, Container, LexiconError};
use super::entry::{CodeId, ConceptId, EntryId, FamilyId, Hit, Posting, Target, decode};
use super::families::{Families, Side};
use super::normalise::{Word, sentence_words};
use crate::document::Document;

/// Bytes of a code in the table of codes.
pub(super) const CODE_WIDTH: usize = 8;
/// A header with more families than this says too little to be a candidate.
const MOST_FAMILIES: usize = 60;

/// The lexicon: phrases, what they point to, and concepts. Memory-mapped; cheap to share between threads.
pub struct Lexicon {
    codes: Bytes,
    families: Families,
    bags: BagIndex,
    postings: Bytes,
    /// One line a concept, and where it stands; parsed when first asked for.
    concept_text: String,
    concept_lines: Vec<(usize, usize)>,
    concepts: Vec<OnceLock<Option<Concept>>>,
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lexicon {{ {} codes, {} concepts }}", self.code_count(), self.concepts.len())
    }
}

impl Lexicon {
    /// Opens a built file.
    pub fn open(path: &Path) -> Result<Self, LexiconError> {
        Self::read(Container::open(path)?)
    }

    /// The same from bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, LexiconError> {
        Self::read(Container::from_bytes(Path::new("lexicon in memory"), bytes)?)
    }

    fn read(file: Container) -> Result<Self, LexiconError> {
        let codes = file.section("codes")?;
        let families = Families::parse(file.section("families")?.as_ref())
            .filter(|_| codes.as_ref().len() % CODE_WIDTH == 0)
            .ok_or_else(|| file.damaged("its tables of codes and families do not fit".into()))?;
        let bags = BagIndex::new(file.section("words")?, file.section("bags")?)
            .map_err(|e| file.damaged(format!("its phrases cannot be read ({e})")))?;
        let concept_text = inflate(&file, "concepts")?;
        let mut concept_lines = Vec::new();
        let mut start = 0;
        for line in concept_text.split_inclusive('\n') {
            concept_lines.push((start, start + line.len()));
            start += line.len();
        }
        let concepts = concept_lines.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { codes, families, bags, postings: file.section("postings")?, concept_text, concept_lines, concepts })
    }

    /// Number of billable codes.
    pub fn code_count(&self) -> usize {
        self.codes.as_ref().len() / CODE_WIDTH
    }

    /// A code with its dot; empty for a number outside the table.
    pub fn code(&self, id: CodeId) -> &str {
        let at = id.0 as usize * CODE_WIDTH;
        let bytes = self.codes.as_ref().get(at..at + CODE_WIDTH).unwrap_or(&[]);
        std::str::from_utf8(bytes).map(str::trim_end).unwrap_or("")
    }

    /// Number of a billable code, written with or without its dot.
    pub fn code_id(&self, code: &str) -> Option<CodeId> {
        if let Some(key) = as_stored(code) {
            return self.code_id_of(key);
        }
        let mut dotted = code.trim().to_ascii_uppercase();
        if dotted.is_char_boundary(3) && dotted.len() > 3 && !dotted.contains('.') {
            dotted.insert(3, '.');
        }
        let at = self.first_at_or_after(&dotted);
        (self.code(CodeId(at)) == dotted && !dotted.is_empty()).then_some(CodeId(at))
    }

    /// Number of the code with these bytes.
    fn code_id_of(&self, key: [u8; CODE_WIDTH]) -> Option<CodeId> {
        let (rows, _) = self.codes.as_ref().as_chunks::<CODE_WIDTH>();
        rows.binary_search_by(|row| u64::from_be_bytes(*row).cmp(&u64::from_be_bytes(key))).ok().map(|at| CodeId(at as u32))
    }

    /// The billable codes that begin with `stem` (dotted): first, and one past the last.
    pub fn codes_under(&self, stem: &str) -> (CodeId, CodeId) {
        let first = self.first_at_or_after(stem);
        let mut end = first;
        while !self.code(CodeId(end)).is_empty() && self.code(CodeId(end)).starts_with(stem) {
            end += 1;
        }
        (CodeId(first), CodeId(end))
    }

    fn first_at_or_after(&self, code: &str) -> u32 {
        let (mut low, mut high) = (0u32, self.code_count() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.code(CodeId(middle)) < code { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Family of a code, the side in its title, and its seventh character (0 where it has none).
    pub fn family(&self, code: CodeId) -> Option<(FamilyId, Side, u8)> {
        self.families.row(code)
    }

    /// Codes that differ only by side or encounter, in order.
    pub fn members(&self, family: FamilyId) -> &[CodeId] {
        self.families.members(family)
    }

    /// Number of concepts.
    pub fn concept_count(&self) -> usize {
        self.concepts.len()
    }

    /// A concept of the phrase lexicon.
    pub fn concept(&self, id: ConceptId) -> Option<&Concept> {
        let slot = self.concepts.get(id.0 as usize)?;
        let parse = || {
            let (start, end) = *self.concept_lines.get(id.0 as usize)?;
            Concept::parse(self.concept_text.get(start..end)?, |c| self.code_id(c).is_some())
        };
        slot.get_or_init(parse).as_ref()
    }

    /// Everything found in a document, in the order of spans (longer first at one place); nested finds are kept.
    pub fn matches(&self, document: &Document) -> Vec<Hit> {
        self.matches_in(&sentence_words(document))
    }

    /// The same in the words of a document's sentences ([`sentence_words`]).
    pub fn matches_in(&self, sentences: &[Vec<Word>]) -> Vec<Hit> {
        let hit = |f: super::bags::Found| Hit {
            span: f.span,
            words: f.words,
            skipped: f.skipped,
            commas: f.commas,
            sentence: f.sentence,
            entry: EntryId(f.value as u32),
            subsumed: f.subsumed,
        };
        self.bags.find(sentences).into_iter().map(hit).collect()
    }

    /// The entry of exactly these words, if there is one.
    pub fn entry(&self, phrase: &str) -> Option<EntryId> {
        self.bags.get(&super::stems(phrase)).map(|v| EntryId(v as u32))
    }

    /// What a phrase means by each source, sorted.
    pub fn postings(&self, entry: EntryId) -> Vec<Posting> {
        decode(self.postings.as_ref(), entry.0 as usize)
    }

    /// The codes a target stands for, each with its share of the evidence (one over their number); nothing where a
    /// header is too wide to say anything.
    pub fn codes_of(&self, target: Target) -> Vec<(CodeId, f32)> {
        let shared = |codes: Vec<CodeId>| -> Vec<(CodeId, f32)> {
            let share = 1.0 / codes.len().max(1) as f32;
            codes.into_iter().map(|c| (c, share)).collect()
        };
        match target {
            Target::Code(c) | Target::ConceptCode(_, c) => vec![(c, 1.0)],
            Target::Range(first, end) => {
                let codes: Vec<CodeId> = (first.0..end.0).map(CodeId).collect();
                let mut families: Vec<FamilyId> = codes.iter().filter_map(|c| self.family(*c)).map(|f| f.0).collect();
                families.sort_unstable();
                families.dedup();
                if families.len() > MOST_FAMILIES { Vec::new() } else { shared(codes) }
            }
            Target::Family(f) => shared(self.members(f).to_vec()),
            Target::Concept(c) => {
                let options = self.concept(c).map(|c| c.options.as_slice()).unwrap_or_default();
                let mut codes: Vec<CodeId> = options.iter().filter_map(|o| self.code_id(&o.code)).collect();
                codes.sort_unstable();
                codes.dedup();
                shared(codes)
            }
            Target::NotConcept(_) => Vec::new(),
        }
    }
}

/// A code as the table has it, where it is written so but for the spaces at its end.
fn as_stored(code: &str) -> Option<[u8; CODE_WIDTH]> {
    let bytes = code.as_bytes();
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'.';
    if !(3..=CODE_WIDTH).contains(&bytes.len()) || !bytes.iter().all(plain) || (bytes.len() > 3 && !bytes.contains(&b'.')) {
        return None;
    }
    let mut key = [b' '; CODE_WIDTH];
    key[..bytes.len()].copy_from_slice(bytes);
    Some(key)
}

fn inflate(file: &Container, tag: &str) -> Result<String, LexiconError> {
    let section = file.section(tag)?;
    let mut text = String::new();
    // A bound against a damaged file that would unpack without end.
    let mut reader = flate2::read::DeflateDecoder::new(section.as_ref()).take(256 << 20);
    reader.read_to_string(&mut text).map_err(|e| file.damaged(format!("its section `{tag}` cannot be unpacked ({e})")))?;
    Ok(text)
}
