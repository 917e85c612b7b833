//! What can go wrong in the engine, split into the caller's fault and ours.
use crate::note::input::InputError;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The encounter cannot be coded as it was given.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The claim cannot be read as it was given.
    #[error("{0}")]
    Claim(String),
    /// Weights, tables or settings that do not open; the message says which and what to do.
    #[error("{0}")]
    Open(String),
    /// Ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl EngineError {
    /// Short name for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Input(_) | Self::Claim(_) => "input",
            Self::Open(_) => "installation",
            Self::Internal(_) => "internal",
        }
    }
    /// The field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Input(e) => e.field(),
            _ => None,
        }
    }
    /// 2 the caller's, 3 ours.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Claim(_) => 2,
            Self::Open(_) | Self::Internal(_) => 3,
        }
    }
}
