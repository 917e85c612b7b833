//! What is done row by row: GELU, softmax, LayerNorm, rounding to bytes.
use super::lanes::{Lanes, ROUND};

/// 2ˣ for x from −120 to 120; relative error below 2e-7. (Polynomial on ±½ fitted by minimax.)
#[inline(always)]
pub(super) unsafe fn exp2<S: Lanes>(x: S::F) -> S::F {
    // Fitted: the next to last is near ln 2, not equal to it.
    #[allow(clippy::approx_constant)]
    const POLYNOMIAL: [f32; 6] = [0.001_326_472_6, 0.009_671_513, 0.055_507_336, 0.240_222_42, 0.693_147, 1.0];
    // SAFETY: arithmetic only.
    unsafe {
        let rounded = S::add(x, S::splat(ROUND));
        let rest = S::sub(x, S::sub(rounded, S::splat(ROUND)));
        let mut p = S::splat(POLYNOMIAL[0]);
        for c in &POLYNOMIAL[1..] {
            p = S::fma(p, rest, S::splat(*c));
        }
        S::scale_by_power(p, rounded)
    }
}

/// x · Φ(x) with the error function; absolute error below 1e-6 · max(1, |x|).
///
/// 1 − erf(v/√2) = 2^(−v·r(v)) for v ≥ 0 with a smooth r: one polynomial (minimax over 0 to 5.5, weighted by what
/// an error does to the result; it grows beyond) and one exponential, no division.
#[inline(always)]
pub(super) unsafe fn gelu<S: Lanes>(x: S::F) -> S::F {
    const POLYNOMIAL: [f32; 8] =
        [2.156_03e-6, -3.145_821e-5, 0.000_149_778_76, 0.000_221_173_37, -0.007_167_279, 0.052_562_345, 0.459_189_03, 1.151_107];
    // SAFETY: arithmetic only.
    unsafe {
        let v = S::abs(x);
        let mut r = S::splat(POLYNOMIAL[0]);
        for c in &POLYNOMIAL[1..] {
            r = S::fma(r, v, S::splat(*c));
        }
        let exponent = S::max(S::sub(S::splat(0.0), S::mul(v, r)), S::splat(-120.0));
        let half_tail = S::mul(S::mul(x, S::splat(0.5)), exp2::<S>(exponent));
        S::where_negative(x, half_tail, S::sub(x, half_tail))
    }
}

/// Loads up to 16 values, the others `fill`.
#[inline(always)]
unsafe fn load_some<S: Lanes>(from: *const f32, count: usize, fill: f32) -> S::F {
    // SAFETY: the caller vouches for `count` values, at most 16.
    unsafe {
        if count >= 16 {
            return S::load(from);
        }
        let mut some = [fill; 16];
        std::ptr::copy_nonoverlapping(from, some.as_mut_ptr(), count);
        S::load(some.as_ptr())
    }
}

/// Stores the first `count` values, at most 16.
#[inline(always)]
unsafe fn store_some<S: Lanes>(to: *mut f32, count: usize, v: S::F) {
    // SAFETY: the caller vouches for `count` values, at most 16.
    unsafe {
        if count >= 16 {
            return S::store(to, v);
        }
        let mut some = [0f32; 16];
        S::store(some.as_mut_ptr(), v);
        std::ptr::copy_nonoverlapping(some.as_ptr(), to, count);
    }
}

/// GELU of `count` values in place.
///
/// # Safety
/// `row` holds `count` values.
#[inline(always)]
pub(super) unsafe fn gelu_row<S: Lanes>(row: *mut f32, count: usize) {
    // SAFETY: offsets stay below `count`.
    unsafe {
        for at in (0..count).step_by(16) {
            let value = gelu::<S>(load_some::<S>(row.add(at), count - at, 0.0));
            store_some::<S>(row.add(at), count - at, value);
        }
    }
}

/// The tanh form of GELU, x / (1 + exp(−2u)) with u = √(2/π) · (x + 0.044715 x³), of `count` values in place.
///
/// # Safety
/// `row` holds `count` values.
#[inline(always)]
pub(super) unsafe fn tanh_gelu_row<S: Lanes>(row: *mut f32, count: usize) {
    // −2 √(2/π) log₂ e, and that times 0.044715.
    const LINEAR: f32 = -2.302_208_2;
    const CUBIC: f32 = -0.102_943_24;
    // SAFETY: offsets stay below `count`.
    unsafe {
        for at in (0..count).step_by(16) {
            let x = load_some::<S>(row.add(at), count - at, 0.0);
            let exponent = S::mul(x, S::fma(S::mul(x, x), S::splat(CUBIC), S::splat(LINEAR)));
            let exponent = S::min(S::max(exponent, S::splat(-120.0)), S::splat(120.0));
            let (mut values, mut powers) = ([0f32; 16], [0f32; 16]);
            S::store(values.as_mut_ptr(), x);
            S::store(powers.as_mut_ptr(), exp2::<S>(exponent));
            for (value, power) in values.iter_mut().zip(powers) {
                *value /= 1.0 + power;
            }
            store_some::<S>(row.add(at), count - at, S::load(values.as_ptr()));
        }
    }
}

