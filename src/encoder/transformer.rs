//! The transformer on CPU or GPU behind the [`Encoder`] seam.
use std::path::Path;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::bert::{self, BertConfig, Branch, Mode, Trunk};
use super::manifest::{self, Manifest};
use super::tokens::Pieces;
use super::{Chunk, ChunkVectors, Encoder, EncoderError, normalize, store};
use crate::document::Document;

/// Word pieces of one batch, padding counted. Small ones keep the working set in the cache of a core.
const BATCH_TOKENS_CPU: usize = 1_024;
/// The same on a GPU.
const BATCH_TOKENS_GPU: usize = 16_384;

/// BERT with two branches: one for tagging, one for linking.
pub struct CandleEncoder {
    config: BertConfig,
    pieces: Pieces,
    device: Device,
    trunk: Trunk,
    tagging: Branch,
    /// Absent where both branches are one.
    linking: Option<Branch>,
}

impl CandleEncoder {
    /// Opens a released model directory (see [`manifest`]); every file is checked against its fingerprint.
    pub fn open(directory: &Path, device: &Device) -> Result<Self, EncoderError> {
        let record = Manifest::read(directory)?;
        let config = record.config.clone();
        for file in [manifest::TOKENIZER, manifest::TRUNK, manifest::TAGGING, manifest::LINKING] {
            record.verify(directory, file)?;
        }
        let (layers, depth) = (config.num_hidden_layers, record.trunk_layers);
        if depth > layers {
            let detail = format!("trunk_layers {depth} is more than num_hidden_layers {layers}");
            return Err(EncoderError::format(&directory.join(manifest::FILE), detail));
        }
        let branch = |file: &str| {
            let path = directory.join(file);
            let vb = VarBuilder::from_tensors(store::read(&path, device)?, candle_core::DType::F32, device);
            Branch::load(vb, &config, depth..layers).map_err(|e| EncoderError::weight(&path, e))
        };
        let path = directory.join(manifest::TRUNK);
        let vb = VarBuilder::from_tensors(store::read(&path, device)?, candle_core::DType::F32, device);
        let trunk = Trunk::load(vb, &config, depth).map_err(|e| EncoderError::weight(&path, e))?;
        let pieces = Pieces::open(&directory.join(manifest::TOKENIZER), config.max_position_embeddings)?;
        pieces.check_vocabulary(config.vocab_size)?;
        let (tagging, linking) = (branch(manifest::TAGGING)?, Some(branch(manifest::LINKING)?));
        Ok(Self { config, pieces, device: device.clone(), trunk, tagging, linking })
    }

    /// A published BERT checkpoint: `config.json`, `tokenizer.json` and one safetensors file. Both vectors of a token
    /// are its last hidden state.
    pub fn from_checkpoint(config: &Path, tokenizer: &Path, weights: &Path, device: &Device) -> Result<Self, EncoderError> {
        let config = read_config(config)?;
        let vb = VarBuilder::from_tensors(store::read(weights, device)?, candle_core::DType::F32, device);
        let named = |e| EncoderError::weight(weights, e);
        let trunk = Trunk::load(vb.clone(), &config, config.num_hidden_layers).map_err(named)?;
        let tagging = Branch::load(vb, &config, 0..0).map_err(named)?;
        let pieces = Pieces::open(tokenizer, config.max_position_embeddings)?;
        pieces.check_vocabulary(config.vocab_size)?;
        Ok(Self { config, pieces, device: device.clone(), trunk, tagging, linking: None })
    }

    /// The model's sizes.
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// The tokenizer.
    pub fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// The shared layers, for training on top of them.
    pub fn trunk(&self) -> &Trunk {
        &self.trunk
    }

