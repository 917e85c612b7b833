//! Matrix products with packed weights.
//!
//! A weight matrix (outputs × inputs) is packed in panels of 32 outputs: all 32 values of the first input, then of the
//! second, and so on. Each output is summed over the inputs in their order, whatever the tile it falls into, so that
//! neither the batch nor the instruction set changes a result.
use super::lanes::Lanes;
use super::rows::gelu;

/// Outputs of a panel.
pub(super) const PANEL: usize = 32;

/// What becomes of a sum before it is written.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    /// One value for each output.
    pub bias: *const f32,
    /// What is added afterwards, laid out as the output; null for nothing.
    pub residual: *const f32,
    /// GELU at the end.
    pub gelu: bool,
}

/// Calls a tile function with the number of rows as a constant.
macro_rules! with_rows {
    ($S:ty, $rows:expr, $tile:ident, ($($argument:expr),*)) => {
        with_rows!(@ $S, $rows, $tile, ($($argument),*), 1 2 3 4 5 6 7 8 9 10 11 12)
    };
    (@ $S:ty, $rows:expr, $tile:ident, $arguments:tt, $($count:literal)*) => {
        match $rows {
            $($count if $count <= <$S>::ROWS => with_rows!(= $S, $tile, $count, $arguments),)*
            _ => {}
        }
    };
    (= $S:ty, $tile:ident, $count:literal, ($($argument:expr),*)) => {
        if <$S>::VECTORS == 2 {
            $tile::<$S, $count, 2>($($argument),*)
        } else {
            $tile::<$S, $count, 1>($($argument),*)
        }
    };
}
pub(super) use with_rows;

/// Cuts `rows` into tiles of nearly equal height, at most `highest`.
#[inline(always)]
pub(super) fn tiles(rows: usize, highest: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(highest).max(1);
    let (base, larger) = (rows / count, rows % count);
    (0..count).map(move |i| (i * base + i.min(larger), base + usize::from(i < larger)))
}

/// Sums of a tile: rows of `a` (`stride` apart) times 16·V columns of `b` (rows `b_stride` apart), from `start` on.
#[inline(always)]
pub(super) unsafe fn sums<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const f32,
    stride: usize,
    b: *const f32,
    b_stride: usize,
    start: [S::F; V],
) -> [[S::F; V]; M] {
    // SAFETY: the caller's pointers hold M rows and `inputs` columns, and `inputs` rows of 16·V columns.
    unsafe {
        let mut sums = [start; M];
        let (mut a, mut b) = (a, b);
        for _ in 0..inputs {
            let mut columns = start;
            for (v, column) in columns.iter_mut().enumerate() {
                *column = S::load(b.add(16 * v));
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let x = S::splat(*a.add(i * stride));
                for (sum, column) in row.iter_mut().zip(columns) {
                    *sum = S::fma(x, column, *sum);
                }
            }
            a = a.add(1);
            b = b.add(b_stride);
        }
        sums
    }
}

/// Writes a tile, its right part left out where the panel has fewer than 32 outputs.
#[inline(always)]
unsafe fn finish<S: Lanes, const M: usize, const V: usize>(
    sums: [[S::F; V]; M],
    out: *mut f32,
    out_stride: usize,
    columns: usize,
    residual: *const f32,
    activate: bool,
) {
    // SAFETY: the caller's pointers hold M rows of `columns` values; the buffer here holds a whole tile.
    unsafe {
        let mut buffer = [0f32; 12 * PANEL];
        let whole = columns >= 16 * V;
        let (to, stride) = if whole { (out, out_stride) } else { (buffer.as_mut_ptr(), PANEL) };
        for (i, row) in sums.into_iter().enumerate() {
            for (v, sum) in row.into_iter().enumerate() {
                S::store(to.add(i * stride + 16 * v), sum);
            }
        }
        if !whole {
            for i in 0..M {
                std::ptr::copy_nonoverlapping(to.add(i * stride), out.add(i * out_stride), columns);
            }
            for i in 0..M {
                for j in 0..columns {
                    let mut value = *out.add(i * out_stride + j);
                    if !residual.is_null() {
                        value += *residual.add(i * out_stride + j);
                    }
                    *out.add(i * out_stride + j) = value;
                }
                if activate {
                    super::rows::gelu_row::<S>(out.add(i * out_stride), columns);
                }
            }
        } else if activate || !residual.is_null() {
            for i in 0..M {
                for v in 0..V {
                    let at = i * stride + 16 * v;
                    let mut value = S::load(to.add(at));
                    if !residual.is_null() {
                        value = S::add(value, S::load(residual.add(at)));
                    }
                    if activate {
                        value = gelu::<S>(value);
                    }
                    S::store(to.add(at), value);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const f32,
    panel: *const f32,
    out: *mut f32,
    out_stride: usize,
    columns: usize,
    end: Finish,
) {
    // SAFETY: as for `product`.
    unsafe {
        let mut start = [S::splat(0.0); V];
        for (v, value) in start.iter_mut().enumerate() {
            *value = S::load(end.bias.add(16 * v));
        }
        let sums = sums::<S, M, V>(inputs, a, inputs, panel, PANEL, start);
        finish::<S, M, V>(sums, out, out_stride, columns, end.residual, end.gelu);
    }
}

/// out (rows × outputs) = finish(a (rows × inputs) · weights).
///
/// # Safety
/// `a`, `out` and `end.residual` hold that many values, `panels` holds all panels, `end.bias` is padded to whole panels.
#[inline(always)]
pub(super) unsafe fn product<S: Lanes>(
    rows: usize,
    inputs: usize,
    outputs: usize,
    a: *const f32,
    panels: *const f32,
    out: *mut f32,
    end: Finish,
) {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let width = 16 * S::VECTORS;
        for first in (0..outputs).step_by(width) {
            let panel = panels.add((first / PANEL) * PANEL * inputs + first % PANEL);
            let columns = (outputs - first).min(width);
            for (row, count) in tiles(rows, S::ROWS) {
                let at = row * outputs + first;
                let end = Finish {
                    bias: end.bias.add(first),
                    residual: if end.residual.is_null() { end.residual } else { end.residual.add(at) },
                    gelu: end.gelu,
                };
                with_rows!(S, count, tile, (inputs, a.add(row * inputs), panel, out.add(at), outputs, columns, end));
            }
        }
    }
}

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
    out: *mut f32,
    out_stride: usize,
    columns: usize,
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
        let mut sums = [[S::splat(0.0); V]; M];
        for (i, (sums, counts)) in sums.iter_mut().zip(counts).enumerate() {
            let [step, offset] = *scales.rows.add(i);
            for (v, (sum, count)) in sums.iter_mut().zip(counts).enumerate() {
                let load = |from: *const f32| S::load(from.add(16 * v));
                let still = S::fma(S::splat(offset), load(scales.sums), load(end.bias));
                *sum = S::fma(S::mul(S::splat(step), load(scales.steps)), S::to_float(count), still);
            }
        }
        finish::<S, M, V>(sums, out, out_stride, columns, end.residual, end.gelu);
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
                let end = Finish {
                    bias: end.bias.add(first),
                    residual: if end.residual.is_null() { end.residual } else { end.residual.add(at) },
                    gelu: end.gelu,
                };
                let scales = Scales { rows: scales.rows.add(row), steps: scales.steps.add(first), sums: scales.sums.add(first) };
                with_rows!(S, count, byte_tile, (inputs, a.add(row * inputs), panel, out.add(at), outputs, columns, scales, end));
            }
        }
    }
}
