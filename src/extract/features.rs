//! What the heads are told beside the encoder's vectors.
use super::Assertion;
use crate::document::{Document, SectionKind, Span};

/// Section kinds in the order of the features; weights depend on it, so new ones go to the end.
const SECTIONS: [SectionKind; 29] = [
    SectionKind::Header,
    SectionKind::ChiefComplaint,
    SectionKind::HistoryOfPresentIllness,
    SectionKind::ProblemList,
    SectionKind::PastMedicalHistory,
    SectionKind::PastSurgicalHistory,
    SectionKind::FamilyHistory,
    SectionKind::SocialHistory,
    SectionKind::ReviewOfSystems,
    SectionKind::Medications,
    SectionKind::Allergies,
    SectionKind::Vitals,
    SectionKind::PhysicalExam,
    SectionKind::Results,
    SectionKind::Assessment,
    SectionKind::AssessmentAndPlan,
    SectionKind::Plan,
    SectionKind::PreoperativeDiagnosis,
    SectionKind::PostoperativeDiagnosis,
    SectionKind::ProcedurePerformed,
    SectionKind::ProcedureDescription,
    SectionKind::Indications,
    SectionKind::Findings,
    SectionKind::Anesthesia,
    SectionKind::OperativeDetails,
    SectionKind::HospitalCourse,
    SectionKind::Instructions,
    SectionKind::Attestation,
    SectionKind::Other,
];

/// Rule cues, section kind, list item.
pub const ASSERTION_FEATURES: usize = Assertion::ALL.len() + SECTIONS.len() + 1;

/// Features of a span for the assertion head. `cues`: the assertions that the rules read from the words around it.
pub fn assertion_features(document: &Document, span: Span, cues: &[Assertion]) -> [f32; ASSERTION_FEATURES] {
    let mut features = [0f32; ASSERTION_FEATURES];
    for (value, class) in features.iter_mut().zip(Assertion::ALL) {
        *value = f32::from(u8::from(cues.contains(&class)));
    }
    let section = document.section_kind_at(span.start);
    if let Some(i) = SECTIONS.iter().position(|s| *s == section) {
        features[Assertion::ALL.len() + i] = 1.0;
    }
    let listed = document.sentence_at(span.start).and_then(|i| document.sentences.get(i)).is_some_and(|s| s.list_item);
    features[ASSERTION_FEATURES - 1] = f32::from(u8::from(listed));
    features
}
