//! Matrix products with int8 weights: exact integer sums, then one step to f32.
use super::lanes::Lanes;
use super::product::{Finish, PANEL, Target, tiles, with_rows, write};

/// What an int8 product needs beside the bytes.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    /// Step and offset of each row's bytes: value = step · byte + offset.
    pub rows: *const [f32; 2],
    /// Step of each output's weights, padded to whole panels.
    pub steps: *const f32,
    /// Sum of each output's weights (steps included), padded.
    pub sums: *const f32,
}

#[inline(always)]
unsafe fn byte_tile<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const u8,
    panel: *const i8,
    target: Target,
    scales: Scales,
    end: Finish,
) {
    // SAFETY: as for `byte_product`.
    unsafe {
        let mut counts = [[S::zero_i(); V]; M];
        let (mut from, mut weights) = (a, panel);
        for _ in 0..inputs / 4 {
            for (i, row) in counts.iter_mut().enumerate() {
                let bytes = S::splat_bytes(from.add(i * inputs));
                for (v, count) in row.iter_mut().enumerate() {
                    *count = S::dot(*count, bytes, weights.add(64 * v));
                }
            }
            from = from.add(4);
            weights = weights.add(4 * PANEL);
        }
        write::<S, M, V>(target, end, |i, v| {
            let [step, offset] = *scales.rows.add(i);
            let load = |from: *const f32| S::load(from.add(16 * v));
            let still = S::fma(S::splat(offset), load(scales.sums), load(end.bias));
            S::fma(S::mul(S::splat(step), load(scales.steps)), S::to_float(counts[i][v]), still)
        });
    }
}

/// As [`product`] with bytes (`inputs` a row, a multiple of 4) and int8 weights, packed in groups of four inputs:
/// 32 outputs × 4 inputs, and so on.
///
/// # Safety
/// As for [`product`]; `scales` has an entry for each row and, padded to whole panels, for each output.
#[inline(always)]
pub(super) unsafe fn byte_product<S: Lanes>(
    rows: usize,
    inputs: usize,
    outputs: usize,
    a: *const u8,
    panels: *const i8,
    out: *mut f32,
    scales: Scales,
    end: Finish,
) {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let width = 16 * S::VECTORS;
        for first in (0..outputs).step_by(width) {
            let panel = panels.add((first / PANEL) * PANEL * inputs + 4 * (first % PANEL));
            let columns = (outputs - first).min(width);
            for (row, count) in tiles(rows, S::ROWS) {
                let at = row * outputs + first;
                let end = end.at(first, at);
                let scales = Scales { rows: scales.rows.add(row), steps: scales.steps.add(first), sums: scales.sums.add(first) };
                let target = Target { out: out.add(at), stride: outputs, columns };
                with_rows!(S, count, byte_tile, (inputs, a.add(row * inputs), panel, target, scales, end));
            }
        }
    }
}

/// What a product of i16 with int8 weights needs beside them.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// Step of each row.
    pub rows: *const f32,
    /// Step of each output's weights, padded to whole panels.
    pub outputs: *const f32,
}

#[inline(always)]
unsafe fn word_tile<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const i16,
    panel: *const i8,
    target: Target,
    steps: Steps,
    end: Finish,
) {
    // SAFETY: as for `word_product`.
    unsafe {
        let mut counts = [[S::zero_i(); V]; M];
        let (mut from, mut weights) = (a, panel);
        for _ in 0..inputs / 2 {
            let mut columns = [S::zero_i(); V];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = S::load_pairs(weights.add(32 * v));
            }
            for (i, row) in counts.iter_mut().enumerate() {
                let words = S::splat_words(from.add(i * inputs));
                for (count, column) in row.iter_mut().zip(columns) {
                    *count = S::dot_pairs(*count, words, column);
                }
            }
            from = from.add(2);
            weights = weights.add(2 * PANEL);
        }
        write::<S, M, V>(target, end, |i, v| {
            let step = S::mul(S::splat(*steps.rows.add(i)), S::load(steps.outputs.add(16 * v)));
            S::fma(step, S::to_float(counts[i][v]), S::load(end.bias.add(16 * v)))
        });
    }
}

/// As [`product`] with i16 (`inputs` a row, a multiple of 2) and int8 weights, packed in pairs of inputs: 32 outputs ×
/// 2 inputs, and so on. The caller sees to it that no sum of products passes i32.
///
/// # Safety
/// As for [`product`]; `steps` has an entry for each row and, padded to whole panels, for each output.
#[inline(always)]
pub(super) unsafe fn word_product<S: Lanes>(
    rows: usize,
    inputs: usize,
    outputs: usize,
    a: *const i16,
    panels: *const i8,
    out: *mut f32,
    steps: Steps,
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
                let steps = Steps { rows: steps.rows.add(row), outputs: steps.outputs.add(first) };
                let target = Target { out: out.add(at), stride: outputs, columns };
                with_rows!(S, count, word_tile, (inputs, a.add(row * inputs), panel, target, steps, end));
            }
        }
    }
}
