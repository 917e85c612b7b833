//! Medically unlikely edits (MUE) of the practitioner table: the most units of a code that one beneficiary can have.
use std::path::Path;

use jiff::civil::Date;

use super::procedures::{RawProcedure, raw_procedure};
use super::table_file::{Section, TableFile};
use super::{CodesetError, day};

/// Kind and version of the file.
pub(super) const KIND: &str = "mue";
pub(super) const VERSION: u32 = 1;

/// A value as stored, sorted by code and effective date.
#[derive(Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct MueRecord {
    pub effective: u32,
    /// The value's lower 16 bits.
    pub value_low: u16,
    /// The adjudication indicator, 1 to 3; the value's higher bits from the third bit on (some drugs have 90,000 units).
    pub adjudication_and_high: u8,
    pub code: RawProcedure,
}

/// Highest value that a record holds.
pub(super) const HIGHEST: u32 = (1 << 22) - 1;

impl MueRecord {
    /// A record; the indicator is 1 to 3, the value at most [`HIGHEST`].
    pub(super) fn new(code: RawProcedure, value: u32, adjudication: u8, effective: u32) -> Self {
        let high = (value.min(HIGHEST) >> 16) as u8;
        Self { effective, value_low: value as u16, adjudication_and_high: (adjudication & 3) | high << 2, code }
    }

    fn value(&self) -> u32 {
        u32::from(self.value_low) | u32::from(self.adjudication_and_high >> 2) << 16
    }

    fn adjudication(&self) -> u8 {
        self.adjudication_and_high & 3
    }
}

/// How an MUE is applied (its adjudication indicator, MAI).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MueAdjudication {
    /// 1: per claim line.
    Line,
    /// 2: per date of service, by policy; no units above it are ever paid.
    DateOfServicePolicy,
    /// 3: per date of service, by clinical benchmarks; may be exceeded with documentation on appeal.
    DateOfServiceClinical,
}

/// The edit of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mue {
    /// Most units.
    pub value: u32,
    /// How it is applied.
    pub adjudication: MueAdjudication,
    /// First day of the edition that the value comes from.
    pub effective: Date,
}

/// The loaded editions: the embedded table, or the imported ones that replace it.
pub struct MueTable {
    /// Oldest first, with their first days; never empty.
    editions: Vec<(Option<Date>, MueFile)>,
}

/// The open file of one edition.
struct MueFile {
    file: TableFile,
    rows: Section<MueRecord>,
}

impl MueTable {
    /// Opens and checks one file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        Self::open_editions(&[(None, path)])
    }

    /// Opens several editions, oldest first.
    pub(super) fn open_editions(editions: &[(Option<Date>, &Path)]) -> Result<Self, CodesetError> {
        let open: Result<Vec<_>, _> = editions.iter().map(|(from, path)| MueFile::open(path).map(|f| (*from, f))).collect();
        Ok(Self { editions: open? })
    }

    /// The edit of a code on a date: of the newest edition in force by then, else of the oldest. `None` where that edition
    /// does not list the code. (Rows of a file that holds several editions are told apart by their own first days.)
    pub fn get(&self, code: &str, date: Date) -> Option<Mue> {
        let raw = raw_procedure(code)?;
        let begun = |from: &Option<Date>| from.is_none_or(|f| f <= date);
        let (_, table) = self.editions.iter().rfind(|(from, _)| begun(from)).or(self.editions.first())?;
        let rows = table.file.get(table.rows);
        let start = rows.partition_point(|r| r.code < raw);
        let own = &rows[start..start + rows[start..].partition_point(|r| r.code == raw)];
        let on = day::to_number(date);
        let row = own.iter().rfind(|r| r.effective <= on).or(own.first())?;
        let adjudication = match row.adjudication() {
            1 => MueAdjudication::Line,
            2 => MueAdjudication::DateOfServicePolicy,
            _ => MueAdjudication::DateOfServiceClinical,
        };
        Some(Mue { value: row.value(), adjudication, effective: day::from_number(row.effective)? })
    }

    /// Number of rows of the newest edition.
    pub fn len(&self) -> usize {
        self.editions.last().map_or(0, |(_, table)| table.file.get(table.rows).len())
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl MueFile {
    fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let table = Self { rows: file.section("rows")?, file };
        let rows = table.file.get(table.rows);
        let ordered = rows.is_sorted_by(|a, b| (a.code, a.effective) < (b.code, b.effective));
        table.file.require(ordered, "its rows are not in order")?;
        let holds = rows.iter().all(|r| r.adjudication() != 0 && day::from_number(r.effective).is_some());
        table.file.require(holds, "an adjudication indicator or date does not exist")?;
        Ok(table)
    }
}
