//! Dense layers in bf16: weights and rows rounded to eight significant bits, products and sums in f32.
//!
//! `vdpbf16ps` multiplies two pairs of bf16 and adds the second product to a sum, then the first, rounding each sum once.
//! With the pairs turned round, that is the multiply-adds of the f32 product in their order, so other CPUs take that one
//! for the rounded numbers: what is computed is a property of the model, never of the CPU. (`bfdot` of ARM rounds
//! otherwise and is not used.)
use super::dense::{After, FloatWeights};
use super::lanes::Lanes;
use super::product::{Finish, PANEL, Target, tiles, with_rows, write};
use super::rounded::RoundedRows;
use super::{Instructions, available, bf16_product_on, to_bf16_on, to_wide_bf16_on};

/// The bits of the nearest bf16, ties to even, as those of an f32. What is below the least normal number becomes 0, as the
/// instruction takes it.
#[inline(always)]
fn nearest(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000;
    if rounded & 0x7f80_0000 == 0 { 0 } else { rounded }
}

/// Rounds a row to pairs of bf16, the first number of a pair in the high half. A last number without another has 0 beside it.
///
/// # Safety
/// None beyond the instruction set's: the compiler makes vectors of it.
#[inline(always)]
pub(super) unsafe fn to_bf16<S: Lanes>(row: &[f32], pairs: &mut [u32]) {
    let (whole, rest) = row.as_chunks::<2>();
    let of = |first: f32, second: f32| nearest(first) | nearest(second) >> 16;
    pairs.iter_mut().zip(whole).for_each(|(pair, [first, second])| *pair = of(*first, *second));
    if let (Some(last), Some(pair)) = (rest.first(), pairs.get_mut(whole.len())) {
        *pair = of(*last, 0.0);
    }
}

/// Rounds a row to f32 that are bf16.
///
/// # Safety
/// As above.
#[inline(always)]
pub(super) unsafe fn to_wide_bf16<S: Lanes>(row: &[f32], wide: &mut [f32]) {
    wide.iter_mut().zip(row).for_each(|(wide, value)| *wide = f32::from_bits(nearest(*value)));
}

#[inline(always)]
unsafe fn tile<S: Lanes, const M: usize, const V: usize>(
    pairs: usize,
    a: *const u32,
    panel: *const u32,
    target: Target,
    end: Finish,
) {
    // SAFETY: as for `bf16_product`.
    unsafe {
        let mut start = [S::splat(0.0); V];
        for (v, value) in start.iter_mut().enumerate() {
            *value = S::load(end.bias.add(16 * v));
        }
        let mut sums = [start; M];
        for pair in 0..pairs {
            for (i, row) in sums.iter_mut().enumerate() {
                for (v, sum) in row.iter_mut().enumerate() {
                    *sum = S::dot_bf16(*sum, a.add(i * pairs + pair), panel.add(pair * PANEL + 16 * v));
                }
            }
        }
        write::<S, M, V>(target, end, |i, v| sums[i][v]);
    }
}

/// As [`product`](super::product::product), with rows and weights in `pairs` of bf16.
///
/// # Safety
/// As there; `a` holds rows × `pairs`.
#[inline(always)]
pub(super) unsafe fn bf16_product<S: Lanes>(
    rows: usize,
    pairs: usize,
    outputs: usize,
    a: *const u32,
    panels: *const u32,
    out: *mut f32,
    end: Finish,
) {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let width = 16 * S::VECTORS;
        for first in (0..outputs).step_by(width) {
            let panel = panels.add((first / PANEL) * PANEL * pairs + first % PANEL);
            let columns = (outputs - first).min(width);
            for (row, count) in tiles(rows, S::ROWS) {
                let at = row * outputs + first;
                let end = end.at(first, at);
                let target = Target { out: out.add(at), stride: outputs, columns };
                with_rows!(S, count, tile, (pairs, a.add(row * pairs), panel, target, end));
            }
        }
    }
}

/// A dense layer's weights in bf16, packed for products on one instruction set.
#[derive(Clone, Debug)]
pub struct Bf16Weights {
    set: Instructions,
    inputs: usize,
    outputs: usize,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Where pairs are multiplied: 32 outputs × two inputs, and so on; and the bias, padded to whole panels.
    Pairs(Vec<u32>, Vec<f32>),
    /// Elsewhere: bf16 as f32.
    Wide(FloatWeights),
}

impl Bf16Weights {
    /// Rounds and packs `weights` (outputs × inputs, row by row).
    pub fn pack(set: Instructions, weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let (set, outputs) = (available(set), bias.len());
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        if !set.has_bf16_products() {
            let rounded: Vec<f32> = weights.iter().map(|w| f32::from_bits(nearest(*w))).collect();
            return Self { set, inputs, outputs, form: Form::Wide(FloatWeights::pack(&rounded, bias, inputs)) };
        }
        let (padded, pairs) = (outputs.next_multiple_of(PANEL), inputs.div_ceil(2));
        let mut panels = vec![0u32; padded * pairs];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * pairs).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (i, value) in row.iter().enumerate() {
                    // The first of a pair in the high half.
                    panel[(i / 2) * PANEL + j] |= nearest(*value) >> (16 * (i % 2));
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self { set, inputs, outputs, form: Form::Pairs(panels, bias) }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rounds `xs` (rows × inputs) to bf16.
    pub fn round(&self, xs: &[f32], rounded: &mut RoundedRows) {
        let (rows, pairs) = (xs.len() / self.inputs, self.inputs.div_ceil(2));
        assert_eq!(xs.len(), rows * self.inputs);
        match self.form {
            Form::Pairs(..) => {
                if rounded.pairs.len() < rows * pairs {
                    rounded.pairs.resize(rows * pairs, 0);
                }
                for (row, pairs) in xs.chunks_exact(self.inputs).zip(rounded.pairs.chunks_exact_mut(pairs)) {
                    // SAFETY: the set is there; slices are checked inside.
                    unsafe { to_bf16_on(self.set, row, pairs) }
                }
            }
            Form::Wide(_) => {
                if rounded.wide.len() < xs.len() {
                    rounded.wide.resize(xs.len(), 0.0);
                }
                // SAFETY: as above.
                unsafe { to_wide_bf16_on(self.set, xs, &mut rounded.wide) }
            }
        }
        (rounded.inputs, rounded.rows) = (self.inputs, rows);
    }

    /// Rows that this layer (or one with as many inputs) has rounded → out (rows × outputs).
    pub fn apply(&self, rounded: &RoundedRows, out: &mut [f32], after: After) {
        let (rows, pairs) = (rounded.rows, self.inputs.div_ceil(2));
        assert_eq!(rounded.inputs, self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        match &self.form {
            Form::Pairs(panels, bias) => {
                assert!(rounded.pairs.len() >= rows * pairs, "rows are rounded for another layer");
                let end = after.finish(bias, out);
                let (a, panels, out) = (rounded.pairs.as_ptr(), panels.as_ptr(), out.as_mut_ptr());
                // SAFETY: lengths are checked above and in `pack`; bias is padded there.
                unsafe { bf16_product_on(self.set, rows, pairs, self.outputs, a, panels, out, end) }
            }
            Form::Wide(weights) => weights.apply(self.set, &rounded.wide[..rows * self.inputs], out, after),
        }
    }
}
