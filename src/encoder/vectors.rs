//! Vectors of many texts in one memory-mapped file, and exact search among them.
//!
//! A row is one text's linking vector in int8 with a scale; it stands for one or more members (codes). Codes that
//! differ only in side or encounter share a row: their titles would have nearly the same vector.
//!
//! Layout, little-endian: 8 bytes magic `SBVECT01`; u32 dim, rows, members, 0; 32 bytes fingerprint of the encoder
//! that made the vectors; 8 bytes 0 (64 in all); f32 scale a row; u32 first member a row, and the end; 8 bytes a
//! member, zero-filled; then, on a 64-byte boundary, dim int8 a row.
mod titles;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::EncoderError;
use super::kernels::{self, Activations, After, ByteWeights, Instructions, RoundedRows};
use super::{Encoder, store};
pub use titles::{billable_families, family_title, title_families};

const MAGIC: &[u8; 8] = b"SBVECT01";
const HEADER: usize = 64;
const MEMBER: usize = 8;
/// Rows scored together by one task.
const BLOCK: usize = 2_048;
/// Rows kept beyond `k` after the first pass, for exact re-scoring: a score in 7 bits is off by a thousandth or two.
const MARGIN: usize = 48;

/// One text and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is embedded.
    pub text: String,
    /// At most 8 bytes each, as in a code without its dot.
    pub members: Vec<String>,
}

/// A row found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Number of the row.
    pub row: u32,
    /// Cosine.
    pub score: f32,
}

/// The open file.
pub struct VectorFile {
    map: memmap2::Mmap,
    dim: usize,
    rows: usize,
    scales: std::ops::Range<usize>,
    firsts: std::ops::Range<usize>,
    members: std::ops::Range<usize>,
    vectors: std::ops::Range<usize>,
    /// The rows again as they are compared, [`BLOCK`] by block.
    blocks: Vec<ByteWeights>,
}

/// Embeds the rows and writes the file. `fingerprint` names the encoder (see `Manifest::linking_fingerprint`).
pub fn build(path: &Path, encoder: &dyn Encoder, fingerprint: &[u8; 32], rows: &[Row]) -> Result<(), EncoderError> {
    let dim = encoder.dim();
    let number = |n: usize| u32::try_from(n).map_err(|_| EncoderError::format(path, "more rows than a file can hold"));
    let (mut scales, mut firsts, mut members, mut vectors) = (Vec::new(), vec![0u32], Vec::new(), Vec::new());
    for block in rows.chunks(4_096) {
        let texts: Vec<&str> = block.iter().map(|r| r.text.as_str()).collect();
        for (row, vector) in block.iter().zip(encoder.embed(&texts)?) {
            let (quantized, scale) = store::quantize_row(&vector);
            scales.push(scale);
            vectors.extend(quantized);
            for member in &row.members {
                let bytes = member.as_bytes();
                if bytes.is_empty() || bytes.len() > MEMBER {
                    return Err(EncoderError::format(path, format!("member `{member}` is not 1 to {MEMBER} bytes long")));
                }
                let mut entry = [0u8; MEMBER];
                entry[..bytes.len()].copy_from_slice(bytes);
                members.extend(entry);
            }
            firsts.push(number(members.len() / MEMBER)?);
        }
    }
    let mut bytes = Vec::with_capacity(HEADER + vectors.len() + members.len() + rows.len() * 8);
    bytes.extend(MAGIC);
    for n in [dim, rows.len(), members.len() / MEMBER, 0] {
        bytes.extend(number(n)?.to_le_bytes());
    }
    bytes.extend(fingerprint);
    bytes.resize(HEADER, 0);
    bytes.extend(scales.iter().flat_map(|s| s.to_le_bytes()));
    bytes.extend(firsts.iter().flat_map(|f| f.to_le_bytes()));
    bytes.extend(members);
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    bytes.extend(bytemuck::cast_slice::<i8, u8>(&vectors));
    store::replace_file(path, &bytes)
}

