//! The arithmetic of the fast CPU path: the one folder with `unsafe`.
//!
//! Why it is needed: a transformer's products run five times faster with the vector instructions of the CPU at hand than
//! with those that every CPU has, and only `unsafe` functions may use them. All of them are reached through the safe
//! functions here, which check lengths and choose the instruction set; every one is tested against the portable version
//! over random shapes, for equal bits.
#![allow(unsafe_code)]
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod lanes;
mod portable;
mod product;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use attention::Sequence;
use product::{Finish, PANEL, Scales};

/// The instruction sets, slowest first. All give the same bits (the portable one on x86-64 but for a last bit once in
/// 2²⁹ operations).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Instructions {
    Portable,
    /// With FMA.
    Avx2,
    /// With the 256-bit `vpdpbusd`.
    Avx2Vnni,
    /// F, BW, DQ and VL.
    Avx512,
    Avx512Vnni,
}

impl Instructions {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Avx2, Self::Avx2Vnni, Self::Avx512, Self::Avx512Vnni];

    /// The best that this CPU has, or the one that the environment variable `SUPERBILL_CPU` names (for measurements).
    pub fn best() -> Self {
        static BEST: OnceLock<Instructions> = OnceLock::new();
        *BEST.get_or_init(|| {
            let asked = std::env::var("SUPERBILL_CPU").ok();
            let named = |i: &Self| asked.as_deref().is_none_or(|a| a.eq_ignore_ascii_case(i.name()));
            let there = || Self::ALL.into_iter().rev().filter(|i| i.available());
            there().find(named).or_else(|| there().next()).unwrap_or(Self::Portable)
        })
    }

    /// Its name in results of measurements.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx2Vnni => "avx2-vnni",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512-vnni",
        }
    }

    /// Whether this CPU has it.
    pub fn available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            match self {
                Self::Portable => true,
                Self::Avx2 => avx2,
                Self::Avx2Vnni => avx2 && is_x86_feature_detected!("avxvnni"),
                Self::Avx512 => avx2 && avx512,
                Self::Avx512Vnni => avx2 && avx512 && is_x86_feature_detected!("avx512vnni"),
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Portable
        }
    }
}

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
                        unsafe { $module::$function::<avx512::Avx512<false>>($($argument),*) }
                    }
                    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
                    unsafe fn avx512_vnni($($argument: $type),*) $(-> $result)? {
                        // SAFETY: as above.
                        unsafe { $module::$function::<avx512::Avx512<true>>($($argument),*) }
                    }
                    // SAFETY: the caller vouches for the instruction set and the pointers.
                    unsafe {
                        match set {
                            Instructions::Avx512Vnni => return avx512_vnni($($argument),*),
                            Instructions::Avx512 => return avx512($($argument),*),
                            Instructions::Avx2Vnni => return avx2_vnni($($argument),*),
                            Instructions::Avx2 => return avx2($($argument),*),
                            Instructions::Portable => {}
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
    unsafe fn byte_product_on = product::byte_product,
        (rows: usize, inputs: usize, outputs: usize, a: *const u8, panels: *const i8, out: *mut f32, scales: Scales, end: Finish);
    unsafe fn attend_on = attention::attend, (sequence: Sequence, first: usize, rows: usize, out: *mut f32, space: *mut f32);
    unsafe fn layer_norm_on = rows::layer_norm, (row: *mut f32, count: usize, weight: *const f32, bias: *const f32, eps: f32);
    unsafe fn gelu_on = rows::gelu_row, (row: *mut f32, count: usize);
    unsafe fn to_bytes_on = rows::to_bytes, (row: *const f32, count: usize, bytes: *mut u8) -> [f32; 2];
}

/// What a dense layer does after its product.
#[derive(Clone, Copy, Debug, Default)]
pub struct After<'a> {
    /// Added to the outputs (same shape).
    pub residual: Option<&'a [f32]>,
    /// GELU at the end.
    pub gelu: bool,
}

/// What makes the functions below safe to call with any set.
fn available(set: Instructions) -> Instructions {
    if set.available() { set } else { Instructions::Portable }
}

/// A dense layer's weights, packed for products in f32.
#[derive(Clone, Debug)]
pub struct FloatWeights {
    inputs: usize,
    outputs: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
}

