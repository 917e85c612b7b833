//! One transformer layer over the rows of a batch.
use rayon::prelude::*;

use super::{Batch, PartSpace};
use crate::encoder::kernels::{self, After, Bf16Weights, ByteWeights, FloatWeights, Instructions, Residual, RoundedRows};

/// A dense layer in its number format.
pub(super) enum Dense {
    /// f32.
    Float(FloatWeights),
    /// bf16.
    Bf16(Bf16Weights),
    /// int8.
    Int8(ByteWeights),
}

impl Dense {
    /// Rounds rows where the layers that take them next want that.
    fn prepare(&self, xs: &[f32], rounded: &mut RoundedRows) {
        match self {
            Self::Float(_) => {}
            Self::Bf16(weights) => weights.round(xs, rounded),
            Self::Int8(weights) => weights.round(xs, rounded),
        }
    }

    /// `xs` as they are and as [`prepare`](Self::prepare) has rounded them.
    fn apply(&self, set: Instructions, xs: &[f32], rounded: &RoundedRows, out: &mut [f32], after: After) {
        match self {
            Self::Float(weights) => weights.apply(set, xs, out, after),
            Self::Bf16(weights) => weights.apply(rounded, out, after),
            Self::Int8(weights) => weights.apply(rounded, out, after),
        }
    }

    fn outputs(&self) -> usize {
        match self {
            Self::Float(weights) => weights.outputs(),
            Self::Bf16(weights) => weights.outputs(),
            Self::Int8(weights) => weights.outputs(),
        }
    }
}

/// LayerNorm.
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub eps: f32,
}

impl Norm {
    /// Normalises rows in place.
    pub(super) fn apply(&self, set: Instructions, rows: &mut [f32]) {
        kernels::layer_norm(set, rows, &self.weight, &self.bias, self.eps);
    }
}

/// The weights of a layer.
pub(super) struct Layer {
    /// Queries, keys and values in one product; queries scaled for exponents to base 2.
    pub projection: Dense,
    pub attention_output: Dense,
    pub attention_norm: Norm,
    /// The feed-forward block in groups of its inner numbers, few enough to stay in the cache: in, GELU, out; the outs
    /// are added up. Each group is rounded for itself.
    pub groups: Vec<(Dense, Dense)>,
    pub output_norm: Norm,
    pub heads: usize,
}

impl Layer {
    /// `hidden` (tokens × width) through the layer, in place; threads share the rows.
    pub(super) fn forward(
        &self,
        set: Instructions,
        batch: &Batch,
        hidden: &mut [f32],
        projected: &mut Vec<f32>,
        parts: &mut [PartSpace],
    ) {
        let width = self.attention_output.outputs();
        projected.resize(hidden.len() * 3, 0.0);
        let pieces = hidden.chunks(batch.rows * width).zip(projected.chunks_mut(batch.rows * 3 * width));
        for_all(pieces.zip(parts.iter_mut()), |((xs, out), part)| {
            self.projection.prepare(xs, &mut part.rounded);
            self.projection.apply(set, xs, &part.rounded, out, After::default());
        });
        let projected = &*projected;
        let pieces = hidden.chunks_mut(batch.rows * width).enumerate();
        for_all(pieces.zip(parts.iter_mut()), |((number, xs), part)| {
            self.behind_projection(set, batch, number * batch.rows, xs, projected, part);
        });
    }

    /// Attention and the feed-forward block for the rows from `first` on.
    fn behind_projection(
        &self,
        set: Instructions,
        batch: &Batch,
        first: usize,
        xs: &mut [f32],
        projected: &[f32],
        part: &mut PartSpace,
    ) {
        let width = self.attention_output.outputs();
        let PartSpace { context, middle, wide, attention, rounded, inner } = part;
        context.resize(xs.len(), 0.0);
        middle.resize(xs.len(), 0.0);
        let rows = xs.len() / width;
        let mine = first..first + rows;
        for sequence in batch.starts.windows(2).filter(|s| s[0] < mine.end && s[1] > mine.start) {
            let rows = sequence[0].max(mine.start)..sequence[1].min(mine.end);
            let all = &projected[sequence[0] * 3 * width..sequence[1] * 3 * width];
            let out = &mut context[(rows.start - first) * width..(rows.end - first) * width];
            let rows = rows.start - sequence[0]..rows.end - sequence[0];
            kernels::attend(set, all, width, self.heads, rows, out, attention);
        }
        self.attention_output.prepare(context, rounded);
        let after = After { residual: Residual::Rows(xs), gelu: false };
        self.attention_output.apply(set, context, rounded, middle, after);
        self.attention_norm.apply(set, middle);
        for (number, (wider, narrower)) in self.groups.iter().enumerate() {
            if number == 0 {
                wider.prepare(middle, rounded);
            }
            wide.resize(rows * wider.outputs(), 0.0);
            wider.apply(set, middle, rounded, wide, After { residual: Residual::None, gelu: true });
            narrower.prepare(wide, inner);
            let residual = if number == 0 { Residual::Rows(middle) } else { Residual::Outputs };
            narrower.apply(set, wide, inner, xs, After { residual, gelu: false });
        }
        self.output_norm.apply(set, xs);
    }
}

/// Runs `work` over pieces, on several threads where there are several.
fn for_all<P: Send>(pieces: impl Iterator<Item = P>, work: impl Fn(P) + Sync + Send) {
    let mut pieces: Vec<P> = pieces.collect();
    match (pieces.pop(), pieces.is_empty()) {
        (Some(only), true) => work(only),
        (Some(last), false) => {
            pieces.push(last);
            pieces.into_par_iter().with_max_len(1).for_each(work);
        }
        (None, _) => {}
    }
}
