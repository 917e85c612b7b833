//! Fits the last look at diagnoses on notes that neither the encoder nor the ranking has seen.
use rayon::prelude::*;
use serde::Serialize;

use super::Recipe;
use crate::codeset::CodeSets;
use crate::coding::bag_of_words::{BagOfWords, NoteWords, Scores, terms};
use crate::coding::diagnoses::features::{Table, table};
use crate::coding::diagnoses::gather::Material;
use crate::coding::diagnoses::model::{DiagnosisModel, Thresholds};
use crate::coding::diagnoses::recheck::{RECHECK, Recheck, looked_at, rows};
use crate::coding::diagnoses::{gather, note_facts};
use crate::coding::trees::sigmoid;
use crate::engine::Reader;
use crate::train::boosting;
use crate::train::data::LabelledDocument;
use crate::train::data::second_look::CHARTS;
use crate::train::diagnoses::{self, NoteRows, Outcome, label_rows, score_at, whole_set};
use crate::train::diagnosis_recipe::RecipeError;

/// What the last look does for notes it has not seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LookReport {
    /// Notes: clinic notes, and short encounters.
    pub notes: [usize; 2],
    /// Micro-F1 of the choice by the ranking at its own threshold, for both.
    pub ranked: [f64; 2],
    /// Micro-F1 of the choice by the last look, out of fold.
    pub looked: [f64; 2],
    /// The same by threshold.
    pub by_threshold: Vec<(f32, [f64; 2])>,
}

/// One note: its rows, the probabilities of the ranking, the rows that are looked at again, and their values.
struct Note {
    all: NoteRows,
    ranked: Vec<f32>,
    looked: Vec<usize>,
}

