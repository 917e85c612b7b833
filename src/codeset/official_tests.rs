//! The embedded tables against the official files, both ways. Where the files are absent the tests say so.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::build::official_text;
use super::procedures::Component;
use super::tests::sets;
use super::{day, mue::MueAdjudication};

/// A file of `../shared/data/codesets`, or a visible line that the test is skipped.
fn official(name: &str) -> Option<String> {
    let shared =
        std::env::var_os("SUPERBILL_SHARED").map_or(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data/codesets").join(name);
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(official_text(&path).expect("readable"))
}

/// Rows of a simple CSV without quoted commas before the columns of interest.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|l| l.split(',').collect())
}

fn in_catalogue(code: &str) -> bool {
    sets().procedures.find(code).is_some()
}

#[test]
fn every_ptp_pair_and_no_other() {
    let Some(text) = official("ncci/ncci_ptp_practitioner_2024Q3.derived.csv.gz") else { return };
    let mut pairs: BTreeMap<(&str, &str), Vec<(u32, u8)>> = BTreeMap::new();
    let mut outside = 0usize;
    for row in rows(&text) {
        let deletion = if row[2] == "*" { day::OPEN } else { row[2].parse().expect("a date") };
        if in_catalogue(row[0]) && in_catalogue(row[1]) {
            pairs.entry((row[0], row[1])).or_default().push((deletion, row[3].parse().expect("an indicator")));
        } else {
            outside += 1;
        }
    }
    // Both ways, over the whole table: each row of the file is in the table, and the table has no more.
    let mut checked = 0usize;
    for ((one, two), expected) in &mut pairs {
        let as_row = |e: super::ptp::PtpEdit| (e.deletion.map_or(day::OPEN, day::to_number), e.indicator);
        let mut found: Vec<_> = sets().ptp.rows(one, two).map(as_row).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, *expected, "{one} {two}");
        checked += found.len();
    }
    let dated = official("samples_official_layout/ccipra-v322r0-f1.excerpt.txt");
    let dated = dated.map_or(0, |t| t.lines().filter(|l| l.split('\t').next().is_some_and(|c| c.len() == 5)).count());
    assert_eq!(sets().ptp.len(), checked + dated, "rows in the table that no file has");

    // A random sample by date, pairs of the file and pairs made up: inside, on the last day, after.
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let keys: Vec<(&str, &str)> = pairs.keys().copied().collect();
    let codes: Vec<&str> = keys.iter().map(|k| k.0).collect::<BTreeSet<_>>().into_iter().collect();
    for i in 0..20_000 {
        let (one, two) = match i % 4 {
            0 => (*codes.choose(&mut random).expect("codes"), *codes.choose(&mut random).expect("codes")),
            1 => keys.choose(&mut random).map(|k| (k.1, k.0)).expect("pairs"),
            _ => *keys.choose(&mut random).expect("pairs"),
        };
        let expected = pairs.get(&(one, two)).map(Vec::as_slice).unwrap_or_default();
        let last = expected.first().and_then(|r| day::from_number(r.0));
        let dates = [
            last.unwrap_or(date(2024, 9, 30)),
            last.and_then(|d| d.tomorrow().ok()).unwrap_or(date(2026, 5, 4)),
            date(random.random_range(1996..2027), random.random_range(1..13), random.random_range(1..29)),
        ];
        for on in dates {
            let in_force = |r: &&(u32, u8)| r.1 != 9 && day::to_number(on) <= r.0;
            let wanted = expected.iter().filter(in_force).min().map(|r| r.1);
            assert_eq!(sets().ptp.edit(one, two, on).map(|e| e.indicator), wanted, "{one} {two} {on}");
        }
    }
    eprintln!("compared {checked} rows of {} pairs ({outside} rows outside the catalogue), 20,000 pairs on 3 dates", pairs.len());
}

#[test]
fn dated_pairs_before_inside_and_after() {
    let Some(text) = official("samples_official_layout/ccipra-v322r0-f1.excerpt.txt") else { return };
    let mut checked = 0;
    for row in text.lines().map(|l| l.split('\t').collect::<Vec<_>>()).filter(|r| r[0].len() == 5) {
        let first = day::parse(row[3]).and_then(day::from_number).expect("an effective date");
        let last = day::parse(row[4]).and_then(day::from_number);
        let on = |d: Date| sets().ptp.rows(row[0], row[1]).any(|e| e.effective == Some(first) && e.is_active(d));
        let active = row[5] != "9";
        assert!(!on(first.yesterday().expect("a day")), "{row:?}");
        assert_eq!(on(first), active, "{row:?}");
        assert_eq!(on(last.unwrap_or(date(2026, 9, 30))), active, "{row:?}");
        assert!(!last.is_some_and(|d| on(d.tomorrow().expect("a day"))), "{row:?}");
        checked += 1;
    }
    assert_eq!(checked, 154);
}

