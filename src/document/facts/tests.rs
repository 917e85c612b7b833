use jiff::civil::date;

use super::*;
use crate::document::read;
use crate::note::{Encounter, OriginKind};

fn facts(text: &str) -> Facts {
    infer(&read(text))
}

#[test]
fn age_and_sex() {
    for (text, age, sex) in [
        ("HPI: This is a 54-year-old woman with cough.", 54, Sex::F),
        ("54 y.o. M here with his 80-year-old mother", 54, Sex::M),
        ("A 5-month-old boy with fever.", 0, Sex::M),
        ("78M w/ paroxysmal afib", 78, Sex::M),
        ("CC: rash. forty-two-year-old female", 42, Sex::F),
        ("FAMILY HISTORY: a 70-year-old sister with diabetes.\nHPI: 33 yo gentleman", 33, Sex::M),
        ("She was 61 years of age. Her knee hurts.", 61, Sex::F),
    ] {
        let facts = facts(text);
        assert_eq!(facts.age_years.map(|a| a.value), Some(age), "{text}");
        assert_eq!(facts.sex.map(|s| s.value), Some(sex), "{text}");
    }
    assert!(facts("A 2-year history of pain.").age_years.is_none());
    assert_eq!(facts("DOB: 03/09/1972\nDate of service: 05/04/2026").age_years.map(|a| a.value), Some(54));
}

#[test]
fn stated_dates() {
    for text in [
        "Date of service: 05/04/2026",
        "DOS: 5/4/26",
        "DATE OF PROCEDURE: May 4th, 2026",
        "Date of visit: 2026-05-04",
        "Date: 4 May 2026",
        "05/04/2026. Nutrition, 54 F",
        "5/4/26 - rash on both hands since 4/12/26",
    ] {
        assert_eq!(facts(text).date_of_service.map(|d| d.value), Some(date(2026, 5, 4)), "{text}");
    }
    assert!(facts("DOS: 02/30/2026").date_of_service.is_none());
    assert!(facts("Rash since 05/04/2026.").date_of_service.is_none());
    assert!(facts("MRI of 05/04/2026 was normal.").date_of_service.is_none());
}

#[test]
fn kinds_and_places() {
    let operative = "PREOPERATIVE DIAGNOSIS: Cataract.\nPOSTOPERATIVE DIAGNOSIS: Same.\nOPERATION: Phacoemulsification.\nDESCRIPTION OF OPERATION: The patient was taken to the operating room and prepped and draped in sterile fashion.";
    let facts = facts(operative);
    assert_eq!(facts.note_type.map(|n| n.value), Some(NoteType::Operative));
    assert_eq!(facts.place_of_service.map(|p| p.value).as_deref(), Some("22"));
    let tele = infer(&read("TELEHEALTH VISIT. Video visit, patient at home. 40 yo F with migraine.\nPlan: triptan."));
    assert_eq!(tele.note_type.map(|n| n.value), Some(NoteType::Telehealth));
    assert_eq!(tele.place_of_service.map(|p| p.value).as_deref(), Some("10"));
}

#[test]
fn origins_say_where_values_come_from() {
    let encounter = Encounter { payer: Some("uhc".into()), ..Encounter::default() };
    let text = "New patient, 54-year-old woman, presents today with cough.";
    let context = resolve_context(&encounter, &read(text), date(2026, 5, 4));
    let kind = |field: &str| context.origins.get(field).map(|o| o.kind);
    assert_eq!((context.place_of_service.as_str(), kind("place_of_service")), ("11", Some(OriginKind::Default)));
    assert_eq!((context.payer.as_str(), kind("payer")), ("uhc", Some(OriginKind::Given)));
    assert_eq!((context.patient.new_patient, kind("patient.new_patient")), (Some(true), Some(OriginKind::Inferred)));
    assert_eq!(context.patient.age_years, Some(54));
    assert_eq!((context.date_of_service, kind("date_of_service")), (date(2026, 5, 4), Some(OriginKind::Default)));
    let age = &context.origins["patient.age_years"];
    assert_eq!(age.text.as_deref(), age.start.zip(age.end).map(|(s, e)| &text[s..e]));
}

#[test]
fn nothing_in_nothing() {
    let context = resolve_context(&Encounter::default(), &read(""), date(2026, 5, 4));
    assert_eq!(context.note_type, NoteType::Office);
    assert!(context.patient.age_years.is_none());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(parts in proptest::collection::vec(proptest::prop_oneof![
        "\\PC{0,12}", proptest::strategy::Just("54-year-old ".to_owned()), proptest::strategy::Just("DOB: 01/31/1970 ".to_owned()),
        proptest::strategy::Just("é61M ".to_owned()), proptest::strategy::Just("\nDate: 5/4/26 ".to_owned()), proptest::strategy::Just("POS 22 ".to_owned()),
    ], 0..20)) {
        let text = parts.concat();
        let document = read(&text);
        let facts = infer(&document);
        for span in [facts.age_years.map(|f| f.span), facts.sex.map(|f| f.span), facts.date_of_service.map(|f| f.span)].into_iter().flatten() {
            assert!(!span.of(&text).is_empty());
        }
    }
}
