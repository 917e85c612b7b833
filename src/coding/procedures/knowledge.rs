//! What is prepared once for all notes: the table, its phrase index, and what labelled notes taught.
use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{self, PreparedEntry};
use super::index::PhraseIndex;
use super::table::ProcedureTable;
use super::vocabulary::Vocabulary;

/// What labelled notes taught about codes as such.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// By code: notes that carry it, by training fold.
    pub counts: BTreeMap<String, BTreeMap<u8, u32>>,
}

impl Prior {
    /// Notes with this code, without those of one fold.
    pub fn count(&self, code: &str, without_fold: Option<u8>) -> u32 {
        self.counts.get(code).map_or(0, |by_fold| by_fold.iter().filter(|(f, _)| Some(**f) != without_fold).map(|(_, n)| n).sum())
    }
}

/// What is prepared once for all notes.
pub struct Knowledge {
    /// Concepts.
    pub table: ProcedureTable,
    /// Phrases.
    pub index: PhraseIndex,
    /// Words of the concepts.
    pub vocabulary: Vocabulary,
    /// By concept and entry.
    pub entries: Vec<Vec<PreparedEntry>>,
    /// By concept: words in the attributes of some of its codes and not of all; by entry: which of them are its own.
    distinguishing: Vec<(BTreeSet<u32>, Vec<BTreeSet<u32>>)>,
    /// What labelled notes taught.
    pub prior: Prior,
    /// Codes that stand together on labelled claims.
    pub companions: super::rivalry::Companions,
}

impl Knowledge {
    /// Prepares table and learned phrases.
    pub fn new(
        table: ProcedureTable,
        learned: &[super::index::LearnedPhrase],
        prior: Prior,
        companions: super::rivalry::Companions,
    ) -> Self {
        let index = PhraseIndex::build(&table, learned);
        let entries = table
            .concepts
            .iter()
            .map(|concept| concept.codes.iter().map(|entry| attributes::prepare(entry, &index.words)).collect())
            .collect();
        let vocabulary = Vocabulary::new(&table, &index);
        let distinguishing = table.concepts.iter().map(|concept| distinguishing(concept, &index)).collect();
        Self { table, index, vocabulary, entries, distinguishing, prior, companions }
    }

    /// Distinguishing words: those of one entry, and of all entries of its concept.
    pub fn distinguishing(&self, concept: usize, entry: usize) -> (&BTreeSet<u32>, &BTreeSet<u32>) {
        let (all, by_entry) = &self.distinguishing[concept];
        (&by_entry[entry], all)
    }
}

fn distinguishing(concept: &super::table::Concept, index: &PhraseIndex) -> (BTreeSet<u32>, Vec<BTreeSet<u32>>) {
    let words_of = |entry: &super::table::CodeEntry| -> BTreeSet<u32> {
        let wordings = entry.attributes.iter().filter(|(key, _)| attributes::is_wording(key) && *key != "without");
        wordings.flat_map(|(_, value)| index.ids(&index.words.of(value, 0))).flatten().collect()
    };
    let by_entry: Vec<BTreeSet<u32>> = concept.codes.iter().map(words_of).collect();
    let all: BTreeSet<u32> = by_entry.iter().flatten().copied().filter(|w| !by_entry.iter().all(|e| e.contains(w))).collect();
    let own = by_entry.iter().map(|e| e.intersection(&all).copied().collect()).collect();
    (all, own)
}
