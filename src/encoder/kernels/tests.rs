//! Every instruction set of this machine against the portable version and against plain loops, over random shapes.
#![allow(clippy::unwrap_used)]
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

mod bf16;

const SHAPES: usize = 60;

struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
    fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }
    fn values(&mut self, count: usize, size: f32) -> Vec<f32> {
        (0..count).map(|_| size * (self.0.random::<f32>() * 2.0 - 1.0)).collect()
    }
    fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.0.random_range(-127..=127)).collect()
    }
}

/// Runs `work` on every instruction set that is there; all but the portable one must agree to the bit, and with it to
/// `tolerance` of the largest value. Returns the portable result.
fn agree(tolerance: f32, mut work: impl FnMut(Instructions) -> Vec<f32>) -> Vec<f32> {
    let portable = work(Instructions::Portable);
    let largest = portable.iter().fold(1.0f32, |m, v| m.max(v.abs()));
    let mut first: Option<Vec<u32>> = None;
    for set in Instructions::ALL.into_iter().filter(|s| *s != Instructions::Portable && s.available()) {
        let found = work(set);
        for (i, (a, b)) in found.iter().zip(&portable).enumerate() {
            assert!((a - b).abs() <= tolerance * largest, "{set:?}: {a} is not {b} at {i}");
        }
        let bits: Vec<u32> = found.iter().map(|v| v.to_bits()).collect();
        assert_eq!(first.get_or_insert_with(|| bits.clone()), &bits, "{set:?} differs");
    }
    portable
}

fn added(with: bool, rows: &[f32]) -> Residual<'_> {
    if with { Residual::Rows(rows) } else { Residual::None }
}

fn largest_difference(found: &[f32], expected: impl IntoIterator<Item = f64>) -> f64 {
    found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
}

