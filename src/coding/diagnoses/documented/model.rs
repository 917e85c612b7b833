//! The trained part of policy `documented`: counts of the corpus, two ensembles, and where the line is drawn.
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::features::{CORPUS, Table};
use super::prototypes::{Prototypes, StoredPrototypes};
use super::statistics::{Counts, Statistics, StoredCounts};
use crate::coding::diagnoses::candidates::Candidates;
use crate::coding::diagnoses::features::FEATURES;
use crate::coding::diagnoses::model::{DiagnosisModelError, joint_rows};
use crate::coding::forest::Layout;
use crate::coding::lexicon::Lexicon;
use crate::coding::packed_json;
use crate::coding::trees::Trees;

/// The file of a model folder that holds it.
pub const FILE: &str = "documented.json.gz";

/// The model, ready for use.
pub struct DocumentedModel {
    /// What the corpus says about words and codes.
    pub statistics: Statistics,
    /// Seen by itself.
    pub single: Trees,
    /// Seen beside its competitors.
    pub joint: Trees,
    /// Codes from this probability on are listed.
    pub threshold: f32,
    /// The two ensembles as they are evaluated.
    layouts: [Layout; 2],
}

/// The model as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredModel {
    /// Sorted.
    pub codes: Vec<String>,
    /// Documents with each.
    pub documents: Vec<u32>,
    /// Documents with a code of each category.
    pub categories: BTreeMap<String, u32>,
    /// See [`Statistics::mentions`].
    pub mentions: StoredCounts,
    /// See [`Statistics::sentences`].
    pub sentences: StoredCounts,
    /// See [`Statistics::prototypes`].
    pub prototypes: StoredPrototypes,
    /// See [`DocumentedModel`].
    pub single: Trees,
    /// See [`DocumentedModel`].
    pub joint: Trees,
    /// See [`DocumentedModel`].
    pub threshold: f32,
}

impl StoredModel {
    /// Packs counts and ensembles.
    pub fn pack(
        documents: &BTreeMap<String, u32>,
        categories: BTreeMap<String, u32>,
        (mentions, sentences): (&Counts, &Counts),
        prototypes: &Prototypes,
        (single, joint): (Trees, Trees),
        threshold: f32,
    ) -> Self {
        let codes: Vec<String> = documents.keys().cloned().collect();
        let (mentions, sentences) = (StoredCounts::pack(mentions, &codes), StoredCounts::pack(sentences, &codes));
        let (prototypes, documents) = (prototypes.pack(&codes), documents.values().copied().collect());
        Self { documents, categories, mentions, sentences, prototypes, single, joint, threshold, codes }
    }

    /// The bytes of the file; the same model gives the same.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        packed_json::pack(self)
    }
}

impl DocumentedModel {
    /// Reads and checks a model file.
    pub fn open(path: &Path, lexicon: &Lexicon) -> Result<Self, DiagnosisModelError> {
        let failed = |reason: String| DiagnosisModelError::Read { path: path.display().to_string(), reason };
        let packed = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
        let stored: StoredModel = packed_json::parse(&packed).map_err(failed)?;
        stored.single.check()?;
        stored.joint.check()?;
        let expected = FEATURES + CORPUS.len();
        if stored.single.features.len() != expected {
            return Err(DiagnosisModelError::Features { found: stored.single.features.len(), expected });
        }
        let documents: BTreeMap<String, u32> = stored.codes.iter().cloned().zip(stored.documents.iter().copied()).collect();
        let (mentions, sentences) = (stored.mentions.unpack(&stored.codes), stored.sentences.unpack(&stored.codes));
        let prototypes = stored.prototypes.unpack(&stored.codes);
        Ok(Self {
            statistics: Statistics::new(documents, stored.categories, mentions, sentences, prototypes, lexicon),
            single: stored.single,
            joint: stored.joint,
            threshold: stored.threshold,
            layouts: Default::default(),
        })
    }

    /// Probability that each row of the table is listed.
    pub fn probabilities(&self, table: &Table, candidates: &Candidates, lexicon: &Lexicon) -> Vec<f32> {
        let single = self.layouts[0].predict(&self.single, &table.values);
        let joint = joint_rows(table, &single, candidates, lexicon);
        self.layouts[1].predict(&self.joint, &joint.values)
    }
}
