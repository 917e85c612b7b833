//! The lanes as two registers of AVX2 with FMA, with or without AVX-VNNI.
use std::arch::x86_64::*;

use super::lanes::Lanes;

/// `VNNI`: integer products by `vpdpbusd`.
#[derive(Clone, Copy)]
pub(super) struct Avx2<const VNNI: bool>;

/// Both halves.
macro_rules! both {
    ($f:ident($($v:expr),*)) => { [$f($($v[0]),*), $f($($v[1]),*)] };
}

#[inline(always)]
unsafe fn fold(v: __m256, join: unsafe fn(__m128, __m128) -> __m128) -> f32 {
    // SAFETY: as for the trait: the caller has AVX2.
    unsafe {
        let v = join(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
        let v = join(v, _mm_movehl_ps(v, v));
        _mm_cvtss_f32(join(v, _mm_shuffle_ps(v, v, 1)))
    }
}

// SAFETY of the blocks below: the trait's contract, AVX2 and FMA (and AVX-VNNI if so named) are there and
// pointers are valid.
impl<const VNNI: bool> Lanes for Avx2<VNNI> {
    type F = [__m256; 2];
    type I = [__m256i; 2];
    const ROWS: usize = 6;
    const VECTORS: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::F {
        unsafe { [_mm256_set1_ps(x); 2] }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::F {
        unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))] }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::F) {
        unsafe {
            _mm256_storeu_ps(to, v[0]);
            _mm256_storeu_ps(to.add(8), v[1]);
        }
    }
    #[inline(always)]
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_add_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_sub_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_mul_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        unsafe { both!(_mm256_fmadd_ps(a, b, c)) }
    }
    #[inline(always)]
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_max_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_min_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn where_negative(x: Self::F, a: Self::F, b: Self::F) -> Self::F {
        unsafe { both!(_mm256_blendv_ps(b, a, x)) }
    }
    #[inline(always)]
    unsafe fn abs(a: Self::F) -> Self::F {
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            [_mm256_andnot_ps(sign, a[0]), _mm256_andnot_ps(sign, a[1])]
        }
    }
    #[inline(always)]
    unsafe fn scale_by_power(p: Self::F, rounded: Self::F) -> Self::F {
        let scale = |p, rounded| unsafe {
            let exponent = _mm256_slli_epi32(_mm256_castps_si256(rounded), 23);
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent))
        };
        [scale(p[0], rounded[0]), scale(p[1], rounded[1])]
    }
    #[inline(always)]
    unsafe fn sum(v: Self::F) -> f32 {
        unsafe { fold(_mm256_add_ps(v[0], v[1]), |a, b| _mm_add_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn highest(v: Self::F) -> f32 {
        unsafe { fold(_mm256_max_ps(v[0], v[1]), |a, b| _mm_max_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn lowest(v: Self::F) -> f32 {
        unsafe { fold(_mm256_min_ps(v[0], v[1]), |a, b| _mm_min_ps(a, b)) }
    }

    #[inline(always)]
    unsafe fn zero_i() -> Self::I {
        unsafe { [_mm256_setzero_si256(); 2] }
    }
    #[inline(always)]
    unsafe fn splat_bytes(from: *const u8) -> Self::I {
        unsafe { [_mm256_set1_epi32(from.cast::<i32>().read_unaligned()); 2] }
    }
    #[inline(always)]
    unsafe fn dot(sum: Self::I, bytes: Self::I, weights: *const i8) -> Self::I {
        let half = |sum, bytes, weights: *const i8| unsafe {
            let weights = _mm256_loadu_si256(weights.cast());
            if VNNI {
                return _mm256_dpbusd_avx_epi32(sum, bytes, weights);
            }
            // `maddubs` would saturate: even and odd bytes in 16 bits each.
            let even = _mm256_and_si256(bytes, _mm256_set1_epi16(0xff));
            let even = _mm256_madd_epi16(even, _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8));
            let odd = _mm256_madd_epi16(_mm256_srli_epi16(bytes, 8), _mm256_srai_epi16(weights, 8));
            _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
        };
        unsafe { [half(sum[0], bytes[0], weights), half(sum[1], bytes[1], weights.add(32))] }
    }
    #[inline(always)]
    unsafe fn splat_words(from: *const i16) -> Self::I {
        unsafe { [_mm256_set1_epi32(from.cast::<i32>().read_unaligned()); 2] }
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const i8) -> Self::I {
        unsafe {
            let wide = |from: *const i8| _mm256_cvtepi8_epi16(_mm_loadu_si128(from.cast()));
            [wide(from), wide(from.add(16))]
        }
    }
    #[inline(always)]
    unsafe fn dot_pairs(sum: Self::I, words: Self::I, pairs: Self::I) -> Self::I {
        let half = |sum, words, pairs| unsafe {
            if VNNI { _mm256_dpwssd_avx_epi32(sum, words, pairs) } else { _mm256_add_epi32(sum, _mm256_madd_epi16(words, pairs)) }
        };
        [half(sum[0], words[0], pairs[0]), half(sum[1], words[1], pairs[1])]
    }
    #[inline(always)]
    unsafe fn to_float(v: Self::I) -> Self::F {
        unsafe { both!(_mm256_cvtepi32_ps(v)) }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const i8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from) }
    }
    #[inline(always)]
    unsafe fn store_bytes(to: *mut u8, rounded: Self::F) {
        unsafe {
            let low = |v| _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0xff));
            // Packing works within halves of a register: 0–3, 8–11 | 4–7, 12–15.
            let words = _mm256_packus_epi32(low(rounded[0]), low(rounded[1]));
            let words = _mm256_permute4x64_epi64(words, 0b11_01_10_00);
            let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
            _mm_storeu_si128(to.cast(), bytes);
        }
    }
    #[inline(always)]
    unsafe fn store_words(to: *mut i16, rounded: Self::F) {
        unsafe {
            // The low halves with their sign, so that packing keeps them.
            let low = |v| _mm256_srai_epi32(_mm256_slli_epi32(_mm256_castps_si256(v), 16), 16);
            let words = _mm256_packs_epi32(low(rounded[0]), low(rounded[1]));
            _mm256_storeu_si256(to.cast(), _mm256_permute4x64_epi64(words, 0b11_01_10_00));
        }
    }
}
