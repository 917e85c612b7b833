//! Damaged and hostile files: refused with what is wrong, and the store as it was.
use super::super::form::Form;
use super::*;

/// Refuses a file, checks what the error says, and that nothing changed.
fn refused(data: &Data, name: &str, bytes: impl AsRef<[u8]>, says: &[&str]) {
    let before = data.stored();
    let error = data.import(&data.file(name, bytes)).expect_err(name).to_string();
    for words in says {
        assert!(error.contains(words), "{name}: {error}");
    }
    assert!(error.contains("nothing of this file was imported"), "{error}");
    assert_eq!(data.stored(), before, "{name}");
}

fn with_an_edition() -> Data {
    let data = Data::new();
    let (name, bytes) = samples::of(Form::Ptp);
    data.import(&data.file(name, bytes)).expect("imports");
    data
}

const PAIRS: &str = "column1,column2,deletion_date,modifier_indicator\n";

#[test]
fn rows_name_their_place_and_what_was_expected() {
    let data = with_an_edition();
    let rows = format!("{PAIRS}31238,31231,*,0\n3123,31231,*,0\n31254,31231,2024-13-01,0\n31255,31231,*,7\n");
    let says =
        ["3 places", "row 3, column column1", "row 4, column deletion_date", "row 5, column modifier_indicator", "found `7`"];
    refused(&data, "pairs_2026Q3.csv", rows, &says);
    refused(&data, "pairs_2026Q3.csv", format!("{PAIRS}31238,31231,*\n"), &["row 2", "4 columns", "3 columns"]);
    refused(&data, "pairs_2026Q3.csv", format!("{PAIRS}31238,31231,*,0,x,y\n"), &["row 2", "4 columns", "6 columns"]);
    let many: String = (0..1000).map(|_| "x,y,*,0\n").collect();
    refused(&data, "pairs_2026Q3.csv", format!("{PAIRS}{many}"), &["and more"]);
}

#[test]
fn wrong_columns() {
    let data = with_an_edition();
    refused(
        &data,
        "pairs_2026Q3.csv",
        "column1,column2,modifier_indicator\n31238,31231,0\n",
        &["lacks the column deletion_date"],
    );
    refused(&data, "mue_2026Q3.csv", "hcpcs_code,mue_units\n31231,1\n", &["lacks the column mue_mai"]);
    refused(&data, "x_2026Q3.csv", "a,b,c\n1,2,3\n", &["not a table that is known"]);
    refused(&data, "pairs_2026Q3.csv", PAIRS, &["it has no rows"]);
    let (name, bytes) = samples::of(Form::FeeSchedule);
    let text = String::from_utf8(bytes).expect("text");
    refused(&data, name, text.replace("HCPCS,MOD,DESCRIPTION,CODE", "HCPCS,MOD,DESCRIPTION,EXTRA,CODE"), &["header"]);
}

#[test]
fn rows_that_stand_twice() {
    let data = with_an_edition();
    refused(
        &data,
        "pairs_2026Q3.csv",
        format!("{PAIRS}31238,31231,*,0\n31254,31231,*,0\n31238,31231,*,0\n"),
        &["row 4", "first in row 2", "3123831231"],
    );
    refused(&data, "mue_2026Q3.csv", "hcpcs_code,mue_units,mue_mai\n31231,1,2\n31231,2,2\n", &["row 3", "first in row 2"]);
    let order = samples::order(&[("I10", 1, "Hypertension"), ("I10", 1, "Hypertension")]);
    refused(&data, "icd10cm-order-2027.txt", order, &["row 2", "each code once"]);
    let billable = samples::order(&[("M722", 1, "Fibromatosis"), ("M7220", 1, "Fibromatosis of foot")]);
    refused(&data, "icd10cm-order-2027.txt", billable, &["0 for a code that has longer codes below it"]);
}

#[test]
fn huge_fields_and_unclosed_quotes() {
    let data = with_an_edition();
    let long = "9".repeat(40_000);
    refused(&data, "pairs_2026Q3.csv", format!("{PAIRS}31238,{long},*,0\n"), &["at most 32,767 characters"]);
    let open = format!("{PAIRS}31238,\"31231,*,0\n{}", "31254,31231,*,0\n".repeat(200_000));
    refused(&data, "pairs_2026Q3.csv", open, &["row longer than 1 MB"]);
    let line = format!("00001 A00     0 {}", "x".repeat(3 << 20));
    refused(&data, "icd10cm-order-2027.txt", line, &["row longer than 1 MB"]);
}

