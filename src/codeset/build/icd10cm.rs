//! The ICD-10-CM table from the tabular list, the code lists of earlier editions, and the edit lists.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::sources::{Csv, text};
use super::tabular::{self, Level, TabularNode};
use super::{Report, references};
use crate::codeset::CodesetError;
use crate::codeset::icd10cm::{
    CategoryRecord, Condition, EditionRecord, GroupRecord, IcdRange, KIND, NoteRecord, Owner, RawCode, SeventhRecord, VERSION,
    edit_bits, raw_code, text_of,
};
use crate::codeset::table_file::{TableWriter, TextsBuilder};

/// An edition of the code list: where its list stands, and from when to when it was in force.
struct EditionSource {
    name: &'static str,
    file: &'static str,
    effective: u32,
    through: u32,
    partial: bool,
}

/// Oldest first. The list of April 2026 is in force from 2025-10-01: against the list of fiscal year 2025 it has exactly
/// the 487 new and 28 deleted codes that were announced for October 2025, so April 2026 brought none. Likewise the
/// list of 2024 has the 74,044 codes of October 2023.
const EDITIONS: [EditionSource; 7] = [
    EditionSource {
        name: "FY2016",
        file: "icd10cm/icd10cm_codes_2016.derived.csv.gz",
        effective: 20151001,
        through: 20160930,
        partial: false,
    },
    EditionSource {
        name: "FY2019",
        file: "icd10cm/icd10cm_codes_2019.derived.csv.gz",
        effective: 20181001,
        through: 20190930,
        partial: false,
    },
    EditionSource {
        name: "FY2021-01",
        file: "icd10cm/icd10cm-order-Jan-2021.txt",
        effective: 20210101,
        through: 20210930,
        partial: false,
    },
    EditionSource {
        name: "FY2024",
        file: "icd10cm/icd10cm_codes_2024.derived.csv.gz",
        effective: 20231001,
        through: 20240930,
        partial: false,
    },
    EditionSource {
        name: "FY2025",
        file: "icd10cm/icd10cm_order_2025.reconstructed.txt",
        effective: 20241001,
        through: 20250930,
        partial: false,
    },
    EditionSource { name: "FY2026", file: "", effective: 20251001, through: 20260930, partial: false },
    EditionSource {
        name: "FY2027-partial",
        file: "icd10cm/icd10cm_fy2027_changes.partial.derived.csv",
        effective: 20261001,
        through: 20270930,
        partial: true,
    },
];
const NEWEST: usize = 5;

/// What is known of one code.
#[derive(Default, Clone)]
pub(in crate::codeset) struct Entry {
    title: String,
    label: u8,
    present: u8,
    billable: u8,
    edits: u16,
}

