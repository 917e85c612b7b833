//! Measuring the engine on gold that it has never seen.
pub mod scoring;
