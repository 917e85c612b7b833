//! Word tables of the lexicon's normaliser: what clinicians abbreviate, spell in two ways, or say with another word.
//!
//! Lexicon phrases and notes pass the same tables, so an entry only has to make the two sides meet; it need not be
//! elegant. An abbreviation with several common meanings (MS, RA, PE, PT) stays as it is: the phrase lexicon knows it
//! and context decides.

/// `word TAB class`: `stop` carries no part of a concept; `side` is kept out of the keys, the code of a side is chosen
/// from context; `negation` turns a statement and is never skipped; `modifier` (a stem) may stand between the words of a
/// concept without changing which concept it is.
pub(super) const CLASSES: &str = include_str!("vocabulary/classes.tsv");
/// `abbreviation TAB words`: one written word for one or more words, lower case.
pub(super) const ABBREVIATIONS: &str = include_str!("vocabulary/abbreviations.tsv");
/// The same for what is written with a slash; it may stand for nothing.
pub(super) const SLASHED: &str = include_str!("vocabulary/slashed.tsv");
/// `words TAB words`: several written words that are one, or none, or other words; the longest that fits wins.
pub(super) const PHRASES: &str = include_str!("vocabulary/phrases.tsv");
/// Words that mean the same in a diagnosis, one group a line; the first stands for all.
pub(super) const SYNONYMS: &str = include_str!("vocabulary/synonyms.txt");

/// The two columns of a table.
pub(super) fn pairs(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter_map(|line| line.split_once('\t'))
}
