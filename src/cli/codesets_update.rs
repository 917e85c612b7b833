//! `superbill codesets update`.
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use super::CliError;
use super::codesets::cli_error;
use super::codesets_import::in_words;
use crate::codeset::Kind;
use crate::codeset::update::{OfficialFile, Outcome, Progress, UpdateOptions, read_sources, update};
use crate::serve::today;

/// Downloads and installs the current official files; the editions installed before stay.
#[derive(Args, Debug)]
pub struct UpdateArgs {
    /// Kinds to update (ncci-ptp, ncci-mue, ncci-add-on, fee-schedule, hcpcs, icd10cm, icd10pcs); all where none is named
    #[arg(value_name = "KIND")]
    pub kinds: Vec<String>,
    /// You have read and accept the AMA's terms for files that carry CPT
    #[arg(long)]
    pub accept_ama_license: bool,
    /// List of addresses; the one beside the tables where not given
    #[arg(long, value_name = "FILE")]
    pub sources: Option<PathBuf>,
    /// Day for which current files are sought; today where not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Tries for each address
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub attempts: u32,
    /// Seconds before the second try, doubled for each further one
    #[arg(long, default_value_t = 2.0)]
    pub wait: f64,
}

/// Runs the command. A file that fails does not stop the others; the status is then 2.
pub fn run(args: &UpdateArgs, folder: &Path, data: &Path) -> Result<u8, CliError> {
    let path = args.sources.clone().unwrap_or_else(|| folder.join("sources.toml"));
    let mut files = read_sources(&path).map_err(cli_error)?;
    let mut kinds = Vec::new();
    for name in &args.kinds {
        let known = || Kind::ALL.iter().map(|k| k.id()).collect::<Vec<_>>().join(", ");
        kinds
            .push(Kind::by_id(name).ok_or_else(|| CliError::usage(format!("`{name}` is no kind of table; known: {}", known())))?);
    }
    files.retain(|f| kinds.is_empty() || kinds.contains(&f.kind));
    if files.is_empty() {
        return Err(CliError::usage(format!("{} has no address for these kinds", path.display())));
    }
    let day = match &args.date {
        Some(text) => text.parse::<Date>().map_err(|_| CliError::usage("--date: expected a date YYYY-MM-DD"))?,
        None => today(),
    };
    let wait = std::time::Duration::try_from_secs_f64(args.wait).map_err(|_| CliError::usage("--wait: expected seconds"))?;
    let options = UpdateOptions {
        accept_ama_license: args.accept_ama_license,
        attempts: args.attempts,
        first_wait: wait,
        ..UpdateOptions::on(day)
    };
    let mut status = 0;
    let mut shown = false;
    for file in &files {
        match one(file, folder, data, &options, &mut shown) {
            Ok(Outcome::Installed(tables)) => tables.iter().for_each(|table| print!("{}", in_words(table))),
            Ok(Outcome::Current(edition)) => println!("{edition} is installed already"),
            Err(error) => {
                status = status.max(error.status);
                eprintln!("superbill: {}", error.message);
            }
        }
    }
    Ok(status)
}

fn one(
    file: &OfficialFile,
    folder: &Path,
    data: &Path,
    options: &UpdateOptions,
    terms_shown: &mut bool,
) -> Result<Outcome, CliError> {
    eprintln!("{}", file.title);
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("  {bar:40} {bytes} of {total_bytes} {bytes_per_sec} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut report = |progress: Progress<'_>| match progress {
        Progress::Terms(text) => {
            if !std::mem::replace(terms_shown, true) {
                eprintln!("{text}\n");
            }
        }
        Progress::Seeking(url) => bar.set_message(url.to_string()),
        Progress::Received(bytes, whole) => {
            if let Some(whole) = whole {
                bar.set_length(whole);
            }
            bar.set_position(bytes);
        }
        Progress::Waiting(problem, wait) => bar.set_message(format!("{problem}; again in {} s", wait.as_secs_f64())),
    };
    let outcome = update(folder, data, file, options, &mut report);
    bar.finish_and_clear();
    outcome.map_err(cli_error)
}
