//! Attention of some rows of one sequence, head by head; no scores of more than a tile of rows are ever kept.
use super::lanes::Lanes;
use super::product::{PANEL, sums, tiles, with_rows};
use super::rows::powers;

/// One sequence after the joint projection: a row holds queries, keys and values of all heads.
#[derive(Clone, Copy)]
pub(super) struct Sequence {
    /// length × 3·width. Queries are scaled so that scores are logarithms to base 2.
    pub projected: *const f32,
    pub length: usize,
    pub width: usize,
    pub heads: usize,
}

/// Floats of work space for a sequence of `length` and heads of `size`.
pub(super) fn work_space(length: usize, size: usize) -> usize {
    let padded = length.next_multiple_of(PANEL);
    padded * size + padded * size.next_multiple_of(PANEL) + 12 * padded
}

#[inline(always)]
unsafe fn scores<S: Lanes, const M: usize, const V: usize>(
    size: usize,
    queries: *const f32,
    stride: usize,
    keys: *const f32,
    out: *mut f32,
    padded: usize,
) {
    // SAFETY: as for `attend`.
    unsafe {
        for first in (0..padded).step_by(16 * V) {
            let panel = keys.add((first / PANEL) * PANEL * size + first % PANEL);
            let sums = sums::<S, M, V>(size, queries, stride, panel, PANEL, [S::splat(0.0); V]);
            for (i, row) in sums.into_iter().enumerate() {
                for (v, sum) in row.into_iter().enumerate() {
                    S::store(out.add(i * padded + first + 16 * v), sum);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn mix<S: Lanes, const M: usize, const V: usize>(
    length: usize,
    weights: *const f32,
    padded: usize,
    values: *const f32,
    scales: *const f32,
    out: *mut f32,
    out_stride: usize,
    columns: usize,
) {
    // SAFETY: as for `attend`.
    unsafe {
        let sums = sums::<S, M, V>(length, weights, padded, values, PANEL, [S::splat(0.0); V]);
        for (i, row) in sums.into_iter().enumerate() {
            let scale = S::splat(*scales.add(i));
            let mut whole = [0f32; PANEL];
            for (v, sum) in row.into_iter().enumerate() {
                S::store(whole.as_mut_ptr().add(16 * v), S::mul(sum, scale));
            }
            std::ptr::copy_nonoverlapping(whole.as_ptr(), out.add(i * out_stride), columns.min(16 * V));
        }
    }
}

/// Contexts of rows `first..first + rows` of a sequence into `out` (rows × width).
///
/// # Safety
/// The sequence's rows are there, `out` has room, `space` holds [`work_space`] floats, and the rows exist.
#[inline(always)]
pub(super) unsafe fn attend<S: Lanes>(sequence: Sequence, first: usize, rows: usize, out: *mut f32, space: *mut f32) {
    let Sequence { projected, length, width, heads } = sequence;
    let (size, stride, padded) = (width / heads, 3 * width, length.next_multiple_of(PANEL));
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let keys = space;
        let values = keys.add(padded * size);
        let weights = values.add(padded * size.next_multiple_of(PANEL));
        for head in 0..heads {
            let of = |part: usize, row: usize| projected.add(row * stride + part * width + head * size);
            for panel in (0..padded).step_by(PANEL) {
                let here = (length - panel).min(PANEL);
                for d in 0..size {
                    let to = keys.add(panel * size + d * PANEL);
                    for j in 0..here {
                        *to.add(j) = *of(1, panel + j).add(d);
                    }
                    for j in here..PANEL {
                        *to.add(j) = 0.0;
                    }
                }
            }
            for part in (0..size).step_by(PANEL) {
                let columns = (size - part).min(PANEL);
                for row in 0..length {
                    let to = values.add((part / PANEL * length + row) * PANEL);
                    std::ptr::copy_nonoverlapping(of(2, row).add(part), to, columns);
                    for j in columns..PANEL {
                        *to.add(j) = 0.0;
                    }
                }
            }
            for (row, count) in tiles(rows, S::ROWS) {
                with_rows!(S, count, scores, (size, of(0, first + row), stride, keys, weights, padded));
                let mut scales = [0f32; 12];
                for (i, scale) in scales.iter_mut().enumerate().take(count) {
                    *scale = 1.0 / powers::<S>(weights.add(i * padded), length, length.next_multiple_of(16));
                }
                for part in (0..size).step_by(16 * S::VECTORS) {
                    let from = values.add(part / PANEL * length * PANEL + part % PANEL);
                    let to = out.add(row * width + head * size + part);
                    with_rows!(S, count, mix, (length, weights, padded, from, scales.as_ptr(), to, width, size - part));
                }
            }
        }
    }
}
