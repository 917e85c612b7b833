//! Data and frozen layers of a run.
use std::collections::BTreeSet;
use std::path::Path;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::activations::{Activations, Frozen};
use super::evaluate::DevSet;
use super::examples::{self, Example, Weights};
use super::recipe::Recipe;
use crate::encoder::kernels::Instructions;
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::packed::{Numerics, PackedModel};
use crate::encoder::store;
use crate::encoder::tokens::Pieces;
use crate::train::TrainError;
use crate::train::data::{LabelledDocument, Split, corpora, second_look};

/// Everything that a run reads, and where its branch starts.
pub struct Prepared {
    /// The base model's record.
    pub record: Manifest,
    /// Training documents.
    pub documents: Vec<LabelledDocument>,
    /// Their examples (those that teach something).
    pub examples: Vec<Example>,
    /// Trunk outputs of the examples.
    pub activations: Activations,
    /// Dev.
    pub dev: DevSet,
}

/// Ids of training documents with their corpus, sorted, one a line.
pub fn document_list(documents: &[LabelledDocument]) -> String {
    let mut lines: Vec<String> = documents.iter().map(second_look::listed).collect();
    lines.sort();
    lines.dedup();
    lines.join("\n") + "\n"
}

/// An input or output error at a path.
pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> TrainError + '_ {
    move |e| TrainError::Io { path: path.to_owned(), reason: e.to_string() }
}

/// Loads data and encoder and runs the trunk (or takes its kept outputs).
pub fn prepare(recipe: &Recipe, progress: &ProgressBar) -> Result<Prepared, TrainError> {
    std::fs::create_dir_all(&recipe.run).map_err(io(&recipe.run))?;
    let record = Manifest::read(&recipe.base)?;
    for file in [manifest::TOKENIZER, manifest::TRUNK] {
        record.verify(&recipe.base, file)?;
    }
    let config = record.config.clone();
    let pieces = Pieces::open(&recipe.base.join(manifest::TOKENIZER), config.max_position_embeddings)?;
    let path = recipe.base.join(manifest::TRUNK);
    let (mut weights, set) = (store::read_stored(&path)?, Instructions::best());
    let frozen = Frozen {
        trunk: PackedModel::new(&path, &mut weights, &config, record.trunk_layers, Numerics::Float, set)?,
        fingerprint: record.files.get(manifest::TRUNK).map(|f| f.sha256.clone()).unwrap_or_default(),
        dim: config.hidden_size,
    };
    let only = match &recipe.documents {
        Some(path) => Some(std::fs::read_to_string(path).map_err(io(path))?),
        None => None,
    };
    let only: Option<BTreeSet<&str>> = only.as_ref().map(|text| text.lines().collect());
    let mut sets = Vec::new();
    for split in [Split::Train, Split::Dev] {
        let mut documents: Vec<LabelledDocument> = Vec::new();
        let mut all: Vec<Example> = Vec::new();
        for source in &recipe.sources {
            let mut own = corpora::load(&recipe.corpora, &source.corpus, split)?;
            if let Some(only) = only.as_ref().filter(|_| split == Split::Train) {
                own.retain(|d| only.contains(format!("{}\t{}", d.corpus, d.id).as_str()));
            }
            let most = if split == Split::Train { source.most.unwrap_or(usize::MAX) } else { recipe.dev_documents };
            own = evenly(own, most);
            let weights = Weights { source: source.weight, unknown_outside: recipe.unknown_outside_weight };
            let first = documents.len();
            let cut = own
                .par_iter()
                .enumerate()
                .map(|(i, d)| examples::examples(&pieces, (first + i) as u32, d, weights))
                .collect::<Result<Vec<_>, _>>()?;
            documents.extend(own);
            all.extend(cut.into_iter().flatten());
        }
        if split == Split::Train {
            all.retain(|e| e.teaches(&documents));
        }
        progress.set_message(format!("frozen layers, {}", split.name()));
        let path = recipe.run.join(format!("{}.f16", split.name()));
        let activations = Activations::compute(&frozen, &all, &path, progress)?;
        sets.push((documents, all, activations));
    }
    let (Some(dev), Some((documents, examples, activations))) = (sets.pop(), sets.pop()) else {
        return Err(TrainError::Recipe { path: recipe.base.clone(), reason: "no data".to_owned() });
    };
    let dev = DevSet { documents: dev.0, examples: dev.1, activations: dev.2 };
    Ok(Prepared { record, documents, examples, activations, dev })
}

/// `most` documents spread evenly over the list.
fn evenly(mut documents: Vec<LabelledDocument>, most: usize) -> Vec<LabelledDocument> {
    let count = documents.len();
    if most >= count {
        return documents;
    }
    (0..most).map(|i| std::mem::take(&mut documents[i * count / most])).collect()
}
