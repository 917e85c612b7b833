//! NCCI procedure-to-procedure (PTP) edits of the practitioner table.
//!
//! The table is cumulative: rows carry their own dates. An edit is active iff effective ≤ date of service ≤ deletion
//! (both inclusive) and its indicator is not 9; where the source gives no effective date, the row counts as in force since
//! before the first edition.
use std::path::Path;

use jiff::civil::Date;

use super::ptp_table::{PtpTable, TermsRecord};
use super::{CodesetError, day};

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

/// The loaded editions.
///
/// The newest one answers: CMS's table is cumulative, so it also says what held before and which edits were taken back
/// retroactively. Only where it gives a row no first day (derived files drop them) and the date lies before the edition's
/// own first day, the pair must stand in the edition of that day too.
pub struct Ptp {
    /// Oldest first, with their first days.
    older: Vec<(Option<Date>, PtpTable)>,
    newest_from: Option<Date>,
    newest: PtpTable,
}

impl Ptp {
    /// Opens and checks the file of one edition.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        Ok(Self { older: Vec::new(), newest_from: None, newest: PtpTable::open(path)? })
    }

    /// Opens several editions, oldest first, the newest given apart.
    pub(super) fn open_editions(older: &[(Option<Date>, &Path)], newest: (Option<Date>, &Path)) -> Result<Self, CodesetError> {
        let older: Result<Vec<_>, _> = older.iter().map(|(from, path)| PtpTable::open(path).map(|t| (*from, t))).collect();
        Ok(Self { older: older?, newest_from: newest.0, newest: PtpTable::open(newest.1)? })
    }

    /// Number of rows of the newest edition.
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row of a pair in this order in the newest edition, active or not, by last day.
    pub fn rows(&self, column1: &str, column2: &str) -> impl Iterator<Item = PtpEdit> + '_ {
        let numbers = self.newest.number(column1).zip(self.newest.number(column2));
        numbers.into_iter().flat_map(|(first, second)| self.newest.terms(first, second)).map(|terms| edit_of(&terms))
    }

    /// The edit of a pair in this order that is active on `date`: of several the one that ended first (without effective
    /// dates, later rows cannot be told from earlier ones but by their ends).
    pub fn edit(&self, column1: &str, column2: &str, date: Date) -> Option<PtpEdit> {
        let (first, second) = self.newest.number(column1).zip(self.newest.number(column2))?;
        self.active(first, second, date)
    }

    /// The active edit of two codes in either order.
    pub fn any(&self, a: &str, b: &str, date: Date) -> Option<PtpPair<'_>> {
        self.between(self.find(a)?, self.find(b)?, date)
    }

    /// Number of a code; `None` where the table has no row with it (as with a code newer than the table).
    pub fn find(&self, code: &str) -> Option<PtpIndex> {
        self.newest.number(code).map(PtpIndex)
    }

    /// As [`any`](Self::any), by number.
    pub fn between(&self, a: PtpIndex, b: PtpIndex, date: Date) -> Option<PtpPair<'_>> {
        let (PtpIndex(first), PtpIndex(second)) = (a, b);
        let pair = |one, two, edit| PtpPair { column1: self.newest.code(one), column2: self.newest.code(two), edit };
        self.active(first, second, date)
            .map(|edit| pair(first, second, edit))
            .or_else(|| self.active(second, first, date).map(|edit| pair(second, first, edit)))
    }

    fn active(&self, first: u16, second: u16, date: Date) -> Option<PtpEdit> {
        let edit = active_in(&self.newest, first, second, date)?;
        let begun = self.newest_from.is_none_or(|from| from <= date);
        if edit.effective.is_some() || begun || self.older.is_empty() {
            return Some(edit);
        }
        let of_the_day = self.older.iter().rfind(|(from, _)| from.is_none_or(|f| f <= date)).or(self.older.first())?;
        let numbers = of_the_day.1.number(self.newest.code(first)).zip(of_the_day.1.number(self.newest.code(second)))?;
        active_in(&of_the_day.1, numbers.0, numbers.1, date)
    }
}

fn active_in(table: &PtpTable, first: u16, second: u16, date: Date) -> Option<PtpEdit> {
    let on = day::to_number(date);
    let in_force = table.terms(first, second).filter(|t| t.indicator != 9 && t.effective <= on && on <= t.deletion);
    in_force.min_by_key(|t| (t.deletion, t.indicator)).map(|t| edit_of(&t))
}

fn edit_of(terms: &TermsRecord) -> PtpEdit {
    PtpEdit {
        effective: day::from_number(terms.effective),
        deletion: day::from_number(terms.deletion),
        indicator: terms.indicator as u8,
    }
}
