//! HCPCS Level II from CMS's annual or quarterly alphanumeric file (ANWEB): codes, modifiers, descriptors, dates.
//!
//! The descriptors are works of the United States government, except those of dental codes (D codes, the ADA's), which the
//! importer leaves out.
use std::path::Path;

use jiff::civil::Date;

use super::procedures::{ProcedureValidity, RawProcedure, is_code_byte, raw_procedure};
use super::table_file::{Section, TableFile, TableWriter, Texts, TextsBuilder};
use super::{CodesetError, day};

/// Kind and version of the file.
pub(super) const KIND: &str = "hcpcs";
pub(super) const VERSION: u32 = 1;

/// What is stored of a code.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct HcpcsRecord {
    /// Text number of the long description.
    pub long: u32,
    /// Text number of the short description.
    pub short: u32,
    /// Day on which the code was added, or [`day::ALWAYS`].
    pub added: u32,
    /// Last valid day, or [`day::OPEN`].
    pub ended: u32,
}

/// A code while a file is read.
pub(super) struct HcpcsRow {
    pub code: RawProcedure,
    pub long: String,
    pub short: String,
    pub added: u32,
    pub ended: u32,
}

/// A modifier while a file is read.
pub(super) struct ModifierRow {
    pub modifier: [u8; 2],
    pub long: String,
    pub added: u32,
    pub ended: u32,
}

/// The open table of one edition.
pub struct HcpcsTable {
    file: TableFile,
    texts: Texts,
    codes: Section<RawProcedure>,
    records: Section<HcpcsRecord>,
    modifiers: Section<[u8; 2]>,
    modifier_records: Section<HcpcsRecord>,
    effective: Date,
}

impl HcpcsTable {
    /// Opens and checks the file of the edition that begins on a day.
    pub(super) fn open(path: &Path, effective: Date) -> Result<Self, CodesetError> {
        let file = TableFile::open(path, KIND, VERSION)?;
        let texts = Texts::open(&file)?;
        let table = Self {
            texts,
            codes: file.section("codes")?,
            records: file.section("records")?,
            modifiers: file.section("mods")?,
            modifier_records: file.section("modrecs")?,
            effective,
            file,
        };
        let f = &table.file;
        let (codes, records) = (f.get(table.codes), f.get(table.records));
        let (modifiers, of_modifiers) = (f.get(table.modifiers), f.get(table.modifier_records));
        f.require(codes.is_sorted_by(|a, b| a < b), "its codes are not in order")?;
        f.require(codes.iter().flatten().all(is_code_byte), "a code has characters that no HCPCS code has")?;
        f.require(modifiers.iter().flatten().all(is_code_byte), "a modifier has characters that none has")?;
        let whole = records.len() == codes.len() && of_modifiers.len() == modifiers.len();
        f.require(whole, "its columns have different lengths")?;
        let inside = |r: &HcpcsRecord| (r.long.max(r.short) as usize) < texts.len(f);
        f.require(records.iter().chain(of_modifiers).all(inside), "a descriptor lies outside the texts")?;
        Ok(table)
    }

    /// First day of the edition.
    pub fn effective(&self) -> Date {
        self.effective
    }

    /// Whether a code of Level II could be billed on a date; `None` for a code that the edition does not have.
    pub fn validity(&self, code: &str, date: Date) -> Option<ProcedureValidity> {
        let record = self.record(code)?;
        let on = day::to_number(date);
        Some(match (day::from_number(record.added), day::from_number(record.ended)) {
            (Some(added), _) if on < record.added => ProcedureValidity::NotYet(added),
            (_, Some(ended)) if on > record.ended => ProcedureValidity::Deleted(ended),
            _ => ProcedureValidity::Valid,
        })
    }

    /// First and last day of a code, where known.
    pub fn period(&self, code: &str) -> Option<(Option<Date>, Option<Date>)> {
        self.record(code).map(|r| (day::from_number(r.added), day::from_number(r.ended)))
    }

    /// The official long description.
    pub fn description(&self, code: &str) -> Option<&str> {
        self.record(code).map(|r| self.texts.get(&self.file, r.long))
    }

    /// Every code with its long description, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let codes = self.file.get(self.codes).iter().filter_map(|c| std::str::from_utf8(c).ok());
        codes.zip(self.file.get(self.records).iter().map(|r| self.texts.get(&self.file, r.long)))
    }

    /// Every modifier with its description, in order.
    pub fn modifiers(&self) -> impl Iterator<Item = (&str, &str)> {
        let codes = self.file.get(self.modifiers).iter().filter_map(|c| std::str::from_utf8(c).ok());
        codes.zip(self.file.get(self.modifier_records).iter().map(|r| self.texts.get(&self.file, r.long)))
    }

    fn record(&self, code: &str) -> Option<&HcpcsRecord> {
        let at = self.file.get(self.codes).binary_search(&raw_procedure(code)?).ok()?;
        self.file.get(self.records).get(at)
    }
}

/// The file of these rows; each code and modifier once.
pub(super) fn compile(mut rows: Vec<HcpcsRow>, mut modifiers: Vec<ModifierRow>) -> TableWriter {
    rows.sort_by_key(|r| r.code);
    modifiers.sort_by_key(|r| r.modifier);
    let mut texts = TextsBuilder::default();
    let records: Vec<HcpcsRecord> = rows
        .iter()
        .map(|r| HcpcsRecord { long: texts.add(&r.long), short: texts.add(&r.short), added: r.added, ended: r.ended })
        .collect();
    let of_modifiers: Vec<HcpcsRecord> = modifiers
        .iter()
        .map(|r| {
            let text = texts.add(&r.long);
            HcpcsRecord { long: text, short: text, added: r.added, ended: r.ended }
        })
        .collect();
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("mods", &modifiers.iter().map(|r| r.modifier).collect::<Vec<_>>());
    table.add("modrecs", &of_modifiers);
    table.add("codes", &rows.iter().map(|r| r.code).collect::<Vec<_>>());
    table.add("records", &records);
    texts.write(&mut table);
    table
}
