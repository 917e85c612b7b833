//! `superbill eval --set codiesp:DIR`: the engine under policy `documented`, or the predictions of a file.
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::{CliError, Global, code, open_engine};
use crate::engine::Engine;
use crate::eval::codiesp::{self, Ranking};
use crate::eval::scoring::Scores;
use crate::note::{Encounter, Options, Policy};
use crate::train::data::codiesp::{CaseReport, Task, load};

/// Rows a report in `--predictions`.
const MOST_ROWS: usize = 200;

/// Which of the corpus' tasks is scored.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskArg {
    /// Diagnoses (ICD-10-CM)
    D,
    /// Procedures (ICD-10-PCS), from a file of predictions
    P,
    /// Codes with offsets into the Spanish text, from a file of predictions
    X,
}

/// What is asked for.
pub struct Request<'a> {
    /// As given.
    pub set: &'a str,
    /// The folder of it.
    pub dir: &'a Path,
    /// `train`, `dev` or `test`.
    pub split: &'a str,
    /// Which task.
    pub task: TaskArg,
    /// A file of predictions in place of the engine's.
    pub scored: Option<&'a Path>,
    /// Where the engine's predictions go.
    pub predictions: Option<&'a Path>,
}

/// Scores one set.
pub fn run(request: &Request<'_>, global: &Global) -> Result<Scores, CliError> {
    let usage = |e: &dyn std::fmt::Display| CliError::usage(e.to_string());
    let reports = load(request.dir, request.split).map_err(|e| usage(&e))?;
    let task = if request.task == TaskArg::P { Task::Procedures } else { Task::Diagnoses };
    match (request.task, request.scored) {
        (TaskArg::X, Some(file)) => codiesp::score_places(request.set, request.split, &reports, file).map_err(|e| usage(&e)),
        (_, Some(file)) => {
            let rankings = codiesp::read_rankings(file, &reports).map_err(|e| usage(&e))?;
            Ok(codiesp::scores(request.set, request.split, task, &reports, &rankings, &Default::default()))
        }
        (TaskArg::D, None) => {
            let engine = open_engine(global)?;
            let ids: Vec<&str> = reports.iter().map(|r| r.id.as_str()).collect();
            engine.refuse_training_documents(&ids).map_err(|e| usage(&e))?;
            let rankings = predict(&engine, &reports)?;
            if let Some(path) = request.predictions {
                code::write_atomically(path, &rows(&reports, &rankings))?;
            }
            let seen = engine.documented_codes();
            Ok(codiesp::scores(request.set, request.split, task, &reports, &rankings, &seen))
        }
        _ => Err(CliError::usage("tasks p and x are scored from a file of predictions: --score FILE.tsv")),
    }
}

fn predict(engine: &Engine, reports: &[CaseReport]) -> Result<Vec<Ranking>, CliError> {
    let today = super::today();
    let bar = code::progress(reports.len());
    let one = |report: &CaseReport| {
        let started = Instant::now();
        let options = Options { policy: Policy::Documented, ..Default::default() };
        let encounter = Encounter { options: Some(options), ..report.labelled().encounter() };
        let ranked = engine
            .rank_documented(&encounter, today)
            .map_err(|e| CliError { status: e.exit_status(), message: format!("{}: {e}", report.id) })?;
        bar.inc(1);
        let codes = ranked.into_iter().map(|r| (r.code, r.probability, r.chosen)).collect();
        Ok(Ranking { codes, seconds: started.elapsed().as_secs_f64() })
    };
    let rankings = reports.par_iter().map(one).collect();
    bar.finish_and_clear();
    rankings
}

fn rows(reports: &[CaseReport], rankings: &[Ranking]) -> String {
    let mut out = String::new();
    for (report, ranking) in reports.iter().zip(rankings) {
        for (code, score, chosen) in ranking.codes.iter().take(MOST_ROWS) {
            let _ = writeln!(out, "{}\t{}\t{score:.6}\t{}", report.id, code.to_ascii_lowercase(), u8::from(*chosen));
        }
    }
    out
}