/// Builds `icd10cm.tbl` in `out`.
pub(super) fn build(sources: &Path, tabular_file: &Path, out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let nodes = tabular::read(tabular_file)?;
    let mut labels: Vec<String> = Vec::new();
    let mut codes = codes_of(&nodes, &mut labels, tabular_file, 1 << NEWEST)?;
    for (number, edition) in EDITIONS.iter().enumerate() {
        if number == NEWEST {
            continue;
        }
        let path = sources.join("codesets").join(edition.file);
        if edition.partial { add_changes(&path, number, &mut codes)? } else { add_edition(&path, number, &mut codes)? }
    }
    add_edits(&sources.join("codesets/drg_mce"), &mut codes)?;
    let dates: Vec<(u32, u32, bool)> = EDITIONS.iter().map(|e| (e.effective, e.through, e.partial)).collect();
    table(&nodes, &labels, &codes, &dates).write_packed(&out.join("icd10cm.tbl"))?;
    for (number, edition) in EDITIONS.iter().enumerate() {
        let rows = codes.values().filter(|e| e.present & (1 << number) != 0).count();
        let source =
            if number == NEWEST { format!("tabular list XML {}", file_name(tabular_file)) } else { edition.file.to_string() };
        report.edition("icd10cm", edition.name, edition.effective, edition.through, rows, "icd10cm.tbl", &source);
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The codes of a tabular list, those with 7th characters spelled out, present in the edition of the bit.
pub(in crate::codeset) fn codes_of(
    nodes: &[TabularNode],
    labels: &mut Vec<String>,
    file: &Path,
    bit: u8,
) -> Result<BTreeMap<RawCode, Entry>, CodesetError> {
    let mut codes = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate().filter(|(_, n)| n.level == Level::Code) {
        let raw =
            raw_code(&node.name).ok_or_else(|| CodesetError::source(file, 0, "name", format!("a code, not `{}`", node.name)))?;
        let seventh = if node.has_children || text_of(&raw).len() == 7 { None } else { seventh_of(nodes, at) };
        let billable = if node.has_children || seventh.is_some() { 0 } else { bit };
        codes.insert(raw, Entry { title: node.title.clone(), present: bit, billable, ..Entry::default() });
        for (character, label) in seventh.into_iter().flatten() {
            let mut full: RawCode = *b"XXXXXXX";
            let stem = text_of(&raw);
            full[..stem.len()].copy_from_slice(stem.as_bytes());
            full[6] = *character as u8;
            let label =
                label_number(label, labels).ok_or_else(|| CodesetError::source(file, 0, "extension", "at most 254 labels"))?;
            codes.insert(full, Entry { title: node.title.clone(), label: label + 1, present: bit, billable: bit, edits: 0 });
        }
    }
    Ok(codes)
}

/// The 7th characters that hold at a node: its own definition or the nearest above.
fn seventh_of(nodes: &[TabularNode], at: usize) -> Option<&[(char, String)]> {
    let mut node = nodes.get(at);
    while let Some(here) = node {
        if !here.seventh.is_empty() {
            return Some(&here.seventh);
        }
        node = here.above.and_then(|a| nodes.get(a));
    }
    None
}

fn label_number(label: &str, labels: &mut Vec<String>) -> Option<u8> {
    let found = labels.iter().position(|l| l == label).unwrap_or_else(|| {
        labels.push(label.to_string());
        labels.len() - 1
    });
    u8::try_from(found).ok().filter(|n| *n < 254)
}

/// Marks the codes of a complete earlier list; titles only for codes that the newest list lacks (later lists win).
fn add_edition(path: &Path, number: usize, codes: &mut BTreeMap<RawCode, Entry>) -> Result<(), CodesetError> {
    let mut add = |row: usize, code: &str, billable: bool, title: &str| -> Result<(), CodesetError> {
        let raw = raw_code(code).ok_or_else(|| CodesetError::source(path, row, "code", "an ICD-10-CM code"))?;
        let entry = codes.entry(raw).or_default();
        entry.present |= 1 << number;
        if billable {
            entry.billable |= 1 << number;
        }
        if entry.present & (1 << NEWEST) == 0 {
            entry.title = title.to_string();
        }
        Ok(())
    };
    if path.extension().is_some_and(|e| e == "txt") {
        for (i, line) in text(path)?.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let cells = (line.get(6..14), line.get(14..15), line.get(77..));
            let (Some(code), Some(flag @ ("0" | "1")), Some(title)) = cells else {
                return Err(CodesetError::source(path, i + 1, "order file", "code at 7–13, 0 or 1 at 15, long title from 78"));
            };
            add(i + 1, code, flag == "1", title.trim())?;
        }
        return Ok(());
    }
    let csv = Csv::read(path, 0)?;
    let newer = csv.column("icd_code").is_ok();
    let names = if newer { ["icd_code", "valid", "icd_description"] } else { ["code", "billable", "long_desc"] };
    let [code, flag, title] = [csv.column(names[0])?, csv.column(names[1])?, csv.column(names[2])?];
    for row in 0..csv.len() {
        add(row + 2, csv.cell(row, code), matches!(csv.cell(row, flag), "1" | "True" | "TRUE"), csv.cell(row, title))?;
    }
    Ok(())
}

/// The newest list with the known changes of the next one.
fn add_changes(path: &Path, number: usize, codes: &mut BTreeMap<RawCode, Entry>) -> Result<(), CodesetError> {
    let bit = 1u8 << number;
    for entry in codes.values_mut() {
        entry.present |= if entry.present & (1 << NEWEST) != 0 { bit } else { 0 };
        entry.billable |= if entry.billable & (1 << NEWEST) != 0 { bit } else { 0 };
    }
    let csv = Csv::read(path, 0)?;
    let [change, code] = [csv.column("change")?, csv.column("code")?];
    let [flag, title] = [csv.column("billable_after_or_before")?, csv.column("long_title")?];
    for row in 0..csv.len() {
        let raw = raw_code(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "an ICD-10-CM code"))?;
        let entry = codes.entry(raw).or_default();
        match csv.cell(row, change) {
            "added" => {
                entry.present |= bit;
                entry.billable |= if csv.cell(row, flag) == "1" { bit } else { 0 };
                entry.title = csv.cell(row, title).to_string();
            }
            "deleted" => {
                entry.present &= !bit;
                entry.billable &= !bit;
            }
            "billable-to-header" => entry.billable &= !bit,
            "revised" => {}
            _ => return Err(csv.expected(row, change, "added, deleted, billable-to-header or revised")),
        }
    }
    Ok(())
}

/// Age, sex and manifestation edits (April 2024); unacceptable principal diagnoses (fiscal year 2020).
fn add_edits(folder: &Path, codes: &mut BTreeMap<RawCode, Entry>) -> Result<(), CodesetError> {
    let csv = Csv::read(&folder.join("mce_code_edits_v41.1_FY2024.derived.csv"), 0)?;
    let [code, group, rule] = [csv.column("icd_code")?, csv.column("icd_conflict_group")?, csv.column("icd_conflict_rule")?];
    for row in 0..csv.len() {
        let raw = raw_code(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "an ICD-10-CM code"))?;
        let bits = edit_bits(csv.cell(row, group), csv.cell(row, rule));
        let bits = bits.ok_or_else(|| csv.expected(row, rule, "an age group, a sex or manifestation"))?;
        if let Some(entry) = codes.get_mut(&raw) {
            entry.edits |= bits;
        }
    }
    let path = folder.join("MCE_Simple_Code_Edits_v37.txt");
    for line in text(&path)?.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').map(|c| c.trim_matches('"').trim()).collect();
        let [_, _, _, _, kind, "D", code, ..] = cells.as_slice() else { continue };
        if let Some(entry) = raw_code(code).filter(|_| *kind == "Principal_Unacceptable").and_then(|raw| codes.get_mut(&raw)) {
            entry.edits |= crate::codeset::icd10cm::UNACCEPTABLE_PRINCIPAL;
        }
    }
    Ok(())
}