    /// Hidden states of padded sequences: tagging, linking (batch, length, hidden) and the mask (batch, length).
    fn forward(&self, sequences: &[&[u32]]) -> Result<(Tensor, Tensor, Tensor), EncoderError> {
        let (ids, mask) = bert::pad(sequences, self.pieces.pad, &self.device)?;
        let bias = bert::attention_bias(&mask)?;
        let hidden = self.trunk.forward(&ids, &bias, Mode::Inference, None)?;
        let tagging = self.tagging.forward(&hidden, &bias, Mode::Inference, None)?;
        let linking = match &self.linking {
            Some(branch) => branch.forward(&hidden, &bias, Mode::Inference, None)?,
            None => tagging.clone(),
        };
        Ok((tagging, linking, mask))
    }

    /// Runs `work` over batches of sequences of similar length; results in the order of the sequences.
    fn batched<T: Send>(
        &self,
        sequences: &[&[u32]],
        work: impl Fn(&[usize]) -> Result<Vec<T>, EncoderError> + Sync,
    ) -> Result<Vec<T>, EncoderError> {
        let gpu = !self.device.is_cpu();
        let batches = batches(sequences, if gpu { BATCH_TOKENS_GPU } else { BATCH_TOKENS_CPU });
        let done: Vec<Vec<T>> = if gpu {
            batches.iter().map(|b| work(b)).collect::<Result<_, _>>()?
        } else {
            batches.par_iter().map(|b| work(b)).collect::<Result<_, _>>()?
        };
        let mut results: Vec<(usize, T)> = batches.into_iter().flatten().zip(done.into_iter().flatten()).collect();
        results.sort_unstable_by_key(|(i, _)| *i);
        Ok(results.into_iter().map(|(_, r)| r).collect())
    }
}

/// Reads a published `config.json`.
pub fn read_config(path: &Path) -> Result<BertConfig, EncoderError> {
    let bytes = std::fs::read(path).map_err(|e| EncoderError::io("model config", path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| EncoderError::format(path, e))
}

/// Indices of sequences sorted by length and cut into batches of at most `budget` padded tokens.
pub fn batches(sequences: &[&[u32]], budget: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|&i| (sequences[i].len(), i));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for i in order {
        match batches.last_mut() {
            // Sorted by length: this sequence is the longest of its batch.
            Some(batch) if (batch.len() + 1) * sequences[i].len() <= budget => batch.push(i),
            _ => batches.push(vec![i]),
        }
    }
    batches
}

impl Encoder for CandleEncoder {
    fn dim(&self) -> usize {
        self.config.hidden_size
    }

    fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EncoderError> {
        self.pieces.chunks(document)
    }

    fn encode_chunks(&self, chunks: &[&Chunk]) -> Result<Vec<ChunkVectors>, EncoderError> {
        let sequences: Vec<&[u32]> = chunks.iter().map(|c| c.ids.as_slice()).collect();
        let dim = self.dim();
        self.batched(&sequences, |batch| {
            let own: Vec<&[u32]> = batch.iter().map(|&i| sequences[i]).collect();
            let (tagging, linking, mask) = self.forward(&own)?;
            let length = mask.dim(1)?;
            let (tagging, linking) = (tagging.flatten_all()?.to_vec1::<f32>()?, linking.flatten_all()?.to_vec1::<f32>()?);
            let cut = |row: usize, i: usize| {
                let place = chunks[i].positions();
                let place = (row * length + place.start) * dim..(row * length + place.end) * dim;
                ChunkVectors { tagging: tagging[place.clone()].to_vec(), linking: linking[place].to_vec() }
            };
            Ok(batch.iter().enumerate().map(|(row, &i)| cut(row, i)).collect())
        })
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError> {
        let sequences = texts.par_iter().map(|t| self.pieces.sequence(t)).collect::<Result<Vec<_>, _>>()?;
        let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let mut vectors = self.batched(&sequences, |batch| {
            let own: Vec<&[u32]> = batch.iter().map(|&i| sequences[i]).collect();
            let (_, linking, mask) = self.forward(&own)?;
            Ok(bert::mean_pool(&linking, &mask)?.to_vec2::<f32>()?)
        })?;
        for (vector, sequence) in vectors.iter_mut().zip(&sequences) {
            // A text without words has only start and end token.
            if sequence.len() <= 2 {
                vector.fill(0.0);
            }
            normalize(vector);
        }
        Ok(vectors)
    }
}