impl VectorFile {
    /// Maps a file; refuses one that is damaged or was made by another encoder.
    pub fn open(path: &Path, fingerprint: &[u8; 32]) -> Result<Self, EncoderError> {
        let map = store::map_file("vector file", path)?;
        let damaged = |detail: &str| EncoderError::format(path, detail);
        if map.len() < HEADER || &map[..8] != MAGIC {
            return Err(damaged("it is no vector file of this version"));
        }
        let number = |at: usize| u32::from_le_bytes([map[at], map[at + 1], map[at + 2], map[at + 3]]) as usize;
        let (dim, rows, members) = (number(8), number(12), number(16));
        if &map[24..56] != fingerprint {
            return Err(damaged(
                "its vectors were made by other encoder weights; build it again with `superbill models vectors`",
            ));
        }
        let scales = HEADER..HEADER + rows * 4;
        let firsts = scales.end..scales.end + (rows + 1) * 4;
        let members = firsts.end..firsts.end + members * MEMBER;
        let start = members.end.next_multiple_of(64);
        let end = rows.checked_mul(dim).and_then(|size| size.checked_add(start));
        let Some(end) = end.filter(|end| dim > 0 && map.len() == *end) else {
            return Err(damaged("its length does not fit its header"));
        };
        let vectors = start..end;
        let mut file = Self { dim, rows, scales, firsts, members, vectors, map, blocks: Vec::new() };
        let (count, ends) = (file.members.len() / MEMBER, file.firsts());
        if !ends.is_sorted() || ends.last().is_none_or(|&e| e as usize != count) || file.scales().iter().any(|s| !s.is_finite()) {
            return Err(damaged("its tables are inconsistent"));
        }
        let (kind, set) = (Activations::Bytes, Instructions::best());
        let pack =
            |(values, scales): (&[i8], &[f32])| ByteWeights::pack(kind, set, values, scales, &vec![0.0; scales.len()], dim);
        file.blocks = file.values().par_chunks(BLOCK * dim).zip(file.scales().par_chunks(BLOCK)).map(pack).collect();
        Ok(file)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    // Sections start on 4-byte boundaries of a page-aligned map, so the casts cannot fail.
    fn scales(&self) -> &[f32] {
        bytemuck::try_cast_slice(&self.map[self.scales.clone()]).unwrap_or_default()
    }
    fn firsts(&self) -> &[u32] {
        bytemuck::try_cast_slice(&self.map[self.firsts.clone()]).unwrap_or_default()
    }

    /// All rows as an int8 matrix (rows × dim); multiply a row by [`VectorFile::scale`].
    pub fn matrix(&self) -> ndarray::ArrayView2<'_, i8> {
        // `open` has checked that the values are rows × dim.
        ndarray::ArrayView1::from(self.values())
            .into_shape_with_order((self.rows, self.dim))
            .unwrap_or_else(|_| ndarray::aview2::<i8, 0>(&[]))
    }

    /// The factor of a row's int8 values.
    pub fn scale(&self, row: u32) -> f32 {
        self.scales().get(row as usize).copied().unwrap_or(0.0)
    }

    fn values(&self) -> &[i8] {
        bytemuck::cast_slice(&self.map[self.vectors.clone()])
    }

    /// What a row stands for, in the order given to [`build`].
    pub fn members(&self, row: u32) -> impl Iterator<Item = &str> {
        let firsts = self.firsts();
        let range = match (firsts.get(row as usize), firsts.get(row as usize + 1)) {
            (Some(&first), Some(&end)) => first as usize..end as usize,
            _ => 0..0,
        };
        self.map[self.members.clone()][range.start * MEMBER..range.end * MEMBER]
            .chunks_exact(MEMBER)
            .map(|entry| std::str::from_utf8(entry).unwrap_or_default().trim_end_matches('\0'))
    }

    /// A row's vector.
    pub fn vector(&self, row: u32) -> Vec<f32> {
        let (start, scale) = (row as usize * self.dim, self.scale(row));
        self.values().get(start..start + self.dim).unwrap_or_default().iter().map(|&v| f32::from(v) * scale).collect()
    }

