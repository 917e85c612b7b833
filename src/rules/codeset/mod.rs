//! The rule about the tables themselves.
mod codeset_coverage;

pub use codeset_coverage::CodesetCoverage;
