//! Could a code be reported on a date?
use jiff::civil::Date;

use super::{Icd10cm, IcdIndex, raw_code};
use crate::codeset::table_file::{Section, TableFile};
use crate::codeset::{CodesetError, day};

/// An edition as stored. Its bit in the columns `present` and `billable` is its place in the list.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(in crate::codeset) struct EditionRecord {
    /// First day in force, YYYYMMDD.
    pub effective: u32,
    /// Last day in force, YYYYMMDD.
    pub through: u32,
    /// 1 where only a part of the edition's changes is known.
    pub partial: u32,
    /// Number of billable codes.
    pub billable: u32,
}

/// One loaded edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcdEdition {
    /// First day in force.
    pub effective: Date,
    /// Last day in force.
    pub through: Date,
    /// Only a part of the edition's changes is known: a code it does not list may still exist.
    pub partial: bool,
    /// Number of billable codes in it.
    pub billable: u32,
}

/// What a code was on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcdStatus {
    /// May be reported.
    Billable,
    /// Exists, but a more specific code must be reported.
    Header,
    /// Did not exist.
    NotValid,
    /// The loaded editions do not tell (see [`Coverage`]): the finding `codeset-coverage` takes the place of `icd-valid`.
    Undetermined,
}

/// How the answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// The date lies within this edition.
    Loaded(IcdEdition),
    /// The date lies between these two editions; where they agree, their answer holds.
    Between(IcdEdition, IcdEdition),
    /// The date lies before this first edition: nothing is known.
    BeforeFirst(IcdEdition),
    /// The date lies after this newest complete edition, which was used (with what is known of later changes).
    AfterLast(IcdEdition),
}

/// Status and coverage of a code on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcdValidity {
    /// What the code was.
    pub status: IcdStatus,
    /// How that is known.
    pub coverage: Coverage,
}

/// Reads and checks the list of editions.
pub(super) fn read_editions(file: &TableFile) -> Result<Vec<IcdEdition>, CodesetError> {
    let records = file.get(file.section::<EditionRecord>("editions")?);
    let editions: Vec<IcdEdition> = records
        .iter()
        .filter_map(|r| {
            let (effective, through) = (day::from_number(r.effective)?, day::from_number(r.through)?);
            Some(IcdEdition { effective, through, partial: r.partial != 0, billable: r.billable })
        })
        .collect();
    let whole = editions.len() == records.len() && editions.len() <= MOST_EDITIONS && editions.iter().any(|e| !e.partial);
    file.require(whole, "its list of editions is damaged")?;
    let ordered = editions.iter().all(|e| e.effective <= e.through) && editions.is_sorted_by(|a, b| a.through < b.effective);
    file.require(ordered, "its editions overlap")?;
    Ok(editions)
}

impl Icd10cm {
    /// The loaded editions, oldest first.
    pub fn editions(&self) -> &[IcdEdition] {
        &self.editions
    }

    /// The newest edition that is loaded completely.
    pub fn newest(&self) -> IcdEdition {
        self.editions[self.newest_number()]
    }

    /// Whether the newest complete edition has the code as billable.
    pub fn is_billable_latest(&self, i: IcdIndex) -> bool {
        self.bit(self.billable, i, self.newest_number())
    }

    /// Whether the newest complete edition has the code, billable or header.
    pub fn is_present_latest(&self, i: IcdIndex) -> bool {
        self.bit(self.present, i, self.newest_number())
    }

