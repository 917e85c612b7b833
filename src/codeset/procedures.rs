//! The CPT/HCPCS catalogue: codes with our own short descriptors, validity, and the facts of the physician fee schedule.
//!
//! CPT descriptors belong to the AMA and are not here; numbers, dates and indicators are facts of CMS's public files.
use std::path::Path;

use jiff::civil::Date;

use super::table_file::{Section, TableFile, Texts};
use super::{CodesetError, day};

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

/// A row of the fee schedule as stored, sorted by code, modifier and edition.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct FeeRecord {
    pub code: u16,
    /// 0 none, 1 `26`, 2 `TC`, 3 `53`.
    pub modifier: u8,
    /// Place in the list of fee schedule editions.
    pub edition: u8,
    /// Work RVU in hundredths.
    pub work: i32,
    /// Total RVU outside a facility, hundredths.
    pub non_facility: i32,
    /// Total RVU in a facility, hundredths.
    pub facility: i32,
    pub status: u8,
    pub pc_tc: u8,
    /// `000`, `010`, `090`, `XXX`, `YYY`, `ZZZ`, `MMM`.
    pub global: [u8; 3],
    pub multiple: u8,
    pub bilateral: u8,
    pub assistant: u8,
    pub co_surgeon: u8,
    pub team: u8,
    /// Endoscopic base code, zero bytes for none.
    pub endoscopic_base: [u8; 5],
    /// Bit 1: rarely or never outside a facility (`NA`); bit 2: rarely or never in one.
    pub not_applicable: u8,
}

/// An edition of the fee schedule as stored.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct FeeEditionRecord {
    pub effective: u32,
    /// Name, e.g. `RVU24C`, filled up with zero bytes.
    pub name: [u8; 12],
}

/// Component of a service that a fee schedule row is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Component {
    /// The whole service (no modifier).
    #[default]
    Global,
    /// Professional component, modifier 26.
    Professional,
    /// Technical component, modifier TC.
    Technical,
    /// Discontinued procedure, modifier 53.
    Discontinued,
}

/// Facts of the physician fee schedule for one code. Indicators are the official characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProcedureFacts {
    /// Status code (`A` active, `B` bundled, `C` carrier-priced, `I` not valid for Medicare, `N` non-covered, …).
    pub status: char,
    /// Work relative value units.
    pub work_rvu: f64,
    /// Total RVUs outside a facility.
    pub non_facility_rvu: f64,
    /// Total RVUs in a facility.
    pub facility_rvu: f64,
    /// Rarely or never done outside a facility.
    pub non_facility_na: bool,
    /// Rarely or never done in a facility.
    pub facility_na: bool,
    /// Professional/technical component indicator, `0` to `9`.
    pub pc_tc: char,
    /// Global period.
    pub global: GlobalPeriod,
    /// Multiple-procedure indicator.
    pub multiple: char,
    /// Bilateral indicator.
    pub bilateral: char,
    /// Assistant-at-surgery indicator.
    pub assistant: char,
    /// Co-surgeon indicator.
    pub co_surgeon: char,
    /// Team-surgery indicator.
    pub team: char,
    /// Base code of its endoscopy family.
    pub endoscopic_base: Option<[u8; 5]>,
    /// Edition that the facts come from.
    pub edition: FeeEdition,
    /// Whether the edition is of the calendar year asked for; money from another year is an estimate.
    pub same_year: bool,
}

impl ProcedureFacts {
    /// Base code of its endoscopy family as text.
    pub fn endoscopic_base(&self) -> Option<&str> {
        self.endoscopic_base.as_ref().and_then(|b| std::str::from_utf8(b).ok())
    }
}

/// Global period indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPeriod {
    /// Endoscopy or minor procedure, the day itself.
    Days0,
    /// Minor procedure, 10 days.
    Days10,
    /// Major procedure, 1 day before and 90 days after.
    Days90,
    /// The concept does not apply.
    NotApplicable,
    /// The contractor decides.
    Contractor,
    /// Belongs to another service (add-on).
    WithPrimary,
    /// Maternity.
    Maternity,
}

impl GlobalPeriod {
    fn from_bytes(bytes: [u8; 3]) -> Option<Self> {
        match &bytes {
            b"000" => Some(Self::Days0),
            b"010" => Some(Self::Days10),
            b"090" => Some(Self::Days90),
            b"XXX" => Some(Self::NotApplicable),
            b"YYY" => Some(Self::Contractor),
            b"ZZZ" => Some(Self::WithPrimary),
            b"MMM" => Some(Self::Maternity),
            _ => None,
        }
    }

    /// Days after the procedure, where a number is set.
    pub fn days(self) -> Option<u16> {
        match self {
            Self::Days0 => Some(0),
            Self::Days10 => Some(10),
            Self::Days90 => Some(90),
            _ => None,
        }
    }

    /// The official indicator.
    pub fn indicator(self) -> &'static str {
        match self {
            Self::Days0 => "000",
            Self::Days10 => "010",
            Self::Days90 => "090",
            Self::NotApplicable => "XXX",
            Self::Contractor => "YYY",
            Self::WithPrimary => "ZZZ",
            Self::Maternity => "MMM",
        }
    }
}

