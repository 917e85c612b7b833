//! The lanes in plain Rust: the definition that the others are tested against, and what runs where nothing faster is
//! there. Compilers turn these loops into vector instructions where fused multiply-add is part of the base
//! instruction set (aarch64).
use super::lanes::Lanes;

#[derive(Clone, Copy)]
pub(super) struct Portable;

fn each(f: impl Fn(usize) -> f32) -> [f32; 16] {
    std::array::from_fn(f)
}

/// a · b + c rounded once. Where the base instruction set lacks it, through f64: the product is exact there, and the
/// second rounding changes the last bit about once in 2²⁹ times.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, c)
    } else {
        (f64::from(a) * f64::from(b) + f64::from(c)) as f32
    }
}

fn tree(v: [f32; 16], join: impl Fn(f32, f32) -> f32) -> f32 {
    let v: [f32; 8] = std::array::from_fn(|i| join(v[i], v[i + 8]));
    let v: [f32; 4] = std::array::from_fn(|i| join(v[i], v[i + 4]));
    join(join(v[0], v[2]), join(v[1], v[3]))
}

fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

impl Lanes for Portable {
    type F = [f32; 16];
    type I = [i32; 16];
    const ROWS: usize = 4;
    const VECTORS: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        [x; 16]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        // SAFETY: the caller vouches for 16 readable values.
        unsafe { from.cast::<[f32; 16]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::F) {
        // SAFETY: the caller vouches for 16 writable values.
        unsafe { to.cast::<[f32; 16]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        each(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        each(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        each(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        each(|i| fused(a[i], b[i], c[i]))
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        each(|i| higher(a[i], b[i]))
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        each(|i| lower(a[i], b[i]))
    }
    #[inline(always)]
    unsafe fn where_negative(x: Self::F, a: Self::F, b: Self::F) -> Self::F {
        each(|i| if x[i].is_sign_negative() { a[i] } else { b[i] })
    }
    #[inline(always)]
    unsafe fn abs(a: Self::F) -> Self::F {
        each(|i| a[i].abs())
    }
    #[inline(always)]
    unsafe fn scale_by_power(p: Self::F, rounded: Self::F) -> Self::F {
        each(|i| f32::from_bits(p[i].to_bits().wrapping_add(rounded[i].to_bits() << 23)))
    }
    #[inline(always)]
    unsafe fn sum(v: Self::F) -> f32 {
        tree(v, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn highest(v: Self::F) -> f32 {
        tree(v, higher)
    }
    #[inline(always)]
    unsafe fn lowest(v: Self::F) -> f32 {
        tree(v, lower)
    }

    #[inline(always)]
    unsafe fn zero_i() -> Self::I {
        [0; 16]
    }
    #[inline(always)]
    unsafe fn splat_bytes(from: *const u8) -> Self::I {
        // SAFETY: the caller vouches for 4 readable bytes.
        [unsafe { from.cast::<i32>().read_unaligned() }; 16]
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, bytes: Self::I, weights: *const i8) -> Self::I {
        // SAFETY: the caller vouches for 64 readable bytes.
        let weights = unsafe { weights.cast::<[[i8; 4]; 16]>().read_unaligned() };
        let bytes = bytes[0].to_ne_bytes();
        std::array::from_fn(|i| sum[i] + (0..4).map(|j| i32::from(bytes[j]) * i32::from(weights[i][j])).sum::<i32>())
    }
    #[inline(always)]
    unsafe fn splat_words(from: *const i16) -> Self::I {
        // SAFETY: the caller vouches for 2 readable numbers.
        [unsafe { from.cast::<i32>().read_unaligned() }; 16]
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self::I {
        // SAFETY: the caller vouches for 32 readable bytes.
        let pairs = unsafe { from.cast::<[[i8; 2]; 16]>().read_unaligned() };
        pairs.map(|[a, b]| (i32::from(a) & 0xffff) | (i32::from(b) << 16))
    }
    #[inline(always)]
    unsafe fn dot_pairs(sum: Self::I, words: Self::I, pairs: Self::I) -> Self::I {
        let (low, high) = (|v: i32| i32::from(v as i16), |v: i32| v >> 16);
        std::array::from_fn(|i| sum[i] + low(words[i]) * low(pairs[i]) + high(words[i]) * high(pairs[i]))
    }
    #[inline(always)]
    unsafe fn to_float(v: Self::I) -> Self::F {
        each(|i| v[i] as f32)
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const i8) {}
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, rounded: Self::F) {
        let bytes: [u8; 16] = std::array::from_fn(|i| rounded[i].to_bits() as u8);
        // SAFETY: the caller vouches for 16 writable bytes.
        unsafe { to.cast::<[u8; 16]>().write_unaligned(bytes) }
    }
    #[inline(always)]
    unsafe fn store_words(to: *mut i16, rounded: Self::F) {
        let words: [i16; 16] = std::array::from_fn(|i| rounded[i].to_bits() as i16);
        // SAFETY: the caller vouches for room for 16 numbers.
        unsafe { to.cast::<[i16; 16]>().write_unaligned(words) }
    }
}
