//! From a finished run to a model folder.
use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use serde_json::json;

use super::evaluate;
use super::prepare::{Prepared, document_list};
use super::recipe::Recipe;
use crate::encoder::bert::{self, Branch};
use crate::encoder::{manifest, store};
use crate::extract::heads::{self, Heads};
use crate::train::TrainError;

/// The list of every document that the weights have seen.
pub const DOCUMENTS: &str = "training_documents.txt";

/// Writes the best weights of a run in compact form into `out` with manifest and document list, and returns the
/// dev scores of the heads as written.
pub fn export(
    recipe: &Recipe,
    prepared: &Prepared,
    best: BTreeMap<String, Tensor>,
    out: &Path,
) -> Result<serde_json::Value, TrainError> {
    let io = |e: std::io::Error| TrainError::Io { path: out.to_owned(), reason: e.to_string() };
    std::fs::create_dir_all(out).map_err(io)?;
    write_weights(out, best)?;
    if out != recipe.base {
        for file in [manifest::TOKENIZER, manifest::TRUNK, manifest::LINKING] {
            std::fs::copy(recipe.base.join(file), out.join(file)).map_err(io)?;
        }
    }
    std::fs::write(out.join(DOCUMENTS), document_list(&prepared.documents)).map_err(io)?;
    let config = &prepared.record.config;
    // The kept activations are those of the branch that has learned.
    let none = VarBuilder::zeros(DType::F32, &Device::Cpu);
    let (nothing, heads) = (Branch::load(none, config, 0..0)?, Heads::open(out, config.hidden_size)?);
    let scores = evaluate::to_json(&evaluate::evaluate(&nothing, &heads, &prepared.dev, 0.0)?);
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

fn write_weights(out: &Path, best: BTreeMap<String, Tensor>) -> Result<(), TrainError> {
    let (branch, heads): (BTreeMap<String, Tensor>, BTreeMap<String, Tensor>) =
        best.into_iter().partition(|(name, _)| bert::in_layers(name, &(0..usize::MAX)));
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
