//! The context as used: every field filled, and for each one where it came from.
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{NoteType, Patient, PriorProcedure, Provider};

/// The context in which a claim is coded and checked. `date_of_service`, `place_of_service`, `payer` and `note_type`
/// are always set; `origins` says for each filled field whether it was given, inferred from the note, or defaulted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Context {
    /// Date of service.
    pub date_of_service: Date,
    /// CMS place-of-service code, two digits.
    pub place_of_service: String,
    /// Payer id.
    pub payer: String,
    /// Kind of note.
    pub note_type: NoteType,
    /// Patient facts.
    pub patient: Patient,
    /// Rendering provider.
    pub provider: Provider,
    /// Other procedures of the patient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prior_procedures: Vec<PriorProcedure>,
    /// By field name: where the value came from.
    #[serde(default)]
    pub origins: BTreeMap<String, Origin>,
}

/// Where a context value came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Given, inferred or default.
    pub kind: OriginKind,
    /// For inferred values: byte offsets into the note, half-open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// End of the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
    /// Words of the note at that place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Given, inferred or default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// The caller said so.
    Given,
    /// Read from the note.
    Inferred,
    /// Neither; the stated default.
    Default,
}
