//! Reference tables valid on one date of service: ICD-10-CM, the CPT/HCPCS catalogue, NCCI, the fee schedule.
//!
//! Imports nothing of ours.
pub mod add_on;
mod build;
pub mod coverage;
mod day;
pub mod drugs;
mod edition;
mod error;
mod fee_schedule;
pub mod hcpcs;
pub mod icd10cm;
pub mod import;
mod import_headers;
mod installed;
mod kind;
pub mod lists;
pub mod lookup;
pub mod mue;
#[cfg(test)]
mod official_tests;
pub mod payment;
pub mod procedures;
pub mod ptp;
mod ptp_table;
pub mod reference;
mod retired;
pub mod store;
mod table_file;
#[cfg(test)]
mod tests;
pub mod update;

use std::path::{Path, PathBuf};

pub use add_on::AddOnTable;
pub use build::{BuildOptions, build};
pub use coverage::Coverage;
pub use edition::{Edition, Reach};
pub use error::{CodesetError, RowProblem};
pub use icd10cm::Icd10cm;
pub use installed::refresh;
pub use kind::Kind;
pub use lists::ImportedLists;
pub use mue::MueTable;
pub use payment::Payment;
pub use procedures::Procedures;
pub use ptp::Ptp;
pub use reference::{Modifiers, PlacesOfService};

/// Every table, open.
pub struct CodeSets {
    /// Diagnoses.
    pub icd10cm: Icd10cm,
    /// Procedures: the CPT/HCPCS catalogue with fee schedule facts.
    pub procedures: Procedures,
    /// NCCI procedure-to-procedure edits.
    pub ptp: Ptp,
    /// NCCI medically unlikely edits.
    pub mue: MueTable,
    /// NCCI add-on code edits.
    pub add_ons: AddOnTable,
    /// Places of service.
    pub place_of_service: PlacesOfService,
    /// Modifiers.
    pub modifiers: Modifiers,
    /// Conversion factors and geographic indices.
    pub payment: Payment,
    /// LCD and NCD coverage, where imported.
    pub coverage: Coverage,
    /// Small imported lists.
    pub lists: ImportedLists,
    editions: Vec<Edition>,
}

impl CodeSets {
    /// Opens the tables of a folder, without imported editions.
    pub fn open(folder: &Path) -> Result<Self, CodesetError> {
        Self::open_with(folder, None)
    }

    /// Opens the tables and compares each file's SHA-256 with the list of editions; returns the number of files.
    pub fn verify(folder: &Path) -> Result<usize, CodesetError> {
        let sets = Self::open(folder)?;
        let files: std::collections::BTreeMap<&str, &str> =
            sets.editions.iter().map(|e| (e.file.as_str(), e.sha256.as_str())).collect();
        for (file, expected) in &files {
            let path = folder.join(file);
            if edition::sha256(&path)? != *expected {
                return Err(CodesetError::corrupt(&path, "its SHA-256 is not the one in editions.json"));
            }
        }
        Ok(files.len())
    }

    /// The folder of the embedded tables: `codesets` beside the program or in a folder above it, else in the source tree.
    pub fn default_dir() -> Result<PathBuf, CodesetError> {
        let program = std::env::current_exe().unwrap_or_default();
        let beside = program.ancestors().skip(1).map(Path::to_path_buf);
        let tried: Vec<PathBuf> =
            beside.chain([PathBuf::from(env!("CARGO_MANIFEST_DIR"))]).map(|folder| folder.join("codesets")).collect();
        match tried.iter().find(|folder| folder.join(edition::FILE).is_file()) {
            Some(folder) => Ok(folder.clone()),
            None => {
                let looked_in = tried.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
                Err(CodesetError::NotFound { looked_in })
            }
        }
    }

    /// The complete edition of a table that answers for a date (of a cumulative table the newest), and whether it reaches it. `None` where the table is not
    /// loaded or its editions have no dates. Tables: `icd10cm`, `hospital-addendum-b`, `fee-schedule`, `ncci-ptp`,
    /// `ncci-mue`, `ncci-add-on`, `gpci`, `conversion-factor`.
    pub fn edition_for(&self, table: &str, date: jiff::civil::Date) -> Option<(&Edition, Reach)> {
        match self.answers_for_every_date(table) {
            true => edition::newest(&self.editions, table, date),
            false => edition::answering(&self.editions, table, date),
        }
    }

    /// Whether the newest edition of a table answers for earlier dates too, because its rows carry their own.
    pub fn answers_for_every_date(&self, table: &str) -> bool {
        match Kind::by_id(table) {
            Some(Kind::NcciAddOn) => self.add_ons.is_dated(),
            kind => kind.is_some_and(Kind::is_cumulative),
        }
    }

    /// The loaded editions.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }
}
