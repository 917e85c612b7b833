use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::civil::date;

use super::add_on::AddOnKind;
use super::mue::MueAdjudication;
use super::procedures::{Component, GlobalPeriod, Listed2026, ProcedureValidity};
use super::*;

pub(super) fn embedded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets")
}

pub(super) fn sets() -> &'static CodeSets {
    static SETS: OnceLock<CodeSets> = OnceLock::new();
    SETS.get_or_init(|| CodeSets::open(&embedded()).expect("the embedded tables open"))
}

#[test]
fn embedded_tables_agree_with_their_digests() {
    assert_eq!(CodeSets::verify(&embedded()).ok(), Some(9));
    let tables: Vec<&str> = sets().editions().iter().map(|e| e.table.as_str()).collect();
    for table in ["icd10cm", "procedure-catalogue", "fee-schedule", "ncci-ptp", "ncci-mue", "ncci-add-on", "gpci"] {
        assert!(tables.contains(&table), "{table}");
    }
}

#[test]
fn tells_which_edition_answers() {
    let answer = |table: &str, y, m, d| sets().edition_for(table, date(y, m, d)).map(|(e, reach)| (e.edition.as_str(), reach));
    assert_eq!(answer("ncci-ptp", 2024, 8, 1), Some(("2024Q3", Reach::Within)));
    assert_eq!(answer("ncci-ptp", 2026, 8, 1), Some(("2024Q3", Reach::After)));
    assert_eq!(answer("ncci-ptp", 2020, 8, 1), Some(("2024Q3", Reach::Before)));
    assert_eq!(answer("icd10cm", 2026, 5, 4), Some(("FY2026", Reach::Within)));
    assert_eq!(answer("icd10cm", 2026, 10, 1), Some(("FY2026", Reach::After)));
    assert_eq!(answer("icd10cm", 2017, 6, 1), Some(("FY2016", Reach::After)));
    assert_eq!(answer("no-such-table", 2026, 5, 4), None);
}

#[test]
fn catalogue_knows_codes_and_their_validity() {
    let p = &sets().procedures;
    let day = date(2026, 5, 4);
    for code in ["31231", "99213", "99499", "G0402", "G2211", "G2212", "J1010"] {
        let i = p.find(code).expect(code);
        assert!(!p.descriptor(i).is_empty(), "{code}");
        assert_eq!(p.validity(code, day), ProcedureValidity::Valid, "{code}");
        assert_eq!(p.listed_2026(i), Listed2026::Yes, "{code}");
    }
    // A code outside the catalogue is unknown, never invalid.
    for code in ["00001", "ZZZZZ", "", "9921", "992133", "é9921"] {
        assert_eq!(p.validity(code, day), ProcedureValidity::Unknown, "{code}");
    }
    assert_eq!(p.validity("92921", date(2025, 12, 31)), ProcedureValidity::Valid);
    assert_eq!(p.validity("92921", date(2026, 1, 1)), ProcedureValidity::Deleted(date(2025, 12, 31)));
    assert_eq!(p.validity("92930", date(2025, 12, 31)), ProcedureValidity::NotYet(date(2026, 1, 1)));
    assert_eq!(p.validity("92930", date(2026, 1, 1)), ProcedureValidity::Valid);
    assert_eq!(p.validity("99441", date(2025, 1, 1)), ProcedureValidity::Deleted(date(2024, 12, 31)));
    assert_eq!(p.system(p.find("g0402").expect("G0402")), "hcpcs");
}

#[test]
fn fee_schedule_facts_of_known_codes() {
    let p = &sets().procedures;
    let facts = p.facts("31231", date(2024, 8, 1)).expect("31231");
    assert_eq!((facts.status, facts.global, facts.bilateral, facts.multiple), ('A', GlobalPeriod::Days0, '2', '2'));
    assert_eq!((facts.work_rvu, facts.non_facility_rvu, facts.facility_rvu), (1.1, 5.63, 1.93));
    assert!(facts.same_year);
    assert_eq!(facts.edition.name(), "RVU24C");
    let later = p.facts("31231", date(2026, 5, 4)).expect("31231");
    assert!(!later.same_year);
    assert_eq!(p.facts("31238", date(2024, 8, 1)).and_then(|f| f.endoscopic_base().map(String::from)).as_deref(), Some("31231"));
    let echo = p.find("93306").expect("93306");
    let professional = p.component_facts(echo, Component::Professional, date(2024, 8, 1)).expect("93306-26");
    assert!(professional.work_rvu > 1.0 && professional.non_facility_rvu < 3.0);
    assert_eq!(p.facts("99024", date(2024, 8, 1)).map(|f| f.status), Some('B'));
}