    /// The billable codes of the newest complete edition, in order.
    pub fn billable(&self) -> impl Iterator<Item = IcdIndex> + '_ {
        self.all().filter(|i| self.is_billable_latest(*i))
    }

    /// What `code` (with or without dot) was on `date`.
    pub fn validity(&self, code: &str, date: Date) -> IcdValidity {
        let found = raw_code(code).and_then(|raw| self.raw_codes().binary_search(&raw).ok()).map(|i| IcdIndex(i as u32));
        self.validity_of(found, date)
    }

    /// What a known code was on `date`; `None` stands for a code that no loaded edition has.
    pub fn validity_of(&self, code: Option<IcdIndex>, date: Date) -> IcdValidity {
        let answer = |status, coverage| IcdValidity { status, coverage };
        let in_edition = |number: usize| match code {
            Some(i) if self.bit(self.billable, i, number) => IcdStatus::Billable,
            Some(i) if self.bit(self.present, i, number) => IcdStatus::Header,
            _ => IcdStatus::NotValid,
        };
        let newest = self.newest_number();
        if date > self.editions[newest].through {
            return answer(self.after_newest(code, date, newest, in_edition(newest)), Coverage::AfterLast(self.editions[newest]));
        }
        let number = self.editions.partition_point(|e| e.through < date);
        let edition = self.editions[number.min(newest)];
        if edition.effective <= date {
            return answer(in_edition(number), Coverage::Loaded(edition));
        }
        if number == 0 {
            return answer(IcdStatus::Undetermined, Coverage::BeforeFirst(edition));
        }
        let (before, after) = (in_edition(number - 1), in_edition(number));
        let status = if before == after { before } else { IcdStatus::Undetermined };
        answer(status, Coverage::Between(self.editions[number - 1], edition))
    }

    /// After the newest complete edition: its answer, changed by what a partial later edition says. A code that neither
    /// has may be newer than both, so it is undetermined.
    fn after_newest(&self, code: Option<IcdIndex>, date: Date, newest: usize, status: IcdStatus) -> IcdStatus {
        let later = (newest + 1..self.editions.len()).rfind(|n| self.editions[*n].effective <= date);
        let status = match (later, code) {
            (Some(n), Some(i)) if self.bit(self.billable, i, n) => IcdStatus::Billable,
            (Some(n), Some(i)) if self.bit(self.present, i, n) => IcdStatus::Header,
            (Some(_), Some(_)) if status != IcdStatus::NotValid => return IcdStatus::NotValid,
            _ => status,
        };
        if status == IcdStatus::NotValid && code.is_none_or(|i| !self.was_ever_billable(i)) {
            IcdStatus::Undetermined
        } else {
            status
        }
    }

    /// First and last day on which the loaded editions have the code as billable (the newest run of editions); the last
    /// day is `None` while the newest complete edition still has it.
    pub fn billable_period(&self, i: IcdIndex) -> Option<(Date, Option<Date>)> {
        let billable = self.billable;
        let last = (0..self.editions.len()).rfind(|n| self.bit(billable, i, *n))?;
        let first = (0..=last).rev().take_while(|n| self.bit(billable, i, *n)).last()?;
        let through = (last < self.newest_number()).then_some(self.editions[last].through);
        let ended = last == self.newest_number() && last + 1 < self.editions.len();
        let through = through.or(if ended { Some(self.editions[last].through) } else { None });
        Some((self.editions[first].effective, through))
    }

    fn was_ever_billable(&self, i: IcdIndex) -> bool {
        self.present.get(&self.file, i) != 0
    }

    fn newest_number(&self) -> usize {
        self.editions.iter().rposition(|e| !e.partial).unwrap_or(0)
    }

    /// Whether the edition has the code.
    pub(super) fn was_present(&self, i: IcdIndex, edition: usize) -> bool {
        self.bit(self.present, i, edition)
    }

    /// Whether the edition has the code as billable.
    pub(super) fn was_billable(&self, i: IcdIndex, edition: usize) -> bool {
        self.bit(self.billable, i, edition)
    }

    fn bit(&self, column: Membership, i: IcdIndex, edition: usize) -> bool {
        column.get(&self.file, i) & (1 << edition) != 0
    }
}

/// One bit an edition for every code: eight editions in the embedded table, thirty-two where editions were imported.
#[derive(Clone, Copy)]
pub(super) enum Membership {
    Eight(Section<u8>),
    ThirtyTwo(Section<u32>),
}

/// Most editions of one table.
pub(in crate::codeset) const MOST_EDITIONS: usize = 32;

impl Membership {
    /// The column of this name, `<name>` or `<7 letters of it>4`.
    pub(super) fn open(file: &TableFile, name: &str) -> Result<Self, CodesetError> {
        let wide = wide_name(name);
        Ok(if file.has(&wide) { Self::ThirtyTwo(file.section(&wide)?) } else { Self::Eight(file.section(name)?) })
    }

    pub(super) fn len(self, file: &TableFile) -> usize {
        match self {
            Self::Eight(s) => file.get(s).len(),
            Self::ThirtyTwo(s) => file.get(s).len(),
        }
    }

    fn get(self, file: &TableFile, i: IcdIndex) -> u32 {
        let at = i.0 as usize;
        match self {
            Self::Eight(s) => file.get(s).get(at).map_or(0, |b| u32::from(*b)),
            Self::ThirtyTwo(s) => file.get(s).get(at).copied().unwrap_or(0),
        }
    }
}

/// Name of the wide form of a column of one bit an edition.
pub(super) fn wide_name(name: &str) -> String {
    format!("{}4", name.get(..7).unwrap_or(name))
}