fn erf(x: f64) -> f64 {
    // Maclaurin series; enough terms for |x| ≤ 5.
    let (mut term, mut sum) = (x, x);
    for n in 1..120 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn exact_gelu(x: f64) -> f64 {
    x * 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

#[test]
fn products_in_f32() {
    let mut random = Random::new(1);
    for shape in 0..SHAPES {
        let (rows, inputs, outputs) = (random.below(40), 1 + random.below(90), 1 + random.below(100));
        let (weights, bias) = (random.values(inputs * outputs, 0.3), random.values(outputs, 1.0));
        let (xs, residual) = (random.values(rows * inputs, 1.0), random.values(rows * outputs, 1.0));
        let (with, gelu) = (shape % 2 == 0, shape % 3 == 0);
        let packed = FloatWeights::pack(&weights, &bias, inputs);
        let found = agree(1e-6, |set| {
            let mut out = vec![7.0; rows * outputs];
            packed.apply(set, &xs, &mut out, After { residual: added(with, &residual), gelu });
            out
        });
        let expected = (0..rows * outputs).map(|at| {
            let (row, output) = (at / outputs, at % outputs);
            let product = (0..inputs).map(|i| f64::from(xs[row * inputs + i]) * f64::from(weights[output * inputs + i]));
            let sum = product.sum::<f64>() + f64::from(bias[output]) + if with { f64::from(residual[at]) } else { 0.0 };
            if gelu { exact_gelu(sum.clamp(-6.0, 6.0)) + (sum - 6.0).max(0.0) } else { sum }
        });
        assert!(largest_difference(&found, expected) < 2e-5, "{rows} × {inputs} × {outputs}");
    }
}

fn random_integers(random: &mut Random, inputs: usize, outputs: usize, rows: usize) -> (Vec<i8>, Vec<f32>, Vec<f32>, Vec<f32>) {
    let (weights, steps, bias) = (random.bytes(inputs * outputs), random.values(outputs, 0.01), random.values(outputs, 1.0));
    let mut xs = random.values(rows * inputs, 1.0);
    // A row of one value has no step; a row of extremes must not overflow.
    xs.iter_mut().take(inputs).for_each(|x| *x = 0.25);
    xs.iter_mut().skip(inputs).take(inputs).for_each(|x| *x = if *x > -0.9 { 1.0 } else { -1.0 });
    (weights, steps, bias, xs)
}

#[test]
fn products_of_bytes_with_int8() {
    let mut random = Random::new(2);
    for shape in 0..SHAPES {
        let (rows, inputs, outputs) = (random.below(40), 1 + random.below(400), 1 + random.below(100));
        let (weights, steps, bias, xs) = random_integers(&mut random, inputs, outputs, rows);
        let residual = random.values(rows * outputs, 1.0);
        let with = shape % 2 == 0;
        let found = agree(1e-6, |set| {
            let packed = ByteWeights::pack(Activations::Bytes, set, &weights, &steps, &bias, inputs);
            let mut out = vec![7.0; rows * outputs];
            let mut rounded = RoundedRows::default();
            packed.round(&xs, &mut rounded);
            packed.apply(&rounded, &mut out, After { residual: added(with, &residual), gelu: false });
            let mut twice = residual.clone();
            packed.apply(&rounded, &mut twice, After { residual: Residual::Outputs, gelu: false });
            assert!(!with || out == twice);
            out
        });
        for (at, value) in found.iter().enumerate() {
            let (row, output) = (at / outputs, at % outputs);
            let (xs, weights) = (&xs[row * inputs..][..inputs], &weights[output * inputs..][..inputs]);
            let scale = f64::from(steps[output]);
            let added = f64::from(bias[output]) + if with { f64::from(residual[at]) } else { 0.0 };
            let (mut exact, mut bound) = (added, 1e-4);
            for (xs, weights) in xs.chunks(64).zip(weights.chunks(64)) {
                let (low, high) = xs.iter().fold((f32::MAX, f32::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
                exact += xs.iter().zip(weights).map(|(x, w)| f64::from(*x) * f64::from(*w) * scale).sum::<f64>();
                // Each input is off by half a step at most.
                let weights: f64 = weights.iter().map(|w| (f64::from(*w) * scale).abs()).sum();
                bound += weights * f64::from(high - low) / 255.0 * 0.501;
            }
            assert!((f64::from(*value) - exact).abs() <= bound, "{rows} × {inputs} × {outputs} at {at}");
        }
    }
}

/// The kernel for bytes is right on every set, also where another is used because it is faster.
#[test]
fn bytes_with_int8_at_their_extremes() {
    let (inputs, outputs) = (64, 32);
    let weights: Vec<i8> = (0..inputs * outputs).map(|i| if (i / 16) % 3 == 0 { 127 } else { -127 }).collect();
    let bytes: Vec<u8> = (0..inputs).map(|i| if i % 7 == 0 { 254 } else { 255 }).collect();
    let found = agree(0.0, |set| {
        let mut panels = vec![0i8; inputs * outputs];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            for (place, some) in row.chunks(4).enumerate() {
                panels[4 * (place * outputs + output)..][..4].copy_from_slice(some);
            }
        }
        let (rows, ones, zeros, mut out) = ([[1.0, 0.0]], vec![1.0; outputs], vec![0.0; outputs], vec![0.0; outputs]);
        let sums = std::ptr::null();
        let scales = Scales { group: inputs, groups: 1, rows: rows.as_ptr(), sums, padded: outputs, steps: ones.as_ptr() };
        let end = Finish { bias: zeros.as_ptr(), residual: std::ptr::null(), gelu: false };
        // SAFETY: one row, one panel.
        unsafe { byte_product_on(set, 1, inputs, outputs, bytes.as_ptr(), panels.as_ptr(), out.as_mut_ptr(), scales, end) }
        out
    });
    let exact = weights.chunks_exact(inputs).map(|w| w.iter().zip(&bytes).map(|(w, b)| f64::from(*w) * f64::from(*b)).sum());
    assert_eq!(largest_difference(&found, exact), 0.0);
}

#[test]
fn products_of_words_with_int8() {
    let mut random = Random::new(5);
    for shape in 0..SHAPES {
        let (rows, inputs, outputs) = (random.below(40), 1 + random.below(200), 1 + random.below(100));
        let (weights, steps, bias, xs) = random_integers(&mut random, inputs, outputs, rows);
        let residual = random.values(rows * outputs, 1.0);
        let with = shape % 2 == 0;
        let found = agree(1e-6, |set| {
            let packed = ByteWeights::pack(Activations::Words, set, &weights, &steps, &bias, inputs);
            let (mut out, mut rounded) = (vec![7.0; rows * outputs], RoundedRows::default());
            packed.round(&xs, &mut rounded);
            packed.apply(&rounded, &mut out, After { residual: added(with, &residual), gelu: false });
            out
        });
        let expected = (0..rows * outputs).map(|at| {
            let (row, output) = (at / outputs, at % outputs);
            let (xs, weights) = (&xs[row * inputs..][..inputs], &weights[output * inputs..][..inputs]);
            let sum: f64 = xs.iter().zip(weights).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
            sum * f64::from(steps[output]) + f64::from(bias[output]) + if with { f64::from(residual[at]) } else { 0.0 }
        });
        assert!(largest_difference(&found, expected) < 1e-3, "{rows} × {inputs} × {outputs}");
    }
    // The largest sums that can come: all inputs and weights at their extremes, over many inputs.
    let inputs = 3_000;
    let found = agree(1e-6, |set| {
        let packed = ByteWeights::pack(Activations::Words, set, &vec![-127; inputs], &[1.0], &[0.0], inputs);
        let (mut out, mut rounded) = ([0.0], RoundedRows::default());
        packed.round(&vec![1.0; inputs], &mut rounded);
        packed.apply(&rounded, &mut out, After::default());
        out.to_vec()
    });
    assert!((found[0] + 381_000.0).abs() < 40.0, "{}", found[0]);
}

#[test]
fn attention_of_some_rows() {
    let mut random = Random::new(3);
    for _ in 0..SHAPES {
        let (length, heads, size) = (1 + random.below(70), 1 + random.below(3), 1 + random.below(70));
        let width = heads * size;
        let projected = random.values(length * 3 * width, 1.5);
        let first = random.below(length);
        let rows = first..first + 1 + random.below(length - first);
        let found = agree(1e-6, |set| {
            let mut out = vec![7.0; rows.len() * width];
            attend(set, &projected, width, heads, rows.clone(), &mut out, &mut Vec::new());
            out
        });
        let at = |part: usize, row: usize, head: usize| {
            let from = row * 3 * width + part * width + head * size;
            projected[from..from + size].iter().map(|v| f64::from(*v))
        };
        let expected = rows.clone().flat_map(|row| {
            (0..heads).flat_map(move |head| {
                let weight = |other| at(0, row, head).zip(at(1, other, head)).map(|(q, k)| q * k).sum::<f64>().exp2();
                let total: f64 = (0..length).map(weight).sum();
                let mut mixed = vec![0f64; size];
                for other in 0..length {
                    mixed.iter_mut().zip(at(2, other, head)).for_each(|(m, v)| *m += v * weight(other) / total);
                }
                mixed
            })
        });
        let expected: Vec<f64> = expected.collect();
        assert!(largest_difference(&found, expected) < 1e-5, "{length} tokens, {heads} heads of {size}");
    }
}

#[test]
fn rows_to_mean_zero() {
    let mut random = Random::new(4);
    for _ in 0..SHAPES {
        let width = 2 + random.below(100);
        let (xs, weight, bias) = (random.values(3 * width, 2.0), random.values(width, 1.0), random.values(width, 1.0));
        let found = agree(1e-6, |set| {
            let mut rows = xs.clone();
            layer_norm(set, &mut rows, &weight, &bias, 1e-12);
            rows
        });
        let expected = xs.chunks_exact(width).flat_map(|row| {
            let row: Vec<f64> = row.iter().map(|v| f64::from(*v)).collect();
            let mean = row.iter().sum::<f64>() / width as f64;
            let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
            let scaled = |(i, v): (usize, &f64)| (v - mean) / variance.sqrt() * f64::from(weight[i]) + f64::from(bias[i]);
            row.iter().enumerate().map(scaled).collect::<Vec<_>>()
        });
        assert!(largest_difference(&found, expected.collect::<Vec<_>>()) < 1e-4);
    }
}

#[test]
fn the_activation_over_its_whole_range() {
    let xs: Vec<f32> = (-60_000..=60_000).map(|i| i as f32 / 10_000.0).collect();
    let apply = |xs: &[f32], set| {
        let mut values = xs.to_vec();
        gelu(set, &mut values);
        values
    };
    let found = agree(1e-6, |set| apply(&xs, set));
    assert!(largest_difference(&found, xs.iter().map(|x| exact_gelu(f64::from(*x)))) < 1e-6);
    let far = [-1e30, -1e5, -40.0, -12.0, 0.0, 12.0, 40.0, 1e5, 1e30f32];
    let found = agree(1e-6, |set| apply(&far, set));
    for (x, y) in far.iter().zip(found) {
        assert!((y - x.max(0.0)).abs() <= 1e-6, "{x} gives {y}");
    }
}

#[test]
fn a_set_that_is_not_there_falls_back() {
    for set in Instructions::ALL {
        let mut values = [1.0];
        gelu(set, &mut values);
        assert!((values[0] - 0.841_345).abs() < 1e-5);
    }
    assert!(Instructions::best().available());
}

#[test]
fn tanh_form_of_gelu() {
    let values: Vec<f32> = (-1_000..=1_000).map(|i| i as f32 / 80.0).chain([-400.0, 400.0]).collect();
    let found = agree(1e-6, |set| {
        let mut values = values.clone();
        tanh_gelu(set, &mut values);
        values
    });
    let expected = values.iter().map(|&x| f64::from(x)).map(|x| {
        let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
        0.5 * x * (1.0 + u.tanh())
    });
    let difference = largest_difference(&found[..values.len() - 2], expected.take(values.len() - 2));
    assert!(difference < 3e-6, "{difference}");
    let [low, high] = [found[values.len() - 2], found[values.len() - 1]];
    assert!(low.abs() < 1e-30 && high == 400.0, "{low} {high}");
}

#[test]
fn powers_of_a_row() {
    let mut random = Random::new(21);
    for _ in 0..SHAPES {
        let count = 1 + random.below(90);
        let padded = count.next_multiple_of(16);
        let row = random.values(padded, 30.0);
        let found = agree(1e-6, |set| {
            let mut row = row.clone();
            let sum = powers(set, &mut row, count);
            row.push(sum);
            row
        });
        let highest = row[..count].iter().copied().fold(f32::MIN, f32::max);
        let expected: Vec<f64> = row[..count].iter().map(|v| (f64::from(*v) - f64::from(highest)).exp2()).collect();
        assert!(largest_difference(&found, expected.iter().copied()) < 1e-6);
        assert!((f64::from(found[padded]) - expected.iter().sum::<f64>()).abs() < 1e-5);
    }
}

#[test]
fn columns_are_packed_as_their_transpose() {
    let mut random = Random::new(22);
    for _ in 0..SHAPES {
        let (inputs, outputs, rows) = (1 + random.below(50), 1 + random.below(70), 1 + random.below(20));
        let (columns, xs) = (random.values(inputs * outputs, 1.0), random.values(rows * inputs, 1.0));
        let transposed: Vec<f32> =
            (0..outputs).flat_map(|o| (0..inputs).map(move |i| (i, o))).map(|(i, o)| columns[i * outputs + o]).collect();
        let product = |weights: &FloatWeights| {
            let mut out = vec![0f32; rows * outputs];
            weights.apply(Instructions::best(), &xs, &mut out, After::default());
            out
        };
        let one = product(&FloatWeights::pack_columns(&columns, outputs));
        assert_eq!(one, product(&FloatWeights::pack(&transposed, &vec![0.0; outputs], inputs)));
    }
}

#[test]
fn bytes_times_floats() {
    let mut random = Random::new(23);
    for _ in 0..SHAPES {
        let count = random.below(100);
        let (bytes, query) = (random.bytes(count), random.values(count, 1.0));
        let found = agree(0.0, |set| vec![byte_dot(set, &bytes, &query)]);
        let expected: f64 = bytes.iter().zip(&query).map(|(b, q)| f64::from(*b) * f64::from(*q)).sum();
        assert!((f64::from(found[0]) - expected).abs() < 1e-3);
    }
}

/// Stumps and trees of three leaves: value 0 decides, then value 1.
#[test]
fn trees_reach_their_leaves() {
    let mut random = Random::new(24);
    let trees: Vec<(Vec<Node>, Vec<f32>)> = (0..600)
        .map(|_| {
            let threshold = random.values(2, 1.0);
            let nodes = vec![
                Node { feature: 0, threshold: threshold[0], keep: !0b011 },
                Node { feature: 1, threshold: threshold[1], keep: !0b001 },
            ];
            (nodes, random.values(3, 1.0))
        })
        .collect();
    let forest = Forest::new(2, &trees).unwrap();
    for rows in [0, 1, 7, 16] {
        let mut values = random.values(rows * 2, 1.5);
        values.iter_mut().step_by(5).for_each(|v| *v = f32::NAN);
        let found = agree(0.0, |set| forest.sums(set, &values).to_vec());
        for (row, sum) in values.chunks_exact(2).zip(&found) {
            let reached = |(nodes, leaves): &(Vec<Node>, Vec<f32>)| {
                leaves[if row[0] > nodes[0].threshold { 2 } else { usize::from(row[1] > nodes[1].threshold) }]
            };
            assert_eq!(trees.iter().map(reached).fold(0.0, |sum, leaf| sum + leaf), *sum);
        }
    }
    assert!(Forest::new(1, &trees).is_none() && Forest::new(2, &[(Vec::new(), vec![0.0; 33])]).is_none());
}
