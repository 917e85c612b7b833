//! `superbill train`: a recipe in, weights out. The recipe's `stage` says what is trained.
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{CliError, Global};
use crate::train::TrainError;
use crate::train::tagging::{export, measure, prepare, recipe::Recipe, run};
use crate::train::{
    attention, bag_of_words, diagnosis_recipe, documented, em_recipe, encoder, pointers, procedure_recipe, relations,
    side_by_side, visits,
};

/// Train a model by a recipe
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// The recipe
    #[arg(long, value_name = "FILE.toml")]
    recipe: PathBuf,
    /// Model folder that gets the result; default: the recipe's base
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only measures the model in DIR on the recipe's dev parts (stage tagging)
    #[arg(long)]
    measure: bool,
    /// Only prepares what a machine with a GPU learns from (stages encoder and diagnoses)
    #[arg(long)]
    prepare: bool,
}

/// The part of every recipe that says which stage it is.
#[derive(Deserialize)]
struct Stage {
    stage: String,
}

/// Runs the command.
pub fn run(args: &TrainArgs, global: &Global) -> Result<u8, CliError> {
    let unreadable = |e: &dyn std::fmt::Display| CliError::usage(format!("{}: {e}", args.recipe.display()));
    let text = std::fs::read_to_string(&args.recipe).map_err(|e| unreadable(&e))?;
    let stage: Stage = toml::from_str(&text).map_err(|e| unreadable(&e))?;
    if let Some(out) = args.out.as_deref().filter(|_| !args.measure) {
        // Before the work, not after it.
        std::fs::create_dir_all(out).map_err(|e| CliError::usage(format!("--out {}: {e}", out.display())))?;
    }
    match stage.stage.as_str() {
        "encoder" => encoder(&args.recipe, args.out.as_deref(), &global.device, args.prepare),
        "tagging" => tagging(&args.recipe, args.out.as_deref(), args.measure),
        "diagnoses" => {
            let report = diagnosis_recipe::run(&args.recipe, args.out.as_deref(), &global.device, args.prepare);
            print_report(&report.map_err(|e| CliError::usage(e.to_string()))?)
        }
        "attention" => print_report(&attention::run(&args.recipe, &global.device).map_err(failure)?),
        "em" => print_report(&em_recipe::run(&args.recipe, args.out.as_deref()).map_err(failure)?),
        "procedures" => print_report(&procedure_recipe::run(&args.recipe, args.out.as_deref()).map_err(failure)?),
        "services" => {
            let report = bag_of_words::run_services(&args.recipe, args.out.as_deref());
            print_report(&report.map_err(|e| CliError::usage(e.to_string()))?)
        }
        "visits" => {
            let report = visits::run(&args.recipe, args.out.as_deref());
            print_report(&report.map_err(|e| CliError::usage(e.to_string()))?)
        }
        "pointers" => print_report(&pointers::run(&args.recipe, args.out.as_deref()).map_err(failure)?),
        "side_by_side" => print_report(&side_by_side::run(&args.recipe, args.out.as_deref()).map_err(failure)?),
        "relations" => {
            let bar = run::progress_bar();
            let report = relations::run(&args.recipe, args.out.as_deref(), &bar).map_err(failure)?;
            bar.finish();
            print_report(&report)
        }
        "documented" => {
            let report = documented::run(&args.recipe, args.out.as_deref(), &global.device);
            print_report(&report.map_err(|e| CliError::usage(e.to_string()))?)
        }
        other => Err(CliError::usage(format!(
            "stage \"{other}\" is not known; allowed: encoder, tagging, diagnoses, attention, em, procedures, pointers, side_by_side, services, visits, relations, documented"
        ))),
    }
}

/// What a run found, as one JSON document.
fn print_report(report: &impl Serialize) -> Result<u8, CliError> {
    println!("{}", serde_json::to_string_pretty(report).map_err(|e| CliError::internal(e.to_string()))?);
    Ok(0)
}

/// Runs an encoder recipe and writes the result into `out` (the recipe's base without it).
fn encoder(recipe: &Path, out: Option<&Path>, device: &str, prepare: bool) -> Result<u8, CliError> {
    let recipe = encoder::recipe::Recipe::read(recipe).map_err(failure)?;
    if prepare {
        let data = encoder::dataset::Dataset::open(&recipe).map_err(failure)?;
        let (tagging, names, mentions, language) =
            (data.tagging.len(), data.names.len(), data.mentions.len(), data.language.len());
        println!(
            "{}: {tagging} labelled chunks, {names} names, {mentions} chunks with coded mentions, {language} unlabelled chunks",
            recipe.dataset.display()
        );
        return Ok(0);
    }
    let device = crate::encoder::device::open(device).map_err(|e| CliError::usage(e.to_string()))?;
    let bar = run::progress_bar();
    let figures = encoder::run::run(&recipe, &device, out.unwrap_or(&recipe.base), &bar).map_err(failure)?;
    bar.finish();
    println!("{figures:#}");
    Ok(0)
}

/// Runs a tagging recipe and writes the result into `out` (the recipe's base without it); with `measure` only scores the
/// model in `out` on the dev parts.
fn tagging(recipe: &Path, out: Option<&Path>, measure: bool) -> Result<u8, CliError> {
    let recipe = Recipe::read(recipe).map_err(failure)?;
    let threads =
        rayon::ThreadPoolBuilder::new().num_threads(recipe.threads).build().map_err(|e| CliError::internal(e.to_string()))?;
    threads
        .install(|| -> Result<(), TrainError> {
            let bar = run::progress_bar();
            if measure {
                println!("{:#}", measure::measure(&recipe, out.unwrap_or(&recipe.base), &bar)?);
                return Ok(());
            }
            let prepared = prepare::prepare(&recipe, &bar)?;
            eprintln!(
                "{} training documents, {} examples; {} dev documents, {} examples",
                prepared.documents.len(),
                prepared.examples.len(),
                prepared.dev.documents.len(),
                prepared.dev.examples.len()
            );
            let (prepared, best) = run::run(&recipe, prepared, &bar)?;
            bar.finish();
            let report = export::export(&recipe, &prepared, best, out.unwrap_or(&recipe.base))?;
            println!("{report:#}");
            Ok(())
        })
        .map_err(failure)?;
    Ok(0)
}

/// Recipe and data are the caller's to mend, the rest is ours.
fn failure(error: TrainError) -> CliError {
    match error {
        TrainError::Recipe { .. } | TrainError::Io { .. } | TrainError::Data(_) | TrainError::Encoder(_) => {
            CliError::usage(error.to_string())
        }
        TrainError::Tensor(_) | TrainError::Diverged { .. } => CliError::internal(error.to_string()),
    }
}
