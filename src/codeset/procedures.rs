//! The CPT/HCPCS catalogue: codes with our own short descriptors, validity, and the facts of the physician fee schedule.
//!
//! CPT descriptors belong to the AMA and are not here; numbers, dates and indicators are facts of CMS's public files.
use std::path::Path;

use jiff::civil::Date;

pub use super::fee_schedule::{Component, FeeEdition, GlobalPeriod, ProcedureFacts};
use super::fee_schedule::{FeeRecord, FeeTable};
use super::hcpcs::HcpcsTable;
use super::table_file::{Section, TableFile, Texts};
use super::{CodesetError, day};

/// Whether a code is the visit itself, which the E/M level decides: 99202-99499, Medicare's preventive visits and the complexity
/// add-on.
pub fn is_evaluation_and_management(code: &str) -> bool {
    ("99202"..="99499").contains(&code) && code.len() == 5 || matches!(code, "G0402" | "G0438" | "G0439" | "G2211")
}

/// Kind and version of the file.
pub(super) const KIND: &str = "proc";
pub(super) const VERSION: u32 = 1;

/// A CPT or HCPCS code as stored.
pub(super) type RawProcedure = [u8; 5];

/// Number of a code in the catalogue; valid for this table only. The NCCI table uses it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcedureIndex(pub u16);

/// What is stored of a code.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct ProcedureRecord {
    /// Text number of the descriptor.
    pub descriptor: u32,
    /// First valid day, or 0 where not known.
    pub valid_from: u32,
    /// Last valid day, or `u32::MAX`.
    pub valid_to: u32,
    /// 1 listed in the hospital addendum of April 2026, 2 known to be gone by then, 0 neither.
    pub listed_2026: u8,
    /// Status indicator there, one or two characters.
    pub opps_status: [u8; 2],
    /// 1 where our lexicon marks the code as an add-on.
    pub add_on: u8,
}

/// Whether a code could be billed on a date, as far as the catalogue knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcedureValidity {
    /// Nothing speaks against it.
    Valid,
    /// Became valid only on this later day.
    NotYet(Date),
    /// Was valid until this earlier day.
    Deleted(Date),
    /// Gone by April 2026; the last day is not known, and the date asked for lies after the last table that has the code.
    GoneBy2026,
    /// Not in the catalogue: nothing is known. Never a reason to call it invalid.
    Unknown,
}

/// Whether the code stood in Medicare's hospital addendum B of April 2026 (which lists nearly every HCPCS code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed2026 {
    /// Listed.
    Yes,
    /// Not listed, and known before: gone.
    No,
    /// Not listed, nothing known.
    NotListed,
}

/// The open catalogue.
pub struct Procedures {
    file: TableFile,
    texts: Texts,
    codes: Section<RawProcedure>,
    records: Section<ProcedureRecord>,
    fees: Section<FeeRecord>,
    fee_editions: Vec<FeeEdition>,
    /// Imported editions of the fee schedule, oldest first: with any, the embedded one is not asked.
    imported_fees: Vec<FeeTable>,
    /// Imported editions of HCPCS Level II, oldest first.
    hcpcs: Vec<HcpcsTable>,
}

impl Procedures {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let fee_editions = super::fee_schedule::read_editions(&file)?;
        let table = Self {
            texts: Texts::open(&file)?,
            codes: file.section("codes")?,
            records: file.section("records")?,
            fees: file.section("fees")?,
            fee_editions,
            imported_fees: Vec::new(),
            hcpcs: Vec::new(),
            file,
        };
        let f = &table.file;
        let (codes, records) = (f.get(table.codes), f.get(table.records));
        f.require(codes.is_sorted_by(|a, b| a < b) && codes.len() <= u16::MAX as usize, "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        f.require(records.len() == codes.len(), "its columns have different lengths")?;
        f.require(records.iter().all(|r| (r.descriptor as usize) < table.texts.len(f)), "a descriptor lies outside the texts")?;
        super::fee_schedule::check(f, f.get(table.fees), codes.len(), table.fee_editions.len())?;
        Ok(table)
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.file.get(self.codes).len()
    }

    /// Whether the catalogue is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every code, in order.
    pub fn all(&self) -> impl Iterator<Item = ProcedureIndex> + use<> {
        (0..self.len() as u16).map(ProcedureIndex)
    }

    /// Finds a code, in any case; blanks around it do not matter.
    pub fn find(&self, code: &str) -> Option<ProcedureIndex> {
        let raw = raw_procedure(code)?;
        self.file.get(self.codes).binary_search(&raw).ok().map(|i| ProcedureIndex(i as u16))
    }

    /// The code.
    pub fn code(&self, i: ProcedureIndex) -> &str {
        self.file.get(self.codes).get(i.0 as usize).and_then(|c| std::str::from_utf8(c).ok()).unwrap_or("")
    }

    /// Our own short descriptor.
    pub fn descriptor(&self, i: ProcedureIndex) -> &str {
        self.record(i).map_or("", |r| self.texts.get(&self.file, r.descriptor))
    }

    /// Whether our lexicon marks the code as an add-on.
    pub fn is_add_on(&self, i: ProcedureIndex) -> bool {
        self.record(i).is_some_and(|r| r.add_on != 0)
    }