pub(super) fn fit(
    recipe: &Recipe,
    bag: &BagOfWords,
    documents: &[LabelledDocument],
    scores: &[Scores],
) -> Result<(Recheck, LookReport), RecipeError> {
    let problem = |reason: String| RecipeError::Recipe { path: recipe.base.clone(), reason };
    let reader = Reader::open(&recipe.base, &recipe.codesets, "cpu")?;
    let ranking = DiagnosisModel::open(&recipe.base.join("diagnoses.json.gz")).map_err(|e| problem(e.to_string()))?;
    let code_sets = CodeSets::open(&recipe.codesets).map_err(|e| problem(e.to_string()))?;
    let title = |code: &str| code_sets.icd10cm.find(code).map(|i| code_sets.icd10cm.title(i).into_owned()).unwrap_or_default();
    let today = jiff::civil::date(2026, 5, 4);
    let one = |index: usize| {
        let document = &documents[index];
        let reading = reader.read(&document.encounter(), today)?;
        let words = NoteWords { bag, note: bag.note(&terms(&document.text)), scores: scores[index].clone() };
        let of = |material: &Material<'_>| {
            let candidates = gather::gather(material);
            let facts = note_facts(material, &candidates);
            let mut table = table(&candidates, &facts, reader.lexicon(), &ranking.priors, &title, true);
            let names = table.names.take();
            let ranked = ranking.probabilities(&table, &candidates, reader.lexicon());
            let looked = looked_at(&table, &ranked, &words, reader.lexicon());
            let values = rows(&table, &ranked, &words, reader.lexicon(), &looked);
            let (labels, mut weights) = label_rows(document, &table, reader.lexicon());
            // The trees see only what is looked at; the choice sees every row.
            let table = Table { width: table.width + RECHECK.len(), values, ..table };
            let kept: std::collections::BTreeSet<usize> = looked.iter().copied().collect();
            weights.iter_mut().enumerate().filter(|(row, _)| !kept.contains(row)).for_each(|(_, w)| *w = 0.0);
            (Note { all: NoteRows { document: index, table, candidates, labels, weights }, ranked, looked }, names)
        };
        Ok::<_, RecipeError>(reader.with_material_and_words(&reading, &words, of))
    };
    let made: Vec<(Note, Option<Vec<String>>)> = (0..documents.len()).into_par_iter().map(one).collect::<Result<_, _>>()?;
    let mut names = made.iter().find_map(|(_, n)| n.clone()).unwrap_or_default();
    names.extend(RECHECK.map(String::from));
    let notes: Vec<Note> = made.into_iter().map(|(note, _)| note).collect();
    tracing::info!(notes = notes.len(), rows = notes.iter().map(|n| n.looked.len()).sum::<usize>(), "looking again");
    if let Some(path) = &recipe.rows {
        let written = std::fs::write(path, study_lines(&notes, documents, &names, reader.lexicon()));
        written.map_err(|e| RecipeError::Write { path: path.clone(), reason: e.to_string() })?;
    }
    // For the fit a note has only the rows that are looked at.
    let picked: Vec<NoteRows> = notes.iter().map(Note::picked).collect();
    let weights: Vec<&[f32]> = picked.iter().map(|n| n.weights.as_slice()).collect();
    let values_of = |n: &NoteRows| n.table.values.clone();
    let settings = &recipe.recheck;
    let unseen =
        diagnoses::out_of_fold(&picked, documents, &names, settings, &weights, |n| (n.table.width, n.table.values.clone()));
    let mut trees = diagnoses::fit_all(&picked, &names, settings, &weights, values_of);
    let flat = |of: &dyn Fn(&NoteRows, usize) -> f32| -> Vec<f32> {
        picked.iter().flat_map(|n| (0..n.labels.len()).map(|r| of(n, r)).collect::<Vec<_>>()).collect()
    };
    let log_odds: Vec<f32> = unseen.iter().flatten().copied().collect();
    trees.calibration = boosting::platt(&log_odds, &flat(&|n, r| n.labels[r]), &flat(&|n, r| n.weights[r]));
    let calibrated = |l: f32| sigmoid(trees.calibration.slope * l + trees.calibration.offset);
    let probabilities: Vec<Vec<f32>> = notes
        .iter()
        .zip(&unseen)
        .map(|(note, own)| {
            let mut all = note.ranked.clone();
            note.looked.iter().zip(own).for_each(|(row, l)| all[*row] = calibrated(*l));
            all
        })
        .collect();
    let ranked: Vec<Vec<f32>> = notes.iter().map(|n| n.ranked.clone()).collect();
    let whole: Vec<NoteRows> = notes.into_iter().map(|n| n.all).collect();
    let lexicon = reader.lexicon();
    let both = |p: &[Vec<f32>], threshold: f32| -> [Outcome; 2] {
        [true, false].map(|of_notes| score_at(&whole, documents, lexicon, p, threshold, of_notes))
    };
    let f1 = |outcomes: [Outcome; 2]| outcomes.map(|o| o.f1());
    let steps: Vec<f32> = (20..=60).map(|i| i as f32 / 100.0).collect();
    let tried: Vec<(f32, [Outcome; 2])> = steps.par_iter().map(|t| (*t, both(&probabilities, *t))).collect();
    // Both kinds of note count alike, whatever their number; the curve is flat, so neighbours count too.
    let smooth = |i: usize| {
        let near = &tried[i.saturating_sub(3)..(i + 4).min(tried.len())];
        near.iter().map(|t| f1(t.1).iter().sum::<f64>()).sum::<f64>() / near.len() as f64
    };
    let best = (0..tried.len()).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b))).map_or(0.45, |i| tried[i].0);
    let standard = recipe.threshold.unwrap_or(best);
    let of_terse = |t: &(f32, [Outcome; 2])| (t.1[0].density() - recipe.terse_codes).abs();
    let terse = tried.iter().filter(|t| t.0 >= standard).min_by(|a, b| of_terse(a).total_cmp(&of_terse(b))).map_or(0.6, |t| t.0);
    let thresholds = Thresholds { terse, standard, complete: (standard * 0.4).max(0.08) };
    let set = whole_set(&whole, documents, lexicon, &probabilities, standard);
    let count = |short: bool| documents.iter().filter(|d| (d.corpus == CHARTS) == short).count();
    let report = LookReport {
        notes: [count(false), count(true)],
        ranked: f1(both(&ranked, ranking.thresholds.standard)),
        looked: f1(both(&probabilities, standard)),
        by_threshold: tried.iter().step_by(4).map(|t| (t.0, f1(t.1))).collect(),
    };
    Ok((Recheck { trees, thresholds, whole: set, layout: Default::default() }, report))
}

impl Note {
    /// The rows looked at, alone.
    fn picked(&self) -> NoteRows {
        let of = |list: &[f32]| self.looked.iter().map(|r| list[*r]).collect();
        let table = Table {
            codes: self.looked.iter().map(|r| self.all.table.codes[*r]).collect(),
            values: self.all.table.values.clone(),
            width: self.all.table.width,
            names: None,
        };
        NoteRows {
            document: self.all.document,
            table,
            candidates: Default::default(),
            labels: of(&self.all.labels),
            weights: of(&self.all.weights),
        }
    }
}

/// The names of the features, then one line a note: its id, codes, labels, weights and values of the rows looked at.
fn study_lines(
    notes: &[Note],
    documents: &[LabelledDocument],
    names: &[String],
    lexicon: &crate::coding::lexicon::Lexicon,
) -> String {
    let mut out = serde_json::json!({ "names": names }).to_string() + "\n";
    for note in notes {
        let picked = note.picked();
        let codes: Vec<&str> = picked.table.codes.iter().map(|c| lexicon.code(*c)).collect();
        let line = serde_json::json!({
            "id": documents[note.all.document].id, "codes": codes, "labels": picked.labels, "weights": picked.weights,
            "values": picked.table.values,
        });
        out += &(line.to_string() + "\n");
    }
    out
}
