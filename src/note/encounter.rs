//! An encounter as a caller gives it (design: "Encounter in").
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One encounter as given; every field but `note` is optional.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Encounter {
    /// The caller's id; the input file's stem where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encounter_id: Option<String>,
    /// Date of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_service: Option<Date>,
    /// CMS place-of-service code, two digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_of_service: Option<String>,
    /// Payer id (`medicare`, `bcbs`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Who was seen.
    pub patient: Patient,
    /// Who saw them.
    pub provider: Provider,
    /// The patient's other procedures known to the practice, before or after the date of service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prior_procedures: Vec<PriorProcedure>,
    /// What the practice's coder chose, for comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// The clinical note.
    pub note: String,
    /// Kind of note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_type: Option<NoteType>,
    /// Further texts of the same encounter (a pathology or imaging report).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<SideDocument>,
    /// Coding options of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
}

/// Lengths only: a note never reaches a log.
impl std::fmt::Debug for Encounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encounter {{ note: {} bytes, documents: {} }}", self.note.len(), self.documents.len())
    }
}

/// Patient facts that codes and edits depend on.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patient {
    /// The practice's id of the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// Age in completed years on the date of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_years: Option<u16>,
    /// Sex as billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// No professional service from the same group and specialty in three years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_patient: Option<bool>,
}

impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Patient { … }")
    }
}

/// Sex as billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
}

/// Rendering provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// National Provider Identifier, ten digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npi: Option<String>,
    /// NUCC taxonomy code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxonomy: Option<String>,
}

/// A procedure of the same patient on another (or the same) date.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorProcedure {
    /// CPT/HCPCS code.
    pub code: String,
    /// Modifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<String>,
    /// Date of that procedure.
    pub date: Date,
    /// Who did it; missing means the same provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_npi: Option<String>,
}

/// What the practice's coder chose.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documented {
    /// ICD-10-CM codes in order.
    pub diagnoses: Vec<DocumentedDiagnosis>,
    /// Claim lines.
    pub lines: Vec<DocumentedLine>,
}

/// A diagnosis code as documented: a plain string.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentedDiagnosis(pub String);

/// A line as documented.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentedLine {
    /// CPT/HCPCS code.
    pub code: String,
    /// Modifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<String>,
    /// Units of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
}

/// A further text of the same encounter; evidence in it carries its id.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideDocument {
    /// Id that evidence refers to.
    pub id: String,
    /// Kind of text.
    #[serde(rename = "type")]
    pub kind: NoteType,
    /// The text; offsets into it count from its own start.
    pub text: String,
}

impl std::fmt::Debug for SideDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SideDocument {{ {:?}, {} bytes }}", self.kind, self.text.len())
    }
}

/// Kind of note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum NoteType {
    Office,
    Consult,
    Preventive,
    Telehealth,
    Operative,
    Procedure,
    Inpatient,
    Discharge,
    Emergency,
    NursingFacility,
    Home,
    Imaging,
    Pathology,
    Other,
}

impl NoteType {
    /// Reports of a procedure or test: no E/M level.
    pub fn is_report(self) -> bool {
        matches!(self, Self::Operative | Self::Procedure | Self::Imaging | Self::Pathology)
    }
}

/// Which diagnoses may be reported at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// ICD-10-CM guidelines section IV (default).
    #[default]
    Outpatient,
    /// Guidelines sections II and III: uncertain diagnoses at discharge count.
    Inpatient,
    /// Everything the text supports as present, symptoms included.
    Documented,
}

/// How many of the supported diagnoses go on the claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// Only what the visit was chiefly about.
    Terse,
    /// What a careful coder lists (default).
    #[default]
    Standard,
    /// Every status, history and long-term-drug code that the guidelines allow.
    Complete,
}

/// Coding options.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Which diagnoses may be reported at all.
    pub policy: Policy,
    /// How many go on the claim.
    pub completeness: Completeness,
}