#[test]
fn every_unit_and_add_on_edit() {
    let Some(text) = official("ncci/mue_practitioner_2024Q3.derived.csv") else { return };
    let mut checked = 0;
    for row in rows(&text).filter(|r| in_catalogue(r[0])) {
        let found = sets().mue.get(row[0], date(2024, 8, 1)).expect(row[0]);
        let kind = match found.adjudication {
            MueAdjudication::Line => "1",
            MueAdjudication::DateOfServicePolicy => "2",
            MueAdjudication::DateOfServiceClinical => "3",
        };
        assert_eq!((found.value.to_string().as_str(), kind), (row[1], row[2]), "{}", row[0]);
        checked += 1;
    }
    assert_eq!(sets().mue.len(), checked + 44);
    let Some(text) = official("ncci/aoc_addon_code_edits_2024-06-03.derived.csv") else { return };
    let mut pairs = 0;
    for row in rows(&text).filter(|r| in_catalogue(r[1])) {
        let edit = sets().add_ons.get(row[1], date(2024, 8, 1)).expect(row[1]);
        assert!(edit.lists(row[0]), "{row:?}");
        assert_eq!(edit.kind() as usize + 1, row[2].parse::<usize>().expect("a type"), "{row:?}");
        pairs += 1;
    }
    assert_eq!(sets().add_ons.len(), pairs);
    eprintln!("compared {checked} unit edits and {pairs} add-on pairs");
}

#[test]
fn every_fee_schedule_row() {
    let Some(text) = official("mpfs/pprrvu_rvu24c_jul.derived.csv.gz") else { return };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|h| h == name).expect("a column");
    let letters = ["pctc_ind", "mult_proc", "bilat_surg", "asst_surg", "co_surg", "team_surg", "status_code"].map(column);
    let numbers = ["work_rvu", "non_facility_total", "facility_total"].map(column);
    let (base, global) = (column("endo_base"), column("glob_days"));
    let mut checked = 0;
    for row in reader.records() {
        let row = row.expect("a row");
        let Some(i) = sets().procedures.find(&row[0]) else { continue };
        let component = match &row[1] {
            "26" => Component::Professional,
            "TC" => Component::Technical,
            "53" => Component::Discontinued,
            _ => Component::Global,
        };
        let f = sets().procedures.component_facts(i, component, date(2024, 8, 1)).expect(&row[0]);
        let found = [f.pc_tc, f.multiple, f.bilateral, f.assistant, f.co_surgeon, f.team, f.status];
        assert_eq!(found.map(String::from), letters.map(|c| row[c].to_string()), "{} {}", &row[0], &row[1]);
        let found = [f.work_rvu, f.non_facility_rvu, f.facility_rvu].map(|n| format!("{n:.2}"));
        let wanted = numbers.map(|c| format!("{:.2}", row[c].parse::<f64>().expect("a number")));
        assert_eq!(found, wanted, "{} {}", &row[0], &row[1]);
        assert_eq!((f.endoscopic_base().unwrap_or(""), f.global.indicator()), (&row[base], &row[global]), "{}", &row[0]);
        checked += 1;
    }
    assert_eq!(checked, 7950);
    eprintln!("compared {checked} fee schedule rows");
}

#[test]
fn titles_agree_with_the_official_long_titles_of_2025() {
    let Some(text) = official("icd10cm/icd10cm_order_2025.reconstructed.txt") else { return };
    let icd = &sets().icd10cm;
    let (mut same, mut all) = (0, 0);
    for line in text.lines() {
        let (code, title) = (line[6..14].trim(), line[77..].trim());
        let Some(i) = icd.find(code).filter(|i| icd.is_present_latest(*i)) else { continue };
        all += 1;
        same += usize::from(icd.title(i) == title);
    }
    eprintln!("{same} of {all} titles are equal");
    // The rest are letters with accents (Sjögren) and titles revised for 2026.
    assert!(same * 1000 >= all * 997, "{same} of {all}");
}
