//! Gold in the one shape that every scored set of claims is brought into, and the labels format.
use std::path::Path;

use super::EvalError;
use super::sets::Part;
use crate::document::Span;
use crate::note::Encounter;
use crate::train::data::labels::{self, Consensus};
use crate::train::data::{LabelledDocument, LabelledMention, LabelledRelation, Role, Split};

/// One required concept.
#[derive(Clone, Debug, Default)]
pub struct GoldConcept {
    /// Acceptable codes; the first stands for the concept.
    pub codes: Vec<String>,
    /// Stands first on the claim.
    pub primary: bool,
    /// Where its words stand in the note, as far as gold says.
    pub places: Vec<Span>,
}

/// One required procedure.
#[derive(Clone, Debug, Default)]
pub struct GoldProcedure {
    /// Acceptable codes; the first stands for the service.
    pub codes: Vec<String>,
    /// Acceptable modifier lists.
    pub modifiers: Vec<Vec<String>>,
    /// Acceptable units.
    pub units: Vec<u32>,
    /// Acceptable codes of each diagnosis it points to; `None` where gold does not say.
    pub pointers: Option<Vec<Vec<String>>>,
    /// Where its words stand in the note, as far as gold says.
    pub places: Vec<Span>,
}

/// The E/M service.
#[derive(Clone, Debug, Default)]
pub struct GoldEm {
    /// Accepted codes; empty where the note has none.
    pub codes: Vec<String>,
    /// Modifiers; `None` where gold does not say.
    pub modifiers: Option<Vec<String>>,
    /// Acceptable codes of each further E/M service; `None` where gold does not say.
    pub additional: Option<Vec<Vec<String>>>,
    /// Further E/M services that are neither right nor wrong.
    pub optional: Vec<String>,
    /// Codes of a visit that may or may not be billed, where none is required.
    pub uncertain: Vec<String>,
}

/// What one document should come to.
#[derive(Clone, Debug, Default)]
pub struct Gold {
    /// Document id.
    pub id: String,
    /// Kind of note as labelled; never shown to the engine.
    pub note_type: String,
    /// Specialty as labelled; never shown to the engine.
    pub specialty: String,
    /// Payer.
    pub payer: String,
    /// Required diagnoses.
    pub diagnoses: Vec<GoldConcept>,
    /// Diagnoses that are neither right nor wrong.
    pub optional_diagnoses: Vec<String>,
    /// Required procedures.
    pub procedures: Vec<GoldProcedure>,
    /// Procedures that are neither right nor wrong.
    pub optional_procedures: Vec<String>,
    /// The E/M service.
    pub em: GoldEm,
    /// Rules that should speak.
    pub findings: Vec<String>,
}

/// A document with what the engine is given and what it should come to.
pub struct Case {
    /// What the engine is given.
    pub encounter: Encounter,
    /// What it should come to.
    pub gold: Gold,
    /// Labelled mentions; none where the set has none.
    pub mentions: Vec<LabelledMention>,
    /// Labelled relations; none where the set has none.
    pub relations: Vec<LabelledRelation>,
}

/// Evaluation and management services are scored by themselves, not as procedures.
pub fn is_em_code(code: &str) -> bool {
    // 98000 to 98016 are the telemedicine visits of the same chapter.
    let visit = ("99202"..="99499").contains(&code) || ("98000"..="98016").contains(&code);
    matches!(code, "G0402" | "G0438" | "G0439" | "G2211") || (code.len() == 5 && visit)
}

/// A code with those that are as good.
pub(super) fn with_alternatives(code: &str, alternatives: &[String]) -> Vec<String> {
    std::iter::once(code.to_owned()).chain(alternatives.iter().cloned()).collect()
}

