//! The command line: one file a command.
use std::process::ExitCode;

/// Entry point of the program.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
