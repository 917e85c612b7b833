//! `superbill eval`: the engine against gold that it has never seen.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use rayon::prelude::*;

use super::{CliError, Global, code, open_engine};
use crate::codeset::CodeSets;
use crate::eval::claim_metrics::{self, Scored};
use crate::eval::claims;
use crate::eval::em_cases;
use crate::eval::gold::{self, Case, Predicted};
use crate::eval::scoring::Scores;
use crate::note::Options;
use crate::train::data::Split;

/// Measure the engine on an eval set
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// labels:DIR, em:DIR (visits written from the rules, leveled with their own diagnoses), or claims:DIR (cases of the
    /// rules; a folder alone means claims)
    #[arg(long, value_name = "SET", required = true)]
    set: Vec<String>,
    /// Which part
    #[arg(long, value_enum, default_value = "dev")]
    split: SplitArg,
    /// Which diagnoses may be reported
    #[arg(long, value_enum)]
    policy: Option<super::inputs::PolicyArg>,
    /// How many of the supported diagnoses go on the claim
    #[arg(long, value_enum)]
    completeness: Option<super::inputs::CompletenessArg>,
    /// Print the JSON document
    #[arg(long)]
    json: bool,
    /// Write predictions as tab-separated rows: id, kind, code, rank, confidence, chosen
    #[arg(long, value_name = "FILE.tsv")]
    predictions: Option<PathBuf>,
}

/// `--split`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum SplitArg {
    Dev,
    Train,
}

/// Runs the command.
pub fn run(args: &EvalArgs, global: &Global) -> Result<u8, CliError> {
    let split = match args.split {
        SplitArg::Dev => Split::Dev,
        SplitArg::Train => Split::Train,
    };
    // Claims need the rules alone, no model.
    let (claims, notes): (Vec<&String>, Vec<&String>) = args.set.iter().partition(|set| claims_folder(set).is_some());
    for set in claims {
        print_claims(set, args.json, global)?;
    }
    if notes.is_empty() {
        return Ok(0);
    }
    let engine = open_engine(global)?;
    let mut documents = Vec::new();
    for set in notes {
        if let Some(dir) = set.strip_prefix("em:") {
            em_cases(Path::new(dir), args, global)?;
            continue;
        }
        let Some(dir) = set.strip_prefix("labels:") else {
            return Err(CliError::usage(format!("set \"{set}\" is not known; allowed: labels:DIR, em:DIR, claims:DIR")));
        };
        let mut cases = gold::load_labels(Path::new(dir), split).map_err(|e| CliError::usage(e.to_string()))?;
        let ids: Vec<&str> = cases.iter().map(|c| c.gold.id.as_str()).collect();
        engine.refuse_training_documents(&ids).map_err(|e| CliError::usage(e.to_string()))?;
        let options = Options {
            policy: args.policy.map(Into::into).unwrap_or_default(),
            completeness: args.completeness.map(Into::into).unwrap_or_default(),
        };
        cases.iter_mut().for_each(|c| c.encounter.options = Some(options));
        let predicted = predict(&engine, &cases);
        if let Some(path) = &args.predictions {
            code::write_atomically(path, &prediction_rows(&cases, &predicted))?;
        }
        let scored: Vec<Scored> = cases.iter().zip(&predicted).map(|(c, p)| claim_metrics::score(&c.gold, p)).collect();
        documents.push(claim_metrics::scores(set, split.name(), &scored));
    }
    if args.json {
        let text = match documents.as_slice() {
            [one] => serde_json::to_string_pretty(one),
            many => serde_json::to_string_pretty(many),
        };
        println!("{}", text.map_err(|e| CliError::internal(e.to_string()))?);
    } else {
        documents.iter().for_each(|d| print!("{}", table(d)));
    }
    Ok(0)
}

/// The folder of a set of claims: `claims:DIR`, or a folder without a kind.
fn claims_folder(set: &str) -> Option<&Path> {
    let folder = set.strip_prefix("claims:").map(Path::new);
    folder.or_else(|| Some(Path::new(set)).filter(|folder| !set.contains(':') && folder.is_dir()))
}

