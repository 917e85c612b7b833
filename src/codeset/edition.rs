//! The list of loaded editions with their provenance: `editions.json` beside the tables.
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::CodesetError;
use super::table_file::replace_file;

/// Name of the list.
pub(super) const FILE: &str = "editions.json";

/// One edition of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// Table, e.g. `icd10cm` or `ncci-ptp`.
    pub table: String,
    /// Edition, e.g. `2024Q3`.
    pub edition: String,
    /// First day in force; `None` where the source does not say.
    pub effective: Option<Date>,
    /// Last day in force; `None` while it is open or not said.
    pub through: Option<Date>,
    /// Rows kept of the source.
    pub rows: usize,
    /// File that holds it.
    pub file: String,
    /// SHA-256 of that file, hexadecimal.
    pub sha256: String,
    /// Where it comes from.
    pub source: String,
    /// Only an excerpt, or a part of the edition's changes.
    #[serde(default)]
    pub partial: bool,
    /// Imported by the practice, not one of the embedded tables.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// How a table reaches a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The date lies within the edition.
    Within,
    /// The date lies before every edition of the table.
    Before,
    /// The date lies after the edition, and before the next one where there is one.
    After,
}

/// The complete edition of `table` that answers for `date`: the one in force, else the newest before, else the first.
/// `None` where the table is not loaded or has no dates (the catalogue, places of service, modifiers).
pub(super) fn answering<'a>(editions: &'a [Edition], table: &str, date: Date) -> Option<(&'a Edition, Reach)> {
    let complete = editions.iter().filter(|e| e.table == table && !e.partial && e.effective.is_some());
    let begun = complete.clone().filter(|e| e.effective.is_some_and(|from| from <= date)).max_by_key(|e| e.effective);
    match begun {
        Some(edition) if edition.through.is_none_or(|to| date <= to) => Some((edition, Reach::Within)),
        Some(edition) => Some((edition, Reach::After)),
        None => complete.min_by_key(|e| e.effective).map(|edition| (edition, Reach::Before)),
    }
}

/// The newest complete edition of `table`, and where `date` lies to it.
pub(super) fn newest<'a>(editions: &'a [Edition], table: &str, date: Date) -> Option<(&'a Edition, Reach)> {
    let complete = editions.iter().filter(|e| e.table == table && !e.partial && e.effective.is_some());
    let newest = complete.max_by_key(|e| e.effective)?;
    let reach = match (newest.effective, newest.through) {
        (Some(from), _) if date < from => Reach::Before,
        (_, Some(to)) if to < date => Reach::After,
        _ => Reach::Within,
    };
    Some((newest, reach))
}

/// Reads the list.
pub(super) fn read(folder: &Path) -> Result<Vec<Edition>, CodesetError> {
    let path = folder.join(FILE);
    let bytes = std::fs::read(&path).map_err(|e| CodesetError::io(&path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| CodesetError::corrupt(&path, format!("not a list of editions ({e})")))
}

/// Writes the list.
pub(super) fn write(folder: &Path, editions: &[Edition]) -> Result<(), CodesetError> {
    let path = folder.join(FILE);
    let mut text = serde_json::to_string_pretty(editions).map_err(|e| CodesetError::corrupt(&path, e.to_string()))?;
    text.push('\n');
    replace_file(&path, text.as_bytes())
}

/// SHA-256 of a file, hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String, CodesetError> {
    let bytes = std::fs::read(path).map_err(|e| CodesetError::io(path, e))?;
    Ok(Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect())
}
