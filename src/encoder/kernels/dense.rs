//! Weights of dense layers, packed for each kind of product.
use super::integers::{Scales, Steps};
use super::product::{Finish, PANEL};
use super::{Instructions, available, byte_product_on, product_on, to_bytes_on, to_words_on, word_product_on};

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
    fn finish(self, bias: &[f32], out: &mut [f32]) -> Finish {
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

/// A dense layer's weights, packed for products in int8.
#[derive(Clone, Debug)]
pub struct ByteWeights {
    inputs: usize,
    outputs: usize,
    panels: Vec<i8>,
    steps: Vec<f32>,
    sums: Vec<f32>,
    bias: Vec<f32>,
}

/// Rows rounded to bytes.
#[derive(Clone, Debug, Default)]
pub struct ByteRows {
    inputs: usize,
    bytes: Vec<u8>,
    scales: Vec<[f32; 2]>,
}

impl ByteWeights {
    /// Packs int8 `weights` (outputs × inputs; value = step of its output · int8).
    pub fn pack(weights: &[i8], steps: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        assert_eq!(steps.len(), outputs);
        let (padded, groups) = (outputs.next_multiple_of(PANEL), inputs.next_multiple_of(16));
        let mut panels = vec![0i8; padded * groups];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * groups).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (group, four) in row.chunks(4).enumerate() {
                    panel[group * 4 * PANEL + 4 * j..][..four.len()].copy_from_slice(four);
                }
            }
        }
        let pad = |mut values: Vec<f32>| {
            values.resize(padded, 0.0);
            values
        };
        let sum = |(row, step): (&[i8], &f32)| row.iter().map(|&w| i32::from(w)).sum::<i32>() as f32 * step;
        let sums = pad(weights.chunks_exact(inputs).zip(steps).map(sum).collect());
        Self { inputs, outputs, panels, steps: pad(steps.to_vec()), sums, bias: pad(bias.to_vec()) }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rounded rows (of this layer's inputs) → out (rows × outputs).
    pub fn apply(&self, set: Instructions, rounded: &ByteRows, out: &mut [f32], after: After) {
        let (rows, stride) = (rounded.scales.len(), self.inputs.next_multiple_of(16));
        assert_eq!(rounded.inputs, self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        let end = after.finish(&self.bias, out);
        let scales = Scales { rows: rounded.scales.as_ptr(), steps: self.steps.as_ptr(), sums: self.sums.as_ptr() };
        let (bytes, panels, set) = (rounded.bytes.as_ptr(), self.panels.as_ptr(), available(set));
        // SAFETY: lengths are checked above, in `pack` and in `ByteRows::round`; what belongs to outputs is padded.
        unsafe { byte_product_on(set, rows, stride, self.outputs, bytes, panels, out.as_mut_ptr(), scales, end) }
    }
}

impl ByteRows {
    /// Takes other rows, of `inputs` numbers each.
    pub fn round(&mut self, set: Instructions, xs: &[f32], inputs: usize) {
        let (rows, stride) = (xs.len() / inputs, inputs.next_multiple_of(16));
        assert_eq!(xs.len(), rows * inputs);
        let set = available(set);
        self.inputs = inputs;
        if self.bytes.len() < rows * stride {
            self.bytes.resize(rows * stride, 0);
        }
        self.scales.clear();
        for (row, bytes) in xs.chunks_exact(inputs).zip(self.bytes.chunks_exact_mut(stride)) {
            // SAFETY: a row of bytes has room for the inputs rounded up to 16.
            self.scales.push(unsafe { to_bytes_on(set, row.as_ptr(), inputs, bytes.as_mut_ptr()) });
        }
    }
}

/// A dense layer's int8 weights, packed for products with rows in i16.
#[derive(Clone, Debug)]
pub struct WordWeights {
    inputs: usize,
    outputs: usize,
    panels: Vec<i8>,
    steps: Vec<f32>,
    bias: Vec<f32>,
}

/// Rows rounded to i16 with a step for each.
#[derive(Clone, Debug, Default)]
pub struct WordRows {
    inputs: usize,
    words: Vec<i16>,
    steps: Vec<f32>,
}

impl WordWeights {
    /// Packs int8 `weights` (outputs × inputs; value = step of its output · int8).
    pub fn pack(weights: &[i8], steps: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        assert_eq!(steps.len(), outputs);
        let (padded, stride) = (outputs.next_multiple_of(PANEL), inputs.next_multiple_of(16));
        let mut panels = vec![0i8; padded * stride];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * stride).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (pair, two) in row.chunks(2).enumerate() {
                    panel[pair * 2 * PANEL + 2 * j..][..two.len()].copy_from_slice(two);
                }
            }
        }
        let (mut steps, mut bias) = (steps.to_vec(), bias.to_vec());
        steps.resize(padded, 0.0);
        bias.resize(padded, 0.0);
        Self { inputs, outputs, panels, steps, bias }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rounded rows (of this layer's inputs) → out (rows × outputs).
    pub fn apply(&self, set: Instructions, rounded: &WordRows, out: &mut [f32], after: After) {
        let (rows, stride) = (rounded.steps.len(), self.inputs.next_multiple_of(16));
        assert_eq!(rounded.inputs, self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        let end = after.finish(&self.bias, out);
        let steps = Steps { rows: rounded.steps.as_ptr(), outputs: self.steps.as_ptr() };
        let (words, panels, set) = (rounded.words.as_ptr(), self.panels.as_ptr(), available(set));
        // SAFETY: lengths are checked above, in `pack` and in `WordRows::round`; what belongs to outputs is padded.
        unsafe { word_product_on(set, rows, stride, self.outputs, words, panels, out.as_mut_ptr(), steps, end) }
    }
}

impl WordRows {
    /// Takes other rows, of `inputs` numbers each, as integers so small that no sum of products with int8 passes i32.
    pub fn round(&mut self, set: Instructions, xs: &[f32], inputs: usize) {
        let (rows, stride) = (xs.len() / inputs, inputs.next_multiple_of(16));
        assert_eq!(xs.len(), rows * inputs);
        let set = available(set);
        let largest = (i32::MAX as usize / (128 * stride)).min(32_767) as f32;
        self.inputs = inputs;
        if self.words.len() < rows * stride {
            self.words.resize(rows * stride, 0);
        }
        self.steps.clear();
        for (row, words) in xs.chunks_exact(inputs).zip(self.words.chunks_exact_mut(stride)) {
            // SAFETY: a row of words has room for the inputs rounded up to 16.
            self.steps.push(unsafe { to_words_on(set, row.as_ptr(), inputs, words.as_mut_ptr(), largest) });
        }
    }
}
