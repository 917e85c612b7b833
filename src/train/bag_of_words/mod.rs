//! Fits what the words of notes as a whole say ([`fit`]) and the last looks that weigh it: at diagnoses ([`last_look`]; a part of the
//! recipe of the ranking) and at services ([`services`]).
//!
//! A last look learns from notes with the scores of weights that have not seen their fold.
mod fit;
pub mod kind;
pub mod last_look;
mod ridge;
mod services;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

pub use fit::{BagSettings, Sample, fit as fit_words};
pub use services::{ServicesReport, run as run_services, sample as services_of};

use super::data::{LabelledDocument, Role};
use super::diagnoses::fold_of;
use super::diagnosis_recipe::{RecipeError, add_documents};
use super::tagging::export::DOCUMENTS;
use crate::coding::bag_of_words::{self, BagOfWords, Scores};
use crate::encoder::manifest::Manifest;

/// What the words of documents say of their diagnoses: the weights, and each document's scores by weights without its fold.
pub fn fit_diagnoses(documents: &[LabelledDocument], settings: &BagSettings) -> (BagOfWords, Vec<Scores>) {
    let samples: Vec<Sample> = documents.par_iter().map(diagnoses_of).collect();
    fit::fit(&samples, settings)
}

/// Share of required diagnoses whose code is among the 3, 10 and 25 best by the words' scores.
pub fn diagnoses_among_best(documents: &[LabelledDocument], scores: &[Scores]) -> [f64; 3] {
    let required = |d: &LabelledDocument| -> Vec<Vec<String>> {
        let required = d.diagnoses.iter().filter(|d| d.role != Role::Optional);
        required.map(|d| std::iter::once(&d.code).chain(&d.alternatives).cloned().collect()).collect()
    };
    let notes = documents.iter().zip(scores);
    among_best(notes.map(|(d, s)| (required(d), s.best(25).into_iter().map(|b| b.0).collect())), [3, 10, 25])
}

/// What a code's score should be where the note may carry it, or its coder named it as good.
const HALF: f32 = 0.5;

fn diagnoses_of(document: &LabelledDocument) -> Sample {
    let mut targets: BTreeMap<String, f32> = BTreeMap::new();
    for d in &document.diagnoses {
        let score = if d.role == Role::Optional { HALF } else { 1.0 };
        let entry = targets.entry(d.code.clone()).or_default();
        *entry = entry.max(score);
        for code in &d.alternatives {
            let entry = targets.entry(code.clone()).or_default();
            *entry = entry.max(score * HALF);
        }
    }
    Sample { terms: bag_of_words::terms(&document.text), targets, fold: Some(fold_of(&document.id)) }
}

/// Share of required concepts of which a code is among the best by words, for three numbers of those: `notes` gives the codes
/// that are accepted for each concept, and the best codes.
fn among_best<'a>(notes: impl Iterator<Item = (Vec<Vec<String>>, Vec<&'a str>)>, numbers: [usize; 3]) -> [f64; 3] {
    let (mut found, mut required) = ([0usize; 3], 0usize);
    for (concepts, best) in notes {
        for accepted in concepts {
            required += 1;
            let place = best.iter().position(|c| accepted.iter().any(|a| a == c)).unwrap_or(usize::MAX);
            numbers.iter().zip(&mut found).for_each(|(n, f)| *f += usize::from(place < *n));
        }
    }
    found.map(|f| f as f64 / required.max(1) as f64)
}

/// Writes a file of a model folder; gives its length.
pub(super) fn write(folder: &Path, file: &str, bytes: std::io::Result<Vec<u8>>) -> Result<usize, RecipeError> {
    let target = folder.join(file);
    let written = bytes.and_then(|b| std::fs::write(&target, &b).map(|()| b.len()));
    written.map_err(|e| RecipeError::Write { path: target, reason: e.to_string() })
}

/// Notes in a model folder which documents taught it and which files are new.
pub(super) fn record(folder: &Path, documents: &[LabelledDocument], files: &[&str]) -> anyhow::Result<()> {
    add_documents(folder, documents)?;
    if let Ok(mut manifest) = Manifest::read(folder) {
        for file in files.iter().copied().chain([DOCUMENTS]) {
            manifest.record(folder, file)?;
        }
        manifest.write(folder)?;
    }
    Ok(())
}
