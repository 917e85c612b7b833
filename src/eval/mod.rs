//! Measuring the engine on gold that it has never seen.
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`sets`] | which set, which part? |
//! | [`gold`], [`encounters`], [`mimic`] | what should each document come to? |
//! | [`predicted`] | what did the engine come to? |
//! | [`claim_score`], [`lines`], [`em_levels`], [`ranking`], [`losses`] | how does one document compare? |
//! | [`claim_metrics`], [`calibration`], [`scoring`], [`figures`] | the figures of a set, and how sure they are |
//! | [`mentions`], [`assertions`], [`relations`], [`linking`], `texts` | mentions, their assertion, relations and codes, each by itself |
//! | [`claims`], [`em_cases`] | sets of rules' cases: claims with their findings, visits with their level |
//! | [`codiesp`] | the tasks of CodiEsp as its organisers score them |
//! | [`baselines`] | what would a dictionary, an encoder as published or a linear classifier come to? |
//! | [`run`] | a set measured from end to end |
//! | [`test_log`] | was this gold fixed before it was scored, and how often was it? |
//! | [`table`], [`report`] | the figures for a terminal, and as a page |
pub mod assertions;
pub mod baselines;
pub mod calibration;
pub mod claim_metrics;
pub mod claim_score;
pub mod claims;
pub mod codiesp;
pub mod em_cases;
pub mod em_levels;
pub mod encounters;
pub mod error;
pub mod figures;
pub mod gold;
pub mod lines;
pub mod linking;
pub mod losses;
pub mod mentions;
pub mod mimic;
pub mod predicted;
pub mod ranking;
pub mod relations;
pub mod report;
pub mod run;
pub mod scoring;
pub mod sets;
pub mod table;
pub mod test_log;
mod texts;

#[cfg(test)]
mod procedure_labels;

pub use error::EvalError;
