//! ICD-10-CM code list in the plain form: `code,billable,long_desc` (True or False) or `icd_code,valid,icd_description`
//! (1 or 0), other columns passed over; and lists of the changes of an edition:
//! `change,code,billable_after_or_before,long_title`.
use super::column::{Column, needed};
use super::icd10cm_order::Codes;
use super::rows::Rows;
use super::{Context, Parsed};
use crate::codeset::icd10cm::{ListedCode, list_file, raw_code};
use crate::codeset::{CodesetError, Kind};

const COLUMNS: [Column; 3] = [
    needed("code", &["code", "icdcode"]),
    needed("billable", &["billable", "valid"]),
    needed("long_desc", &["longdesc", "icddescription", "longtitle", "longdescription"]),
];

const CHANGES: [Column; 4] = [
    needed("change", &["change"]),
    needed("code", &["code"]),
    needed("billable_after_or_before", &["billable*"]),
    needed("long_title", &["longtitle"]),
];

/// Reads and compiles a code list.
pub(super) fn parse(mut rows: Rows<'_>, _name: &str) -> Result<Parsed, CodesetError> {
    let places = rows.header(&COLUMNS)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut codes = Codes::default();
    while rows.next()? {
        let code = rows.value(places[0], "an ICD-10-CM code", raw_code);
        let billable = rows.value(places[1], "1 or 0, True or False", truth);
        let (Some(code), Some(billable)) = (code, billable) else { continue };
        let title = rows.cell(places[2]).to_string();
        codes.add(&mut rows, ListedCode { code, billable, title });
    }
    let preamble = rows.preamble().to_string();
    let codes = codes.checked(&mut rows);
    rows.finish(codes.len())?;
    let table = list_file::compile(codes.clone()).to_bytes();
    Ok(Parsed { preamble, part: "order".into(), ..Parsed::new(Kind::Icd10cm, codes.len(), table) })
}

/// Reads a list of changes and applies it to the edition in force the day before.
pub(super) fn parse_changes(mut rows: Rows<'_>, name: &str, context: &Context<'_>) -> Result<Parsed, CodesetError> {
    let places = rows.header(&CHANGES)?.into_iter().map(|p| p.unwrap_or(0)).collect::<Vec<_>>();
    let mut changes = Vec::new();
    while rows.next()? {
        let change = rows.value(places[0], "added, deleted, billable-to-header or revised", Change::by_name);
        let code = rows.value(places[1], "an ICD-10-CM code", raw_code);
        let billable = rows.value(places[2], "1 or 0, True or False", truth);
        let (Some(change), Some(code), Some(billable)) = (change, code, billable) else { continue };
        changes.push((change, ListedCode { code, billable, title: rows.cell(places[3]).to_string() }));
    }
    let preamble = rows.preamble().to_string();
    let file = rows.file().to_path_buf();
    rows.finish(changes.len())?;
    let codes = apply(&file, changes, context)?;
    let partial = name.contains("partial");
    let table = list_file::compile(codes.clone()).to_bytes();
    Ok(Parsed { preamble, part: "order".into(), partial, ..Parsed::new(Kind::Icd10cm, codes.len(), table) })
}

/// What happens to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Deleted,
    ToHeader,
    Revised,
}

impl Change {
    fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "added" => Self::Added,
            "deleted" => Self::Deleted,
            "billable-to-header" => Self::ToHeader,
            "revised" => Self::Revised,
            _ => return None,
        })
    }
}

/// The list in force the day before the edition, changed.
pub(super) fn apply(
    file: &std::path::Path,
    changes: Vec<(Change, ListedCode)>,
    context: &Context<'_>,
) -> Result<Vec<ListedCode>, CodesetError> {
    let dates = context.dates(Kind::Icd10cm, file)?;
    let before = dates.effective.yesterday().ok().and_then(|day| context.icd10cm.list_on(day));
    let mut codes = before.ok_or_else(|| {
        let problem =
            format!("no ICD-10-CM edition is loaded for the day before {}, to which its changes belong", dates.effective);
        CodesetError::refused(file, problem)
    })?;
    for (change, changed) in changes {
        let at = codes.binary_search_by_key(&changed.code, |c| c.code);
        match (change, at) {
            (Change::Added, Err(place)) => codes.insert(place, changed),
            (Change::Added, Ok(place)) => codes[place] = changed,
            (Change::Deleted, Ok(place)) => {
                codes.remove(place);
            }
            (Change::ToHeader, Ok(place)) => codes[place].billable = false,
            (Change::Revised, Ok(place)) if !changed.title.is_empty() => codes[place].title = changed.title,
            // A change of a code that the edition before does not have cannot be applied, and adds nothing that it names.
            _ => {}
        }
    }
    Ok(codes)
}

/// Yes or no as spreadsheets and databases write them.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" => Some(true),
        "0" | "false" | "no" | "n" => Some(false),
        _ => None,
    }
}
