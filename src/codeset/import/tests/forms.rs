//! What an imported edition of each form makes the tables answer.
use jiff::civil::date;

use super::super::form::Form;
use super::*;
use crate::codeset::icd10cm::{IcdStatus, NoteKind};
use crate::codeset::procedures::{Component, ProcedureValidity};
use crate::codeset::{Kind, Reach};

fn import_sample(data: &Data, form: Form) -> Vec<Imported> {
    let (name, bytes) = samples::of(form);
    data.import(&data.file(name, bytes)).unwrap_or_else(|e| panic!("{form:?}: {e}"))
}

#[test]
fn every_form_is_told_and_imported_from_its_own_name() {
    for form in Form::ALL {
        let data = Data::new();
        let (name, bytes) = samples::of(form);
        let head = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(form::of_text(name, &head), Some(form), "{name}");
        let options = match form {
            Form::Coverage => ImportOptions { effective: Some(date(2026, 7, 1)), ..Default::default() },
            _ => ImportOptions::default(),
        };
        let done = data.import_with(&data.file(name, &bytes), &options).unwrap_or_else(|e| panic!("{form:?}: {e}"));
        assert_eq!(done.len(), 1, "{form:?}");
        let sets = data.sets();
        let listed = sets.editions().iter().filter(|e| e.imported).count();
        assert_eq!(listed, 1, "{form:?}");
        assert_eq!(Store::of_data(data.path()).verify().ok(), Some(1), "{form:?}");
    }
}

#[test]
fn pairs_replace_the_embedded_table_and_carry_their_own_dates() {
    let data = Data::new();
    let done = import_sample(&data, Form::Ptp);
    assert!(done[0].warnings.iter().any(|w| w.contains("only the parts f1")), "{:?}", done[0].warnings);
    assert_eq!(done[0].edition.manifest.edition, "2026Q3");
    let sets = data.sets();
    let indicator = |one: &str, two: &str, y, m, d| sets.ptp.edit(one, two, date(y, m, d)).map(|e| e.indicator);
    assert_eq!(indicator("31238", "31231", 1990, 1, 1), Some(0), "in existence before 1996");
    assert_eq!(indicator("31254", "31231", 2014, 12, 31), None);
    assert_eq!(indicator("31254", "31231", 2025, 12, 31), Some(1), "the last day counts");
    assert_eq!(indicator("31254", "31231", 2026, 1, 1), Some(0));
    assert_eq!(indicator("0001A", "90473", 2022, 1, 1), None, "indicator 9");
    assert_eq!(sets.ptp.len(), 4, "nothing of the embedded table is left");
    assert!(sets.editions().iter().all(|e| e.table != "ncci-ptp" || e.imported));
    // A second part comes in a command of its own.
    let second = "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\n99213\t99214\t\t20200101\t*\t1\n";
    let done = data.text("ccipra-v322r0-f2.txt", second).expect("a second part");
    assert_eq!(done[0].edition.manifest.parts.len(), 2);
    let sets = data.sets();
    assert_eq!(sets.ptp.len(), 5);
    assert!(sets.ptp.edit("99213", "99214", date(2026, 1, 1)).is_some());
    assert!(sets.ptp.edit("31238", "31231", date(2026, 1, 1)).is_some());
}

#[test]
fn a_row_without_a_first_day_counts_before_its_edition_only_where_an_older_one_has_it() {
    let data = Data::new();
    let plain = |rows: &str| format!("column1,column2,deletion_date,modifier_indicator\n{rows}");
    data.text("pairs_2024Q3.csv", &plain("31238,31231,*,0\n")).expect("imports");
    data.text("pairs_2025Q1.csv", &plain("31238,31231,*,0\n31254,31231,*,1\n")).expect("imports");
    let ptp = data.sets().ptp;
    assert!(ptp.edit("31238", "31231", date(2024, 8, 1)).is_some());
    assert!(ptp.edit("31254", "31231", date(2024, 8, 1)).is_none(), "new in 2025");
    assert!(ptp.edit("31254", "31231", date(2025, 2, 1)).is_some());
}

