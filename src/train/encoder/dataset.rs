//! Everything a run of the encoder stage learns from, as word-piece ids in one compressed file.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::recipe::Recipe;
use crate::codeset::CodeSets;
use crate::coding::lexicon;
use crate::document;
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::tokens::Pieces;
use crate::encoder::vectors::billable_families;
use crate::extract::MentionKind;
use crate::train::TrainError;
use crate::train::data::{LabelledDocument, Split, corpora, labels, second_look};
use crate::train::diagnoses::fold_of;
use crate::train::tagging::examples::{self, Example, Weights};
use crate::train::tagging::prepare::document_list;

/// A chunk of a note with mentions whose codes are known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MentionChunk {
    /// Number of its document.
    pub document: u32,
    /// What the encoder sees.
    pub ids: Vec<u32>,
    /// First and one past the last position of each mention, and the number of its code's title family.
    pub mentions: Vec<(u32, u32, u32)>,
}

/// The data of one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dataset {
    /// Corpus and id of every training document, one a line.
    pub documents: String,
    /// Half of every training document (see [`half_of`]) by its number; 2 for corpora whose documents are never held out.
    pub halves: Vec<u8>,
    /// Chunks for mentions and assertion.
    pub tagging: Vec<Example>,
    /// The same of the dev parts.
    pub tagging_dev: Vec<Example>,
    /// Ids of each title family's text (see [`billable_families`]), in the order of the vector file.
    pub titles: Vec<Vec<u32>>,
    /// Number of each family's three-character category: families of one category are siblings.
    pub categories: Vec<u32>,
    /// Phrases and the family they name.
    pub names: Vec<(Vec<u32>, u32)>,
    /// Chunks of training notes with coded mentions.
    pub mentions: Vec<MentionChunk>,
    /// Chunks of dev notes with coded mentions.
    pub mentions_dev: Vec<MentionChunk>,
    /// Chunks of unlabelled text.
    pub language: Vec<Vec<u32>>,
}

/// Which half of the labelled notes a document belongs to, where a run holds one out.
pub fn half_of(id: &str) -> usize {
    fold_of(id) % 2
}

impl Dataset {
    /// Leaves out what is known of one half of the labelled notes, so that the model can read them as new ones.
    pub fn hold_out(&mut self, half: u8) {
        let halves = std::mem::take(&mut self.halves);
        let kept = |document: u32| halves.get(document as usize) != Some(&half);
        self.tagging.retain(|e| kept(e.document));
        self.mentions.retain(|c| kept(c.document));
        self.halves = halves;
    }

    /// Reads the recipe's prepared file, or prepares it.
    pub fn open(recipe: &Recipe) -> Result<Self, TrainError> {
        let path = &recipe.dataset;
        let io = |e: std::io::Error| TrainError::Io { path: path.clone(), reason: e.to_string() };
        if path.is_file() {
            let mut json = Vec::new();
            GzDecoder::new(std::fs::File::open(path).map_err(io)?).read_to_end(&mut json).map_err(io)?;
            return serde_json::from_slice(&json).map_err(|e| TrainError::Io {
                path: path.clone(),
                reason: format!("not a prepared data set ({e}); remove it, and it is prepared again"),
            });
        }
        let made = prepare(recipe)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let json = serde_json::to_vec(&made).map_err(|e| TrainError::Io { path: path.clone(), reason: e.to_string() })?;
        let mut encoder = GzEncoder::new(std::fs::File::create(path).map_err(io)?, Compression::default());
        encoder.write_all(&json).and_then(|()| encoder.finish().map(drop)).map_err(io)?;
        Ok(made)
    }
}

/// Title families by code, and the codes' names.
struct Families {
    titles: Vec<Vec<u32>>,
    categories: Vec<u32>,
    /// By code without its dot.
    of_code: BTreeMap<String, u32>,
}

impl Families {
    fn of(&self, code: &str) -> Option<u32> {
        self.of_code.get(&code.replace('.', "")).copied()
    }
}

fn families(code_sets: &CodeSets, pieces: &Pieces) -> Result<Families, TrainError> {
    let rows = billable_families(&code_sets.icd10cm);
    let (mut of_code, mut categories, mut numbers) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for (number, row) in rows.iter().enumerate() {
        let category = row.members.first().and_then(|m| m.get(..3)).unwrap_or_default();
        let next = numbers.len() as u32;
        categories.push(*numbers.entry(category.to_owned()).or_insert(next));
        of_code.extend(row.members.iter().map(|m| (m.clone(), number as u32)));
    }
    let titles = rows.par_iter().map(|r| pieces.sequence(&r.text)).collect::<Result<Vec<_>, _>>()?;
    Ok(Families { titles, categories, of_code })
}

