//! The recipe of the last look at visits: kinds of service and levels by cues and tables (with the weights of a fold that has not
//! seen the note) beside what the words of the note say (likewise), and an ensemble that learned from both.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bag_of_words::{BagSettings, Sample, fit_words, record, services_of, write};
use super::boosting::{self, BoostingSettings, Rows};
use super::data::{LabelledDocument, LabelledProcedure, corpora};
use super::diagnoses::fold_of;
use super::diagnosis_recipe::RecipeError;
use super::{em_settings, em_short};
use crate::coding::bag_of_words::{BagOfWords, NoteWords, Scores, terms};
use crate::coding::packed_json;
use crate::coding::procedures::last_look::NO_VISIT;
use crate::coding::trees::sigmoid;
use crate::em::last_look::{FEATURES, FILE, Options, VisitLook, code_of, options_and_rows, payable};
use crate::em::{self, PayerTerms, SettingWeights, Weights};
use crate::engine::{Engine, EngineConfig, payer_terms};

/// `training/recipes/visits.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    #[allow(dead_code)]
    stage: String,
    /// Model folder with everything else.
    base: PathBuf,
    codesets: PathBuf,
    corpora: PathBuf,
    /// The project's own labels (`training/labels`).
    labels: PathBuf,
    /// By how much another code must be likelier than that of cues and tables.
    margin: f32,
    /// How the words are learned, as in `services.toml`.
    words: BagSettings,
    /// The last look.
    recheck: BoostingSettings,
}

/// What the last look at visits does for notes that neither its weights nor its words have seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VisitsReport {
    /// Notes: labelled ones, authored and clinic notes, short encounters.
    pub notes: [usize; 3],
    /// Share of them with an accepted code (or rightly none) by cues and tables.
    pub found: [f64; 3],
    /// The same for notes with a visit.
    pub found_visits: [f64; 3],
    /// By the last look, out of fold, for some margins: all notes, those with a visit, those with a code above the accepted ones
    /// where a visit was labelled.
    pub by_margin: Vec<(f32, [f64; 3], [f64; 3], [f64; 3])>,
}

/// One note as the last look sees it.
struct Note {
    options: Options,
    values: Vec<f32>,
    labels: Vec<f32>,
    part: usize,
    visit: bool,
    fold: usize,
    accepted: Vec<String>,
}

/// Runs a recipe; the results go to `out` (the recipe's base without it).
pub fn run(path: &Path, out: Option<&Path>) -> Result<VisitsReport, RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| problem(e.to_string()))?;
    let recipe: Recipe = toml::from_str(&text).map_err(|e| problem(e.to_string()))?;
    let corpora = corpora::folder(&recipe.corpora);
    let fitted = em_settings::fit(&corpora, Some(&recipe.labels))?;
    let folds = fitted.folds.len();
    let short_visits = em_short::visits(&fitted.documents);
    let short: Vec<Weights> = (0..folds).map(|f| em_short::fit(&short_visits, &|v| v.place % folds != f)).collect();
    // The place of a note in the list says its fold. As in the stage `services` the labelled notes teach no words.
    let teaches = |i: &usize| fitted.documents[*i].1 > 0;
    let teachers: Vec<usize> = (0..fitted.documents.len()).filter(teaches).collect();
    let sample = |i: &usize| Sample { fold: Some(i % folds), ..services_of(&fitted.documents[*i].0, true) };
    let samples: Vec<Sample> = teachers.par_iter().map(sample).collect();
    let (bag, of_teachers) = fit_words(&samples, &recipe.words);
    let mut scores: Vec<Scores> = fitted.documents.par_iter().map(|(d, _)| bag.scores(&bag.note(&terms(&d.text)))).collect();
    teachers.iter().zip(of_teachers).for_each(|(i, own)| scores[*i] = own);
    tracing::info!(notes = teachers.len(), "words fitted");
    let engine = Engine::open(&EngineConfig {
        model: Some(recipe.base.clone()),
        codesets: Some(recipe.codesets.clone()),
        ..EngineConfig::default()
    })?;
    let one = |place: usize| {
        let (document, part) = &fitted.documents[place];
        let weights = (&fitted.folds[place % folds], &short[place % folds]);
        note((document, *part), &engine, weights, (&bag, &scores[place]))
    };
    let notes: Vec<Note> = (0..fitted.documents.len()).into_par_iter().map(one).collect::<Result<_, _>>()?;
    let documents: Vec<LabelledDocument> = fitted.documents.iter().map(|(d, _)| d.clone()).collect();
    let (model, report) = fit(&recipe, &notes);
    let folder = out.unwrap_or(&recipe.base);
    write(folder, FILE, packed_json::pack(&model))?;
    record(folder, &documents, &[FILE]).map_err(|e| problem(e.to_string()))?;
    Ok(report)
}

