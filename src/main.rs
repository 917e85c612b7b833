//! The `superbill` program; everything is in the library.
use std::process::ExitCode;

fn main() -> ExitCode {
    superbill::cli::main()
}
