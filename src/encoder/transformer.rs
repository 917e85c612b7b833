//! The transformer on CPU or GPU behind the [`Encoder`] seam.
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::bert::{self, BertConfig, Branch, Trunk};
use super::families::{self, Family};
use super::fused::Pack;
use super::fused::sparse::SparseRows;
use super::hub::ModelFiles;
use super::kernels::Instructions;
use super::manifest::{self, Manifest};
use super::packed::{Numerics, PackedModel};
use super::tokens::Pieces;
use super::{Chunk, ChunkVectors, Encoder, EncoderError, normalize, store};
use crate::document::Document;

/// Word pieces of one batch, padding counted. Small ones keep the working set in the cache of a core.
const BATCH_TOKENS_CPU: usize = 1_024;
/// The same on a GPU.
const BATCH_TOKENS_GPU: usize = 16_384;
/// Number of the branch for mentions and assertion.
const TAGGING: usize = 0;
/// Number of the branch for retrieval.
const LINKING: usize = 1;
/// Number of the branch for the choice of codes.
const CODING: usize = 2;

/// A transformer with its tokenizer on a device.
pub struct CandleEncoder {
    dim: usize,
    pieces: Pieces,
    device: Device,
    network: Network,
}

enum Network {
    /// BERT on a CPU: its branches (tagging 0, linking 1, where the model has it coding 2), or none in a published one.
    Packed { model: Box<PackedModel>, branches: &'static [usize] },
    /// BERT with its branches.
    Branched { trunk: Trunk, branches: Box<Branches> },
    /// A published BERT as it is.
    Plain(Trunk),
    /// A published model of another family.
    Other(Family),
}

/// One branch for tagging, one for linking and perhaps one for coding.
struct Branches {
    tagging: Branch,
    linking: Branch,
    coding: Option<Branch>,
}

/// A batch after the shared layers.
struct Shared {
    /// (rows, dim)
    hidden: Tensor,
    /// First row of each sequence.
    starts: Vec<usize>,
    /// Which rows are which sequence, where they lie end to end; else every sequence has as many rows.
    pack: Option<Arc<Pack>>,
}

impl CandleEncoder {
    /// Opens a released model directory (see [`manifest`]); every file is checked against its fingerprint.
    pub fn open(directory: &Path, device: &Device) -> Result<Self, EncoderError> {
        let record = Manifest::read(directory)?;
        let config = record.config.clone();
        for file in [manifest::TOKENIZER, manifest::TRUNK, manifest::TAGGING, manifest::LINKING] {
            record.verify(directory, file)?;
        }
        let has_coding = record.files.contains_key(manifest::CODING);
        if has_coding {
            record.verify(directory, manifest::CODING)?;
        }
        let (layers, depth) = (config.num_hidden_layers, record.trunk_layers);
        if depth > layers {
            let detail = format!("trunk_layers {depth} is more than num_hidden_layers {layers}");
            return Err(EncoderError::format(&directory.join(manifest::FILE), detail));
        }
        if device.is_cpu() && PackedModel::takes(&config) {
            return Self::packed(directory, &record);
        }
        let branch = |file: &str| {
            let path = directory.join(file);
            let vb = VarBuilder::from_tensors(store::read(&path, device)?, DType::F32, device);
            Branch::load(vb, &config, depth..layers).map_err(|e| EncoderError::weight(&path, e))
        };
        let path = directory.join(manifest::TRUNK);
        let vb = VarBuilder::from_tensors(store::read(&path, device)?, DType::F32, device);
        let trunk = Trunk::load(vb, &config, depth).map_err(|e| EncoderError::weight(&path, e))?;
        let coding = if has_coding { Some(branch(manifest::CODING)?) } else { None };
        let (tagging, linking) = (branch(manifest::TAGGING)?, branch(manifest::LINKING)?);
        let network = Network::Branched { trunk, branches: Box::new(Branches { tagging, linking, coding }) };
        let pieces = Pieces::open(&directory.join(manifest::TOKENIZER), config.max_position_embeddings)?;
        Self::new(pieces, config.hidden_size, config.vocab_size, device, network)
    }

