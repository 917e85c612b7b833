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
    /// A file of an import has rows that are not as they should be.
    #[error("{}: {}; nothing of this file was imported{}", file.display(), counted(*total, problems.len()), listed(problems, *total))]
    Rows {
        /// The file; one inside an archive as `archive.zip/entry.txt`.
        file: PathBuf,
        /// The first of them.
        problems: Vec<RowProblem>,
        /// How many were found before reading stopped.
        total: usize,
    },
    /// A file that cannot be imported at all.
    #[error("{}: {problem}; nothing of this file was imported", file.display())]
    Refused {
        /// The file; one inside an archive as `archive.zip/entry.txt`.
        file: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// A file could not be fetched.
    #[error("{url}: {problem}. The editions that were installed before are still in use")]
    Download {
        /// Address.
        url: String,
        /// What went wrong.
        problem: String,
    },
}

/// A cell that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// Line of the file, counted from 1 with everything before the header; of a sheet its row.
    pub row: usize,
    /// Column name.
    pub column: String,
    /// What should stand there.
    pub expected: String,
    /// What stands there, cut to 40 characters.
    pub found: String,
}

fn counted(total: usize, shown: usize) -> String {
    match total {
        1 => "one place is not as expected".to_string(),
        _ if total > shown => format!("more than {shown} places are not as expected"),
        _ => format!("{total} places are not as expected"),
    }
}

fn listed(problems: &[RowProblem], total: usize) -> String {
    let mut text = String::new();
    for p in problems {
        text += &format!("\n  row {}, column {}: expected {}, found `{}`", p.row, p.column, p.expected, p.found);
    }
    if total > problems.len() {
        text += "\n  and more";
    }
    text
}

impl CodesetError {
    pub(super) fn io(file: &Path, source: std::io::Error) -> Self {
        Self::Io { file: file.to_path_buf(), source }
    }

    pub(super) fn corrupt(file: &Path, problem: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_path_buf(), problem: problem.into() }
    }

    pub(super) fn refused(file: &Path, problem: impl Into<String>) -> Self {
        Self::Refused { file: file.to_path_buf(), problem: problem.into() }
    }

    /// Whether the file given is at fault, not this program or its tables.
    pub fn is_callers(&self) -> bool {
        matches!(self, Self::Rows { .. } | Self::Refused { .. } | Self::Download { .. } | Self::Source { .. })
    }

    pub(super) fn source(file: &Path, row: usize, column: &str, expected: impl Into<String>) -> Self {
        Self::Source { file: file.to_path_buf(), row, column: column.into(), expected: expected.into() }
    }
}