/// Scrubs a set of claims and prints precision and recall by rule.
fn print_claims(set: &str, json: bool, global: &Global) -> Result<(), CliError> {
    let Some(cases) = claims_folder(set).map(claims::load) else { return Ok(()) };
    let cases = cases.map_err(|error| CliError::usage(error.to_string()))?;
    let folder =
        super::codesets::folder_or_embedded(global.codesets.as_deref()).map_err(|error| CliError::internal(error.to_string()))?;
    let code_sets = CodeSets::open(&folder).map_err(|error| CliError::internal(error.to_string()))?;
    let payers = super::scrub::open_payers(&folder)?;
    let scores = claims::score(&cases, &code_sets, &payers).map_err(|error| CliError::usage(error.to_string()))?;
    match json {
        true => {
            let text = serde_json::to_string_pretty(&scores.to_json(set)).map_err(|e| CliError::internal(e.to_string()))?;
            println!("{text}");
        }
        false => print!("{}", scores.table()),
    }
    Ok(())
}

/// Levels the authored visits of a folder with their own diagnoses; `--predictions` gets a row a case.
fn em_cases(dir: &Path, args: &EvalArgs, global: &Global) -> Result<(), CliError> {
    let cases = em_cases::load(dir).map_err(|e| CliError::usage(e.to_string()))?;
    let engine = open_engine(global)?;
    let (parts, outcomes) = em_cases::score(&cases, engine.code_sets(), engine.payers());
    if let Some(path) = &args.predictions {
        let rows: String = cases
            .iter()
            .zip(&outcomes)
            .map(|(c, o)| format!("{}\t{}\t{}\t{}\t{}\n", c.file, c.place, c.id, u8::from(o.code_right), o.differs.join("; ")))
            .collect();
        code::write_atomically(path, &rows)?;
    }
    let text = serde_json::to_string_pretty(&parts).map_err(|e| CliError::internal(e.to_string()))?;
    println!("{text}");
    Ok(())
}

fn predict(engine: &crate::engine::Engine, cases: &[Case]) -> Vec<Predicted> {
    let today = super::today();
    let bar = code::progress(cases.len());
    let predicted = cases
        .par_iter()
        .map(|case| {
            let started = Instant::now();
            let predicted = match engine.code(&case.encounter, today) {
                Ok(coded) => Predicted::of(&coded, started.elapsed().as_secs_f64()),
                Err(e) => {
                    eprintln!("superbill: {}: {e}", case.gold.id);
                    Predicted::default()
                }
            };
            bar.inc(1);
            predicted
        })
        .collect();
    bar.finish_and_clear();
    predicted
}

fn prediction_rows(cases: &[Case], predicted: &[Predicted]) -> String {
    let mut rows = String::new();
    for (case, p) in cases.iter().zip(predicted) {
        let id = &case.gold.id;
        for (rank, (code, confidence)) in p.ranked.iter().enumerate() {
            let _ = writeln!(rows, "{id}\tdx\t{code}\t{}\t{confidence:.4}\t{}", rank + 1, u8::from(rank < p.diagnoses.len()));
        }
        for (rank, line) in p.procedures.iter().enumerate() {
            let _ = writeln!(rows, "{id}\tprocedure\t{}\t{}\t{:.4}\t1", line.0, rank + 1, line.3);
        }
        if let Some(em) = &p.em {
            let _ = writeln!(rows, "{id}\tem\t{em}\t1\t1\t1");
        }
    }
    rows
}

fn table(scores: &Scores) -> String {
    let mut out = format!("{} {} ({} documents)\n", scores.set, scores.split, scores.documents);
    for (name, m) in &scores.metrics {
        let _ = writeln!(out, "  {name:<30} {:.3}  [{:.3}, {:.3}]  n={}", m.value, m.low, m.high, m.n);
    }
    let _ = writeln!(out, "  by group: diagnosis_f1, primary_accuracy, procedure_f1, em_accepted");
    for (group, metrics) in &scores.by_group {
        let figure = |name: &str| metrics.get(name).map_or("    –".into(), |m| format!("{:.3}", m.value));
        let _ = writeln!(
            out,
            "  {group:<30} {}  {}  {}  {}",
            figure("diagnosis_f1"),
            figure("primary_accuracy"),
            figure("procedure_f1"),
            figure("em_accepted")
        );
    }
    out
}