#[test]
fn units_and_add_ons_answer_by_date() {
    let data = Data::new();
    import_sample(&data, Form::Mue);
    data.text("mue_practitioner_2026Q1.csv", "hcpcs_code,mue_units,mue_mai\n31231,3,3\n").expect("an older edition");
    import_sample(&data, Form::AddOn);
    let sets = data.sets();
    let most = |y, m, d| sets.mue.get("31231", date(y, m, d)).map(|mue| mue.value);
    assert_eq!((most(2026, 7, 1), most(2026, 6, 30), most(2025, 1, 1)), (Some(1), Some(3), Some(3)));
    assert!(sets.mue.get("J1100", date(2026, 2, 1)).is_none(), "the edition in force does not list it");
    let add_on = sets.add_ons.get("11103", date(2025, 12, 31)).expect("an add-on");
    assert!(add_on.lists("11104") && add_on.lists("11102"));
    let later = sets.add_ons.get("11103", date(2026, 1, 1)).expect("an add-on");
    assert!(!later.lists("11104") && later.lists("11102"));
    assert!(sets.add_ons.get("11103", date(2018, 12, 31)).is_none());
    assert!(sets.add_ons.get("0054T", date(2026, 1, 1)).expect("an add-on").is_open());
    let listed: Vec<_> =
        sets.editions().iter().filter(|e| e.table == "ncci-mue").map(|e| (e.edition.as_str(), e.through)).collect();
    assert_eq!(listed, [("2026Q1", Some(date(2026, 3, 31))), ("2026Q3", Some(date(2026, 9, 30)))]);
    assert_eq!(
        sets.edition_for("ncci-mue", date(2026, 5, 4)).map(|(e, r)| (e.edition.as_str(), r)),
        Some(("2026Q1", Reach::After))
    );
}

#[test]
fn fees_bring_their_conversion_factor() {
    let data = Data::new();
    import_sample(&data, Form::FeeSchedule);
    let (_, bytes) = samples::of(Form::FeeSchedule);
    let qualifying = String::from_utf8(bytes).expect("text").replace("33.4009", "33.5675");
    data.text("PPRRVU2026_Jul_QPP.csv", &qualifying).expect("the other file of the release");
    import_sample(&data, Form::Gpci);
    let sets = data.sets();
    let on = date(2026, 8, 1);
    let facts = sets.procedures.facts("31238", on).expect("31238");
    assert_eq!((facts.work_rvu, facts.facility_rvu, facts.endoscopic_base()), (2.6, 4.15, Some("31231")));
    assert_eq!((facts.edition.name(), facts.same_year), ("RVU26C", true));
    assert!(sets.procedures.facts("99213", on).is_none(), "the embedded edition is replaced entirely");
    let technical = sets.procedures.component_facts_of("93306", Component::Technical, on).expect("93306-TC");
    assert!(technical.facility_na);
    let factor = sets.payment.conversion_factor(on).expect("a factor");
    assert_eq!((factor.dollars, factor.apm_dollars), (33.4009, 33.5675));
    assert!(sets.payment.conversion_factor(date(2023, 5, 1)).is_some(), "earlier factors stay");
    assert_eq!(sets.payment.gpci("02102", "01", on).map(|g| g.work), Some(1.5));
}

#[test]
fn diagnoses_are_added_to_what_is_known() {
    let data = Data::new();
    import_sample(&data, Form::Icd10cmOrder);
    let sets = data.sets();
    let status = |code: &str, y, m, d| sets.icd10cm.validity(code, date(y, m, d)).status;
    assert_eq!(status("M67.A01", 2026, 10, 1), IcdStatus::Billable);
    assert_eq!(status("M67.A01", 2026, 9, 30), IcdStatus::NotValid);
    assert_eq!(status("M72.2", 2026, 10, 1), IcdStatus::Header);
    assert_eq!(status("M72.2", 2026, 9, 30), IcdStatus::Billable);
    // Its list is complete: what it does not have is not valid in its year, and earlier years are as before.
    assert_eq!(status("I10", 2026, 10, 1), IcdStatus::NotValid);
    assert_eq!(status("I10", 2026, 5, 4), IcdStatus::Billable);
    let index = sets.icd10cm.find("M67.A01").expect("known");
    assert_eq!(sets.icd10cm.title(index), "Plantar fasciitis, right foot");
    let hypertension = sets.icd10cm.find("I10").expect("known");
    let notes = |icd: &Icd10cm, i| icd.notes(i, NoteKind::UseAdditional).map(|n| n.text.to_string()).collect::<Vec<_>>();
    let before = super::sets().icd10cm.find("I10").expect("known");
    assert_eq!(notes(&sets.icd10cm, hypertension), notes(&super::sets().icd10cm, before), "notes of the tabular list stay");
}

