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