/// Scales `count` values in place to mean 0 and variance 1, then by `weight` and `bias`.
///
/// # Safety
/// All three hold `count` values.
#[inline(always)]
pub(super) unsafe fn layer_norm<S: Lanes>(row: *mut f32, count: usize, weight: *const f32, bias: *const f32, eps: f32) {
    // SAFETY: offsets stay below `count`.
    unsafe {
        let mut sum = S::splat(0.0);
        for at in (0..count).step_by(16) {
            sum = S::add(sum, load_some::<S>(row.add(at), count - at, 0.0));
        }
        let mean = S::sum(sum) / count as f32;
        let mut squares = S::splat(0.0);
        for at in (0..count).step_by(16) {
            // What is missing counts as the mean.
            let d = S::sub(load_some::<S>(row.add(at), count - at, mean), S::splat(mean));
            squares = S::fma(d, d, squares);
        }
        let scale = S::splat(1.0 / (S::sum(squares) / count as f32 + eps).sqrt());
        for at in (0..count).step_by(16) {
            let rest = count - at;
            let d = S::mul(S::sub(load_some::<S>(row.add(at), rest, 0.0), S::splat(mean)), scale);
            let value = S::fma(d, load_some::<S>(weight.add(at), rest, 0.0), load_some::<S>(bias.add(at), rest, 0.0));
            store_some::<S>(row.add(at), rest, value);
        }
    }
}

/// Replaces the first `count` of `padded` values (a multiple of 16) by 2^(value − highest), the others by 0, and returns
/// the sum.
///
/// # Safety
/// `row` holds `padded` values; `count` is at least 1 and at most `padded`.
#[inline(always)]
pub(super) unsafe fn powers<S: Lanes>(row: *mut f32, count: usize, padded: usize) -> f32 {
    // SAFETY: offsets stay below `padded`.
    unsafe {
        for at in count..padded {
            *row.add(at) = f32::MIN;
        }
        let mut highest = S::load(row);
        for at in (16..padded).step_by(16) {
            highest = S::max(highest, S::load(row.add(at)));
        }
        let highest = S::splat(S::highest(highest));
        let mut sum = S::splat(0.0);
        for at in (0..padded).step_by(16) {
            let power = exp2::<S>(S::max(S::sub(S::load(row.add(at)), highest), S::splat(-120.0)));
            S::store(row.add(at), power);
            sum = S::add(sum, power);
        }
        // A padded place adds 2⁻¹²⁰ to a sum of at least 1: nothing.
        S::sum(sum)
    }
}

/// Rounds `count` values to integers of at most `largest` in size and returns the step: value ≈ step · integer. Values
/// beyond `count`, up to the next multiple of 16, become 0.
///
/// # Safety
/// `row` holds `count` values, `words` room for `count` rounded up to 16.
#[inline(always)]
pub(super) unsafe fn to_words<S: Lanes>(row: *const f32, count: usize, words: *mut i16, largest: f32) -> f32 {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let mut high = S::splat(0.0);
        for at in (0..count).step_by(16) {
            high = S::max(high, S::abs(load_some::<S>(row.add(at), count - at, 0.0)));
        }
        let step = (S::highest(high) / largest).max(1e-30);
        let inverse = S::splat(1.0 / step);
        for at in (0..count).step_by(16) {
            let v = load_some::<S>(row.add(at), count - at, 0.0);
            S::store_words(words.add(at), S::fma(v, inverse, S::splat(ROUND)));
        }
        step
    }
}

/// Rounds `count` values to bytes; those beyond, up to the next multiple of 16, become 0. Returns step and offset:
/// value ≈ step · byte + offset.
///
/// # Safety
/// `row` holds `count` values, `bytes` room for `count` rounded up to 16.
#[inline(always)]
pub(super) unsafe fn to_bytes<S: Lanes>(row: *const f32, count: usize, bytes: *mut u8) -> [f32; 2] {
    // SAFETY: offsets stay inside what the caller vouches for.
    unsafe {
        let first = *row;
        let (mut low, mut high) = (S::splat(first), S::splat(first));
        for at in (0..count).step_by(16) {
            let v = load_some::<S>(row.add(at), count - at, first);
            low = S::min(low, v);
            high = S::max(high, v);
        }
        let (low, high) = (S::lowest(low), S::highest(high));
        let step = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
        let inverse = S::splat(1.0 / step);
        for at in (0..count).step_by(16) {
            let v = S::sub(load_some::<S>(row.add(at), count - at, low), S::splat(low));
            S::store_bytes(bytes.add(at), S::fma(v, inverse, S::splat(ROUND)));
        }
        [step, low]
    }
}
