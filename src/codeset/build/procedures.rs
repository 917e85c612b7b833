//! The catalogue from our phrase lexicon and our own list of further codes, with the fee schedule's facts.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::sources::{Csv, text};
use super::{BuildOptions, Report};
use crate::codeset::fee_schedule::{FeeEditionRecord, FeeRecord};
use crate::codeset::procedures::{KIND, ProcedureRecord, RawProcedure, VERSION, raw_procedure};
use crate::codeset::table_file::{TableWriter, TextsBuilder};
use crate::codeset::{CodesetError, day};

/// Attributes of the lexicon that say how to bill, not what was done; they stay out of the descriptor.
const NOT_DESCRIBING: [&str; 3] = ["code", "bilateral_indicator", "add_on"];

/// A code while its facts are gathered.
struct Entry {
    descriptor: String,
    add_on: bool,
    valid_from: u32,
    valid_to: u32,
}

/// Builds `procedures.tbl`; returns the codes in their order.
pub(super) fn build(options: &BuildOptions, report: &mut Report) -> Result<Vec<RawProcedure>, CodesetError> {
    let mut entries = lexicon(&options.sources.join("corpora/phrases"))?;
    let in_lexicon = entries.len();
    add_own(&options.own, &mut entries)?;
    let codes: Vec<RawProcedure> = entries.keys().copied().collect();
    if codes.len() > usize::from(u16::MAX) {
        return Err(CodesetError::source(&options.own, 0, "code", "at most 65,535 codes"));
    }
    let folder = options.sources.join("codesets/mpfs");
    let addendum = addendum_b(&folder.join("opps_addendum_b_2026-04.nodesc.derived.csv"))?;
    let fees = fee_rows(&folder.join("pprrvu_rvu24c_jul.derived.csv.gz"), 0, &codes)?;

    let mut texts = TextsBuilder::default();
    let with_fees: BTreeSet<u16> = fees.iter().map(|f| f.code).collect();
    let records: Vec<ProcedureRecord> = entries
        .iter()
        .enumerate()
        .map(|(i, (code, entry))| {
            let status = addendum.get(code);
            // Only a code that a table or our list of changes knew before can be gone.
            let known_before = with_fees.contains(&(i as u16)) || entry.valid_to != day::OPEN;
            let listed_2026 = if status.is_some() {
                1
            } else if known_before {
                2
            } else {
                0
            };
            ProcedureRecord {
                descriptor: texts.add(&entry.descriptor),
                valid_from: entry.valid_from,
                valid_to: entry.valid_to,
                listed_2026,
                opps_status: status.copied().unwrap_or_default(),
                add_on: u8::from(entry.add_on),
            }
        })
        .collect();
    let mut name = [0; 12];
    name[..6].copy_from_slice(b"RVU24C");
    let mut table = TableWriter::new(KIND, VERSION);
    table.add("codes", &codes);
    table.add("records", &records);
    table.add("fees", &fees);
    table.add("editions", &[FeeEditionRecord { effective: 20240701, name }]);
    texts.write(&mut table);
    table.write(&options.out.join("procedures.tbl"))?;

    let file = "procedures.tbl";
    report.edition(
        "procedure-catalogue",
        "2026-04",
        0,
        0,
        codes.len(),
        file,
        &format!("own lexicon ({in_lexicon} codes) and own lists"),
    );
    let listed = records.iter().filter(|r| r.listed_2026 == 1).count();
    report.edition(
        "hospital-addendum-b",
        "2026-04",
        20260401,
        20260630,
        listed,
        file,
        "mpfs/opps_addendum_b_2026-04.nodesc.derived.csv",
    );
    report.edition("fee-schedule", "RVU24C", 20240701, 20241231, fees.len(), file, "mpfs/pprrvu_rvu24c_jul.derived.csv.gz");
    Ok(codes)
}

