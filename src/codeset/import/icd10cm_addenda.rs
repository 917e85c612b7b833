//! ICD-10-CM addenda of the order file (`icd10cm-order-addenda-2026.txt`): each line says Add, Delete, Revise from, Revise to
//! or No change, followed by a line of the order file. It is applied to the edition in force the day before.
use super::icd10cm_list::{Change, apply};
use super::icd10cm_order::order_line;
use super::rows::Rows;
use super::{Context, Parsed};
use crate::codeset::icd10cm::list_file;
use crate::codeset::{CodesetError, Kind};

const ACTIONS: [(&str, Option<Change>); 5] = [
    ("add:", Some(Change::Added)),
    ("delete:", Some(Change::Deleted)),
    ("revise from:", None),
    ("revise to:", Some(Change::Added)),
    ("no change:", None),
];

/// Reads a list of changes and applies it.
pub(super) fn parse(mut rows: Rows<'_>, context: &Context<'_>) -> Result<Parsed, CodesetError> {
    let mut changes = Vec::new();
    while rows.next()? {
        let line = rows.line().to_string();
        let start = line.len() - line.trim_start().len();
        let lower = line[start..].to_lowercase();
        // Words about the changes stand before and between them.
        let Some((name, change)) = ACTIONS.iter().find(|(name, _)| lower.starts_with(name)) else { continue };
        let Some(change) = change else { continue };
        let after = start + name.len();
        let from = after + line[after..].bytes().take_while(|b| *b == b' ' || *b == b'\t').count();
        if let Some(listed) = order_line(&mut rows, from) {
            changes.push((*change, listed));
        }
    }
    let file = rows.file().to_path_buf();
    rows.finish(changes.len())?;
    let codes = apply(&file, changes, context)?;
    let table = list_file::compile(codes.clone()).to_bytes();
    Ok(Parsed { part: "order".into(), ..Parsed::new(Kind::Icd10cm, codes.len(), table) })
}
