//! The command line: one file a command. `--json` prints one JSON document on standard output; logs and progress go to
//! standard error. Exit status: 0 done, 1 the work found errors that block the claim, 2 wrong usage or unreadable
//! input, 3 internal failure.
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::engine::{Engine, EngineConfig};
use crate::serve::today;

mod code;
mod codesets;
mod codesets_import;
mod codesets_update;
mod eval;
mod eval_codiesp;
mod inputs;
mod level;
mod lookup;
mod models;
mod print;
mod rules;
mod scrub;
mod serve;
mod train;

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

impl Global {
    /// The data folder: as given, else the platform's; `None` on a system that has none.
    pub fn data_folder(&self) -> Option<PathBuf> {
        let platform = || directories::ProjectDirs::from("", "", "superbill").map(|dirs| dirs.data_dir().to_path_buf());
        self.data.clone().or_else(platform)
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    Code(code::CodeArgs),
    /// Check claims against every rule; no model
    Scrub(scrub::ScrubArgs),
    Level(level::LevelArgs),
    Lookup(lookup::LookupArgs),
    Serve(serve::ServeArgs),
    Train(train::TrainArgs),
    Eval(eval::EvalArgs),
    /// The reference tables: list, import, update, build, verify
    Codesets(codesets::CodesetsArgs),
    /// Model folders: convert a checkpoint, compute code vectors, verify
    Models(models::ModelsArgs),
    /// What is checked, and why
    Rules(rules::RulesArgs),
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
    start_logging();
    match run(&cli) {
        Ok(status) => ExitCode::from(status),
        Err(e) => {
            eprintln!("superbill: {}", e.message);
            ExitCode::from(e.status)
        }
    }
}

fn run(cli: &Cli) -> Result<u8, CliError> {
    match &cli.command {
        Command::Code(args) => code::run(args, &cli.global),
        Command::Scrub(args) => scrub::run(args, &cli.global, today()),
        Command::Level(args) => level::run(args, &cli.global),
        Command::Lookup(args) => lookup::run(args, &cli.global),
        Command::Serve(args) => serve::run(args, &cli.global),
        Command::Train(args) => train::run(args, &cli.global),
        Command::Eval(args) => eval::run(args, &cli.global),
        Command::Codesets(args) => codesets::run(args, &cli.global),
        Command::Models(args) => {
            let text = models::run(args, cli.global.codesets.as_deref(), &cli.global.device)
                .map_err(|e| CliError::usage(e.to_string()))?;
            print!("{text}");
            Ok(0)
        }
        Command::Rules(args) => {
            print!("{}", rules::run(args, &cli.global)?);
            Ok(0)
        }
    }
}

/// Logs go to standard error; `SUPERBILL_LOG` sets the level (default: warnings).
fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SUPERBILL_LOG").unwrap_or_else(|_| "warn,superbill=info".into());
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Opens the engine with the folders that the flags name or that came with the program. It stays open until the process
/// ends: taking its tables apart piece by piece would cost a tenth of what coding a note does.
fn open_engine(global: &Global) -> Result<ManuallyDrop<Engine>, CliError> {
    let config = EngineConfig {
        model: global.model.clone(),
        codesets: global.codesets.clone(),
        data: global.data_folder(),
        device: global.device.clone(),
    };
    let engine = Engine::open(&config).map_err(|e| CliError { status: e.exit_status(), message: e.to_string() })?;
    Ok(ManuallyDrop::new(engine))
}
