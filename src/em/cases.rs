//! The authored visits of `eval/em/visits.toml`, leveled and compared. Tests only.
use serde::Deserialize;

use super::{Category, EmResult, Input, Level, level};
use crate::claim::{Diagnosis, Line};
use crate::document::{self, Span, facts::resolve_context};
use crate::note::{Encounter, NoteType, Patient};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    #[allow(dead_code)]
    source: String,
    note: String,
    diagnoses: Vec<[String; 2]>,
    #[serde(default)]
    lines: Vec<String>,
    note_type: Option<NoteType>,
    place_of_service: Option<String>,
    payer: Option<String>,
    new_patient: Option<bool>,
    age_years: Option<u16>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    code: Option<String>,
    basis: String,
    problems: Option<String>,
    data: Option<String>,
    risk: Option<String>,
    time_minutes: Option<u32>,
    additional: Option<Vec<String>>,
}

fn run(case: &Case) -> EmResult {
    let document = document::read(&case.note);
    let day = jiff::civil::date(2026, 5, 4);
    let encounter = Encounter {
        date_of_service: Some(day),
        place_of_service: case.place_of_service.clone(),
        payer: case.payer.clone(),
        note_type: case.note_type,
        patient: Patient { new_patient: case.new_patient, age_years: case.age_years, ..Patient::default() },
        note: case.note.clone(),
        ..Encounter::default()
    };
    let context = resolve_context(&encounter, &document, day);
    let diagnoses: Vec<Diagnosis> = case
        .diagnoses
        .iter()
        .map(|[code, words]| {
            // The last place: the assessment.
            let places = case.note.rmatch_indices(words.as_str()).take(1);
            let evidence = places.map(|(at, w)| document.evidence(Span::new(at, at + w.len()))).collect();
            Diagnosis { code: code.clone(), evidence, ..Diagnosis::default() }
        })
        .collect();
    let lines: Vec<Line> = case.lines.iter().map(|code| Line { code: code.clone(), ..Line::default() }).collect();
    let medicare = context.payer == "medicare";
    level(&Input {
        lines: &lines,
        recognises_consultations: !medicare,
        medicare,
        ..Input::of_note(&document, &context, &diagnoses)
    })
}

/// Steps between two codes of one family; `None` across families.
fn apart(got: Option<&str>, want: Option<&str>) -> Option<i32> {
    let day = jiff::civil::date(2026, 5, 4);
    let all = [
        Category::OfficeNew,
        Category::OfficeEstablished,
        Category::OfficeConsult,
        Category::HospitalInitial,
        Category::HospitalSubsequent,
        Category::Emergency,
        Category::NursingSubsequent,
        Category::HomeEstablished,
    ];
    all.iter().find_map(|c| {
        let at = |code: Option<&str>| c.steps(day).iter().position(|s| Some(s.code) == code).map(|i| i as i32);
        Some(at(got)? - at(want)?)
    })
}

#[test]
fn authored_visits_are_leveled_by_the_rule() {
    let cases: Cases = toml::from_str(include_str!("../../eval/em/visits.toml")).expect("eval/em/visits.toml reads");
    let (mut wrong, mut over, mut far, mut elements_wrong) = (Vec::new(), 0, 0, Vec::new());
    for case in &cases.case {
        let got = run(case);
        let basis = serde_json::to_value(got.basis).expect("a word");
        let additional: Vec<&str> = got.additional.iter().map(|a| a.code.as_str()).collect();
        let same = got.code == case.expect.code
            && basis == case.expect.basis.as_str()
            && case.expect.time_minutes.is_none_or(|t| got.time_minutes == Some(t))
            && case.expect.additional.as_ref().is_none_or(|a| *a == additional);
        if !same {
            let steps = apart(got.code.as_deref(), case.expect.code.as_deref());
            over += usize::from(steps.is_some_and(|s| s > 0));
            far += usize::from(steps.is_some_and(|s| s.abs() > 1));
            wrong.push(format!("{}: {:?} {basis} {additional:?} {:?}", case.id, got.code, got.time_minutes));
        }
        for (name, want, group) in [
            ("problems", &case.expect.problems, &got.problems),
            ("data", &case.expect.data, &got.data),
            ("risk", &case.expect.risk, &got.risk),
        ] {
            if let Some(want) = want.as_deref().and_then(Level::from_word)
                && group.value() != Some(want)
            {
                elements_wrong.push(format!("{} {name}: {:?} for {}", case.id, group.level, want.word()));
            }
        }
        // Every element says where it stands.
        for e in [&got.problems, &got.data, &got.risk].iter().flat_map(|g| &g.elements).flat_map(|e| &e.evidence) {
            assert_eq!(case.note.get(e.start..e.end), Some(e.text.as_str()), "{}", case.id);
        }
        // The level follows from the elements.
        if case.expect.basis == "mdm" && basis == "mdm" {
            let groups = [&got.problems, &got.data, &got.risk].map(|g| g.value().unwrap_or(Level::Minimal));
            let middle = Level::two_of_three(groups[0], groups[1], groups[2]);
            assert!(got.reason.contains(middle.word()), "{}: {} {middle:?}", case.id, got.reason);
        }
    }
    let n = cases.case.len();
    println!("{n} visits: {} wrong, {over} overcoded, {far} more than one level; {wrong:#?} {elements_wrong:#?}", wrong.len());
    assert!(wrong.len() * 100 <= n * 5, "{wrong:#?}");
    assert!(over == 0 && far == 0, "{wrong:#?}");
}
