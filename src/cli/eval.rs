//! `superbill eval`: the engine against gold that it has never seen.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use rayon::prelude::*;

use super::eval_codiesp::{self, TaskArg};
use super::{CliError, Global, code, open_engine};
use crate::eval::claim_metrics::{self, Scored};
use crate::eval::gold::{self, Case, Predicted};
use crate::eval::scoring::Scores;
use crate::note::Options;
use crate::train::data::Split;

/// Measure the engine on an eval set
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// labels:DIR or codiesp:DIR
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
    /// Write predictions as tab-separated rows: id, kind, code, rank, confidence, chosen (codiesp: document, code, score,
    /// chosen)
    #[arg(long, value_name = "FILE.tsv")]
    predictions: Option<PathBuf>,
    /// The task of codiesp:DIR
    #[arg(long, value_enum, default_value = "d")]
    task: TaskArg,
    /// Score these predictions in place of the engine's (codiesp: document, code[, score, chosen]; task x: document,
    /// "start end", label, code)
    #[arg(long, value_name = "FILE.tsv")]
    score: Option<PathBuf>,
}

/// `--split`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum SplitArg {
    Dev,
    Train,
    Test,
}

impl SplitArg {
    fn name(self) -> &'static str {
        match self {
            SplitArg::Dev => "dev",
            SplitArg::Train => "train",
            SplitArg::Test => "test",
        }
    }

    /// Of the labels, which have no test part.
    fn of_labels(self) -> Result<Split, CliError> {
        match self {
            SplitArg::Dev => Ok(Split::Dev),
            SplitArg::Train => Ok(Split::Train),
            SplitArg::Test => Err(CliError::usage("the labels have no test part; take --split dev")),
        }
    }
}

/// Runs the command.
pub fn run(args: &EvalArgs, global: &Global) -> Result<u8, CliError> {
    let mut documents = Vec::new();
    for set in &args.set {
        if let Some(dir) = set.strip_prefix("codiesp:") {
            let request = eval_codiesp::Request {
                set,
                dir: Path::new(dir),
                split: args.split.name(),
                task: args.task,
                scored: args.score.as_deref(),
                predictions: args.predictions.as_deref(),
            };
            documents.push(eval_codiesp::run(&request, global)?);
            continue;
        }
        let Some(dir) = set.strip_prefix("labels:") else {
            return Err(CliError::usage(format!("set \"{set}\" is not known; allowed: labels:DIR, codiesp:DIR")));
        };
        let split = args.split.of_labels()?;
        let engine = open_engine(global)?;
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
    if scores.by_group.is_empty() {
        return out;
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
