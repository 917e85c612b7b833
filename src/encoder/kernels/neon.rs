//! The lanes as four registers of NEON, which every aarch64 has, with or without the dot products of bytes.
use std::arch::aarch64::*;
use std::arch::asm;

use super::lanes::Lanes;

/// `DOT`: integer products of bytes by `sdot`.
#[derive(Clone, Copy)]
pub(super) struct Neon<const DOT: bool>;

/// All four registers.
macro_rules! four {
    ($f:ident($($v:expr),*)) => { [$f($($v[0]),*), $f($($v[1]),*), $f($($v[2]),*), $f($($v[3]),*)] };
}

/// Lanes i and i + 8 are joined, then i and i + 4, i and i + 2, and the last two.
#[inline(always)]
unsafe fn fold(v: [float32x4_t; 4], join: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> f32 {
    // SAFETY: as for the trait.
    unsafe {
        let v = join(join(v[0], v[2]), join(v[1], v[3]));
        let v = join(v, vextq_f32(v, v, 2));
        vgetq_lane_f32(join(v, vextq_f32(v, v, 1)), 0)
    }
}

/// `a` if it is greater, else `b`: `fmax` would choose otherwise between zeros.
#[inline(always)]
unsafe fn higher(a: float32x4_t, b: float32x4_t) -> float32x4_t {
    // SAFETY: as for the trait.
    unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) }
}

#[inline(always)]
unsafe fn lower(a: float32x4_t, b: float32x4_t) -> float32x4_t {
    // SAFETY: as for the trait.
    unsafe { vbslq_f32(vcltq_f32(a, b), a, b) }
}

/// Adds to each lane the products of four signed bytes with four others. (Rust has the intrinsic in its nightly alone.)
#[inline(always)]
unsafe fn sdot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the caller has `dotprod`; the instruction reads and writes the named registers alone.
    unsafe {
        asm!("sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sum, in(vreg) a, in(vreg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// Adds to each lane the products of its two i16 with two others.
#[inline(always)]
unsafe fn pairs(sum: int32x4_t, a: int32x4_t, b: int32x4_t) -> int32x4_t {
    // SAFETY: as for the trait.
    unsafe {
        let (a, b) = (vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b));
        let (low, high) = (vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
        vaddq_s32(sum, vpaddq_s32(low, high))
    }
}

/// Adds to each lane the products of its four unsigned bytes with four signed bytes of `weights`.
#[inline(always)]
unsafe fn quads<const DOT: bool>(sum: int32x4_t, bytes: int32x4_t, weights: *const i8) -> int32x4_t {
    // SAFETY: as for the trait; 16 bytes of weights are there.
    unsafe {
        let (bytes, weights) = (vreinterpretq_u8_s32(bytes), vld1q_s8(weights));
        if DOT {
            // Bytes less 128 are signed. What that takes off, 128 · weights, is the same for all rows of a tile.
            let taken = sdot(vdupq_n_s32(0), vdupq_n_s8(64), weights);
            let signed = vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(0x80)));
            return vaddq_s32(sdot(sum, signed, weights), vaddq_s32(taken, taken));
        }
        let (low, high) = (vreinterpretq_s32_u16(vmovl_u8(vget_low_u8(bytes))), vreinterpretq_s32_u16(vmovl_high_u8(bytes)));
        let (low_weights, high_weights) = (vmovl_s8(vget_low_s8(weights)), vmovl_high_s8(weights));
        let zero = vdupq_n_s32(0);
        let low = pairs(zero, low, vreinterpretq_s32_s16(low_weights));
        let high = pairs(zero, high, vreinterpretq_s32_s16(high_weights));
        vaddq_s32(sum, vpaddq_s32(low, high))
    }
}