/// The codes of the phrase lexicon with a descriptor each: the concept's words and what chooses the code among its sisters.
fn lexicon(folder: &Path) -> Result<BTreeMap<RawProcedure, Entry>, CodesetError> {
    let mut entries: BTreeMap<RawProcedure, Entry> = BTreeMap::new();
    for name in ["cpt_med.jsonl", "cpt_msk_ent.jsonl", "cpt_surg.jsonl"] {
        let path = folder.join(name);
        for (row, line) in text(&path)?.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let bad = |what: &str| CodesetError::source(&path, row + 1, "JSON", what);
            let concept: Value = serde_json::from_str(line).map_err(|e| bad(&format!("one JSON object ({e})")))?;
            let descriptor = concept["descriptor"].as_str().ok_or_else(|| bad("a `descriptor`"))?;
            for choice in concept["codes"].as_array().ok_or_else(|| bad("a list `codes`"))? {
                let code = choice["code"].as_str().and_then(raw_procedure).ok_or_else(|| bad("a `code` of five characters"))?;
                let add_on = choice["add_on"].as_bool().unwrap_or(false);
                let text = describe(descriptor, choice, add_on);
                // A code may stand under several concepts; the longest description says most.
                let entry = entries.entry(code).or_insert(Entry {
                    descriptor: String::new(),
                    add_on,
                    valid_from: 0,
                    valid_to: day::OPEN,
                });
                entry.add_on |= add_on;
                if text.len() > entry.descriptor.len() {
                    entry.descriptor = text;
                }
            }
        }
    }
    Ok(entries)
}

fn describe(descriptor: &str, choice: &Value, add_on: bool) -> String {
    let mut parts = vec![descriptor.to_string()];
    for (key, value) in choice.as_object().into_iter().flatten() {
        let Some(value) = value.as_str().filter(|_| !NOT_DESCRIBING.contains(&key.as_str())) else { continue };
        // "global|26|TC" only says that the components can be billed apart.
        if key == "component" && value.contains('|') || value.is_empty() {
            continue;
        }
        let value = value.replace('|', " or ");
        parts.push(match key.as_str() {
            "component" if value == "26" => "professional component".into(),
            "component" if value == "TC" => "technical component".into(),
            "component" if value == "global" => "whole service".into(),
            "without" => format!("without {value}"),
            "with" => format!("with {value}"),
            "duration_minutes" => format!("{value} minutes"),
            "size_cm" | "length_cm" => format!("{value} cm"),
            "area_cm2" => format!("{value} cm²"),
            "weight_g" => format!("{value} g"),
            "volume_ml" => format!("{value} ml"),
            "bsa_percent" => format!("{value} % of body surface"),
            "contrast" => format!("{value} contrast"),
            "views" if !value.contains("view") && !value.contains("lead") => format!("{value} views"),
            "age" => format!("age {value}"),
            "per" => format!("per {value}"),
            _ => value,
        });
    }
    if add_on {
        parts.push("add-on".into());
    }
    parts.join(", ")
}

/// Further codes (evaluation and management) and the dates on which codes began or ended.
fn add_own(folder: &Path, entries: &mut BTreeMap<RawProcedure, Entry>) -> Result<(), CodesetError> {
    let csv = Csv::read(&folder.join("catalogue_extra.csv"), 0)?;
    let [code, descriptor] = [csv.column("code")?, csv.column("descriptor")?];
    for row in 0..csv.len() {
        let raw = raw_procedure(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "a CPT or HCPCS code"))?;
        let descriptor = csv.cell(row, descriptor).to_string();
        entries.insert(raw, Entry { descriptor, add_on: false, valid_from: 0, valid_to: day::OPEN });
    }
    let csv = Csv::read(&folder.join("procedure_changes.csv"), 0)?;
    let [code, from, to] = [csv.column("code")?, csv.column("valid_from")?, csv.column("valid_to")?];
    for row in 0..csv.len() {
        let raw = raw_procedure(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "a CPT or HCPCS code"))?;
        let date = |column: usize| match csv.cell(row, column) {
            "" => Ok(None),
            text => day::parse(text).map(Some).ok_or_else(|| csv.expected(row, column, "a date YYYY-MM-DD")),
        };
        let (from, to) = (date(from)?, date(to)?);
        let entry = entries.entry(raw);
        if to.is_none() && matches!(entry, std::collections::btree_map::Entry::Vacant(_)) {
            continue;
        }
        let ended = "Code no longer in use".to_string();
        let entry = entry.or_insert(Entry { descriptor: ended, add_on: false, valid_from: 0, valid_to: day::OPEN });
        entry.valid_from = from.unwrap_or(entry.valid_from);
        entry.valid_to = to.unwrap_or(entry.valid_to);
    }
    Ok(())
}