#[test]
fn an_april_update_ends_the_edition_before_it() {
    let data = Data::new();
    let order = samples::order(&[("I10", 1, "Essential (primary) hypertension"), ("U999", 1, "A code new in April")]);
    data.text("icd10cm-order-April-1-2026.txt", &order).expect("imports");
    let sets = data.sets();
    let status = |code: &str, y, m, d| sets.icd10cm.validity(code, date(y, m, d)).status;
    assert_eq!((status("U99.9", 2026, 3, 31), status("U99.9", 2026, 4, 1)), (IcdStatus::NotValid, IcdStatus::Billable));
    assert_eq!((status("E11.9", 2026, 3, 31), status("E11.9", 2026, 4, 1)), (IcdStatus::Billable, IcdStatus::NotValid));
    let through = sets.editions().iter().find(|e| e.edition == "FY2026").and_then(|e| e.through);
    assert_eq!(through, Some(date(2026, 3, 31)));
}

#[test]
fn changes_are_applied_to_the_edition_before() {
    for form in [Form::Icd10cmChanges, Form::Icd10cmAddenda] {
        let data = Data::new();
        import_sample(&data, form);
        let sets = data.sets();
        let status = |code: &str| sets.icd10cm.validity(code, date(2026, 10, 1)).status;
        assert_eq!(status("M67.A01"), IcdStatus::Billable, "{form:?}");
        assert_eq!(status("M72.2"), IcdStatus::Header, "{form:?}");
        assert_eq!(status("I10"), IcdStatus::Billable, "{form:?}");
    }
}

#[test]
fn a_newer_tabular_list_brings_its_notes() {
    let data = Data::new();
    import_sample(&data, Form::Icd10cmTabular);
    let sets = data.sets();
    let icd = &sets.icd10cm;
    let index = icd.find("M67.A02").expect("known");
    assert_eq!(icd.title(index), "Plantar fasciitis, left foot & more");
    assert_eq!(icd.chapter_title(icd.chapter(index).unwrap_or(0)), Some("Diseases of the musculoskeletal system"));
    let category = icd.find("M67").expect("known");
    assert!(icd.notes(category, NoteKind::Excludes1).any(|n| n.text.contains("xanthomatosis")));
    let fracture = icd.find("S92.9XXA").expect("7th characters are spelled out");
    assert!(icd.title(fracture).ends_with("initial encounter"));
    assert_eq!(icd.validity("S92.9XXA", date(2026, 12, 1)).status, IcdStatus::Billable);
    let old = icd.find("I10").expect("codes of earlier editions stay");
    assert!(icd.title(old).contains("hypertension"));
}

#[test]
fn hcpcs_knows_first_and_last_days() {
    for form in [Form::HcpcsFixed, Form::HcpcsTable] {
        let data = Data::new();
        import_sample(&data, form);
        let sets = data.sets();
        let validity = |code: &str, y, m, d| sets.procedures.validity(code, date(y, m, d));
        assert_eq!(validity("A0021", 2026, 11, 1), ProcedureValidity::Valid, "{form:?}");
        assert_eq!(validity("Q9999", 2026, 11, 1), ProcedureValidity::Deleted(date(2025, 12, 31)), "{form:?}");
        assert_eq!(validity("D0120", 2026, 11, 1), ProcedureValidity::Unknown, "dental codes are not kept");
        let table = sets.procedures.hcpcs(date(2026, 11, 1)).expect("imported");
        assert!(table.description("A0021").is_some_and(|d| d.starts_with("Ambulance service outside state") && d.len() > 35));
        assert_eq!(table.modifiers().next(), Some(("A1", "Dressing for one wound")));
        let found = crate::codeset::lookup::find(&sets, "A0021", None, Some(date(2026, 11, 1)), 3);
        assert_eq!((found[0].system, found[0].billable), ("hcpcs", Some(true)), "{form:?}");
    }
}