fn prepare(recipe: &Recipe) -> Result<Dataset, TrainError> {
    let wrong = |reason: String| TrainError::Recipe { path: recipe.data.clone(), reason };
    let record = Manifest::read(&recipe.base)?;
    let pieces = Pieces::open(&recipe.base.join(manifest::TOKENIZER), record.config.max_position_embeddings)?;
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| wrong(e.to_string()))?;
    let families = families(&code_sets, &pieces)?;
    let sources = lexicon::sources(&recipe.data, &code_sets.icd10cm);
    let named = lexicon::names(&sources).map_err(|e| wrong(e.to_string()))?;
    let corpora_folder = recipe.data.join("corpora");
    let (train, tagging) = tagging(recipe, &corpora_folder, &pieces, Split::Train)?;
    let (dev, tagging_dev) = self::tagging(recipe, &corpora_folder, &pieces, Split::Dev)?;
    let own = own(recipe, &corpora_folder, &train)?;
    let language = language(recipe, &corpora_folder, &pieces, train.iter().chain(&own))?;
    let names = named
        .par_iter()
        .filter_map(|(phrase, code)| Some((phrase, families.of(code)?)))
        .map(|(phrase, family)| Ok((pieces.sequence(phrase)?, family)))
        .collect::<Result<Vec<_>, TrainError>>()?
        .into_iter()
        .filter(|(ids, family)| families.titles[*family as usize] != *ids && ids.len() <= 32)
        .collect();
    let halves = train.iter().chain(&own).map(|d| if d.complete.is_empty() { half_of(&d.id) as u8 } else { 2 }).collect();
    let mut mentions = mention_chunks(&train, 0, &pieces, &families)?;
    mentions.extend(mention_chunks(&own, train.len(), &pieces, &families)?);
    Ok(Dataset {
        documents: document_list(&train) + &document_list(&own),
        halves,
        mentions,
        mentions_dev: mention_chunks(&dev, 0, &pieces, &families)?,
        tagging,
        tagging_dev,
        titles: families.titles,
        categories: families.categories,
        names,
        language,
    })
}

/// Documents of one split and their chunks that teach something.
fn tagging(
    recipe: &Recipe,
    folder: &Path,
    pieces: &Pieces,
    split: Split,
) -> Result<(Vec<LabelledDocument>, Vec<Example>), TrainError> {
    let mut documents = Vec::new();
    for corpus in &recipe.tagging {
        documents.extend(corpora::load(folder, corpus, split)?);
    }
    let weights = Weights { source: 1.0, unknown_outside: recipe.unknown_outside_weight };
    let cut = documents
        .par_iter()
        .enumerate()
        .map(|(i, d)| examples::examples(pieces, i as u32, d, weights))
        .collect::<Result<Vec<_>, _>>()?;
    let examples = cut.into_iter().flatten().filter(|e| e.teaches(&documents)).collect();
    Ok((documents, examples))
}

/// Notes, short charts and clinic notes of the recipe's own labels that are not among the tagging documents.
fn own(recipe: &Recipe, folder: &Path, known: &[LabelledDocument]) -> Result<Vec<LabelledDocument>, TrainError> {
    let Some(labels) = &recipe.labels else { return Ok(Vec::new()) };
    let known: BTreeSet<&str> = known.iter().map(|d| d.id.as_str()).collect();
    let mut own = second_look::training_documents(folder, Some(labels))?;
    own.extend(second_look::charts(labels)?);
    own.extend(second_look::clinic_notes(labels)?);
    own.retain(|d| !known.contains(d.id.as_str()));
    Ok(own)
}

/// Chunks in which a problem mention or a quote of a diagnosis stands whose code is known; the documents' numbers begin at
/// `first`.
fn mention_chunks(
    documents: &[LabelledDocument],
    first: usize,
    pieces: &Pieces,
    families: &Families,
) -> Result<Vec<MentionChunk>, TrainError> {
    let cut = documents
        .par_iter()
        .enumerate()
        .map(|(number, labelled)| {
            let number = first + number;
            let document = document::read(&labelled.text);
            let mentioned = labelled.mentions.iter().filter(|m| m.kind == MentionKind::Problem);
            let mentioned = mentioned.filter_map(|m| Some((m.span, families.of(m.code.as_deref()?)?)));
            let quoted = labelled.diagnoses.iter().filter_map(|d| Some((d.places.first().copied()?, families.of(&d.code)?)));
            let places: BTreeSet<_> =
                mentioned.chain(quoted.filter(|(s, _)| s.len() <= 60)).map(|(s, f)| (s.start, s.end, f)).collect();
            let mut chunks = Vec::new();
            for chunk in pieces.chunks(&document)? {
                let mut mentions = Vec::new();
                for &(start, end, family) in &places {
                    let first = chunk.tokens.partition_point(|t| t.span.end <= start);
                    let last = chunk.tokens.partition_point(|t| t.span.start < end);
                    if first < last && chunk.tokens.get(first).is_some_and(|t| first > 0 || t.span.start <= start) {
                        mentions.push(((chunk.first + first) as u32, (chunk.first + last) as u32, family));
                    }
                }
                if !mentions.is_empty() {
                    chunks.push(MentionChunk { document: number as u32, ids: chunk.ids, mentions });
                }
            }
            Ok(chunks)
        })
        .collect::<Result<Vec<_>, TrainError>>()?;
    Ok(cut.into_iter().flatten().collect())
}

/// Unlabelled chunks: the training documents and further texts, never one of a dev part.
fn language<'a>(
    recipe: &Recipe,
    folder: &Path,
    pieces: &Pieces,
    train: impl Iterator<Item = &'a LabelledDocument>,
) -> Result<Vec<Vec<u32>>, TrainError> {
    let mut texts: Vec<Arc<str>> = train.map(|d| d.text.0.clone()).collect();
    let held: BTreeSet<Arc<str>> = corpora::load(folder, "labels", Split::Dev)?.into_iter().map(|d| d.text.0).collect();
    for corpus in &recipe.language {
        texts.extend(labels::unlabelled(folder, corpus)?);
    }
    texts.sort();
    texts.dedup();
    texts.retain(|t| !held.contains(t));
    let cut = texts
        .par_iter()
        .map(|text| Ok(pieces.chunks(&document::read(text))?.into_iter().map(|c| c.ids).collect::<Vec<_>>()))
        .collect::<Result<Vec<_>, TrainError>>()?;
    Ok(cut.into_iter().flatten().filter(|ids| ids.len() >= 12).collect())
}