#[test]
fn bytes_that_are_not_utf_8() {
    let data = with_an_edition();
    let mut bytes = b"code,billable,long_desc\nM350,True,Sj".to_vec();
    bytes.extend(b"\xf6gren syndrome\n");
    refused(&data, "icd10cm_codes_2027.csv", &bytes, &["row 2", "not UTF-8", "--encoding windows-1252"]);
    let options = ImportOptions { encoding: TextEncoding::Windows1252, ..Default::default() };
    data.import_with(&data.file("icd10cm_codes_2027.csv", &bytes), &options).expect("converted");
    let sets = data.sets();
    let index = sets.icd10cm.find("M35.0").expect("known");
    assert!(sets.icd10cm.editions().len() > 5 && !sets.icd10cm.title(index).is_empty());
}

#[test]
fn files_cut_short() {
    let data = with_an_edition();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let rows: String = (10_000..30_000).map(|n| format!("{n},31231,*,0\n")).collect();
    packed.write_all(format!("{PAIRS}{rows}").as_bytes()).expect("packed");
    let packed = packed.finish().expect("whole");
    refused(&data, "pairs_2026Q3.csv.gz", &packed[..packed.len() / 2], &["cut short"]);
    let archive = zip_of(&[("pairs_2026Q3.csv", format!("{PAIRS}{rows}").as_bytes())]);
    refused(&data, "pairs_2026Q3.zip", &archive[..archive.len() / 2], &["not a readable zip archive"]);
    let mut damaged = archive.clone();
    damaged[200] ^= 0x55;
    damaged[400] ^= 0x55;
    refused(&data, "pairs_2026Q3.zip", &damaged, &[]);
    let (name, xml) = samples::of(Form::Icd10cmTabular);
    refused(&data, name, &xml[..xml.len() / 2], &["XML"]);
    let (name, xml) = samples::of(Form::Icd10cmIndex);
    refused(&data, name, &xml[..xml.len() - 30], &["XML"]);
    refused(&data, "empty_2026Q3.csv", b"", &["empty"]);
    refused(&data, "pairs_2026Q3.csv", format!("{PAIRS}31238,31231,*,0\n31254,312"), &["row 3"]);
}

