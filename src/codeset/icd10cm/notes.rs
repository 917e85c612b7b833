//! Instructional notes and the codes they name.
use super::{Icd10cm, IcdIndex, RawCode, raw_code, text_of};

/// Kind of an instructional note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum NoteKind {
    /// "Excludes1": never with this code.
    Excludes1 = 0,
    /// "Excludes2": not included here, may be reported beside it.
    Excludes2 = 1,
    /// "Code first": the underlying condition is sequenced before this code.
    CodeFirst = 2,
    /// "Use additional code".
    UseAdditional = 3,
    /// "Code also".
    CodeAlso = 4,
    /// "Includes".
    Includes = 5,
    /// Inclusion term: another name of the condition.
    InclusionTerm = 6,
    /// Free note.
    General = 7,
    /// Which codes take the 7th characters.
    SeventhCharacter = 8,
}

impl NoteKind {
    /// Inverse of `as u16`.
    pub(super) fn from_number(number: u16) -> Option<Self> {
        use NoteKind::*;
        let all = [Excludes1, Excludes2, CodeFirst, UseAdditional, CodeAlso, Includes, InclusionTerm, General, SeventhCharacter];
        all.get(number as usize).copied()
    }
}

/// A note as stored.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(in crate::codeset) struct NoteRecord {
    pub owner: u32,
    pub text: u32,
    /// First of its code ranges.
    pub first: u32,
    /// Number of its code ranges.
    pub count: u16,
    pub kind: u16,
}

/// Who carries a note, as one number: chapters first, then sections, then codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codeset) enum Owner {
    Chapter(u32),
    Section(u32),
    Code(u32),
}

impl Owner {
    /// The stored number.
    pub(in crate::codeset) fn number(self) -> u32 {
        match self {
            Self::Chapter(n) => n,
            Self::Section(n) => 0x1_0000 + n,
            Self::Code(n) => 0x10_0000 + n,
        }
    }
}

/// Codes named in a note: all codes from the first to the last (in tabular order), each with all codes below it.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable, PartialEq, Eq)]
#[repr(C)]
pub struct IcdRange {
    pub(in crate::codeset) first: RawCode,
    pub(in crate::codeset) last: RawCode,
    /// Number of a further condition on the characters, counted from 1; 0 for none.
    pub(in crate::codeset) condition: u16,
}

impl IcdRange {
    /// First code, without dot.
    pub fn first(&self) -> &str {
        text_of(&self.first)
    }

    /// Last code, without dot; equal to the first for a single code.
    pub fn last(&self) -> &str {
        text_of(&self.last)
    }

    /// First letters of the first and of the last code: a cheap look before the whole comparison.
    pub fn letters(&self) -> (u8, u8) {
        (self.first[0], self.last[0])
    }

    /// Whether the note narrows the range by characters ("with fifth or sixth character 5").
    pub fn is_conditional(&self) -> bool {
        self.condition != 0
    }
}

impl std::fmt::Debug for IcdRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}{}", self.first(), self.last(), if self.is_conditional() { "?" } else { "" })
    }
}

/// A condition on the characters of a code.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable, PartialEq, Eq)]
#[repr(C)]
pub(in crate::codeset) struct Condition {
    /// Bit set over `0–9A–Z` of the characters allowed at one of `positions`.
    pub characters: u64,
    /// Bit `p - 1` set: the character at position `p` (1 to 7) may fulfil it.
    pub positions: u8,
    /// 1: `suffix` begins the part after the dot; 2: `suffix` ends the code (before a 7th character); 0: no suffix.
    /// 3: the words of the note cannot be checked on the code.
    pub place: u8,
    pub suffix: [u8; 4],
    pub padding: [u8; 2],
}

/// One instructional note, own or inherited.
#[derive(Clone, Copy)]
pub struct Note<'a> {
    /// Official text.
    pub text: &'a str,
    /// The codes that it names; empty for a heading line or a text without codes.
    pub ranges: &'a [IcdRange],
    /// Kind.
    pub kind: NoteKind,
    /// The code that carries the note; `None` where a section or chapter does.
    pub carried_by: Option<IcdIndex>,
    table: &'a Icd10cm,
}

impl std::fmt::Debug for Note<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.kind, self.text, self.ranges)
    }
}

impl Note<'_> {
    /// Whether the note names `code` (with or without dot), by itself or in a range.
    /// A range whose condition cannot be checked on the code alone does not count.
    pub fn covers(&self, code: &str) -> bool {
        raw_code(code).is_some_and(|raw| self.ranges.iter().any(|r| self.table.range_covers(r, &raw)))
    }
}

