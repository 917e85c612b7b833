//! `superbill eval`: the engine against gold that it has never seen.
use std::path::{Path, PathBuf};

use clap::Args;

use super::eval_codiesp::{self, TaskArg};
use super::{CliError, Global, code, open_engine};
use crate::codeset::CodeSets;
use crate::eval::baselines::Baseline;
use crate::eval::run::{self, Measured, Settings};
use crate::eval::scoring::Scores;
use crate::eval::sets::{Part, SetKind};
use crate::eval::{EvalError, claims, em_cases, report, table};
use crate::note::Options;

/// Measure the engine on an eval set
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// PATH (authored encounters), labels:DIR, codiesp:DIR, negex:FILE, brat:DIR, pubtator:FILE, mdace:DIR (charts with
    /// their texts), mimic4:DIR (its tables), em:DIR (visits written from the rules, leveled with their own diagnoses) or
    /// claims:DIR (cases of the rules)
    #[arg(long, value_name = "SET", required = true)]
    set: Vec<String>,
    /// Which part; no other is read
    #[arg(long, value_enum, default_value = "dev")]
    split: SplitArg,
    /// Which diagnoses may be reported
    #[arg(long, value_enum)]
    policy: Option<super::inputs::PolicyArg>,
    /// How many of the supported diagnoses go on the claim
    #[arg(long, value_enum)]
    completeness: Option<super::inputs::CompletenessArg>,
    /// Measure a simpler method in place of the engine (labels only; learns from the train part)
    #[arg(long, value_enum)]
    baseline: Option<BaselineArg>,
    /// The encoder of `--baseline retrieval`: a published checkpoint after `models convert` and `models vectors`
    #[arg(long, value_name = "DIR", required_if_eq("baseline", "retrieval"))]
    baseline_model: Option<PathBuf>,
    /// Print the JSON document
    #[arg(long)]
    json: bool,
    /// Write one self-contained page: figures, plots, every document with an error
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write predictions as tab-separated rows: id, kind, code, rank, confidence, chosen (assertions: line, what holds;
    /// codiesp: document, code, score, chosen)
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

/// `--baseline`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum BaselineArg {
    /// Dictionary matches that are not denied
    Lexicon,
    /// The title nearest to each problem mention
    Retrieval,
    /// Words and pairs of words, a linear classifier a code
    Tfidf,
}

impl EvalArgs {
    fn baseline(&self) -> Option<Baseline> {
        Some(match self.baseline? {
            BaselineArg::Lexicon => Baseline::Lexicon,
            BaselineArg::Retrieval => Baseline::Retrieval(self.baseline_model.clone().unwrap_or_default()),
            BaselineArg::Tfidf => Baseline::TfIdf,
        })
    }
}

/// `--split`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum SplitArg {
    Dev,
    Test,
    Train,
}

impl From<SplitArg> for Part {
    fn from(split: SplitArg) -> Self {
        match split {
            SplitArg::Dev => Self::Dev,
            SplitArg::Test => Self::Test,
            SplitArg::Train => Self::Train,
        }
    }
}

impl From<EvalError> for CliError {
    fn from(e: EvalError) -> Self {
        Self { status: e.exit_status(), message: e.to_string() }
    }
}

/// Runs the command.
pub fn run(args: &EvalArgs, global: &Global) -> Result<u8, CliError> {
    let settings = Settings {
        part: args.split.into(),
        options: Options {
            policy: args.policy.map(Into::into).unwrap_or_default(),
            completeness: args.completeness.map(Into::into).unwrap_or_default(),
        },
        today: super::today(),
        baseline: args.baseline(),
    };
    // Cases of the rules need no model, and visits of the rules no note of their own.
    let mut notes = Vec::new();
    for set in &args.set {
        if let Some(dir) = set.strip_prefix("codiesp:") {
            let request = eval_codiesp::Request {
                set,
                dir: Path::new(dir),
                split: settings.part.name(),
                task: args.task,
                scored: args.score.as_deref(),
                predictions: args.predictions.as_deref(),
            };
            print_scores(&eval_codiesp::run(&request, global)?, args.json)?;
            continue;
        }
        match set.strip_prefix("em:") {
            Some(dir) => em_cases(Path::new(dir), args, global)?,
            None if claims_folder(set).is_some() => print_claims(set, args.json, global)?,
            None => notes.push(set),
        }
    }
    if notes.is_empty() {
        return Ok(0);
    }
    let kinds = notes.iter().map(|set| SetKind::parse(set)).collect::<Result<Vec<_>, _>>()?;
    let engine = open_engine(global)?;
    let mut measured = Vec::with_capacity(kinds.len());
    for (name, kind) in notes.into_iter().zip(&kinds) {
        let bar = code::progress(2);
        let one = run::measure(&engine, name, kind, &settings, &bar)?;
        bar.finish_and_clear();
        one.refused.iter().for_each(|refused| eprintln!("superbill: {refused}"));
        measured.push(one);
    }
    write_files(args, &measured)?;
    if args.json {
        let scores: Vec<_> = measured.iter().map(|m| &m.scores).collect();
        let text = match scores.as_slice() {
            [one] => serde_json::to_string_pretty(one),
            many => serde_json::to_string_pretty(many),
        };
        println!("{}", text.map_err(|e| CliError::internal(e.to_string()))?);
    } else {
        measured.iter().for_each(|m| print!("{}", table::table(&m.scores)));
    }
    Ok(0)
}

/// The folder of a set of claims: `claims:DIR`, or a folder without a kind and without the parts of a set of encounters.
fn claims_folder(set: &str) -> Option<&Path> {
    let is_claims = |folder: &Path| {
        folder.is_dir()
            && !folder.ends_with("dev")
            && !folder.ends_with("test")
            && !["dev", "test"].iter().any(|p| folder.join(p).is_dir())
    };
    let folder = set.strip_prefix("claims:").map(Path::new);
    folder.or_else(|| Some(Path::new(set)).filter(|folder| !set.contains(':') && is_claims(folder)))
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

/// One set's figures, as JSON or for a terminal.
fn print_scores(scores: &Scores, json: bool) -> Result<(), CliError> {
    if json {
        let text = serde_json::to_string_pretty(scores).map_err(|e| CliError::internal(e.to_string()))?;
        println!("{text}");
        return Ok(());
    }
    println!("{} {} ({} documents)", scores.set, scores.split, scores.documents);
    for (name, m) in &scores.metrics {
        println!("  {name:<30} {:.3}  [{:.3}, {:.3}]  n={}", m.value, m.low, m.high, m.n);
    }
    Ok(())
}

fn write_files(args: &EvalArgs, measured: &[Measured]) -> Result<(), CliError> {
    if let Some(path) = &args.predictions {
        let rows: String = measured.iter().map(|m| m.predictions.as_str()).collect();
        code::write_atomically(path, &rows)?;
    }
    if let Some(path) = &args.report {
        code::write_atomically(path, &report::render(measured))?;
    }
    Ok(())
}
