//! Matrix products with packed weights.
//!
//! A weight matrix (outputs × inputs) is packed in panels of 32 outputs: all 32 values of the first input, then of the
//! second, and so on. Each output is summed over the inputs in their order, whatever the tile it falls into, so that
//! neither the batch nor the instruction set changes a result.
use std::mem::MaybeUninit;

use super::lanes::Lanes;
use super::rows::gelu_row;

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

impl Finish {
    /// For the outputs from `first` on, and the place `at` of a residual.
    #[inline(always)]
    pub(super) unsafe fn at(self, first: usize, at: usize) -> Self {
        // SAFETY: the caller's offsets lie inside what the pointers hold.
        unsafe {
            let residual = if self.residual.is_null() { self.residual } else { self.residual.add(at) };
            Self { bias: self.bias.add(first), residual, gelu: self.gelu }
        }
    }
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

/// Where a tile goes.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub out: *mut f32,
    pub stride: usize,
    /// Columns that exist; a whole tile is computed all the same.
    pub columns: usize,
}

/// Adds the residual to a tile's sums, writes them, and applies the activation.
#[inline(always)]
pub(super) unsafe fn write<S: Lanes, const M: usize, const V: usize>(
    target: Target,
    end: Finish,
    sum: impl Fn(usize, usize) -> S::F,
) {
    let Target { out, stride, columns } = target;
    let mut buffer = MaybeUninit::<[f32; 12 * PANEL]>::uninit();
    let whole = columns >= 16 * V;
    let (to, step) = if whole { (out, stride) } else { (buffer.as_mut_ptr().cast::<f32>(), PANEL) };
    // SAFETY: the caller's pointers hold M rows of `columns` values; the buffer holds a whole tile.
    unsafe {
        for i in 0..M {
            for v in 0..V {
                let mut value = sum(i, v);
                if whole && !end.residual.is_null() {
                    value = S::add(value, S::load(end.residual.add(i * stride + 16 * v)));
                }
                S::store(to.add(i * step + 16 * v), value);
            }
        }
        if !whole {
            for at in (0..M).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                let residual = if end.residual.is_null() { 0.0 } else { *end.residual.add(at.0 * stride + at.1) };
                *out.add(at.0 * stride + at.1) = *to.add(at.0 * step + at.1) + residual;
            }
        }
        if end.gelu {
            for i in 0..M {
                gelu_row::<S>(out.add(i * stride), columns.min(16 * V));
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<S: Lanes, const M: usize, const V: usize>(
    inputs: usize,
    a: *const f32,
    panel: *const f32,
    target: Target,
    end: Finish,
) {
    // SAFETY: as for `product`.
    unsafe {
        let mut start = [S::splat(0.0); V];
        for (v, value) in start.iter_mut().enumerate() {
            *value = S::load(end.bias.add(16 * v));
        }
        let sums = sums::<S, M, V>(inputs, a, inputs, panel, PANEL, start);
        write::<S, M, V>(target, end, |i, v| sums[i][v]);
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
                let end = end.at(first, at);
                let target = Target { out: out.add(at), stride: outputs, columns };
                with_rows!(S, count, tile, (inputs, a.add(row * inputs), panel, target, end));
            }
        }
    }
}
