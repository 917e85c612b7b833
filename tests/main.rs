//! Integration tests; one module a subject.
#![allow(missing_docs, clippy::unwrap_used)]
mod claims;
mod codesets;
mod command_line;
mod encoder;
mod endpoint;
mod eval_overlap;
mod eval_sets;
mod layers;
mod packed;
mod rule_cases;
mod schemas;
