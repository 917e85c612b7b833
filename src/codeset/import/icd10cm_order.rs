//! ICD-10-CM order file (`icd10cm-order-2026.txt`): order number in columns 1–5, code in 7–13, 0 header or 1 billable in 15,
//! short title in 17–76, long title from 78.
use std::collections::HashMap;

use super::Parsed;
use super::rows::Rows;
use crate::codeset::icd10cm::{ListedCode, RawCode, list_file, raw_code, text_of};
use crate::codeset::{CodesetError, Kind};

/// Reads and compiles a file.
pub(super) fn parse(mut rows: Rows<'_>, _name: &str) -> Result<Parsed, CodesetError> {
    let mut codes = Codes::default();
    while rows.next()? {
        let Some(line) = order_line(&mut rows, 0) else { continue };
        codes.add(&mut rows, line);
    }
    let codes = codes.checked(&mut rows);
    rows.finish(codes.len())?;
    Ok(Parsed { part: "order".into(), ..Parsed::new(Kind::Icd10cm, codes.len(), list_file::compile(codes).to_bytes()) })
}

/// The fields of a line of the order file that begins at a character; notes what is wrong.
pub(super) fn order_line(rows: &mut Rows<'_>, from: usize) -> Option<ListedCode> {
    let line = rows.line().to_string();
    let Some(line) = line.get(from..) else {
        rows.add("order number (1–5)", "five digits", String::new());
        return None;
    };
    let number = line.get(..5).filter(|n| n.bytes().all(|b| b.is_ascii_digit()) && line.as_bytes().get(5) == Some(&b' '));
    if number.is_none() {
        rows.add("order number (1–5)", "five digits and a blank", line.chars().take(6).collect());
        return None;
    }
    let code = line.get(6..14).and_then(raw_code);
    if code.is_none() {
        rows.add("code (7–13)", "an ICD-10-CM code without a dot", line.get(6..14).unwrap_or("").to_string());
    }
    let billable = match line.get(14..16) {
        Some("0 ") => Some(false),
        Some("1 ") => Some(true),
        other => {
            rows.add("validity (15)", "0 or 1", other.unwrap_or("").to_string());
            None
        }
    };
    let title = line.get(77..).map(str::trim).filter(|t| !t.is_empty());
    if title.is_none() {
        rows.add("long title (from 78)", "a title", line.get(16..).unwrap_or("").to_string());
    }
    Some(ListedCode { code: code?, billable: billable?, title: title?.to_string() })
}

/// The codes of a list, each once.
#[derive(Default)]
pub(super) struct Codes {
    list: Vec<ListedCode>,
    seen: HashMap<RawCode, usize>,
}

impl Codes {
    /// Adds the code of the row just read; notes the problem where it stands twice.
    pub(super) fn add(&mut self, rows: &mut Rows<'_>, code: ListedCode) {
        if let Some(first) = self.seen.insert(code.code, rows.number()) {
            rows.add("code", &format!("each code once (first in row {first})"), text_of(&code.code).to_string());
        }
        self.list.push(code);
    }

    /// The list, sorted. A code whose longer codes are listed cannot be billable.
    pub(super) fn checked(mut self, rows: &mut Rows<'_>) -> Vec<ListedCode> {
        self.list.sort_by_key(|c| c.code);
        let has_longer = |pair: &[ListedCode]| pair[0].billable && text_of(&pair[1].code).starts_with(text_of(&pair[0].code));
        let wrong: Vec<String> =
            self.list.windows(2).filter(|w| has_longer(w)).map(|w| text_of(&w[0].code).to_string()).take(20).collect();
        for code in wrong {
            rows.add("validity", "0 for a code that has longer codes below it", code);
        }
        self.list
    }
}
