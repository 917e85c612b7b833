//! Products in bf16: what is rounded, and in which order it is added.
use super::*;

fn nearest_bf16(value: f32) -> f32 {
    half::bf16::from_f32(value).to_f32()
}

#[test]
fn products_in_bf16() {
    let mut random = Random::new(6);
    for shape in 0..SHAPES {
        let (rows, inputs, outputs) = (random.below(40), 1 + random.below(90), 1 + random.below(100));
        let (weights, bias) = (random.values(inputs * outputs, 0.3), random.values(outputs, 1.0));
        let (xs, residual) = (random.values(rows * inputs, 1.0), random.values(rows * outputs, 1.0));
        let (with, gelu) = (shape % 2 == 0, shape % 3 == 0);
        let mut rounded = RoundedRows::default();
        let found = agree(1e-6, |set| {
            let packed = Bf16Weights::pack(set, &weights, &bias, inputs);
            let mut out = vec![7.0; rows * outputs];
            packed.round(&xs, &mut rounded);
            packed.apply(&rounded, &mut out, After { residual: added(with, &residual), gelu });
            out
        });
        let exact = |x: f32, w: f32| f64::from(nearest_bf16(x)) * f64::from(nearest_bf16(w));
        let expected = (0..rows * outputs).map(|at| {
            let (row, output) = (at / outputs, at % outputs);
            let product = (0..inputs).map(|i| exact(xs[row * inputs + i], weights[output * inputs + i]));
            let sum = product.sum::<f64>() + f64::from(bias[output]) + if with { f64::from(residual[at]) } else { 0.0 };
            if gelu { exact_gelu(sum.clamp(-6.0, 6.0)) + (sum - 6.0).max(0.0) } else { sum }
        });
        assert!(largest_difference(&found, expected) < 2e-5, "{rows} × {inputs} × {outputs}");
    }
}

/// Numbers of every size, ties among them: to even; below the least normal number, to 0.
#[test]
fn numbers_rounded_to_bf16() {
    let mut random = Random::new(7);
    let ties = (0x3f80..0x3fc0u32).map(|high| f32::from_bits(high << 16 | 0x8000));
    let extremes = [0.0, -0.0, 1e-39, -1e-39, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, 3e38, -3e38];
    let any = (0..4_000).map(|_| f32::from_bits(random.0.random::<u32>() % 0x7f00_0000));
    let xs: Vec<f32> = any.chain(ties).chain(extremes).collect();
    let found = agree(0.0, |set| {
        let (mut wide, mut pairs) = (vec![7.0; xs.len()], vec![7; xs.len().div_ceil(2)]);
        // SAFETY: the set is there.
        unsafe {
            to_wide_bf16_on(set, &xs, &mut wide);
            to_bf16_on(set, &xs, &mut pairs);
        }
        let halves = |pair: &u32| [f32::from_bits(pair & 0xffff_0000), f32::from_bits(pair << 16)];
        let narrow: Vec<f32> = pairs.iter().flat_map(halves).take(xs.len()).collect();
        assert_eq!(narrow, wide);
        wide
    });
    let normal = |v: f32| if v.abs() < f32::MIN_POSITIVE { 0.0 } else { v };
    for (x, y) in xs.iter().zip(found) {
        assert_eq!(normal(nearest_bf16(*x)), y, "{x}");
    }
}

/// In which order the instruction for pairs adds, and how it rounds, over many magnitudes.
#[test]
fn pairs_of_bf16_are_two_multiply_adds() {
    let mut random = Random::new(8);
    for _ in 0..SHAPES {
        let (inputs, outputs) = (2 * (1 + random.below(20)), 32);
        let scaled = |random: &mut Random, count: usize| -> Vec<f32> {
            let sizes: Vec<f32> = (0..count).map(|_| (random.below(16) as f32 - 8.0).exp2()).collect();
            random.values(count, 1.0).iter().zip(sizes).map(|(v, size)| v * size).collect()
        };
        let (weights, bias, xs) =
            (scaled(&mut random, inputs * outputs), scaled(&mut random, outputs), scaled(&mut random, inputs));
        for set in Instructions::ALL.into_iter().filter(|s| *s != Instructions::Portable && s.available()) {
            let packed = Bf16Weights::pack(set, &weights, &bias, inputs);
            let (mut out, mut rounded) = (vec![0.0; outputs], RoundedRows::default());
            packed.round(&xs, &mut rounded);
            packed.apply(&rounded, &mut out, After::default());
            // The kernel for pairs is right on every set, also where another is used.
            let mut pairs = vec![0u32; inputs / 2];
            let of = |row: &[f32], i: usize| nearest_bf16(row[2 * i]).to_bits() | nearest_bf16(row[2 * i + 1]).to_bits() >> 16;
            let panel: Vec<u32> =
                (0..outputs * inputs / 2).map(|at| of(&weights[at % outputs * inputs..], at / outputs)).collect();
            let (mut again, end) = (vec![0.0; outputs], Finish { bias: bias.as_ptr(), residual: std::ptr::null(), gelu: false });
            // SAFETY: one row, one panel.
            unsafe {
                to_bf16_on(set, &xs, &mut pairs);
                bf16_product_on(set, 1, inputs / 2, outputs, pairs.as_ptr(), panel.as_ptr(), again.as_mut_ptr(), end);
            }
            assert_eq!(out, again, "{set:?}");
            for (output, found) in out.iter().enumerate() {
                let product = |sum: f32, i: usize| nearest_bf16(xs[i]).mul_add(nearest_bf16(weights[output * inputs + i]), sum);
                assert_eq!((0..inputs).fold(bias[output], product), *found, "{set:?}");
            }
        }
    }
}
