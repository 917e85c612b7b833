//! `superbill models`: making and checking model directories.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::codeset::CodeSets;
use crate::encoder::convert::{Conversion, convert};
use crate::encoder::manifest::Manifest;
use crate::encoder::store::Precision;
use crate::encoder::{CandleEncoder, EncoderError, device, hub, vectors};

/// Arguments of `superbill models`.
#[derive(Args, Debug)]
pub struct ModelsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What `superbill models` does.
#[derive(Subcommand, Debug, Clone)]
pub enum ModelsCommand {
    /// Makes a model directory from a published BERT checkpoint
    Convert {
        /// Folder with config.json, tokenizer.json and model.safetensors, or the id of a model in the hub's cache
        source: String,
        /// Directory to write
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Name of the new model
        #[arg(long, default_value = "superbill-base")]
        name: String,
        /// Lower layers that all tasks share
        #[arg(long, default_value_t = 4)]
        trunk_layers: usize,
        /// Keep f32 weights instead of int8
        #[arg(long)]
        full: bool,
        /// Where the checkpoint comes from, for the manifest
        #[arg(long, default_value = "")]
        origin: String,
        /// Its licence, for the manifest
        #[arg(long, default_value = "")]
        licence: String,
    },
    /// Computes the vectors of all billable ICD-10-CM codes' titles with a model's linking branch
    Vectors {
        /// Model directory
        directory: PathBuf,
    },
    /// Compares every file of a model directory with its manifest
    Verify {
        /// Model directory
        directory: PathBuf,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ModelsError {
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    #[error(transparent)]
    Codes(#[from] crate::codeset::CodesetError),
}

/// Runs the command; returns what to print. `codesets`: folder of the tables, the embedded ones where not given;
/// `device_name`: as in `--device`.
pub fn run(args: &ModelsArgs, codesets: Option<&std::path::Path>, device_name: &str) -> Result<String, ModelsError> {
    match args.command.clone() {
        ModelsCommand::Convert { source, out, name, trunk_layers, full, origin, licence } => {
            let files = hub::resolve(&source, None)?;
            let precision = if full { Precision::Full } else { Precision::Compact };
            let data = serde_json::json!([{ "source": origin, "licence": licence }]);
            let manifest = convert(&files, &out, &Conversion { name, trunk_layers, precision, data })?;
            Ok(format!("{} written to {}\n", manifest.identity(), out.display()))
        }
        ModelsCommand::Vectors { directory } => {
            let folder = super::codesets::folder_or_embedded(codesets)?;
            let sets = CodeSets::open(&folder)?;
            let codes =
                sets.icd10cm.billable().map(|i| (sets.icd10cm.undotted(i).to_owned(), sets.icd10cm.title(i).into_owned()));
            let codes: Vec<(String, String)> = codes.collect();
            let rows = vectors::title_families(codes.iter().map(|(code, title)| (code.as_str(), title.as_str())));
            let encoder = CandleEncoder::open(&directory, &device::open(device_name)?)?;
            let mut manifest = Manifest::read(&directory)?;
            let path = vectors::code_vectors_path(&directory);
            vectors::build(&path, &encoder, &manifest.linking_fingerprint(), &rows)?;
            manifest.record(&directory, vectors::CODE_VECTORS)?;
            manifest.write(&directory)?;
            Ok(format!("{} vectors for {} codes written to {}\n", rows.len(), codes.len(), path.display()))
        }
        ModelsCommand::Verify { directory } => {
            let manifest = Manifest::read(&directory)?;
            for file in manifest.files.keys() {
                manifest.verify(&directory, file)?;
            }
            Ok(format!("{}: {} files agree with the manifest\n", manifest.identity(), manifest.files.len()))
        }
    }
}
