//! Phrases and mentions beside titles: the right title must be nearest among those of the batch.
use std::collections::BTreeMap;

use candle_core::{D, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dataset::{Dataset, MentionChunk};
use super::language::cross_entropy;
use super::network::{Network, Upper};
use crate::encoder::fused::sparse::SparseRows;
use crate::train::TrainError;

/// One step's phrases and mentions.
pub struct Batch<'a> {
    /// Names with their family.
    pub names: Vec<&'a (Vec<u32>, u32)>,
    /// Chunks with mentions.
    pub chunks: Vec<&'a MentionChunk>,
}

/// Families by category.
pub struct Siblings {
    by_category: Vec<Vec<u32>>,
}

impl Siblings {
    /// Sorts the families of a data set.
    pub fn new(dataset: &Dataset) -> Self {
        let count = dataset.categories.iter().max().map_or(0, |m| *m as usize + 1);
        let mut by_category = vec![Vec::new(); count];
        for (family, category) in dataset.categories.iter().enumerate() {
            by_category[*category as usize].push(family as u32);
        }
        Self { by_category }
    }

    fn one(&self, dataset: &Dataset, family: u32, random: &mut ChaCha8Rng) -> Option<u32> {
        let own = self.by_category.get(*dataset.categories.get(family as usize)? as usize)?;
        own.get(random.random_range(0..own.len())).copied()
    }
}

/// Linking vectors of length 1 for whole texts: (n, dim).
pub fn embed(network: &Network, texts: &[&[u32]]) -> Result<Tensor, TrainError> {
    let upper = network.link(texts)?;
    let whole: Vec<_> = upper.pack.starts().windows(2).map(|p| (p[0], p[1])).collect();
    vectors(&upper, whole)
}

/// Linking vectors of length 1 for the mentions of chunks, in order: (mentions, dim).
pub fn embed_mentions(network: &Network, chunks: &[&MentionChunk]) -> Result<Tensor, TrainError> {
    let ids: Vec<&[u32]> = chunks.iter().map(|c| c.ids.as_slice()).collect();
    let upper = network.link(&ids)?;
    let places = mentioned(chunks, upper.pack.starts());
    vectors(&upper, places)
}

/// Rows of the mentions of chunks whose first rows are `starts`.
fn mentioned(chunks: &[&MentionChunk], starts: &[usize]) -> Vec<(usize, usize)> {
    let of = |(chunk, &start): (&&MentionChunk, &usize)| {
        chunk.mentions.iter().map(|&(from, to, _)| (start + from as usize, start + to as usize)).collect::<Vec<_>>()
    };
    chunks.iter().zip(starts).flat_map(of).collect()
}

/// Means of ranges of rows, scaled to length 1.
fn vectors(upper: &Upper, places: Vec<(usize, usize)>) -> Result<Tensor, TrainError> {
    let mean = SparseRows::means(places, upper.hidden.dim(0)?, upper.hidden.device())?.times(&upper.hidden)?;
    let length = (mean.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(mean.broadcast_div(&length)?)
}

/// What one step reads, and the right answers.
pub struct Plan<'a> {
    chunks: Vec<&'a MentionChunk>,
    /// Ids of the chunks, the names and the families' titles.
    pub sequences: Vec<&'a [u32]>,
    /// Column of the right title of each mention, then of each name.
    columns: Vec<u32>,
}

/// The families of a batch and a sibling of each are the choices.
pub fn plan<'a>(dataset: &'a Dataset, siblings: &Siblings, batch: Batch<'a>, random: &mut ChaCha8Rng) -> Plan<'a> {
    let mentions = batch.chunks.iter().flat_map(|c| c.mentions.iter().map(|m| m.2));
    let wanted: Vec<u32> = mentions.chain(batch.names.iter().map(|n| n.1)).collect();
    let (mut known, mut families): (BTreeMap<u32, u32>, Vec<u32>) = (BTreeMap::new(), Vec::new());
    let mut column = |family: u32| {
        *known.entry(family).or_insert_with(|| {
            families.push(family);
            families.len() as u32 - 1
        })
    };
    let mut columns = Vec::with_capacity(wanted.len());
    for family in wanted {
        columns.push(column(family));
        if let Some(sibling) = siblings.one(dataset, family, random) {
            column(sibling);
        }
    }
    let sequences = batch.chunks.iter().map(|c| c.ids.as_slice()).chain(batch.names.iter().map(|n| n.0.as_slice()));
    let sequences = sequences.chain(families.iter().map(|f| dataset.titles[*f as usize].as_slice())).collect();
    Plan { chunks: batch.chunks, sequences, columns }
}

/// Mean cost of naming each mention's and name's family. `upper` holds the plan's sequences.
pub fn loss(upper: &Upper, plan: &Plan<'_>, temperature: f64) -> Result<Tensor, TrainError> {
    let starts = upper.pack.starts();
    let mut places = mentioned(&plan.chunks, starts);
    places.extend(starts.windows(2).skip(plan.chunks.len()).map(|p| (p[0], p[1])));
    let (anchors, all) = (plan.columns.len(), places.len());
    let vectors = vectors(upper, places)?;
    let titles = vectors.narrow(0, anchors, all - anchors)?;
    let scores = (vectors.narrow(0, 0, anchors)?.matmul(&titles.t()?)? / temperature)?;
    cross_entropy(&scores, plan.columns.clone())
}
