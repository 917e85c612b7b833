//! A condition that is past, or a relative's: the history code that stands for it.
use std::sync::OnceLock;

use crate::coding::lexicon::{CodeId, Lexicon};

/// Whose history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// The patient's own past condition.
    Patient,
    /// A blood relative's condition.
    Family,
}

/// `whose TAB first TAB last TAB code`: the notes "Conditions classifiable to …" under Z80–Z87 of the tabular list, and
/// for conditions without such a note the history code whose title names them. The narrowest range holds.
const TABLE: &str = include_str!("history.tsv");

struct Row {
    whose: HistoryOf,
    first: &'static str,
    last: &'static str,
    code: &'static str,
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let row = |line: &'static str| {
            let mut columns = line.split('\t');
            let whose = if columns.next()? == "family" { HistoryOf::Family } else { HistoryOf::Patient };
            Some(Row { whose, first: columns.next()?, last: columns.next()?, code: columns.next()? })
        };
        TABLE.lines().filter_map(row).collect()
    })
}

/// The history code (`Z85.3`) of a condition's code (`C50.911`), both with dots; `None` where the condition has none.
pub fn history_code(code: &str, whose: HistoryOf) -> Option<&'static str> {
    let within = |row: &&Row| {
        let cut = |n: usize| code.get(..n.min(code.len())).unwrap_or(code);
        row.whose == whose && cut(row.first.len()) >= row.first && cut(row.last.len()) <= row.last
    };
    // The narrowest: the longest bounds, then the latest first.
    rows().iter().filter(within).max_by_key(|r| (r.first.len(), r.first, std::cmp::Reverse(r.last))).map(|r| r.code)
}

/// History codes of a mention: what the lexicon calls "history of" these words, then the history code of its code.
pub fn history_codes(lexicon: &Lexicon, words: &str, code: CodeId, whose: HistoryOf) -> Vec<CodeId> {
    let prefix = match whose {
        HistoryOf::Patient => "history of",
        HistoryOf::Family => "family history of",
    };
    let mut out: Vec<CodeId> = Vec::new();
    if let Some(entry) = lexicon.entry(&format!("{prefix} {words}")) {
        for posting in lexicon.postings(entry) {
            let codes = lexicon.codes_of(posting.target);
            out.extend(codes.into_iter().map(|c| c.0).filter(|c| lexicon.code(*c).starts_with('Z')));
        }
    }
    out.extend(history_code(lexicon.code(code), whose).and_then(|c| lexicon.code_id(c)));
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|c| seen.insert(*c));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_range_holds() {
        for (code, own, family) in [
            ("C50.911", Some("Z85.3"), Some("Z80.3")),
            ("C61", Some("Z85.46"), Some("Z80.42")),
            ("I63.9", Some("Z86.73"), Some("Z82.3")),
            ("I21.4", Some("I25.2"), Some("Z82.49")),
            ("I10", Some("Z86.79"), Some("Z82.49")),
            ("E11.9", Some("Z86.39"), Some("Z83.3")),
            ("N39.0", Some("Z87.440"), Some("Z84.2")),
            ("M19.90", Some("Z87.39"), Some("Z82.61")),
            ("H40.9", Some("Z86.69"), Some("Z83.511")),
            ("Z23", None, None),
            ("", None, None),
        ] {
            assert_eq!(history_code(code, HistoryOf::Patient), own, "{code}");
            assert_eq!(history_code(code, HistoryOf::Family), family, "{code}");
        }
    }
}
