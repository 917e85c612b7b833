//! Candidates for diagnosis codes from the words of a note.
//!
//! A phrase is a set of stems, order-free and without sides ([`normalise`](words)); windows of up to eight content words
//! of each sentence are looked up in an automaton over all phrases of the official titles and inclusion terms, the
//! alphabetic index, the neoplasm table, open ontologies and the phrase lexicon. A find points to codes, to code
//! families (codes that differ only by side or encounter) or to concepts of the phrase lexicon, whose code is chosen by
//! `attributes`. What phrases were coded as in labelled notes stands apart in [`PhraseCounts`].
mod bags;
mod build;
mod concept;
mod container;
mod counts;
mod entry;
mod families;
mod normalise;
mod open;
#[cfg(test)]
mod tests;
mod vocabulary;
mod written;

pub use build::{Built, CodeRow, Sources, build, names, sources};
pub use concept::{Concept, ConceptOption};
pub use container::LexiconError;
pub use counts::{COUNTS_FILE, LabelledPhrase, LearnedHit, PhraseCounts};
pub use entry::{CodeId, ConceptId, EntryId, FamilyId, Hit, Posting, Source, Target};
pub use families::Side;
pub use normalise::{Word, WordClass, sentence_words, stems, words};
pub use open::Lexicon;
