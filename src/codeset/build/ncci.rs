//! NCCI tables: procedure-to-procedure pairs, medically unlikely edits, add-on codes.
use std::collections::BTreeMap;
use std::path::Path;

use super::sources::{Csv, text};
use super::{BuildOptions, Report};
use crate::codeset::add_on::{self, AddOnRecord};
use crate::codeset::mue::{self, MueRecord};
use crate::codeset::procedures::{RawProcedure, raw_procedure};
use crate::codeset::ptp_table::{self, PtpRow, TermsRecord};
use crate::codeset::table_file::TableWriter;
use crate::codeset::{CodesetError, day};

/// Builds the three files for the codes of the catalogue.
pub(super) fn build(options: &BuildOptions, catalogue: &[RawProcedure], report: &mut Report) -> Result<(), CodesetError> {
    let folder = options.sources.join("codesets");
    pairs(&folder, catalogue, &options.out, report)?;
    units(&folder, catalogue, &options.out, report)?;
    add_ons(&folder, catalogue, &options.out, report)
}

fn pairs(folder: &Path, catalogue: &[RawProcedure], out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let main = "ncci/ncci_ptp_practitioner_2024Q3.derived.csv.gz";
    let sample = "samples_official_layout/ccipra-v322r0-f1.excerpt.txt";
    let mut rows = main_pairs(&folder.join(main), catalogue)?;
    let main_rows = rows.len();
    let dated = official_pairs(&folder.join(sample))?;
    // A dated row of the newer edition takes the place of the undated one that it repeats.
    rows.retain(|(one, two, terms)| {
        !dated.iter().any(|(a, b, t)| a == one && b == two && (t.deletion == terms.deletion) && t.indicator == terms.indicator)
    });
    rows.extend(dated.iter().copied());
    let table = ptp_table::compile(rows)
        .ok_or_else(|| CodesetError::source(&folder.join(main), 0, "column1", "at most 65,535 different codes"))?;
    table.write_packed(&out.join("ncci_ptp.tbl"))?;
    report.edition("ncci-ptp", "2024Q3", 20240701, 20240930, main_rows, "ncci_ptp.tbl", main);
    report.edition("ncci-ptp", "2026Q3-excerpt", 20260701, 20260930, dated.len(), "ncci_ptp.tbl", sample);
    Ok(())
}

/// The derived table (no effective dates): rows whose two codes are in the catalogue.
fn main_pairs(path: &Path, catalogue: &[RawProcedure]) -> Result<Vec<PtpRow>, CodesetError> {
    let content = text(path)?;
    let mut lines = content.lines();
    let header: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    if header.get(..4) != Some(&["column1", "column2", "deletion_date", "modifier_indicator"]) {
        return Err(CodesetError::source(path, 1, "header", "column1,column2,deletion_date,modifier_indicator,…"));
    }
    let mut rows = Vec::new();
    for (i, line) in lines.enumerate() {
        let mut cells = line.split(',').map(|c| c.trim().trim_matches('"'));
        let mut next = || cells.next().unwrap_or("");
        let (one, two, deletion, indicator) = (next(), next(), next(), next());
        let bad = |column, what: &str| CodesetError::source(path, i + 2, column, what);
        let one = raw_procedure(one).ok_or_else(|| bad("column1", "a CPT or HCPCS code"))?;
        let two = raw_procedure(two).ok_or_else(|| bad("column2", "a CPT or HCPCS code"))?;
        if catalogue.binary_search(&one).is_err() || catalogue.binary_search(&two).is_err() {
            continue;
        }
        let deletion = deletion_of(deletion).ok_or_else(|| bad("deletion_date", "YYYYMMDD or *"))?;
        let indicator = indicator_of(indicator).ok_or_else(|| bad("modifier_indicator", "0, 1 or 9"))?;
        rows.push((one, two, TermsRecord { effective: day::ALWAYS, deletion, indicator }));
    }
    Ok(rows)
}

/// The official layout (tab-separated, six columns behind a few lines of header), every row.
fn official_pairs(path: &Path) -> Result<Vec<PtpRow>, CodesetError> {
    let mut rows = Vec::new();
    for (i, line) in text(path)?.lines().enumerate() {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let Some((one, two)) = cells.first().and_then(|c| raw_procedure(c)).zip(cells.get(1).and_then(|c| raw_procedure(c)))
        else {
            continue;
        };
        let bad = |column, what: &str| CodesetError::source(path, i + 1, column, what);
        let cell = |n: usize| cells.get(n).copied().unwrap_or("");
        let effective = if cell(2) == "*" { Some(day::ALWAYS) } else { day::parse(cell(3)) };
        let effective = effective.ok_or_else(|| bad("Effective Date", "YYYYMMDD"))?;
        let deletion = deletion_of(cell(4)).ok_or_else(|| bad("Deletion Date", "YYYYMMDD or *"))?;
        let indicator = indicator_of(cell(5)).ok_or_else(|| bad("Modifier", "0, 1 or 9"))?;
        rows.push((one, two, TermsRecord { effective, deletion, indicator }));
    }
    Ok(rows)
}

