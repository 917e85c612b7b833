//! Dense layers in bf16: weights and rows rounded to eight significant bits, products and sums in f32.
//!
//! `vdpbf16ps` multiplies two pairs of bf16 and adds the second product to a sum, then the first, rounding each sum once.
//! Two fused multiply-adds of f32 in that order are the same, so other CPUs do that: what is computed is a property of
//! the model, never of the CPU. (`bfdot` of ARM rounds otherwise and is not used.)
use super::dense::After;
use super::lanes::Lanes;
use super::product::{Finish, PANEL, Target, tiles, with_rows, write};
use super::rounded::RoundedRows;
use super::{Instructions, available, bf16_product_on, to_bf16_on, to_wide_bf16_on};

/// Rows in bf16, `inputs` (an even number) of each.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Two bytes a number, for the instruction that takes pairs.
    Pairs(*const i16),
    /// As f32 with nothing in the low half, for multiply-adds.
    Wide(*const f32),
}

/// The nearest bf16, ties to even, as an f32. What is below the least normal number becomes 0, as the instruction takes it.
#[inline(always)]
fn nearest(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000;
    if rounded & 0x7f80_0000 == 0 { 0 } else { rounded }
}

/// Rounds a row to bf16; what `words` has beyond it stays.
///
/// # Safety
/// None beyond the instruction set's: the compiler makes vectors of it.
#[inline(always)]
pub(super) unsafe fn to_bf16<S: Lanes>(row: &[f32], words: &mut [i16]) {
    words.iter_mut().zip(row).for_each(|(word, value)| *word = (nearest(*value) >> 16) as i16);
}

/// As above, to f32 that are bf16.
///
/// # Safety
/// As above.
#[inline(always)]
pub(super) unsafe fn to_wide_bf16<S: Lanes>(row: &[f32], wide: &mut [f32]) {
    wide.iter_mut().zip(row).for_each(|(wide, value)| *wide = f32::from_bits(nearest(*value)));
}

/// Sums of a tile of M rows (`stride` numbers apart) and 16·V outputs, from `start` on.
#[inline(always)]
unsafe fn sums<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: Rows,
    panel: *const u16,
    start: [S::F; V],
) -> [[S::F; V]; M] {
    // SAFETY: as for `bf16_product`.
    unsafe {
        let mut sums = [start; M];
        for pair in 0..inputs / 2 {
            let weights = panel.add(pair * 2 * PANEL);
            let mut columns = [S::zero_i(); V];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = S::load_bf16_pairs(weights.add(32 * v));
            }
            match a {
                Rows::Pairs(a) => {
                    for (i, row) in sums.iter_mut().enumerate() {
                        let pairs = S::splat_words(a.add(i * inputs + 2 * pair));
                        for (sum, column) in row.iter_mut().zip(columns) {
                            *sum = S::dot_bf16(*sum, pairs, column);
                        }
                    }
                }
                Rows::Wide(a) => {
                    // One after the other, so that only one half of the columns takes registers.
                    for half in [1, 0] {
                        let mut wide = start;
                        for (wide, column) in wide.iter_mut().zip(columns) {
                            *wide = if half == 1 { S::high_bf16(column) } else { S::low_bf16(column) };
                        }
                        for (i, row) in sums.iter_mut().enumerate() {
                            let x = S::splat(*a.add(i * inputs + 2 * pair + half));
                            for (sum, column) in row.iter_mut().zip(wide) {
                                *sum = S::fma(x, column, *sum);
                            }
                        }
                    }
                }
            }
        }
        sums
    }
}

#[inline(always)]
unsafe fn tile<S: Lanes, const M: usize, const V: usize>(inputs: usize, a: Rows, panel: *const u16, target: Target, end: Finish) {
    // SAFETY: as for `bf16_product`.
    unsafe {
        let mut start = [S::splat(0.0); V];
        for (v, value) in start.iter_mut().enumerate() {
            *value = S::load(end.bias.add(16 * v));
        }
        let sums = sums::<S, M, V>(inputs, a, panel, start);
        write::<S, M, V>(target, end, |i, v| sums[i][v]);
    }
}

