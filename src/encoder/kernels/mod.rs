//! The arithmetic of the fast CPU path: the one folder with `unsafe`.
//!
//! Why it is needed: a transformer's products run five times faster with the vector instructions of the CPU at hand than
//! with those that every CPU has, and only `unsafe` functions may use them. All of them are reached through the safe
//! functions here, which check lengths and choose the instruction set; every one is tested against the portable version
//! over random shapes, for equal bits.
#![allow(unsafe_code, clippy::too_many_arguments)]
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bf16;
mod dense;
mod forest;
mod instructions;
mod integers;
mod lanes;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
mod portable;
mod product;
mod rounded;
mod rows;
#[cfg(test)]
mod tests;

use attention::Sequence;
pub use bf16::Bf16Weights;
pub use dense::{After, FloatWeights, Residual};
pub use forest::{Forest, Node};
pub use instructions::Instructions;
use integers::Scales;
use product::Finish;
pub use rounded::{Activations, ByteWeights, RoundedRows};

/// Makes a function for each instruction set from one over [`lanes::Lanes`], and one that chooses.
macro_rules! for_each_instruction_set {
    ($(unsafe fn $name:ident = $module:ident::$function:ident, ($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            /// # Safety
            /// As for the generic function; the instruction set must be there.
            unsafe fn $name(set: Instructions, $($argument: $type),*) $(-> $result)? {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx2,fma")]
                    unsafe fn avx2($($argument: $type),*) $(-> $result)? {
                        // SAFETY: this function has the features that the lanes need.
                        unsafe { $module::$function::<avx2::Avx2<false>>($($argument),*) }
                    }
                    #[target_feature(enable = "avx2,fma,avxvnni")]
                    unsafe fn avx2_vnni($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<avx2::Avx2<true>>($($argument),*) }
                    }
                    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
                    unsafe fn avx512($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<avx512::Avx512<false, false>>($($argument),*) }
                    }
                    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
                    unsafe fn avx512_vnni($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<avx512::Avx512<true, false>>($($argument),*) }
                    }
                    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16")]
                    unsafe fn avx512_bf16($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<avx512::Avx512<true, true>>($($argument),*) }
                    }
                    // SAFETY: the caller vouches for the instruction set and the pointers.
                    unsafe {
                        match set {
                            Instructions::Avx512Bf16 => return avx512_bf16($($argument),*),
                            Instructions::Avx512Vnni => return avx512_vnni($($argument),*),
                            Instructions::Avx512 => return avx512($($argument),*),
                            Instructions::Avx2Vnni => return avx2_vnni($($argument),*),
                            Instructions::Avx2 => return avx2($($argument),*),
                            Instructions::Portable | Instructions::Neon | Instructions::NeonDot => {}
                        }
                    }
                }
                #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
                {
                    #[target_feature(enable = "neon")]
                    unsafe fn neon($($argument: $type),*) $(-> $result)? {
                        // SAFETY: this function has the features that the lanes need.
                        unsafe { $module::$function::<neon::Neon<false>>($($argument),*) }
                    }
                    #[target_feature(enable = "neon,dotprod")]
                    unsafe fn neon_dot($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<neon::Neon<true>>($($argument),*) }
                    }
                    // SAFETY: the caller vouches for the instruction set and the pointers.
                    unsafe {
                        match set {
                            Instructions::NeonDot => return neon_dot($($argument),*),
                            Instructions::Neon => return neon($($argument),*),
                            _ => {}
                        }
                    }
                }
                let _ = set;
                // SAFETY: the caller vouches for the pointers.
                unsafe { $module::$function::<portable::Portable>($($argument),*) }
            }
        )*
    };
}

