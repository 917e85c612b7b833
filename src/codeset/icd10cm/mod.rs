//! ICD-10-CM: codes, hierarchy, titles, instructional notes, and in which editions a code could be reported.
//!
//! The table is the union of every loaded edition, sorted by code; titles and notes are those of the newest edition that
//! has the code. Source: the official tabular list (NCHS/CMS, public domain); see `codesets/PROVENANCE.md`.
mod edits;
pub mod integral_symptoms;
mod laterality;
pub(super) mod list_file;
mod merge;
mod notes;
pub(super) mod search;
#[cfg(test)]
mod tests;
mod validity;

use std::borrow::Cow;
use std::path::Path;

pub use edits::{AgeClass, IcdEdits, IcdSex};
pub(super) use edits::{UNACCEPTABLE_PRINCIPAL, edit_bits};
pub use laterality::IcdSide;
pub(super) use merge::{IcdList, ListedCode, merge};
pub(super) use notes::{Condition, NoteRecord, Owner};
pub use notes::{IcdRange, Note, NoteKind};
pub(super) use validity::EditionRecord;
use validity::Membership;
pub use validity::{Coverage, IcdEdition, IcdStatus, IcdValidity};

use super::CodesetError;
use super::table_file::{Section, TableFile, Texts};

/// Kind and version of the file.
pub(super) const KIND: &str = "icd10cm";
pub(super) const VERSION: u32 = 1;

/// A code as stored: no dot, upper case, filled up with zero bytes, so that a header sorts before its children.
pub(super) type RawCode = [u8; 7];

/// Whether an ICD-10-CM code stands at or under another, both with dots. A stem has at least three characters.
pub fn is_under(code: &str, stem: &str) -> bool {
    code.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || stem.contains('.'))
}

/// Number of a code in the table; valid for this table only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IcdIndex(pub u32);

/// One character that a 7th-character definition allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeventhCharacter<'a> {
    /// The character, e.g. `A`.
    pub character: char,
    /// Its meaning, e.g. "initial encounter".
    pub label: &'a str,
}

/// A three-character category: where it stands in the tabular order, and in which section and chapter.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct CategoryRecord {
    /// The category; the table is sorted by it.
    pub code: [u8; 4],
    /// Place in the tabular list (C7A stands before C76 there).
    pub order: u16,
    /// Section, or `u16::MAX`.
    pub section: u16,
}

/// A section ("Diseases of arteries …") or chapter with its title.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct GroupRecord {
    /// Text number of the title.
    pub title: u32,
    /// Chapter that a section belongs to (0-based); for a chapter its own number.
    pub chapter: u32,
}

/// Start of a 7th-character definition: the definition of `owner` runs from `first` to the next record's `first`.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct SeventhRecord {
    pub owner: u32,
    pub first: u32,
}

/// The open table.
pub struct Icd10cm {
    file: TableFile,
    texts: Texts,
    codes: Section<RawCode>,
    titles: Section<u32>,
    labels: Section<u8>,
    present: Membership,
    billable: Membership,
    edits: Section<u16>,
    categories: Section<CategoryRecord>,
    sections: Section<GroupRecord>,
    chapters: Section<GroupRecord>,
    notes: Section<NoteRecord>,
    ranges: Section<IcdRange>,
    conditions: Section<Condition>,
    seventh: Section<SeventhRecord>,
    seventh_entries: Section<[u8; 2]>,
    seventh_labels: Section<u32>,
    editions: Vec<IcdEdition>,
    /// Sides as far as asked for, by code; see `laterality.rs`.
    sides: laterality::Sides,
}

