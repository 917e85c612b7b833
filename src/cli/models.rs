//! `superbill models`: making and checking model directories.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use clap::{Args, Subcommand};

use crate::codeset::CodeSets;
use crate::coding::diagnoses::attention;
use crate::encoder::convert::{Conversion, convert};
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::packed::Numerics;
use crate::encoder::store::{self, Precision};
use crate::encoder::{CandleEncoder, EncoderError, average, bert, device, hub, vectors};
use crate::extract::heads;

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
    /// Averages models that started from the same weights and learned by the same recipe; the first gives all else
    Average {
        /// Model directories
        #[arg(required = true)]
        models: Vec<PathBuf>,
        /// Weights of models of claims (training/recipes/diagnoses.toml keeps one a fold), averaged for the coding branch
        #[arg(long, value_name = "FILE", num_args = 1..)]
        claims: Vec<PathBuf>,
        /// Directory to write; its title vectors are to be computed next (`models vectors`)
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Computes the vectors of all billable ICD-10-CM codes' titles with a model's linking branch
    Vectors {
        /// Model directory
        directory: PathBuf,
    },
    /// Records in a model's manifest what a CPU computes its dense layers in
    Compute {
        /// Model directory
        directory: PathBuf,
        /// f32, bf16, int8, or int8 with 8-bit inputs of some matrices, as in `int8 (8-bit inputs: projection, output)`
        #[arg(value_name = "FORMAT", value_parser = |text: &str| Numerics::try_from(text.to_owned()))]
        numerics: Numerics,
    },
    /// Times the encoder on notes (JSONL, field `note` or `text`) and compares its vectors with those of the CPU
    Time {
        /// Model directory
        directory: PathBuf,
        /// The notes
        #[arg(long, value_name = "FILE.jsonl")]
        notes: PathBuf,
        /// Passes over all notes
        #[arg(long, default_value_t = 5)]
        repeats: usize,
    },
    /// Compares every file of a model directory with its manifest
    Verify {
        /// Model directory
        directory: PathBuf,
    },
}

mod time {
    //! How fast is the encoder here, and does it agree with the CPU?
    use std::time::Instant;

    use crate::document::Document;
    use crate::encoder::{CandleEncoder, Encoder, EncoderError};

    /// One JSON object: word pieces a second over all notes together (median pass), milliseconds of one note alone
    /// (median and 99th percentile), and the largest difference of a vector's number to the CPU's.
    pub fn time(
        encoder: &CandleEncoder,
        reference: &CandleEncoder,
        documents: &[Document],
        repeats: usize,
    ) -> Result<String, EncoderError> {
        let all: Vec<&Document> = documents.iter().collect();
        let tokens = encoder.encode_many(&all)?.iter().map(|d| d.tokens.len()).sum::<usize>();
        let mut passes = Vec::new();
        for _ in 0..repeats.max(1) {
            let started = Instant::now();
            encoder.encode_many(&all)?;
            passes.push(started.elapsed().as_secs_f64());
        }
        passes.sort_by(f64::total_cmp);
        let mut alone = Vec::new();
        for document in &all {
            let started = Instant::now();
            encoder.encode(document)?;
            alone.push(started.elapsed().as_secs_f64() * 1e3);
        }
        alone.sort_by(f64::total_cmp);
        let at = |share: f64| alone.get(((alone.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0);
        let few = &all[..all.len().min(8)];
        let pairs = encoder.encode_many(few)?.into_iter().zip(reference.encode_many(few)?);
        let difference = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0f32, f32::max);
        let worst = pairs.map(|(a, b)| difference(&a.tagging, &b.tagging).max(difference(&a.linking, &b.linking)));
        let report = serde_json::json!({
            "notes": all.len(), "word_pieces": tokens,
            "word_pieces_per_second": tokens as f64 / passes[passes.len() / 2],
            "fastest_pass": passes[0], "slowest_pass": passes[passes.len() - 1],
            "one_note_ms": {"p50": at(0.5), "p99": at(0.99)},
            "largest_difference_to_cpu": worst.fold(0.0f32, f32::max),
        });
        Ok(format!("{report:#}\n"))
    }
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

/// Writes the mean of some models' encoders and heads, and of some models of claims, into a copy of the first model.
fn averaged(models: &[PathBuf], claims: &[PathBuf], out: &Path) -> Result<Manifest, EncoderError> {
    let Some(first) = models.first() else { return Err(EncoderError::format(out, "no model to average")) };
    let mut record = Manifest::read(first)?;
    let io = |e| EncoderError::Io { path: out.to_owned(), source: e };
    std::fs::create_dir_all(out).map_err(io)?;
    for file in record.files.keys() {
        record.verify(first, file)?;
        std::fs::copy(first.join(file), out.join(file)).map_err(io)?;
    }
    let mut write = |file: &str, weights: BTreeMap<String, Tensor>| {
        store::write(&out.join(file), &weights, Precision::Compact)?;
        record.record(out, file)
    };
    for file in [manifest::TRUNK, manifest::TAGGING, manifest::LINKING, heads::FILE] {
        let files: Vec<PathBuf> = models.iter().map(|m| m.join(file)).collect();
        write(file, average::mean(&files)?)?;
    }
    if !claims.is_empty() {
        let all = average::mean(claims)?;
        let (branch, head) = all.into_iter().partition(|(name, _)| bert::in_layers(name, &(0..usize::MAX)));
        write(manifest::CODING, branch)?;
        write(attention::FILE, head)?;
    }
    if !record.recipe.is_object() {
        record.recipe = serde_json::json!({});
    }
    record.recipe["average"] = serde_json::json!({"encoders": models.len(), "claims": claims.len()});
    record.write(out)?;
    Ok(record)
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
        ModelsCommand::Average { models, claims, out } => {
            let manifest = averaged(&models, &claims, &out)?;
            Ok(format!("{} written to {}\n", manifest.identity(), out.display()))
        }
        ModelsCommand::Vectors { directory } => {
            let folder = super::codesets::folder_or_embedded(codesets)?;
            let sets = CodeSets::open(&folder)?;
            let rows = vectors::billable_families(&sets.icd10cm);
            let codes: usize = rows.iter().map(|row| row.members.len()).sum();
            let encoder = CandleEncoder::open(&directory, &device::open(device_name)?)?;
            let mut manifest = Manifest::read(&directory)?;
            let path = vectors::code_vectors_path(&directory);
            vectors::build(&path, &encoder, &manifest.linking_fingerprint(), &rows)?;
            manifest.record(&directory, vectors::CODE_VECTORS)?;
            manifest.write(&directory)?;
            Ok(format!("{} vectors for {codes} codes written to {}\n", rows.len(), path.display()))
        }
        ModelsCommand::Compute { directory, numerics } => {
            let mut manifest = Manifest::read(&directory)?;
            manifest.compute = numerics;
            manifest.write(&directory)?;
            Ok(format!("{}: dense layers are computed in {}\n", manifest.identity(), numerics.name()))
        }
        ModelsCommand::Time { directory, notes, repeats } => {
            let text = std::fs::read_to_string(&notes).map_err(|e| EncoderError::io("notes", &notes, e))?;
            let rows = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let documents: Vec<_> =
                rows.filter_map(|row| row.get("note").or_else(|| row.get("text"))?.as_str().map(crate::document::read)).collect();
            let mut encoder = CandleEncoder::open(&directory, &device::open(device_name)?)?;
            if device::in_bf16(device_name) {
                encoder = encoder.in_bf16()?;
            }
            Ok(time::time(&encoder, &CandleEncoder::open(&directory, &device::open("cpu")?)?, &documents, repeats)?)
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
