//! Geographic practice cost indices: CMS's `GPCI2026.csv` and the plain form
//! `mac,locality_number,locality_name,gpci_work,gpci_pe,gpci_mp`.
use std::collections::HashMap;

use super::column::{Column, needed};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::GPCI;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 6] = [
    needed("mac", &["mac", "medicareadministrativecontractor*"]),
    needed("locality_number", &["localitynumber", "locality"]),
    needed("locality_name", &["localityname*"]),
    needed("gpci_work", &["gpciwork", "pwgpciwith1*", "pwgpci*", "workgpci*"]),
    needed("gpci_pe", &["gpcipe", "pegpci*"]),
    needed("gpci_mp", &["gpcimp", "mpgpci*"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>, _name: &str) -> Result<Parsed, CodesetError> {
    rows.without_years();
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut found: Vec<[String; 6]> = Vec::new();
    let mut seen = HashMap::new();
    while rows.next()? {
        // Footnotes stand below the table.
        let first = rows.cell(places[0]).to_string();
        if !found.is_empty() && rows.cell(places[1]).is_empty() && rows.cell(places[3]).is_empty() {
            continue;
        }
        let digits =
            |t: &str, most: usize| (!t.is_empty() && t.len() <= most && t.bytes().all(|b| b.is_ascii_digit())).then_some(());
        let mac = rows.value(places[0], "a contractor number of five digits", |t| digits(t, 5));
        let locality = rows.value(places[1], "a locality number", |t| digits(t, 2));
        let indices = [3, 4, 5].map(|i| rows.value(places[i], "an index between 0 and 10", index));
        let (Some(()), Some(()), [Some(work), Some(expense), Some(malpractice)]) = (mac, locality, indices) else { continue };
        let locality = format!("{:0>2}", rows.cell(places[1]));
        let mac = format!("{first:0>5}");
        if let Some(row) = seen.insert((mac.clone(), locality.clone()), rows.number()) {
            rows.bad(places[1], &format!("each locality once (first in row {row})"));
        }
        let name = rows.cell(places[2]).trim_end_matches('*').trim().to_string();
        found.push([mac, locality, name, work, expense, malpractice]);
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    let count = found.len();
    let write = move |dates: &super::Dates| {
        let from = day::from_number(dates.effective).map_or(String::new(), |d| d.to_string());
        let dated = found.iter().map(|row| std::iter::once(from.as_str()).chain(row.iter().map(String::as_str)));
        csv_bytes(&GPCI, dated)
    };
    Ok(Parsed { preamble, ..Parsed::dated(Kind::Gpci, count, Box::new(write)) })
}

/// Three decimals: "0.8690000000000001" is 0.869.
fn index(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    (0.0..10.0).contains(&number).then(|| format!("{number:.3}"))
}