#[test]
fn ncci_answers_by_pair_and_date() {
    let s = sets();
    let day = date(2026, 5, 4);
    let edit = s.ptp.edit("31238", "31231", day).expect("a diagnostic endoscopy is part of the surgical one");
    assert_eq!((edit.indicator, edit.deletion), (0, None));
    assert!(s.ptp.edit("31231", "31238", day).is_none());
    assert_eq!(s.ptp.any("31231", "31238", day).map(|p| (p.column1, p.column2)), Some(("31238", "31231")));
    assert!(s.ptp.any("31231", "31231", day).is_none());
    assert!(s.ptp.any("31231", "nonsense", day).is_none());
    // A row with dates: 2022-01-01 to 2023-12-31, both inclusive.
    let active = |y, m, d| s.ptp.edit("0001A", "0591T", date(y, m, d)).is_some();
    assert_eq!([active(2021, 12, 31), active(2022, 1, 1), active(2023, 12, 31), active(2024, 1, 1)], [false, true, true, false]);
    // Indicator 9 was never in force.
    assert!(s.ptp.rows("0001A", "90473").any(|r| r.indicator == 9));
    assert!(s.ptp.edit("0001A", "90473", date(2022, 1, 1)).is_none());

    assert_eq!(s.mue.get("31231", day).map(|m| m.value), Some(1));
    assert_eq!(s.mue.get("31231", day).map(|m| m.adjudication), Some(MueAdjudication::DateOfServicePolicy));
    assert!(s.mue.get("nonsense", day).is_none());

    let add_on = s.add_ons.get("11103", day).expect("11103 is an add-on code");
    assert!(add_on.lists("11102") && add_on.primaries().any(|c| c == "11102"));
    assert!(!add_on.lists("99213"));
    assert_eq!(add_on.kind(), AddOnKind::Listed);
    assert!(s.add_ons.get("11102", day).is_none());
}

#[test]
fn small_lists() {
    let s = sets();
    assert_eq!(s.place_of_service.get("11").map(|p| p.facility), Some(false));
    assert_eq!(s.place_of_service.get("22").map(|p| p.facility), Some(true));
    assert!(s.place_of_service.get("28").is_none());
    for modifier in ["25", "59", "RT", "XS", "rt"] {
        assert!(s.modifiers.get(modifier).is_some(), "{modifier}");
    }
    assert!(s.modifiers.get("ZZ").is_none());
    let factor = |y, m, d| s.payment.conversion_factor(date(y, m, d)).map(|f| f.dollars);
    assert_eq!((factor(2024, 3, 8), factor(2024, 3, 9)), (Some(32.7442), Some(33.2875)));
    assert_eq!((factor(2026, 5, 4), factor(2030, 1, 1)), (Some(33.4009), None));
    assert_eq!(s.payment.gpci("10112", "00", date(2024, 8, 1)).map(|g| g.practice_expense), Some(0.869));
}

/// Every table cut short, extended, or with one byte changed is refused with an error that names the file.
#[test]
fn damaged_tables_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy_all = || {
        for entry in std::fs::read_dir(embedded()).expect("codesets").flatten().filter(|e| e.path().is_file()) {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
        }
    };
    copy_all();
    CodeSets::open(folder.path()).expect("the copy opens");
    for name in ["icd10cm.tbl", "procedures.tbl", "ncci_ptp.tbl", "ncci_mue.tbl", "ncci_add_on.tbl"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).expect("table");
        let mut cases: Vec<Vec<u8>> = [0, 3, 39, 40, 100, whole.len() / 2, whole.len() - 1].map(|n| whole[..n].to_vec()).to_vec();
        cases.push([&whole[..], b"x"].concat());
        for at in [0, 9, 16, 20, 24, 33, 37, 41, 50, whole.len() / 3, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            cases.push(changed);
        }
        for (i, bytes) in cases.iter().enumerate() {
            std::fs::write(&path, bytes).expect("written");
            let error = CodeSets::open(folder.path()).err().unwrap_or_else(|| panic!("{name}, case {i} opened"));
            assert!(error.to_string().contains(name), "{error}");
        }
        std::fs::write(&path, &whole).expect("restored");
    }
    for name in ["place_of_service.csv", "modifiers.csv", "gpci.csv", "conversion_factors.csv", "editions.json"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).expect("list");
        for bytes in [&b""[..], b"nonsense\n1,2,3\n", b"\xff\xfe\x00", &whole[..20]] {
            std::fs::write(&path, bytes).expect("written");
            let error = CodeSets::open(folder.path()).err().unwrap_or_else(|| panic!("{name} opened"));
            assert!(error.to_string().contains(name), "{error}");
        }
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(CodeSets::open(folder.path()), Err(CodesetError::Io { .. })), "{name}");
        std::fs::write(&path, &whole).expect("restored");
    }
}