impl Icd10cm {
    /// Opens and checks the file.
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        Self::read(TableFile::open(path, KIND, VERSION)?)
    }

    /// A table that was made in memory; `path` names it in errors.
    pub(super) fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, CodesetError> {
        Self::read(TableFile::from_bytes(path, bytes, KIND, VERSION)?)
    }

    fn read(file: TableFile) -> Result<Self, CodesetError> {
        let editions = validity::read_editions(&file)?;
        let table = Self {
            texts: Texts::open(&file)?,
            codes: file.section("codes")?,
            titles: file.section("titles")?,
            labels: file.section("labels")?,
            present: Membership::open(&file, "present")?,
            billable: Membership::open(&file, "billable")?,
            edits: file.section("edits")?,
            categories: file.section("category")?,
            sections: file.section("sections")?,
            chapters: file.section("chapters")?,
            notes: file.section("notes")?,
            ranges: file.section("ranges")?,
            conditions: file.section("conds")?,
            seventh: file.section("seventh")?,
            seventh_entries: file.section("7entries")?,
            seventh_labels: file.section("7labels")?,
            editions,
            sides: laterality::Sides::default(),
            file,
        };
        table.check()?;
        Ok(Self { sides: laterality::Sides::of(table.len()), ..table })
    }

    /// Every count, order and index in the file, once, so that no lookup has to.
    fn check(&self) -> Result<(), CodesetError> {
        let f = &self.file;
        let (codes, texts) = (f.get(self.codes), self.texts.len(f) as u32);
        let n = codes.len();
        f.require(n > 0 && codes.is_sorted_by(|a, b| a < b), "its codes are not in order")?;
        f.require(codes.iter().all(is_raw_code), "a code has characters that no ICD-10-CM code has")?;
        let (titles, labels) = (f.get(self.titles), f.get(self.labels));
        let per_code = [titles.len(), labels.len(), self.present.len(f), self.billable.len(f), f.get(self.edits).len()];
        f.require(per_code.iter().all(|l| *l == n), "its columns have different lengths")?;
        f.require(titles.iter().all(|t| *t < texts), "a title lies outside the texts")?;
        let label_texts = f.get(self.seventh_labels);
        f.require(label_texts.iter().all(|t| *t < texts), "a 7th-character label lies outside the texts")?;
        f.require(labels.iter().all(|l| (*l as usize) <= label_texts.len()), "a title's label does not exist")?;
        let categories = f.get(self.categories);
        let (sections, chapters) = (f.get(self.sections), f.get(self.chapters));
        f.require(categories.is_sorted_by(|a, b| a.code < b.code), "its categories are not in order")?;
        f.require(
            categories.iter().all(|c| c.section == u16::MAX || (c.section as usize) < sections.len()),
            "a category's section does not exist",
        )?;
        let groups_hold = sections.iter().chain(chapters).all(|g| (g.chapter as usize) < chapters.len() && g.title < texts);
        f.require(groups_hold, "a section's chapter or title does not exist")?;
        let (notes, ranges) = (f.get(self.notes), f.get(self.ranges));
        f.require(notes.is_sorted_by_key(|x| x.owner), "its notes are not in order")?;
        let note_holds = |x: &NoteRecord| {
            x.text < texts && NoteKind::from_number(x.kind).is_some() && x.first as usize + x.count as usize <= ranges.len()
        };
        f.require(notes.iter().all(note_holds), "a note points outside the file")?;
        let conditions = f.get(self.conditions).len();
        f.require(ranges.iter().all(|r| (r.condition as usize) <= conditions), "a code range's condition does not exist")?;
        let (seventh, entries) = (f.get(self.seventh), f.get(self.seventh_entries));
        f.require(seventh.is_sorted_by(|a, b| a.owner < b.owner && a.first <= b.first), "its 7th characters are not in order")?;
        f.require(seventh.iter().all(|s| (s.first as usize) <= entries.len()), "a 7th-character definition does not exist")?;
        let entry_holds = |e: &[u8; 2]| e[0].is_ascii_alphanumeric() && (e[1] as usize) < label_texts.len();
        f.require(entries.iter().all(entry_holds), "a 7th character has no label")
    }

    /// Number of codes, headers and codes of earlier editions included.
    pub fn len(&self) -> usize {
        self.raw_codes().len()
    }

    /// Whether there are no codes; never true of a table that opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds a code, with or without dot, in any case; blanks around it do not matter.
    pub fn find(&self, code: &str) -> Option<IcdIndex> {
        let raw = raw_code(code)?;
        self.raw_codes().binary_search(&raw).ok().map(|i| IcdIndex(i as u32))
    }

    /// The code with its dot, e.g. `S52.531A`.
    pub fn code(&self, i: IcdIndex) -> String {
        with_dot(self.undotted(i))
    }

    /// The code without its dot, as claims carry it, e.g. `S52531A`.
    pub fn undotted(&self, i: IcdIndex) -> &str {
        self.raw_codes().get(i.0 as usize).map_or("", text_of)
    }

    /// The full official title; for a code with a 7th character followed by what that character means.
    pub fn title(&self, i: IcdIndex) -> Cow<'_, str> {
        let at = i.0 as usize;
        let base = self.file.get(self.titles).get(at).map_or("", |t| self.texts.get(&self.file, *t));
        match self.file.get(self.labels).get(at) {
            None | Some(0) => Cow::Borrowed(base),
            Some(label) => Cow::Owned(format!("{base}, {}", self.label(label - 1))),
        }
    }

    /// The code one level up: the longest code that this one begins with; a category has none.
    pub fn parent(&self, i: IcdIndex) -> Option<IcdIndex> {
        let (codes, at) = (self.raw_codes(), i.0 as usize);
        let raw = codes.get(at)?;
        let length = text_of(raw).len();
        let prefix = |length: usize| {
            let mut prefix = *raw;
            prefix[length..].fill(0);
            prefix
        };
        // The codes above stand before this one, mostly near: a short run is searched where it holds the category.
        let near = at.saturating_sub(256);
        let from = if codes[near] <= prefix(3) { near } else { 0 };
        let before = &codes[from..at];
        (3..length).rev().find_map(|shorter| before.binary_search(&prefix(shorter)).ok().map(|p| IcdIndex((from + p) as u32)))
    }

    /// The codes one level down, in order.
    pub fn children(&self, i: IcdIndex) -> impl Iterator<Item = IcdIndex> + '_ {
        self.descendants(i).filter(move |d| self.parent(*d) == Some(i))
    }

    /// All codes below, in order.
    pub fn descendants(&self, i: IcdIndex) -> impl Iterator<Item = IcdIndex> + use<> {
        let codes = self.raw_codes();
        let after = i.0 as usize + 1;
        let prefix = self.undotted(i).as_bytes();
        let rest = codes.get(after..).unwrap_or_default();
        let count = if prefix.is_empty() { 0 } else { rest.partition_point(|c| c.starts_with(prefix)) };
        (after as u32..(after + count) as u32).map(IcdIndex)
    }

    /// Every code, in order.
    pub fn all(&self) -> impl Iterator<Item = IcdIndex> + use<> {
        (0..self.len() as u32).map(IcdIndex)
    }

    /// Title of the section ("Diseases of arteries, arterioles and capillaries") that the code stands in.
    pub fn section_title(&self, i: IcdIndex) -> Option<&str> {
        let section = self.category(self.raw_codes().get(i.0 as usize)?)?.section;
        self.file.get(self.sections).get(section as usize).map(|s| self.texts.get(&self.file, s.title))
    }

    /// Chapter number, 1 to 22, of the code in the newest edition.
    pub fn chapter(&self, i: IcdIndex) -> Option<u8> {
        let section = self.category(self.raw_codes().get(i.0 as usize)?)?.section;
        self.file.get(self.sections).get(section as usize).map(|s| s.chapter as u8 + 1)
    }

    /// Title of a chapter, 1 to 22.
    pub fn chapter_title(&self, chapter: u8) -> Option<&str> {
        let record = self.file.get(self.chapters).get(usize::from(chapter).checked_sub(1)?)?;
        Some(self.texts.get(&self.file, record.title))
    }

    /// The 7th characters that the code takes, with their meaning: its own definition or that of the nearest code above.
    /// Empty where none is defined.
    pub fn seventh_characters(&self, i: IcdIndex) -> impl Iterator<Item = SeventhCharacter<'_>> {
        let (seventh, entries) = (self.file.get(self.seventh), self.file.get(self.seventh_entries));
        let mut at = Some(i);
        let mut range = 0..0;
        while let Some(code) = at {
            if let Ok(found) = seventh.binary_search_by_key(&code.0, |s| s.owner) {
                let end = seventh.get(found + 1).map_or(entries.len(), |s| s.first as usize);
                range = seventh[found].first as usize..end;
                break;
            }
            at = self.parent(code);
        }
        entries
            .get(range)
            .unwrap_or_default()
            .iter()
            .map(|e| SeventhCharacter { character: e[0] as char, label: self.label(e[1]) })
    }

    fn label(&self, number: u8) -> &str {
        self.file.get(self.seventh_labels).get(number as usize).map_or("", |t| self.texts.get(&self.file, *t))
    }

    fn raw_codes(&self) -> &[RawCode] {
        self.file.get(self.codes)
    }

    /// The category record of a code.
    fn category(&self, raw: &RawCode) -> Option<&CategoryRecord> {
        let categories = self.file.get(self.categories);
        let at = categories.binary_search_by(|c| c.code[..3].cmp(&raw[..3])).ok()?;
        categories.get(at)
    }
}

