//! Weights of dense layers in f32, and what follows a product.
use super::product::{Finish, PANEL};
use super::{Instructions, available, product_on};

/// What a dense layer does after its product.
#[derive(Clone, Copy, Debug, Default)]
pub struct After<'a> {
    /// What is added to the outputs.
    pub residual: Residual<'a>,
    /// GELU at the end.
    pub gelu: bool,
}

/// What is added to the outputs of a dense layer.
#[derive(Clone, Copy, Debug, Default)]
pub enum Residual<'a> {
    /// Nothing.
    #[default]
    None,
    /// Rows of the outputs' shape.
    Rows(&'a [f32]),
    /// What the outputs held before.
    Outputs,
}

impl After<'_> {
    /// For the kernels; `out` is as long as rows that are added.
    pub(super) fn finish(self, bias: &[f32], out: &mut [f32]) -> Finish {
        let residual = match self.residual {
            Residual::None => std::ptr::null(),
            Residual::Rows(rows) => {
                assert_eq!(rows.len(), out.len());
                rows.as_ptr()
            }
            Residual::Outputs => out.as_ptr(),
        };
        Finish { bias: bias.as_ptr(), residual, gelu: self.gelu }
    }
}

/// A dense layer's weights, packed for products in f32.
#[derive(Clone, Debug)]
pub struct FloatWeights {
    inputs: usize,
    outputs: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
}

impl FloatWeights {
    /// Packs `weights` (outputs × inputs, row by row).
    pub fn pack(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        let padded = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0f32; padded * inputs];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * inputs).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (i, value) in row.iter().enumerate() {
                    panel[i * PANEL + j] = *value;
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self { inputs, outputs, panels, bias }
    }

    /// Packs weights laid out inputs × outputs, row by row, without a bias.
    pub fn pack_columns(weights: &[f32], outputs: usize) -> Self {
        let inputs = weights.len() / outputs;
        assert_eq!(weights.len(), inputs * outputs, "weights are inputs × outputs");
        let padded = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0f32; padded * inputs];
        for (number, panel) in panels.chunks_exact_mut(PANEL * inputs).enumerate() {
            let first = number * PANEL;
            let columns = (outputs - first).min(PANEL);
            for (to, row) in panel.chunks_exact_mut(PANEL).zip(weights.chunks_exact(outputs)) {
                to[..columns].copy_from_slice(&row[first..first + columns]);
            }
        }
        Self { inputs, outputs, panels, bias: vec![0.0; padded] }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// xs (rows × inputs) → out (rows × outputs).
    pub fn apply(&self, set: Instructions, xs: &[f32], out: &mut [f32], after: After) {
        let rows = xs.len() / self.inputs;
        assert_eq!(xs.len(), rows * self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        let end = after.finish(&self.bias, out);
        let (panels, set) = (self.panels.as_ptr(), available(set));
        // SAFETY: lengths are checked above and in `pack`; bias is padded there.
        unsafe { product_on(set, rows, self.inputs, self.outputs, xs.as_ptr(), panels, out.as_mut_ptr(), end) }
    }
}