fn deletion_of(text: &str) -> Option<u32> {
    if text == "*" { Some(day::OPEN) } else { day::parse(text) }
}

fn indicator_of(text: &str) -> Option<u32> {
    matches!(text, "0" | "1" | "9").then(|| text.parse().ok()).flatten()
}

fn units(folder: &Path, catalogue: &[RawProcedure], out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let main = "ncci/mue_practitioner_2024Q3.derived.csv";
    let csv = Csv::read(&folder.join(main), 0)?;
    let [code, value, kind] = [csv.column("hcpcs_code")?, csv.column("mue_units")?, csv.column("mue_mai")?];
    let mut rows: BTreeMap<(RawProcedure, u32), MueRecord> = BTreeMap::new();
    let mut add = |csv: &Csv, row: usize, [code, value, kind]: [usize; 3], effective: u32| {
        let raw = raw_procedure(csv.cell(row, code)).ok_or_else(|| csv.expected(row, code, "a CPT or HCPCS code"))?;
        let adjudication = csv.cell(row, kind).bytes().next().filter(|b| (b'1'..=b'3').contains(b));
        let adjudication = adjudication.ok_or_else(|| csv.expected(row, kind, "1, 2 or 3"))? - b'0';
        let value = csv.parsed(row, value, "a number of units")?;
        rows.insert((raw, effective), MueRecord::new(raw, value, adjudication, effective));
        Ok::<RawProcedure, CodesetError>(raw)
    };
    let mut main_rows = 0;
    for row in 0..csv.len() {
        let known = raw_procedure(csv.cell(row, code)).is_some_and(|raw| catalogue.binary_search(&raw).is_ok());
        if known {
            add(&csv, row, [code, value, kind], 20240701)?;
            main_rows += 1;
        }
    }
    // The official file has a quoted licence of several lines and a header cell with a line break before its rows.
    let sample = "samples_official_layout/MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv";
    let path = folder.join(sample);
    let content = text(&path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content.as_bytes());
    let mut sample_rows = 0;
    for (i, record) in reader.records().enumerate() {
        let bad = |column: &str, what: String| CodesetError::source(&path, i + 1, column, what);
        let record = record.map_err(|e| bad("CSV", format!("comma-separated values ({e})")))?;
        let Some(raw) = record.get(0).and_then(raw_procedure).filter(|_| record.len() >= 3) else { continue };
        let value = record.get(1).and_then(|v| v.trim().parse().ok()).ok_or_else(|| bad("MUE", "a number of units".into()))?;
        let digit = record.get(2).and_then(|k| k.trim().bytes().next()).filter(|b| (b'1'..=b'3').contains(b));
        let adjudication = digit.ok_or_else(|| bad("MAI", "1, 2 or 3".into()))? - b'0';
        rows.insert((raw, 20260701), MueRecord::new(raw, value, adjudication, 20260701));
        sample_rows += 1;
    }
    let mut table = TableWriter::new(mue::KIND, mue::VERSION);
    table.add("rows", &rows.into_values().collect::<Vec<_>>());
    table.write(&out.join("ncci_mue.tbl"))?;
    report.edition("ncci-mue", "2024Q3", 20240701, 20240930, main_rows, "ncci_mue.tbl", main);
    report.edition("ncci-mue", "2026Q3-excerpt", 20260701, 20260930, sample_rows, "ncci_mue.tbl", sample);
    Ok(())
}

fn add_ons(folder: &Path, catalogue: &[RawProcedure], out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let source = "ncci/aoc_addon_code_edits_2024-06-03.derived.csv";
    let csv = Csv::read(&folder.join(source), 0)?;
    let [primary, add_on, kind] = [csv.column("primary_code")?, csv.column("add_on_code")?, csv.column("aoc_edit_type")?];
    let mut rows = Vec::new();
    for row in 0..csv.len() {
        let raw = |column| raw_procedure(csv.cell(row, column)).ok_or_else(|| csv.expected(row, column, "a CPT or HCPCS code"));
        let (primary, add_on) = (raw(primary)?, raw(add_on)?);
        let kind: u8 = csv.parsed(row, kind, "1, 2 or 3")?;
        if catalogue.binary_search(&add_on).is_ok() {
            rows.push(AddOnRecord { add_on, primary, kind });
        }
    }
    rows.sort_unstable();
    rows.dedup();
    let mut table = TableWriter::new(add_on::KIND, add_on::VERSION);
    table.add("rows", &rows);
    table.write(&out.join("ncci_add_on.tbl"))?;
    report.edition("ncci-add-on", "2024-06-03", 20240701, 20240930, rows.len(), "ncci_add_on.tbl", source);
    Ok(())
}