#[test]
fn small_lists_are_read_when_asked() {
    let data = Data::new();
    for form in [Form::Icd10pcsOrder, Form::Icd10cmIndex, Form::AdjustmentCodes, Form::Taxonomy, Form::CptDescriptors] {
        import_sample(&data, form);
    }
    import_sample(&data, Form::PlaceOfService);
    let (name, bytes) = samples::of(Form::Coverage);
    let options = ImportOptions { effective: Some(date(2026, 7, 1)), ..Default::default() };
    data.import_with(&data.file(name, bytes), &options).expect("coverage");
    let sets = data.sets();
    let on = date(2026, 8, 1);
    assert_eq!(sets.lists.icd10pcs(on).ok().flatten().map(|codes| codes.len()), Some(2));
    let terms = sets.lists.index().expect("readable");
    assert!(terms.iter().any(|t| t.term == "Abdomen, abdominal, acute" && t.code == "R10.0"), "{terms:?}");
    let found = crate::codeset::lookup::find(&sets, "abdomen acute", None, None, 3);
    assert!(found.iter().any(|f| f.code == "R10.0"), "terms of the index are searched: {found:?}");
    assert_eq!(sets.lists.adjustment_code("CARC", "D1", on).ok(), Some(Some(false)));
    assert_eq!(sets.lists.adjustment_code("CARC", "45", on).ok(), Some(Some(true)));
    assert_eq!(sets.lists.taxonomy("207YS0123X").ok().flatten(), Some("Otolaryngology, Facial Plastic Surgery"));
    assert_eq!(sets.lists.cpt_descriptor("99213").ok().flatten(), Some("Our words for a visit"));
    assert_eq!(sets.place_of_service.iter().count(), 2);
    let article = sets.coverage.articles("93306", on).next().expect("an article");
    assert_eq!(article.covers("93306", "I340", on), Some(true));
    assert_eq!(article.covers("93306", "I350", on), Some(false), "ended");
    assert_eq!(article.covers("93306", "Z0000", on), Some(false));
}

#[test]
fn an_archive_is_one_transaction_and_takes_text_before_workbook() {
    let data = Data::new();
    let (fees, fee_bytes) = samples::of(Form::FeeSchedule);
    let (indices, index_bytes) = samples::of(Form::Gpci);
    let files: [(&str, &[u8]); 4] =
        [(fees, &fee_bytes), (indices, &index_bytes), ("PPRRVU2026_Jul_nonQPP.xlsx", b"never read"), ("README.pdf", b"%PDF")];
    let done = data.import(&data.file("rvu26c.zip", zip_of(&files))).expect("imports");
    assert_eq!(done.iter().map(|d| d.edition.manifest.kind).collect::<Vec<_>>(), [Kind::FeeSchedule, Kind::Gpci]);
    assert_eq!(done[0].source, "rvu26c.zip/PPRRVU2026_Jul_nonQPP.csv");
    let before = data.stored();
    let broken = String::from_utf8(index_bytes).expect("text").replace("1.500", "high");
    let files: [(&str, &[u8]); 2] = [(fees, &fee_bytes), (indices, broken.as_bytes())];
    let error = data.import(&data.file("rvu26c.zip", zip_of(&files))).expect_err("refused").to_string();
    assert!(error.contains("row 5") && error.contains("`high`"), "{error}");
    assert_eq!(data.stored(), before);
}

#[test]
fn a_workbook_is_read_as_the_text_is() {
    let data = Data::new();
    let book = workbook_of(&[
        &["Column 1", "Column 2", "*=in existence prior to 1996", "Effective Date", "Deletion Date *=no data", "Modifier"],
        &["31238", "31231", "", "20200101", "*", "0"],
    ]);
    data.import(&data.file("ccipra-v322r0-f1.xlsx", book)).expect("imports");
    assert!(data.sets().ptp.edit("31238", "31231", date(2026, 8, 1)).is_some());
}

