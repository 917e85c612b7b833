//! One table from the embedded one and imported editions: the union of all codes, with a bit an edition.
use std::collections::HashMap;

use jiff::civil::Date;

use super::notes::NoteRecord;
use super::validity::{EditionRecord, MOST_EDITIONS, wide_name};
use super::{CategoryRecord, GroupRecord, Icd10cm, IcdIndex, KIND, Owner, RawCode, SeventhRecord, VERSION};
use crate::codeset::day;
use crate::codeset::table_file::{TableWriter, TextsBuilder};

/// A code of an edition's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::codeset) struct ListedCode {
    pub code: RawCode,
    pub billable: bool,
    pub title: String,
}

/// The code list of an imported edition, sorted by code.
#[derive(Clone, Debug)]
pub(in crate::codeset) struct IcdList {
    pub effective: Date,
    pub through: Date,
    /// Only a part of the edition's changes is known.
    pub partial: bool,
    pub codes: Vec<ListedCode>,
}

/// An edition of the merged table, from either side.
enum Source<'a> {
    /// Edition number of the base table.
    Base(usize),
    Imported(&'a IcdList),
}

struct Edition<'a> {
    effective: Date,
    through: Date,
    partial: bool,
    source: Source<'a>,
}

/// The merged table's bytes. `structure` is the table whose titles, notes, 7th characters and chapters hold (the base
/// itself, or a newer tabular list). An imported edition takes the place of an edition of the base with the same first day;
/// an edition ends where the next one begins. `None` with more than 32 editions.
pub(in crate::codeset) fn merge(base: &Icd10cm, structure: &Icd10cm, lists: &[IcdList]) -> Option<Vec<u8>> {
    let editions = editions(base, lists);
    if editions.len() > MOST_EDITIONS {
        return None;
    }
    let mut codes: Vec<RawCode> = base.raw_codes().iter().chain(structure.raw_codes()).copied().collect();
    codes.extend(lists.iter().flat_map(|l| l.codes.iter().map(|c| c.code)));
    codes.sort_unstable();
    codes.dedup();
    let numbers: HashMap<RawCode, usize> = codes.iter().enumerate().map(|(i, c)| (*c, i)).collect();

    let mut present = vec![0u32; codes.len()];
    let mut billable = vec![0u32; codes.len()];
    let base_numbers: Vec<Option<&usize>> = base.raw_codes().iter().map(|c| numbers.get(c)).collect();
    for (bit, edition) in editions.iter().enumerate() {
        match edition.source {
            Source::Base(number) => {
                for (i, at) in base.all().zip(&base_numbers) {
                    let Some(&at) = *at else { continue };
                    present[at] |= u32::from(base.was_present(i, number)) << bit;
                    billable[at] |= u32::from(base.was_billable(i, number)) << bit;
                }
            }
            Source::Imported(list) => {
                for code in &list.codes {
                    let Some(&at) = numbers.get(&code.code) else { continue };
                    present[at] |= 1 << bit;
                    billable[at] |= u32::from(code.billable) << bit;
                }
            }
        }
    }

    let mut texts = TextsBuilder::default();
    // Titles: of the structure, else of the newest list that has the code, else of the base.
    let mut of_lists: HashMap<RawCode, &str> = HashMap::new();
    let mut by_age: Vec<&IcdList> = lists.iter().collect();
    by_age.sort_by_key(|l| l.effective);
    for list in by_age {
        of_lists.extend(list.codes.iter().filter(|c| !c.title.is_empty()).map(|c| (c.code, c.title.as_str())));
    }
    let mut titles = Vec::with_capacity(codes.len());
    let mut labels = Vec::with_capacity(codes.len());
    let mut edits = Vec::with_capacity(codes.len());
    for code in &codes {
        let in_structure = index_of(structure, code).filter(|i| structure.is_present_latest(*i));
        let in_base = index_of(base, code);
        let (title, label) = match (in_structure, of_lists.get(code), in_base) {
            (Some(i), _, _) => (texts.add(own_title(structure, i)), label_of(structure, i)),
            (None, Some(title), _) => (texts.add(title), 0),
            (None, None, Some(i)) => (texts.add(&base.title(i)), 0),
            (None, None, None) => (texts.add(&index_of(structure, code).map_or(String::new(), |i| structure.title(i).into())), 0),
        };
        titles.push(title);
        labels.push(label);
        edits.push(in_base.and_then(|i| base.file.get(base.edits).get(i.0 as usize)).copied().unwrap_or(0));
    }

    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", &codes);
    table.add("titles", &titles);
    table.add("labels", &labels);
    table.add(&wide_name("present"), &present);
    table.add(&wide_name("billable"), &billable);
    table.add("edits", &edits);
    add_structure(structure, &numbers, &mut texts, &mut table);
    let records = editions.iter().enumerate().map(|(bit, e)| EditionRecord {
        effective: day::to_number(e.effective),
        through: day::to_number(e.through),
        partial: u32::from(e.partial),
        billable: billable.iter().filter(|b| **b & (1 << bit) != 0).count() as u32,
    });
    table.add("editions", &records.collect::<Vec<_>>());
    texts.write(&mut table);
    Some(table.to_bytes())
}

