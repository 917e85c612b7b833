//! `superbill codesets`: which reference tables are loaded, building them, checking them.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::codeset::{BuildOptions, CodeSets, CodesetError, Edition};
use crate::coding::lexicon;
use crate::encoder::store;
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
        /// The official ICD-10-CM tabular list (XML).
        #[arg(long)]
        icd10cm_tabular: PathBuf,
        /// Folder to write to.
        #[arg(long, default_value = "codesets")]
        out: PathBuf,
        /// Folder of our own small tables; the folder written to where not given.
        #[arg(long)]
        own: Option<PathBuf>,
    },
    /// Opens every table, compares its digest with the list of editions, and runs the examples in payers' files.
    Verify,
}

/// Runs the command on the tables of `folder` (the embedded ones where not given); returns what to print.
pub fn run(args: &CodesetsArgs, folder: Option<&Path>) -> anyhow::Result<String> {
    match &args.command {
        CodesetsCommand::List { json } => {
            let sets = CodeSets::open(&folder_or_embedded(folder)?)?;
            Ok(if *json { as_json(sets.editions()) } else { as_table(sets.editions()) })
        }
        CodesetsCommand::Build { sources, icd10cm_tabular, out, own } => {
            let options = BuildOptions {
                sources: sources.clone(),
                icd10cm_tabular: icd10cm_tabular.clone(),
                own: own.clone().unwrap_or_else(|| out.clone()),
                out: out.clone(),
            };
            let editions = crate::codeset::build(&options)?;
            let phrases = phrase_tables(sources, out)?;
            Ok(format!("{}{phrases}", as_table(&editions)))
        }
        CodesetsCommand::Verify => {
            let folder = folder_or_embedded(folder)?;
            let count = CodeSets::verify(&folder)?;
            let examples = super::scrub::verify_payers(&folder).map_err(|error| anyhow::anyhow!(error.message))?;
            Ok(format!(
                "{count} files in {} open and agree with their digests; {examples} examples in payers' files hold\n",
                folder.display()
            ))
        }
    }
}

/// The dictionaries beside the tables: phrases of diagnoses and of procedures.
fn phrase_tables(sources: &Path, out: &Path) -> anyhow::Result<String> {
    let sets = CodeSets::open(out)?;
    let diagnoses = lexicon::build(&lexicon::sources(sources, &sets.icd10cm))?;
    store::replace_file(&out.join("lexicon.bin"), &diagnoses.bytes)?;
    let procedures = compile_table(&sources.join("corpora/phrases"))?.to_bytes()?;
    store::replace_file(&out.join("procedure_phrases.json.gz"), &procedures)?;
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
    let mut out =
        format!("{:<20} {:<15} {:<10} {:<10} {:>8}  {:<16} source\n", "table", "edition", "from", "through", "rows", "sha256");
    for e in editions {
        let date = |d: Option<jiff::civil::Date>| d.map_or("-".to_string(), |d| d.to_string());
        out += &format!(
            "{:<20} {:<15} {:<10} {:<10} {:>8}  {:<16} {}\n",
            e.table,
            e.edition,
            date(e.effective),
            date(e.through),
            e.rows,
            e.sha256.get(..16).unwrap_or(""),
            e.source
        );
    }
    out
}