#[test]
fn editions_are_asked_for_where_nothing_tells() {
    let data = Data::new();
    let text = "column1,column2,deletion_date,modifier_indicator\n31238,31231,*,0\n";
    let file = data.file("pairs.csv", text);
    let error = data.import(&file).expect_err("no edition").to_string();
    assert!(error.contains("--edition") && error.contains("--effective"), "{error}");
    let only = |edition: &str| ImportOptions { edition: Some(edition.into()), ..Default::default() };
    let error = data.import_with(&file, &only("ours")).expect_err("no first day").to_string();
    assert!(error.contains("--effective"), "{error}");
    let error = data.import_with(&file, &only("../../up")).expect_err("no name").to_string();
    assert!(error.contains("cannot name an edition"), "{error}");
    assert!(data.stored().is_empty());
    let done = data.import_with(&file, &only("2025Q1")).expect("the edition tells its first day");
    assert_eq!(done[0].edition.manifest.effective, date(2025, 1, 1));
    let both = ImportOptions { effective: Some(date(2025, 2, 1)), ..only("ours") };
    assert_eq!(data.import_with(&file, &both).expect("imports")[0].edition.manifest.edition, "ours");
}

/// The same table as text in fixed columns says what the one with a header says.
#[test]
fn text_in_fixed_columns_is_read() {
    let data = Data::new();
    let done = import_sample(&data, Form::FeeScheduleFixed);
    assert_eq!((done[0].rows, done[0].edition.manifest.edition.as_str()), (4, "RVU25D"));
    import_sample(&data, Form::AddOnFixed);
    let sets = data.sets();
    let on = date(2025, 11, 1);
    let fee = sets.procedures.facts("31238", on).expect("a row");
    assert_eq!((fee.work_rvu, fee.non_facility_rvu, fee.facility_rvu), (2.6, 6.95, 4.15));
    assert_eq!((fee.global.indicator(), fee.multiple, fee.bilateral, fee.assistant), ("000", '3', '1', '1'));
    assert_eq!((fee.co_surgeon, fee.team, fee.endoscopic_base()), ('0', '0', Some("31231")));
    let technical = sets.procedures.component_facts_of("93306", Component::Technical, on).expect("a row");
    assert!(technical.facility_na && !technical.non_facility_na && technical.pc_tc == '1');
    assert_eq!(sets.payment.conversion_factor(on).map(|f| f.dollars), Some(32.3465));
    let lists = |add_on: &str, primary: &str, on| sets.add_ons.get(add_on, on).is_some_and(|edit| edit.lists(primary));
    assert!(lists("17003", "17000", date(2026, 8, 1)) && !lists("17003", "17000", date(2013, 3, 31)));
    assert!(lists("11103", "11104", date(2025, 12, 31)) && !lists("11103", "11104", date(2026, 1, 1)));
    assert!(sets.add_ons.get("0054T", date(2026, 8, 1)).is_some_and(|edit| edit.is_open()));
    assert!(sets.add_ons.get("92929", date(2026, 1, 1)).is_none(), "the pair ends with its code");
}

/// The Medicare Coverage Database is an archive of archives; its numbers get the letter of their document.
#[test]
fn an_archive_within_an_archive_is_opened_once() {
    let data = Data::new();
    let procedures = b"article_id,article_version,hcpc_code_id,hcpc_code_group\n52370,12,20610,1\n".to_vec();
    let covered = b"article_id,article_version,icd10_code_id,icd10_covered_group\n52370,12,M17.11,1\n".to_vec();
    let inner = zip_of(&[("article_x_hcpc_code.csv", &procedures), ("article_x_icd10_covered.csv", &covered)]);
    let outer = zip_of(&[("current_article_csv.zip", &inner), ("read_me.pdf", b"%PDF")]);
    let options = ImportOptions { effective: Some(date(2026, 7, 1)), ..Default::default() };
    data.import_with(&data.file("current_article.zip", outer), &options).expect("coverage");
    let sets = data.sets();
    let on = date(2026, 8, 1);
    let article = sets.coverage.articles("20610", on).next().expect("an article");
    assert_eq!((article.id.as_str(), article.covered_count()), ("A52370", 1));
    assert_eq!((article.covers("20610", "M17.11", on), article.covers("20610", "M1712", on)), (Some(true), Some(false)));
    assert!(sets.coverage.articles("20610", date(2026, 6, 30)).next().is_none(), "before the edition");
    let deeper = zip_of(&[("a.zip", &zip_of(&[("b.zip", &inner)]))]);
    let error = data.import_with(&data.file("deeper.zip", deeper), &options).expect_err("too deep").to_string();
    assert!(error.contains("not a table that is known"), "{error}");
}
