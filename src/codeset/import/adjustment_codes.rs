//! Claim adjustment reason codes (CARC) and remittance advice remark codes (RARC), in the plain form
//! `adj_code,adj_type,adj_start_date,adj_last_modified,adj_end_date` (type: Group, CARC or RARC). Numbers and dates only: the
//! texts are X12's and are not kept.
use std::collections::BTreeMap;

use super::add_on::optional_day;
use super::column::{Column, needed, optional};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::ADJUSTMENT_CODES;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 5] = [
    needed("adj_code", &["adjcode"]),
    needed("adj_type", &["adjtype"]),
    optional("adj_start_date", &["adjstartdate", "start*"]),
    optional("adj_last_modified", &["adjlastmodified", "lastmodified*"]),
    optional("adj_end_date", &["adjenddate", "stop*", "end*"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?;
    let (code, kind) = (places[0].unwrap_or(0), places[1].unwrap_or(0));
    let mut found: BTreeMap<(String, String), [String; 4]> = BTreeMap::new();
    while rows.next()? {
        let short = |t: &str| ((1..=6).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| t.to_string());
        let number = rows.value(code, "a code of up to six characters", short);
        let kind = rows
            .value(kind, "Group, CARC or RARC", |t| ["Group", "CARC", "RARC"].into_iter().find(|k| k.eq_ignore_ascii_case(t)));
        let from = optional_day(&mut rows, places[2], day::ALWAYS);
        let to = optional_day(&mut rows, places[4], day::OPEN);
        let (Some(number), Some(kind), Some(from), Some(to)) = (number, kind, from, to) else { continue };
        let shown = |n: u32| day::from_number(n).map_or(String::new(), |d| d.to_string());
        let row = [number.clone(), kind.to_string(), shown(from), shown(to)];
        if found.insert((kind.to_string(), number), row).is_some() {
            rows.bad(code, "each code once");
        }
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    let bytes = csv_bytes(&ADJUSTMENT_CODES, found.values().map(|row| row.iter().map(String::as_str)));
    Ok(Parsed { preamble, ..Parsed::new(Kind::AdjustmentCodes, found.len(), bytes) })
}
