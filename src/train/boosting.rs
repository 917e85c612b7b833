//! Fits [`Trees`] by histogram-based gradient boosting with logistic loss: leaf-wise growth, row and feature sampling
//! from a seed. The same rows and seed give the same trees whatever the number of threads.
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::coding::trees::{Calibration, Tree, Trees};

/// Settings of a fit.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoostingSettings {
    /// Trees.
    pub rounds: usize,
    /// Share of each tree's answer that is taken.
    pub learning_rate: f32,
    /// Most leaves a tree.
    pub leaves: usize,
    /// Fewest rows a leaf.
    pub min_rows: usize,
    /// L2 penalty on leaf values.
    pub lambda: f32,
    /// Share of features a tree may use.
    pub feature_fraction: f32,
    /// Share of rows a tree sees.
    pub row_fraction: f32,
    /// Seed of the sampling.
    pub seed: u64,
    /// Ensembles with seeds of their own, whose log-odds are averaged.
    pub ensembles: usize,
}

impl Default for BoostingSettings {
    fn default() -> Self {
        Self {
            rounds: 350,
            learning_rate: 0.05,
            leaves: 31,
            min_rows: 20,
            lambda: 5.0,
            feature_fraction: 0.5,
            row_fraction: 0.8,
            seed: 1,
            ensembles: 1,
        }
    }
}

/// Training rows: `values` is row-major, `names.len()` values a row; labels are 0 or 1 (or a target probability).
pub struct Rows<'a> {
    /// Feature names.
    pub names: &'a [String],
    /// Row-major values.
    pub values: &'a [f32],
    /// One a row.
    pub labels: &'a [f32],
    /// One a row.
    pub weights: &'a [f32],
}

const BINS: usize = 255;
/// A tree numbers its nodes and leaves in 16 bits with a sign.
const MOST_LEAVES: usize = i16::MAX as usize;

/// Columns cut into at most 255 bins; bin `b` holds the values up to `edges[b]`.
struct Binned {
    edges: Vec<Vec<f32>>,
    bins: Vec<Vec<u8>>,
}

fn bin_columns(rows: &Rows<'_>) -> Binned {
    let width = rows.names.len();
    let count = rows.labels.len();
    let (edges, bins) = (0..width)
        .into_par_iter()
        .map(|f| {
            let column: Vec<f32> = (0..count).map(|r| finite(rows.values[r * width + f])).collect();
            let mut sorted = column.clone();
            sorted.sort_by(f32::total_cmp);
            let mut distinct = sorted.clone();
            distinct.dedup();
            let edges: Vec<f32> = if distinct.len() <= BINS {
                // Between neighbours, so that a value seen later falls on the nearer side.
                distinct.windows(2).map(|w| cut_between(w[0], w[1])).collect()
            } else {
                let mut cuts: Vec<f32> = (1..BINS)
                    .map(|b| sorted[b * count / BINS])
                    .map(|c| cut_between(c, distinct.get(distinct.partition_point(|d| *d <= c)).copied().unwrap_or(c)))
                    .collect();
                cuts.dedup();
                cuts
            };
            let bins = column.iter().map(|&v| edges.partition_point(|&e| e < v) as u8).collect();
            (edges, bins)
        })
        .unzip();
    Binned { edges, bins }
}

fn finite(v: f32) -> f32 {
    if v.is_finite() { v } else { f32::MIN / 4.0 }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    gradient: f64,
    hessian: f64,
    rows: u32,
}

impl Sum {
    fn add(&mut self, g: f64, h: f64) {
        self.gradient += g;
        self.hessian += h;
        self.rows += 1;
    }
    fn minus(self, o: Sum) -> Sum {
        Sum { gradient: self.gradient - o.gradient, hessian: self.hessian - o.hessian, rows: self.rows - o.rows }
    }
    fn score(self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.hessian + lambda)
    }
}

struct Split {
    gain: f64,
    feature: usize,
    bin: u8,
}

/// A leaf that may still be split: its rows, histograms (one a sampled feature) and best split.
struct OpenLeaf {
    rows: Vec<u32>,
    histograms: Vec<Vec<Sum>>,
    total: Sum,
    best: Option<Split>,
    /// Where the parent refers to this leaf: node and side.
    parent: Option<(usize, bool)>,
}

/// Fits as many ensembles as the settings name, and averages their log-odds.
pub fn fit(rows: &Rows<'_>, settings: &BoostingSettings) -> Trees {
    let mut all = fit_one(rows, settings);
    let count = settings.ensembles.max(1);
    for number in 1..count {
        let own = BoostingSettings { seed: settings.seed.wrapping_add(7_919 * number as u64), ..settings.clone() };
        all.trees.extend(fit_one(rows, &own).trees);
    }
    if count > 1 {
        all.trees.iter_mut().flat_map(|t| &mut t.leaf).for_each(|v| *v = short(*v / count as f32));
    }
    all
}

