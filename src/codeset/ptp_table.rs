//! The file of one edition of the PTP edits: pairs sorted by column 1 and column 2, with shared dates and indicators.
use std::path::Path;

use super::CodesetError;
use super::procedures::{RawProcedure, is_code_byte, raw_procedure};
use super::table_file::{Section, TableFile, TableWriter};

/// Kind and version of the file.
pub(super) const KIND: &str = "ptp";
pub(super) const VERSION: u32 = 1;

/// Dates and indicator that many pairs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct TermsRecord {
    /// First day, or [`day::ALWAYS`](super::day::ALWAYS).
    pub effective: u32,
    /// Last day, or [`day::OPEN`](super::day::OPEN).
    pub deletion: u32,
    /// Modifier indicator as a number: 0, 1 or 9.
    pub indicator: u32,
}

/// A row: column 1, column 2, its dates and indicator.
pub(super) type PtpRow = (RawProcedure, RawProcedure, TermsRecord);

/// The open table of one edition.
pub(super) struct PtpTable {
    file: TableFile,
    codes: Section<RawProcedure>,
    /// For each code: where its run of column 2 codes starts; one more at the end.
    starts: Section<u32>,
    /// Column 2 codes by number, each run sorted.
    column2: Section<u16>,
    /// Number of the terms of each pair.
    terms: TermNumbers,
    terms_list: Section<TermsRecord>,
}

/// Numbers of terms, as narrow as their count allows: the table without first days has some hundreds, with them thousands.
#[derive(Clone, Copy)]
enum TermNumbers {
    Narrow(Section<u8>),
    Wide(Section<u16>),
    Widest(Section<u32>),
}

impl TermNumbers {
    fn open(file: &TableFile) -> Result<Self, CodesetError> {
        Ok(match (file.has("terms16"), file.has("terms32")) {
            (true, _) => Self::Wide(file.section("terms16")?),
            (_, true) => Self::Widest(file.section("terms32")?),
            _ => Self::Narrow(file.section("terms")?),
        })
    }

    fn len(self, file: &TableFile) -> usize {
        match self {
            Self::Narrow(s) => file.get(s).len(),
            Self::Wide(s) => file.get(s).len(),
            Self::Widest(s) => file.get(s).len(),
        }
    }

    fn get(self, file: &TableFile, at: usize) -> Option<usize> {
        match self {
            Self::Narrow(s) => file.get(s).get(at).map(|n| usize::from(*n)),
            Self::Wide(s) => file.get(s).get(at).map(|n| usize::from(*n)),
            Self::Widest(s) => file.get(s).get(at).map(|n| *n as usize),
        }
    }

    fn highest(self, file: &TableFile) -> Option<usize> {
        match self {
            Self::Narrow(s) => file.get(s).iter().copied().max().map(usize::from),
            Self::Wide(s) => file.get(s).iter().copied().max().map(usize::from),
            Self::Widest(s) => file.get(s).iter().copied().max().map(|n| n as usize),
        }
    }
}

