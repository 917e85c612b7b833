//! `superbill code`: notes to coded claims.
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::inputs::{self, InputArgs, Job, Shape};
use super::{CliError, Global, open_engine, print};
use crate::engine::{CodedEncounter, Engine, EngineError};
use crate::rules::Severity;

/// Code notes: diagnoses, lines, E/M level, findings, review decision
#[derive(Args, Debug)]
pub struct CodeArgs {
    #[command(flatten)]
    inputs: InputArgs,
    /// Print the JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Exit with status 1 when a finding would deny the claim
    #[arg(long)]
    strict: bool,
    /// Write DIR/<stem>.json for every input
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &CodeArgs, global: &Global) -> Result<u8, CliError> {
    let (jobs, shape) = inputs::read(&args.inputs, args.out.is_some())?;
    let engine = open_engine(global)?;
    if let Some(dir) = &args.out {
        std::fs::create_dir_all(dir).map_err(|e| CliError::usage(format!("{}: {e}", dir.display())))?;
    }
    let results = code_all(&engine, &jobs, args.out.as_deref())?;
    let mut status = 0;
    for result in &results {
        match result {
            Err(e) => status = status.max(e.exit_status()),
            Ok(coded) if args.strict && coded.findings.iter().any(|f| f.severity == Severity::Error) => status = status.max(1),
            Ok(_) => {}
        }
    }
    if args.out.is_none() {
        show(args.json, shape, &jobs, &results)?;
    }
    for (job, result) in jobs.iter().zip(&results) {
        if let Err(e) = result {
            eprintln!("superbill: {}: {e}", job.id);
        }
    }
    Ok(status)
}

type Results = Vec<Result<CodedEncounter, EngineError>>;

/// Codes all jobs on every core; results in input order.
fn code_all(engine: &Engine, jobs: &[Job], out: Option<&Path>) -> Result<Results, CliError> {
    let today = super::today();
    let bar = progress(jobs.len());
    let results: Vec<(Result<CodedEncounter, EngineError>, Result<(), CliError>)> = jobs
        .par_iter()
        .map(|job| {
            let result = match &job.encounter {
                Ok(encounter) => engine.code(encounter, today).map(|mut coded| {
                    coded.converted_from = job.converted_from.map(str::to_owned);
                    coded
                }),
                Err(e) => Err(EngineError::Input(e.clone())),
            };
            let written = out.map_or(Ok(()), |dir| write_result(dir, &job.id, &result));
            bar.inc(1);
            (result, written)
        })
        .collect();
    bar.finish_and_clear();
    results.into_iter().map(|(result, written)| written.map(|()| result)).collect()
}

pub(super) fn progress(length: usize) -> ProgressBar {
    if length < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} notes, {eta} left").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}

/// A failing note is a result with an error.
pub(super) fn error_value(id: &str, error: &EngineError) -> Value {
    json!({"encounter_id": id, "error": {"kind": error.kind(), "message": error.to_string(), "field": error.field()}})
}

fn write_result(dir: &Path, id: &str, result: &Result<CodedEncounter, EngineError>) -> Result<(), CliError> {
    let value = match result {
        Ok(coded) => serde_json::to_string_pretty(coded),
        Err(e) => serde_json::to_string_pretty(&error_value(id, e)),
    };
    let text = value.map_err(|e| CliError::internal(e.to_string()))?;
    write_atomically(&dir.join(format!("{}.json", file_name(id))), &(text + "\n"))
}

/// An id as a file name without its ending: never a path.
pub(super) fn file_name(id: &str) -> String {
    let name: String = id.chars().map(|c| if c == '/' || c == '\\' || c == ':' || c.is_control() { '_' } else { c }).collect();
    if name.trim_matches('.').is_empty() { "note".into() } else { name }
}

/// Writes beside the target and renames, so that nobody reads half a file.
pub(super) fn write_atomically(path: &Path, text: &str) -> Result<(), CliError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed =
        |e: std::io::Error| CliError::usage(format!("cannot write {}: {e}; choose a folder that can be written", path.display()));
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

fn show(as_json: bool, shape: Shape, jobs: &[Job], results: &Results) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let failed = |e: std::io::Error| CliError::internal(format!("standard output: {e}"));
    if !as_json {
        let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(100);
        for (i, coded) in results.iter().flatten().enumerate() {
            if i > 0 {
                writeln!(out).map_err(failed)?;
            }
            out.write_all(print::coded_encounter(coded, width).as_bytes()).map_err(failed)?;
        }
        return Ok(());
    }
    let values = jobs.iter().zip(results).map(|(job, result)| match result {
        Ok(coded) => serde_json::to_value(coded).map_err(|e| CliError::internal(e.to_string())),
        Err(e) => Ok(error_value(&job.id, e)),
    });
    write_json(&mut out, shape, values.collect::<Result<Vec<_>, _>>()?)
}

/// Prints values in the shape of the input.
pub(super) fn write_json(out: &mut impl Write, shape: Shape, mut values: Vec<Value>) -> Result<(), CliError> {
    let failed = |e: std::io::Error| CliError::internal(format!("standard output: {e}"));
    let pretty = |v: &Value| serde_json::to_string_pretty(v).map_err(|e| CliError::internal(e.to_string()));
    match shape {
        Shape::Lines => {
            for value in values {
                writeln!(out, "{value}").map_err(failed)?;
            }
        }
        Shape::Single if values.len() == 1 => writeln!(out, "{}", pretty(&values.remove(0))?).map_err(failed)?,
        Shape::Single | Shape::Array => writeln!(out, "{}", pretty(&Value::Array(values))?).map_err(failed)?,
    }
    Ok(())
}