/// Fits one ensemble.
fn fit_one(rows: &Rows<'_>, settings: &BoostingSettings) -> Trees {
    let count = rows.labels.len();
    let positive: f64 = rows.labels.iter().zip(rows.weights).map(|(&y, &w)| f64::from(y * w)).sum();
    let weight: f64 = rows.weights.iter().map(|&w| f64::from(w)).sum();
    let mean = (positive / weight.max(1e-9)).clamp(1e-4, 1.0 - 1e-4);
    let base = (mean / (1.0 - mean)).ln() as f32;
    let binned = bin_columns(rows);
    let usable: Vec<usize> = (0..rows.names.len()).filter(|&f| !binned.edges[f].is_empty()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut logits = vec![base; count];
    let mut gradients = vec![(0f64, 0f64); count];
    let mut trees = Vec::with_capacity(settings.rounds);
    for _ in 0..settings.rounds {
        gradients.par_iter_mut().enumerate().for_each(|(r, g)| {
            let p = 1.0 / (1.0 + f64::from(-logits[r]).exp());
            let w = f64::from(rows.weights[r]);
            *g = (w * (f64::from(rows.labels[r]) - p), w * (p * (1.0 - p)).max(1e-9));
        });
        let sample: Vec<u32> = (0..count as u32).filter(|_| rng.random::<f32>() < settings.row_fraction).collect();
        let mut features = usable.clone();
        features.shuffle(&mut rng);
        features.truncate(((usable.len() as f32 * settings.feature_fraction).ceil() as usize).max(1));
        features.sort_unstable();
        let tree = grow(&binned, &gradients, sample, &features, settings);
        let width = rows.names.len();
        logits.par_iter_mut().enumerate().for_each(|(r, l)| {
            *l += tree.value(&rows.values[r * width..(r + 1) * width]);
        });
        trees.push(tree);
    }
    Trees { features: rows.names.to_vec(), base, trees, calibration: Calibration::default() }
}

fn histograms(binned: &Binned, gradients: &[(f64, f64)], rows: &[u32], features: &[usize]) -> Vec<Vec<Sum>> {
    features
        .par_iter()
        .map(|&f| {
            let mut h = vec![Sum::default(); binned.edges[f].len() + 1];
            let bins = &binned.bins[f];
            for &r in rows {
                let (g, s) = gradients[r as usize];
                h[usize::from(bins[r as usize])].add(g, s);
            }
            h
        })
        .collect()
}

fn best_split(histograms: &[Vec<Sum>], total: Sum, features: &[usize], settings: &BoostingSettings) -> Option<Split> {
    let lambda = f64::from(settings.lambda);
    let min_rows = settings.min_rows as u32;
    let mut best: Option<Split> = None;
    for (h, &feature) in histograms.iter().zip(features) {
        let mut left = Sum::default();
        for (bin, s) in h.iter().enumerate().take(h.len() - 1) {
            left.gradient += s.gradient;
            left.hessian += s.hessian;
            left.rows += s.rows;
            let right = total.minus(left);
            if left.rows < min_rows || right.rows < min_rows {
                continue;
            }
            let gain = left.score(lambda) + right.score(lambda) - total.score(lambda);
            if gain > 1e-6 && best.as_ref().is_none_or(|b| gain > b.gain) {
                best = Some(Split { gain, feature, bin: bin as u8 });
            }
        }
    }
    best
}

fn grow(binned: &Binned, gradients: &[(f64, f64)], sample: Vec<u32>, features: &[usize], settings: &BoostingSettings) -> Tree {
    let mut tree = Tree::default();
    let mut total = Sum::default();
    for &r in &sample {
        let (g, h) = gradients[r as usize];
        total.add(g, h);
    }
    let root_histograms = histograms(binned, gradients, &sample, features);
    let best = best_split(&root_histograms, total, features, settings);
    let mut open = vec![OpenLeaf { rows: sample, histograms: root_histograms, total, best, parent: None }];
    while open.len() < settings.leaves.min(MOST_LEAVES) {
        let Some(chosen) = (0..open.len())
            .filter_map(|i| open[i].best.as_ref().map(|b| (b.gain, i)))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
            .map(|(_, i)| i)
        else {
            break;
        };
        let leaf = open.swap_remove(chosen);
        let Some(split) = leaf.best else { break };
        let node = tree.feature.len();
        tree.feature.push(split.feature as u16);
        tree.threshold.push(binned.edges[split.feature][usize::from(split.bin)]);
        tree.left.push(0);
        tree.right.push(0);
        link(&mut tree, leaf.parent, node as i16);
        let bins = &binned.bins[split.feature];
        let (left, right): (Vec<u32>, Vec<u32>) = leaf.rows.iter().partition(|&&r| bins[r as usize] <= split.bin);
        // The smaller side is counted, the larger is the difference.
        let small_is_left = left.len() <= right.len();
        let small = histograms(binned, gradients, if small_is_left { &left } else { &right }, features);
        let large: Vec<Vec<Sum>> = leaf
            .histograms
            .iter()
            .zip(&small)
            .map(|(all, part)| all.iter().zip(part).map(|(a, p)| a.minus(*p)).collect())
            .collect();
        let (left_h, right_h) = if small_is_left { (small, large) } else { (large, small) };
        for (rows, histograms, is_right) in [(left, left_h, false), (right, right_h, true)] {
            let mut total = Sum::default();
            for s in histograms.first().into_iter().flatten() {
                total.gradient += s.gradient;
                total.hessian += s.hessian;
                total.rows += s.rows;
            }
            let best = best_split(&histograms, total, features, settings);
            open.push(OpenLeaf { rows, histograms, total, best, parent: Some((node, is_right)) });
        }
    }
    for leaf in open {
        let value = leaf.total.gradient / (leaf.total.hessian + f64::from(settings.lambda));
        let index = tree.leaf.len();
        tree.leaf.push(short((value * f64::from(settings.learning_rate)) as f32));
        link(&mut tree, leaf.parent, -(index as i16) - 1);
    }
    tree
}

/// Five decimals of log-odds: all that a leaf needs, and a third of the size of a model file.
fn short(value: f32) -> f32 {
    (value * 100_000.0).round() / 100_000.0
}

/// A cut between `below` and `above` with as few digits as tell them apart.
fn cut_between(below: f32, above: f32) -> f32 {
    let middle = f64::from(below) + (f64::from(above) - f64::from(below)) / 2.0;
    for digits in 2..9 {
        let rounded: f32 = format!("{middle:.digits$e}").parse().unwrap_or(middle as f32);
        if below <= rounded && rounded < above {
            return rounded;
        }
    }
    middle as f32
}

fn link(tree: &mut Tree, parent: Option<(usize, bool)>, child: i16) {
    match parent {
        Some((p, true)) => tree.right[p] = child,
        Some((p, false)) => tree.left[p] = child,
        None => {}
    }
}

/// Platt scaling: slope and offset that make `sigmoid(slope * log-odds + offset)` match the labels, by Newton's method.
/// Give out-of-fold log-odds.
pub fn platt(log_odds: &[f32], labels: &[f32], weights: &[f32]) -> Calibration {
    let (mut a, mut b) = (1f64, 0f64);
    for _ in 0..50 {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0f64, 0f64, 1e-6f64, 0f64, 1e-6f64);
        for ((&x, &y), &w) in log_odds.iter().zip(labels).zip(weights) {
            let (x, y, w) = (f64::from(x), f64::from(y), f64::from(w));
            let p = 1.0 / (1.0 + (-(a * x + b)).exp());
            let (d, h) = (w * (y - p), w * p * (1.0 - p));
            ga += d * x;
            gb += d;
            haa += h * x * x;
            hab += h * x;
            hbb += h;
        }
        let det = haa * hbb - hab * hab;
        if det.abs() < 1e-12 {
            break;
        }
        let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
        a += da;
        b += db;
        if da.abs() + db.abs() < 1e-9 {
            break;
        }
    }
    Calibration { slope: a as f32, offset: b as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy_xor(count: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for _ in 0..count {
            let (a, b, noise) = (rng.random::<f32>(), rng.random::<f32>(), rng.random::<f32>());
            values.extend([a, b, noise]);
            labels.push(f32::from((a > 0.5) != (b > 0.3)));
        }
        (values, labels)
    }

    #[test]
    fn learns_an_interaction_that_no_single_feature_shows() {
        let names: Vec<String> = ["a", "b", "noise"].map(String::from).to_vec();
        let (values, labels) = noisy_xor(3000, 7);
        let weights = vec![1.0; labels.len()];
        let settings = BoostingSettings { rounds: 60, learning_rate: 0.2, feature_fraction: 1.0, ..Default::default() };
        let model = fit(&Rows { names: &names, values: &values, labels: &labels, weights: &weights }, &settings);
        model.check().expect("indexes inside the model");
        let (test, truth) = noisy_xor(1000, 8);
        let right =
            truth.iter().enumerate().filter(|(r, y)| (model.predict(&test[r * 3..r * 3 + 3]) > 0.5) == (**y > 0.5)).count();
        assert!(right > 960, "{right} of 1000");
    }

    #[test]
    fn same_seed_same_trees() {
        let names: Vec<String> = ["a", "b", "noise"].map(String::from).to_vec();
        let (values, labels) = noisy_xor(500, 3);
        let weights = vec![1.0; labels.len()];
        let settings = BoostingSettings { rounds: 5, ..Default::default() };
        let rows = Rows { names: &names, values: &values, labels: &labels, weights: &weights };
        assert_eq!(fit(&rows, &settings), fit(&rows, &settings));
    }

    #[test]
    fn a_damaged_model_is_refused() {
        let tree = Tree { feature: vec![0], threshold: vec![0.5], left: vec![0], right: vec![-1], leaf: vec![0.1] };
        let model = Trees { features: vec!["a".into()], base: 0.0, trees: vec![tree], calibration: Calibration::default() };
        assert!(model.check().is_err(), "a node that points to itself would never end");
    }
}
