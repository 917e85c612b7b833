//! The imported tables against the official files that are there: every answer inside, before and after validity.
use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use rand::SeedableRng;
use rand::seq::IndexedRandom;

use super::*;
use crate::codeset::build::official_text;
use crate::codeset::mue::MueAdjudication;
use crate::codeset::procedures::Component;

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|l| l.split(',').collect())
}

#[test]
fn pairs_of_the_whole_table() {
    let Some(path) = official("ncci/ncci_ptp_practitioner_2024Q3.derived.csv.gz") else { return };
    let data = Data::new();
    let done = data.import(&path).expect("imports as it is");
    assert_eq!((done[0].rows, done[0].edition.manifest.edition.as_str()), (2_546_017, "2024Q3"));
    assert!(done[0].warnings.is_empty(), "{:?}", done[0].warnings);
    let ptp = data.sets().ptp;
    let text = official_text(&path).expect("readable");
    let mut pairs: BTreeMap<(&str, &str), Vec<(Option<Date>, u8)>> = BTreeMap::new();
    for row in rows(&text) {
        let last = day::parse(row[2]).and_then(day::from_number);
        pairs.entry((row[0], row[1])).or_default().push((last, row[3].parse().expect("an indicator")));
    }
    let keys: Vec<&(&str, &str)> = pairs.keys().collect();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(2_546_017);
    let (mut rows, mut answers) = (0, 0);
    while rows < 20_000 {
        let (one, two) = *keys.choose(&mut random).copied().expect("pairs");
        let expected = &pairs[&(one, two)];
        rows += expected.len();
        let mut dates = vec![date(1996, 1, 1), date(2024, 8, 1), date(2026, 5, 4)];
        for last in expected.iter().filter_map(|(last, _)| *last) {
            dates.extend([last, last.tomorrow().expect("a day"), last.yesterday().expect("a day")]);
        }
        for on in dates {
            let in_force = |(last, indicator): &&(Option<Date>, u8)| *indicator != 9 && last.is_none_or(|l| on <= l);
            let wanted = expected.iter().filter(in_force).min_by_key(|(last, i)| (last.unwrap_or(Date::MAX), *i)).map(|r| r.1);
            assert_eq!(ptp.edit(one, two, on).map(|e| e.indicator), wanted, "{one} {two} {on}");
            answers += 1;
        }
        if !pairs.contains_key(&(two, one)) {
            assert!(ptp.edit(two, one, date(2024, 8, 1)).is_none(), "{two} {one}");
        }
    }
    eprintln!("pairs: {rows} rows, {answers} answers, all as in the file");
}

#[test]
fn dated_pairs_of_the_official_layout() {
    let Some(path) = official("samples_official_layout/ccipra-v322r0-f1.excerpt.txt") else { return };
    let data = Data::new();
    let done = data.import(&path).expect("imports as it is");
    assert_eq!((done[0].rows, done[0].edition.manifest.edition.as_str()), (154, "2026Q3"));
    let ptp = data.sets().ptp;
    let text = official_text(&path).expect("readable");
    let mut checked = 0;
    for row in text.lines().map(|l| l.split('\t').collect::<Vec<_>>()).filter(|r| r[0].len() == 5) {
        let first = day::parse(row[3]).and_then(day::from_number).expect("a first day");
        let last = day::parse(row[4]).and_then(day::from_number);
        let found = |d: Date| ptp.rows(row[0], row[1]).any(|e| e.effective == Some(first) && e.is_active(d));
        let active = row[5] != "9";
        assert!(!found(first.yesterday().expect("a day")), "{row:?}");
        assert_eq!((found(first), found(last.unwrap_or(date(2026, 9, 30)))), (active, active), "{row:?}");
        assert!(!last.is_some_and(|d| found(d.tomorrow().expect("a day"))), "{row:?}");
        checked += 1;
    }
    assert_eq!(checked, 154);
}

