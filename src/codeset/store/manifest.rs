//! What is known of an imported edition.
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::codeset::{CodesetError, Kind};

/// A table file of an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRef {
    /// Name in the edition's folder.
    pub file: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// One imported file of an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which part of the edition it is: `f1` of a PTP table, `order` or `tabular` of ICD-10-CM, else `table`.
    pub part: String,
    /// Name of the file, one inside an archive as `archive.zip/entry.txt`.
    pub source: String,
    /// SHA-256 of the file that was given, hexadecimal.
    pub source_sha256: String,
    /// Length of the file that was given.
    pub source_bytes: u64,
    /// Rows kept of it.
    pub rows: usize,
    /// What was made of it.
    pub table: TableRef,
}

/// An imported edition: `manifest.json` in its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Kind of the table.
    pub kind: Kind,
    /// Edition, e.g. `2026Q3`.
    pub edition: String,
    /// First day in force.
    pub effective: Date,
    /// Last day in force; `None` while it is open.
    pub through: Option<Date>,
    /// Rows of all parts.
    pub rows: usize,
    /// Only a part of the edition's changes is known.
    pub partial: bool,
    /// Its files.
    pub parts: Vec<Part>,
    /// The table of several parts together.
    pub merged: Option<TableRef>,
    /// Version of the program that imported it.
    pub imported_with: String,
    /// Day of the import.
    pub imported_on: Option<Date>,
    /// Day on which the AMA's terms were accepted for it, where that was asked.
    pub ama_license_accepted_on: Option<Date>,
    /// What the importer remarked.
    pub warnings: Vec<String>,
}

impl Manifest {
    pub(super) fn read(path: &Path) -> Result<Self, CodesetError> {
        let bytes = std::fs::read(path).map_err(|e| CodesetError::io(path, e))?;
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|e| CodesetError::corrupt(path, format!("not a manifest ({e})")))?;
        let names = manifest.parts.iter().map(|p| &p.table).chain(&manifest.merged);
        let inside = |t: &TableRef| !t.file.is_empty() && !t.file.contains(['/', '\\']) && t.file != "..";
        if manifest.parts.is_empty() || !names.clone().all(inside) {
            return Err(CodesetError::corrupt(path, "it names no table inside its folder"));
        }
        Ok(manifest)
    }

    /// The table of the whole edition: that of all parts together, else of its only part.
    pub fn main(&self) -> &TableRef {
        // A manifest without parts is not read.
        self.merged.as_ref().unwrap_or(&self.parts[0].table)
    }

    /// The part of this name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|p| p.part == name)
    }
}
