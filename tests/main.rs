//! Integration tests; one module a subject.
#![allow(missing_docs)]
mod command_line;
mod encoder;
mod endpoint;
mod layers;
mod rule_cases;
mod schemas;
