//! The lanes as one register of AVX-512, with or without VNNI and BF16.
use std::arch::x86_64::*;

use super::lanes::{Lanes, dot_bf16_apart};

/// `VNNI`: integer products by `vpdpbusd`; `BF16`: products of pairs of bf16 by `vdpbf16ps`.
#[derive(Clone, Copy)]
pub(super) struct Avx512<const VNNI: bool, const BF16: bool>;

#[inline(always)]
unsafe fn fold(v: __m256, join: unsafe fn(__m128, __m128) -> __m128) -> f32 {
    // SAFETY: as for the trait: the caller has AVX-512.
    unsafe {
        let v = join(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
        let v = join(v, _mm_movehl_ps(v, v));
        _mm_cvtss_f32(join(v, _mm_shuffle_ps(v, v, 1)))
    }
}

#[inline(always)]
unsafe fn halves(v: __m512) -> (__m256, __m256) {
    // SAFETY: as above.
    unsafe { (_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)) }
}

// SAFETY of the blocks below: the trait's contract, AVX-512 F, BW, DQ and VL (and VNNI and BF16 if so named) are there and
// pointers are valid.
impl<const VNNI: bool, const BF16: bool> Lanes for Avx512<VNNI, BF16> {
    type F = __m512;
    type I = __m512i;
    const ROWS: usize = 12;
    const VECTORS: usize = 2;
    const INTEGER_ROWS: usize = 7;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::F) {
        unsafe { _mm512_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn where_negative(x: Self::F, a: Self::F, b: Self::F) -> Self::F {
        unsafe { _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x)), b, a) }
    }
    #[inline(always)]
    unsafe fn abs(a: Self::F) -> Self::F {
        unsafe { _mm512_abs_ps(a) }
    }
    #[inline(always)]
    unsafe fn scale_by_power(p: Self::F, rounded: Self::F) -> Self::F {
        unsafe {
            let exponent = _mm512_slli_epi32(_mm512_castps_si512(rounded), 23);
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), exponent))
        }
    }
    #[inline(always)]
    unsafe fn sum(v: Self::F) -> f32 {
        unsafe {
            let (low, high) = halves(v);
            fold(_mm256_add_ps(low, high), |a, b| _mm_add_ps(a, b))
        }
    }
    #[inline(always)]
    unsafe fn highest(v: Self::F) -> f32 {
        unsafe {
            let (low, high) = halves(v);
            fold(_mm256_max_ps(low, high), |a, b| _mm_max_ps(a, b))
        }
    }
    #[inline(always)]
    unsafe fn lowest(v: Self::F) -> f32 {
        unsafe {
            let (low, high) = halves(v);
            fold(_mm256_min_ps(low, high), |a, b| _mm_min_ps(a, b))
        }
    }

    #[inline(always)]
    unsafe fn zero_i() -> Self::I {
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn splat_bytes(from: *const u8) -> Self::I {
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, bytes: Self::I, weights: *const i8) -> Self::I {
        unsafe {
            let weights = _mm512_loadu_si512(weights.cast());
            if VNNI {
                return _mm512_dpbusd_epi32(sum, bytes, weights);
            }
            // `maddubs` would saturate: even and odd bytes in 16 bits each.
            let even = _mm512_and_si512(bytes, _mm512_set1_epi16(0xff));
            let even = _mm512_madd_epi16(even, _mm512_srai_epi16(_mm512_slli_epi16(weights, 8), 8));
            let odd = _mm512_madd_epi16(_mm512_srli_epi16(bytes, 8), _mm512_srai_epi16(weights, 8));
            _mm512_add_epi32(sum, _mm512_add_epi32(even, odd))
        }
    }
    #[inline(always)]
    unsafe fn splat_words(from: *const i16) -> Self::I {
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self::I {
        unsafe { _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast())) }
    }
    #[inline(always)]
    unsafe fn dot_pairs(sum: Self::I, words: Self::I, pairs: Self::I) -> Self::I {
        unsafe {
            if VNNI { _mm512_dpwssd_epi32(sum, words, pairs) } else { _mm512_add_epi32(sum, _mm512_madd_epi16(words, pairs)) }
        }
    }
    #[inline(always)]
    unsafe fn to_float(v: Self::I) -> Self::F {
        unsafe { _mm512_cvtepi32_ps(v) }
    }
    #[inline(always)]
    unsafe fn dot_bf16(sum: Self::F, pair: *const u32, pairs: *const u32) -> Self::F {
        unsafe {
            if BF16 {
                // The same 512 bits under another name.
                let bf16 = |v: __m512i| std::mem::transmute::<__m512i, __m512bh>(v);
                let pair = _mm512_set1_epi32(pair.cast::<i32>().read_unaligned());
                return _mm512_dpbf16_ps(sum, bf16(pair), bf16(_mm512_loadu_si512(pairs.cast())));
            }
            dot_bf16_apart::<Self>(sum, pair, pairs)
        }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const i8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from) }
    }
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, rounded: Self::F) {
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_castps_si512(rounded))) }
    }
    #[inline(always)]
    unsafe fn store_words(to: *mut i16, rounded: Self::F) {
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(_mm512_castps_si512(rounded))) }
    }
}
