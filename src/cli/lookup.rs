//! `superbill lookup`: a code's title and validity, or codes by words.
use clap::{Args, ValueEnum};

use super::{CliError, Global};
use crate::codeset::CodeSets;
use crate::codeset::lookup::{Found, System, find};
use crate::engine::EngineConfig;

/// `--system`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SystemArg {
    /// Diagnoses
    Icd10cm,
    /// Procedures, CPT numbers
    Cpt,
    /// Procedures and supplies, HCPCS Level II
    Hcpcs,
    /// Inpatient procedures (only where a table was imported)
    Icd10pcs,
}

/// Look up a code, or codes by words
#[derive(Args, Debug)]
pub struct LookupArgs {
    /// A code, or words of its title
    #[arg(required = true, value_name = "CODE|WORDS")]
    query: Vec<String>,
    /// Only this code system
    #[arg(long)]
    system: Option<SystemArg>,
    /// Date of service; the newest edition where not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Print the JSON document
    #[arg(long)]
    json: bool,
    /// At most this many codes
    #[arg(long, default_value_t = 10)]
    limit: usize,
}

/// Runs the command.
pub fn run(args: &LookupArgs, global: &Global) -> Result<u8, CliError> {
    let folder = EngineConfig { codesets: global.codesets.clone(), ..Default::default() }.codesets_folder();
    let sets = CodeSets::open_with(&folder, global.data_folder().as_deref()).map_err(|e| CliError::internal(e.to_string()))?;
    let date = match &args.date {
        Some(d) => Some(crate::note::input::parse_date("--date", d).map_err(|e| CliError::usage(e.to_string()))?),
        None => None,
    };
    let system = args.system.map(|s| match s {
        SystemArg::Icd10cm => System::Icd10cm,
        SystemArg::Cpt => System::Cpt,
        SystemArg::Hcpcs => System::Hcpcs,
        SystemArg::Icd10pcs => System::Icd10pcs,
    });
    let found = find(&sets, &args.query.join(" "), system, date, args.limit);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found).map_err(|e| CliError::internal(e.to_string()))?);
    } else if found.is_empty() {
        println!("nothing found");
    } else {
        found.iter().for_each(|f| print!("{}", line(f)));
    }
    Ok(0)
}

fn line(found: &Found) -> String {
    let billable = match found.billable {
        Some(true) => "billable",
        Some(false) => "not billable",
        None => "not known",
    };
    let period = match (found.valid_from, found.valid_to) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" from {from}"),
        (None, Some(to)) => format!(" to {to}"),
        (Some(from), Some(to)) => format!(" {from} to {to}"),
    };
    format!("{:<8} {:<9} {:<12} {}{}\n", found.system, found.code, billable, found.title, period)
}
