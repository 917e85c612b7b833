//! Mentions and assertion: the upper layers of the tagging branch and the heads, learned together.
pub mod activations;
pub mod batch;
pub mod evaluate;
pub mod examples;
pub mod export;
pub mod measure;
pub mod optimizer;
pub mod prepare;
pub mod recipe;
pub mod run;
