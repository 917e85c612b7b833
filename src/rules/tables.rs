//! The reference tables as the rules ask them: one date, one answer.
use std::borrow::Cow;

use jiff::civil::Date;

use super::codes;
use crate::codeset::add_on::AddOn;
use crate::codeset::icd10cm::{IcdIndex, IcdStatus, IcdValidity};
use crate::codeset::mue::Mue;
use crate::codeset::procedures::{Component, Listed2026, ProcedureFacts, ProcedureIndex, ProcedureValidity};
use crate::codeset::ptp::{PtpIndex, PtpPair};
use crate::codeset::{CodeSets, Edition, Icd10cm, Reach};

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
    /// Id of the table in the list of editions.
    pub fn id(self) -> &'static str {
        match self {
            Self::Icd10Cm => "icd10cm",
            Self::Procedures => "procedure-catalogue",
            Self::Ptp => "ncci-ptp",
            Self::Mue => "ncci-mue",
            Self::Addon => "ncci-add-on",
            Self::FeeSchedule => "fee-schedule",
        }
    }
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
    /// Where it stands in the catalogue.
    pub index: Option<ProcedureIndex>,
    /// Whether it may be used.
    pub validity: ProcedureValidity,
    /// Row of the fee schedule for the whole service.
    pub fee: Option<ProcedureFacts>,
    /// Most units.
    pub mue: Option<Mue>,
    /// A visit in the sense of modifiers 24, 25 and 57.
    pub is_visit: bool,
    /// Number of the code among the NCCI pairs.
    pub ptp: Option<PtpIndex>,
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
        let procedures = &self.code_sets.procedures;
        let index = procedures.find(code);
        LineFacts {
            index,
            validity: procedures.validity(code, self.date),
            fee: procedures.facts(code, self.date),
            mue: self.code_sets.mue.get(code, self.date),
            is_visit: codes::is_visit(code),
            ptp: self.code_sets.ptp.find(code),
        }
    }

    /// The PTP pair of two codes, in either order, that is active on the date.
    pub fn pair(&self, one: &str, other: &str) -> Option<PtpPair<'a>> {
        self.code_sets.ptp.any(one, other, self.date)
    }

    /// As [`pair`](Self::pair), by number.
    pub fn pair_by_number(&self, one: PtpIndex, other: PtpIndex) -> Option<PtpPair<'a>> {
        self.code_sets.ptp.between(one, other, self.date)
    }

    /// The add-on edit of a code.
    pub fn add_on(&self, code: &str) -> Option<AddOn<'a>> {
        self.code_sets.add_ons.get(code, self.date)
    }

    /// Facts of one component of a line's code.
    pub fn component(&self, index: ProcedureIndex, component: Component) -> Option<ProcedureFacts> {
        self.code_sets.procedures.component_facts(index, component, self.date)
    }

    /// What a modifier means, where it exists.
    pub fn modifier(&self, code: &str) -> Option<&'a str> {
        self.code_sets.modifiers.get(code).map(|modifier| modifier.text.as_str())
    }

    /// The facility rate is paid at a place of service.
    pub fn is_facility(&self, place: &str) -> bool {
        self.code_sets.place_of_service.get(place).is_some_and(|place| place.facility)
    }

    /// A code that is newer than a table, so that the table cannot speak of it.
    pub fn is_newer_than(&self, table: Table, code: &str) -> bool {
        let procedures = &self.code_sets.procedures;
        let Some(index) = procedures.find(code) else { return false };
        let Some(through) = self.newest_edition(table).and_then(|edition| edition.through) else { return false };
        match procedures.valid_period(index).0 {
            Some(from) => from > through,
            // No fee schedule up to that edition has the code, and it exists now.
            None => {
                self.date > through
                    && procedures.listed_2026(index) == Listed2026::Yes
                    && procedures.component_facts(index, Component::Global, self.date).is_none()
            }
        }
    }

    /// Edition of a table that answers on the date.
    pub fn edition(&self, table: Table) -> Cow<'static, str> {
        match answering_edition(self.code_sets, table.id(), self.date) {
            Some(edition) => Cow::Owned(edition.edition.clone()),
            None => Cow::Borrowed("none loaded"),
        }
    }

    /// The edition of a table that answers on the date, and whether it reaches it.
    pub fn reach(&self, table: Table) -> Option<(&'a Edition, Reach)> {
        self.code_sets.edition_for(table.id(), self.date)
    }

    /// The newest edition of a table that is loaded whole.
    pub fn newest_edition(&self, table: Table) -> Option<&'a Edition> {
        let whole = |edition: &&Edition| edition.table == table.id() && is_whole(edition);
        self.code_sets.editions().iter().filter(whole).max_by_key(|edition| edition.effective)
    }

    /// The edition of a table that begins on a day.
    pub fn edition_of(&self, table: Table, effective: Date) -> Cow<'static, str> {
        let same = |edition: &&Edition| edition.table == table.id() && edition.effective == Some(effective);
        self.code_sets
            .editions()
            .iter()
            .find(same)
            .map_or_else(|| self.edition(table), |edition| Cow::Owned(edition.edition.clone()))
    }
}

/// An edition that is loaded whole, not as an excerpt or a part of its changes.
fn is_whole(edition: &Edition) -> bool {
    !edition.partial
}

/// The edition of a table that answers on a date: the whole one in force, else the newest before, else the oldest; of a
/// cumulative table the newest.
pub fn answering_edition<'a>(code_sets: &'a CodeSets, table: &str, date: Date) -> Option<&'a Edition> {
    let of_table = || code_sets.editions().iter().filter(|edition| edition.table == table);
    let dated = code_sets.edition_for(table, date).map(|(edition, _)| edition);
    dated.or_else(|| of_table().find(|edition| is_whole(edition))).or_else(|| of_table().next())
}
