//! A published checkpoint made into a model directory of ours: compact weights, trunk and branches, manifest.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};

use super::bert;
use super::error::EncoderError;
use super::hub::ModelFiles;
use super::manifest::{self, Manifest};
use super::packed::Numerics;
use super::store::{self, Precision};
use super::transformer::read_config;

/// How a checkpoint is cut and written.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Name of the new model.
    pub name: String,
    /// Layers that the branches share.
    pub trunk_layers: usize,
    /// How weights are written.
    pub precision: Precision,
    /// What the manifest says about the checkpoint's origin.
    pub data: serde_json::Value,
}

/// Converts a published BERT checkpoint into a model directory. Both branches start as copies of the checkpoint's upper
/// layers. Word pieces that no text of Latin or Greek script can contain are left out.
pub fn convert(source: &ModelFiles, target: &Path, conversion: &Conversion) -> Result<Manifest, EncoderError> {
    let mut config = read_config(&source.config)?;
    let depth = conversion.trunk_layers.min(config.num_hidden_layers);
    let weights_path = source.weights.clone();
    let mut weights = store::read(&weights_path, &Device::Cpu)?;
    let tokenizer_path = source.tokenizer.clone();
    let tokenizer = std::fs::read(&tokenizer_path).map_err(|e| EncoderError::io("tokenizer", &tokenizer_path, e))?;
    let tokenizer = serde_json::from_slice(&tokenizer).map_err(|e| EncoderError::format(&tokenizer_path, e))?;
    let (tokenizer, kept) = prune(&tokenizer_path, tokenizer, is_readable)?;

    const WORDS: &str = "embeddings.word_embeddings.weight";
    let words =
        weights.get(WORDS).ok_or_else(|| EncoderError::MissingWeight { path: weights_path.clone(), name: WORDS.to_owned() })?;
    if kept.iter().any(|&id| id as usize >= words.dim(0).unwrap_or(0)) {
        let (highest, vocabulary) = (kept.iter().copied().max().unwrap_or(0), words.dim(0)?);
        return Err(EncoderError::Vocabulary { path: tokenizer_path, highest, vocabulary });
    }
    let rows = Tensor::from_vec(kept.clone(), kept.len(), &Device::Cpu)?;
    weights.insert(WORDS.to_owned(), words.index_select(&rows, 0)?);
    config.vocab_size = kept.len();

    let shapes: HashMap<String, Vec<usize>> = bert::weight_shapes(&config).into_iter().collect();
    for (name, shape) in &shapes {
        let found = weights.get(name).map(|t| t.dims().to_vec());
        match found {
            None => return Err(EncoderError::MissingWeight { path: weights_path, name: name.clone() }),
            Some(found) if &found != shape => {
                return Err(EncoderError::Shape { path: weights_path, name: name.clone(), expected: shape.clone(), found });
            }
            Some(_) => {}
        }
    }
    let upper = depth..config.num_hidden_layers;
    let (branch, trunk): (BTreeMap<_, _>, BTreeMap<_, _>) =
        weights.into_iter().filter(|(name, _)| shapes.contains_key(name)).partition(|(name, _)| bert::in_layers(name, &upper));
    store::write(&target.join(manifest::TRUNK), &trunk, conversion.precision)?;
    store::write(&target.join(manifest::TAGGING), &branch, conversion.precision)?;
    store::write(&target.join(manifest::LINKING), &branch, conversion.precision)?;
    let text = serde_json::to_vec(&tokenizer).map_err(|e| EncoderError::format(&tokenizer_path, e))?;
    store::replace_file(&target.join(manifest::TOKENIZER), &text)?;

    let numerics = match conversion.precision {
        Precision::Full => "f32",
        Precision::Compact => "matrices int8 with one f32 scale a row, vectors f16",
    };
    let mut manifest = Manifest {
        name: conversion.name.clone(),
        format: 1,
        config,
        trunk_layers: depth,
        numerics: numerics.to_owned(),
        compute: Numerics::Float,
        files: BTreeMap::new(),
        data: conversion.data.clone(),
        recipe: serde_json::json!({ "source_layers": upper.end, "word_pieces": "Latin and Greek script" }),
    };
    for file in [manifest::TOKENIZER, manifest::TRUNK, manifest::TAGGING, manifest::LINKING] {
        manifest.record(target, file)?;
    }
    manifest.write(target)?;
    Ok(manifest)
}

