//! Where neither the caller nor the note told the place of service, the services do.
use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::document::Evidence;
use crate::em::{self, EmResult};
use crate::note::{Context, NoteType, Origin, OriginKind};

const FIELD: &str = "place_of_service";
/// Hospital outpatient department: the commonest facility; inpatient and surgery center are paid at the same rate.
const FACILITY: &str = "22";

/// Puts the place that the visit's kind says (a hospital visit is not in an office), else a facility where a procedure is rarely
/// or never done elsewhere (`NA` in the fee schedule, with global days) or only its professional component is billed.
pub(super) fn by_service(context: &mut Context, em: &EmResult, lines: &[Line], sets: &CodeSets) {
    // An office that a report of an operation names is where the patient goes afterwards, where the operation needs a hospital.
    let report = matches!(context.note_type, NoteType::Operative | NoteType::Procedure);
    let office = report && context.place_of_service == "11" && em.code.is_none();
    let kind = context.origins.get(FIELD).map(|o| o.kind);
    if kind == Some(OriginKind::Inferred) && office && lines.iter().any(|l| needs_a_hospital(l, context, sets)) {
        let evidence = lines.iter().find(|l| needs_a_hospital(l, context, sets)).and_then(|l| l.evidence.first());
        return infer(context, FACILITY, evidence);
    }
    if kind != Some(OriginKind::Default) {
        return;
    }
    if let Some(place) = em::place_of_service(&em.category) {
        return infer(context, place, em.category_evidence.first());
    }
    if em.code.is_some() {
        return;
    }
    let in_facility = |line: &&Line| {
        let facts = sets.procedures.facts(&line.code, context.date_of_service);
        facts.is_some_and(|f| f.non_facility_na && f.global.days().is_some()) || line.modifiers.iter().any(|m| m == "26")
    };
    if let Some(line) = lines.iter().find(in_facility) {
        infer(context, FACILITY, line.evidence.first());
    }
}

/// Whether a service is done in hospitals and surgery centers alone: the fee schedule has no price elsewhere and it has a period
/// of 90 days, or it is a catheterization, a probe in the gullet or a study of the heart's currents.
fn needs_a_hospital(line: &Line, context: &Context, sets: &CodeSets) -> bool {
    const RANGES: [(&str, &str); 4] = [("92920", "92945"), ("93312", "93318"), ("93451", "93462"), ("93600", "93657")];
    let major = |f: crate::codeset::procedures::ProcedureFacts| f.non_facility_na && f.global.days() == Some(90);
    RANGES.iter().any(|(first, last)| (*first..=*last).contains(&line.code.as_str()))
        || sets.procedures.facts(&line.code, context.date_of_service).is_some_and(major)
}

fn infer(context: &mut Context, place: &str, evidence: Option<&Evidence>) {
    context.place_of_service = place.to_owned();
    let origin = Origin {
        kind: OriginKind::Inferred,
        start: evidence.map(|e| e.start),
        end: evidence.map(|e| e.end),
        text: evidence.map(|e| e.text.clone()),
    };
    context.origins.insert(FIELD.to_owned(), origin);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: &str, modifiers: &[&str], kind: OriginKind) -> String {
        let sets =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let origin = Origin { kind, start: None, end: None, text: None };
        let mut context = Context {
            date_of_service: jiff::civil::date(2026, 5, 4),
            place_of_service: "11".into(),
            payer: "medicare".into(),
            note_type: NoteType::Operative,
            patient: Default::default(),
            provider: Default::default(),
            prior_procedures: Vec::new(),
            origins: [(FIELD.to_owned(), origin)].into(),
        };
        let line = Line { code: code.into(), modifiers: modifiers.iter().map(|m| (*m).to_owned()).collect(), ..Line::default() };
        by_service(&mut context, &EmResult::default(), &[line], &sets);
        context.place_of_service
    }

    #[test]
    fn operations_are_in_a_facility_unless_somebody_says_otherwise() {
        assert_eq!(place("58150", &[], OriginKind::Default), "22");
        assert_eq!(place("93458", &["26"], OriginKind::Default), "22");
        assert_eq!(place("17000", &[], OriginKind::Default), "11");
        assert_eq!(place("58150", &[], OriginKind::Given), "11");
        assert_eq!(place("93458", &[], OriginKind::Inferred), "22");
        assert_eq!(place("20610", &[], OriginKind::Inferred), "11");
    }
}
