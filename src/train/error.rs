//! What can go wrong in training.
use std::path::PathBuf;

use super::data::DataError;
use crate::encoder::EncoderError;

/// An error of a training run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TrainError {
    #[error("recipe {path}: {reason}")]
    Recipe { path: PathBuf, reason: String },
    #[error("cannot read or write {path}: {reason}")]
    Io { path: PathBuf, reason: String },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    #[error("the loss is not a number at step {step}; lower the learning rate and resume from the last checkpoint")]
    Diverged { step: usize },
}