/// As [`product`](super::product::product), with rows and weights in bf16 (`inputs` a row, an even number).
///
/// # Safety
/// As there; rows are pairs where the instruction set multiplies pairs, else wide.
#[inline(always)]
pub(super) unsafe fn bf16_product<S: Lanes>(
    rows: usize,
    inputs: usize,
    outputs: usize,
    a: Rows,
    panels: *const u16,
    out: *mut f32,
    end: Finish,
) {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let width = 16 * S::VECTORS;
        for first in (0..outputs).step_by(width) {
            let panel = panels.add((first / PANEL) * PANEL * inputs + 2 * (first % PANEL));
            let columns = (outputs - first).min(width);
            for (row, count) in tiles(rows, S::ROWS) {
                let at = row * outputs + first;
                let end = end.at(first, at);
                let target = Target { out: out.add(at), stride: outputs, columns };
                // A constant decides, so that each instruction set has one of the two loops.
                let a = match (S::BF16, a) {
                    (true, Rows::Pairs(a)) => Rows::Pairs(a.add(row * inputs)),
                    (false, Rows::Wide(a)) => Rows::Wide(a.add(row * inputs)),
                    _ => return,
                };
                with_rows!(S, count, tile, (inputs, a, panel, target, end));
            }
        }
    }
}

/// A dense layer's weights in bf16, packed for products. They lie the same for all instruction sets: 32 outputs × two
/// inputs, and so on; only the form of the rows differs.
#[derive(Clone, Debug)]
pub struct Bf16Weights {
    set: Instructions,
    inputs: usize,
    outputs: usize,
    panels: Vec<u16>,
    bias: Vec<f32>,
}

impl Bf16Weights {
    /// Rounds and packs `weights` (outputs × inputs, row by row).
    pub fn pack(set: Instructions, weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        let (padded, stride) = (outputs.next_multiple_of(PANEL), inputs.next_multiple_of(2));
        let mut panels = vec![0u16; padded * stride];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * stride).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (i, value) in row.iter().enumerate() {
                    panel[2 * ((i / 2) * PANEL + j) + i % 2] = (nearest(*value) >> 16) as u16;
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self { set: available(set), inputs, outputs, panels, bias }
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
        let (inputs, stride) = (self.inputs, self.inputs.next_multiple_of(2));
        let rows = xs.len() / inputs;
        assert_eq!(xs.len(), rows * inputs);
        if self.set.has_bf16_products() {
            if rounded.words.len() < rows * stride {
                rounded.words.resize(rows * stride, 0);
            }
            for (row, words) in xs.chunks_exact(inputs).zip(rounded.words.chunks_exact_mut(stride)) {
                words[inputs..].fill(0);
                // SAFETY: the set is there.
                unsafe { to_bf16_on(self.set, row, words) }
            }
        } else {
            if rounded.wide.len() < rows * stride {
                rounded.wide.resize(rows * stride, 0.0);
            }
            for (row, wide) in xs.chunks_exact(inputs).zip(rounded.wide.chunks_exact_mut(stride)) {
                wide[inputs..].fill(0.0);
                // SAFETY: as above.
                unsafe { to_wide_bf16_on(self.set, row, wide) }
            }
        }
        (rounded.inputs, rounded.rows) = (inputs, rows);
    }

    /// Rows that this layer (or one with as many inputs) has rounded → out (rows × outputs).
    pub fn apply(&self, rounded: &RoundedRows, out: &mut [f32], after: After) {
        let (rows, stride) = (rounded.rows, self.inputs.next_multiple_of(2));
        assert_eq!(rounded.inputs, self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        let a = if self.set.has_bf16_products() {
            assert!(rounded.words.len() >= rows * stride, "rows are rounded for another layer");
            Rows::Pairs(rounded.words.as_ptr())
        } else {
            assert!(rounded.wide.len() >= rows * stride, "rows are rounded for another layer");
            Rows::Wide(rounded.wide.as_ptr())
        };
        let end = after.finish(&self.bias, out);
        // SAFETY: lengths are checked above and in `pack`; bias is padded there.
        unsafe { bf16_product_on(self.set, rows, stride, self.outputs, a, self.panels.as_ptr(), out.as_mut_ptr(), end) }
    }
}
