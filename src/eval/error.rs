//! Why a set could not be measured.
use std::path::PathBuf;

use crate::engine::EngineError;
use crate::train::data::DataError;

/// An error of `eval`. Messages name files, never words of a note.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum EvalError {
    #[error("set \"{set}\" is not known: there is no such folder, and no such kind of set; allowed: {allowed}", allowed = super::sets::KINDS)]
    UnknownSet { set: String },
    #[error("{set} has no part \"{part}\"; {hint}")]
    NoSuchPart { set: String, part: &'static str, hint: String },
    #[error(
        "{path} differs from its digest in {list}: gold was changed; commit the change with its source and the new digest first"
    )]
    Changed { path: PathBuf, list: PathBuf },
    #[error("{set}: a baseline is measured on labels:DIR only, whose train part it learns from")]
    BaselineNeedsLabels { set: String },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: String },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl EvalError {
    /// 2 the caller's, 3 ours.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Engine(e) => e.exit_status(),
            _ => 2,
        }
    }
}
