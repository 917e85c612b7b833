//! The small CSV lists: places of service, modifiers, geographic indices.
use std::collections::BTreeMap;
use std::path::Path;

use super::sources::Csv;
use super::{BuildOptions, Report};
use crate::codeset::table_file::replace_file;
use crate::codeset::{CodesetError, day};

/// Releases of the fee schedule with their first day, oldest first.
const GPCI_RELEASES: [(&str, u32); 20] = [
    ("20a", 20200101),
    ("20b", 20200401),
    ("20c", 20200701),
    ("20d", 20201001),
    ("21a", 20210101),
    ("21b", 20210401),
    ("21c", 20210701),
    ("21d", 20211001),
    ("22a", 20220101),
    ("22b", 20220401),
    ("22c", 20220701),
    ("22d", 20221001),
    ("23a", 20230101),
    ("23b", 20230401),
    ("23c", 20230701),
    ("23d", 20231001),
    ("24a", 20240101),
    ("24ar", 20240309),
    ("24b", 20240401),
    ("24c", 20240701),
];

/// Writes `place_of_service.csv`, `modifiers.csv` and `gpci.csv`; `conversion_factors.csv` is our own list.
pub(super) fn build(options: &BuildOptions, report: &mut Report) -> Result<(), CodesetError> {
    let folder = options.sources.join("codesets");
    places(&folder, &options.out, report)?;
    modifiers(&folder, options, report)?;
    indices(&folder, &options.out, report)?;
    let name = "conversion_factors.csv";
    let rows = Csv::read(&options.own.join(name), 0)?.len();
    if options.own != options.out {
        let bytes = std::fs::read(options.own.join(name)).map_err(|e| CodesetError::io(&options.own.join(name), e))?;
        replace_file(&options.out.join(name), &bytes)?;
    }
    report.edition("conversion-factor", "2016-2026", 20160101, 20261231, rows, name, "fee schedule final rules");
    Ok(())
}

/// Writes rows under a header.
fn write(path: &Path, header: &[&str], rows: &[Vec<String>]) -> Result<(), CodesetError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let bad = |e: csv::Error| CodesetError::corrupt(path, format!("cannot be written as CSV ({e})"));
    writer.write_record(header).map_err(bad)?;
    for row in rows {
        writer.write_record(row).map_err(bad)?;
    }
    let bytes = writer.into_inner().map_err(|e| CodesetError::corrupt(path, e.to_string()))?;
    replace_file(path, &bytes)
}

fn places(folder: &Path, out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let source = "ref/place_of_service_codes.derived.csv";
    let csv = Csv::read(&folder.join(source), 0)?;
    let [code, kind, name] = [csv.column("pos_code")?, csv.column("pos_type")?, csv.column("pos_name")?];
    let mut rows = Vec::new();
    for row in 0..csv.len() {
        let facility = match csv.cell(row, kind) {
            "Facility" => "1",
            "Non-Facility" => "0",
            "Unassigned" => continue,
            _ => return Err(csv.expected(row, kind, "Facility, Non-Facility or Unassigned")),
        };
        rows.push(vec![csv.cell(row, code).to_string(), csv.cell(row, name).replace('’', "'"), facility.to_string()]);
    }
    let file = "place_of_service.csv";
    write(&out.join(file), &["code", "name", "facility"], &rows)?;
    report.edition("place-of-service", "2024", 0, 0, rows.len(), file, source);
    Ok(())
}

fn modifiers(folder: &Path, options: &BuildOptions, report: &mut Report) -> Result<(), CodesetError> {
    let source = "ref/hcpcs_level2_modifiers.derived.csv";
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let lists = [
        (folder.join(source), "mod_code", "mod_description", "hcpcs"),
        (options.own.join("modifiers_cpt.csv"), "code", "text", "cpt"),
    ];
    for (path, code, text, system) in lists {
        let csv = Csv::read(&path, 0)?;
        let [code, text] = [csv.column(code)?, csv.column(text)?];
        for row in 0..csv.len() {
            let modifier = csv.cell(row, code).to_string();
            found.insert(modifier.clone(), vec![modifier, system.to_string(), csv.cell(row, text).to_string()]);
        }
    }
    let rows: Vec<Vec<String>> = found.into_values().collect();
    let file = "modifiers.csv";
    write(&options.out.join(file), &["code", "system", "text"], &rows)?;
    report.edition("modifiers", "2024", 0, 0, rows.len(), file, &format!("{source}; own list for CPT"));
    Ok(())
}

/// One row for each change of a locality's indices.
fn indices(folder: &Path, out: &Path, report: &mut Report) -> Result<(), CodesetError> {
    let mut rows = Vec::new();
    let mut last: BTreeMap<(String, String), [String; 3]> = BTreeMap::new();
    let mut add = |effective: u32, mac: &str, locality: &str, name: &str, values: [String; 3]| {
        let mac = format!("{mac:0>5}");
        let locality = format!("{locality:0>2}");
        let key = (mac.clone(), locality.clone());
        if last.get(&key) == Some(&values) {
            return;
        }
        let date = day::from_number(effective).map(|d| d.to_string()).unwrap_or_default();
        let [work, expense, malpractice] = values.clone();
        let name = name.trim_end_matches('*').trim().to_string();
        rows.push(vec![date, mac, locality, name, work, expense, malpractice]);
        last.insert(key, values);
    };
    for (release, effective) in GPCI_RELEASES {
        let csv = Csv::read(&folder.join(format!("mpfs/gpci_rvu{release}.derived.csv")), 0)?;
        let [mac, locality, name] = [csv.column("mac")?, csv.column("locality_number")?, csv.column("locality_name")?];
        let columns = [csv.column("gpci_work")?, csv.column("gpci_pe")?, csv.column("gpci_mp")?];
        for row in 0..csv.len() {
            let values = thousandths(&csv, row, columns)?;
            add(effective, csv.cell(row, mac), csv.cell(row, locality), csv.cell(row, name), values);
        }
    }
    let sample = "samples_official_layout/GPCI2026.excerpt.csv";
    let csv = Csv::read(&folder.join(sample), 2)?;
    let columns = [csv.column("2026 PW GPCI (with 1.0 Floor)***")?, csv.column("2026 PE GPCI")?, csv.column("2026 MP GPCI")?];
    for row in (0..csv.len()).filter(|row| csv.cell(*row, 0).len() == 5 && !csv.cell(*row, 2).is_empty()) {
        let values = thousandths(&csv, row, columns)?;
        add(20260101, csv.cell(row, 0), csv.cell(row, 2), csv.cell(row, 3), values);
    }
    let header = ["effective", "mac", "locality", "name", "work", "practice_expense", "malpractice"];
    let file = "gpci.csv";
    write(&out.join(file), &header, &rows)?;
    report.edition("gpci", "2020-2024", 20200101, 20241231, rows.len(), file, "mpfs/gpci_rvu20a … rvu24c.derived.csv");
    report.edition("gpci", "2026-excerpt", 20260101, 20261231, csv.len(), file, sample);
    Ok(())
}

/// Indices with three decimals: "0.8690000000000001" is 0.869.
fn thousandths(csv: &Csv, row: usize, columns: [usize; 3]) -> Result<[String; 3], CodesetError> {
    let mut out = [const { String::new() }; 3];
    for (to, column) in out.iter_mut().zip(columns) {
        let value = csv.scaled(row, column, 1000.0)?;
        *to = format!("{}.{:03}", value / 1000, value % 1000);
    }
    Ok(out)
}