    /// The released model as it runs on a CPU.
    fn packed(directory: &Path, record: &Manifest) -> Result<Self, EncoderError> {
        let (config, depth) = (&record.config, record.trunk_layers);
        let path = directory.join(manifest::TRUNK);
        let (numerics, set) = (record.compute, Instructions::best());
        let mut model = PackedModel::new(&path, &mut store::read_stored(&path)?, config, depth, numerics, set)?;
        let mut files = vec![manifest::TAGGING, manifest::LINKING];
        let mut branches: &[usize] = &[TAGGING, LINKING];
        if record.files.contains_key(manifest::CODING) {
            files.push(manifest::CODING);
            branches = &[TAGGING, LINKING, CODING];
        }
        for file in files {
            let path = directory.join(file);
            let weights = store::read_stored(&path)?;
            model.add_branch(&path, &weights, config, depth..config.num_hidden_layers, numerics)?;
        }
        let pieces = Pieces::open(&directory.join(manifest::TOKENIZER), config.max_position_embeddings)?;
        let network = Network::Packed { model: Box::new(model), branches };
        Self::new(pieces, config.hidden_size, config.vocab_size, &Device::Cpu, network)
    }

    /// A published checkpoint of BERT or another family (see [`families`]): both vectors of a token are its last
    /// hidden state.
    pub fn from_checkpoint(files: &ModelFiles, device: &Device) -> Result<Self, EncoderError> {
        let bytes = std::fs::read(&files.config).map_err(|e| EncoderError::io("model config", &files.config, e))?;
        let config: serde_json::Value = serde_json::from_slice(&bytes).map_err(|e| EncoderError::format(&files.config, e))?;
        if config.get("model_type").is_none_or(|t| t == "bert") {
            let (config, path) = (read_config(&files.config)?, &files.weights);
            let depth = config.num_hidden_layers;
            let network = if device.is_cpu() && PackedModel::takes(&config) {
                let (mut weights, set) = (store::read_stored(path)?, Instructions::best());
                let model = PackedModel::new(path, &mut weights, &config, depth, Numerics::Float, set)?;
                Network::Packed { model: Box::new(model), branches: &[] }
            } else {
                let vb = VarBuilder::from_tensors(store::read(path, device)?, DType::F32, device);
                Network::Plain(Trunk::load(vb, &config, depth).map_err(|e| EncoderError::weight(path, e))?)
            };
            let pieces = Pieces::open(&files.tokenizer, config.max_position_embeddings)?;
            return Self::new(pieces, config.hidden_size, config.vocab_size, device, network);
        }
        let weights = store::read(&files.weights, device)?;
        let loaded = families::load(&files.config, &config, &files.weights, weights, device)?;
        let pieces = Pieces::open(&files.tokenizer, loaded.longest)?;
        Self::new(pieces, loaded.dim, loaded.vocabulary, device, Network::Other(loaded.family))
    }

    fn new(pieces: Pieces, dim: usize, vocabulary: usize, device: &Device, network: Network) -> Result<Self, EncoderError> {
        pieces.check_vocabulary(vocabulary)?;
        Ok(Self { dim, pieces, device: device.clone(), network })
    }

    /// The released model with its layers in bf16, where it runs on a GPU; elsewhere as it is.
    pub fn in_bf16(mut self) -> Result<Self, EncoderError> {
        self.network = match self.network {
            Network::Branched { trunk, branches } if self.device.is_cuda() => {
                let Branches { tagging, linking, coding } = *branches;
                let coding = coding.map(Branch::in_bf16).transpose()?;
                let branches = Box::new(Branches { tagging: tagging.in_bf16()?, linking: linking.in_bf16()?, coding });
                Network::Branched { trunk: trunk.in_bf16()?, branches }
            }
            other => other,
        };
        Ok(self)
    }

    /// The tokenizer.
    pub fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// What the branches start from.
    fn shared(&self, sequences: &[&[u32]]) -> candle_core::Result<Shared> {
        match &self.network {
            Network::Branched { trunk, .. } | Network::Plain(trunk) => {
                let pack = Arc::new(Pack::new(sequences.iter().map(|s| s.len()), &self.device)?);
                let hidden = trunk.forward_packed(sequences, &pack, None)?;
                Ok(Shared { hidden, starts: pack.starts().to_vec(), pack: Some(pack) })
            }
            Network::Other(family) => {
                let (ids, mask) = bert::pad(sequences, self.pieces.pad, &self.device)?;
                let length = mask.dim(1)?;
                let starts = (0..sequences.len()).map(|row| row * length).collect();
                Ok(Shared { hidden: family.forward(&ids, &mask)?.flatten(0, 1)?, starts, pack: None })
            }
            Network::Packed { .. } => candle_core::bail!("a packed model takes sequences as they are"),
        }
    }

