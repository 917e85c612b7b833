//! Answers on a CPU through the packed forward pass, several times as fast as the one that learns.
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;

use super::{Answers, ClaimAttention, MOST_TOKENS, Sample, Sequence, Weights, place_matrix};
use crate::encoder::bert::BertConfig;
use crate::encoder::kernels::Instructions;
use crate::encoder::packed::{Numerics, PackedModel};
use crate::encoder::vectors::VectorFile;
use crate::encoder::{manifest, store};
use crate::train::TrainError;

/// Trunk, branch and head of one fold.
pub struct PackedClaims {
    model: PackedModel,
    head: ClaimAttention,
    dim: usize,
}

impl PackedClaims {
    /// `folder`: the base; `fold`: the fold's own weights, as a file and as read from it.
    pub fn open(folder: &Path, fold: &Path, config: &BertConfig, depth: usize, weights: Weights) -> Result<Self, TrainError> {
        let trunk = folder.join(manifest::TRUNK);
        let set = Instructions::best();
        let mut model = PackedModel::new(&trunk, &mut store::read_stored(&trunk)?, config, depth, Numerics::Float, set)?;
        let own = store::read_stored(fold)?;
        model.add_branch(fold, &own, config, depth..config.num_hidden_layers, Numerics::Float)?;
        let vb = VarBuilder::from_tensors(weights.into_iter().collect(), DType::F32, &Device::Cpu);
        let dim = config.hidden_size;
        Ok(Self { model, head: ClaimAttention::new(vb, dim)?, dim })
    }

    /// Answers for all families of a note.
    pub fn answers(&self, note: &Sample, vectors: &VectorFile) -> Result<Answers, TrainError> {
        let mut seen = 0;
        let fits = |c: &&Sequence| {
            seen += c.words.len();
            seen <= MOST_TOKENS
        };
        let chunks: Vec<_> = note.chunks.iter().take_while(fits).collect();
        let sequences: Vec<&[u32]> = chunks.iter().map(|c| c.ids.as_slice()).collect();
        let dim = self.dim;
        let own = self.model.each(&sequences, &[0], |i, vectors| {
            let place = chunks[i].words.clone();
            vectors.first().map(|v| v[place.start * dim..place.end * dim].to_vec()).unwrap_or_default()
        })?;
        let tokens = own.concat();
        let (count, families) = (tokens.len() / dim, note.families.len());
        if count == 0 || families == 0 {
            return Ok(Answers::new());
        }
        let tokens = Tensor::from_vec(tokens, (count, dim), &Device::Cpu)?;
        let titles: Vec<f32> = note.families.iter().flat_map(|f| vectors.vector(f.row)).collect();
        let titles = Tensor::from_vec(titles, (families, dim), &Device::Cpu)?;
        let places = Tensor::from_vec(place_matrix(note.families.iter(), count), (families, count), &Device::Cpu)?;
        let rows = self.head.forward(&tokens, &titles, &places, None)?.to_vec2::<f32>()?;
        Ok(note.families.iter().zip(rows).map(|(f, s)| (f.row, (s[0], s[1]))).collect())
    }
}
