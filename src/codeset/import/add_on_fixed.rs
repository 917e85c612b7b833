//! NCCI add-on code edits as CMS's text in fixed columns without a header (`AOC_V2026Q3-MCR.txt`): type 1, add-on code 2–6
//! and its deletion date 7–13, primary code 14–18 and its deletion date 19–25, first day 26–32 and last day 33–39 of the pair,
//! notes behind them; dates as year and day of the year.
use super::rows::Rows;
use super::{Parsed, add_on};
use crate::codeset::CodesetError;

/// Names of the cells that a line is cut into, in the order of the reader's columns.
const NAMES: [&str; 7] = [
    "add-on code (2–6)",
    "primary code (14–18)",
    "type (1)",
    "first day (26–32)",
    "last day (33–39)",
    "add-on code's deletion date (7–13)",
    "primary code's deletion date (19–25)",
];

/// Where they stand, counted from 0: first, and one behind the last.
const PLACES: [(usize, usize); 7] = [(1, 6), (13, 18), (0, 1), (25, 32), (32, 39), (6, 13), (18, 25)];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    rows.in_fixed_columns(&NAMES, cut)?;
    add_on::read(rows, &std::array::from_fn::<_, 7, _>(Some))
}

fn cut(line: &str) -> Vec<String> {
    if !is_line(line) {
        return vec![line.to_string()];
    }
    PLACES.iter().map(|(from, to)| line.get(*from..(*to).min(line.len())).unwrap_or("").trim().to_string()).collect()
}

/// Whether a line has the form of a row: a digit and a code, a code from 14, a first day from 26.
pub(super) fn is_line(line: &str) -> bool {
    let bytes = line.as_bytes();
    let all = |from: usize, to: usize, holds: fn(&u8) -> bool| bytes.get(from..to).is_some_and(|part| part.iter().all(holds));
    line.is_char_boundary(39.min(line.len()))
        && all(0, 1, u8::is_ascii_digit)
        && all(1, 6, u8::is_ascii_alphanumeric)
        && all(13, 18, u8::is_ascii_alphanumeric)
        && all(25, 32, u8::is_ascii_digit)
}

/// Whether a file's name says that it is the table.
pub(super) fn is_named(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("aoc") || lower.contains("add-on") || lower.contains("addon") || lower.contains("add-code")
}