    /// The product of a row with a query, both of length 1.
    fn cosine(&self, row: u32, query: &[f32]) -> f32 {
        let start = row as usize * self.dim;
        let values = self.values().get(start..start + self.dim).unwrap_or_default();
        if values.len() != query.len() {
            return 0.0;
        }
        kernels::byte_dot(Instructions::best(), values, query) * self.scale(row)
    }

    /// The `k` rows nearest to each query (vectors of length 1), best first; equal scores by row number. Every row is
    /// compared: with the query in 8 bits first, then the best ones with the query in f32.
    pub fn search(&self, queries: &[Vec<f32>], k: usize) -> Vec<Vec<Neighbour>> {
        let usable: Vec<usize> = (0..queries.len()).filter(|&i| queries[i].len() == self.dim).collect();
        let all: Vec<f32> = usable.iter().flat_map(|&i| queries[i].iter().copied()).collect();
        let keep = k + MARGIN;
        let mut rounded = RoundedRows::default();
        if let Some(block) = self.blocks.first() {
            block.round(&all, &mut rounded);
        }
        // A task takes blocks that follow one another and keeps one list, so that most rows fall below its floor at once.
        let share = self.blocks.len().div_ceil(rayon::current_num_threads()).max(1);
        let score = |(number, blocks): (usize, &[ByteWeights])| {
            let (mut scores, mut best) = (Vec::new(), vec![Best::new(keep); usable.len()]);
            for (block, first) in blocks.iter().zip((number * share * BLOCK..).step_by(BLOCK)) {
                scores.resize(usable.len() * block.outputs(), 0f32);
                block.apply(&rounded, &mut scores, After::default());
                for (best, scores) in best.iter_mut().zip(scores.chunks_exact(block.outputs())) {
                    best.offer_all(scores, first as u32);
                }
            }
            best
        };
        let found: Vec<Vec<Best>> = self.blocks.par_chunks(share).enumerate().map(score).collect();
        let exact = |(place, &i): (usize, &usize)| {
            let mut near: Vec<(f32, u32)> = found.iter().flat_map(|b| b[place].entries.iter().copied()).collect();
            near.sort_unstable_by(better);
            near.truncate(keep);
            let mut near: Vec<Neighbour> =
                near.into_iter().map(|(_, row)| Neighbour { row, score: self.cosine(row, &queries[i]) }).collect();
            near.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
            near.truncate(k);
            near
        };
        let mut results = vec![Vec::new(); queries.len()];
        let near: Vec<Vec<Neighbour>> = usable.par_iter().enumerate().map(exact).collect();
        usable.into_iter().zip(near).for_each(|(i, near)| results[i] = near);
        results
    }
}

/// The best rows seen so far, and some that are not: cut to the best when there are too many.
#[derive(Clone)]
struct Best {
    entries: Vec<(f32, u32)>,
    keep: usize,
    /// A row must score more: so many better ones were seen.
    floor: f32,
}

/// Higher scores first, equal ones by row number.
fn better(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

impl Best {
    fn new(keep: usize) -> Self {
        Self { entries: Vec::with_capacity(4 * keep), keep: keep.max(1), floor: f32::NEG_INFINITY }
    }

    /// Offers the scores of the rows from `first` on. Rows come in rising order, so that an equal score never displaces an
    /// earlier row.
    fn offer_all(&mut self, scores: &[f32], first: u32) {
        for (number, some) in scores.chunks(32).enumerate() {
            // Most of them hold nothing that would be kept.
            let mut lanes = [f32::NEG_INFINITY; 8];
            let (eights, rest) = some.as_chunks::<8>();
            for eight in eights {
                for (high, s) in lanes.iter_mut().zip(eight) {
                    *high = if *s > *high { *s } else { *high };
                }
            }
            let highest = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |high, s| high.max(*s));
            if highest > self.floor {
                let first = first + 32 * number as u32;
                let floor = self.floor;
                self.entries.extend(some.iter().copied().zip(first..).filter(|(score, _)| *score > floor));
                if self.entries.len() >= 3 * self.keep {
                    self.cut();
                }
            }
        }
    }

    fn cut(&mut self) {
        let (_, last, _) = self.entries.select_nth_unstable_by(self.keep - 1, better);
        self.floor = last.0;
        self.entries.truncate(self.keep);
    }
}