/// The stored form of a code; `None` where the text can be no code.
pub(super) fn raw_code(code: &str) -> Option<RawCode> {
    let mut raw: RawCode = [0; 7];
    let mut length = 0;
    for byte in code.trim().bytes() {
        if byte == b'.' && length == 3 {
            continue;
        }
        if length == 7 || !byte.is_ascii_alphanumeric() {
            return None;
        }
        raw[length] = byte.to_ascii_uppercase();
        length += 1;
    }
    is_raw_code(&raw).then_some(raw)
}

fn is_raw_code(raw: &RawCode) -> bool {
    let length = raw.iter().position(|b| *b == 0).unwrap_or(7);
    let is_code_byte = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    length >= 3 && raw[0].is_ascii_uppercase() && raw[..length].iter().all(is_code_byte) && raw[length..].iter().all(|b| *b == 0)
}

/// The characters of a stored code.
pub(super) fn text_of(raw: &RawCode) -> &str {
    let length = raw.iter().position(|b| *b == 0).unwrap_or(7);
    std::str::from_utf8(&raw[..length]).unwrap_or("")
}

fn with_dot(code: &str) -> String {
    match code.get(..3) {
        Some(category) if code.len() > 3 => format!("{category}.{}", &code[3..]),
        _ => code.to_string(),
    }
}
