//! The reference tables as the rules ask them: one date, one answer.
use std::borrow::Cow;

use jiff::civil::Date;

use super::codes;
use crate::codeset::icd10cm::{IcdIndex, IcdStatus, IcdValidity};
use crate::codeset::{CodeSets, Icd10cm};

/// A table that findings name as their source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// ICD-10-CM codes and tabular notes.
    Icd10Cm,
    /// CPT/HCPCS codes.
    Procedures,
    /// NCCI procedure-to-procedure edits, practitioner.
    Ptp,
    /// NCCI medically unlikely edits, practitioner.
    Mue,
    /// NCCI add-on code edits.
    Addon,
    /// Medicare physician fee schedule.
    FeeSchedule,
}

impl Table {
    /// Name of the table in findings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Icd10Cm => "ICD-10-CM Tabular List",
            Self::Procedures => "CPT/HCPCS catalogue",
            Self::Ptp => "Medicare NCCI PTP edits, practitioner services",
            Self::Mue => "Medicare NCCI medically unlikely edits, practitioner services",
            Self::Addon => "Medicare NCCI add-on code edits",
            Self::FeeSchedule => "Medicare physician fee schedule, relative value file",
        }
    }
}

/// The tables on a date of service.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    /// ICD-10-CM.
    pub icd: &'a Icd10cm,
    code_sets: &'a CodeSets,
    date: Date,
}

/// What the tables say of a diagnosis code.
#[derive(Clone, Copy, Debug)]
pub struct IcdFacts {
    /// Where it stands in the table; `None` where no loaded edition has it.
    pub index: Option<IcdIndex>,
    /// What it was on the date.
    pub validity: IcdValidity,
}

/// What the tables say of a line's code.
#[derive(Clone, Copy, Debug)]
pub struct LineFacts {
    /// Whether it may be used.
    pub validity: ProcedureValidity,
    /// Row of the fee schedule.
    pub fee: Option<Fee>,
    /// Most units.
    pub mue: Option<Mue>,
    /// A visit in the sense of modifiers 24, 25 and 57.
    pub is_visit: bool,
}

/// Whether a procedure code may be used on the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcedureValidity {
    /// A table that covers the date has it.
    InForce,
    /// Known, and not in force on the date.
    NotInForce {
        /// First day in force, where it lies after the date.
        first: Option<Date>,
        /// Last day in force, where it lies before the date.
        last: Option<Date>,
    },
    /// In no table; that alone is no fault.
    Unknown,
}

/// Global period of the fee schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// 000.
    Day0,
    /// 010.
    Days10,
    /// 090.
    Days90,
    /// MMM.
    Maternity,
    /// XXX.
    NoConcept,
    /// YYY.
    Contractor,
    /// ZZZ.
    Addon,
}

/// Facts of the fee schedule; indicators are the official digits.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Fee {
    pub status: char,
    pub global: Global,
    pub bilateral: char,
    pub multiple: char,
    pub assistant: char,
    pub co_surgeon: char,
    pub team: char,
    pub pc_tc: char,
}

/// A medically unlikely edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mue {
    /// Most units.
    pub units: u32,
    /// Adjudication indicator 1 (line), 2 (day, absolute), 3 (day, reviewable).
    pub adjudication: u8,
}

/// An active PTP edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairEdit {
    /// Indicator 1: an NCCI modifier may bypass it.
    pub modifier_allowed: bool,
}

/// The add-on edit of a code.
#[derive(Clone, Debug)]
pub struct Addon<'a> {
    /// 1 (closed list of primaries), 2 (contractor decides), 3 (open list).
    pub kind: u8,
    /// Listed primaries.
    pub primaries: Vec<Cow<'a, str>>,
}

impl<'a> Tables<'a> {
    /// The tables on a date.
    pub fn on(code_sets: &'a CodeSets, date: Date) -> Self {
        Self { icd: &code_sets.icd10cm, code_sets, date }
    }

    /// What is known of a diagnosis code.
    pub fn icd(&self, code: &str) -> IcdFacts {
        let index = self.icd.find(code);
        IcdFacts { index, validity: self.icd.validity_of(index, self.date) }
    }

    /// The code was complete and in force on the date.
    pub fn is_billable(&self, index: IcdIndex) -> bool {
        self.icd.validity_of(Some(index), self.date).status == IcdStatus::Billable
    }

    /// What is known of a line's code.
    pub fn line(&self, code: &str) -> LineFacts {
        LineFacts { validity: ProcedureValidity::Unknown, fee: None, mue: None, is_visit: codes::is_visit(code) }
    }

    /// The PTP edit of column 1 with column 2 that is active on the date.
    pub fn pair_edit(&self, _column_1: &str, _column_2: &str) -> Option<PairEdit> {
        None
    }

    /// The add-on edit of a code.
    pub fn addon(&self, _code: &str) -> Option<Addon<'a>> {
        None
    }

    /// A code that is newer than a table, so that the table cannot speak of it.
    pub fn is_newer_than(&self, _table: Table, _code: &str) -> bool {
        false
    }

    /// Edition of a table that answers.
    pub fn edition(&self, table: Table) -> Cow<'static, str> {
        let name = match table {
            Table::Icd10Cm => "icd10cm",
            Table::Procedures => "procedures",
            Table::Ptp => "ncci-ptp",
            Table::Mue => "ncci-mue",
            Table::Addon => "ncci-addon",
            Table::FeeSchedule => "mpfs",
        };
        let of_table = self.code_sets.editions().iter().filter(|edition| edition.table == name);
        of_table.last().map_or(Cow::Borrowed("none loaded"), |edition| Cow::Owned(edition.edition.clone()))
    }
}