impl Icd10cm {
    /// Notes of one kind that hold for the code: its own, then those of the codes above, its section and its chapter.
    pub fn notes(&self, i: IcdIndex, kind: NoteKind) -> impl Iterator<Item = Note<'_>> {
        self.owners(i).flat_map(move |owner| self.own_notes(owner, kind))
    }

    /// Notes of every kind that hold for the code, in the order of [`notes`](Self::notes): for callers that ask for
    /// several kinds and keep the answer.
    pub fn all_notes(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.owners(i).flat_map(move |owner| self.notes_of(owner))
    }

    /// Excludes1 notes, inherited ones included.
    pub fn excludes1(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.notes(i, NoteKind::Excludes1)
    }

    /// Excludes2 notes, inherited ones included.
    pub fn excludes2(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.notes(i, NoteKind::Excludes2)
    }

    /// "Code first" notes, inherited ones included.
    pub fn code_first(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.notes(i, NoteKind::CodeFirst)
    }

    /// "Use additional code" notes, inherited ones included.
    pub fn use_additional(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.notes(i, NoteKind::UseAdditional)
    }

    /// "Code also" notes, inherited ones included.
    pub fn code_also(&self, i: IcdIndex) -> impl Iterator<Item = Note<'_>> {
        self.notes(i, NoteKind::CodeAlso)
    }

    /// Inclusion terms and "Includes" lines of the code itself (other names of it), not inherited. A code with a 7th
    /// character has those of the code it is built on.
    pub fn inclusion_terms(&self, i: IcdIndex) -> impl Iterator<Item = &str> {
        let built = self.file.get(self.labels).get(i.0 as usize).is_some_and(|l| *l != 0);
        let base = if built { self.parent(i).unwrap_or(i) } else { i };
        let own = move |kind| self.own_notes(Owner::Code(base.0), kind).map(|n| n.text);
        own(NoteKind::InclusionTerm).chain(own(NoteKind::Includes))
    }

    /// Whether `range` holds the code `raw`.
    pub(super) fn range_covers(&self, range: &IcdRange, raw: &RawCode) -> bool {
        if !self.within(range, raw) {
            return false;
        }
        let Some(number) = range.condition.checked_sub(1) else { return true };
        self.file.get(self.conditions).get(number as usize).is_some_and(|c| c.holds(raw))
    }

    fn within(&self, range: &IcdRange, raw: &RawCode) -> bool {
        let code = text_of(raw).as_bytes();
        let begins = |end: &RawCode| code.starts_with(text_of(end).as_bytes());
        if begins(&range.first) || begins(&range.last) {
            return true;
        }
        if range.first == range.last {
            return false;
        }
        let key = |c: &RawCode| (self.category(c).map(|r| r.order), *c);
        let (first, at, last) = (key(&range.first), key(raw), key(&range.last));
        at.0.is_some() && first.0.is_some() && first < at && at < last
    }

    /// The code itself, the codes above it, its section, its chapter.
    fn owners(&self, i: IcdIndex) -> impl Iterator<Item = Owner> + '_ {
        let section = self.raw_codes().get(i.0 as usize).and_then(|raw| self.category(raw)).map(|c| u32::from(c.section));
        let section = section.filter(|s| *s != u32::from(u16::MAX));
        let chapter = section.and_then(|s| self.file.get(self.sections).get(s as usize)).map(|s| s.chapter);
        let codes = std::iter::successors(Some(i), |c| self.parent(*c)).map(|c| Owner::Code(c.0));
        codes.chain(section.map(Owner::Section)).chain(chapter.map(Owner::Chapter))
    }

    fn own_notes(&self, owner: Owner, kind: NoteKind) -> impl Iterator<Item = Note<'_>> {
        self.notes_of(owner).filter(move |note| note.kind == kind)
    }

    fn notes_of(&self, owner: Owner) -> impl Iterator<Item = Note<'_>> {
        let (notes, number) = (self.file.get(self.notes), owner.number());
        let start = notes.partition_point(|n| n.owner < number);
        let carried_by = if let Owner::Code(i) = owner { Some(IcdIndex(i)) } else { None };
        let own = notes.get(start..).unwrap_or_default().iter().take_while(move |n| n.owner == number);
        own.filter_map(move |n| {
            let kind = NoteKind::from_number(n.kind)?;
            Some(Note {
                text: self.texts.get(&self.file, n.text),
                ranges: self.file.get(self.ranges).get(n.first as usize..n.first as usize + n.count as usize).unwrap_or_default(),
                kind,
                carried_by,
                table: self,
            })
        })
    }
}

impl Condition {
    /// The characters `0–9A–Z` as bits.
    pub(in crate::codeset) fn character_bit(character: u8) -> u64 {
        match character {
            b'0'..=b'9' => 1 << (character - b'0'),
            b'A'..=b'Z' => 1 << (character - b'A' + 10),
            _ => 0,
        }
    }

    fn holds(&self, raw: &RawCode) -> bool {
        let code = text_of(raw).as_bytes();
        let suffix = self.suffix.split(|b| *b == 0).next().unwrap_or_default();
        match self.place {
            1 => code.get(3..).is_some_and(|rest| rest.starts_with(suffix)),
            2 => code.get(..6).unwrap_or(code).ends_with(suffix),
            3 => false,
            _ => raw
                .iter()
                .enumerate()
                .any(|(p, c)| self.positions & (1 << p) != 0 && self.characters & Self::character_bit(*c) != 0),
        }
    }
}