#[test]
fn archives_that_lead_out_or_never_end() {
    let data = with_an_edition();
    let pairs = format!("{PAIRS}31238,31231,*,0\n");
    for name in ["../../pairs_2026Q3.csv", "a/../../../pairs_2026Q3.csv"] {
        refused(&data, "pairs_2026Q3.zip", zip_of(&[(name, pairs.as_bytes())]), &["leads out of it"]);
    }
    let zeros = vec![b' '; 64 << 20];
    refused(&data, "pairs_2026Q3.zip", zip_of(&[("pairs_2026Q3.csv", &zeros)]), &[]);
    let mut bomb = PAIRS.as_bytes().to_vec();
    bomb.extend("31238,31231,*,0\n".repeat(3 << 20).into_bytes());
    refused(&data, "pairs_2026Q3.zip", zip_of(&[("pairs_2026Q3.csv", &bomb)]), &["no official table does"]);
    let many: Vec<(String, &[u8])> = (0..501).map(|i| (format!("{i}.txt"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    refused(&data, "pairs_2026Q3.zip", zip_of(&many), &["more than 500 files"]);
    refused(&data, "pairs_2026Q3.zip", zip_of(&[("readme.md", b"nothing")]), &["not a table that is known"]);
}

#[test]
fn workbooks_with_formulas_or_damage() {
    let data = with_an_edition();
    let book = workbook_of(&[&["hcpcs_code", "mue_units", "mue_mai"], &["31231", "=1+1", "2"]]);
    refused(&data, "mue_2026Q3.xlsx", &book, &["row 2, column 2", "formula"]);
    refused(&data, "mue_2026Q3.xlsx", &book[..book.len() / 2], &["not a readable workbook"]);
    refused(&data, "mue_2026Q3.xls", b"\xd0\xcf\x11\xe0rest of an old workbook", &["old .xls"]);
    refused(&data, "mue_2026Q3.csv", b"%PDF-1.7 something", &["PDF"]);
}

#[test]
fn xml_that_is_hostile() {
    let data = with_an_edition();
    let head = "<?xml version=\"1.0\"?><ICD10CM.tabular><version>2027</version>";
    let deep = format!("{head}{}", "<diag>".repeat(100_000));
    refused(&data, "icd10cm-tabular-2027.xml", deep, &["deep"]);
    let laughs =
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><ICD10CM.tabular><version>2027</version><chapter><section><diag><name>A00</name><desc>&b;&b;</desc></diag></section></chapter></ICD10CM.tabular>".to_owned();
    // Entities of the document's own are not expanded: the title is empty.
    refused(&data, "icd10cm-tabular-2027.xml", laughs, &["a title"]);
    let twice = format!(
        "{head}<chapter><section><diag><name>A00</name><desc>x</desc></diag><diag><name>A00</name><desc>x</desc></diag></section></chapter></ICD10CM.tabular>"
    );
    refused(&data, "icd10cm-tabular-2027.xml", twice, &["each code once"]);
    let wrong = format!(
        "{head}<chapter><section>\n<diag><name>AAAA0000</name><desc>x</desc></diag></section></chapter></ICD10CM.tabular>"
    );
    refused(&data, "icd10cm-tabular-2027.xml", wrong, &["row 2", "an ICD-10-CM code"]);
}

#[test]
fn tables_of_other_settings() {
    let data = with_an_edition();
    refused(&data, "ccioph-v322r0-f1.txt", samples::of(Form::Ptp).1, &["practitioner table"]);
    refused(&data, "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv", samples::of(Form::Mue).1, &["practitioner table"]);
    let rows = "hcpcs_code,mue_units,mue_mai,mue_rationale,mue_service\n31231,1,2,x,Outpatient Hospital\n";
    refused(&data, "mue_2026Q3.csv", rows, &["Practitioner"]);
}

#[test]
fn a_damaged_store_is_a_message() {
    let data = with_an_edition();
    let edition = &Store::of_data(data.path()).editions().expect("readable")[0];
    let table = edition.path(edition.manifest.main());
    let bytes = std::fs::read(&table).expect("readable");
    std::fs::write(&table, &bytes[..bytes.len() - 3]).expect("written");
    let error = CodeSets::open_with(&embedded(), Some(data.path())).err().expect("refused").to_string();
    assert!(error.contains("cut short"), "{error}");
    assert!(Store::of_data(data.path()).verify().is_err());
    std::fs::write(edition.folder.join("manifest.json"), b"{}").expect("written");
    let error = CodeSets::open_with(&embedded(), Some(data.path())).err().expect("refused").to_string();
    assert!(error.contains("manifest"), "{error}");
}

#[test]
fn rows_in_fixed_columns_name_their_place() {
    let data = with_an_edition();
    let fees = samples::fees_fixed();
    let name = "PPRRVU2025_Oct.txt";
    let global = fees.replace("1XXX.00", "1XYX.00");
    refused(&data, name, global, &["row 5, column glob_days", "XXX", "`XYX`"]);
    refused(&data, name, fees.replace("  1.95", "  1,95"), &["row 3, column facility_total", "relative value units"]);
    let end = |line: &str| if line.starts_with("31238") { 110 } else { line.len() };
    let short: String = fees.lines().map(|line| format!("{}\n", &line[..end(line)])).collect();
    refused(&data, name, short, &["row 4", "a line in fixed columns"]);
    let twice = format!("{fees}{}", fees.lines().nth(2).unwrap_or(""));
    refused(&data, name, twice, &["each code and modifier once (first in row 3)"]);
    let (name, pairs) = samples::of(Form::AddOnFixed);
    let pairs = String::from_utf8(pairs).expect("text");
    refused(&data, name, pairs.replace("111103", "411103"), &["row 3, column type (1)", "type 1, 2 or 3"]);
    refused(&data, name, pairs.replace("2025365", "2025367"), &["row 4, column last day (33", "a date"]);
}
