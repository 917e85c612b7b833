//! The command line: one file a command. `--json` prints one JSON document on standard output; logs and progress go to
//! standard error. Exit status: 0 done, 1 the work found errors that block the claim, 2 wrong usage or unreadable
//! input, 3 internal failure.
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod inputs;
pub mod train;

/// Open medical-coding engine: a clinical note in, a coded and checked claim out.
#[derive(Parser, Debug)]
#[command(name = "superbill", version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args, Debug, Clone)]
pub struct Global {
    /// Folder for what the program keeps; default: SUPERBILL_DATA, else the platform's data folder
    #[arg(long, global = true, value_name = "DIR", env = "SUPERBILL_DATA")]
    pub data: Option<PathBuf>,
    /// Folder of the released model; default: the one that came with the program
    #[arg(long, global = true, value_name = "DIR", env = "SUPERBILL_MODEL")]
    pub model: Option<PathBuf>,
    /// Folder of the code-set tables; default: the one that came with the program
    #[arg(long, global = true, value_name = "DIR", env = "SUPERBILL_CODESETS")]
    pub codesets: Option<PathBuf>,
    /// Where the transformer runs: cpu, cuda, cuda:N or auto
    #[arg(long, global = true, default_value = "auto")]
    pub device: String,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Trains a model by a recipe
    Train {
        /// The recipe
        #[arg(long, value_name = "FILE.toml")]
        recipe: PathBuf,
        /// Model folder that gets the result; default: the recipe's base
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Only measures the model in DIR on the recipe's dev parts
        #[arg(long)]
        measure: bool,
    },
}

/// A failure that ends the program.
#[derive(Debug)]
pub struct CliError {
    /// Exit status: 2 the caller's, 3 ours.
    pub status: u8,
    /// For a person.
    pub message: String,
}

impl CliError {
    /// The caller can mend it.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { status: 2, message: message.into() }
    }
    /// Ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { status: 3, message: message.into() }
    }
}

/// Entry point of the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(e) => {
            eprintln!("superbill: {}", e.message);
            ExitCode::from(e.status)
        }
    }
}

fn run(cli: Cli) -> Result<u8, CliError> {
    match cli.command {
        Command::Train { recipe, out, measure } => train::run(&recipe, out.as_deref(), measure),
    }
}
