//! The trained part of procedure coding as one file.
use serde::{Deserialize, Serialize};

use crate::coding::packed_json;
use crate::coding::trees::Trees;

use super::confidence::TableConfidence;
use super::index::LearnedPhrase;
use super::knowledge::{Knowledge, Prior};
use super::layers::Layers;
use super::rivalry::Companions;
use super::table::ProcedureTable;

/// Everything learned from labelled notes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcedureModel {
    /// Phrases with their codes.
    pub phrases: Vec<LearnedPhrase>,
    /// Notes by code.
    pub counts: Vec<(String, u32)>,
    /// Notes with both of two codes.
    pub pairs: Vec<(String, String, u32)>,
    /// Was the service done?
    pub concept: Trees,
    /// Which of its codes?
    pub sibling: Trees,
    /// Does the line stand?
    pub line: Trees,
    /// Least probability of a line.
    pub threshold: f32,
    /// How sure the lines of the decision tables are.
    #[serde(default)]
    pub tables: TableConfidence,
}

/// Why a procedure model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It cannot be read.
    #[error("procedure model {path}: {source}; install the release's models folder again")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a procedure model of this version.
    #[error("procedure model {path}: {problem}; install the release's models folder again")]
    Content {
        /// Which file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

impl ProcedureModel {
    /// Reads a model file.
    pub fn read(path: &std::path::Path) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: name.clone(), source })?;
        Self::from_bytes(&bytes).map_err(|problem| ModelError::Content { path: name, problem })
    }

    /// Reads and checks a model; the error says what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let model: Self = packed_json::parse(bytes)?;
        let layers = Layers::new();
        let expected = [
            (&model.concept, layers.concept_names()),
            (&model.sibling, layers.sibling_names()),
            (&model.line, super::rivalry::feature_names()),
        ];
        for (trees, names) in expected {
            trees.check().map_err(|e| e.to_string())?;
            if trees.features != names {
                return Err("its features are not those of this version".to_owned());
            }
        }
        Ok(model)
    }

    /// The file's bytes; equal models give equal bytes.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        packed_json::pack(self)
    }

    /// What the coder needs beside the trees.
    pub fn knowledge(&self, table: ProcedureTable) -> Knowledge {
        let mut prior = Prior::default();
        for (code, n) in &self.counts {
            prior.counts.entry(code.clone()).or_default().insert(0, *n);
        }
        let mut companions = Companions::default();
        for (a, b, n) in &self.pairs {
            companions.counts.entry((a.clone(), b.clone())).or_default().insert(0, *n);
        }
        Knowledge::new(table, &self.phrases, prior, companions)
    }
}