fn note(
    (document, part): (&LabelledDocument, usize),
    engine: &Engine,
    (settings, short): (&SettingWeights, &Weights),
    (bag, scores): (&BagOfWords, &Scores),
) -> Result<Note, RecipeError> {
    let encounter = document.encounter();
    let today = jiff::civil::date(2026, 5, 4);
    let coded = engine.code(&encounter, today)?;
    let read = crate::document::read(&document.text);
    let lines: Vec<_> = coded.claim.lines.into_iter().filter(|l| !l.source.iter().any(|s| s == "em")).collect();
    let payer = engine.payers().get(&coded.context.payer).map_or_else(PayerTerms::medicare, payer_terms);
    let global_days = |code: &str| em::global_days(engine.code_sets(), &coded.context, code);
    let input = em::Input {
        lines: &lines,
        mentions: &coded.mentions,
        global_days: &global_days,
        payer,
        ..em::Input::of_note(&read, &coded.context, &coded.claim.diagnoses)
    };
    let result = em::level_with(&input, settings, Some(short));
    let words = NoteWords { bag, note: bag.note(&terms(&document.text)), scores: scores.clone() };
    let by_setting = em::setting_probabilities(&input, settings);
    let (options, values) = options_and_rows(&input, &result, &by_setting, &words);
    let mut accepted: Vec<String> = match &document.em {
        Some(visit) => std::iter::once(&visit.code).chain(&visit.alternatives).map(|c| payable(c, &input.payer)).collect(),
        None => vec![NO_VISIT.to_owned()],
    };
    // A psychiatric evaluation stands among the services, and so does a visit that is neither right nor wrong.
    let stands = |p: &&LabelledProcedure| matches!(p.code.as_str(), "90791" | "90792") || (!p.certain && document.em.is_none());
    accepted.extend(document.procedures.iter().filter(stands).map(|p| payable(&p.code, &input.payer)));
    let labels = options.list.iter().map(|o| f32::from(u8::from(accepted.contains(&o.code)))).collect();
    debug_assert_eq!(options.list.first().map(|o| o.code.as_str()), Some(code_of(&result)));
    Ok(Note { options, values, labels, part, visit: document.em.is_some(), fold: fold_of(&document.id), accepted })
}

fn fit(recipe: &Recipe, notes: &[Note]) -> (VisitLook, VisitsReport) {
    let names: Vec<String> = FEATURES.map(String::from).to_vec();
    let trees_of = |keep: &dyn Fn(&Note) -> bool| {
        let kept: Vec<&Note> = notes.iter().filter(|n| keep(n)).collect();
        let values: Vec<f32> = kept.iter().flat_map(|n| n.values.iter().copied()).collect();
        let labels: Vec<f32> = kept.iter().flat_map(|n| n.labels.iter().copied()).collect();
        let weights = vec![1.0; labels.len()];
        boosting::fit(&Rows { names: &names, values: &values, labels: &labels, weights: &weights }, &recipe.recheck)
    };
    let folds: BTreeSet<usize> = notes.iter().map(|n| n.fold).collect();
    let mut log_odds: Vec<Vec<f32>> = vec![Vec::new(); notes.len()];
    for fold in folds {
        let trees = trees_of(&|n| n.fold != fold);
        for (own, note) in log_odds.iter_mut().zip(notes).filter(|(_, n)| n.fold == fold) {
            *own = note.values.chunks(FEATURES.len()).map(|row| trees.log_odds(row)).collect();
        }
    }
    let mut trees = trees_of(&|_| true);
    let every: Vec<f32> = log_odds.iter().flatten().copied().collect();
    let labels: Vec<f32> = notes.iter().flat_map(|n| n.labels.iter().copied()).collect();
    trees.calibration = boosting::platt(&every, &labels, &vec![1.0; labels.len()]);
    let calibrated = |l: &f32| sigmoid(trees.calibration.slope * l + trees.calibration.offset);
    let share = |of: &dyn Fn(usize, &Note) -> bool, visits: bool| {
        [0, 1, 2].map(|part| {
            let own = || notes.iter().enumerate().filter(|(_, n)| n.part == part && (n.visit || !visits));
            own().filter(|(i, n)| of(*i, n)).count() as f64 / own().count().max(1) as f64
        })
    };
    let chosen = |i: usize, n: &Note, margin: f32| {
        let probabilities: Vec<f32> = log_odds[i].iter().map(calibrated).collect();
        n.options.choose(&probabilities, margin)
    };
    let right = |i: usize, n: &Note, margin: f32| n.labels[chosen(i, n, margin)] > 0.0;
    let over = |i: usize, n: &Note, margin: f32| {
        let code = n.options.list[chosen(i, n, margin)].code.as_str();
        n.accepted.iter().filter_map(|a| em::levels_apart(code, a)).min().is_some_and(|apart| apart > 0)
    };
    let margins = [0.0, 0.05, 0.1, 0.15, 0.2, 0.3];
    let report = VisitsReport {
        notes: [0, 1, 2].map(|part| notes.iter().filter(|n| n.part == part).count()),
        found: share(&|_, n| n.labels[0] > 0.0, false),
        found_visits: share(&|_, n| n.labels[0] > 0.0, true),
        by_margin: margins
            .into_iter()
            .map(|m| {
                (m, share(&|i, n| right(i, n, m), false), share(&|i, n| right(i, n, m), true), share(&|i, n| over(i, n, m), true))
            })
            .collect(),
    };
    (VisitLook { trees, margin: recipe.margin, layout: Default::default() }, report)
}
