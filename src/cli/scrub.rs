//! `superbill scrub`: the rules over claims that are already coded; no model.
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::codesets::folder_or_embedded;
use super::{CliError, Global};
use crate::codeset::CodeSets;
use crate::note::input::{self, InputError};
use crate::rules::{Border, ClaimFile, Payers, Scrubbed, blocks, newest_edition_end, run_examples, scrub};

/// Arguments of `superbill scrub`.
#[derive(Args, Debug)]
pub struct ScrubArgs {
    /// Claims or coded encounters (.json; .jsonl one a line); `-` or nothing reads standard input
    pub files: Vec<PathBuf>,
    /// Prints one JSON document
    #[arg(long)]
    pub json: bool,
}

/// A claim to check, or what is wrong with the input.
struct Job {
    name: String,
    text: Result<String, InputError>,
}

/// Runs the command. Status 0: nothing blocks a claim; 1: an error does; 2: an input could not be read.
pub fn run(args: &ScrubArgs, global: &Global, today: jiff::civil::Date) -> Result<u8, CliError> {
    let (jobs, lines) = read(&args.files)?;
    let folder = folder_or_embedded(global.codesets.as_deref()).map_err(|error| CliError::internal(error.to_string()))?;
    let code_sets =
        CodeSets::open_with(&folder, global.data_folder().as_deref()).map_err(|error| CliError::internal(error.to_string()))?;
    let payers = open_payers(&folder)?;
    let border = Border { payers: &payers, newest_edition_end: newest_edition_end(&code_sets), default_date: today };
    let mut results = Vec::new();
    let mut status = 0;
    for job in jobs {
        let result = job.text.and_then(|text| ClaimFile::from_json(&text, border));
        let scrubbed = result.map(|file| scrub(&file, &job.name, &code_sets, &payers));
        match scrubbed {
            Ok(Some(scrubbed)) => {
                status = status.max(u8::from(blocks(&scrubbed.findings)));
                results.push(Ok(scrubbed));
            }
            Ok(None) => return Err(CliError::internal("a payer that was accepted is not known")),
            Err(error) => {
                status = 2;
                results.push(Err((job.name, error)));
            }
        }
    }
    let text = match (args.json, lines) {
        (true, true) => results.iter().map(|result| as_json(result).to_string() + "\n").collect(),
        (true, false) => match results.as_slice() {
            [only] => pretty(&as_json(only))?,
            all => pretty(&Value::Array(all.iter().map(as_json).collect()))?,
        },
        (false, _) => results.iter().map(in_words).collect::<Vec<String>>().join("\n"),
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| CliError::internal(error.to_string()))?;
    Ok(status)
}

/// The payers of the code sets' folder, or those that come with the program.
pub fn open_payers(code_sets: &Path) -> Result<Payers, CliError> {
    let folder = code_sets.join("payers");
    let payers = if folder.is_dir() { Payers::open(&folder) } else { Payers::embedded() };
    payers.map_err(|error| CliError::usage(error.to_string()))
}

/// Runs the examples in payers' files; returns their number.
pub fn verify_payers(folder: &Path) -> Result<usize, CliError> {
    let code_sets = CodeSets::open(folder).map_err(|error| CliError::internal(error.to_string()))?;
    let (count, failures) = run_examples(&code_sets, &open_payers(folder)?);
    match failures.is_empty() {
        true => Ok(count),
        false => Err(CliError::usage(format!("examples in payers' files do not hold:\n{}", failures.join("\n")))),
    }
}

/// All claims in input order, and whether the results go out one a line.
fn read(files: &[PathBuf]) -> Result<(Vec<Job>, bool), CliError> {
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input } else { files };
    let mut jobs = Vec::new();
    let mut lines = false;
    for file in files {
        let (name, bytes) = load(file)?;
        let text = match input::decode(&bytes, None) {
            Ok(decoded) => decoded.text,
            Err(error) => {
                jobs.push(Job { name, text: Err(error) });
                continue;
            }
        };
        // Standard input has no name: several objects, one a line, are JSONL.
        let several = || {
            let mut rows = text.lines().map(str::trim).filter(|row| !row.is_empty());
            rows.clone().count() > 1 && rows.all(|row| row.starts_with('{') && row.ends_with('}'))
        };
        if file.extension().is_some_and(|extension| extension == "jsonl") || (file.as_path() == Path::new("-") && several()) {
            lines = true;
            let rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
            jobs.extend(rows.map(|(number, row)| Job { name: format!("{name}-{}", number + 1), text: Ok(row.to_owned()) }));
        } else if text.trim_start().starts_with('[') {
            match input::from_json::<Vec<Value>>(&text) {
                Ok(claims) => jobs.extend(
                    claims
                        .iter()
                        .enumerate()
                        .map(|(number, claim)| Job { name: format!("{name}-{}", number + 1), text: Ok(claim.to_string()) }),
                ),
                Err(error) => jobs.push(Job { name, text: Err(error) }),
            }
        } else {
            jobs.push(Job { name, text: Ok(text) });
        }
    }
    Ok((jobs, lines))
}

fn load(file: &Path) -> Result<(String, Vec<u8>), CliError> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| CliError::usage(format!("standard input: {error}")))?;
        return Ok(("stdin".to_owned(), bytes));
    }
    let bytes = std::fs::read(file).map_err(|error| CliError::usage(format!("{}: {error}", file.display())))?;
    Ok((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), bytes))
}

type Outcome = Result<Scrubbed, (String, InputError)>;

fn as_json(result: &Outcome) -> Value {
    match result {
        Ok(scrubbed) => serde_json::to_value(scrubbed).unwrap_or(Value::Null),
        Err((name, error)) => json!({"encounter_id": name, "error": {"message": error.to_string(), "field": error.field()}}),
    }
}

fn pretty(value: &Value) -> Result<String, CliError> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| CliError::internal(error.to_string()))
}

fn in_words(result: &Outcome) -> String {
    let scrubbed = match result {
        Ok(scrubbed) => scrubbed,
        Err((name, error)) => return format!("{name}: {error}\n"),
    };
    let context = &scrubbed.context;
    let mut text = format!(
        "{}: date of service {}, payer {}, place of service {}\n",
        scrubbed.encounter_id, context.date_of_service, context.payer, context.place_of_service
    );
    if scrubbed.findings.is_empty() {
        text.push_str("  nothing to report\n");
    }
    for finding in &scrubbed.findings {
        text.push_str(&format!("  {:7} {}\n          {}\n", finding.severity.as_str(), finding.rule, finding.message));
        if let Some(fix) = &finding.fix {
            text.push_str(&format!("          fix: {}\n", fix.in_words()));
        }
        let source = &finding.source;
        text.push_str(&format!("          source: {}, {}, {}\n", source.title, source.edition, source.locator));
    }
    text
}
