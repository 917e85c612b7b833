//! `superbill codesets import`.
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::CliError;
use super::codesets::cli_error;
use crate::codeset::import::{ImportOptions, Imported, TextEncoding, import};
use crate::codeset::store::Store;
use crate::codeset::{CodeSets, refresh};
use crate::serve::today;

/// Imports official files, or the plain CSV form of a table (docs/codesets.md), into the data folder.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Files: text, CSV, xlsx, XML, each also as .gz, or zip archives of them
    #[arg(required = true, value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Edition, where neither the file nor its name tells it, e.g. 2026Q3, FY2027, RVU26C
    #[arg(long, value_name = "E")]
    pub edition: Option<String>,
    /// First day in force, where neither the file nor its name tells it
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub effective: Option<String>,
    /// Encoding of texts that are not UTF-8
    #[arg(long)]
    pub encoding: Option<EncodingArg>,
    /// Prints one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `--encoding`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EncodingArg {
    /// UTF-8
    #[value(name = "utf-8")]
    Utf8,
    /// Windows-1252
    #[value(name = "windows-1252")]
    Windows1252,
}

/// Runs the command. Each file is one transaction: one that fails leaves the store as it was, and the others go on.
pub fn run(args: &ImportArgs, folder: &Path, data: &Path) -> Result<u8, CliError> {
    let effective = match &args.effective {
        Some(text) => Some(text.parse::<Date>().map_err(|_| CliError::usage("--effective: expected a date YYYY-MM-DD"))?),
        None => None,
    };
    let options = ImportOptions {
        edition: args.edition.clone(),
        effective,
        encoding: match args.encoding {
            Some(EncodingArg::Windows1252) => TextEncoding::Windows1252,
            _ => TextEncoding::Utf8,
        },
        today: Some(today()),
        ama_license_accepted_on: None,
    };
    let store = Store::of_data(data);
    let mut status = 0;
    let mut documents: Vec<Value> = Vec::new();
    for file in &args.files {
        let sets = CodeSets::open_with(folder, Some(data)).map_err(cli_error)?;
        match import(&store, &sets, file, &options) {
            Ok(tables) => {
                refresh(folder, data).map_err(cli_error)?;
                for table in &tables {
                    documents.push(as_json(table));
                    if !args.json {
                        print!("{}", in_words(table));
                    }
                }
            }
            Err(error) => {
                let error = cli_error(error);
                status = status.max(error.status);
                documents.push(json!({"file": file.display().to_string(), "error": {"message": error.message}}));
                eprintln!("superbill: {}", error.message);
            }
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&documents).map_err(|e| CliError::internal(e.to_string()))?);
    }
    Ok(status)
}

/// One line for a table, and one for each warning.
pub(super) fn in_words(table: &Imported) -> String {
    let m = &table.edition.manifest;
    let through = m.through.map_or(String::new(), |d| format!(" to {d}"));
    let mut text =
        format!("{} {} from {}{through}: {} rows of {}\n", m.kind.id(), m.edition, m.effective, table.rows, table.source);
    for warning in &table.warnings {
        text += &format!("  warning: {warning}\n");
    }
    text
}

fn as_json(table: &Imported) -> Value {
    let m = &table.edition.manifest;
    json!({
        "table": m.kind.id(),
        "edition": m.edition,
        "effective": m.effective,
        "through": m.through,
        "rows": table.rows,
        "rows_of_edition": m.rows,
        "source": table.source,
        "sha256": m.main().sha256,
        "warnings": table.warnings,
    })
}
