//! NCCI medically unlikely edits, practitioner: CMS's quarterly file (`MCR_MUE_PractitionerServices_Eff_07-01-2026`) and the
//! plain form `hcpcs_code,mue_units,mue_mai` with optional `mue_rationale` and `mue_service`.
use std::collections::HashMap;

use super::column::{Column, needed, optional};
use super::rows::Rows;
use super::{Parsed, refuse_other_setting};
use crate::codeset::mue::{HIGHEST, KIND, MueRecord, VERSION};
use crate::codeset::table_file::TableWriter;
use crate::codeset::{CodesetError, Kind};

const COLUMNS: [Column; 4] = [
    needed("hcpcs_code", &["hcpcscode", "hcpcscptcode*", "hcpcs", "code"]),
    needed("mue_units", &["mueunits", "practitionerservicesmuevalues*", "muevalue*", "units"]),
    needed("mue_mai", &["muemai", "mueadjudicationindicator*", "mai"]),
    optional("mue_service", &["mueservice*"]),
];

/// Reads and compiles a file. `effective` is not known yet: [`Parsed::effective_rows`] says where to write it.
pub(super) fn parse(mut rows: Rows<'_>, name: &str) -> Result<Parsed, CodesetError> {
    refuse_other_setting(rows.file(), name, &["outpatient", "hospital", "dme", "supplier"])?;
    let places = rows.header(&COLUMNS)?;
    let [code, units, indicator] = [0, 1, 2].map(|i| places[i].unwrap_or(0));
    let service = places[3];
    let mut found: Vec<MueRecord> = Vec::new();
    let mut seen = HashMap::new();
    while rows.next()? {
        let raw = rows.procedure(code);
        let value = rows.value(units, "a number of units", |t| t.parse::<u32>().ok().filter(|v| *v <= HIGHEST));
        // "2 Date of Service Edit: Policy"
        let adjudication = rows.value(indicator, "adjudication indicator 1, 2 or 3", |t| {
            let digit = t.bytes().next().filter(|b| (b'1'..=b'3').contains(b))?;
            t.get(1..).is_none_or(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())).then_some(digit - b'0')
        });
        if let Some(column) = service.filter(|c| !rows.cell(*c).eq_ignore_ascii_case("practitioner")) {
            rows.bad(column, "Practitioner (claims of professionals are checked; other settings have tables of their own)");
        }
        let (Some(raw), Some(value), Some(adjudication)) = (raw, value, adjudication) else { continue };
        if let Some(first) = seen.insert(raw, rows.number()) {
            rows.bad(code, &format!("each code once (first in row {first})"));
        }
        found.push(MueRecord::new(raw, value, adjudication, 0));
    }
    let preamble = rows.preamble().to_string();
    rows.finish(found.len())?;
    found.sort_by_key(|r| r.code);
    let count = found.len();
    let write = move |effective: u32| {
        let rows: Vec<MueRecord> = found.iter().map(|r| MueRecord { effective, ..*r }).collect();
        let mut table = TableWriter::new(KIND, VERSION);
        table.add("rows", &rows);
        table.to_bytes()
    };
    Ok(Parsed { preamble, ..Parsed::dated(Kind::NcciMue, count, Box::new(move |dates| write(dates.effective))) })
}
