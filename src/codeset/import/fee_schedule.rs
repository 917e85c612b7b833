//! Medicare physician fee schedule, relative value file: CMS's `PPRRVU` (CSV or workbook: 31 columns, 32 since 2026, a header
//! stacked over several rows; text in fixed columns) and the plain form with the column names of [`PLAIN`]. Descriptions are
//! the AMA's and are not kept.
use std::collections::HashMap;

use super::rows::Rows;
use super::{Parsed, fee_schedule_fixed};
use crate::codeset::fee_schedule::{self, FeeRecord, GlobalPeriod};
use crate::codeset::procedures::{RawProcedure, raw_procedure};
use crate::codeset::{CodesetError, Kind};

/// Names of the plain form, in the order of CMS's columns. The reader needs those that [`NEEDED`] lists.
const PLAIN: [&str; 31] = [
    "hcpcs",
    "mod",
    "description",
    "status_code",
    "not_used_for_medicare_payment",
    "work_rvu",
    "non_fac_pe_rvu",
    "non_fac_indicator",
    "facility_pe_rvu",
    "facility_indicator",
    "mp_rvu",
    "non_facility_total",
    "facility_total",
    "pctc_ind",
    "glob_days",
    "pre_op",
    "intra_op",
    "post_op",
    "mult_proc",
    "bilat_surg",
    "asst_surg",
    "co_surg",
    "team_surg",
    "endo_base",
    "conv_factor",
    "physician_supervision_of_diagnostic_procedures",
    "calculation_flag",
    "diagnostic_imaging_family_indicator",
    "non_facility_pe_used_for_opps_payment_amount",
    "facility_pe_used_for_opps_payment_amount",
    "mp_used_for_opps_payment_amount",
];

const NEEDED: [&str; 16] = [
    "hcpcs",
    "mod",
    "status_code",
    "work_rvu",
    "non_fac_indicator",
    "facility_indicator",
    "non_facility_total",
    "facility_total",
    "pctc_ind",
    "glob_days",
    "mult_proc",
    "bilat_surg",
    "asst_surg",
    "co_surg",
    "team_surg",
    "endo_base",
];

/// Last row of CMS's header: what stands in the first columns, and near the end.
const OFFICIAL_START: [&str; 6] = ["HCPCS", "MOD", "DESCRIPTION", "CODE", "PAYMENT", "RVU"];

/// Reads and compiles a file with a header.
pub(super) fn parse(mut rows: Rows<'_>, name: &str) -> Result<Parsed, CodesetError> {
    let (place, preamble) = columns(&mut rows)?;
    read(rows, name, &place, preamble)
}

/// Reads and compiles the text in fixed columns.
pub(super) fn parse_fixed(mut rows: Rows<'_>, name: &str) -> Result<Parsed, CodesetError> {
    rows.in_fixed_columns(&fee_schedule_fixed::NAMES, fee_schedule_fixed::cut)?;
    let place = fee_schedule_fixed::NAMES.iter().enumerate().map(|(at, column)| (*column, at)).collect();
    let preamble = rows.preamble().to_string();
    read(rows, name, &place, preamble)
}

/// Reads the rows behind the header.
fn read(mut rows: Rows<'_>, name: &str, place: &HashMap<&'static str, usize>, preamble: String) -> Result<Parsed, CodesetError> {
    let at = |column: &str| place.get(column).copied().unwrap_or(usize::MAX);
    let (code, modifier) = (at("hcpcs"), at("mod"));
    let factor_column = place.get("conv_factor").copied();
    let mut found: Vec<(RawProcedure, FeeRecord)> = Vec::new();
    let mut seen: HashMap<(RawProcedure, u8), usize> = HashMap::new();
    let mut factor: Option<f64> = None;
    while rows.next()? {
        let raw = match without_zeros(rows.cell(code)) {
            Some(raw) => raw,
            None => match rows.procedure(code) {
                Some(raw) => raw,
                None => continue,
            },
        };
        let component = rows.value(modifier, "no modifier, 26, TC or 53", |t| match t {
            "" => Some(0),
            "26" => Some(1),
            "TC" => Some(2),
            "53" => Some(3),
            _ => None,
        });
        let letters = ["status_code", "pctc_ind", "mult_proc", "bilat_surg", "asst_surg", "co_surg", "team_surg"]
            .map(|c| rows.value(at(c), "one character", |t| <[u8; 1]>::try_from(t.as_bytes()).ok().map(|b| b[0])));
        let units = ["work_rvu", "non_facility_total", "facility_total"]
            .map(|c| rows.value(at(c), "a number of relative value units", hundredths));
        let global = rows.value(at("glob_days"), "000, 010, 090, XXX, YYY, ZZZ or MMM", global_days);
        let base = rows.value(at("endo_base"), "an endoscopic base code or nothing", |t| match t {
            "" => Some([0; 5]),
            _ => raw_procedure(t),
        });
        if let Some(column) = factor_column {
            let stated = rows.value(column, "a conversion factor", |t| t.parse::<f64>().ok().filter(|f| f.is_finite()));
            factor = factor.or(stated.filter(|f| *f > 0.0));
        }
        let na = |rows: &Rows<'_>, c: &str| u8::from(rows.cell(at(c)) == "NA");
        let not_applicable = na(&rows, "non_fac_indicator") | na(&rows, "facility_indicator") << 1;
        let [Some(status), Some(pc_tc), Some(multiple), Some(bilateral), Some(assistant), Some(co_surgeon), Some(team)] = letters
        else {
            continue;
        };
        let ([Some(work), Some(non_facility), Some(facility)], Some(modifier), Some(global), Some(endoscopic_base)) =
            (units, component, global, base)
        else {
            continue;
        };
        if let Some(first) = seen.insert((raw, modifier), rows.number()) {
            rows.bad(code, &format!("each code and modifier once (first in row {first})"));
        }
        found.push((
            raw,
            FeeRecord {
                code: 0,
                modifier,
                edition: 0,
                work,
                non_facility,
                facility,
                status,
                pc_tc,
                global,
                multiple,
                bilateral,
                assistant,
                co_surgeon,
                team,
                endoscopic_base,
                not_applicable,
            },
        ));
    }
    let file = rows.file().to_path_buf();
    rows.finish(found.len())?;
    let mut codes: Vec<RawProcedure> = found.iter().map(|f| f.0).collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.len() > usize::from(u16::MAX) {
        return Err(CodesetError::refused(&file, "it has more than 65,535 codes"));
    }
    let records: Vec<FeeRecord> = found
        .into_iter()
        .map(|(raw, record)| FeeRecord { code: codes.binary_search(&raw).unwrap_or(0) as u16, ..record })
        .collect();
    let count = records.len();
    // Since 2026 there are two files, which differ in their conversion factor: that for clinicians who qualify through an
    // advanced payment model (QPP) and that for all others.
    let lower = name.to_ascii_lowercase();
    let qualifying = lower.contains("qpp") && !lower.contains("nonqpp");
    let factors = if qualifying { [0.0, factor.unwrap_or(0.0)] } else { [factor.unwrap_or(0.0), 0.0] };
    let write = move |dates: &super::Dates| {
        let edition = fee_schedule::edition_record(&dates.edition, dates.effective);
        fee_schedule::compile(&codes, records.clone(), edition, factors).to_bytes()
    };
    let parsed = Parsed::dated(Kind::FeeSchedule, count, Box::new(write));
    Ok(Parsed { preamble, part: if qualifying { "qpp" } else { "table" }.into(), ..parsed })
}