for_each_instruction_set! {
    unsafe fn product_on = product::product,
        (rows: usize, inputs: usize, outputs: usize, a: *const f32, panels: *const f32, out: *mut f32, end: Finish);
    unsafe fn byte_product_on = integers::byte_product,
        (rows: usize, inputs: usize, outputs: usize, a: *const u8, panels: *const i8, out: *mut f32, scales: Scales, end: Finish);
    unsafe fn word_product_on = integers::word_product,
        (rows: usize, inputs: usize, outputs: usize, a: *const i16, panels: *const i8, out: *mut f32, scales: Scales, end: Finish);
    unsafe fn bf16_product_on = bf16::bf16_product,
        (rows: usize, pairs: usize, outputs: usize, a: *const u32, panels: *const u32, out: *mut f32, end: Finish);
    unsafe fn to_bf16_on = bf16::to_bf16, (row: &[f32], pairs: &mut [u32]);
    unsafe fn to_wide_bf16_on = bf16::to_wide_bf16, (row: &[f32], wide: &mut [f32]);
    unsafe fn to_words_on = rows::to_words, (row: *const f32, count: usize, words: *mut i16, largest: f32) -> f32;
    unsafe fn attend_on = attention::attend, (sequence: Sequence, first: usize, rows: usize, out: *mut f32, space: *mut f32);
    unsafe fn layer_norm_on = rows::layer_norm, (row: *mut f32, count: usize, weight: *const f32, bias: *const f32, eps: f32);
    unsafe fn gelu_on = rows::gelu_row, (row: *mut f32, count: usize);
    unsafe fn tanh_gelu_on = rows::tanh_gelu_row, (row: *mut f32, count: usize);
    unsafe fn powers_on = rows::powers, (row: *mut f32, count: usize, padded: usize) -> f32;
    unsafe fn to_bytes_on = rows::to_bytes, (row: *const f32, count: usize, bytes: *mut u8) -> [f32; 2];
    unsafe fn forest_on = forest::sixteen,
        (forest: &Forest, columns: &[[f32; 16]], left: &mut [[u32; 16]], sums: &mut [f32; 16]);
    unsafe fn byte_dot_on = forest::byte_dot, (values: &[i8], query: &[f32]) -> f32;
}

/// What makes the functions below safe to call with any set.
fn available(set: Instructions) -> Instructions {
    if set.available() { set } else { Instructions::Portable }
}

/// Scales each row of `rows` (of `weight.len()` values) to mean 0 and variance 1, then by `weight` and `bias`.
pub fn layer_norm(set: Instructions, rows: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    assert_eq!(weight.len(), bias.len());
    let set = available(set);
    for row in rows.chunks_exact_mut(weight.len()) {
        // SAFETY: all three have the same length.
        unsafe { layer_norm_on(set, row.as_mut_ptr(), row.len(), weight.as_ptr(), bias.as_ptr(), eps) }
    }
}

/// The product of an int8 row with a query of the same length, summed in sixteen lanes, then lane by lane.
pub fn byte_dot(set: Instructions, values: &[i8], query: &[f32]) -> f32 {
    assert_eq!(values.len(), query.len());
    // SAFETY: the set is there; slices are checked inside.
    unsafe { byte_dot_on(available(set), values, query) }
}

/// x · Φ(x) of each value.
pub fn gelu(set: Instructions, values: &mut [f32]) {
    // SAFETY: the length is the slice's.
    unsafe { gelu_on(available(set), values.as_mut_ptr(), values.len()) }
}

/// The tanh form of GELU of each value.
pub fn tanh_gelu(set: Instructions, values: &mut [f32]) {
    // SAFETY: the length is the slice's.
    unsafe { tanh_gelu_on(available(set), values.as_mut_ptr(), values.len()) }
}

/// Replaces the first `count` values of a row (of a length that is a multiple of 16) by 2^(value − highest), the others by
/// 0, and returns their sum.
pub fn powers(set: Instructions, row: &mut [f32], count: usize) -> f32 {
    assert!((1..=row.len()).contains(&count) && row.len().is_multiple_of(16));
    // SAFETY: the lengths are checked above.
    unsafe { powers_on(available(set), row.as_mut_ptr(), count, row.len()) }
}

/// Attention of the rows `rows` of one sequence. `projected`: length × 3·width, each row queries, keys and values of all
/// heads; queries are scaled so that scores are logarithms to base 2. `out`: rows × width. `space` is work space.
pub fn attend(
    set: Instructions,
    projected: &[f32],
    width: usize,
    heads: usize,
    rows: std::ops::Range<usize>,
    out: &mut [f32],
    space: &mut Vec<f32>,
) {
    let length = projected.len() / (3 * width);
    assert!(heads > 0 && width.is_multiple_of(heads));
    assert_eq!(projected.len(), length * 3 * width);
    assert!(rows.start <= rows.end && rows.end <= length);
    assert_eq!(out.len(), rows.len() * width);
    if rows.is_empty() {
        return;
    }
    let needed = attention::work_space(length, width / heads);
    if space.len() < needed {
        space.resize(needed, 0.0);
    }
    let sequence = Sequence { projected: projected.as_ptr(), length, width, heads };
    // SAFETY: lengths are checked above.
    unsafe { attend_on(available(set), sequence, rows.start, rows.len(), out.as_mut_ptr(), space.as_mut_ptr()) }
}
