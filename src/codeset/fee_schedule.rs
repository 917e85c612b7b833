//! Facts of the Medicare physician fee schedule: embedded for the codes of the catalogue, imported for every code.
use std::path::Path;

use jiff::civil::Date;

use super::procedures::{ProcedureIndex, Procedures, RawProcedure, is_code_byte, raw_procedure};
use super::table_file::{Section, TableFile, TableWriter};
use super::{CodesetError, day};

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
    pub(super) fn from_bytes(bytes: [u8; 3]) -> Option<Self> {
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

/// Reads and checks the list of editions.
pub(super) fn read_editions(file: &TableFile) -> Result<Vec<FeeEdition>, CodesetError> {
    let stored = file.get(file.section::<FeeEditionRecord>("editions")?);
    let dated =
        stored.iter().filter_map(|e| day::from_number(e.effective).map(|effective| FeeEdition { name: e.name, effective }));
    let editions: Vec<FeeEdition> = dated.collect();
    file.require(editions.len() == stored.len(), "a fee schedule edition has no date")?;
    file.require(editions.is_sorted_by_key(|e| e.effective), "its fee schedule editions are not in order")?;
    Ok(editions)
}

/// Checks the rows: sorted, and every number in range.
pub(super) fn check(file: &TableFile, rows: &[FeeRecord], codes: usize, editions: usize) -> Result<(), CodesetError> {
    file.require(rows.is_sorted_by_key(|r| (r.code, r.modifier, r.edition)), "its fee schedule is not in order")?;
    let holds = |r: &FeeRecord| {
        (r.code as usize) < codes
            && (r.edition as usize) < editions
            && GlobalPeriod::from_bytes(r.global).is_some()
            && r.endoscopic_base.iter().all(|b| *b == 0 || is_code_byte(b))
    };
    file.require(rows.iter().all(holds), "a fee schedule row is damaged")
}

/// Kind and version of the file of one imported edition.
pub(super) const KIND: &str = "fees";
pub(super) const VERSION: u32 = 1;

/// The open file of one imported edition: every code of the file, not only those of the catalogue.
pub(super) struct FeeTable {
    file: TableFile,
    codes: Section<RawProcedure>,
    rows: Section<FeeRecord>,
    edition: FeeEdition,
}

impl FeeTable {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let edition = read_editions(&file)?.first().copied().ok_or_else(|| file.corrupt("it names no edition"))?;
        let table = Self { codes: file.section("codes")?, rows: file.section("fees")?, edition, file };
        let f = &table.file;
        let codes = f.get(table.codes);
        f.require(codes.is_sorted_by(|a, b| a < b) && codes.len() <= usize::from(u16::MAX), "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        check(f, f.get(table.rows), codes.len(), 1)?;
        Ok(table)
    }

    /// Edition.
    pub(super) fn edition(&self) -> FeeEdition {
        self.edition
    }

    /// Dollars for one relative value unit that the file states, and for clinicians of advanced payment models.
    pub(super) fn factors(&self) -> [Option<f64>; 2] {
        let stated = self.file.section::<f64>("factors").map(|s| self.file.get(s).to_vec()).unwrap_or_default();
        [0, 1].map(|i| stated.get(i).copied().filter(|f| f.is_finite() && *f > 0.0))
    }

    /// Row of a code and component.
    fn row(&self, code: &RawProcedure, component: Component) -> Option<&FeeRecord> {
        let number = self.file.get(self.codes).binary_search(code).ok()? as u16;
        let rows = self.file.get(self.rows);
        let at = rows.binary_search_by_key(&(number, component as u8), |r| (r.code, r.modifier)).ok()?;
        rows.get(at)
    }
}

/// The file of an imported edition. Rows carry the place of their code in `codes` (sorted, each once).
pub(super) fn compile(
    codes: &[RawProcedure],
    mut rows: Vec<FeeRecord>,
    edition: FeeEditionRecord,
    factors: [f64; 2],
) -> TableWriter {
    rows.sort_by_key(|r| (r.code, r.modifier, r.edition));
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", codes);
    table.add("fees", &rows);
    table.add("editions", &[edition]);
    table.add("factors", &factors);
    table
}

/// An edition of the fee schedule as stored; names longer than 12 bytes are cut.
pub(super) fn edition_record(name: &str, effective: u32) -> FeeEditionRecord {
    let mut bytes = [0; 12];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    FeeEditionRecord { effective, name: bytes }
}

impl Procedures {
    /// Fee schedule facts of the whole service on a date: of the newest edition of that calendar year, else of the newest
    /// edition before, else of the oldest. `None` where no loaded edition has the code. Imported editions answer for every
    /// code of theirs; the embedded one only where none is imported.
    pub fn facts(&self, code: &str, date: Date) -> Option<ProcedureFacts> {
        self.component_facts_of(code, Component::Global, date)
    }

    /// As [`facts`](Self::facts), for one component of the service.
    pub fn component_facts(&self, i: ProcedureIndex, component: Component, date: Date) -> Option<ProcedureFacts> {
        if !self.imported_fees().is_empty() {
            return self.component_facts_of(self.code(i), component, date);
        }
        let rows = self.fee_rows();
        let key = (i.0, component as u8);
        let start = rows.partition_point(|r| (r.code, r.modifier) < key);
        let own = rows[start..].iter().take_while(|r| (r.code, r.modifier) == key);
        answer(own.filter_map(|r| Some((*self.embedded_fee_editions().get(r.edition as usize)?, r))), date)
    }

    /// As [`component_facts`](Self::component_facts), for codes outside the catalogue too.
    pub fn component_facts_of(&self, code: &str, component: Component, date: Date) -> Option<ProcedureFacts> {
        if self.imported_fees().is_empty() {
            return self.component_facts(self.find(code)?, component, date);
        }
        let raw = raw_procedure(code)?;
        let rows = self.imported_fees().iter().filter_map(|table| Some((table.edition, table.row(&raw, component)?)));
        answer(rows, date)
    }
}

/// The row that answers for a date. Within a year an edition in force comes before a later one; among editions of the past
/// the newest counts.
fn answer<'a>(rows: impl Iterator<Item = (FeeEdition, &'a FeeRecord)>, date: Date) -> Option<ProcedureFacts> {
    let rank = |(edition, _): &(FeeEdition, &FeeRecord)| {
        let (same_year, before) = (edition.effective.year() == date.year(), edition.effective <= date);
        let number = day::to_number(edition.effective) as i32;
        (same_year, before, if before { number } else { -number })
    };
    let (edition, row) = rows.max_by_key(rank)?;
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