/// A fee schedule edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeEdition {
    name: [u8; 12],
    /// First day in force.
    pub effective: Date,
}

impl FeeEdition {
    /// Name, e.g. `RVU24C`.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or("").trim_end_matches('\0')
    }
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
    editions: Vec<FeeEdition>,
}

impl Procedures {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let stored = file.get(file.section::<FeeEditionRecord>("editions")?);
        let editions: Vec<FeeEdition> = stored
            .iter()
            .filter_map(|e| day::from_number(e.effective).map(|effective| FeeEdition { name: e.name, effective }))
            .collect();
        file.require(editions.len() == stored.len(), "a fee schedule edition has no date")?;
        file.require(editions.is_sorted_by_key(|e| e.effective), "its fee schedule editions are not in order")?;
        let table = Self {
            texts: Texts::open(&file)?,
            codes: file.section("codes")?,
            records: file.section("records")?,
            fees: file.section("fees")?,
            editions,
            file,
        };
        let f = &table.file;
        let (codes, records) = (f.get(table.codes), f.get(table.records));
        f.require(codes.is_sorted_by(|a, b| a < b) && codes.len() <= u16::MAX as usize, "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        f.require(records.len() == codes.len(), "its columns have different lengths")?;
        f.require(records.iter().all(|r| (r.descriptor as usize) < table.texts.len(f)), "a descriptor lies outside the texts")?;
        let fees = f.get(table.fees);
        f.require(fees.is_sorted_by_key(|r| (r.code, r.modifier, r.edition)), "its fee schedule is not in order")?;
        let fee_holds = |r: &FeeRecord| {
            (r.code as usize) < codes.len()
                && (r.edition as usize) < table.editions.len()
                && GlobalPeriod::from_bytes(r.global).is_some()
                && r.endoscopic_base.iter().all(|b| *b == 0 || is_code_byte(b))
        };
        f.require(fees.iter().all(fee_holds), "a fee schedule row is damaged")?;
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
        let Some((i, record)) = self.find(code).and_then(|i| Some((i, self.record(i)?))) else {
            return ProcedureValidity::Unknown;
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

    /// Fee schedule facts of the whole service on a date: of the newest edition of that calendar year, else of the newest
    /// edition before, else of the oldest. `None` where no loaded edition has the code.
    pub fn facts(&self, code: &str, date: Date) -> Option<ProcedureFacts> {
        self.component_facts(self.find(code)?, Component::Global, date)
    }

    /// As [`facts`](Self::facts), for one component of the service.
    pub fn component_facts(&self, i: ProcedureIndex, component: Component, date: Date) -> Option<ProcedureFacts> {
        let rows = self.file.get(self.fees);
        let key = (i.0, component as u8);
        let start = rows.partition_point(|r| (r.code, r.modifier) < key);
        let own = rows[start..].iter().take_while(|r| (r.code, r.modifier) == key);
        let edition = |r: &FeeRecord| self.editions.get(r.edition as usize);
        let rank = |r: &FeeRecord| {
            let effective = edition(r).map(|e| e.effective);
            let (same_year, before) = effective.map_or((false, false), |e| (e.year() == date.year(), e <= date));
            // Within a year an edition in force comes before a later one; among editions of the past the newest counts.
            (same_year, before, if before { i32::from(r.edition) } else { -i32::from(r.edition) })
        };
        let row = own.max_by_key(|r| rank(r))?;
        let edition = *edition(row)?;
        Some(ProcedureFacts {
            status: row.status as char,
            work_rvu: f64::from(row.work) / 100.0,
            non_facility_rvu: f64::from(row.non_facility) / 100.0,
            facility_rvu: f64::from(row.facility) / 100.0,
            non_facility_na: row.not_applicable & 1 != 0,
            facility_na: row.not_applicable & 2 != 0,
            pc_tc: row.pc_tc as char,
            global: GlobalPeriod::from_bytes(row.global)?,
            multiple: row.multiple as char,
            bilateral: row.bilateral as char,
            assistant: row.assistant as char,
            co_surgeon: row.co_surgeon as char,
            team: row.team as char,
            endoscopic_base: (row.endoscopic_base[0] != 0).then_some(row.endoscopic_base),
            edition,
            same_year: edition.effective.year() == date.year(),
        })
    }

    /// The loaded fee schedule editions, oldest first.
    pub fn fee_editions(&self) -> &[FeeEdition] {
        &self.editions
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

    fn record(&self, i: ProcedureIndex) -> Option<&ProcedureRecord> {
        self.file.get(self.records).get(i.0 as usize)
    }
}

/// First day of the hospital addendum that the catalogue was compared with.
const ADDENDUM_EFFECTIVE: u32 = 2026_04_01;

/// The stored form of a code; `None` where the text can be no code.
pub(super) fn raw_procedure(code: &str) -> Option<RawProcedure> {
    let mut raw: RawProcedure = code.trim().as_bytes().try_into().ok()?;
    raw.make_ascii_uppercase();
    raw.iter().all(is_code_byte).then_some(raw)
}

pub(super) fn is_code_byte(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}
