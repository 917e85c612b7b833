//! The coded encounter as it goes out (design: "Coded encounter out").
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::{Candidate, Claim, Query};
use crate::em::EmResult;
use crate::extract::{Mention, Relation};
use crate::note::Context;
use crate::review::Review;
use crate::rules::{Audit, Finding};

/// Name and version of this document's form.
pub const SCHEMA: &str = "superbill/1";

/// Everything the engine says about one encounter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CodedEncounter {
    /// [`SCHEMA`].
    pub schema: String,
    /// The caller's id.
    pub encounter_id: String,
    /// What did the work.
    pub engine: EngineInfo,
    /// The context as used, with the origin of each value.
    pub context: Context,
    /// Encoding the note was converted from; offsets count in the converted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<String>,
    /// What the note speaks of.
    pub mentions: Vec<Mention>,
    /// How the mentions hang together.
    pub relations: Vec<Relation>,
    /// Diagnoses and lines.
    pub claim: Claim,
    /// Codes considered and not chosen, ranked.
    pub candidates: Vec<Candidate>,
    /// The level of the visit with its elements.
    pub em: EmResult,
    /// What the rules found.
    pub findings: Vec<Finding>,
    /// May it go out unseen?
    pub review: Review,
    /// Open questions.
    pub queries: Vec<Query>,
    /// Digests of input, editions, weights and result.
    pub audit: Audit,
}

/// What did the work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Version of the program.
    pub version: String,
    /// Released model.
    pub model: ModelInfo,
    /// Number format of the forward pass.
    pub numerics: String,
    /// Edition by table.
    pub code_sets: BTreeMap<String, String>,
}

/// Released model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name.
    pub name: String,
    /// SHA-256 of its manifest.
    pub sha256: String,
}

/// What `level` prints.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LevelOutput {
    /// The caller's id.
    pub encounter_id: String,
    /// The level with its elements.
    #[serde(flatten)]
    pub em: EmResult,
}
