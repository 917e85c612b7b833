//! Rules about what is covered: diagnoses for procedures, and how often.
mod coverage_dx_procedure;
mod coverage_frequency;
mod linkage;

pub use coverage_dx_procedure::CoverageDxProcedure;
pub use coverage_frequency::CoverageFrequency;
