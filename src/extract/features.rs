//! What the heads are told beside the encoder's vectors.
use super::{Assertion, MentionKind};
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

/// Words between two spans that speak for a relation, in the order of the features.
const BETWEEN: [&[&str]; 5] = [
    &["due to", "secondary to", "caused by", "because of", "from", "related to", "resulting from", "2/2"],
    &["for", "to treat", "treated with", "managed with", "on", "controlled with", "treatment of"],
    &["with", "complicated by", "complicating", "associated with"],
    &["showed", "shows", "revealed", "demonstrated", "demonstrates", "consistent with", "reveals", "found"],
    &["and", ",", ";", "or"],
];

/// Kinds of both, cue words between, distance and order.
pub const RELATION_FEATURES: usize = 2 * 6 + BETWEEN.len() + 4;

/// Features of a pair of spans for the relation head.
pub fn relation_features(document: &Document, from: (Span, MentionKind), to: (Span, MentionKind)) -> [f32; RELATION_FEATURES] {
    let mut features = [0f32; RELATION_FEATURES];
    for (side, kind) in [from.1, to.1].into_iter().enumerate() {
        if let Some(i) = super::heads::KINDS.iter().position(|k| *k == kind) {
            features[side * 6 + i] = 1.0;
        }
    }
    let (left, right) = if from.0.start <= to.0.start { (from.0, to.0) } else { (to.0, from.0) };
    let between = document.text.get(left.end.min(right.start)..right.start).unwrap_or_default();
    let short = between.len() <= 120;
    if short {
        let lower = format!(" {} ", between.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
        for (i, words) in BETWEEN.iter().enumerate() {
            let found = words.iter().any(|w| if w.len() > 1 { lower.contains(&format!(" {w} ")) } else { lower.contains(w) });
            features[12 + i] = f32::from(u8::from(found));
        }
    }
    let base = 12 + BETWEEN.len();
    features[base] = (1.0 + between.len() as f32).ln() / 6.0;
    features[base + 1] = f32::from(u8::from(from.0.start <= to.0.start));
    let sentences = [from.0.start, to.0.start].map(|b| document.sentence_at(b));
    features[base + 2] = f32::from(u8::from(sentences[0].is_some() && sentences[0] == sentences[1]));
    features[base + 3] = f32::from(u8::from(document.section_kind_at(from.0.start) == document.section_kind_at(to.0.start)));
    features
}
