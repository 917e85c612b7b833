//! Gold and predictions in the one shape that every scored set is brought into.
use std::path::Path;

use crate::engine::CodedEncounter;
use crate::note::Encounter;
use crate::train::data::labels::{self, Consensus};
use crate::train::data::{DataError, LabelledDocument, Role, Split};

/// One required concept.
#[derive(Clone, Debug)]
pub struct GoldConcept {
    /// Acceptable codes.
    pub codes: Vec<String>,
    /// Stands first on the claim.
    pub primary: bool,
}

/// One required procedure.
#[derive(Clone, Debug)]
pub struct GoldProcedure {
    /// Acceptable codes.
    pub codes: Vec<String>,
    /// Acceptable modifier lists.
    pub modifiers: Vec<Vec<String>>,
    /// Acceptable units.
    pub units: Vec<u32>,
}

/// What one document should come to.
#[derive(Clone, Debug, Default)]
pub struct Gold {
    /// Document id.
    pub id: String,
    /// Kind of note as labelled; never shown to the engine.
    pub note_type: String,
    /// Required diagnoses.
    pub diagnoses: Vec<GoldConcept>,
    /// Diagnoses that are neither right nor wrong.
    pub optional_diagnoses: Vec<String>,
    /// Required procedures.
    pub procedures: Vec<GoldProcedure>,
    /// Procedures that are neither right nor wrong.
    pub optional_procedures: Vec<String>,
    /// Accepted E/M levels; empty where the note has none.
    pub em: Vec<String>,
}

/// A document with what the engine is given and what it should come to.
pub struct Case {
    /// What the engine is given.
    pub encounter: Encounter,
    /// What it should come to.
    pub gold: Gold,
}

/// Evaluation and management services are scored by themselves, not as procedures.
pub fn is_em_code(code: &str) -> bool {
    matches!(code, "G0402" | "G0438" | "G0439" | "G2211") || (code.len() == 5 && ("99202"..="99499").contains(&code))
}

/// Loads the labels format: texts beside the folder; the context is the labels' (2026-05-04, Medicare; age and sex where
/// given, never the note type).
pub fn load_labels(dir: &Path, split: Split) -> Result<Vec<Case>, DataError> {
    let consensus = match split {
        Split::Dev => labels::load_consensus(dir)?,
        Split::Train => Default::default(),
    };
    let documents = labels::load(dir, split)?;
    Ok(documents
        .iter()
        .map(|d| Case {
            encounter: d.encounter(),
            gold: consensus.get(&d.id).map_or_else(|| single_pass_gold(d), |c| consensus_gold(d, c)),
        })
        .collect())
}

fn consensus_gold(document: &LabelledDocument, consensus: &Consensus) -> Gold {
    Gold {
        id: document.id.clone(),
        note_type: document.note_type.clone(),
        diagnoses: consensus.dx.iter().map(|d| GoldConcept { codes: d.codes.clone(), primary: d.primary }).collect(),
        optional_diagnoses: consensus.dx_optional.iter().flat_map(|d| d.codes.clone()).collect(),
        procedures: consensus
            .procedures
            .iter()
            .filter(|p| !p.codes.iter().all(|c| is_em_code(c)))
            .map(|p| GoldProcedure { codes: p.codes.clone(), modifiers: p.modifiers.clone(), units: p.units.clone() })
            .collect(),
        optional_procedures: consensus.procedures_optional.iter().flat_map(|p| p.codes.clone()).collect(),
        em: consensus.em.as_ref().map(|e| e.codes.clone()).unwrap_or_default(),
    }
}

/// Gold of a document that only one pass has labelled.
pub fn single_pass_gold(document: &LabelledDocument) -> Gold {
    let with = |code: &String, alternatives: &[String]| {
        let mut codes = vec![code.clone()];
        codes.extend(alternatives.iter().cloned());
        codes
    };
    let mut gold = Gold { id: document.id.clone(), note_type: document.note_type.clone(), ..Default::default() };
    for d in &document.diagnoses {
        let codes = with(&d.code, &d.alternatives);
        if d.role == Role::Optional {
            gold.optional_diagnoses.extend(codes);
        } else {
            gold.diagnoses.push(GoldConcept { codes, primary: d.role == Role::Primary });
        }
    }
    for p in document.procedures.iter().filter(|p| !is_em_code(&p.code)) {
        let codes = with(&p.code, &p.alternatives);
        if p.certain {
            gold.procedures.push(GoldProcedure { codes, modifiers: vec![p.modifiers.clone()], units: vec![p.units] });
        } else {
            gold.optional_procedures.extend(codes);
        }
    }
    gold.em = document.em.as_ref().map(|e| with(&e.code, &e.alternatives)).unwrap_or_default();
    gold
}

/// What the engine came to, cut down to what is scored.
#[derive(Clone, Debug, Default)]
pub struct Predicted {
    /// Diagnoses in claim order.
    pub diagnoses: Vec<(String, f32)>,
    /// Procedure lines: code, modifiers, units, confidence.
    pub procedures: Vec<(String, Vec<String>, u32, f32)>,
    /// Main E/M code.
    pub em: Option<String>,
    /// All diagnosis candidates with their confidence, chosen ones first.
    pub ranked: Vec<(String, f32)>,
    /// Review decision.
    pub decision: String,
    /// Stated probability that the whole encounter is right.
    pub expected_accuracy: f32,
    /// Seconds the engine took.
    pub seconds: f64,
}

impl Predicted {
    /// Reads a coded encounter.
    pub fn of(coded: &CodedEncounter, seconds: f64) -> Self {
        let diagnoses: Vec<(String, f32)> = coded.claim.diagnoses.iter().map(|d| (d.code.clone(), d.confidence)).collect();
        let mut ranked = diagnoses.clone();
        ranked.extend(coded.candidates.iter().filter(|c| c.system == "icd10cm").map(|c| (c.code.clone(), c.confidence)));
        Self {
            diagnoses,
            procedures: coded
                .claim
                .lines
                .iter()
                .filter(|l| !is_em_code(&l.code))
                .map(|l| (l.code.clone(), l.modifiers.clone(), l.units, l.confidence))
                .collect(),
            em: coded.em.code.clone(),
            ranked,
            decision: format!("{:?}", coded.review.decision).to_lowercase(),
            expected_accuracy: coded.review.expected_accuracy,
            seconds,
        }
    }
}
