//! `superbill codesets`: which reference tables are loaded; importing, updating, building and checking them.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::codesets_import::{self, ImportArgs};
use super::codesets_update::{self, UpdateArgs};
use super::{CliError, Global};
use crate::codeset::store::Store;
use crate::codeset::{BuildOptions, CodeSets, CodesetError, Edition};
use crate::coding::lexicon;
use crate::encoder::store as encoder_store;
use crate::train::procedures::compile_table;

/// Arguments of `superbill codesets`.
#[derive(Args, Debug)]
pub struct CodesetsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CodesetsCommand,
}

/// What `superbill codesets` does.
#[derive(Subcommand, Debug)]
pub enum CodesetsCommand {
    /// Shows tables, editions, dates, row counts, provenance and digests.
    List {
        /// Prints one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Builds the embedded tables from official files.
    Build {
        /// Folder with `codesets/` and `corpora/phrases/`.
        #[arg(long)]
        sources: PathBuf,
        /// The official ICD-10-CM tabular list (XML); without it only the dictionaries are built, from the tables in `--out`
        #[arg(long)]
        icd10cm_tabular: Option<PathBuf>,
        /// Folder to write to.
        #[arg(long, default_value = "codesets")]
        out: PathBuf,
        /// Folder of our own small tables; the folder written to where not given.
        #[arg(long)]
        own: Option<PathBuf>,
    },
    /// Imports official files, or the plain CSV form of a table, into the data folder.
    Import(ImportArgs),
    /// Downloads and installs the current official files from their publishers.
    Update(UpdateArgs),
    /// Opens every table, compares its digest with the list of editions (imported ones too), and runs the examples in
    /// payers' files.
    Verify,
}

/// Runs the command; returns the exit status.
pub fn run(args: &CodesetsArgs, global: &Global) -> Result<u8, CliError> {
    let folder = folder_or_embedded(global.codesets.as_deref()).map_err(cli_error)?;
    let data = global.data_folder();
    match &args.command {
        CodesetsCommand::List { json } => {
            let sets = CodeSets::open_with(&folder, data.as_deref()).map_err(cli_error)?;
            print!("{}", if *json { as_json(sets.editions()) } else { as_table(sets.editions()) });
        }
        CodesetsCommand::Build { sources, icd10cm_tabular, out, own } => {
            if let Some(tabular) = icd10cm_tabular {
                let options = BuildOptions {
                    sources: sources.clone(),
                    icd10cm_tabular: tabular.clone(),
                    own: own.clone().unwrap_or_else(|| out.clone()),
                    out: out.clone(),
                };
                print!("{}", as_table(&crate::codeset::build(&options).map_err(cli_error)?));
            }
            print!("{}", phrase_tables(sources, out).map_err(|e| CliError::internal(e.to_string()))?);
        }
        CodesetsCommand::Import(args) => return codesets_import::run(args, &folder, &needed(data)?),
        CodesetsCommand::Update(args) => return codesets_update::run(args, &folder, &needed(data)?),
        CodesetsCommand::Verify => {
            let count = CodeSets::verify(&folder).map_err(cli_error)?;
            let examples = super::scrub::verify_payers(&folder)?;
            println!(
                "{count} files in {} open and agree with their digests; {examples} examples in payers' files hold",
                folder.display()
            );
            if let Some(data) = data {
                let store = Store::of_data(&data);
                let imported = store.verify().map_err(cli_error)?;
                CodeSets::open_with(&folder, Some(&data)).map_err(cli_error)?;
                println!("{imported} imported files in {} open and agree with their digests", store.folder().display());
            }
        }
    }
    Ok(0)
}

fn needed(data: Option<PathBuf>) -> Result<PathBuf, CliError> {
    data.ok_or_else(|| CliError::usage("there is no data folder on this system; name one with --data DIR or SUPERBILL_DATA"))
}

/// The caller's file, or ours.
pub(super) fn cli_error(error: CodesetError) -> CliError {
    if error.is_callers() { CliError::usage(error.to_string()) } else { CliError::internal(error.to_string()) }
}

/// The dictionaries beside the tables: phrases of diagnoses and of procedures.
fn phrase_tables(sources: &Path, out: &Path) -> anyhow::Result<String> {
    let sets = CodeSets::open(out)?;
    let diagnoses = lexicon::build(&lexicon::sources(sources, &sets.icd10cm))?;
    encoder_store::replace_file(&out.join("lexicon.bin"), &diagnoses.bytes)?;
    let procedures = compile_table(&sources.join("corpora/phrases"))?.to_bytes()?;
    encoder_store::replace_file(&out.join("procedure_phrases.json.gz"), &procedures)?;
    Ok(format!("lexicon.bin: {} phrases; procedure_phrases.json.gz: {} bytes\n", diagnoses.phrases, procedures.len()))
}

/// The folder given, else that of the embedded tables.
pub(super) fn folder_or_embedded(given: Option<&Path>) -> Result<PathBuf, CodesetError> {
    given.map_or_else(CodeSets::default_dir, |folder| Ok(folder.to_path_buf()))
}

fn as_json(editions: &[Edition]) -> String {
    serde_json::to_string_pretty(editions).unwrap_or_default() + "\n"
}

fn as_table(editions: &[Edition]) -> String {
    let mut out = format!(
        "{:<20} {:<15} {:<10} {:<10} {:>8}  {:<16} {:<8} source\n",
        "table", "edition", "from", "through", "rows", "sha256", "kept"
    );
    for e in editions {
        let date = |d: Option<jiff::civil::Date>| d.map_or("-".to_string(), |d| d.to_string());
        out += &format!(
            "{:<20} {:<15} {:<10} {:<10} {:>8}  {:<16} {:<8} {}\n",
            e.table,
            e.edition,
            date(e.effective),
            date(e.through),
            e.rows,
            e.sha256.get(..16).unwrap_or(""),
            if e.imported { "imported" } else { "embedded" },
            e.source
        );
    }
    out
}
