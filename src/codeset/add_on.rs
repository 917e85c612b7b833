//! NCCI add-on code edits: which primary procedures an add-on code may stand beside.
use std::path::Path;

use jiff::civil::Date;

use super::procedures::{RawProcedure, raw_procedure};
use super::table_file::{Section, TableFile};
use super::{CodesetError, day};

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

/// First and last day of a pair, beside its record; a file without this section gives no dates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct AddOnPeriod {
    pub effective: u32,
    pub deletion: u32,
}

/// The edit of one add-on code on a date.
#[derive(Clone, Copy)]
pub struct AddOn<'a> {
    rows: &'a [AddOnRecord],
    /// As long as the rows, or empty where no pair has dates.
    periods: &'a [AddOnPeriod],
    on: u32,
}

impl<'a> AddOn<'a> {
    /// The pairs in force on the date.
    fn active(self) -> impl Iterator<Item = &'a AddOnRecord> {
        self.rows.iter().enumerate().filter_map(move |(i, row)| self.holds(i).then_some(row))
    }

    fn holds(&self, i: usize) -> bool {
        self.periods.get(i).is_none_or(|p| p.effective <= self.on && self.on <= p.deletion)
    }

    /// How complete the list is.
    pub fn kind(&self) -> AddOnKind {
        match self.active().next().map(|r| r.kind) {
            Some(1) => AddOnKind::Listed,
            Some(2) => AddOnKind::Contractor,
            _ => AddOnKind::ListedAndContractor,
        }
    }

    /// The listed primary codes (without the contractor's placeholder).
    pub fn primaries(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.active().filter_map(|r| std::str::from_utf8(&r.primary).ok()).filter(|c| *c != CONTRACTOR)
    }

    /// Whether a contractor may accept primary codes that are not listed.
    pub fn is_open(&self) -> bool {
        self.kind() != AddOnKind::Listed
    }

    /// Whether `code` is a listed primary code.
    pub fn lists(&self, code: &str) -> bool {
        let Some(raw) = raw_procedure(code) else { return false };
        let from = self.rows.partition_point(|r| r.primary < raw);
        let count = self.rows[from..].partition_point(|r| r.primary == raw);
        (from..from + count).any(|i| self.holds(i))
    }
}

/// The loaded editions: the embedded table, or the imported ones that replace it.
pub struct AddOnTable {
    /// Oldest first, with their first days; never empty.
    editions: Vec<(Option<Date>, AddOnFile)>,
}

/// The open file of one edition.
struct AddOnFile {
    file: TableFile,
    rows: Section<AddOnRecord>,
    periods: Option<Section<AddOnPeriod>>,
}

impl AddOnTable {
    /// Opens and checks one file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        Self::open_editions(&[(None, path)])
    }

    /// Opens several editions, oldest first.
    pub(super) fn open_editions(editions: &[(Option<Date>, &Path)]) -> Result<Self, CodesetError> {
        let open: Result<Vec<_>, _> = editions.iter().map(|(from, path)| AddOnFile::open(path).map(|f| (*from, f))).collect();
        Ok(Self { editions: open? })
    }

    /// The edit of an add-on code on a date; `None` where the table does not list it as one. The newest edition answers
    /// where its pairs have dates (it is cumulative), else the one in force on the date, else the oldest.
    pub fn get(&self, code: &str, date: Date) -> Option<AddOn<'_>> {
        let raw = raw_procedure(code)?;
        let begun = |from: &Option<Date>| from.is_none_or(|f| f <= date);
        let dated = self.editions.last().filter(|_| self.is_dated());
        let in_force = || self.editions.iter().rfind(|(from, _)| begun(from)).or(self.editions.first());
        let (_, table) = dated.or_else(in_force)?;
        let rows = table.file.get(table.rows);
        let start = rows.partition_point(|r| r.add_on < raw);
        let count = rows[start..].partition_point(|r| r.add_on == raw);
        let periods = table.periods.map_or(&[][..], |p| table.file.get(p));
        let found = AddOn {
            rows: &rows[start..start + count],
            periods: periods.get(start..start + count).unwrap_or_default(),
            on: day::to_number(date),
        };
        found.active().next().is_some().then_some(found)
    }

    /// Whether the pairs of the newest edition carry their own first and last days.
    pub fn is_dated(&self) -> bool {
        self.editions.last().is_some_and(|(_, newest)| newest.periods.is_some())
    }

    /// Number of pairs of the newest edition.
    pub fn len(&self) -> usize {
        self.editions.last().map_or(0, |(_, table)| table.file.get(table.rows).len())
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl AddOnFile {
    fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let periods = if file.has("periods") { Some(file.section("periods")?) } else { None };
        let table = Self { rows: file.section("rows")?, periods, file };
        let f = &table.file;
        let rows = f.get(table.rows);
        // A pair stands twice only where it has two periods.
        let ordered = match periods {
            None => rows.is_sorted_by(|a, b| a < b),
            Some(_) => rows.is_sorted(),
        };
        f.require(ordered, "its rows are not in order")?;
        f.require(periods.is_none_or(|p| f.get(p).len() == rows.len()), "its columns have different lengths")?;
        f.require(rows.iter().all(|r| (1..=3).contains(&r.kind)), "an add-on type does not exist")?;
        Ok(table)
    }
}
