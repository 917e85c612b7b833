//! A practice's licensed AMA CPT file: tab-delimited, a code and its descriptor a line (`LONGULT.txt`, `MEDU.txt`,
//! `SHORTU.txt`), or with the concept's number before them. The descriptors stay in the practice's data folder.
use std::collections::BTreeMap;

use super::rows::{Rows, is_procedure};
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::CPT_DESCRIPTORS;
use crate::codeset::procedures::{RawProcedure, raw_procedure};
use crate::codeset::{CodesetError, Kind};

/// Whether lines of a code, a tab and words are among the first.
pub(super) fn looks_like(head: &str) -> bool {
    let fits = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        cells.len() >= 2 && code_of(&cells).is_some() && cells.last().is_some_and(|words| words.trim().contains(' '))
    };
    head.lines().take(60).filter(|l| fits(l)).count() >= 2
}

/// Place and code of the first cell that holds a CPT code.
fn code_of(cells: &[&str]) -> Option<(usize, RawProcedure)> {
    let is_cpt = |c: &RawProcedure| is_procedure(c) && c[0].is_ascii_digit();
    cells.iter().enumerate().find_map(|(i, c)| Some((i, raw_procedure(c).filter(is_cpt)?)))
}

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut preamble = String::new();
    while rows.next()? {
        let cells: Vec<String> = (0..rows.len()).map(|i| rows.cell(i).to_string()).collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let Some((at, code)) = code_of(&cells) else {
            // The licence and the header stand before the codes.
            if found.is_empty() {
                preamble += &(cells.join(" ") + "\n");
            } else {
                rows.add("code", "a CPT code", cells.first().unwrap_or(&"").to_string());
            }
            continue;
        };
        let words = cells.last().copied().filter(|w| !w.is_empty() && cells.len() > at + 1);
        let Some(words) = words else {
            rows.add("descriptor", "a descriptor behind the code", String::new());
            continue;
        };
        if rows.names_empty() {
            rows.name_columns(&vec!["column"; cells.len()]);
        }
        let code = String::from_utf8_lossy(&code).into_owned();
        // A code has several consumer descriptors; the first stands for it.
        found.entry(code).or_insert_with(|| words.to_string());
    }
    rows.finish(found.len())?;
    let bytes = csv_bytes(&CPT_DESCRIPTORS, found.iter().map(|(code, words)| [code.as_str(), words.as_str()].into_iter()));
    Ok(Parsed { preamble, ..Parsed::new(Kind::CptDescriptors, found.len(), bytes) })
}
