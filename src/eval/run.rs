//! A set measured from end to end: loaded, refused where the model has seen it, read by the engine, scored.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use indicatif::ProgressBar;
use jiff::civil::Date;
use rayon::prelude::*;

use super::baselines::{self, Baseline};
use super::claim_score::{self, Scored};
use super::gold::{self, Case};
use super::linking::{self, ScoredLinks};
use super::mentions::{self, ScoredText};
use super::predicted::Predicted;
use super::relations::{self, ScoredRelations};
use super::report::{Page, Plots, claim_page};
use super::scoring::{EngineIdentity, Scores};
use super::sets::{Part, SetKind};
use super::{EvalError, claim_metrics, encounters, mimic, test_log, texts};
use crate::engine::Engine;
use crate::note::Options;

/// How a set is measured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which part.
    pub part: Part,
    /// Coding options.
    pub options: Options,
    /// Stands in where neither encounter nor note states a date of service; date of the log.
    pub today: Date,
    /// A simpler method in the engine's place (labels only).
    pub baseline: Option<Baseline>,
}

/// What came out.
#[derive(Default)]
pub struct Measured {
    /// The figures.
    pub scores: Scores,
    /// Tab-separated rows of `--predictions`.
    pub predictions: String,
    /// Documents with an error.
    pub pages: Vec<Page>,
    /// What the report draws.
    pub plots: Plots,
    /// Documents that the engine refused, with its message; they count as empty predictions.
    pub refused: Vec<String>,
}

