//! NCCI add-on code edits: CMS's file (`AOC_V2026Q3-MCR`: add-on code, primary code, type, first and last day) and the plain
//! form `primary_code,add_on_code,aoc_edit_type` with optional `effective_date` and `deletion_date`.
use std::collections::HashMap;

use super::Parsed;
use super::column::{Column, needed, optional};
use super::rows::Rows;
use crate::codeset::add_on::{AddOnPeriod, AddOnRecord, KIND, VERSION};
use crate::codeset::table_file::TableWriter;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 7] = [
    needed("add_on_code", &["addoncode", "aoc", "addon", "aoccode"]),
    needed("primary_code", &["primarycode", "primary", "primaryprocedurecode"]),
    needed("aoc_edit_type", &["aocedittype", "aoctype", "edittype", "type"]),
    optional("effective_date", &["effectivedate", "aoceditefffdt", "aocediteffdt", "aocediteffectivedate", "editeffectivedate"]),
    optional("deletion_date", &["deletiondate", "aoceditdeldt", "aoceditdeletiondate", "editdeletiondate"]),
    optional("add-on code's deletion date", &["aocdeldt", "aocdeletiondate"]),
    optional("primary code's deletion date", &["primarycodedeldt", "primarycodedeletiondate"]),
];

/// Reads and compiles a file with a header.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?;
    read(rows, &places)
}

/// Reads the rows; `places` says where each of [`COLUMNS`] stands.
pub(super) fn read(mut rows: Rows<'_>, places: &[Option<usize>]) -> Result<Parsed, CodesetError> {
    let place = |column: usize| places.get(column).copied().flatten();
    let [add_on, primary, kind] = [0, 1, 2].map(|i| place(i).unwrap_or(0));
    let (effective, deletions) = (place(3), [4, 5, 6].map(place));
    let mut found: Vec<(AddOnRecord, AddOnPeriod)> = Vec::new();
    let mut seen = HashMap::new();
    while rows.next()? {
        let codes = (rows.procedure(add_on), rows.procedure(primary));
        let kind = rows.value(kind, "type 1, 2 or 3", |t| match t {
            "1" | "I" => Some(1),
            "2" | "II" => Some(2),
            "3" | "III" => Some(3),
            _ => None,
        });
        let begun = optional_day(&mut rows, effective, day::ALWAYS);
        // The pair ends with its edit or with either code, whichever is first.
        let ended = deletions.map(|column| optional_day(&mut rows, column, day::OPEN));
        let ended: Option<Vec<u32>> = ended.into_iter().collect();
        let ((Some(add_on_code), Some(primary)), Some(kind), Some(effective), Some(ended)) = (codes, kind, begun, ended) else {
            continue;
        };
        if let Some(first) = seen.insert((add_on_code, primary, effective), rows.number()) {
            rows.bad(add_on, &format!("each pair once (first in row {first})"));
        }
        let deletion = ended.into_iter().min().unwrap_or(day::OPEN);
        found.push((AddOnRecord { add_on: add_on_code, primary, kind }, AddOnPeriod { effective, deletion }));
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    found.sort_unstable();
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("rows", &found.iter().map(|f| f.0).collect::<Vec<_>>());
    if effective.is_some() || deletions[0].is_some() {
        table.add("periods", &found.iter().map(|f| f.1).collect::<Vec<_>>());
    }
    Ok(Parsed { preamble, ..Parsed::new(Kind::NcciAddOn, found.len(), table.to_bytes()) })
}

/// A day of a column that may be missing or empty.
pub(super) fn optional_day(rows: &mut Rows<'_>, column: Option<usize>, missing: u32) -> Option<u32> {
    match column {
        Some(column) if !matches!(rows.cell(column), "" | "*" | "N/A" | "NULL") => rows.value(column, "a date YYYYMMDD", any_day),
        _ => Some(missing),
    }
}

/// YYYYMMDD, YYYY-MM-DD, MM/DD/YYYY, M/D/YYYY or YYYYDDD (day of the year), a time behind it passed over.
pub(super) fn any_day(text: &str) -> Option<u32> {
    let text = text.split_whitespace().next().unwrap_or("");
    let text = text.split_once('T').map_or(text, |(day, _)| day);
    if let Some(number) = day::parse(text) {
        return Some(number);
    }
    if text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (year, of_year) = (text.get(..4)?.parse().ok()?, text.get(4..)?.parse::<i64>().ok()?);
        let first = jiff::civil::Date::new(year, 1, 1).ok()?;
        let date = first.checked_add(jiff::Span::new().days(of_year - 1)).ok()?;
        return (of_year >= 1 && date.year() == year).then(|| day::to_number(date));
    }
    let parts: Vec<u32> = text.split('/').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [month, day_of_month, year] = parts[..] else { return None };
    (year > 1000 && month <= 12 && day_of_month <= 31).then_some(())?;
    let number = year * 10_000 + month * 100 + day_of_month;
    day::from_number(number).map(|_| number)
}

#[cfg(test)]
mod tests {
    use super::any_day;

    #[test]
    fn days_as_publishers_write_them() {
        for text in ["20240229", "2024-02-29", "02/29/2024", "2/29/2024", "2024060", "2024-02-29T00:00:00"] {
            assert_eq!(any_day(text), Some(20_240_229), "{text}");
        }
        for text in ["20240230", "2023366", "2024000", "13/01/2024", "never", ""] {
            assert_eq!(any_day(text), None, "{text}");
        }
    }
}