#[test]
fn every_unit_value() {
    for (name, column, edition) in [
        ("ncci/mue_practitioner_2024Q3.derived.csv", 0, "2024Q3"),
        ("samples_official_layout/MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv", 0, "2026Q3"),
    ] {
        let Some(path) = official(name) else { return };
        let data = Data::new();
        let done = data.import(&path).expect("imports as it is");
        assert_eq!(done[0].edition.manifest.edition, edition);
        let mue = data.sets().mue;
        let effective = done[0].edition.manifest.effective;
        let text = official_text(&path).expect("readable");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut checked = 0;
        for row in reader.records().map(|r| r.expect("a row")).filter(|r| r[column].trim().len() == 5 && r.len() > 2) {
            // The only edition answers before its first day and after its last one too; the finding says so.
            for on in [effective.yesterday().expect("a day"), effective, date(2027, 1, 1)] {
                let found = mue.get(&row[0], on).unwrap_or_else(|| panic!("{}", &row[0]));
                let kind = match found.adjudication {
                    MueAdjudication::Line => "1",
                    MueAdjudication::DateOfServicePolicy => "2",
                    MueAdjudication::DateOfServiceClinical => "3",
                };
                assert_eq!((found.value.to_string().as_str(), kind, found.effective), (&row[1], &row[2][..1], effective));
            }
            checked += 1;
        }
        assert_eq!((checked, mue.len()), (done[0].rows, done[0].rows), "both ways");
        eprintln!("{edition}: {checked} values on three dates each, all as in the file");
    }
}

#[test]
fn every_add_on_pair() {
    let Some(path) = official("ncci/aoc_addon_code_edits_2024-06-03.derived.csv") else { return };
    let data = Data::new();
    let done = data.import(&path).expect("imports as it is");
    let add_ons = data.sets().add_ons;
    let text = official_text(&path).expect("readable");
    let mut checked = 0;
    for row in rows(&text) {
        for on in [date(2024, 6, 30), date(2024, 7, 1), date(2026, 5, 4)] {
            let found = add_ons.get(row[1], on).expect(row[1]);
            assert!(found.lists(row[0]), "{row:?}");
            assert_eq!(found.kind() as usize + 1, row[2].parse::<usize>().expect("a type"), "{row:?}");
        }
        checked += 1;
    }
    assert_eq!((checked, add_ons.len()), (done[0].rows, done[0].rows), "both ways");
    eprintln!("{checked} add-on pairs on three dates each, all as in the file");
}

#[test]
fn every_fee_schedule_row() {
    let releases = ["23d_oct", "24a_jan", "24c_jul"].map(|r| format!("mpfs/pprrvu_rvu{r}.derived.csv.gz"));
    let Some(paths) = releases.iter().map(|r| official(r)).collect::<Option<Vec<_>>>() else { return };
    let data = Data::new();
    let editions: Vec<Date> =
        paths.iter().map(|p| data.import(p).expect("imports as it is")[0].edition.manifest.effective).collect();
    let sets = data.sets();
    let mut checked = 0;
    for (path, effective) in paths.iter().zip(editions) {
        let text = official_text(path).expect("readable");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let column = |name: &str| header.iter().position(|h| h == name).expect("a column");
        let letters = ["pctc_ind", "mult_proc", "bilat_surg", "asst_surg", "co_surg", "team_surg", "status_code"].map(column);
        let numbers = ["work_rvu", "non_facility_total", "facility_total"].map(column);
        let (base, global) = (column("endo_base"), column("glob_days"));
        for row in reader.records().map(|r| r.expect("a row")) {
            let component = match &row[1] {
                "26" => Component::Professional,
                "TC" => Component::Technical,
                "53" => Component::Discontinued,
                _ => Component::Global,
            };
            let f = sets.procedures.component_facts_of(&row[0], component, effective).expect(&row[0]);
            assert_eq!(f.edition.effective, effective, "the edition of the day answers");
            let found = [f.pc_tc, f.multiple, f.bilateral, f.assistant, f.co_surgeon, f.team, f.status];
            assert_eq!(found.map(String::from), letters.map(|c| row[c].to_string()), "{} {}", &row[0], &row[1]);
            let found = [f.work_rvu, f.non_facility_rvu, f.facility_rvu].map(|n| format!("{n:.2}"));
            assert_eq!(found, numbers.map(|c| format!("{:.2}", row[c].parse::<f64>().expect("a number"))), "{}", &row[0]);
            assert_eq!((f.endoscopic_base().unwrap_or(""), f.global.indicator()), (&row[base], &row[global]), "{}", &row[0]);
            checked += 1;
        }
    }
    // The day before a release the one before answers; before the first, the first.
    let on = |d: Date| sets.procedures.facts("99213", d).map(|f| f.edition.name().to_string());
    assert_eq!(on(date(2024, 6, 30)).as_deref(), Some("RVU24A"));
    assert_eq!(on(date(2024, 7, 1)).as_deref(), Some("RVU24C"));
    assert_eq!(on(date(2023, 1, 1)).as_deref(), Some("RVU23D"));
    assert_eq!(sets.payment.conversion_factor(date(2024, 8, 1)).map(|f| f.dollars), Some(33.2875));
    eprintln!("{checked} fee schedule rows on the first day of their release, all as in the files");
}

