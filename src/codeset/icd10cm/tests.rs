use std::path::Path;

use jiff::civil::date;

use super::*;

fn table() -> Icd10cm {
    Icd10cm::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets/icd10cm.tbl")).expect("the embedded table opens")
}

#[test]
fn finds_codes_as_people_write_them() {
    let icd = table();
    for text in ["I78.0", "i780", " I780 "] {
        assert_eq!(icd.find(text).map(|i| icd.code(i)).as_deref(), Some("I78.0"), "{text}");
    }
    for text in ["", ".", "I7", "I78.", "Q99.99", "I78.0.0", "I78é", "S52.531AA", "123"] {
        assert_eq!(icd.find(text).map(|i| icd.code(i)), if text == "I78." { Some("I78".into()) } else { None }, "{text}");
    }
}

#[test]
fn tells_billable_codes_from_headers() {
    let icd = table();
    let day = date(2026, 5, 4);
    let status = |code: &str| icd.validity(code, day).status;
    for code in ["I78.0", "R04.0", "E11.65", "S52.531A", "A00.0", "Z00.00", "T36.0X5A", "S00.83XA", "G35.A"] {
        assert_eq!(status(code), IcdStatus::Billable, "{code}");
    }
    for code in ["A00", "E11.6", "S52.531", "S52.53", "S00.83", "G35", "I78"] {
        assert_eq!(status(code), IcdStatus::Header, "{code}");
    }
    for code in ["S52.531X", "Q00.99", "E11.659", "M67.A01"] {
        assert_eq!(status(code), IcdStatus::NotValid, "{code}");
    }
    assert_eq!(icd.billable().count(), 74_719);
}

#[test]
fn answers_by_edition() {
    let icd = table();
    let status = |code: &str, y, m, d| icd.validity(code, date(y, m, d)).status;
    assert_eq!(status("G35", 2025, 9, 30), IcdStatus::Billable);
    assert_eq!(status("G35", 2025, 10, 1), IcdStatus::Header);
    assert_eq!(status("G35.A", 2025, 9, 30), IcdStatus::NotValid);
    assert_eq!(status("G35.A", 2025, 10, 1), IcdStatus::Billable);
    assert_eq!(status("R04.0", 2015, 9, 30), IcdStatus::Undetermined);
    assert_eq!(status("R04.0", 2015, 10, 1), IcdStatus::Billable);
    // COVID-19: not in the list of 2019, in that of January 2021; between them the lists do not tell.
    assert_eq!(status("U07.1", 2020, 6, 1), IcdStatus::Undetermined);
    assert_eq!(status("U07.1", 2021, 1, 1), IcdStatus::Billable);
    assert_eq!(status("U07.1", 2019, 9, 30), IcdStatus::NotValid);
    assert_eq!(status("R04.0", 2017, 6, 1), IcdStatus::Billable);
    // After the newest edition: what is known of the next one, else the newest.
    assert_eq!(status("M72.2", 2026, 9, 30), IcdStatus::Billable);
    assert_eq!(status("M72.2", 2026, 10, 1), IcdStatus::Header);
    assert_eq!(status("M67.A01", 2026, 10, 1), IcdStatus::Billable);
    assert_eq!(status("I78.0", 2026, 10, 1), IcdStatus::Billable);
    assert_eq!(status("Q00.99", 2026, 10, 1), IcdStatus::Undetermined);
    assert!(matches!(icd.validity("I78.0", date(2026, 10, 1)).coverage, Coverage::AfterLast(_)));
    assert!(matches!(icd.validity("I78.0", date(2017, 6, 1)).coverage, Coverage::Between(..)));
}

