//! From a finished run to a model folder.
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use serde_json::json;

use super::evaluate;
use super::recipe::Recipe;
use super::run::{BEST, Prepared, document_list};
use crate::encoder::bert::{self, Branch};
use crate::encoder::{manifest, store};
use crate::extract::heads::{self, Heads};
use crate::train::TrainError;

/// The list of every document that the weights have seen.
pub const DOCUMENTS: &str = "training_documents.txt";

/// Opens branch and heads as a model folder holds them.
pub fn open(directory: &Path, prepared: &Prepared) -> Result<(Branch, Heads), TrainError> {
    let config = &prepared.record.config;
    let weights = store::read(&directory.join(manifest::TAGGING), &Device::Cpu)?;
    let vb = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let branch = Branch::load(vb, config, prepared.record.trunk_layers..config.num_hidden_layers)?;
    Ok((branch, Heads::open(directory, config.hidden_size)?))
}

/// Writes the best weights of a run in compact form into `out` with manifest and document list, and returns the
/// dev scores of what was written.
pub fn export(recipe: &Recipe, prepared: &Prepared, out: &Path) -> Result<serde_json::Value, TrainError> {
    let io = |e: std::io::Error| TrainError::Io { path: out.to_owned(), reason: e.to_string() };
    std::fs::create_dir_all(out).map_err(io)?;
    let best = store::read(&recipe.run.join(BEST), &Device::Cpu)?;
    write_weights(out, best)?;
    if out != recipe.base {
        for file in [manifest::TOKENIZER, manifest::TRUNK, manifest::LINKING] {
            std::fs::copy(recipe.base.join(file), out.join(file)).map_err(io)?;
        }
    }
    std::fs::write(out.join(DOCUMENTS), document_list(&prepared.documents)).map_err(io)?;
    let (branch, heads) = open(out, prepared)?;
    let scores = evaluate::to_json(&evaluate::evaluate(&branch, &heads, &prepared.dev, 0.0)?);
    let mut record = prepared.record.clone();
    for file in [manifest::TAGGING, heads::FILE, DOCUMENTS] {
        record.record(out, file)?;
    }
    let corpora: Vec<&str> = recipe.sources.iter().map(|s| s.corpus.as_str()).collect();
    add_data(
        &mut record.data,
        json!({"stage": "tagging", "corpora": corpora, "split": "train", "documents": DOCUMENTS,
        "count": prepared.documents.len()}),
    );
    // Paths are of the machine that trained, not of the model.
    let mut settings = serde_json::to_value(recipe).unwrap_or_default();
    if let Some(settings) = settings.as_object_mut() {
        settings.retain(|key, _| !["base", "initial", "corpora", "run", "documents"].contains(&key.as_str()));
    }
    if !record.recipe.is_object() {
        record.recipe = json!({});
    }
    record.recipe["tagging"] = json!({"settings": settings, "dev": scores.clone()});
    record.write(out)?;
    Ok(scores)
}

fn write_weights(out: &Path, best: HashMap<String, Tensor>) -> Result<(), TrainError> {
    let (branch, heads): (BTreeMap<String, Tensor>, BTreeMap<String, Tensor>) = best
        .into_iter()
        .filter(|(name, _)| !name.starts_with("relation."))
        .partition(|(name, _)| bert::in_layers(name, &(0..usize::MAX)));
    store::write(&out.join(manifest::TAGGING), &branch, store::Precision::Compact)?;
    store::write(&out.join(heads::FILE), &heads, store::Precision::Compact)?;
    Ok(())
}

/// Adds the record of a stage to the list of data, in place of an older one of the same stage.
fn add_data(data: &mut serde_json::Value, own: serde_json::Value) {
    let mut list = match data.take() {
        serde_json::Value::Array(list) => list,
        serde_json::Value::Null => Vec::new(),
        other => vec![other],
    };
    list.retain(|entry| entry.get("stage") != own.get("stage"));
    list.push(own);
    *data = list.into();
}
