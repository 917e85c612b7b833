//! Phrases and mentions beside titles: the right title must be nearest among those of the batch.
use std::collections::BTreeMap;

use candle_core::{D, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dataset::{Dataset, MentionChunk};
use super::language::cross_entropy;
use super::network::Network;
use crate::encoder::bert::{self, Dropout};
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
pub fn embed(network: &Network, texts: &[&[u32]], dropout: Option<&Dropout>) -> Result<Tensor, TrainError> {
    let lower = network.lower(texts, dropout)?;
    Ok(bert::mean_pool(&network.upper(&network.linking, &lower, dropout)?, &lower.mask)?)
}

/// Linking vectors of length 1 for the mentions of chunks, in order: (mentions, dim).
pub fn embed_mentions(network: &Network, chunks: &[&MentionChunk], dropout: Option<&Dropout>) -> Result<Tensor, TrainError> {
    let ids: Vec<&[u32]> = chunks.iter().map(|c| c.ids.as_slice()).collect();
    let lower = network.lower(&ids, dropout)?;
    let hidden = network.upper(&network.linking, &lower, dropout)?.flatten(0, 1)?;
    let total = hidden.dim(0)?;
    let count = chunks.iter().map(|c| c.mentions.len()).sum::<usize>();
    let mut pool = vec![0f32; count * total];
    let mentions = chunks.iter().enumerate().flat_map(|(row, c)| c.mentions.iter().map(move |m| (row, m)));
    for (i, (row, &(from, to, _))) in mentions.enumerate() {
        let at = i * total + row * lower.length;
        pool[at + from as usize..at + to as usize].fill(1.0 / (to - from).max(1) as f32);
    }
    let sum = Tensor::from_vec(pool, (count, total), &network.device)?.matmul(&hidden)?;
    let length = (sum.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(sum.broadcast_div(&length)?)
}

/// Mean cost of naming each phrase's and mention's family among the batch's families and a sibling of each.
pub fn loss(
    network: &Network,
    dataset: &Dataset,
    siblings: &Siblings,
    batch: &Batch<'_>,
    temperature: f64,
    dropout: &Dropout,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, TrainError> {
    let names = batch.names.iter().map(|n| n.1);
    let wanted: Vec<u32> = names.chain(batch.chunks.iter().flat_map(|c| c.mentions.iter().map(|m| m.2))).collect();
    let mut columns: BTreeMap<u32, u32> = BTreeMap::new();
    for family in &wanted {
        let next = columns.len() as u32;
        columns.entry(*family).or_insert(next);
        if let Some(sibling) = siblings.one(dataset, *family, random) {
            let next = columns.len() as u32;
            columns.entry(sibling).or_insert(next);
        }
    }
    let mut families: Vec<(u32, u32)> = columns.iter().map(|(f, c)| (*c, *f)).collect();
    families.sort_unstable();
    let titles: Vec<&[u32]> = families.iter().map(|(_, f)| dataset.titles[*f as usize].as_slice()).collect();
    let titles = embed(network, &titles, Some(dropout))?;
    let mut anchors = Vec::new();
    if !batch.names.is_empty() {
        let names: Vec<&[u32]> = batch.names.iter().map(|n| n.0.as_slice()).collect();
        anchors.push(embed(network, &names, Some(dropout))?);
    }
    if !batch.chunks.is_empty() {
        anchors.push(embed_mentions(network, &batch.chunks, Some(dropout))?);
    }
    let scores = (Tensor::cat(&anchors, 0)?.matmul(&titles.t()?)? / temperature)?;
    cross_entropy(&scores, wanted.iter().map(|f| columns[f]).collect())
}
