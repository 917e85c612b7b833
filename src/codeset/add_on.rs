//! NCCI add-on code edits: which primary procedures an add-on code may stand beside.
use std::path::Path;

use super::CodesetError;
use super::procedures::{RawProcedure, raw_procedure};
use super::table_file::{Section, TableFile};

/// Kind and version of the file.
pub(super) const KIND: &str = "addon";
pub(super) const VERSION: u32 = 1;

/// The primary code that stands for "the contractor decides".
const CONTRACTOR: &str = "CCCCC";

/// A pair as stored, sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct AddOnRecord {
    pub add_on: RawProcedure,
    pub primary: RawProcedure,
    /// 1, 2 or 3.
    pub kind: u8,
}

/// How complete the list of primary codes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddOnKind {
    /// I: only with one of the listed primary codes.
    Listed,
    /// II: no list; the contractor decides.
    Contractor,
    /// III: with the listed ones and with others that the contractor accepts.
    ListedAndContractor,
}

/// The edit of one add-on code.
#[derive(Clone, Copy)]
pub struct AddOn<'a> {
    rows: &'a [AddOnRecord],
}

impl<'a> AddOn<'a> {
    /// How complete the list is.
    pub fn kind(&self) -> AddOnKind {
        match self.rows.first().map(|r| r.kind) {
            Some(1) => AddOnKind::Listed,
            Some(2) => AddOnKind::Contractor,
            _ => AddOnKind::ListedAndContractor,
        }
    }

    /// The listed primary codes (without the contractor's placeholder).
    pub fn primaries(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.rows.iter().filter_map(|r| std::str::from_utf8(&r.primary).ok()).filter(|c| *c != CONTRACTOR)
    }

    /// Whether a contractor may accept primary codes that are not listed.
    pub fn is_open(&self) -> bool {
        self.kind() != AddOnKind::Listed
    }

    /// Whether `code` is a listed primary code.
    pub fn lists(&self, code: &str) -> bool {
        raw_procedure(code).is_some_and(|raw| self.rows.binary_search_by(|r| r.primary.cmp(&raw)).is_ok())
    }
}

/// The open table.
pub struct AddOnTable {
    file: TableFile,
    rows: Section<AddOnRecord>,
}

impl AddOnTable {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let table = Self { rows: file.section("rows")?, file };
        let rows = table.file.get(table.rows);
        table.file.require(rows.is_sorted_by(|a, b| a < b), "its rows are not in order")?;
        table.file.require(rows.iter().all(|r| (1..=3).contains(&r.kind)), "an add-on type does not exist")?;
        Ok(table)
    }

    /// The edit of an add-on code; `None` where the table does not list it as one.
    pub fn get(&self, code: &str) -> Option<AddOn<'_>> {
        let raw = raw_procedure(code)?;
        let rows = self.file.get(self.rows);
        let start = rows.partition_point(|r| r.add_on < raw);
        let count = rows[start..].partition_point(|r| r.add_on == raw);
        (count > 0).then(|| AddOn { rows: &rows[start..start + count] })
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.file.get(self.rows).len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
