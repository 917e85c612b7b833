//! Rules about the form of the claim itself.
mod claim_structure;

pub use claim_structure::ClaimStructure;
