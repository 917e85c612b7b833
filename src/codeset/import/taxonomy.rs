//! Provider taxonomy: the NUCC's CSV (`Code,Grouping,Classification,Specialization,Definition,…`). The texts are the NUCC's;
//! they stay in the practice's own data folder, and definitions are not kept.
use std::collections::BTreeMap;

use super::column::{Column, needed};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::TAXONOMY;
use crate::codeset::{CodesetError, Kind};

const COLUMNS: [Column; 4] = [
    needed("Code", &["code"]),
    needed("Grouping", &["grouping"]),
    needed("Classification", &["classification"]),
    needed("Specialization", &["specialization"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut found: BTreeMap<String, [String; 4]> = BTreeMap::new();
    while rows.next()? {
        let is_code =
            |t: &str| t.len() == 10 && t.ends_with('X') && t.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let code = rows.value(places[0], "ten characters that end in X", |t| is_code(t).then(|| t.to_string()));
        let grouping = rows.value(places[1], "a grouping", |t| (!t.is_empty()).then(|| t.to_string()));
        let (Some(code), Some(grouping)) = (code, grouping) else { continue };
        let row = [code.clone(), grouping, rows.cell(places[2]).to_string(), rows.cell(places[3]).to_string()];
        if found.insert(code, row).is_some() {
            rows.bad(places[0], "each code once");
        }
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    let bytes = csv_bytes(&TAXONOMY, found.values().map(|row| row.iter().map(String::as_str)));
    Ok(Parsed { preamble, ..Parsed::new(Kind::Taxonomy, found.len(), bytes) })
}
