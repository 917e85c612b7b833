//! The plain data of a claim: diagnoses, lines, candidates not chosen, findings' targets.
use serde::{Deserialize, Serialize};

use crate::document::Evidence;
use crate::note::Context;

/// A diagnosis on a claim.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Diagnosis {
    /// A to L.
    #[serde(default)]
    pub pointer: String,
    /// ICD-10-CM code with its dot.
    pub code: String,
    /// Official title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Probability that it belongs on this claim as coded.
    #[serde(default)]
    pub confidence: f32,
    /// Which parts of the engine proposed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// The words that support it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Why, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A service line.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// From 1.
    #[serde(default)]
    pub number: u32,
    /// CPT/HCPCS code.
    pub code: String,
    /// Up to four.
    #[serde(default)]
    pub modifiers: Vec<String>,
    /// Units of service.
    #[serde(default = "one")]
    pub units: u32,
    /// Diagnosis pointers, most important first.
    #[serde(default)]
    pub pointers: Vec<String>,
    /// Our own short descriptor.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Probability that it belongs on this claim as coded.
    #[serde(default)]
    pub confidence: f32,
    /// Which parts of the engine proposed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// The words that support it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Why, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

fn one() -> u32 {
    1
}

/// Diagnoses and lines.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claim {
    /// In claim order.
    pub diagnoses: Vec<Diagnosis>,
    /// In claim order.
    pub lines: Vec<Line>,
}

/// A code that was considered and not chosen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// `icd10cm`, `cpt` or `hcpcs`.
    pub system: String,
    /// The code.
    pub code: String,
    /// Probability that it belongs on this claim.
    pub confidence: f32,
    /// Why it was left out.
    pub why_not: String,
    /// Words that spoke for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A question to coder or provider; it never suggests the answer that pays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// What it is about, e.g. `dx:S52.501A` or `line:31231`.
    pub about: String,
    /// The question.
    pub question: String,
    /// Possible answers, in neutral order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Words of the note it arises from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A claim with the context it is checked in.
#[derive(Clone, Debug)]
pub struct ClaimInContext<'a> {
    /// Date, payer, place, patient, prior procedures.
    pub context: &'a Context,
    /// Diagnoses and lines.
    pub claim: &'a Claim,
}
