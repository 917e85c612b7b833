//! What the engine came to, cut down to what is scored and shown.
use super::gold::is_em_code;
use crate::document::{Evidence, Span};
use crate::engine::CodedEncounter;
use crate::extract::MentionKind;
use crate::train::relations::FoundRelation;

/// A chosen diagnosis.
#[derive(Clone, Debug, Default)]
pub struct PredictedDiagnosis {
    /// Code.
    pub code: String,
    /// Stated probability that it belongs on the claim.
    pub confidence: f32,
    /// Words that support it.
    pub evidence: Vec<Evidence>,
}

/// A service line.
#[derive(Clone, Debug, Default)]
pub struct PredictedLine {
    /// Code.
    pub code: String,
    /// Modifiers.
    pub modifiers: Vec<String>,
    /// Units of service.
    pub units: u32,
    /// Codes of the diagnoses it points to.
    pub pointers: Vec<String>,
    /// Stated probability that it belongs on the claim.
    pub confidence: f32,
    /// Words that support it.
    pub evidence: Vec<Evidence>,
}

/// What the engine came to; everything empty where it refused the document.
#[derive(Clone, Debug, Default)]
pub struct Predicted {
    /// Diagnoses in claim order.
    pub diagnoses: Vec<PredictedDiagnosis>,
    /// Lines that are no E/M services.
    pub lines: Vec<PredictedLine>,
    /// Main E/M code.
    pub em: Option<String>,
    /// Its modifiers as billed.
    pub em_modifiers: Vec<String>,
    /// Further E/M services.
    pub em_additional: Vec<String>,
    /// All diagnosis candidates with their confidence, chosen ones first, in claim order.
    pub ranked: Vec<(String, f32)>,
    /// Mentions of the note.
    pub mentions: Vec<(Span, MentionKind)>,
    /// Relations between them: kind and the places of both ends.
    pub relations: Vec<FoundRelation>,
    /// Rules that spoke.
    pub findings: Vec<String>,
    /// Review decision.
    pub decision: String,
    /// Why.
    pub reasons: Vec<String>,
    /// Stated probability that the whole encounter is right.
    pub expected_accuracy: f32,
    /// Seconds the engine took.
    pub seconds: f64,
}

impl Predicted {
    /// Reads a coded encounter.
    pub fn of(coded: &CodedEncounter, seconds: f64) -> Self {
        let claim = &coded.claim;
        let diagnoses: Vec<PredictedDiagnosis> = claim
            .diagnoses
            .iter()
            .map(|d| PredictedDiagnosis { code: d.code.clone(), confidence: d.confidence, evidence: d.evidence.clone() })
            .collect();
        let mut ranked: Vec<(String, f32)> = diagnoses.iter().map(|d| (d.code.clone(), d.confidence)).collect();
        ranked.extend(coded.candidates.iter().filter(|c| c.system == "icd10cm").map(|c| (c.code.clone(), c.confidence)));
        let code_at = |pointer: &String| claim.diagnoses.iter().find(|d| d.pointer == *pointer).map(|d| d.code.clone());
        let (visits, services): (Vec<_>, Vec<_>) = claim.lines.iter().partition(|l| is_em_code(&l.code));
        let main = coded.em.code.as_deref();
        Self {
            lines: services
                .iter()
                .map(|l| PredictedLine {
                    code: l.code.clone(),
                    modifiers: l.modifiers.clone(),
                    units: l.units,
                    pointers: l.pointers.iter().filter_map(code_at).collect(),
                    confidence: l.confidence,
                    evidence: l.evidence.clone(),
                })
                .collect(),
            em_modifiers: visits
                .iter()
                .find(|l| Some(l.code.as_str()) == main)
                .map_or_else(|| coded.em.modifiers.clone(), |l| l.modifiers.clone()),
            em_additional: visits.iter().filter(|l| Some(l.code.as_str()) != main).map(|l| l.code.clone()).collect(),
            em: coded.em.code.clone(),
            ranked,
            mentions: coded.mentions.iter().map(|m| (m.span, m.kind)).collect(),
            relations: coded
                .relations
                .iter()
                .filter_map(|r| Some((r.kind, coded.mentions.get(r.from)?.span, coded.mentions.get(r.to)?.span)))
                .collect(),
            findings: coded.findings.iter().map(|f| f.rule.to_string()).collect(),
            decision: format!("{:?}", coded.review.decision).to_lowercase(),
            reasons: coded.review.reasons.clone(),
            expected_accuracy: coded.review.expected_accuracy,
            seconds,
            diagnoses,
        }
    }

    /// Codes of the chosen diagnoses, in claim order.
    pub fn codes(&self) -> Vec<String> {
        self.diagnoses.iter().map(|d| d.code.clone()).collect()
    }

    /// All diagnosis candidates, best first: the chosen ones by confidence, then the others.
    pub fn by_confidence(&self) -> Vec<String> {
        let (chosen, others) = self.ranked.split_at(self.diagnoses.len().min(self.ranked.len()));
        let mut chosen = chosen.to_vec();
        chosen.sort_by(|a, b| b.1.total_cmp(&a.1));
        chosen.iter().chain(others).map(|(code, _)| code.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_ordered_by_confidence_with_the_chosen_first() {
        let diagnosis = |code: &str, confidence| PredictedDiagnosis { code: code.into(), confidence, ..Default::default() };
        let predicted = Predicted {
            diagnoses: vec![diagnosis("A", 0.6), diagnosis("B", 0.9)],
            ranked: vec![("A".into(), 0.6), ("B".into(), 0.9), ("C".into(), 0.7), ("D".into(), 0.1)],
            ..Default::default()
        };
        assert_eq!(predicted.by_confidence(), ["B", "A", "C", "D"]);
        assert!(Predicted::default().by_confidence().is_empty());
    }
}