#[test]
fn composes_titles_and_knows_the_hierarchy() {
    let icd = table();
    let i = |code: &str| icd.find(code).expect(code);
    assert_eq!(icd.title(i("I78.0")), "Hereditary hemorrhagic telangiectasia");
    assert_eq!(icd.title(i("S52.531A")), "Colles' fracture of right radius, initial encounter for closed fracture");
    assert_eq!(icd.parent(i("S52.531A")), Some(i("S52.531")));
    assert_eq!(icd.parent(i("S00.83XA")), Some(i("S00.83")));
    assert_eq!(icd.parent(i("A00")), None);
    let children: Vec<String> = icd.children(i("A00")).map(|c| icd.code(c)).collect();
    assert_eq!(children, ["A00.0", "A00.1", "A00.9"]);
    assert_eq!(icd.chapter(i("I78.0")), Some(9));
    let seventh: String = icd.seventh_characters(i("S52.531")).map(|s| s.character).collect();
    assert_eq!(seventh, "ABCDEFGHJKMNPQRS");
    assert_eq!(icd.seventh_characters(i("I78.0")).count(), 0);
    assert!(icd.inclusion_terms(i("I78.0")).any(|t| t == "Rendu-Osler-Weber disease"));
}

#[test]
fn inherits_notes_and_reads_their_codes() {
    let icd = table();
    let i = |code: &str| icd.find(code).expect(code);
    // Carried by the category E11 and by chapter 4.
    assert!(icd.excludes1(i("E11.65")).any(|n| n.covers("E10.9")));
    assert!(!icd.excludes1(i("E11.65")).any(|n| n.covers("I10")));
    assert!(icd.use_additional(i("E11.65")).any(|n| n.covers("Z79.4")));
    // "(T36-T50 with fifth or sixth character 5)": an adverse effect, not a poisoning.
    let adverse = icd.use_additional(i("R50.2")).find(|n| n.covers("T36.0X5A")).expect("adverse effect note");
    assert!(!adverse.covers("T36.0X1A"));
    // A range follows the tabular order: C7A stands before C76.
    let manifest = icd.code_first(i("F02.80")).any(|n| n.covers("G30.9"));
    assert!(manifest);
    assert!(icd.edits(i("F02.80")).manifestation);
}

#[test]
fn knows_sides_and_edits() {
    let icd = table();
    let i = |code: &str| icd.find(code).expect(code);
    assert_eq!(icd.laterality(i("M17.11")), Some(IcdSide::Right));
    assert_eq!(icd.laterality(i("S52.531A")), Some(IcdSide::Right));
    assert_eq!(icd.laterality(i("M25.569")), Some(IcdSide::Unspecified));
    assert_eq!(icd.laterality(i("I78.0")), None);
    let sides: Vec<(IcdSide, String)> = icd.siblings_by_side(i("M25.561")).into_iter().map(|(s, c)| (s, icd.code(c))).collect();
    assert_eq!(
        sides,
        [(IcdSide::Right, "M25.561".into()), (IcdSide::Left, "M25.562".into()), (IcdSide::Unspecified, "M25.569".into())]
    );
    let sisters: Vec<String> = icd.siblings_by_side(i("S52.531A")).into_iter().map(|(_, c)| icd.code(c)).collect();
    assert_eq!(sisters, ["S52.531A", "S52.532A", "S52.539A"]);
    // No side: one side of the heart, something left behind, a code without a sister.
    for code in ["I50.812", "T81.500A", "K51.50"] {
        assert_eq!(icd.laterality(i(code)), None, "{code}");
    }
    assert_eq!(icd.laterality(i("L97.122")), Some(IcdSide::Left));
    assert_eq!(icd.laterality(i("H60.00")), Some(IcdSide::Unspecified));
    assert_eq!(icd.laterality(i("H66.93")), Some(IcdSide::Bilateral));
    assert_eq!(icd.edits(i("N40.0")).sex, Some(IcdSex::Male));
    assert!(!icd.edits(i("O80")).allows_age(8));
    assert!(icd.edits(i("O80")).allows_age(30));
}

#[test]
fn searches_titles_and_inclusion_terms() {
    let icd = table();
    let best = |words: &str| icd.search(words, 1).first().map(|(i, _)| icd.code(*i));
    assert_eq!(best("epistaxis").as_deref(), Some("R04.0"));
    assert_eq!(best("rendu osler").as_deref(), Some("I78.0"));
    assert_eq!(best(""), None);
    assert_eq!(best("xyzzy"), None);
}
