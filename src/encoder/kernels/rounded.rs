//! int8 weights of dense layers, and rows rounded to integers that are multiplied with them.
use super::dense::After;
use super::integers::Scales;
use super::product::PANEL;
use super::{Instructions, available, byte_product_on, to_bytes_on, to_words_on, word_product_on};

/// Inputs that share step and offset where rows are rounded to 8 bits.
const GROUP: usize = 64;

/// What rows are rounded to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activations {
    /// 8 bits, step and offset for each 64 inputs of a row.
    Bytes,
    /// 16 bits, a step for each row.
    #[default]
    Words,
}

/// A dense layer's weights in int8 with a step for each output, packed for one kind of rows and one instruction set. The
/// integer sums are the same on all of them.
#[derive(Clone, Debug)]
pub struct ByteWeights {
    activations: Activations,
    set: Instructions,
    inputs: usize,
    outputs: usize,
    panels: Vec<i8>,
    steps: Vec<f32>,
    /// Of the weights of each group of inputs; empty for words, which have no offset.
    sums: Vec<f32>,
    bias: Vec<f32>,
}

/// Rows rounded for a layer.
#[derive(Clone, Debug, Default)]
pub struct RoundedRows {
    pub(super) inputs: usize,
    pub(super) rows: usize,
    bytes: Vec<u8>,
    words: Vec<i16>,
    /// bf16 in pairs.
    pub(super) pairs: Vec<u32>,
    /// bf16 as f32.
    pub(super) wide: Vec<f32>,
    /// Step and offset, rows × groups.
    scales: Vec<[f32; 2]>,
}

impl ByteWeights {
    /// Packs int8 `weights` (outputs × inputs; value = step of its output · int8).
    pub fn pack(activations: Activations, set: Instructions, weights: &[i8], steps: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        assert_eq!(steps.len(), outputs);
        let set = available(set);
        let (padded, stride) = (outputs.next_multiple_of(PANEL), inputs.next_multiple_of(16));
        let together = if takes_bytes(activations, set) { 4 } else { 2 };
        let mut panels = vec![0i8; padded * stride];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * stride).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (place, some) in row.chunks(together).enumerate() {
                    panel[together * (place * PANEL + j)..][..some.len()].copy_from_slice(some);
                }
            }
        }
        let mut sums = Vec::new();
        if activations == Activations::Bytes {
            sums.resize(inputs.div_ceil(GROUP) * padded, 0.0);
            for (output, row) in weights.chunks_exact(inputs).enumerate() {
                for (group, some) in row.chunks(GROUP).enumerate() {
                    sums[group * padded + output] = some.iter().map(|&w| i32::from(w)).sum::<i32>() as f32;
                }
            }
        }
        let (mut steps, mut bias) = (steps.to_vec(), bias.to_vec());
        steps.resize(padded, 0.0);
        bias.resize(padded, 0.0);
        Self { activations, set, inputs, outputs, panels, steps, sums, bias }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rounds `xs` (rows × inputs) as this layer takes them.
    pub fn round(&self, xs: &[f32], rounded: &mut RoundedRows) {
        let (inputs, stride) = (self.inputs, self.inputs.next_multiple_of(16));
        let rows = xs.len() / inputs;
        assert_eq!(xs.len(), rows * inputs);
        let RoundedRows { bytes, words, scales, .. } = rounded;
        scales.clear();
        let as_bytes = takes_bytes(self.activations, self.set);
        if as_bytes && bytes.len() < rows * stride {
            bytes.resize(rows * stride, 0);
        }
        if !as_bytes && words.len() < rows * stride {
            words.resize(rows * stride, 0);
        }
        for (number, row) in xs.chunks_exact(inputs).enumerate() {
            let own = number * stride..(number + 1) * stride;
            match self.activations {
                Activations::Words => {
                    // So small that no sum of products with int8 passes i32.
                    let largest = (i32::MAX as usize / (128 * stride)).min(32_767) as f32;
                    let words = &mut words[own];
                    // SAFETY: a row of words has room for the inputs rounded up to 16.
                    let step = unsafe { to_words_on(self.set, row.as_ptr(), inputs, words.as_mut_ptr(), largest) };
                    scales.push([step, 0.0]);
                }
                Activations::Bytes if as_bytes => {
                    for (some, bytes) in row.chunks(GROUP).zip(bytes[own].chunks_mut(GROUP)) {
                        // SAFETY: a group of bytes has room for its inputs rounded up to 16.
                        scales.push(unsafe { to_bytes_on(self.set, some.as_ptr(), some.len(), bytes.as_mut_ptr()) });
                    }
                }
                Activations::Bytes => {
                    let mut bytes = [0u8; GROUP];
                    for (some, words) in row.chunks(GROUP).zip(words[own].chunks_mut(GROUP)) {
                        // SAFETY: as above.
                        scales.push(unsafe { to_bytes_on(self.set, some.as_ptr(), some.len(), bytes.as_mut_ptr()) });
                        words.iter_mut().zip(bytes).for_each(|(word, byte)| *word = i16::from(byte));
                    }
                }
            }
        }
        (rounded.inputs, rounded.rows) = (inputs, rows);
    }

    /// Rows that this layer (or one of the same shape and kind) has rounded → out (rows × outputs).
    pub fn apply(&self, rounded: &RoundedRows, out: &mut [f32], after: After) {
        let (rows, stride, padded) = (rounded.rows, self.inputs.next_multiple_of(16), self.bias.len());
        let groups = if self.sums.is_empty() { 1 } else { self.inputs.div_ceil(GROUP) };
        assert_eq!(rounded.inputs, self.inputs);
        assert_eq!(rounded.scales.len(), rows * groups, "rows are rounded for another layer");
        assert_eq!(out.len(), rows * self.outputs);
        let end = after.finish(&self.bias, out);
        let sums = if self.sums.is_empty() { std::ptr::null() } else { self.sums.as_ptr() };
        let group = if groups == 1 { stride } else { GROUP };
        let scales = Scales { group, groups, rows: rounded.scales.as_ptr(), sums, padded, steps: self.steps.as_ptr() };
        let (panels, out) = (self.panels.as_ptr(), out.as_mut_ptr());
        if takes_bytes(self.activations, self.set) {
            assert!(rounded.bytes.len() >= rows * stride);
            let bytes = rounded.bytes.as_ptr();
            // SAFETY: lengths are checked above and in `pack`; what belongs to outputs is padded.
            unsafe { byte_product_on(self.set, rows, stride, self.outputs, bytes, panels, out, scales, end) }
        } else {
            assert!(rounded.words.len() >= rows * stride);
            let words = rounded.words.as_ptr();
            // SAFETY: as above.
            unsafe { word_product_on(self.set, rows, stride, self.outputs, words, panels, out, scales, end) }
        }
    }
}

/// Whether rows are kept as bytes. Without VNNI, products of 16 bits are the faster way to the same sums.
fn takes_bytes(activations: Activations, set: Instructions) -> bool {
    activations == Activations::Bytes && set.has_byte_products()
}
