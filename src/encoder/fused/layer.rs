//! The transformer over packed rows: the same weights and values as [`super::super::bert`]'s definition.
use std::sync::Arc;

use candle_core::{DType, Result, Tensor};

use super::add_norm::add_norm;
use super::attention::attention;
use super::bias_gelu::bias_gelu;
use super::sparse::SparseRows;
use super::{Drop, Pack};
use crate::encoder::bert::{Activation, Branch, Dropout, Layer, LayerNorm, Trunk};

/// What a linear layer adds.
fn bias(linear: &candle_nn::Linear) -> Result<&Tensor> {
    linear.bias().ok_or_else(|| candle_core::Error::Msg("a layer of the transformer has no bias".to_owned()))
}

fn product(x: &Tensor, linear: &candle_nn::Linear) -> Result<Tensor> {
    x.matmul(&linear.weight().t()?)
}

fn normed(x: &Tensor, residual: &Tensor, added: &Tensor, norm: &LayerNorm, drop: Drop) -> Result<Tensor> {
    add_norm(x, residual, [added, &norm.weight, &norm.bias], norm.eps, drop)
}

impl Layer {
    /// hidden: (rows, hidden) → the same shape.
    fn forward_packed(&self, hidden: &Tensor, pack: &Arc<Pack>, dropout: Option<&Dropout>) -> Result<Tensor> {
        let weights = Tensor::cat(&[self.query.weight(), self.key.weight(), self.value.weight()], 0)?;
        let added = Tensor::cat(&[bias(&self.query)?, bias(&self.key)?, bias(&self.value)?], 0)?;
        let qkv = hidden.matmul(&weights.t()?)?;
        let context = attention(&qkv, &added, pack, self.heads, Drop::fresh(dropout))?;
        let context = product(&context, &self.attention_output)?;
        let added = bias(&self.attention_output)?;
        let hidden = normed(&context, hidden, added, &self.attention_norm, Drop::fresh(dropout))?;
        let wide = product(&hidden, &self.intermediate)?;
        let added = bias(&self.intermediate)?;
        let wide = match self.activation {
            Activation::Gelu => bias_gelu(&wide, added)?,
            Activation::GeluNew => wide.broadcast_add(&added.to_dtype(wide.dtype())?)?.gelu()?,
            Activation::Relu => wide.broadcast_add(&added.to_dtype(wide.dtype())?)?.relu()?,
        };
        let narrow = product(&wide, &self.output)?;
        normed(&narrow, &hidden, bias(&self.output)?, &self.output_norm, Drop::fresh(dropout))
    }
}

impl Layer {
    fn matrices_in_bf16(&mut self) -> Result<()> {
        let all = [
            &mut self.query,
            &mut self.key,
            &mut self.value,
            &mut self.attention_output,
            &mut self.intermediate,
            &mut self.output,
        ];
        for linear in all {
            *linear = candle_nn::Linear::new(linear.weight().to_dtype(DType::BF16)?, linear.bias().cloned());
        }
        Ok(())
    }
}

impl Trunk {
    /// Sequences of ids → (rows, hidden) in the order of `pack`, which is of their lengths.
    pub fn forward_packed(&self, sequences: &[&[u32]], pack: &Arc<Pack>, dropout: Option<&Dropout>) -> Result<Tensor> {
        let own = &self.embeddings;
        let device = own.words.device();
        let ids: Vec<u32> = sequences.iter().flat_map(|s| s.iter().copied()).collect();
        let places: Vec<u32> = sequences.iter().flat_map(|s| 0..s.len() as u32).collect();
        let words = SparseRows::pick(&ids, own.words.dim(0)?, device)?.times(&own.words)?;
        let places = SparseRows::pick(&places, own.positions.dim(0)?, device)?.times(&own.positions)?;
        // Every token is of type 0: we never pair two texts in one sequence.
        let kind = own.types.narrow(0, 0, 1)?.squeeze(0)?;
        let mut hidden = normed(&words, &places, &kind, &own.norm, Drop::fresh(None))?;
        if let Some(dropout) = dropout {
            hidden = dropout.apply(&hidden)?;
        }
        if let Some(layer) = self.layers.first() {
            hidden = hidden.to_dtype(layer.query.weight().dtype())?;
        }
        for layer in &self.layers {
            hidden = layer.forward_packed(&hidden, pack, dropout)?;
        }
        Ok(hidden)
    }

    /// Its layers' matrices in bf16: on a GPU rows then go through the layers in bf16, with sums, norms and softmax in f32.
    pub fn in_bf16(mut self) -> Result<Self> {
        self.layers.iter_mut().try_for_each(Layer::matrices_in_bf16)?;
        Ok(self)
    }
}

impl Branch {
    /// See [`Trunk::in_bf16`].
    pub fn in_bf16(mut self) -> Result<Self> {
        self.layers.iter_mut().try_for_each(Layer::matrices_in_bf16)?;
        Ok(self)
    }

    /// hidden: the trunk's output (rows, hidden) → the same shape.
    pub fn forward_packed(&self, hidden: &Tensor, pack: &Arc<Pack>, dropout: Option<&Dropout>) -> Result<Tensor> {
        let mut hidden = hidden.clone();
        for layer in &self.layers {
            hidden = layer.forward_packed(&hidden, pack, dropout)?;
        }
        Ok(hidden)
    }
}
