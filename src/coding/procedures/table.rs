//! The procedure table: concepts with our own phrases and descriptors, and the codes that their attributes choose.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::coding::packed_json;

/// One kind of service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Concept {
    /// Its name.
    pub concept: String,
    /// How clinicians write it.
    pub phrases: Vec<String>,
    /// The codes it can become.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeEntry>,
    /// The code when nothing more is said; `None`: ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Attributes to ask for, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Our own short descriptor.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub descriptor: String,
    /// Codes that include this service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundled_into: Vec<String>,
    /// Work that notes describe and nobody bills by itself.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_billed: bool,
    /// Look-alikes and the code they mean; none for "no code".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<Trap>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A code and the attribute values that choose it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeEntry {
    /// CPT or HCPCS code.
    pub code: String,
    /// Reported only beside a primary code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub add_on: bool,
    /// Every other attribute as text (`site`, `size_cm`, `approach`, …).
    #[serde(flatten)]
    pub attributes: BTreeMap<String, String>,
}

/// A look-alike phrase.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trap {
    /// The words.
    pub phrase: String,
    /// The code they mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// All concepts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProcedureTable {
    /// In the order of the source files.
    pub concepts: Vec<Concept>,
}

/// Why a procedure table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read or written.
    #[error("procedure table {path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is not a procedure table.
    #[error("procedure table {path}, line {line}: {problem}; rebuild it with `superbill codesets build`")]
    Content {
        /// Which file.
        path: String,
        /// From 1; 0 where the format has no lines.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

impl ProcedureTable {
    /// Compiles the phrase lexicon's procedure files (JSON Lines; name and content of each) and applies our corrections.
    pub fn compile(files: &[(&str, &str)]) -> Result<Self, TableError> {
        let mut concepts = Vec::new();
        for (path, content) in files {
            for (i, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                concepts.push(parse_line(line).map_err(|problem| TableError::Content {
                    path: (*path).to_owned(),
                    line: i + 1,
                    problem,
                })?);
            }
        }
        super::corrections::apply(&mut concepts);
        Ok(Self { concepts })
    }

    /// Reads a compiled table (gzipped JSON).
    pub fn read(path: &std::path::Path) -> Result<Self, TableError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| TableError::Io { path: name.clone(), source })?;
        Self::from_bytes(&bytes).map_err(|problem| TableError::Content { path: name, line: 0, problem })
    }

    /// Reads a compiled table from memory; the error says what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        packed_json::parse(bytes)
    }

    /// The compiled form; equal tables give equal bytes.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        packed_json::pack(self)
    }
}

/// One line of the lexicon. Attribute values are texts, numbers, truths or lists there; here all are text.
fn parse_line(line: &str) -> Result<Concept, String> {
    let mut value: serde_json::Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let codes = value.get_mut("codes").and_then(|codes| codes.as_array_mut()).ok_or("`codes` is missing")?;
    for entry in codes {
        let fields = entry.as_object_mut().ok_or("a code is not an object")?;
        for (key, field) in fields.iter_mut() {
            if key == "add_on" {
                *field = serde_json::Value::Bool(field.as_bool().unwrap_or(false));
            } else {
                *field = serde_json::Value::String(as_text(field));
            }
        }
    }
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn as_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(as_text).collect::<Vec<_>>().join(" / "),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}
