//! Sixteen f32 lanes: what an instruction set must offer. The kernels are written once over this trait, so that every
//! instruction set performs the same operations in the same order and gives the same bits.

/// Added to and subtracted from a number below 2²², it leaves the nearest integer (ties to even); in between, the low
/// bits hold that integer.
pub(super) const ROUND: f32 = 12_582_912.0;

/// Sixteen lanes of an instruction set.
///
/// # Safety
/// Every function needs the instruction set to be there; pointers must be valid for what is read or written through
/// them (16 values unless said otherwise).
pub(super) trait Lanes: Copy {
    /// Sixteen f32.
    type F: Copy;
    /// Sixteen i32.
    type I: Copy;
    /// Rows of a tile of a matrix product.
    const ROWS: usize;
    /// Columns of a tile, in vectors: 1 or 2. `ROWS × VECTORS` sums fit the registers.
    const VECTORS: usize;
    /// Rows of a tile of integers: where the counts of a group and the sums over groups fit the registers together, the better.
    const INTEGER_ROWS: usize = Self::ROWS;

    unsafe fn splat(x: f32) -> Self::F;
    unsafe fn load(from: *const f32) -> Self::F;
    unsafe fn store(to: *mut f32, v: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    /// a · b + c, rounded once.
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    /// `a` where `x` is below zero, `b` elsewhere.
    unsafe fn where_negative(x: Self::F, a: Self::F, b: Self::F) -> Self::F;
    unsafe fn abs(a: Self::F) -> Self::F;
    /// p · 2ⁿ, where n is the integer in the low bits of `rounded` (a number plus [`ROUND`]).
    unsafe fn scale_by_power(p: Self::F, rounded: Self::F) -> Self::F;
    /// Lanes i and i + 8 are added, then i and i + 4, and so on.
    unsafe fn sum(v: Self::F) -> f32;
    unsafe fn highest(v: Self::F) -> f32;
    unsafe fn lowest(v: Self::F) -> f32;

    unsafe fn zero_i() -> Self::I;
    /// The same four bytes in every lane.
    unsafe fn splat_bytes(from: *const u8) -> Self::I;
    /// Adds to each lane the products of four unsigned bytes with four signed bytes of `weights` (64 bytes).
    unsafe fn dot(sum: Self::I, bytes: Self::I, weights: *const i8) -> Self::I;
    /// The same two i16 in every lane.
    unsafe fn splat_words(from: *const i16) -> Self::I;
    /// Sixteen pairs of signed bytes, widened to i16.
    unsafe fn load_pairs(from: *const i8) -> Self::I;
    /// Adds to each lane the products of its two i16 with two others.
    unsafe fn dot_pairs(sum: Self::I, words: Self::I, pairs: Self::I) -> Self::I;
    unsafe fn to_float(v: Self::I) -> Self::F;
    /// Adds to each lane the products of a pair of bf16 with sixteen pairs: of the numbers in the high halves first, then
    /// of those in the low ones, each sum rounded once. Other sets than the one with an instruction for it have no need of it.
    #[inline(always)]
    unsafe fn dot_bf16(sum: Self::F, pair: *const u32, pairs: *const u32) -> Self::F {
        // SAFETY: as for the function.
        unsafe { dot_bf16_apart::<Self>(sum, pair, pairs) }
    }
    /// Asks for the cache line at an address, which need not be valid.
    unsafe fn prefetch(from: *const i8);
    /// Writes the low bytes of sixteen numbers plus [`ROUND`].
    unsafe fn store_bytes(to: *mut u8, rounded: Self::F);
    /// Writes the low halves of sixteen numbers plus [`ROUND`], as i16.
    unsafe fn store_words(to: *mut i16, rounded: Self::F);
}

/// [`Lanes::dot_bf16`] in multiply-adds.
#[inline(always)]
pub(super) unsafe fn dot_bf16_apart<S: Lanes>(sum: S::F, pair: *const u32, pairs: *const u32) -> S::F {
    // SAFETY: the caller vouches for the instruction set and the pointers.
    unsafe {
        let halves = |pair: u32| [f32::from_bits(pair & 0xffff_0000), f32::from_bits(pair << 16)];
        let (mut high, mut low) = ([0f32; 16], [0f32; 16]);
        for (lane, pair) in pairs.cast::<[u32; 16]>().read_unaligned().into_iter().enumerate() {
            [high[lane], low[lane]] = halves(pair);
        }
        let [first, second] = halves(*pair);
        let sum = S::fma(S::splat(first), S::load(high.as_ptr()), sum);
        S::fma(S::splat(second), S::load(low.as_ptr()), sum)
    }
}
