//! Integration tests; one module a subject.
mod encoder;
mod layers;
mod rule_cases;