/// Status indicators by code.
fn addendum_b(path: &Path) -> Result<BTreeMap<RawProcedure, [u8; 2]>, CodesetError> {
    let csv = Csv::read(path, 0)?;
    let [code, status] = [csv.column("HCPCSCode")?, csv.column("StatusIndicator")?];
    let mut found = BTreeMap::new();
    for row in 0..csv.len() {
        // Two cells of the published file end in a stray character.
        let cell = csv.cell(row, code).trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let raw = raw_procedure(cell).ok_or_else(|| csv.expected(row, code, "a CPT or HCPCS code"))?;
        let mut letters = [0; 2];
        for (to, from) in letters.iter_mut().zip(csv.cell(row, status).bytes()) {
            *to = from;
        }
        found.insert(raw, letters);
    }
    Ok(found)
}

/// Rows of a fee schedule file for the catalogue's codes.
fn fee_rows(path: &Path, edition: u8, codes: &[RawProcedure]) -> Result<Vec<FeeRecord>, CodesetError> {
    let csv = Csv::read(path, 0)?;
    let column = |name| csv.column(name);
    let (code, modifier, status) = (column("hcpcs")?, column("mod")?, column("status_code")?);
    let [work, non_facility, facility] = [column("work_rvu")?, column("non_facility_total")?, column("facility_total")?];
    let [non_facility_na, facility_na] = [column("non_fac_indicator")?, column("facility_indicator")?];
    let (pc_tc, global, base) = (column("pctc_ind")?, column("glob_days")?, column("endo_base")?);
    let surgery = [column("mult_proc")?, column("bilat_surg")?, column("asst_surg")?, column("co_surg")?, column("team_surg")?];
    let mut rows = Vec::new();
    for row in 0..csv.len() {
        let raw = raw_procedure(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "a CPT or HCPCS code"))?;
        let Ok(number) = codes.binary_search(&raw) else { continue };
        let letter = |column: usize| match csv.cell(row, column).as_bytes() {
            [one] => Ok(*one),
            _ => Err(csv.expected(row, column, "one character")),
        };
        let modifier = match csv.cell(row, modifier) {
            "" => 0,
            "26" => 1,
            "TC" => 2,
            "53" => 3,
            _ => return Err(csv.expected(row, modifier, "no modifier, 26, TC or 53")),
        };
        let global = csv.cell(row, global).as_bytes().try_into().map_err(|_| csv.expected(row, global, "three characters"))?;
        let endoscopic_base = match csv.cell(row, base) {
            "" => [0; 5],
            text => raw_procedure(text).ok_or_else(|| csv.expected(row, base, "a CPT code"))?,
        };
        let na = u8::from(csv.cell(row, non_facility_na) == "NA") | u8::from(csv.cell(row, facility_na) == "NA") << 1;
        rows.push(FeeRecord {
            code: number as u16,
            modifier,
            edition,
            work: csv.scaled(row, work, 100.0)?,
            non_facility: csv.scaled(row, non_facility, 100.0)?,
            facility: csv.scaled(row, facility, 100.0)?,
            status: letter(status)?,
            pc_tc: letter(pc_tc)?,
            global,
            multiple: letter(surgery[0])?,
            bilateral: letter(surgery[1])?,
            assistant: letter(surgery[2])?,
            co_surgeon: letter(surgery[3])?,
            team: letter(surgery[4])?,
            endoscopic_base,
            not_applicable: na,
        });
    }
    rows.sort_by_key(|r| (r.code, r.modifier, r.edition));
    Ok(rows)
}