    /// `cpt` (five digits, or four and a letter behind) or `hcpcs` (a letter first).
    pub fn system(&self, i: ProcedureIndex) -> &'static str {
        if self.code(i).starts_with(|c: char| c.is_ascii_alphabetic()) { "hcpcs" } else { "cpt" }
    }

    /// Whether `code` could be billed on `date`, as far as is known.
    pub fn validity(&self, code: &str, date: Date) -> ProcedureValidity {
        // The imported list of HCPCS Level II knows first and last days; a code that it has as valid may have ended since, if
        // the catalogue says so.
        match self.hcpcs(date).and_then(|table| table.validity(code, date)) {
            Some(ProcedureValidity::Valid) if self.find(code).is_none() => return ProcedureValidity::Valid,
            Some(ProcedureValidity::Valid) | None => {}
            Some(other) => return other,
        }
        let Some((i, record)) = self.find(code).and_then(|i| Some((i, self.record(i)?))) else {
            let ended = super::retired::last_day(code).filter(|last| date > *last);
            return ended.map_or(ProcedureValidity::Unknown, ProcedureValidity::Deleted);
        };
        let number = day::to_number(date);
        if let Some(from) = day::from_number(record.valid_from).filter(|_| number < record.valid_from) {
            return ProcedureValidity::NotYet(from);
        }
        if let Some(to) = day::from_number(record.valid_to).filter(|_| number > record.valid_to) {
            return ProcedureValidity::Deleted(to);
        }
        // The last day is not known, but from the day of the addendum on the code is gone.
        if self.listed_2026(i) == Listed2026::No && number >= ADDENDUM_EFFECTIVE && record.valid_to == day::OPEN {
            return ProcedureValidity::GoneBy2026;
        }
        ProcedureValidity::Valid
    }

    /// First and last valid day where known.
    pub fn valid_period(&self, i: ProcedureIndex) -> (Option<Date>, Option<Date>) {
        let record = self.record(i);
        let number = |n: Option<u32>| n.and_then(day::from_number);
        (number(record.map(|r| r.valid_from)), number(record.map(|r| r.valid_to)))
    }

    /// Whether the hospital addendum of April 2026 lists the code.
    pub fn listed_2026(&self, i: ProcedureIndex) -> Listed2026 {
        match self.record(i).map(|r| r.listed_2026) {
            Some(1) => Listed2026::Yes,
            Some(2) => Listed2026::No,
            _ => Listed2026::NotListed,
        }
    }

    /// Status indicator of the hospital addendum of April 2026, e.g. `J1`, `C` (inpatient only); empty where not listed.
    pub fn hospital_status(&self, i: ProcedureIndex) -> &str {
        let status = self.file.get(self.records).get(i.0 as usize).map(|r| &r.opps_status[..]).unwrap_or_default();
        std::str::from_utf8(status).unwrap_or("").trim_end_matches('\0')
    }

    /// Codes whose descriptor holds every word of `words` (or a word that begins with it), best first. Score 0 to 1.
    pub fn search(&self, words: &str, limit: usize) -> Vec<(ProcedureIndex, f32)> {
        let wanted = super::icd10cm::search::tokens(words);
        if wanted.is_empty() {
            return Vec::new();
        }
        let scored = self.all().map(|i| (i, super::icd10cm::search::score(&wanted, self.descriptor(i))));
        let mut found: Vec<_> = scored.filter(|(_, s)| *s > 0.0).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        found
    }

    /// Adds imported editions, oldest first.
    pub(super) fn add_imported(&mut self, fees: Vec<FeeTable>, hcpcs: Vec<HcpcsTable>) {
        self.imported_fees = fees;
        self.fee_editions = match self.imported_fees.is_empty() {
            true => std::mem::take(&mut self.fee_editions),
            false => self.imported_fees.iter().map(FeeTable::edition).collect(),
        };
        self.hcpcs = hcpcs;
    }

    /// The imported edition of HCPCS Level II that answers for a date: the one in force, else the newest before, else the
    /// oldest. `None` where none is imported.
    pub fn hcpcs(&self, date: Date) -> Option<&HcpcsTable> {
        self.hcpcs.iter().rfind(|table| table.effective() <= date).or(self.hcpcs.first())
    }

    /// The loaded fee schedule editions, oldest first: the imported ones where there are any.
    pub fn fee_editions(&self) -> &[FeeEdition] {
        &self.fee_editions
    }

    /// Imported editions of the fee schedule.
    pub(super) fn imported_fees(&self) -> &[FeeTable] {
        &self.imported_fees
    }

    /// Editions that the embedded rows name by their place.
    pub(super) fn embedded_fee_editions(&self) -> &[FeeEdition] {
        if self.imported_fees.is_empty() { &self.fee_editions } else { &[] }
    }

    /// Rows of the embedded fee schedule.
    pub(super) fn fee_rows(&self) -> &[FeeRecord] {
        self.file.get(self.fees)
    }

    fn record(&self, i: ProcedureIndex) -> Option<&ProcedureRecord> {
        self.file.get(self.records).get(i.0 as usize)
    }
}

/// First day of the hospital addendum that the catalogue was compared with.
const ADDENDUM_EFFECTIVE: u32 = 20260401;

/// The stored form of a code; `None` where the text can be no code.
pub(super) fn raw_procedure(code: &str) -> Option<RawProcedure> {
    let mut raw: RawProcedure = code.trim().as_bytes().try_into().ok()?;
    raw.make_ascii_uppercase();
    raw.iter().all(is_code_byte).then_some(raw)
}

pub(super) fn is_code_byte(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}