#[test]
fn every_official_file_that_is_there_imports_as_it_is() {
    let names = [
        "icd10cm/icd10cm_codes_2016.derived.csv.gz",
        "icd10cm/icd10cm_codes_2019.derived.csv.gz",
        "icd10cm/icd10cm_codes_2024.derived.csv.gz",
        "icd10cm/icd10cm-order-Jan-2021.txt",
        "icd10cm/icd10cm_order_2025.reconstructed.txt",
        "icd10cm/icd10cm-tabular-April-2025.xml",
        "icd10cm/icd10cm_tabular_2021.xml",
        "icd10cm/icd10cm_index_2025.reconstructed.xml",
        "icd10cm/icd-10-cm-eindex-2025.xml",
        "icd10cm/icd-10-cm-neoplasm-2025.xml",
        "icd10cm/icd-10-cm-drug-2025.xml",
        "icd10cm/icd10cm_fy2027_changes.partial.derived.csv",
        "icd10pcs/icd10pcs_order_2024.reconstructed.txt.gz",
        "hcpcs/HCPC2019_CONTR_ANWEB.txt",
        "hcpcs/original/2017-Alpha-Numeric-HCPCS-File.zip",
        "hcpcs/original/2018-Alpha-Numeric-HCPCS-File.zip",
        "hcpcs/original/2019-Alpha-Numeric-HCPCS-File.zip",
        "samples_official_layout/HCPC2026_OCT_ANWEB.excerpt.csv",
        "samples_official_layout/PPRRVU2026_Jul_nonQPP.excerpt.redacted.csv",
        "samples_official_layout/GPCI2026.excerpt.csv",
        "mpfs/gpci_rvu20a.derived.csv",
        "mpfs/gpci_rvu24c.derived.csv",
        "mpfs/pprrvu_rvu20d_oct.derived.csv.gz",
    ];
    let data = Data::new();
    for name in names {
        let Some(path) = official(name) else { return };
        let done = data.import(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        for table in done {
            let m = &table.edition.manifest;
            eprintln!("{name}: {} {} from {}, {} rows", m.kind.id(), m.edition, m.effective, table.rows);
        }
    }
    let sets = data.sets();
    // The imported lists say what the embedded table says, on dates of every year that both have.
    let embedded = &super::sets().icd10cm;
    let mut compared = 0;
    for on in [date(2016, 5, 1), date(2019, 5, 1), date(2021, 5, 1), date(2024, 5, 1), date(2024, 12, 1), date(2026, 5, 1)] {
        for i in embedded.all() {
            let code = embedded.undotted(i);
            assert_eq!(sets.icd10cm.validity(code, on).status, embedded.validity(code, on).status, "{code} {on}");
            compared += 1;
        }
    }
    eprintln!("{compared} answers on ICD-10-CM codes agree with the embedded table");
}
