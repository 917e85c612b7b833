//! HCPCS Level II, CMS's annual or quarterly alphanumeric file (`HCPC2026_OCT_ANWEB`): as fixed-width text (codes in 1–5,
//! sequence number in 6–10, record identification in 11, long description in 12–91, short in 92–119, dates in 269–292,
//! action in 293), and as CSV or workbook with a header. A code's long description runs on over several records.
use std::collections::BTreeMap;

use super::Parsed;
use super::add_on::any_day;
use super::column::{Column, needed, optional};
use super::rows::Rows;
use crate::codeset::hcpcs::{self, HcpcsRow, ModifierRow};
use crate::codeset::procedures::raw_procedure;
use crate::codeset::{CodesetError, Kind, day};

const COLUMNS: [Column; 9] = [
    needed("HCPC", &["hcpc", "hcpcs"]),
    needed("SEQNUM", &["seqnum"]),
    needed("RECID", &["recid"]),
    needed("LONG DESCRIPTION", &["longdescription"]),
    needed("SHORT DESCRIPTION", &["shortdescription"]),
    needed("ADD DT", &["adddt", "adddate"]),
    needed("ACT EFF DT", &["acteffdt", "actioneffectivedate"]),
    needed("TERM DT", &["termdt", "termdate"]),
    optional("ACTION CD", &["actioncd", "actioncode"]),
];

/// Characters of the fixed form, counted from 0: first, and one behind the last.
const FIXED: [(&str, usize, usize); 9] = [
    ("code (1–5)", 0, 5),
    ("sequence number (6–10)", 5, 10),
    ("record identification (11)", 10, 11),
    ("long description (12–91)", 11, 91),
    ("short description (92–119)", 91, 119),
    ("added date (269–276)", 268, 276),
    ("action effective date (277–284)", 276, 284),
    ("termination date (285–292)", 284, 292),
    ("action code (293)", 292, 293),
];

/// Reads and compiles the fixed form.
pub(super) fn parse_fixed(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let mut gathered = Gathered::default();
    while rows.next()? {
        let line: Vec<char> = rows.line().chars().collect();
        let field = |(_, from, to): (&str, usize, usize)| {
            line.get(from.min(line.len())..to.min(line.len())).unwrap_or_default().iter().collect::<String>().trim().to_string()
        };
        // Disclaimers stand before the first record.
        let is_record = line.len() > 11 && line[5..10].iter().all(char::is_ascii_digit);
        if !is_record && gathered.is_empty() {
            continue;
        }
        // Of a record that only goes on with the description, one release leaves out the blanks behind it.
        let goes_on = matches!(line.get(10), Some('4' | '8')) && is_record;
        if line.len() < 280 && !goes_on {
            rows.add("(row)", "320 characters", format!("{} characters", line.len()));
            continue;
        }
        let fields = FIXED.map(field);
        gathered.add(&mut rows, fields, |i| FIXED[i].0.to_string());
    }
    gathered.finish(rows)
}

/// Reads and compiles the form with a header.
pub(super) fn parse(mut rows: Rows<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?;
    let mut gathered = Gathered::default();
    while rows.next()? {
        let fields: [String; 9] = std::array::from_fn(|i| rows.maybe(places[i]).to_string());
        gathered.add(&mut rows, fields, |i| COLUMNS[i].name.to_string());
    }
    gathered.finish(rows)
}

/// Codes and modifiers as they are gathered from their records.
#[derive(Default)]
struct Gathered {
    codes: BTreeMap<[u8; 5], HcpcsRow>,
    modifiers: BTreeMap<[u8; 2], ModifierRow>,
    last: Option<Last>,
}

enum Last {
    Code([u8; 5]),
    Modifier([u8; 2]),
    /// A dental code: the ADA's, not kept.
    Dental,
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.modifiers.is_empty() && self.last.is_none()
    }

    fn add(&mut self, rows: &mut Rows<'_>, fields: [String; 9], name: impl Fn(usize) -> String) {
        let [code, _, record, long, short, added, began, ended, action] = &fields;
        match record.as_str() {
            "3" | "7" => {}
            // The long description goes on.
            "4" | "8" => {
                let text = match &self.last {
                    Some(Last::Code(code)) => self.codes.get_mut(code).map(|row| &mut row.long),
                    Some(Last::Modifier(modifier)) => self.modifiers.get_mut(modifier).map(|row| &mut row.long),
                    Some(Last::Dental) => return,
                    None => None,
                };
                match text {
                    Some(text) => {
                        text.push(' ');
                        text.push_str(long);
                    }
                    None => rows.add(&name(2), "3 or 7 before 4 or 8", record.clone()),
                }
                return;
            }
            "5" | "6" => return,
            other => return rows.add(&name(2), "3, 4, 7 or 8", other.to_string()),
        }
        let date = |text: &str| if text.is_empty() || text == "0" { Some(None) } else { any_day(text).map(Some) };
        let dates = [(5, added), (6, began), (7, ended)].map(|(i, text)| (i, text, date(text)));
        for (i, text, read) in &dates {
            if read.is_none() {
                rows.add(&name(*i), "a date YYYYMMDD or nothing", text.to_string());
            }
        }
        let [(.., Some(added)), (.., Some(began)), (.., Some(ended))] = dates else { return };
        if long.is_empty() && short.is_empty() {
            return rows.add(&name(3), "a description", String::new());
        }
        // The action that ends a code takes effect the day after its last day. A later one took the code up again, and the
        // last day is that of its first life.
        let after = |ended: u32| day::from_number(ended).and_then(|d| d.tomorrow().ok()).map_or(day::OPEN, day::to_number);
        let revived = action != "D" && ended.zip(began).is_some_and(|(ended, began)| after(ended) < began);
        let added = added.or(began).unwrap_or(day::ALWAYS);
        let ended = ended.filter(|_| !revived).unwrap_or(day::OPEN);
        let (long, short) = (long.clone(), short.clone());
        if record == "7" {
            let Some(modifier) = <[u8; 2]>::try_from(code.as_bytes()).ok().filter(|m| m.iter().all(u8::is_ascii_alphanumeric))
            else {
                return rows.add(&name(0), "a modifier of two characters", code.clone());
            };
            self.last = Some(Last::Modifier(modifier));
            if self.modifiers.insert(modifier, ModifierRow { modifier, long, added, ended }).is_some() {
                rows.add(&name(0), "each modifier once", code.clone());
            }
            return;
        }
        let Some(raw) = raw_procedure(code).filter(|c| c[0].is_ascii_uppercase() && c[1..].iter().all(u8::is_ascii_digit)) else {
            return rows.add(&name(0), "a HCPCS Level II code: a letter and four digits", code.clone());
        };
        if raw[0] == b'D' {
            self.last = Some(Last::Dental);
            return;
        }
        self.last = Some(Last::Code(raw));
        if self.codes.insert(raw, HcpcsRow { code: raw, long, short, added, ended }).is_some() {
            rows.add(&name(0), "each code once", code.clone());
        }
    }

    fn finish(self, rows: Rows<'_>) -> Result<Parsed, CodesetError> {
        let count = self.codes.len() + self.modifiers.len();
        let preamble = rows.preamble().to_string();
        rows.finish(count)?;
        let table = hcpcs::compile(self.codes.into_values().collect(), self.modifiers.into_values().collect());
        Ok(Parsed { preamble, ..Parsed::new(Kind::Hcpcs, count, table.to_bytes()) })
    }
}
