//! NCCI procedure-to-procedure (PTP) edits of the practitioner table.
//!
//! The table is cumulative: rows carry their own dates. An edit is active iff effective ≤ date of service ≤ deletion
//! (both inclusive) and its indicator is not 9; where the source gives no effective date, the row counts as in force since
//! before the first edition.
use std::path::Path;

use jiff::civil::Date;

use super::procedures::{RawProcedure, is_code_byte, raw_procedure};
use super::table_file::{Section, TableFile};
use super::{CodesetError, day};

/// Kind and version of the file.
pub(super) const KIND: &str = "ptp";
pub(super) const VERSION: u32 = 1;

/// Dates and indicator that many pairs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct TermsRecord {
    /// First day, or [`day::ALWAYS`].
    pub effective: u32,
    /// Last day, or [`day::OPEN`].
    pub deletion: u32,
    /// Modifier indicator as a number: 0, 1 or 9.
    pub indicator: u32,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtpEdit {
    /// First day; `None` where the source gives none.
    pub effective: Option<Date>,
    /// Last day; `None` while it is open.
    pub deletion: Option<Date>,
    /// Whether a modifier may bypass the edit: 0 no, 1 yes, 9 not applicable (deleted as of its first day).
    pub indicator: u8,
}

impl PtpEdit {
    /// Whether the row is in force on `date`.
    pub fn is_active(&self, date: Date) -> bool {
        self.indicator != 9 && self.effective.is_none_or(|e| e <= date) && self.deletion.is_none_or(|d| date <= d)
    }
}

/// Number of a code in the table: look a claim's codes up once, then compare its lines by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PtpIndex(u16);

/// A pair found for two codes in either order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtpPair<'a> {
    /// Column 1: the code that is paid.
    pub column1: &'a str,
    /// Column 2: the code that is not paid beside it.
    pub column2: &'a str,
    /// The row.
    pub edit: PtpEdit,
}

/// The open table.
pub struct Ptp {
    file: TableFile,
    codes: Section<RawProcedure>,
    /// For each code: where its run of column 2 codes starts; one more at the end.
    starts: Section<u32>,
    /// Column 2 codes by number, each run sorted.
    column2: Section<u16>,
    /// Number of the terms of each pair.
    terms: Section<u8>,
    terms_list: Section<TermsRecord>,
}

impl Ptp {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let table = Self {
            codes: file.section("codes")?,
            starts: file.section("starts")?,
            column2: file.section("column2")?,
            terms: file.section("terms")?,
            terms_list: file.section("termlist")?,
            file,
        };
        let f = &table.file;
        let (codes, starts, column2) = (f.get(table.codes), f.get(table.starts), f.get(table.column2));
        f.require(codes.is_sorted_by(|a, b| a < b) && codes.len() <= usize::from(u16::MAX), "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        let whole = starts.len() == codes.len() + 1 && starts.first() == Some(&0) && starts.is_sorted();
        f.require(whole && starts.last().map(|e| *e as usize) == Some(column2.len()), "its runs do not fit together")?;
        f.require(f.get(table.terms).len() == column2.len(), "its columns have different lengths")?;
        let runs_sorted = starts.windows(2).all(|w| column2[w[0] as usize..w[1] as usize].is_sorted());
        f.require(runs_sorted, "a run of column 2 codes is not in order")?;
        // The highest numbers tell for all: sections are read without a further check.
        f.require(column2.iter().copied().max().is_none_or(|m| usize::from(m) < codes.len()), "a column 2 code does not exist")?;
        let list = f.get(table.terms_list);
        let terms_hold = f.get(table.terms).iter().copied().max().is_none_or(|m| usize::from(m) < list.len());
        f.require(terms_hold && list.iter().all(|t| matches!(t.indicator, 0 | 1 | 9)), "an indicator or date does not exist")?;
        Ok(table)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.file.get(self.column2).len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row of a pair in this order, active or not, by last day.
    pub fn rows(&self, column1: &str, column2: &str) -> impl Iterator<Item = PtpEdit> + '_ {
        let numbers = self.number(column1).zip(self.number(column2));
        numbers.into_iter().flat_map(|(first, second)| self.terms(first, second)).map(|terms| edit_of(&terms))
    }

    /// The edit of a pair in this order that is active on `date`: of several the one that ended first (without effective
    /// dates, later rows cannot be told from earlier ones but by their ends).
    pub fn edit(&self, column1: &str, column2: &str, date: Date) -> Option<PtpEdit> {
        let (first, second) = self.number(column1).zip(self.number(column2))?;
        self.active(first, second, day::to_number(date))
    }

    /// The active edit of two codes in either order.
    pub fn any(&self, a: &str, b: &str, date: Date) -> Option<PtpPair<'_>> {
        self.between(self.find(a)?, self.find(b)?, date)
    }

    /// Number of a code; `None` where the table has no row with it (as with a code newer than the table).
    pub fn find(&self, code: &str) -> Option<PtpIndex> {
        self.number(code).map(PtpIndex)
    }

    /// As [`any`](Self::any), by number.
    pub fn between(&self, a: PtpIndex, b: PtpIndex, date: Date) -> Option<PtpPair<'_>> {
        let (PtpIndex(first), PtpIndex(second)) = (a, b);
        let on = day::to_number(date);
        let pair = |one, two, edit| PtpPair { column1: self.code(one), column2: self.code(two), edit };
        self.active(first, second, on)
            .map(|edit| pair(first, second, edit))
            .or_else(|| self.active(second, first, on).map(|edit| pair(second, first, edit)))
    }

    fn active(&self, first: u16, second: u16, on: u32) -> Option<PtpEdit> {
        let in_force = self.terms(first, second).filter(|t| t.indicator != 9 && t.effective <= on && on <= t.deletion);
        in_force.min_by_key(|t| (t.deletion, t.indicator)).map(|t| edit_of(&t))
    }

    fn terms(&self, first: u16, second: u16) -> impl Iterator<Item = TermsRecord> + '_ {
        let (starts, all) = (self.file.get(self.starts), self.file.get(self.column2));
        let start = starts.get(usize::from(first)).map_or(0, |s| *s as usize);
        let end = starts.get(usize::from(first) + 1).map_or(start, |s| *s as usize);
        let run = all.get(start..end).unwrap_or_default();
        let from = run.partition_point(|c| *c < second);
        let count = run[from..].partition_point(|c| *c == second);
        let numbers = self.file.get(self.terms).get(start + from..start + from + count).unwrap_or_default();
        let list = self.file.get(self.terms_list);
        numbers.iter().filter_map(|n| list.get(usize::from(*n)).copied())
    }

    fn number(&self, code: &str) -> Option<u16> {
        let raw = raw_procedure(code)?;
        self.file.get(self.codes).binary_search(&raw).ok().map(|i| i as u16)
    }

    fn code(&self, number: u16) -> &str {
        self.file.get(self.codes).get(usize::from(number)).and_then(|c| std::str::from_utf8(c).ok()).unwrap_or("")
    }
}

fn edit_of(terms: &TermsRecord) -> PtpEdit {
    PtpEdit {
        effective: day::from_number(terms.effective),
        deletion: day::from_number(terms.deletion),
        indicator: terms.indicator as u8,
    }
}
