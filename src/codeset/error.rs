//! What can go wrong while a table is built or opened.
use std::path::{Path, PathBuf};

/// A code set that cannot be used: which file, what is wrong with it, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodesetError {
    /// No folder of tables was found.
    #[error(
        "no code sets found; looked in {looked_in}. Give their folder with SUPERBILL_CODESETS or build them with `superbill codesets build`"
    )]
    NotFound {
        /// The folders that were tried, separated by commas.
        looked_in: String,
    },
    /// The file cannot be read or written.
    #[error("{}: {source}. Check that the file is there and readable, or build it again with `superbill codesets build`", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not the table it should be: cut short, changed, or of another version.
    #[error("{}: {problem}. Restore the file from the release or build it again with `superbill codesets build`", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A source file of a build is not in the expected form.
    #[error("{}, row {row}, column {column}: expected {expected}", file.display())]
    Source {
        /// The file.
        file: PathBuf,
        /// Row, counted from 1 with the header; 0 where the whole file is meant.
        row: usize,
        /// Column name.
        column: String,
        /// What should stand there.
        expected: String,
    },
}

impl CodesetError {
    pub(super) fn io(file: &Path, source: std::io::Error) -> Self {
        Self::Io { file: file.to_path_buf(), source }
    }

    pub(super) fn corrupt(file: &Path, problem: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_path_buf(), problem: problem.into() }
    }

    pub(super) fn source(file: &Path, row: usize, column: &str, expected: impl Into<String>) -> Self {
        Self::Source { file: file.to_path_buf(), row, column: column.into(), expected: expected.into() }
    }
}