/// Name of the file with the vectors of the billable codes' titles in a model directory.
pub const CODE_VECTORS: &str = "code_vectors.bin";

/// Its path.
pub fn code_vectors_path(directory: &Path) -> PathBuf {
    directory.join(CODE_VECTORS)
}

/// Opens the code vectors of a released model; checked against its manifest.
pub fn open_code_vectors(directory: &Path) -> Result<VectorFile, EncoderError> {
    let manifest = super::manifest::Manifest::read(directory)?;
    manifest.verify(directory, CODE_VECTORS)?;
    VectorFile::open(&code_vectors_path(directory), &manifest.linking_fingerprint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::HashEncoder;

    const MAKER: [u8; 32] = [7; 32];

    fn file(rows: &[Row]) -> (tempfile::TempDir, PathBuf, HashEncoder) {
        let (folder, encoder) = (tempfile::tempdir().unwrap(), HashEncoder::new(96));
        let path = code_vectors_path(folder.path());
        build(&path, &encoder, &MAKER, rows).unwrap();
        (folder, path, encoder)
    }

    #[test]
    fn search_equals_comparing_all_in_f32() {
        let rows: Vec<Row> = (0..5_000)
            .map(|i| Row { text: format!("w{} w{} w{}", i % 71, i % 113, i), members: vec![format!("C{i}")] })
            .collect();
        let (_folder, path, encoder) = file(&rows);
        let vectors = VectorFile::open(&path, &MAKER).unwrap();
        let queries = encoder.embed(&["w3 w5 w17", "w70 w112", "w4999", ""]).unwrap();
        for (query, found) in queries.iter().zip(vectors.search(&queries, 10)) {
            let mut all: Vec<(f32, u32)> = (0..5_000).map(|r| (vectors.cosine(r, query), r)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let found: Vec<(f32, u32)> = found.iter().map(|n| (n.score, n.row)).collect();
            assert_eq!(found, all[..10]);
        }
        assert_eq!(vectors.search(&[vec![0.0; 3]], 5), [vec![]], "a query of another length finds nothing");
    }

    #[test]
    fn codes_that_differ_in_side_or_encounter_share_a_row() {
        let rows = title_families([
            ("M17.11", "Unilateral primary osteoarthritis, right knee"),
            ("M17.12", "Unilateral primary osteoarthritis, left knee"),
            ("S93.401A", "Sprain of unspecified ligament of right ankle, initial encounter"),
            ("S93.402S", "Sprain of unspecified ligament of left ankle, sequela"),
            ("O24.410", "Gestational diabetes mellitus in pregnancy, diet controlled"),
        ]);
        let (_folder, path, _) = file(&rows);
        let vectors = VectorFile::open(&path, &MAKER).unwrap();
        assert_eq!(
            rows.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(),
            [
                "unilateral primary osteoarthritis, knee",
                "sprain of ligament of ankle",
                "gestational diabetes mellitus in pregnancy, diet controlled"
            ]
        );
        assert_eq!(vectors.members(1).collect::<Vec<_>>(), ["S93401A", "S93402S"]);
        assert_eq!(vectors.members(9).count(), 0);
    }

    #[test]
    fn damaged_and_foreign_files_are_refused() {
        let (folder, path, _) = file(&[Row { text: "fever".into(), members: vec!["R509".into()] }]);
        assert!(VectorFile::open(&path, &[8; 32]).is_err_and(|e| e.to_string().contains("other encoder")));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(VectorFile::open(&path, &MAKER).is_err());
        assert!(matches!(VectorFile::open(&folder.path().join("none"), &MAKER), Err(EncoderError::Missing { .. })));
    }
}