/// Where each column of the plain form stands, in either form, and the rows before the header.
fn columns(rows: &mut Rows<'_>) -> Result<(HashMap<&'static str, usize>, String), CodesetError> {
    let mut preamble = String::new();
    for _ in 0..40 {
        if !rows.next()? {
            break;
        }
        let cells: Vec<String> = (0..rows.len()).map(|i| rows.cell(i).to_string()).collect();
        let upper: Vec<String> = cells.iter().map(|c| c.to_ascii_uppercase()).collect();
        if upper.iter().take(6).map(String::as_str).eq(OFFICIAL_START) {
            // The indicator of how a code is priced (PRIC IND) is new in 2026; it stands before the endoscopic base.
            let with_pricing = upper.len() == 32 && upper.get(23).is_some_and(|c| c == "IND");
            if !with_pricing && upper.len() != 31 {
                let problem = format!("its header has {} columns; the relative value file has 31, or 32 since 2026", upper.len());
                return Err(CodesetError::refused(rows.file(), problem));
            }
            let places = PLAIN.iter().enumerate().map(|(i, c)| (*c, if with_pricing && i >= 23 { i + 1 } else { i })).collect();
            let mut names: Vec<&str> = PLAIN.to_vec();
            if with_pricing {
                names.insert(23, "pricing_indicator");
            }
            rows.name_columns(&names);
            return Ok((places, preamble));
        }
        let places: HashMap<&'static str, usize> =
            PLAIN.iter().filter_map(|name| Some((*name, cells.iter().position(|c| c == name)?))).collect();
        let missing: Vec<&str> = NEEDED.iter().filter(|n| !places.contains_key(**n)).copied().collect();
        if missing.is_empty() {
            rows.take_as_header();
            return Ok((places, preamble));
        }
        if places.len() > 5 {
            let problem = format!("its header lacks the column {}", missing.join(", "));
            return Err(CodesetError::refused(rows.file(), problem));
        }
        preamble += &(cells.join(" ") + "\n");
    }
    Err(CodesetError::refused(rows.file(), format!("no header with the columns {}", NEEDED.join(", "))))
}

/// The code of an anesthesia service (00100 to 01999) from which a spreadsheet took the zeros, as in the release of October
/// 2020.
fn without_zeros(text: &str) -> Option<RawProcedure> {
    let number = text.parse::<u16>().ok().filter(|n| text.len() < 5 && (100..2000).contains(n))?;
    raw_procedure(&format!("{number:05}"))
}

/// A decimal number in hundredths: "0.6699999999999999" is 67; nothing is 0.
fn hundredths(text: &str) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    let number: f64 = text.parse().ok()?;
    let scaled = (number * 100.0).round();
    (scaled.abs() < 100_000_000.0).then_some(scaled as i32)
}

/// A global period; one release wrote the days without leading zeros.
fn global_days(text: &str) -> Option<[u8; 3]> {
    let filled = match text {
        "0" => "000",
        "10" => "010",
        "90" => "090",
        other => other,
    };
    let bytes: [u8; 3] = filled.as_bytes().try_into().ok()?;
    GlobalPeriod::from_bytes(bytes).map(|_| bytes)
}
