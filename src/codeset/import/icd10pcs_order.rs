//! ICD-10-PCS order file (`icd10pcs_order_2024.txt`), in the columns of the ICD-10-CM one, and the plain form
//! `code,billable,short_description,long_description`.
use std::collections::HashMap;

use super::column::{Column, needed};
use super::icd10cm_list::truth;
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::ICD10PCS;
use crate::codeset::{CodesetError, Kind};

const COLUMNS: [Column; 3] = [
    needed("code", &["code"]),
    needed("billable", &["billable", "valid"]),
    needed("long_description", &["longdescription", "longdesc", "longtitle"]),
];

/// Reads and compiles the order file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let mut codes = Codes::default();
    while rows.next()? {
        let line = rows.line().to_string();
        if !line.get(..5).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) {
            rows.add("order number (1–5)", "five digits", line.chars().take(5).collect());
            continue;
        }
        let code = line.get(6..13).map(str::trim).filter(|c| is_code(c));
        let billable = line.get(14..15).and_then(truth);
        let title = line.get(77..).map(str::trim).filter(|t| !t.is_empty());
        match (code, billable, title) {
            (None, ..) => rows.add("code (7–13)", "an ICD-10-PCS code", line.get(6..13).unwrap_or("").to_string()),
            (_, None, _) => rows.add("validity (15)", "0 or 1", line.get(14..15).unwrap_or("").to_string()),
            (_, _, None) => rows.add("long title (from 78)", "a title", line.get(16..).unwrap_or("").to_string()),
            (Some(code), Some(billable), Some(title)) => codes.add(&mut rows, code, billable, title),
        }
    }
    codes.finish(rows)
}

/// Reads and compiles the plain form.
pub(super) fn parse_list(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut codes = Codes::default();
    while rows.next()? {
        let code = rows.value(places[0], "an ICD-10-PCS code", |t| is_code(t).then(|| t.to_string()));
        let billable = rows.value(places[1], "1 or 0, True or False", truth);
        let (Some(code), Some(billable)) = (code, billable) else { continue };
        let title = rows.cell(places[2]).to_string();
        codes.add(&mut rows, &code, billable, &title);
    }
    codes.finish(rows)
}

/// Three characters (a table) or seven, without the letters O and I.
fn is_code(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && b != b'O' && b != b'I');
    matches!(text.len(), 3 | 7) && text.bytes().all(allowed)
}

#[derive(Default)]
struct Codes {
    list: Vec<[String; 3]>,
    seen: HashMap<String, usize>,
}

impl Codes {
    fn add(&mut self, rows: &mut Rows<'_>, code: &str, billable: bool, title: &str) {
        if let Some(first) = self.seen.insert(code.to_string(), rows.number()) {
            rows.add("code", &format!("each code once (first in row {first})"), code.to_string());
        }
        self.list.push([code.to_string(), u8::from(billable).to_string(), title.to_string()]);
    }

    fn finish(mut self, rows: Rows<'_>) -> Result<Parsed, CodesetError> {
        let preamble = rows.preamble().to_string();
        rows.finish(self.list.len())?;
        self.list.sort();
        let bytes = csv_bytes(&ICD10PCS, self.list.iter().map(|row| row.iter().map(String::as_str)));
        Ok(Parsed { preamble, ..Parsed::new(Kind::Icd10pcs, self.list.len(), bytes) })
    }
}