/// A file with a right checksum and wrong content (not sorted, out of range) is refused too.
#[test]
fn well_formed_nonsense_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ncci_ptp.tbl");
    let build = |codes: &[[u8; 5]], starts: &[u32], column2: &[u16], terms: &[u8], list: &[ptp_table::TermsRecord]| {
        let mut table = table_file::TableWriter::new(ptp_table::KIND, ptp_table::VERSION);
        table.add("codes", codes);
        table.add("starts", starts);
        table.add("column2", column2);
        table.add("terms", terms);
        table.add("termlist", list);
        table.write(&path).expect("written");
        Ptp::open(&path)
    };
    let list = [ptp_table::TermsRecord { effective: 0, deletion: u32::MAX, indicator: 1 }];
    let codes = [*b"10000", *b"20000"];
    let good = build(&codes, &[0, 1, 1], &[1], &[0], &list).expect("a small table opens");
    assert!(good.edit("10000", "20000", date(2026, 1, 1)).is_some());
    assert!(build(&[*b"20000", *b"10000"], &[0, 1, 1], &[1], &[0], &list).is_err(), "codes out of order");
    assert!(build(&codes, &[0, 1, 1], &[2], &[0], &list).is_err(), "column 2 out of range");
    assert!(build(&codes, &[0, 1, 1], &[1], &[1], &list).is_err(), "terms out of range");
    assert!(build(&codes, &[0, 2, 1], &[1], &[0], &list).is_err(), "starts out of order");
    assert!(build(&codes, &[0, 1], &[1], &[0], &list).is_err(), "a start too few");
    assert!(build(&codes, &[0, 1, 1], &[1], &[], &list).is_err(), "a column too short");
    assert!(build(&codes, &[0, 2, 2], &[1, 0], &[0, 0], &list).is_err(), "a run out of order");
}

/// Tables changed at random, with a checksum that fits: each is refused or answers without a panic.
#[test]
fn random_damage_never_panics() {
    use rand::{Rng, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["icd10cm.tbl", "procedures.tbl", "ncci_ptp.tbl", "ncci_mue.tbl", "ncci_add_on.tbl"] {
        let path = folder.path().join(name);
        let mut whole = std::fs::read(embedded().join(name)).expect("table");
        if !whole.starts_with(b"SBTABLE1") {
            whole = table_file::unpacked(&path, &whole).expect("a packed table");
        }
        let mut opened = 0;
        for round in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 4 {
                // Half of the changes hit the list of sections.
                let at = if random.random() { random.random_range(40..700) } else { random.random_range(40..bytes.len()) };
                bytes[at] = random.random();
            }
            let mut checksum = flate2::Crc::new();
            checksum.update(&bytes[40..]);
            bytes[32..36].copy_from_slice(&checksum.sum().to_le_bytes());
            std::fs::write(&path, &bytes).expect("written");
            opened += usize::from(exercise(name, &path));
        }
        eprintln!("{name}: {opened} of 40 changed tables open");
    }
}

/// Opens a table and asks it many things; false where it is refused.
fn exercise(name: &str, path: &Path) -> bool {
    let day = date(2026, 5, 4);
    let codes = ["31231", "31238", "99213", "11103", "G0402", "0001A"];
    match name {
        "icd10cm.tbl" => Icd10cm::open(path).is_ok_and(|icd| {
            for i in icd.all().step_by(997) {
                let _ = (icd.title(i), icd.parent(i), icd.validity_of(Some(i), day), icd.section_title(i), icd.edits(i));
                let _ = (icd.children(i).count(), icd.seventh_characters(i).count(), icd.siblings_by_side(i));
                let _ = icd.excludes1(i).chain(icd.code_first(i)).filter(|n| n.covers("E11.65")).count();
                let _ = (icd.inclusion_terms(i).count(), icd.billable_period(i));
            }
            true
        }),
        "procedures.tbl" => Procedures::open(path).is_ok_and(|p| {
            for i in p.all() {
                let _ = (p.descriptor(i), p.valid_period(i), p.hospital_status(i), p.validity(p.code(i), day));
                let _ = p.facts(p.code(i), day).map(|f| f.endoscopic_base().map(str::len));
            }
            true
        }),
        "ncci_ptp.tbl" => Ptp::open(path).is_ok_and(|p| {
            codes.iter().flat_map(|a| codes.iter().map(move |b| (a, b))).for_each(|(a, b)| {
                let _ = (p.any(a, b, day), p.rows(a, b).count());
            });
            true
        }),
        "ncci_mue.tbl" => MueTable::open(path).is_ok_and(|t| codes.iter().all(|c| t.get(c, day).is_none_or(|_| true))),
        _ => AddOnTable::open(path)
            .is_ok_and(|t| codes.iter().all(|c| t.get(c, date(2026, 5, 4)).is_none_or(|a| a.primaries().count() < 10_000))),
    }
}
