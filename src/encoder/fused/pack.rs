//! Sequences laid end to end.
use candle_core::{Device, Result, Tensor};

/// Queries that one block of a GPU takes.
const TILE: usize = 32;
/// Longest sequence; see `LONGEST` in `kernels.cu`.
pub const LONGEST: usize = 1_024;

/// Which rows of a packed batch are which sequence.
#[derive(Debug)]
pub struct Pack {
    starts: Vec<usize>,
    /// (tiles, 3) u32: first row and length of the sequence, first query; on a GPU only.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code))]
    tiles: Option<Tensor>,
}

impl Pack {
    /// Lays sequences of these lengths end to end on a device. A sequence has at most [`LONGEST`] word pieces.
    pub fn new(lengths: impl IntoIterator<Item = usize>, device: &Device) -> Result<Self> {
        let (mut starts, mut tiles, mut row) = (vec![0], Vec::new(), 0);
        for length in lengths {
            if length > LONGEST {
                candle_core::bail!("a sequence of {length} word pieces is longer than {LONGEST}");
            }
            tiles.extend((0..length).step_by(TILE).flat_map(|first| [row as u32, length as u32, first as u32]));
            row += length;
            starts.push(row);
        }
        let count = tiles.len() / 3;
        let tiles = if device.is_cpu() { None } else { Some(Tensor::from_vec(tiles, (count, 3), device)?) };
        Ok(Self { starts, tiles })
    }

    /// First row of each sequence, and the number of rows at the end.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Rows of all sequences.
    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The work list of a GPU.
    #[cfg(feature = "cuda")]
    pub(super) fn tiles(&self) -> Result<&Tensor> {
        self.tiles.as_ref().ok_or_else(|| candle_core::Error::Msg("a batch packed for the CPU is used on a GPU".to_owned()))
    }

    /// Cuts a buffer of `width` numbers a row into its sequences.
    pub(super) fn split<'a>(&self, mut buffer: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let mut parts = Vec::with_capacity(self.starts.len());
        for pair in self.starts.windows(2) {
            let (part, rest) = buffer.split_at_mut((pair[1] - pair[0]) * width);
            parts.push(part);
            buffer = rest;
        }
        parts
    }
}