/// All editions, oldest first, none overlapping the next.
fn editions<'a>(base: &Icd10cm, lists: &'a [IcdList]) -> Vec<Edition<'a>> {
    let replaced = |effective: Date| lists.iter().any(|l| l.effective == effective);
    let of_base = base.editions().iter().enumerate().filter(|(_, e)| !replaced(e.effective));
    let of_base = of_base.map(|(number, e)| Edition {
        effective: e.effective,
        through: e.through,
        partial: e.partial,
        source: Source::Base(number),
    });
    let imported = lists.iter().map(|l| Edition {
        effective: l.effective,
        through: l.through,
        partial: l.partial,
        source: Source::Imported(l),
    });
    let mut all: Vec<Edition<'_>> = of_base.chain(imported).collect();
    all.sort_by_key(|e| e.effective);
    for i in 1..all.len() {
        if let Ok(before) = all[i].effective.yesterday() {
            all[i - 1].through = all[i - 1].through.min(before);
        }
    }
    all
}

/// Notes, 7th characters, categories, sections and chapters, with the numbers of the merged codes.
fn add_structure(from: &Icd10cm, numbers: &HashMap<RawCode, usize>, texts: &mut TextsBuilder, table: &mut TableWriter) {
    let f = &from.file;
    let renumbered = |old: u32| from.raw_codes().get(old as usize).and_then(|c| numbers.get(c)).map(|n| *n as u32);
    let mut text = |number: u32| texts.add(from.texts.get(f, number));
    let groups = |list: &[GroupRecord], text: &mut dyn FnMut(u32) -> u32| -> Vec<GroupRecord> {
        list.iter().map(|g| GroupRecord { title: text(g.title), chapter: g.chapter }).collect()
    };
    let sections = groups(f.get(from.sections), &mut text);
    let chapters = groups(f.get(from.chapters), &mut text);
    let first_code = Owner::Code(0).number();
    let owner = |old: u32| match old.checked_sub(first_code) {
        Some(code) => renumbered(code).map(|n| Owner::Code(n).number()),
        None => Some(old),
    };
    let notes: Vec<NoteRecord> =
        f.get(from.notes).iter().filter_map(|n| Some(NoteRecord { owner: owner(n.owner)?, text: text(n.text), ..*n })).collect();
    let seventh: Vec<SeventhRecord> =
        f.get(from.seventh).iter().filter_map(|s| Some(SeventhRecord { owner: renumbered(s.owner)?, first: s.first })).collect();
    let labels: Vec<u32> = f.get(from.seventh_labels).iter().map(|t| text(*t)).collect();
    table.add::<CategoryRecord>("category", f.get(from.categories));
    table.add("sections", &sections);
    table.add("chapters", &chapters);
    table.add("notes", &notes);
    table.add("ranges", f.get(from.ranges));
    table.add("conds", f.get(from.conditions));
    table.add("seventh", &seventh);
    table.add("7entries", f.get(from.seventh_entries));
    table.add("7labels", &labels);
}

fn index_of(table: &Icd10cm, code: &RawCode) -> Option<IcdIndex> {
    table.raw_codes().binary_search(code).ok().map(|i| IcdIndex(i as u32))
}

fn own_title(table: &Icd10cm, i: IcdIndex) -> &str {
    table.file.get(table.titles).get(i.0 as usize).map_or("", |t| table.texts.get(&table.file, *t))
}

fn label_of(table: &Icd10cm, i: IcdIndex) -> u8 {
    table.file.get(table.labels).get(i.0 as usize).copied().unwrap_or(0)
}

impl Icd10cm {
    /// The list in force on a day as an edition of its own, for changes to be applied to; `None` where no edition is.
    pub(in crate::codeset) fn list_on(&self, date: Date) -> Option<Vec<ListedCode>> {
        let number = self.editions().iter().rposition(|e| e.effective <= date && date <= e.through && !e.partial)?;
        let listed = self.all().filter(|i| self.was_present(*i, number));
        let as_listed = |i: IcdIndex| {
            let code = *self.raw_codes().get(i.0 as usize)?;
            Some(ListedCode { code, billable: self.was_billable(i, number), title: self.title(i).into_owned() })
        };
        Some(listed.filter_map(as_listed).collect())
    }
}
