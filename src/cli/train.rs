//! `superbill train`: a recipe in, weights out.
use std::path::Path;

use super::CliError;
use crate::train::TrainError;
use crate::train::tagging::{export, measure, prepare, recipe::Recipe, run};

/// Runs a recipe and writes the result into `out` (the recipe's base without it); with `measure` only scores the model
/// in `out` on the dev parts.
pub fn run(recipe: &Path, out: Option<&Path>, measure: bool) -> Result<u8, CliError> {
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
