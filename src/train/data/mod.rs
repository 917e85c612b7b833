//! Labelled documents of every corpus in one shape; the loaders also serve `eval`.
pub mod brat;
pub mod clean;
pub mod codiesp;
pub mod corpora;
pub mod labels;
pub mod negex;
pub mod places;
pub mod pubtator;
pub mod scores;
pub mod second_look;
pub mod wordings;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::document::Span;
use crate::extract::{Assertion, MentionKind, RelationKind};
use crate::note::{Encounter, Patient, Sex, input};

/// What can be wrong with a data set. Messages name file and line, never words of a note.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum DataError {
    #[error("cannot read {path}: {reason}; check that the data folder is complete")]
    Read { path: PathBuf, reason: String },
    #[error("{path}, line {line}: {reason}")]
    Format { path: PathBuf, line: usize, reason: String },
    #[error(
        "{path}, line {line}: no text for source id {id}; the corpora `mtsamples` and `aci-bench` are sought beside the labels"
    )]
    MissingText { path: PathBuf, line: usize, id: String },
}

/// Reads a whole text file.
pub(crate) fn read_text(path: &Path) -> Result<String, DataError> {
    let bytes = std::fs::read(path).map_err(|e| DataError::Read { path: path.to_owned(), reason: e.to_string() })?;
    String::from_utf8(bytes)
        .map_err(|e| DataError::Read { path: path.to_owned(), reason: format!("not UTF-8 ({})", e.utf8_error()) })
}

/// The files of a folder whose names end in `.extension`, by name.
pub(crate) fn files_of(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |e: std::io::Error| DataError::Read { path: folder.to_owned(), reason: e.to_string() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    Ok(files)
}

/// Reads a whole gzip-compressed text file.
pub(crate) fn read_packed(path: &Path) -> Result<String, DataError> {
    let unreadable = |e: std::io::Error| DataError::Read { path: path.to_owned(), reason: e.to_string() };
    let mut content = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut content).map_err(unreadable)?;
    Ok(content)
}

/// The JSON documents of a text that holds one a line, with the number of each line; `path` is for messages.
pub(crate) fn json_lines<T: serde::de::DeserializeOwned>(path: &Path, content: &str) -> Result<Vec<(usize, T)>, DataError> {
    let rows = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(index, line)| match input::from_json(line) {
        Ok(row) => Ok((index + 1, row)),
        // Its message keeps the content out; the document's own line is always the first.
        Err(e) => Err(DataError::Format {
            path: path.to_owned(),
            line: index + 1,
            reason: e.to_string().replace("line 1 column", "column"),
        }),
    })
    .collect()
}

/// What is wrong with a TOML file, and in which line.
pub(crate) fn wrong_toml(path: &Path, content: &str, error: &toml::de::Error) -> DataError {
    let before = error.span().and_then(|span| content.get(..span.start)).unwrap_or("");
    DataError::Format { path: path.to_owned(), line: before.matches('\n').count() + 1, reason: error.message().to_owned() }
}

/// A document with everything its corpus says about it.
#[derive(Clone, Debug, Default)]
pub struct LabelledDocument {
    /// Id in its corpus; unique within one.
    pub id: String,
    /// Corpus (`labels`, `authored`, `ncbi_disease`, `bc5cdr`, `maccrobat2020`).
    pub corpus: &'static str,
    /// The text.
    pub text: TextOf,
    /// Kind of note as labelled (`office`, `operative`, …); empty where the corpus has none.
    pub note_type: String,
    /// Specialty as labelled; empty where the corpus has none.
    pub specialty: String,
    /// Patient facts as labelled.
    pub patient: LabelledPatient,
    /// Diagnoses in order of the claim.
    pub diagnoses: Vec<LabelledDiagnosis>,
    /// Procedures.
    pub procedures: Vec<LabelledProcedure>,
    /// Evaluation and management service, where there is one.
    pub em: Option<LabelledEm>,
    /// Mentions, in order of place.
    pub mentions: Vec<LabelledMention>,
    /// Relations between places in the text.
    pub relations: Vec<LabelledRelation>,
    /// Kinds whose mentions are all listed; elsewhere an unlisted token may still be a mention.
    pub complete: Vec<MentionKind>,
    /// Quotes that do not occur in the text as stated (dropped).
    pub lost_quotes: usize,
}

