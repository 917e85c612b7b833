//! Where neither the caller nor the note told the place of service, the services do.
use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::document::Evidence;
use crate::em::{self, EmResult};
use crate::note::{Context, Origin, OriginKind};

const FIELD: &str = "place_of_service";
/// Hospital outpatient department: the commonest facility; inpatient and surgery center are paid at the same rate.
const FACILITY: &str = "22";

/// Puts the place that the visit's kind says (a hospital visit is not in an office), else a facility where a procedure is rarely
/// or never done elsewhere (`NA` in the fee schedule, with global days) or only its professional component is billed.
pub(super) fn by_service(context: &mut Context, em: &EmResult, lines: &[Line], sets: &CodeSets) {
    if context.origins.get(FIELD).is_none_or(|o| o.kind != OriginKind::Default) {
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
    use crate::note::NoteType;

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
    }
}