/// Loads the labels format: texts beside the folder; the context is the labels' (2026-05-04, Medicare; age and sex where
/// given, never the note type).
pub fn load_labels(dir: &Path, part: Part) -> Result<Vec<Case>, EvalError> {
    let (split, consensus) = match part {
        Part::Dev => (Split::Dev, labels::load_consensus(dir)?),
        Part::Train => (Split::Train, Default::default()),
        Part::Test => {
            let hint = "the labels format has dev and train".to_owned();
            return Err(EvalError::NoSuchPart { set: dir.display().to_string(), part: part.name(), hint });
        }
    };
    let documents = labels::load(dir, split)?;
    Ok(documents
        .into_iter()
        .map(|d| Case {
            encounter: d.encounter(),
            gold: consensus.get(&d.id).map_or_else(|| single_pass_gold(&d), |c| consensus_gold(&d, c)),
            mentions: d.mentions,
            relations: d.relations,
        })
        .collect())
}

fn head_of(document: &LabelledDocument) -> Gold {
    Gold {
        id: document.id.clone(),
        note_type: document.note_type.clone(),
        specialty: document.specialty.clone(),
        payer: "medicare".to_owned(),
        ..Default::default()
    }
}

fn consensus_gold(document: &LabelledDocument, consensus: &Consensus) -> Gold {
    // The consensus names no places; the first pass quotes the words of the codes that it chose.
    let diagnosis_places = |codes: &[String]| -> Vec<Span> {
        document.diagnoses.iter().filter(|d| codes.contains(&d.code)).flat_map(|d| d.places.clone()).collect()
    };
    let procedure_places = |codes: &[String]| -> Vec<Span> {
        document.procedures.iter().filter(|p| codes.contains(&p.code)).flat_map(|p| p.places.clone()).collect()
    };
    let procedures = consensus.procedures.iter().filter(|p| !p.codes.iter().all(|c| is_em_code(c)));
    Gold {
        diagnoses: consensus
            .dx
            .iter()
            .map(|d| GoldConcept { codes: d.codes.clone(), primary: d.primary, places: diagnosis_places(&d.codes) })
            .collect(),
        optional_diagnoses: consensus.dx_optional.iter().flat_map(|d| d.codes.clone()).collect(),
        procedures: procedures
            .map(|p| GoldProcedure {
                codes: p.codes.clone(),
                modifiers: p.modifiers.clone(),
                units: p.units.clone(),
                pointers: None,
                places: procedure_places(&p.codes),
            })
            .collect(),
        optional_procedures: consensus.procedures_optional.iter().flat_map(|p| p.codes.clone()).collect(),
        em: GoldEm { codes: consensus.em.as_ref().map(|e| e.codes.clone()).unwrap_or_default(), ..Default::default() },
        ..head_of(document)
    }
}

/// Gold of a document that only one pass has labelled.
pub fn single_pass_gold(document: &LabelledDocument) -> Gold {
    let mut gold = head_of(document);
    for d in &document.diagnoses {
        let codes = with_alternatives(&d.code, &d.alternatives);
        if d.role == Role::Optional {
            gold.optional_diagnoses.extend(codes);
        } else {
            gold.diagnoses.push(GoldConcept { codes, primary: d.role == Role::Primary, places: d.places.clone() });
        }
    }
    for p in document.procedures.iter().filter(|p| !is_em_code(&p.code)) {
        let codes = with_alternatives(&p.code, &p.alternatives);
        if p.certain {
            gold.procedures.push(GoldProcedure {
                codes,
                modifiers: vec![p.modifiers.clone()],
                units: vec![p.units],
                pointers: None,
                places: p.places.clone(),
            });
        } else {
            gold.optional_procedures.extend(codes);
        }
    }
    gold.em.codes = document.em.as_ref().map(|e| with_alternatives(&e.code, &e.alternatives)).unwrap_or_default();
    if document.em.is_none() {
        let uncertain = document.procedures.iter().filter(|p| !p.certain && labels::is_visit(&p.code));
        gold.em.uncertain = uncertain.flat_map(|p| with_alternatives(&p.code, &p.alternatives)).collect();
    }
    gold
}
