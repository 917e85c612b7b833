//! `superbill level`: the E/M level alone, with its elements.
use clap::Args;
use serde_json::{Value, json};

use super::code::{error_value, write_json};
use super::inputs::{self, InputArgs};
use super::{CliError, Global, open_engine};

/// Level visits: the E/M code with the elements that justify it
#[derive(Args, Debug)]
pub struct LevelArgs {
    #[command(flatten)]
    inputs: InputArgs,
    /// Print the JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &LevelArgs, global: &Global) -> Result<u8, CliError> {
    let (jobs, shape) = inputs::read(&args.inputs, false)?;
    let engine = open_engine(global)?;
    let today = super::today();
    let mut status = 0;
    let mut values: Vec<Value> = Vec::new();
    for job in &jobs {
        let result = job.encounter.as_ref().map_err(|e| e.clone().into()).and_then(|e| engine.level(e, today));
        match result {
            Ok(level) => {
                if args.json {
                    values.push(serde_json::to_value(&level).map_err(|e| CliError::internal(e.to_string()))?);
                } else {
                    println!("{}: {}", job.id, describe(&json!(level)));
                }
            }
            Err(e) => {
                status = status.max(e.exit_status());
                eprintln!("superbill: {}: {e}", job.id);
                values.push(error_value(&job.id, &e));
            }
        }
    }
    if args.json {
        write_json(&mut std::io::stdout().lock(), shape, values)?;
    }
    Ok(status)
}

/// One line: code, basis, the three elements.
fn describe(level: &Value) -> String {
    let text = |pointer: &str| level.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
    format!(
        "{} by {} (problems {}, data {}, risk {})",
        text("/code"),
        text("/basis"),
        text("/problems/level"),
        text("/data/level"),
        text("/risk/level")
    )
}
