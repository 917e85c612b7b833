//! What can go wrong with a model, said so that a person can mend it.
use std::path::{Path, PathBuf};

/// An error of the encoder: which file, what was expected, what to do. Never holds text of a note.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum EncoderError {
    /// A file of the model is not there.
    #[error("{what} is missing: {} not found; {hint}", path.display())]
    Missing { what: &'static str, path: PathBuf, hint: String },
    /// A file is there and cannot be read or written.
    #[error("cannot access {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A file is not in the format that its name says.
    #[error("{} is not usable: {detail}; the file is damaged or not what its name says, fetch or build it again", path.display())]
    Format { path: PathBuf, detail: String },
    /// A file differs from what the manifest recorded.
    #[error(
        "{} does not match the manifest: sha256 expected {expected}, found {found}; restore the released file, or rebuild the manifest if you changed it on purpose",
        path.display()
    )]
    Checksum { path: PathBuf, expected: String, found: String },
    /// A weight the architecture needs is not in the file.
    #[error("{} lacks the weight `{name}`; config.json and the weights belong to different models", path.display())]
    MissingWeight { path: PathBuf, name: String },
    /// A weight has another shape than the architecture asks for.
    #[error(
        "{}: weight `{name}` has shape {found:?}, expected {expected:?}; config.json and the weights belong to different models",
        path.display()
    )]
    Shape { path: PathBuf, name: String, expected: Vec<usize>, found: Vec<usize> },
    /// A weight holds NaN or infinity.
    #[error("{}: weight `{name}` holds NaN or infinity; training diverged or the file is damaged, use another copy", path.display())]
    NotFinite { path: PathBuf, name: String },
    /// The model's family is none that is built in.
    #[error("{}: model_type `{found}` is not supported; supported are {supported}", path.display())]
    Family { path: PathBuf, found: String, supported: &'static str },
    /// The tokenizer does not fit the model.
    #[error("{}: tokenizer gives ids up to {highest}, the model has {vocabulary} word vectors; use the tokenizer that was released with the weights", path.display())]
    Vocabulary { path: PathBuf, highest: u32, vocabulary: usize },
    /// `--device` could not be honoured.
    #[error("device `{asked}`: {detail}")]
    Device { asked: String, detail: String },
    /// A model name that resolves to nothing.
    #[error("model `{model}`: {detail}")]
    Unresolved { model: String, detail: String },
    /// Tokenizing failed.
    #[error("tokenizer failed: {0}")]
    Tokenizer(String),
    /// Word pieces that the model cannot take.
    #[error("the encoder cannot take this text: {0}; the tokenizer and the weights belong to different models")]
    Sequence(String),
    /// Arithmetic failed (memory, device).
    #[error("encoder arithmetic failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl EncoderError {
    /// An I/O error at a path; a missing file is told apart.
    pub fn io(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            let hint = "restore it from the release, or name another model directory".to_owned();
            Self::Missing { what, path: path.to_owned(), hint }
        } else {
            Self::Io { path: path.to_owned(), source }
        }
    }

    /// A file with unusable content.
    pub fn format(path: &Path, detail: impl std::fmt::Display) -> Self {
        Self::Format { path: path.to_owned(), detail: detail.to_string() }
    }

    /// Turns what candle says about a weight that is missing or of wrong shape into our own words.
    pub fn weight(path: &Path, error: candle_core::Error) -> Self {
        match error {
            candle_core::Error::CannotFindTensor { path: name } => Self::MissingWeight { path: path.to_owned(), name },
            candle_core::Error::UnexpectedShape { msg, expected, got } => Self::Shape {
                path: path.to_owned(),
                name: msg.rsplit(' ').next().unwrap_or(&msg).to_owned(),
                expected: expected.dims().to_vec(),
                found: got.dims().to_vec(),
            },
            candle_core::Error::WithBacktrace { inner, .. } | candle_core::Error::Context { inner, .. } => {
                Self::weight(path, *inner)
            }
            other => Self::Tensor(other),
        }
    }
}
