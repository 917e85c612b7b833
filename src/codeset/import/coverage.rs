//! LCD and NCD coverage: the Medicare Coverage Database's `article_x_hcpc_code`, `article_x_icd10_covered` and
//! `article_x_icd10_noncovered` (CSV), and the plain form `article_id,hcpcs_code,icd10_code` with optional `covered`,
//! `effective_date` and `end_date`.
use super::add_on::optional_day;
use super::column::{Column, needed, optional};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::icd10cm::{raw_code, text_of};
use crate::codeset::import_headers::COVERAGE;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 8] = [
    needed("article_id", &["articleid", "lcdid", "ncdid"]),
    optional("hcpcs_code", &["hcpccodeid", "hcpcscode", "hcpccode"]),
    optional("icd10_code", &["icd10codeid", "icd10code"]),
    optional("covered", &["covered"]),
    optional("effective_date", &["effectivedate"]),
    optional("end_date", &["enddate"]),
    optional("group", &["icd10coveredgroup", "icd10noncoveredgroup", "hcpccodegroup", "group"]),
    optional("noncovered group", &["icd10noncoveredgroup"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?;
    let article = places[0].unwrap_or(0);
    let (procedure, diagnosis) = (places[1], places[2]);
    let part = match (procedure, diagnosis) {
        (None, None) => return Err(CodesetError::refused(rows.file(), "its header lacks the column hcpcs_code or icd10_code")),
        (Some(_), Some(_)) => "table",
        (Some(_), None) => "procedures",
        (None, Some(_)) if places[7].is_some() => "noncovered",
        (None, Some(_)) => "covered",
    };
    // The database writes the number alone; the letter says of which kind of document it is.
    let letter = match rows.name(article).to_ascii_lowercase() {
        name if name.contains("lcd") => "L",
        name if name.contains("ncd") => "N",
        _ => "A",
    };
    let mut found: Vec<[String; 6]> = Vec::new();
    while rows.next()? {
        let id = rows.value(article, "the number of an article", |t| {
            let plain = t.trim_start_matches(['A', 'L', 'N']);
            (!plain.is_empty() && plain.len() <= 12 && plain.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
                .then(|| if plain == t { format!("{letter}{t}") } else { t.to_string() })
        });
        let code = match procedure {
            Some(column) => rows.procedure(column).map(|c| String::from_utf8_lossy(&c).into_owned()),
            None => Some(String::new()),
        };
        let condition = match diagnosis {
            Some(column) => rows.value(column, "an ICD-10-CM code", |t| raw_code(t).map(|c| text_of(&c).to_string())),
            None => Some(String::new()),
        };
        let covered = match places[3] {
            Some(column) => rows.value(column, "1 or 0, True or False", super::icd10cm_list::truth),
            None => Some(part != "noncovered"),
        };
        let from = optional_day(&mut rows, places[4], day::ALWAYS);
        let to = optional_day(&mut rows, places[5], day::OPEN);
        let (Some(id), Some(code), Some(condition)) = (id, code, condition) else { continue };
        let (Some(covered), Some(from), Some(to)) = (covered, from, to) else { continue };
        let group = rows.maybe(places[6]).to_string();
        found.push([id, group, code, condition, u8::from(covered).to_string(), format!("{from}-{to}")]);
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    found.sort();
    found.dedup();
    let bytes = csv_bytes(&COVERAGE, found.iter().map(|row| row.iter().map(String::as_str)));
    Ok(Parsed { preamble, part: part.into(), ..Parsed::new(Kind::Coverage, found.len(), bytes) })
}
