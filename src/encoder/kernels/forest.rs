//! Boosted trees over sixteen rows at once, without a branch for a tree's nodes (QuickScorer: Lucchese et al. 2015).
//!
//! A tree's leaves are bits, left to right. A node whose value is above its threshold rules out the leaves on its left; what
//! is reached is the lowest bit left over. So nodes can be looked at feature by feature, in order of threshold, and a
//! feature is done with the first threshold that no row passes. Which leaf is reached, and the order in which leaves are
//! added, are those of a walk from the root: the sums have the same bits.
use super::lanes::Lanes;
use super::{Instructions, available, forest_on};

/// Rows looked at together.
pub(super) const ROWS: usize = 16;
/// Most leaves of a tree: bits of a word.
const LEAVES: usize = 32;
/// Trees of a part: their words for sixteen rows stay in the first cache.
const PART: usize = 256;

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Which value of a row is looked at.
    pub feature: usize,
    /// A value above it rules out leaves.
    pub threshold: f32,
    /// The leaves that are left then.
    pub keep: u32,
}

#[derive(Clone, Copy, Debug)]
struct Test {
    threshold: f32,
    tree: u32,
    keep: u32,
}

/// Some trees: their nodes by feature and rising threshold, and their leaves.
#[derive(Clone, Debug, Default)]
struct Part {
    /// Tests of feature `f`: `tests[starts[f]..starts[f + 1]]`.
    starts: Vec<u32>,
    tests: Vec<Test>,
    leaves: Vec<[f32; LEAVES]>,
}

/// Trees of at most 32 leaves each, laid out for many rows.
#[derive(Clone, Debug)]
pub struct Forest {
    width: usize,
    parts: Vec<Part>,
}

impl Forest {
    /// Lays out trees over rows of `width` values: nodes, and values of the leaves left to right. `None` where a tree has
    /// no leaf or more than 32, or a node looks outside the row.
    pub fn new(width: usize, trees: &[(Vec<Node>, Vec<f32>)]) -> Option<Self> {
        let sound = |(nodes, leaves): &(Vec<Node>, Vec<f32>)| {
            (1..=LEAVES).contains(&leaves.len()) && nodes.iter().all(|n| n.feature < width && !n.threshold.is_nan())
        };
        if !trees.iter().all(sound) {
            return None;
        }
        let part = |trees: &[(Vec<Node>, Vec<f32>)]| {
            let mut tests: Vec<(usize, Test)> = Vec::new();
            let mut all_leaves = Vec::with_capacity(trees.len());
            for (number, (nodes, leaves)) in trees.iter().enumerate() {
                let test = |n: &Node| Test { threshold: n.threshold, tree: number as u32, keep: n.keep };
                tests.extend(nodes.iter().map(|n| (n.feature, test(n))));
                let mut own = [0f32; LEAVES];
                own[..leaves.len()].copy_from_slice(leaves);
                all_leaves.push(own);
            }
            tests.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.threshold.total_cmp(&b.1.threshold)));
            let starts = (0..=width).map(|f| tests.partition_point(|t| t.0 < f) as u32).collect();
            Part { starts, tests: tests.into_iter().map(|t| t.1).collect(), leaves: all_leaves }
        };
        Some(Self { width, parts: trees.chunks(PART).map(part).collect() })
    }

    /// Sums of the leaves that at most sixteen rows (`values`, row by row) reach, in the order of the trees.
    pub fn sums(&self, set: Instructions, values: &[f32]) -> [f32; ROWS] {
        let rows = values.len() / self.width.max(1);
        assert!(rows <= ROWS && values.len() == rows * self.width);
        let mut columns = vec![[0f32; ROWS]; self.width];
        for (lane, row) in values.chunks_exact(self.width.max(1)).enumerate() {
            columns.iter_mut().zip(row).for_each(|(column, value)| column[lane] = *value);
        }
        let mut left = vec![[0u32; ROWS]; PART.min(self.parts.first().map_or(0, |p| p.leaves.len()))];
        let mut sums = [0f32; ROWS];
        // SAFETY: the instruction set is there; the function has no other condition.
        unsafe { forest_on(available(set), self, &columns, &mut left, &mut sums) };
        sums
    }
}

/// Adds the leaves reached to `sums`. `columns`: by feature; `left`: work space, a word a row for each tree of a part.
///
/// # Safety
/// None beyond the instruction set's: the compiler makes vectors of it.
#[inline(always)]
pub(super) unsafe fn sixteen<S: Lanes>(
    forest: &Forest,
    columns: &[[f32; ROWS]],
    left: &mut [[u32; ROWS]],
    sums: &mut [f32; ROWS],
) {
    for part in &forest.parts {
        left.fill([u32::MAX; ROWS]);
        for (column, bounds) in columns.iter().zip(part.starts.windows(2)) {
            // A missing value (NaN) is above nothing.
            let highest = column.iter().fold(f32::NEG_INFINITY, |high, v| if *v > high { *v } else { high });
            let column = *column;
            for &Test { threshold, tree, keep } in part.tests.get(bounds[0] as usize..bounds[1] as usize).unwrap_or(&[]) {
                if threshold >= highest {
                    break;
                }
                if let Some(left) = left.get_mut(tree as usize) {
                    // All ones where the value is not above: no branch, so that the compiler makes a vector of it.
                    let mut kept = [0u32; ROWS];
                    for (kept, value) in kept.iter_mut().zip(column) {
                        *kept = u32::from(value > threshold).wrapping_sub(1) | keep;
                    }
                    for (left, kept) in left.iter_mut().zip(kept) {
                        *left &= kept;
                    }
                }
            }
        }
        for (leaves, left) in part.leaves.iter().zip(left.iter()) {
            for (sum, left) in sums.iter_mut().zip(left) {
                *sum += leaves[(left.trailing_zeros() as usize) % LEAVES];
            }
        }
    }
}

/// The product of an int8 row with a query, summed in sixteen lanes, then lane by lane.
///
/// # Safety
/// As above.
#[inline(always)]
pub(super) unsafe fn byte_dot<S: Lanes>(values: &[i8], query: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    for (values, query) in values.chunks_exact(16).zip(query.chunks_exact(16)) {
        for ((lane, value), query) in lanes.iter_mut().zip(values).zip(query) {
            *lane += f32::from(*value) * query;
        }
    }
    let whole = values.len() / 16 * 16;
    for ((lane, value), query) in lanes.iter_mut().zip(&values[whole..]).zip(&query[whole..]) {
        *lane += f32::from(*value) * query;
    }
    lanes.iter().sum()
}
