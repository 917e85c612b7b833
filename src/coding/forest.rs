//! Ensembles laid out for many rows at once (`encoder::kernels::Forest`): the same log-odds, bit for bit, as a walk through
//! each tree, about ten times sooner.
use std::sync::OnceLock;

use rayon::prelude::*;

use super::trees::{Tree, Trees, sigmoid};
use crate::encoder::kernels::{Forest, Instructions, Node};

/// Rows of one task.
const ROWS: usize = 16;

/// The layout of one ensemble, made when first asked for. It belongs to an ensemble that no longer changes.
#[derive(Clone, Debug, Default)]
pub struct Layout(OnceLock<Option<Forest>>);

impl Layout {
    /// As [`Trees::predict`] for each row of `values`. `trees` is always the same ensemble.
    pub fn predict(&self, trees: &Trees, values: &[f32]) -> Vec<f32> {
        let width = trees.features.len().max(1);
        let Some(forest) = self.0.get_or_init(|| lay_out(trees)) else {
            return values.par_chunks_exact(width).map(|row| trees.predict(row)).collect();
        };
        let set = Instructions::best();
        let probability = |sum: f32| sigmoid(trees.calibration.slope * (trees.base + sum) + trees.calibration.offset);
        let block = |values: &[f32]| {
            let sums = forest.sums(set, values);
            sums.into_iter().take(values.len() / width).map(probability).collect::<Vec<f32>>()
        };
        let whole = values.len() / width * width;
        values[..whole].par_chunks(width * ROWS).flat_map_iter(block).collect()
    }
}

/// `None` where a tree has more leaves than the layout can hold; such trees are walked.
fn lay_out(trees: &Trees) -> Option<Forest> {
    let all: Vec<(Vec<Node>, Vec<f32>)> = trees.trees.iter().map(unfold).collect::<Option<_>>()?;
    Forest::new(trees.features.len(), &all)
}

/// A tree's nodes, each with the leaves that are left where a row goes right, and its leaves from left to right.
fn unfold(tree: &Tree) -> Option<(Vec<Node>, Vec<f32>)> {
    let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
    if tree.feature.is_empty() {
        leaves.push(tree.leaf.first().copied().unwrap_or(0.0));
        return Some((nodes, leaves));
    }
    below(tree, 0, &mut nodes, &mut leaves)?;
    Some((nodes, leaves))
}

fn below(tree: &Tree, child: i16, nodes: &mut Vec<Node>, leaves: &mut Vec<f32>) -> Option<()> {
    if child < 0 {
        leaves.push(*tree.leaf.get((-(child + 1)) as usize)?);
        return (leaves.len() <= 32).then_some(());
    }
    let at = child as usize;
    let first = leaves.len();
    below(tree, *tree.left.get(at)?, nodes, leaves)?;
    // The leaves from `first` up to here stand on the left of this node.
    let left = leaves.len() - first;
    let mask = ((1u64 << left) - 1) << first;
    nodes.push(Node { feature: usize::from(*tree.feature.get(at)?), threshold: *tree.threshold.get(at)?, keep: !(mask as u32) });
    below(tree, *tree.right.get(at)?, nodes, leaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::trees::Calibration;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Grows a tree of `leaves` leaves by splitting any leaf.
    fn tree(random: &mut ChaCha8Rng, leaves: usize, width: usize) -> Tree {
        let mut tree = Tree { leaf: vec![random.random()], ..Tree::default() };
        // Where each leaf hangs: node and whether on the left.
        let mut hangs: Vec<Option<(usize, bool)>> = vec![None];
        while tree.leaf.len() < leaves {
            let split = random.random_range(0..tree.leaf.len());
            let node = tree.feature.len();
            tree.feature.push(random.random_range(0..width) as u16);
            tree.threshold.push(random.random_range(0..5) as f32);
            tree.left.push(-(split as i16) - 1);
            tree.right.push(-(tree.leaf.len() as i16) - 1);
            match hangs[split] {
                Some((parent, true)) => tree.left[parent] = node as i16,
                Some((parent, false)) => tree.right[parent] = node as i16,
                None => {}
            }
            hangs[split] = Some((node, true));
            hangs.push(Some((node, false)));
            tree.leaf.push(random.random::<f32>() - 0.5);
        }
        tree
    }

    #[test]
    fn the_layout_gives_the_bits_of_a_walk() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for leaves in [1, 2, 7, 31, 32, 40] {
            let width = 9;
            let trees = Trees {
                features: (0..width).map(|f| f.to_string()).collect(),
                base: -0.7,
                trees: (0..300).map(|_| tree(&mut random, leaves, width)).collect(),
                calibration: Calibration { slope: 0.9, offset: 0.1 },
            };
            trees.check().expect("sound trees");
            let rows = 37;
            let value = |random: &mut ChaCha8Rng| match random.random_range(0..9) {
                0 => f32::NAN,
                1 => f32::INFINITY,
                _ => random.random_range(-2..8) as f32 * 0.5,
            };
            let values: Vec<f32> = (0..rows * width).map(|_| value(&mut random)).collect();
            let expected: Vec<u32> = values.chunks_exact(width).map(|row| trees.predict(row).to_bits()).collect();
            let found: Vec<u32> = Layout::default().predict(&trees, &values).into_iter().map(f32::to_bits).collect();
            assert_eq!(found, expected, "{leaves} leaves");
            assert_eq!(lay_out(&trees).is_some(), leaves <= 32);
        }
    }
}
