//! Matrix products with int8 weights: exact integer sums, then one step to f32 for each group of inputs.
use super::lanes::Lanes;
use super::product::{Finish, PANEL, Target, tiles, with_rows, write};

/// What a product of integers needs beside them.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    /// Inputs that share a step, and how many such groups a row has.
    pub group: usize,
    pub groups: usize,
    /// Step and offset of each row's integers, rows × groups: value = step · integer + offset.
    pub rows: *const [f32; 2],
    /// Sum of each output's int8 weights, groups × outputs padded to whole panels; null where all offsets are 0.
    pub sums: *const f32,
    /// Outputs, padded.
    pub padded: usize,
    /// Step of each output's weights, padded.
    pub steps: *const f32,
}

#[inline(always)]
unsafe fn byte_counts<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const u8,
    stride: usize,
    panel: *const i8,
) -> [[S::I; V]; M] {
    // SAFETY: as for `byte_product`.
    unsafe {
        let mut counts = [[S::zero_i(); V]; M];
        let (mut from, mut weights) = (a, panel);
        for _ in 0..inputs / 4 {
            // The same place of the next panel.
            S::prefetch(weights.wrapping_add(PANEL * stride));
            S::prefetch(weights.wrapping_add(PANEL * stride + 64));
            for (i, row) in counts.iter_mut().enumerate() {
                let bytes = S::splat_bytes(from.add(i * stride));
                for (v, count) in row.iter_mut().enumerate() {
                    *count = S::dot(*count, bytes, weights.add(64 * v));
                }
            }
            from = from.add(4);
            weights = weights.add(4 * PANEL);
        }
        counts
    }
}

#[inline(always)]
unsafe fn word_counts<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const i16,
    stride: usize,
    panel: *const i8,
) -> [[S::I; V]; M] {
    // SAFETY: as for `word_product`.
    unsafe {
        let mut counts = [[S::zero_i(); V]; M];
        let (mut from, mut weights) = (a, panel);
        for _ in 0..inputs / 2 {
            S::prefetch(weights.wrapping_add(PANEL * stride));
            let mut columns = [S::zero_i(); V];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = S::load_pairs(weights.add(32 * v));
            }
            for (i, row) in counts.iter_mut().enumerate() {
                let words = S::splat_words(from.add(i * stride));
                for (count, column) in row.iter_mut().zip(columns) {
                    *count = S::dot_pairs(*count, words, column);
                }
            }
            from = from.add(2);
            weights = weights.add(2 * PANEL);
        }
        counts
    }
}

/// A product over rows of `$element` whose weights are packed in groups of `$together` inputs: 32 outputs × so many
/// inputs, and so on.
macro_rules! integer_product {
    ($name:ident, $tile:ident, $counts:ident, $element:ty, $together:literal) => {
        #[inline(always)]
        unsafe fn $tile<S: Lanes, const M: usize, const V: usize>(
            inputs: usize,
            a: *const $element,
            panel: *const i8,
            target: Target,
            scales: Scales,
            end: Finish,
        ) {
            // SAFETY: as for the product.
            unsafe {
                let mut sums = [[S::splat(0.0); V]; M];
                for group in 0..scales.groups {
                    let first = group * scales.group;
                    let here = (inputs - first).min(scales.group);
                    let counts = $counts::<S, M, V>(here, a.add(first), inputs, panel.add(first * PANEL));
                    for (i, row) in sums.iter_mut().enumerate() {
                        let [step, offset] = *scales.rows.add(i * scales.groups + group);
                        for (v, sum) in row.iter_mut().enumerate() {
                            *sum = S::fma(S::splat(step), S::to_float(counts[i][v]), *sum);
                            if !scales.sums.is_null() {
                                let weights = S::load(scales.sums.add(group * scales.padded + 16 * v));
                                *sum = S::fma(S::splat(offset), weights, *sum);
                            }
                        }
                    }
                }
                write::<S, M, V>(target, end, |i, v| {
                    S::fma(sums[i][v], S::load(scales.steps.add(16 * v)), S::load(end.bias.add(16 * v)))
                });
            }
        }

        /// As [`product`](super::product::product) with integers (`inputs` a row, a multiple of 4) and int8 weights. The
        /// caller sees to it that no sum of products passes i32.
        ///
        /// # Safety
        /// As there; `scales` has an entry for each row and group and, padded to whole panels, for each output.
        #[inline(always)]
        pub(super) unsafe fn $name<S: Lanes>(
            rows: usize,
            inputs: usize,
            outputs: usize,
            a: *const $element,
            panels: *const i8,
            out: *mut f32,
            scales: Scales,
            end: Finish,
        ) {
            // SAFETY: offsets stay inside what the caller vouches for.
            unsafe {
                let width = 16 * S::VECTORS;
                for first in (0..outputs).step_by(width) {
                    let panel = panels.add((first / PANEL) * PANEL * inputs + $together * (first % PANEL));
                    let columns = (outputs - first).min(width);
                    let sums = if scales.sums.is_null() { scales.sums } else { scales.sums.add(first) };
                    for (row, count) in tiles(rows, S::INTEGER_ROWS) {
                        let at = row * outputs + first;
                        let end = end.at(first, at);
                        let scales =
                            Scales { rows: scales.rows.add(row * scales.groups), sums, steps: scales.steps.add(first), ..scales };
                        let target = Target { out: out.add(at), stride: outputs, columns };
                        with_rows!(S, count, $tile, (inputs, a.add(row * inputs), panel, target, scales, end));
                    }
                }
            }
        }
    };
}

integer_product!(byte_product, byte_tile, byte_counts, u8, 4);
integer_product!(word_product, word_tile, word_counts, i16, 2);
