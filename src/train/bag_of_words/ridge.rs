//! Ridge regression in its dual form: with as many documents as fit in memory squared, the weights of all codes come from one
//! factorisation of the documents' similarities, and so do the answers to documents left out.
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// Columns and rows that are worked on at once.
const BLOCK: usize = 256;

/// The Cholesky factor of a symmetric positive definite matrix.
pub struct Factor {
    lower: Array2<f32>,
}

impl Factor {
    /// Factors `a` (only its lower triangle is read).
    pub fn new(mut a: Array2<f32>) -> Self {
        let n = a.nrows();
        for from in (0..n).step_by(BLOCK) {
            let to = (from + BLOCK).min(n);
            small_cholesky(a.slice_mut(s![from..to, from..to]));
            let (top, mut below) = a.view_mut().split_at(Axis(0), to);
            let corner = top.slice(s![from..to, from..to]);
            // Panel: each row solved against the corner.
            let mut edge = below.slice_mut(s![.., from..to]);
            let rows: Vec<_> = edge.outer_iter_mut().collect();
            rows.into_par_iter().for_each(|mut row| {
                for j in 0..to - from {
                    let known: f32 = (0..j).map(|k| row[k] * corner[[j, k]]).sum();
                    row[j] = (row[j] - known) / corner[[j, j]];
                }
            });
            // What is left: lower triangle by blocks of rows.
            let panel = below.slice(s![.., from..to]).to_owned();
            let mut blocks: Vec<(usize, ArrayViewMut2<'_, f32>)> =
                below.axis_chunks_iter_mut(Axis(0), BLOCK).enumerate().map(|(b, rows)| (b * BLOCK, rows)).collect();
            blocks.par_iter_mut().for_each(|(start, rows)| {
                let end = *start + rows.nrows();
                let own = panel.slice(s![*start..end, ..]);
                general_mat_mul(-1.0, &own, &panel.slice(s![..end, ..]).t(), 1.0, &mut rows.slice_mut(s![.., to..to + end]));
            });
        }
        Self { lower: a }
    }

    /// Solves for one group of columns.
    pub fn solve(&self, columns: &mut Array2<f32>) {
        let n = self.lower.nrows();
        for from in (0..n).step_by(BLOCK) {
            let to = (from + BLOCK).min(n);
            let (mut top, mut below) = columns.view_mut().split_at(Axis(0), to);
            let mut own = top.slice_mut(s![from..to, ..]);
            forward(self.lower.slice(s![from..to, from..to]), &mut own);
            general_mat_mul(-1.0, &self.lower.slice(s![to.., from..to]), &own, 1.0, &mut below);
        }
        let starts: Vec<usize> = (0..n).step_by(BLOCK).collect();
        for from in starts.into_iter().rev() {
            let to = (from + BLOCK).min(n);
            let (mut top, below) = columns.view_mut().split_at(Axis(0), to);
            let mut own = top.slice_mut(s![from..to, ..]);
            general_mat_mul(-1.0, &self.lower.slice(s![to.., from..to]).t(), &below, 1.0, &mut own);
            backward(self.lower.slice(s![from..to, from..to]), &mut own);
        }
    }
}

fn small_cholesky(mut a: ArrayViewMut2<'_, f32>) {
    for j in 0..a.nrows() {
        for i in j..a.nrows() {
            let known: f64 = (0..j).map(|k| f64::from(a[[i, k]]) * f64::from(a[[j, k]])).sum();
            let left = f64::from(a[[i, j]]) - known;
            a[[i, j]] = if i == j { left.max(1e-9).sqrt() as f32 } else { (left / f64::from(a[[j, j]])) as f32 };
        }
    }
}

fn forward(lower: ArrayView2<'_, f32>, columns: &mut ArrayViewMut2<'_, f32>) {
    for i in 0..lower.nrows() {
        let (done, mut rest) = columns.view_mut().split_at(Axis(0), i);
        let mut row = rest.index_axis_mut(Axis(0), 0);
        for k in 0..i {
            row.scaled_add(-lower[[i, k]], &done.index_axis(Axis(0), k));
        }
        row /= lower[[i, i]];
    }
}

fn backward(lower: ArrayView2<'_, f32>, columns: &mut ArrayViewMut2<'_, f32>) {
    for i in (0..lower.nrows()).rev() {
        let (mut head, done) = columns.view_mut().split_at(Axis(0), i + 1);
        let mut row = head.index_axis_mut(Axis(0), i);
        for k in i + 1..lower.nrows() {
            row.scaled_add(-lower[[k, i]], &done.index_axis(Axis(0), k - i - 1));
        }
        row /= lower[[i, i]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_it_factored() {
        let n = 600;
        let wave = Array2::from_shape_fn((n, 40), |(i, j)| ((i * 7 + j * 13) as f32 * 0.37).sin());
        let mut a = wave.dot(&wave.t());
        a.diag_mut().mapv_inplace(|v| v + 1.0);
        let right = Array2::from_shape_fn((n, 3), |(i, j)| ((i + 5 * j) as f32 * 0.11).cos());
        let mut x = right.clone();
        Factor::new(a.clone()).solve(&mut x);
        let off = (a.dot(&x) - right).mapv(f32::abs).fold(0.0f32, |a, b| a.max(*b));
        assert!(off < 2e-3, "{off}");
    }
}
