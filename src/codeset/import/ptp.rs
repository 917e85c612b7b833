//! NCCI procedure-to-procedure edits, practitioner: CMS's quarterly files (`ccipra-v322r0-f1`, tab-delimited text or
//! workbook, in several parts) and the plain form `column1,column2,deletion_date,modifier_indicator` with optional
//! `effective_date` and `prior_1996`.
use super::column::{Column, needed, optional};
use super::rows::Rows;
use super::{Parsed, refuse_other_setting};
use crate::codeset::ptp_table::{self, PtpRow, TermsRecord};
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 7] = [
    needed("column1", &["column1", "col1", "column1code"]),
    needed("column2", &["column2", "col2", "column2code"]),
    needed("deletion_date", &["deletiondate*", "deletion*"]),
    needed("modifier_indicator", &["modifier*"]),
    optional("effective_date", &["effectivedate*", "effective*"]),
    optional("prior_1996", &["inexistence*", "prior*"]),
    optional("rationale", &["ptpeditrationale*", "rationale*"]),
];

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>, name: &str) -> Result<Parsed, CodesetError> {
    refuse_other_setting(rows.file(), name, &["ccioph", "hospital", "outpatient"])?;
    let places = rows.header(&COLUMNS)?;
    let [one, two, deletion, indicator] = [0, 1, 2, 3].map(|i| places[i].unwrap_or(0));
    let (effective, prior, rationale) = (places[4], places[5], places[6]);
    let mut pairs: Vec<(PtpRow, u32, u32)> = Vec::new();
    let mut still_header = true;
    while rows.next()? {
        // Below the names of the columns the official file goes on explaining them, with the code columns empty.
        if std::mem::take(&mut still_header) && rows.cell(one).is_empty() && rows.cell(two).is_empty() {
            still_header = true;
            continue;
        }
        let read = (rows.procedure(one), rows.procedure(two));
        let ended = rows.value(deletion, "YYYYMMDD, or * for none", deletion_of);
        let indicator = rows.value(indicator, "0, 1 or 9", |t| matches!(t, "0" | "1" | "9").then(|| t.parse().unwrap_or(9)));
        let begun = match effective {
            _ if rows.maybe(prior).starts_with('*') => Some(day::ALWAYS),
            Some(column) => rows.value(column, "YYYYMMDD", day::parse),
            None => Some(day::ALWAYS),
        };
        let ((Some(one), Some(two)), Some(deletion), Some(indicator), Some(effective)) = (read, ended, indicator, begun) else {
            continue;
        };
        let terms = TermsRecord { effective, deletion, indicator };
        pairs.push(((one, two, terms), digest(rows.maybe(rationale)), rows.number() as u32));
    }
    // The same pair may stand twice for two reasons, but a row that repeats another in everything is a fault of the file.
    pairs.sort_unstable();
    let same = |w: &&[(PtpRow, u32, u32)]| (w[0].0, w[0].1) == (w[1].0, w[1].1);
    for pair in pairs.windows(2).filter(same).take(20) {
        let found = String::from_utf8_lossy(&[pair[0].0.0, pair[0].0.1].concat()).into_owned();
        rows.add_at(pair[1].2 as usize, "column1", &format!("each pair once for its dates (first in row {})", pair[0].2), found);
    }
    let count = pairs.len();
    let file = rows.file().to_path_buf();
    let preamble = rows.preamble().to_string();
    rows.finish(count)?;
    let table = ptp_table::compile(pairs.into_iter().map(|p| p.0).collect())
        .ok_or_else(|| CodesetError::refused(&file, "it names more than 65,535 different codes"))?;
    Ok(Parsed { part: part_of(name), preamble, ..Parsed::new(Kind::NcciPtp, count, table.to_bytes()) })
}

fn deletion_of(text: &str) -> Option<u32> {
    if text == "*" || text.is_empty() { Some(day::OPEN) } else { day::parse(text) }
}

/// `f1` of `ccipra-v322r0-f1`.
fn part_of(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let at = lower
        .match_indices("-f")
        .chain(lower.match_indices("_f"))
        .find(|(i, _)| lower[i + 2..].starts_with(|c: char| c.is_ascii_digit()));
    match at {
        Some((i, _)) => format!("f{}", lower[i + 2..].chars().take_while(char::is_ascii_digit).collect::<String>()),
        None => "table".into(),
    }
}

/// A short digest of a text (FNV-1a), only to tell two rows apart.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}