impl FloatWeights {
    /// Packs `weights` (outputs × inputs, row by row).
    pub fn pack(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        let padded = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0f32; padded * inputs];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * inputs).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (i, value) in row.iter().enumerate() {
                    panel[i * PANEL + j] = *value;
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self { inputs, outputs, panels, bias }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// xs (rows × inputs) → out (rows × outputs).
    pub fn apply(&self, set: Instructions, xs: &[f32], out: &mut [f32], after: After) {
        let rows = xs.len() / self.inputs;
        assert_eq!(xs.len(), rows * self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        assert!(after.residual.is_none_or(|r| r.len() == out.len()));
        let residual = after.residual.map_or(std::ptr::null(), <[f32]>::as_ptr);
        let end = Finish { bias: self.bias.as_ptr(), residual, gelu: after.gelu };
        let (panels, set) = (self.panels.as_ptr(), available(set));
        // SAFETY: lengths are checked above and in `pack`; bias is padded there.
        unsafe { product_on(set, rows, self.inputs, self.outputs, xs.as_ptr(), panels, out.as_mut_ptr(), end) }
    }
}

/// A dense layer's weights, packed for products in int8.
#[derive(Clone, Debug)]
pub struct ByteWeights {
    inputs: usize,
    outputs: usize,
    panels: Vec<i8>,
    steps: Vec<f32>,
    sums: Vec<f32>,
    bias: Vec<f32>,
}

/// Rows rounded to bytes.
#[derive(Clone, Debug, Default)]
pub struct ByteRows {
    bytes: Vec<u8>,
    scales: Vec<[f32; 2]>,
}

impl ByteWeights {
    /// Packs int8 `weights` (outputs × inputs; value = step of its output · int8).
    pub fn pack(weights: &[i8], steps: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert_eq!(weights.len(), inputs * outputs, "weights are outputs × inputs");
        assert_eq!(steps.len(), outputs);
        let (padded, groups) = (outputs.next_multiple_of(PANEL), inputs.next_multiple_of(16));
        let mut panels = vec![0i8; padded * groups];
        for (panel, rows) in panels.chunks_exact_mut(PANEL * groups).zip(weights.chunks(PANEL * inputs)) {
            for (j, row) in rows.chunks_exact(inputs).enumerate() {
                for (i, value) in row.iter().enumerate() {
                    panel[(i / 4) * 4 * PANEL + 4 * j + i % 4] = *value;
                }
            }
        }
        let pad = |mut values: Vec<f32>| {
            values.resize(padded, 0.0);
            values
        };
        let sum = |(row, step): (&[i8], &f32)| row.iter().map(|&w| i32::from(w)).sum::<i32>() as f32 * step;
        let sums = pad(weights.chunks_exact(inputs).zip(steps).map(sum).collect());
        Self { inputs, outputs, panels, steps: pad(steps.to_vec()), sums, bias: pad(bias.to_vec()) }
    }

    /// Numbers in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Numbers out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// xs (rows × inputs) → out (rows × outputs). `rounded` is work space.
    pub fn apply(&self, set: Instructions, xs: &[f32], out: &mut [f32], after: After, rounded: &mut ByteRows) {
        let rows = xs.len() / self.inputs;
        assert_eq!(xs.len(), rows * self.inputs);
        assert_eq!(out.len(), rows * self.outputs);
        assert!(after.residual.is_none_or(|r| r.len() == out.len()));
        let set = available(set);
        let stride = self.inputs.next_multiple_of(16);
        if rounded.bytes.len() < rows * stride {
            rounded.bytes.resize(rows * stride, 0);
        }
        rounded.scales.clear();
        for (row, bytes) in xs.chunks_exact(self.inputs).zip(rounded.bytes.chunks_exact_mut(stride)) {
            // SAFETY: a row of bytes has room for the inputs rounded up to 16.
            rounded.scales.push(unsafe { to_bytes_on(set, row.as_ptr(), self.inputs, bytes.as_mut_ptr()) });
        }
        let residual = after.residual.map_or(std::ptr::null(), <[f32]>::as_ptr);
        let end = Finish { bias: self.bias.as_ptr(), residual, gelu: after.gelu };
        let scales = Scales { rows: rounded.scales.as_ptr(), steps: self.steps.as_ptr(), sums: self.sums.as_ptr() };
        let (bytes, panels) = (rounded.bytes.as_ptr(), self.panels.as_ptr());
        // SAFETY: lengths are checked above and in `pack`; what belongs to outputs is padded there.
        unsafe { byte_product_on(set, rows, stride, self.outputs, bytes, panels, out.as_mut_ptr(), scales, end) }
    }
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

/// x · Φ(x) of each value.
pub fn gelu(set: Instructions, values: &mut [f32]) {
    // SAFETY: the length is the slice's.
    unsafe { gelu_on(available(set), values.as_mut_ptr(), values.len()) }
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
