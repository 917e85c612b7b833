//! Measurements beside the fit of the diagnosis ranking: points of the learning curve, and what each source is worth.
//!
//! Each is fitted and scored out of fold on its own notes, from the same readings; nothing is written. The encoder, its
//! tagging heads and the attention over titles stay as they are: they are the stages before.
use serde::{Deserialize, Serialize};

use super::claims::Answers;
use super::data::LabelledDocument;
use super::diagnoses::{self, DiagnosisSettings, FitReport, NoteRows};
use super::diagnosis_rows;
use crate::coding::diagnoses::gather::Material;
use crate::coding::lexicon::{Lexicon, PhraseCounts};

/// One measurement.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Study {
    /// What the result is called.
    pub name: String,
    /// Notes to keep, in order of a hash of their id; all without it.
    pub notes: Option<usize>,
    /// Features whose names begin so are the same for every candidate.
    pub without: Vec<String>,
    /// Other settings than the recipe's.
    pub settings: Option<DiagnosisSettings>,
}

/// What one measurement found.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Features hidden.
    pub hidden: usize,
    /// The figures.
    #[serde(flatten)]
    pub report: FitReport,
}

/// Runs the studies one after the other; each result is logged when it is there. `with_material` as for
/// [`diagnosis_rows::rows`].
pub fn run<F>(
    studies: &[Study],
    settings: &DiagnosisSettings,
    documents: &[LabelledDocument],
    lexicon: &Lexicon,
    title: &(dyn Fn(&str) -> String + Sync),
    answers: Option<&[Answers]>,
    with_material: F,
) -> Vec<Measured>
where
    F: Fn(&LabelledDocument, &PhraseCounts, &mut dyn FnMut(&Material<'_>)) + Sync,
{
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|i| (diagnoses::hash_of(&documents[*i].id), documents[*i].id.as_str()));
    let mut measured = Vec::new();
    // The rows of all notes serve every study that hides features.
    let mut whole: Option<(Vec<NoteRows>, Vec<String>)> = None;
    for study in studies {
        let settings = study.settings.as_ref().unwrap_or(settings);
        let fit = |rows: &mut [NoteRows], documents: &[LabelledDocument], names: &[String]| {
            let hidden = hide(rows, names, &study.without);
            let report = diagnoses::fit(rows, documents, lexicon, names, settings).report;
            Measured { name: study.name.clone(), hidden, report }
        };
        let result = match study.notes.filter(|n| *n < documents.len()) {
            Some(count) => {
                let kept: Vec<usize> = order.iter().copied().take(count).collect();
                let own: Vec<LabelledDocument> = kept.iter().map(|i| documents[*i].clone()).collect();
                let answers: Option<Vec<Answers>> = answers.map(|a| kept.iter().map(|i| a[*i].clone()).collect());
                let (mut rows, names) = diagnosis_rows::rows(&own, lexicon, title, answers.as_deref(), &with_material);
                fit(&mut rows, &own, &names)
            }
            None => {
                let (rows, names) =
                    whole.get_or_insert_with(|| diagnosis_rows::rows(documents, lexicon, title, answers, &with_material));
                let kept: Vec<Vec<f32>> = rows.iter().map(|r| r.table.values.clone()).collect();
                let result = fit(rows, documents, names);
                rows.iter_mut().zip(kept).for_each(|(r, values)| r.table.values = values);
                result
            }
        };
        tracing::info!(name = result.name, f1 = result.report.f1, primary = result.report.primary, "measured");
        measured.push(result);
    }
    measured
}

/// Hides features; returns how many.
fn hide(rows: &mut [NoteRows], names: &[String], without: &[String]) -> usize {
    let hidden: Vec<usize> = (0..names.len()).filter(|i| without.iter().any(|w| names[*i].starts_with(w.as_str()))).collect();
    for table in rows.iter_mut().map(|r| &mut r.table) {
        for row in table.values.chunks_exact_mut(table.width.max(1)) {
            hidden.iter().for_each(|i| row[*i] = 0.0);
        }
    }
    hidden.len()
}