impl LabelledDocument {
    /// The encounter as an engine may see it: the labels' context (2026-05-04, Medicare), age and sex where given, never
    /// the note type.
    pub fn encounter(&self) -> Encounter {
        Encounter {
            encounter_id: Some(self.id.clone()),
            date_of_service: Some(jiff::civil::date(2026, 5, 4)),
            payer: Some("medicare".into()),
            patient: Patient {
                age_years: self.patient.age_years.map(|a| a.max(0.0) as u16),
                sex: self.patient.sex,
                ..Default::default()
            },
            note: self.text.to_string(),
            ..Default::default()
        }
    }
}

/// A text that does not print itself.
#[derive(Clone)]
pub struct TextOf(pub Arc<str>);

impl Default for TextOf {
    fn default() -> Self {
        Self("".into())
    }
}
impl std::ops::Deref for TextOf {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Debug for TextOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Age and sex as labelled.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LabelledPatient {
    /// Age in years; fractions for infants.
    pub age_years: Option<f64>,
    /// Sex.
    pub sex: Option<Sex>,
}

/// Standing of a diagnosis on the labelled claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Role {
    Primary,
    Secondary,
    /// Neither its presence nor its absence is an error.
    Optional,
}

/// A labelled diagnosis.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelledDiagnosis {
    /// ICD-10-CM code.
    pub code: String,
    /// Codes that are as good.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Standing.
    pub role: Role,
    /// Words of the note.
    #[serde(default)]
    pub quotes: Vec<String>,
    /// Where the quotes that were found stand (first occurrence).
    #[serde(default)]
    pub places: Vec<Span>,
}

/// A labelled procedure.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelledProcedure {
    /// CPT/HCPCS code.
    pub code: String,
    /// Codes that are as good.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Modifiers.
    #[serde(default)]
    pub modifiers: Vec<String>,
    /// Units of service.
    pub units: u32,
    /// Diagnosis codes it points to.
    #[serde(default)]
    pub dx: Vec<String>,
    /// False: unclear whether or where it was performed; neither presence nor absence is an error.
    pub certain: bool,
    /// Words of the note.
    #[serde(default)]
    pub quotes: Vec<String>,
    /// Site, laterality, size_cm, count, approach and whatever else decided the code.
    #[serde(default)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// Where the quotes that were found stand (first occurrence).
    #[serde(default)]
    pub places: Vec<Span>,
}

/// A labelled evaluation and management service.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelledEm {
    /// Code.
    pub code: String,
    /// Codes that are as good.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Modifiers.
    #[serde(default)]
    pub modifiers: Vec<String>,
    /// Level of the problems.
    pub problems: Option<String>,
    /// Level of the data.
    pub data: Option<String>,
    /// Level of the risk.
    pub risk: Option<String>,
    /// Stated total time.
    pub time_minutes: Option<f64>,
}

/// A labelled mention.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledMention {
    /// Where it stands.
    pub span: Span,
    /// Kind.
    pub kind: MentionKind,
    /// Assertion; `None` where the corpus has none.
    pub assertion: Option<Assertion>,
    /// Code, where one is given.
    pub code: Option<String>,
}

/// A labelled relation.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledRelation {
    /// Kind.
    pub kind: RelationKind,
    /// Where the first stands.
    pub from: Span,
    /// Where the second stands.
    pub to: Span,
}

/// Which part of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Split {
    Train,
    Dev,
}

impl Split {
    /// Name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Dev => "dev",
        }
    }
}
