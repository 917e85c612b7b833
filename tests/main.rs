//! Integration tests; one module a subject.
mod encoder;
mod layers;