impl PtpTable {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        Self::check(TableFile::open(path, KIND, VERSION)?)
    }

    fn check(file: TableFile) -> Result<Self, CodesetError> {
        let table = Self {
            codes: file.section("codes")?,
            starts: file.section("starts")?,
            column2: file.section("column2")?,
            terms: TermNumbers::open(&file)?,
            terms_list: file.section("termlist")?,
            file,
        };
        let f = &table.file;
        let (codes, starts, column2) = (f.get(table.codes), f.get(table.starts), f.get(table.column2));
        f.require(codes.is_sorted_by(|a, b| a < b) && codes.len() <= usize::from(u16::MAX), "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        let whole = starts.len() == codes.len() + 1 && starts.first() == Some(&0) && starts.is_sorted();
        f.require(whole && starts.last().map(|e| *e as usize) == Some(column2.len()), "its runs do not fit together")?;
        f.require(table.terms.len(f) == column2.len(), "its columns have different lengths")?;
        let runs_sorted = starts.windows(2).all(|w| column2[w[0] as usize..w[1] as usize].is_sorted());
        f.require(runs_sorted, "a run of column 2 codes is not in order")?;
        // The highest numbers tell for all: sections are read without a further check.
        f.require(column2.iter().copied().max().is_none_or(|m| usize::from(m) < codes.len()), "a column 2 code does not exist")?;
        let list = f.get(table.terms_list);
        let terms_hold = table.terms.highest(f).is_none_or(|m| m < list.len());
        f.require(terms_hold && list.iter().all(|t| matches!(t.indicator, 0 | 1 | 9)), "an indicator or date does not exist")?;
        Ok(table)
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.file.get(self.column2).len()
    }

    /// Every row, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = PtpRow> + '_ {
        let f = &self.file;
        let (codes, starts, column2, list) = (f.get(self.codes), f.get(self.starts), f.get(self.column2), f.get(self.terms_list));
        let runs = codes.iter().zip(starts.windows(2));
        runs.flat_map(move |(one, run)| {
            (run[0] as usize..run[1] as usize).filter_map(move |at| {
                let two = codes.get(usize::from(*column2.get(at)?))?;
                Some((*one, *two, *list.get(self.terms.get(f, at)?)?))
            })
        })
    }

    /// Dates and indicators of a pair of numbers, by last day.
    pub(super) fn terms(&self, first: u16, second: u16) -> impl Iterator<Item = TermsRecord> + '_ {
        let (starts, all) = (self.file.get(self.starts), self.file.get(self.column2));
        let start = starts.get(usize::from(first)).map_or(0, |s| *s as usize);
        let end = starts.get(usize::from(first) + 1).map_or(start, |s| *s as usize);
        let run = all.get(start..end).unwrap_or_default();
        let from = run.partition_point(|c| *c < second);
        let count = run[from..].partition_point(|c| *c == second);
        let list = self.file.get(self.terms_list);
        let numbers = (start + from..start + from + count).filter_map(|at| self.terms.get(&self.file, at));
        numbers.filter_map(|n| list.get(n).copied())
    }

    /// Number of a code.
    pub(super) fn number(&self, code: &str) -> Option<u16> {
        let raw = raw_procedure(code)?;
        self.file.get(self.codes).binary_search(&raw).ok().map(|i| i as u16)
    }

    /// The code of a number.
    pub(super) fn code(&self, number: u16) -> &str {
        self.file.get(self.codes).get(usize::from(number)).and_then(|c| std::str::from_utf8(c).ok()).unwrap_or("")
    }
}

/// The file of these rows, in any order; equal rows are kept once. `None` where they name more codes than a table holds.
pub(super) fn compile(mut rows: Vec<PtpRow>) -> Option<TableWriter> {
    rows.sort_unstable();
    rows.dedup();
    let mut codes: Vec<RawProcedure> = rows.iter().flat_map(|r| [r.0, r.1]).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut terms: Vec<TermsRecord> = rows.iter().map(|r| r.2).collect();
    terms.sort_unstable();
    terms.dedup();
    if codes.len() > usize::from(u16::MAX) {
        return None;
    }
    let numbers: std::collections::HashMap<RawProcedure, u16> = codes.iter().enumerate().map(|(i, c)| (*c, i as u16)).collect();
    let number = |code: &RawProcedure| numbers.get(code).copied().unwrap_or(0);
    let mut starts = vec![0u32; codes.len() + 1];
    for (one, _, _) in &rows {
        starts[usize::from(number(one)) + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", &codes);
    table.add("starts", &starts);
    table.add("column2", &rows.iter().map(|r| number(&r.1)).collect::<Vec<_>>());
    let term = |row: &PtpRow| terms.binary_search(&row.2).unwrap_or(0);
    match terms.len() {
        0..=256 => table.add("terms", &rows.iter().map(|r| term(r) as u8).collect::<Vec<_>>()),
        257..=65_536 => table.add("terms16", &rows.iter().map(|r| term(r) as u16).collect::<Vec<_>>()),
        _ => table.add("terms32", &rows.iter().map(|r| term(r) as u32).collect::<Vec<_>>()),
    }
    table.add("termlist", &terms);
    Some(table)
}
