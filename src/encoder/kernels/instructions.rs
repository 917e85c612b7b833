//! Which instruction sets there are, and which one this CPU is best at.
use std::sync::OnceLock;

/// The instruction sets, slowest first. All give the same bits (the portable one on x86-64 but for a last bit once in
/// 2²⁹ operations; `vdpbf16ps` but for sums below 1.2e-38, which it takes for 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Instructions {
    Portable,
    /// Every aarch64 has it.
    Neon,
    /// With `sdot`.
    NeonDot,
    /// With FMA.
    Avx2,
    /// With the 256-bit `vpdpbusd`.
    Avx2Vnni,
    /// F, BW, DQ and VL.
    Avx512,
    Avx512Vnni,
    /// With VNNI and `vdpbf16ps`.
    Avx512Bf16,
}

impl Instructions {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Portable, Self::Neon, Self::NeonDot, Self::Avx2, Self::Avx2Vnni, Self::Avx512, Self::Avx512Vnni, Self::Avx512Bf16];

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
            Self::Neon => "neon",
            Self::NeonDot => "neon-dot",
            Self::Avx2 => "avx2",
            Self::Avx2Vnni => "avx2-vnni",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512-vnni",
            Self::Avx512Bf16 => "avx512-bf16",
        }
    }

    /// Whether it multiplies bytes as fast as it can multiply anything (VNNI, `sdot`).
    pub(super) fn has_byte_products(self) -> bool {
        matches!(self, Self::NeonDot | Self::Avx2Vnni | Self::Avx512Vnni | Self::Avx512Bf16)
    }

    /// Whether it multiplies pairs of bf16.
    pub(super) fn has_bf16_products(self) -> bool {
        self == Self::Avx512Bf16
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
            let vnni = is_x86_feature_detected!("avx512vnni");
            match self {
                Self::Portable => true,
                Self::Neon | Self::NeonDot => false,
                Self::Avx2 => avx2,
                Self::Avx2Vnni => avx2 && is_x86_feature_detected!("avxvnni"),
                Self::Avx512 => avx2 && avx512,
                Self::Avx512Vnni => avx2 && avx512 && vnni,
                Self::Avx512Bf16 => avx2 && avx512 && vnni && is_x86_feature_detected!("avx512bf16"),
            }
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        {
            match self {
                Self::Portable | Self::Neon => true,
                Self::NeonDot => std::arch::is_aarch64_feature_detected!("dotprod"),
                _ => false,
            }
        }
        #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
        {
            self == Self::Portable
        }
    }
}
