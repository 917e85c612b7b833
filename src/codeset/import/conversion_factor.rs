//! Conversion factors, only in the plain form `effective,through,dollars,apm_dollars`: CMS publishes them in its rules and
//! in the relative value files, which bring their own.
use super::column::{Column, needed};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::CONVERSION_FACTOR;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 4] = [
    needed("effective", &["effective", "datestart"]),
    needed("through", &["through", "dateend"]),
    needed("dollars", &["dollars", "cf"]),
    needed("apm_dollars", &["apmdollars"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>, _name: &str) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut found: Vec<(u32, u32, [String; 4])> = Vec::new();
    while rows.next()? {
        let days = [0, 1].map(|i| rows.value(places[i], "a date YYYY-MM-DD", day::parse));
        let money = |t: &str| t.parse::<f64>().ok().filter(|n| (1.0..1000.0).contains(n)).map(|n| n.to_string());
        let dollars = [2, 3].map(|i| rows.value(places[i], "an amount in dollars", money));
        let ([Some(from), Some(to)], [Some(dollars), Some(apm)]) = (days, dollars) else { continue };
        if to < from || found.last().is_some_and(|(_, before, _)| *before >= from) {
            rows.bad(places[0], "periods in order that do not overlap");
        }
        let shown = |number: u32| day::from_number(number).map_or(String::new(), |d| d.to_string());
        found.push((from, to, [shown(from), shown(to), dollars, apm]));
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    let lines = found.iter().map(|(_, _, row)| row.iter().map(String::as_str));
    let bytes = csv_bytes(&CONVERSION_FACTOR, lines);
    let first = found.first().and_then(|f| day::from_number(f.0));
    let last = found.last().and_then(|f| day::from_number(f.1));
    Ok(Parsed { preamble, effective: first, through: last, ..Parsed::new(Kind::ConversionFactor, found.len(), bytes) })
}
