//! Places of service, in the plain forms `pos_code,pos_type,pos_name` (Facility or Non-Facility) and `code,name,facility`
//! (1 or 0): CMS publishes the list as a page and a manual.
use std::collections::BTreeMap;

use super::column::{Column, needed};
use super::rows::Rows;
use super::{Parsed, csv_bytes};
use crate::codeset::import_headers::PLACE_OF_SERVICE;
use crate::codeset::{CodesetError, Kind};

const COLUMNS: [Column; 3] = [
    needed("pos_code", &["poscode", "code", "placeofservicecode*"]),
    needed("pos_type", &["postype", "facility"]),
    needed("pos_name", &["posname", "name", "placeofservicename*"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut found: BTreeMap<String, [String; 3]> = BTreeMap::new();
    while rows.next()? {
        let two_digits = |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.to_string());
        let code = rows.value(places[0], "two digits", two_digits);
        let name = rows.value(places[2], "a name", |t| (!t.is_empty()).then(|| t.to_string()));
        // Numbers that are not assigned have no type.
        let unassigned = name.as_ref().is_some_and(|n| n.eq_ignore_ascii_case("unassigned"));
        let facility = match rows.cell(places[1]).to_ascii_lowercase().as_str() {
            "facility" | "1" | "f" => Some("1"),
            "non-facility" | "nonfacility" | "0" | "nf" => Some("0"),
            _ if unassigned => None,
            _ => {
                rows.bad(places[1], "Facility or Non-Facility");
                None
            }
        };
        let (Some(code), Some(name), Some(facility)) = (code, name, facility) else { continue };
        if found.insert(code.clone(), [code, name, facility.into()]).is_some() {
            rows.bad(places[0], "each place once");
        }
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    let bytes = csv_bytes(&PLACE_OF_SERVICE, found.values().map(|row| row.iter().map(String::as_str)));
    Ok(Parsed { preamble, ..Parsed::new(Kind::PlaceOfService, found.len(), bytes) })
}
