//! A labelled note as leveling reads it while it is coded: its context, its diagnoses, and the lines found.
use super::data::{LabelledDocument, Role};
use crate::claim::{Diagnosis, Line};
use crate::document::{Document, facts::resolve_context};
use crate::note::{Context, Encounter, Patient};

/// Of ten labelled procedures so many are hidden, since at coding time some are missed.
const HIDDEN: u32 = 3;

/// The context of a training note as the engine would infer it.
pub(super) fn context_of(d: &LabelledDocument, document: &Document) -> Context {
    let day = jiff::civil::date(2026, 5, 4);
    let patient = Patient { age_years: d.patient.age_years.map(|a| a as u16), sex: d.patient.sex, ..Patient::default() };
    let encounter = Encounter { date_of_service: Some(day), patient, note: d.text.0.to_string(), ..Encounter::default() };
    resolve_context(&encounter, document, day)
}

/// The labelled procedures without those that are hidden, as lines.
pub(super) fn lines_found(d: &LabelledDocument) -> Vec<Line> {
    // FNV-1a of note and procedure chooses what is hidden.
    let hash = |code: &str| {
        d.id.bytes().chain(code.bytes()).fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193)) >> 8
    };
    let visit = |code: &str| code.starts_with("99") && code.get(2..3).is_some_and(|c| "0234".contains(c));
    d.procedures
        .iter()
        .filter(|p| !visit(&p.code) && hash(&p.code) % 10 >= HIDDEN)
        .map(|p| Line { code: p.code.clone(), ..Line::default() })
        .collect()
}

/// The labelled diagnoses that are not optional, lettered, on their places.
pub(super) fn diagnoses_of(d: &LabelledDocument, document: &Document) -> Vec<Diagnosis> {
    let required = d.diagnoses.iter().filter(|x| x.role != Role::Optional);
    let diagnosis = |(i, x): (usize, &super::data::LabelledDiagnosis)| Diagnosis {
        code: x.code.clone(),
        pointer: char::from(b'A' + (i % 26) as u8).to_string(),
        evidence: x.places.iter().map(|s| document.evidence(*s)).collect(),
        ..Diagnosis::default()
    };
    required.enumerate().map(diagnosis).collect()
}