// SAFETY of the blocks below: the trait's contract, NEON (and `dotprod` if so named) is there and pointers are valid.
impl<const DOT: bool> Lanes for Neon<DOT> {
    type F = [float32x4_t; 4];
    type I = [int32x4_t; 4];
    // Of 32 registers: 24 sums, four columns, one value of a row.
    const ROWS: usize = 6;
    const VECTORS: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        unsafe { [vdupq_n_f32(x); 4] }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        unsafe { [0, 4, 8, 12].map(|at| vld1q_f32(from.add(at))) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::F) {
        unsafe { (0..4).for_each(|i| vst1q_f32(to.add(4 * i), v[i])) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        unsafe { four!(vaddq_f32(a, b)) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        unsafe { four!(vsubq_f32(a, b)) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        unsafe { four!(vmulq_f32(a, b)) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        // The sum comes first.
        unsafe { four!(vfmaq_f32(c, a, b)) }
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        unsafe { four!(higher(a, b)) }
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        unsafe { four!(lower(a, b)) }
    }
    #[inline(always)]
    unsafe fn where_negative(x: Self::F, a: Self::F, b: Self::F) -> Self::F {
        let choose = |x, a, b| unsafe {
            let negative = vshrq_n_s32(vreinterpretq_s32_f32(x), 31);
            vbslq_f32(vreinterpretq_u32_s32(negative), a, b)
        };
        four!(choose(x, a, b))
    }
    #[inline(always)]
    unsafe fn abs(a: Self::F) -> Self::F {
        unsafe { four!(vabsq_f32(a)) }
    }
    #[inline(always)]
    unsafe fn scale_by_power(p: Self::F, rounded: Self::F) -> Self::F {
        let scale = |p, rounded| unsafe {
            let exponent = vshlq_n_s32(vreinterpretq_s32_f32(rounded), 23);
            vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), exponent))
        };
        four!(scale(p, rounded))
    }
    #[inline(always)]
    unsafe fn sum(v: Self::F) -> f32 {
        unsafe { fold(v, |a, b| vaddq_f32(a, b)) }
    }
    #[inline(always)]
    unsafe fn highest(v: Self::F) -> f32 {
        unsafe { fold(v, |a, b| higher(a, b)) }
    }
    #[inline(always)]
    unsafe fn lowest(v: Self::F) -> f32 {
        unsafe { fold(v, |a, b| lower(a, b)) }
    }

    #[inline(always)]
    unsafe fn zero_i() -> Self::I {
        unsafe { [vdupq_n_s32(0); 4] }
    }
    #[inline(always)]
    unsafe fn splat_bytes(from: *const u8) -> Self::I {
        unsafe { [vdupq_n_s32(from.cast::<i32>().read_unaligned()); 4] }
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, bytes: Self::I, weights: *const i8) -> Self::I {
        unsafe {
            let of = |i: usize| weights.add(16 * i);
            [
                quads::<DOT>(sum[0], bytes[0], of(0)),
                quads::<DOT>(sum[1], bytes[1], of(1)),
                quads::<DOT>(sum[2], bytes[2], of(2)),
                quads::<DOT>(sum[3], bytes[3], of(3)),
            ]
        }
    }
    #[inline(always)]
    unsafe fn splat_words(from: *const i16) -> Self::I {
        unsafe { [vdupq_n_s32(from.cast::<i32>().read_unaligned()); 4] }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self::I {
        unsafe { [0, 8, 16, 24].map(|at| vreinterpretq_s32_s16(vmovl_s8(vld1_s8(from.add(at))))) }
    }
    #[inline(always)]
    unsafe fn dot_pairs(sum: Self::I, words: Self::I, with: Self::I) -> Self::I {
        unsafe { four!(pairs(sum, words, with)) }
    }
    #[inline(always)]
    unsafe fn to_float(v: Self::I) -> Self::F {
        unsafe { four!(vcvtq_f32_s32(v)) }
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const i8) {}
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, rounded: Self::F) {
        unsafe {
            let words = |a, b| vcombine_u16(vmovn_u32(vreinterpretq_u32_f32(a)), vmovn_u32(vreinterpretq_u32_f32(b)));
            let (low, high) = (words(rounded[0], rounded[1]), words(rounded[2], rounded[3]));
            vst1q_u8(to, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
        }
    }
    #[inline(always)]
    unsafe fn store_words(to: *mut i16, rounded: Self::F) {
        unsafe { (0..4).for_each(|i| vst1_s16(to.add(4 * i), vmovn_s32(vreinterpretq_s32_f32(rounded[i])))) }
    }
}
