//! A sparse matrix times dense rows: looking up embeddings, picking rows and averaging spans are all of this kind.
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{host, on_host};

/// A sparse matrix with its transpose, whose product's gradient is the transpose times the gradient.
#[derive(Clone, Debug)]
pub struct SparseRows {
    own: Arc<Entries>,
    transposed: Arc<Entries>,
}

/// Rows one after the other.
#[derive(Debug)]
pub(super) struct Entries {
    starts: Vec<u32>,
    columns: Vec<u32>,
    weights: Vec<f32>,
    /// The same three on a GPU.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code))]
    pub(super) on_device: Option<[Tensor; 3]>,
}

impl Entries {
    fn new(starts: Vec<u32>, columns: Vec<u32>, weights: Vec<f32>, device: &Device) -> Result<Arc<Self>> {
        let on_device = if device.is_cpu() {
            None
        } else {
            Some([
                Tensor::new(starts.as_slice(), device)?,
                Tensor::new(columns.as_slice(), device)?,
                Tensor::new(weights.as_slice(), device)?,
            ])
        };
        Ok(Arc::new(Self { starts, columns, weights, on_device }))
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn product(&self, x: &[f32], width: usize) -> Vec<f32> {
        let mut out = vec![0f32; self.rows() * width];
        out.par_chunks_mut(width.max(1)).enumerate().for_each(|(row, out)| {
            for k in self.starts[row] as usize..self.starts[row + 1] as usize {
                let from = &x[self.columns[k] as usize * width..][..width];
                out.iter_mut().zip(from).for_each(|(o, v)| *o += self.weights[k] * v);
            }
        });
        out
    }
}

impl SparseRows {
    /// A matrix of `columns` columns from the entries (column, weight) of its rows. Columns must be below `columns`.
    pub fn new<R: IntoIterator<Item = (u32, f32)>>(
        rows: impl IntoIterator<Item = R>,
        columns: usize,
        device: &Device,
    ) -> Result<Self> {
        let (mut starts, mut places, mut weights) = (vec![0u32], Vec::new(), Vec::new());
        for row in rows {
            for (column, weight) in row {
                places.push(column);
                weights.push(weight);
            }
            starts.push(places.len() as u32);
        }
        if places.iter().any(|&c| c as usize >= columns) {
            candle_core::bail!("an entry of a sparse matrix lies outside its {columns} columns");
        }
        let mut first = vec![0u32; columns + 1];
        places.iter().for_each(|&c| first[c as usize + 1] += 1);
        for c in 0..columns {
            first[c + 1] += first[c];
        }
        let (mut next, mut back, mut back_weights) = (first.clone(), vec![0u32; places.len()], vec![0f32; places.len()]);
        for (row, pair) in starts.windows(2).enumerate() {
            for k in pair[0] as usize..pair[1] as usize {
                let at = &mut next[places[k] as usize];
                back[*at as usize] = row as u32;
                back_weights[*at as usize] = weights[k];
                *at += 1;
            }
        }
        Ok(Self {
            own: Entries::new(starts, places, weights, device)?,
            transposed: Entries::new(first, back, back_weights, device)?,
        })
    }

    /// The rows at `places` of a matrix of `columns` rows.
    pub fn pick(places: &[u32], columns: usize, device: &Device) -> Result<Self> {
        Self::new(places.iter().map(|&p| [(p, 1.0)]), columns, device)
    }

    /// Means of ranges of rows.
    pub fn means(ranges: impl IntoIterator<Item = (usize, usize)>, columns: usize, device: &Device) -> Result<Self> {
        let rows = ranges.into_iter().map(|(from, to)| {
            let weight = 1.0 / to.saturating_sub(from).max(1) as f32;
            (from..to).map(move |c| (c as u32, weight))
        });
        Self::new(rows, columns, device)
    }

    /// x: (columns, width), the width a multiple of 4 on a GPU → (rows, width)
    pub fn times(&self, x: &Tensor) -> Result<Tensor> {
        if x.dim(0)? + 1 != self.transposed.starts.len() {
            candle_core::bail!("a sparse matrix of {} columns meets {} rows", self.transposed.rows(), x.dim(0)?);
        }
        x.contiguous()?.apply_op1(self.clone())
    }
}

impl CustomOp1 for SparseRows {
    fn name(&self) -> &'static str {
        "sparse-rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        Ok((CpuStorage::F32(self.own.product(host(x, layout)?, width)), (self.own.rows(), width).into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, x: &candle_core::CudaStorage, layout: &Layout) -> Result<(candle_core::CudaStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        Ok((super::cuda::sparse_rows(&self.own, (x, layout), width)?, (self.own.rows(), width).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        #[cfg(feature = "cuda")]
        if x.device().is_cuda() {
            return super::cuda::sparse_rows_change(&self.transposed, x, &grad).map(Some);
        }
        let width = x.dim(1)?;
        let change = on_host([&grad], |[grad]| self.transposed.product(grad, width))?;
        Tensor::from_vec(change, x.shape(), x.device()).map(Some)
    }
}
