//! Are these the released weights? A model directory's `manifest.json`.
//!
//! ```text
//! manifest.json      this
//! tokenizer.json     word pieces
//! trunk.safetensors  embeddings and the lower layers
//! tagging.safetensors, linking.safetensors   each branch's upper layers
//! …                  heads and vectors that other parts of the engine record here
//! ```
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bert::BertConfig;
use super::error::EncoderError;
use super::packed::Numerics;
use super::store;

/// The manifest's file name.
pub const FILE: &str = "manifest.json";
/// The tokenizer's file name.
pub const TOKENIZER: &str = "tokenizer.json";
/// Embeddings and lower layers.
pub const TRUNK: &str = "trunk.safetensors";
/// Upper layers for mentions and assertion.
pub const TAGGING: &str = "tagging.safetensors";
/// Upper layers for retrieval.
pub const LINKING: &str = "linking.safetensors";

/// Upper layers for the choice of codes; a model may lack them.
pub const CODING: &str = "coding.safetensors";

/// What a model directory holds and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the model.
    pub name: String,
    /// Version of this format.
    pub format: u32,
    /// Sizes of the transformer.
    pub config: BertConfig,
    /// Layers `0..trunk_layers` are shared, the others belong to each branch.
    pub trunk_layers: usize,
    /// How weights are kept, in words.
    pub numerics: String,
    /// What a CPU computes the dense layers in: chosen once for a released model by what it costs in accuracy.
    #[serde(default)]
    pub compute: Numerics,
    /// sha256 and size of every file, by name.
    pub files: BTreeMap<String, FileRecord>,
    /// Data that the weights have seen: sources, splits, document ids.
    #[serde(default)]
    pub data: serde_json::Value,
    /// How they were made.
    #[serde(default)]
    pub recipe: serde_json::Value,
}

/// One file's fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
}

impl Manifest {
    /// Reads `manifest.json` of a model directory.
    pub fn read(directory: &Path) -> Result<Self, EncoderError> {
        let path = directory.join(FILE);
        let bytes = std::fs::read(&path).map_err(|e| EncoderError::io("model manifest", &path, e))?;
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|e| EncoderError::format(&path, e))?;
        if manifest.format != 1 {
            return Err(EncoderError::format(
                &path,
                format!("format {} is not known, this program reads format 1", manifest.format),
            ));
        }
        Ok(manifest)
    }

    /// Writes `manifest.json`.
    pub fn write(&self, directory: &Path) -> Result<(), EncoderError> {
        let path = directory.join(FILE);
        let mut text = serde_json::to_string_pretty(self).map_err(|e| EncoderError::format(&path, e))?;
        text.push('\n');
        store::replace_file(&path, text.as_bytes())
    }

    /// Takes the fingerprint of a file in the directory, new or replaced; call before [`Manifest::write`].
    pub fn record(&mut self, directory: &Path, file: &str) -> Result<(), EncoderError> {
        self.files.insert(file.to_owned(), fingerprint(&directory.join(file))?);
        Ok(())
    }

    /// Checks one file against its record.
    pub fn verify(&self, directory: &Path, file: &str) -> Result<(), EncoderError> {
        let path = directory.join(file);
        let Some(expected) = self.files.get(file) else {
            return Err(EncoderError::format(&directory.join(FILE), format!("it has no record of {file}")));
        };
        let found = fingerprint(&path)?;
        if found.sha256 != expected.sha256 {
            return Err(EncoderError::Checksum { path, expected: expected.sha256.clone(), found: found.sha256 });
        }
        Ok(())
    }

    /// What the linking vectors depend on; kept in files of vectors, so that they are not used with other weights.
    pub fn linking_fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for name in [TOKENIZER, TRUNK, LINKING] {
            digest.update(name);
            digest.update(self.files.get(name).map(|r| r.sha256.as_str()).unwrap_or_default());
        }
        digest.finalize().into()
    }

    /// One line's worth of identity: name and the first digits of a digest over all files' fingerprints.
    pub fn identity(&self) -> String {
        let mut digest = Sha256::new();
        for (name, record) in &self.files {
            digest.update(name);
            digest.update(&record.sha256);
        }
        format!("{}@{}", self.name, &hexadecimal(&digest.finalize())[..12])
    }
}

fn fingerprint(path: &Path) -> Result<FileRecord, EncoderError> {
    let what = if path.ends_with(TOKENIZER) { "tokenizer" } else { "model file" };
    let mapped = store::map_file(what, path)?;
    Ok(FileRecord { sha256: hexadecimal(&Sha256::digest(&mapped)), bytes: mapped.len() as u64 })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