    /// (rows, dim) after one of the branches; what the branches start from where there are none.
    fn through(&self, shared: &Shared, choose: impl Fn(&Branches) -> &Branch) -> Result<Tensor, EncoderError> {
        match (&self.network, &shared.pack) {
            (Network::Branched { branches, .. }, Some(pack)) => {
                Ok(choose(branches).forward_packed(&shared.hidden, pack, None)?.to_dtype(DType::F32)?)
            }
            _ => Ok(shared.hidden.clone()),
        }
    }

    /// (rows, dim); `None` where the model has no such branch.
    fn coding(&self, shared: &Shared) -> Result<Option<Tensor>, EncoderError> {
        match (&self.network, &shared.pack) {
            (Network::Branched { branches, .. }, Some(pack)) => {
                let coding = branches.coding.as_ref();
                let own = |c: &Branch| c.forward_packed(&shared.hidden, pack, None)?.to_dtype(DType::F32);
                Ok(coding.map(own).transpose()?)
            }
            _ => Ok(None),
        }
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

/// Sum of the rows of a matrix: scaled to length 1 it is their mean, scaled so.
fn sum_of_rows(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0f32; width];
    for row in rows.chunks_exact(width) {
        sum.iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    sum
}

impl Encoder for CandleEncoder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EncoderError> {
        self.pieces.chunks(document)
    }

    fn encode_chunks(&self, chunks: &[&Chunk]) -> Result<Vec<ChunkVectors>, EncoderError> {
        let sequences: Vec<&[u32]> = chunks.iter().map(|c| c.ids.as_slice()).collect();
        let dim = self.dim();
        if let Network::Packed { model, branches } = &self.network {
            return model.each(&sequences, branches, |i, vectors| {
                let place = chunks[i].positions();
                let cut = |vectors: &[f32]| vectors[place.start * dim..place.end * dim].to_vec();
                // A published model has no branches: its last hidden state serves both.
                let of =
                    |branch: usize| vectors.get(branch.min(vectors.len().saturating_sub(1))).map_or_else(Vec::new, |v| cut(v));
                let coding = if branches.len() > CODING { of(CODING) } else { Vec::new() };
                ChunkVectors { tagging: of(TAGGING), linking: of(LINKING), coding }
            });
        }
        self.batched(&sequences, |batch| {
            let own: Vec<&[u32]> = batch.iter().map(|&i| sequences[i]).collect();
            let shared = self.shared(&own)?;
            let tagging = self.through(&shared, |b| &b.tagging)?.flatten_all()?.to_vec1::<f32>()?;
            let linking = self.through(&shared, |b| &b.linking)?.flatten_all()?.to_vec1::<f32>()?;
            let coding = self.coding(&shared)?.map(|c| c.flatten_all()?.to_vec1::<f32>()).transpose()?.unwrap_or_default();
            let cut = |row: usize, i: usize| {
                let place = chunks[i].positions();
                let first = shared.starts[row];
                let place = (first + place.start) * dim..(first + place.end) * dim;
                ChunkVectors {
                    tagging: tagging[place.clone()].to_vec(),
                    linking: linking[place.clone()].to_vec(),
                    coding: coding.get(place).unwrap_or_default().to_vec(),
                }
            };
            Ok(batch.iter().enumerate().map(|(row, &i)| cut(row, i)).collect())
        })
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError> {
        let sequences = texts.par_iter().map(|t| self.pieces.sequence(t)).collect::<Result<Vec<_>, _>>()?;
        let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let mut vectors = if let Network::Packed { model, branches } = &self.network {
            let linking = branches.get(LINKING..=LINKING).unwrap_or_default();
            model.each(&sequences, linking, |_, vectors| sum_of_rows(vectors.last().copied().unwrap_or_default(), self.dim))?
        } else {
            self.batched(&sequences, |batch| {
                let own: Vec<&[u32]> = batch.iter().map(|&i| sequences[i]).collect();
                let shared = self.shared(&own)?;
                let vectors = self.through(&shared, |b| &b.linking)?;
                let places = own.iter().zip(&shared.starts).map(|(s, &first)| (first, first + s.len()));
                let means = SparseRows::means(places, vectors.dim(0)?, &self.device)?;
                Ok(means.times(&vectors)?.to_vec2::<f32>()?)
            })?
        };
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