/// Whether a word piece can occur in text of Latin or Greek script (digits, signs and special tokens included).
fn is_readable(piece: &str) -> bool {
    !piece.starts_with("[unused")
        && piece.chars().filter(|c| c.is_alphabetic()).all(|c| {
            matches!(c, '\u{0}'..='\u{24F}' | '\u{250}'..='\u{2AF}' | '\u{370}'..='\u{3FF}' | '\u{1E00}'..='\u{1FFF}' | '\u{2070}'..='\u{214F}')
        })
}

/// Leaves out word pieces of a `tokenizer.json`; the kept ones keep their order. Returns the old ids of the new ones.
fn prune(
    path: &Path,
    mut tokenizer: serde_json::Value,
    keep: impl Fn(&str) -> bool,
) -> Result<(serde_json::Value, Vec<u32>), EncoderError> {
    let Some(vocabulary) = tokenizer.pointer("/model/vocab").and_then(|v| v.as_object()) else {
        return Err(EncoderError::format(path, "it has no WordPiece vocabulary at /model/vocab"));
    };
    let mut pieces: Vec<(u32, String)> = Vec::new();
    for (piece, id) in vocabulary {
        let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| EncoderError::format(path, "a word piece has no id"))?;
        if keep(piece) {
            pieces.push((id, piece.clone()));
        }
    }
    pieces.sort();
    let new_ids: HashMap<u32, usize> = pieces.iter().enumerate().map(|(new, (old, _))| (*old, new)).collect();
    let vocabulary: serde_json::Map<_, _> = pieces.iter().enumerate().map(|(new, (_, p))| (p.clone(), new.into())).collect();
    tokenizer["model"]["vocab"] = vocabulary.into();
    tokenizer["truncation"] = serde_json::Value::Null;
    tokenizer["padding"] = serde_json::Value::Null;
    let renumber = |id: &mut serde_json::Value| {
        if let Some(new) = id.as_u64().and_then(|old| new_ids.get(&u32::try_from(old).ok()?)) {
            *id = (*new).into();
        }
    };
    for token in tokenizer["added_tokens"].as_array_mut().into_iter().flatten() {
        renumber(&mut token["id"]);
    }
    if let Some(special) = tokenizer.pointer_mut("/post_processor/special_tokens").and_then(|s| s.as_object_mut()) {
        special.values_mut().flat_map(|s| s["ids"].as_array_mut().into_iter().flatten()).for_each(renumber);
    }
    Ok((tokenizer, pieces.into_iter().map(|(old, _)| old).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruning_renumbers_in_order() {
        let tokenizer = serde_json::json!({
            "added_tokens": [{"id": 2, "content": "[CLS]"}],
            "post_processor": {"special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2]}}},
            "model": {"vocab": {"[PAD]": 0, "[unused0]": 1, "[CLS]": 2, "жар": 3, "µ": 4, "##itis": 5}}
        });
        let (pruned, kept) = prune(Path::new("tokenizer.json"), tokenizer, is_readable).unwrap();
        assert_eq!(kept, [0, 2, 4, 5]);
        assert_eq!(pruned["model"]["vocab"], serde_json::json!({"[PAD]": 0, "[CLS]": 1, "µ": 2, "##itis": 3}));
        assert_eq!(pruned["added_tokens"][0]["id"], 1);
        assert_eq!(pruned["post_processor"]["special_tokens"]["[CLS]"]["ids"][0], 1);
    }
}
