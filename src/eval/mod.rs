//! Measuring the engine on gold that it has never seen.
pub mod claim_metrics;
pub mod claims;
pub mod em_cases;
pub mod gold;
pub mod scoring;

#[cfg(test)]
mod procedure_labels;
