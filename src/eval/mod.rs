//! Measuring the engine on gold that it has never seen.
pub mod claim_metrics;
pub mod codiesp;
pub mod gold;
pub mod scoring;