/// Measures one set. `name` is the set as the caller wrote it.
pub fn measure(
    engine: &Engine,
    name: &str,
    kind: &SetKind,
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<Measured, EvalError> {
    let mut measured = match kind {
        SetKind::Labels(dir) => {
            let cases = gold::load_labels(dir, settings.part)?;
            if let Some(baseline) = &settings.baseline {
                return baseline_claims(engine, name, dir, baseline, &cases, settings, bar);
            }
            let (mut measured, cases, predicted) = claims(engine, name, cases, settings, bar)?;
            let texts: Vec<ScoredText> = cases
                .par_iter()
                .map(|c| mentions::score_labels(engine, &c.encounter.note, &c.mentions).map_err(EvalError::from))
                .collect::<Result<_, _>>()?;
            measured.scores.metrics.extend(mentions::label_metrics(&texts.iter().collect::<Vec<_>>()));
            let related: Vec<ScoredRelations> =
                cases.par_iter().zip(&predicted).map(|(case, p)| relations::score(engine, case, p)).collect();
            let linked: Vec<ScoredLinks> =
                cases.par_iter().map(|case| linking::score(engine, case, settings.today)).collect::<Result<_, _>>()?;
            measured.scores.metrics.extend(linking::figures(&linked.iter().collect::<Vec<_>>()));
            measured.scores.metrics.extend(relations::figures(&related.iter().collect::<Vec<_>>()));
            measured
        }
        _ if settings.baseline.is_some() => return Err(EvalError::BaselineNeedsLabels { set: name.to_owned() }),
        SetKind::Encounters(path) => authored(engine, name, path, settings, bar)?,
        SetKind::NegEx(file) => texts::negex(engine, name, file, settings.part, bar)?,
        SetKind::Brat(dir) => texts::brat(engine, name, dir, settings.part, bar)?,
        SetKind::Mdace(dir) => claims(engine, name, mimic::load_mdace(dir, settings.part)?, settings, bar)?.0,
        SetKind::Mimic4(dir) => claims(engine, name, mimic::load_mimic4(dir, settings.part)?, settings, bar)?.0,
        SetKind::PubTator(file) => texts::pubtator(engine, name, file, settings.part, bar)?,
    };
    measured.scores.engine = identity(engine);
    Ok(measured)
}

/// Authored encounters. A scored run of the test part is written down.
fn authored(engine: &Engine, name: &str, path: &Path, settings: &Settings, bar: &ProgressBar) -> Result<Measured, EvalError> {
    let digest = test_log::verify(path, settings.part)?;
    let cases = encounters::load(path, settings.part)?;
    if settings.part != Part::Test {
        return Ok(claims(engine, name, cases, settings, bar)?.0);
    }
    let log = test_log::path(path);
    let mut file = test_log::open(&log)?;
    let mut measured = claims(engine, name, cases, settings, bar)?.0;
    measured.scores.engine = identity(engine);
    let options = format!("{:?} {:?}", settings.options.policy, settings.options.completeness).to_lowercase();
    test_log::append(&mut file, &log, &test_log::line(&measured.scores, &digest, &options, settings.today))?;
    Ok(measured)
}

fn identity(engine: &Engine) -> EngineIdentity {
    let info = engine.info();
    EngineIdentity {
        version: info.version.clone(),
        model: info.model.name.clone(),
        sha256: info.model.sha256.clone(),
        numerics: info.numerics.clone(),
    }
}

fn claims(
    engine: &Engine,
    name: &str,
    mut cases: Vec<Case>,
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<(Measured, Vec<Case>, Vec<Predicted>), EvalError> {
    engine.refuse_training_documents(&cases.iter().map(|c| c.gold.id.as_str()).collect::<Vec<_>>())?;
    cases.iter_mut().for_each(|c| c.encounter.options = Some(settings.options));
    bar.set_length(cases.len() as u64);
    let results: Vec<(Predicted, Option<String>)> = cases
        .par_iter()
        .map(|case| {
            let started = Instant::now();
            let result = engine.code(&case.encounter, settings.today);
            let seconds = started.elapsed().as_secs_f64();
            bar.inc(1);
            match result {
                Ok(coded) => (Predicted::of(&coded, seconds), None),
                Err(e) => (Predicted { seconds, ..Default::default() }, Some(format!("{}: {e}", case.gold.id))),
            }
        })
        .collect();
    let measured = compared(engine, name, &cases, &results, settings);
    Ok((measured, cases, results.into_iter().map(|(predicted, _)| predicted).collect()))
}

/// A simpler method's answers on the labels, in the engine's place.
fn baseline_claims(
    engine: &Engine,
    name: &str,
    dir: &Path,
    baseline: &Baseline,
    cases: &[Case],
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<Measured, EvalError> {
    bar.set_length(cases.len() as u64);
    let predicted = baselines::predict(baseline, engine, dir, cases, settings, bar)?;
    let results: Vec<(Predicted, Option<String>)> = predicted.into_iter().map(|p| (p, None)).collect();
    let mut measured = compared(engine, &format!("{name} (baseline {})", baseline.name()), cases, &results, settings);
    measured.scores.engine = identity(engine);
    measured.scores.engine.model = format!("baseline {}", baseline.name());
    Ok(measured)
}

/// Answers beside gold: figures, rows of predictions and pages of errors.
fn compared(
    engine: &Engine,
    name: &str,
    cases: &[Case],
    results: &[(Predicted, Option<String>)],
    settings: &Settings,
) -> Measured {
    let claims_with = |code: &str| engine.claims_with(code);
    let scored: Vec<Scored> = cases.iter().zip(results).map(|(c, (p, _))| claim_score::score(&c.gold, p, &claims_with)).collect();
    let mut titles = Titles { engine, known: BTreeMap::new() };
    let mut measured = Measured {
        scores: claim_metrics::scores(name, settings.part.name(), &scored),
        refused: results.iter().filter_map(|(_, refused)| refused.clone()).collect(),
        ..Default::default()
    };
    for ((case, (predicted, _)), scored) in cases.iter().zip(results).zip(&scored) {
        prediction_rows(&mut measured.predictions, &case.gold.id, predicted);
        measured.plots.diagnoses.extend(&scored.confidences);
        measured.plots.encounters.push((scored.expected_accuracy, scored.right));
        if scored.has_error() {
            measured.pages.push(claim_page::page(case, predicted, scored, &mut |code| titles.of(code)));
        }
    }
    measured
}

/// Titles of codes, looked up once each.
struct Titles<'a> {
    engine: &'a Engine,
    known: BTreeMap<String, String>,
}

impl Titles<'_> {
    fn of(&mut self, code: &str) -> String {
        let sets = self.engine.code_sets();
        let look_up = || {
            let diagnosis = sets.icd10cm.find(code).map(|i| sets.icd10cm.title(i).into_owned());
            let procedure = || sets.procedures.find(code).map(|i| sets.procedures.descriptor(i).to_owned());
            diagnosis.or_else(procedure).unwrap_or_default()
        };
        self.known.entry(code.to_owned()).or_insert_with(look_up).clone()
    }
}

/// id, kind (dx, procedure, em), code, rank, confidence, chosen.
fn prediction_rows(rows: &mut String, id: &str, p: &Predicted) {
    for (rank, (code, confidence)) in p.ranked.iter().enumerate() {
        let _ = writeln!(rows, "{id}\tdx\t{code}\t{}\t{confidence:.4}\t{}", rank + 1, u8::from(rank < p.diagnoses.len()));
    }
    for (rank, line) in p.lines.iter().enumerate() {
        let _ = writeln!(rows, "{id}\tprocedure\t{}\t{}\t{:.4}\t1", line.code, rank + 1, line.confidence);
    }
    if let Some(em) = &p.em {
        let _ = writeln!(rows, "{id}\tem\t{em}\t1\t1\t1");
    }
}