/// The table of a tabular list and its codes; an edition is its first and last day and whether it is partial.
pub(in crate::codeset) fn table(
    nodes: &[TabularNode],
    labels: &[String],
    codes: &BTreeMap<RawCode, Entry>,
    editions: &[(u32, u32, bool)],
) -> TableWriter {
    let mut texts = TextsBuilder::default();
    let numbers: HashMap<RawCode, u32> = codes.keys().enumerate().map(|(i, c)| (*c, i as u32)).collect();
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", &codes.keys().copied().collect::<Vec<_>>());
    let titles: Vec<u32> = codes.values().map(|e| texts.add(&e.title)).collect();
    table.add("titles", &titles);
    table.add("labels", &codes.values().map(|e| e.label).collect::<Vec<_>>());
    table.add("present", &codes.values().map(|e| e.present).collect::<Vec<_>>());
    table.add("billable", &codes.values().map(|e| e.billable).collect::<Vec<_>>());
    table.add("edits", &codes.values().map(|e| e.edits).collect::<Vec<_>>());

    let mut chapters = Vec::new();
    let mut sections = Vec::new();
    let mut categories = BTreeMap::new();
    let mut notes: Vec<NoteRecord> = Vec::new();
    let mut ranges: Vec<IcdRange> = Vec::new();
    let mut conditions: Vec<Condition> = Vec::new();
    let mut seventh: BTreeMap<u32, &[(char, String)]> = BTreeMap::new();
    for node in nodes {
        let owner = match node.level {
            Level::Chapter => {
                chapters.push(GroupRecord { title: texts.add(&node.title), chapter: chapters.len() as u32 });
                Owner::Chapter(chapters.len() as u32 - 1)
            }
            Level::Section => {
                sections.push(GroupRecord { title: texts.add(&node.title), chapter: (chapters.len() as u32).saturating_sub(1) });
                Owner::Section(sections.len() as u32 - 1)
            }
            Level::Code => {
                let Some(number) = raw_code(&node.name).and_then(|raw| numbers.get(&raw)) else { continue };
                if node.name.len() == 3 {
                    let mut code = [0; 4];
                    code[..3].copy_from_slice(node.name.as_bytes());
                    let order = categories.len() as u16;
                    let section = u16::try_from(sections.len()).ok().and_then(|s| s.checked_sub(1)).unwrap_or(u16::MAX);
                    categories.insert(code, CategoryRecord { code, order, section });
                }
                if !node.seventh.is_empty() {
                    seventh.insert(*number, &node.seventh);
                }
                Owner::Code(*number)
            }
        };
        for (kind, note) in &node.notes {
            let first = ranges.len() as u32;
            for reference in references::parse(note) {
                let condition = reference.condition.map_or(0, |wanted| {
                    let found = conditions.iter().position(|c| *c == wanted).unwrap_or_else(|| {
                        conditions.push(wanted);
                        conditions.len() - 1
                    });
                    found as u16 + 1
                });
                ranges.push(IcdRange { first: reference.first, last: reference.last, condition });
            }
            let count = (ranges.len() as u32 - first) as u16;
            notes.push(NoteRecord { owner: owner.number(), text: texts.add(note), first, count, kind: *kind as u16 });
        }
    }
    notes.sort_by_key(|n| n.owner);
    let mut entries: Vec<[u8; 2]> = Vec::new();
    let mut definitions = Vec::new();
    for (owner, list) in seventh {
        definitions.push(SeventhRecord { owner, first: entries.len() as u32 });
        for (character, label) in list {
            let label = labels.iter().position(|l| l == label).unwrap_or(0);
            entries.push([*character as u8, label as u8]);
        }
    }
    table.add("category", &categories.into_values().collect::<Vec<_>>());
    table.add("sections", &sections);
    table.add("chapters", &chapters);
    table.add("notes", &notes);
    table.add("ranges", &ranges);
    table.add("conds", &conditions);
    table.add("seventh", &definitions);
    table.add("7entries", &entries);
    table.add("7labels", &labels.iter().map(|l| texts.add(l)).collect::<Vec<_>>());
    let editions = editions.iter().enumerate().map(|(number, (effective, through, partial))| EditionRecord {
        effective: *effective,
        through: *through,
        partial: u32::from(*partial),
        billable: codes.values().filter(|c| c.billable & (1 << number) != 0).count() as u32,
    });
    table.add("editions", &editions.collect::<Vec<_>>());
    texts.write(&mut table);
    table
}
