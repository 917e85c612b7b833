//! How whole visits are leveled out of fold: settings fitted without a note, and the rules beside them.
use super::data::LabelledDocument;
use super::em_notes::{context_of, diagnoses_of, lines_found};
use super::em_settings::Fitted;
use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::document;
use crate::em::{self, EmResult, SettingWeights, Weights};
use crate::eval::em_levels::{EmOutcome, em_outcome};

/// How the levels of a part came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Levels {
    /// Notes with a level on either side.
    pub visits: usize,
    /// Among the labelled levels.
    pub accepted: usize,
    /// Higher, in the same family of services.
    pub over: usize,
    /// Lower.
    pub under: usize,
    /// Another family of services.
    pub other_kind: usize,
    /// A level where none is labelled.
    pub false_visits: usize,
    /// None where one is.
    pub lost_visits: usize,
}

/// Levels every document by the weights of its fold, with its labelled diagnoses and the procedures that are not hidden;
/// `each` sees every document with what was found.
pub fn check(
    fitted: &Fitted,
    short: &[Weights],
    code_sets: &CodeSets,
    each: &mut dyn FnMut(&LabelledDocument, usize, &EmResult, EmOutcome, em::BySetting),
) -> [Levels; 3] {
    let mut all = [Levels::default(); 3];
    for (i, (d, part)) in fitted.documents.iter().enumerate() {
        let fold = i % fitted.folds.len().max(1);
        let Some(settings) = fitted.folds.get(fold) else { continue };
        let (result, probabilities) = level(d, code_sets, settings, short.get(fold));
        let accepted: Vec<String> = d.em.iter().flat_map(|e| std::iter::once(&e.code).chain(&e.alternatives)).cloned().collect();
        let outcome = em_outcome(&accepted, result.code.as_deref());
        each(d, *part, &result, outcome, probabilities);
        let Some(levels) = all.get_mut(*part) else { continue };
        levels.visits += usize::from(outcome != EmOutcome::NotApplicable);
        match outcome {
            EmOutcome::NotApplicable => {}
            EmOutcome::Accepted => levels.accepted += 1,
            EmOutcome::Over(_) => levels.over += 1,
            EmOutcome::Under(_) => levels.under += 1,
            EmOutcome::OtherCategory if accepted.is_empty() => levels.false_visits += 1,
            EmOutcome::OtherCategory if result.code.is_none() => levels.lost_visits += 1,
            EmOutcome::OtherCategory => levels.other_kind += 1,
        }
    }
    all
}

fn level(
    d: &LabelledDocument,
    code_sets: &CodeSets,
    settings: &SettingWeights,
    short: Option<&Weights>,
) -> (EmResult, em::BySetting) {
    let document = document::read(&d.text.0);
    let context = context_of(d, &document);
    let diagnoses = diagnoses_of(d, &document);
    let mut lines: Vec<Line> = lines_found(d);
    for line in &mut lines {
        let labelled = d.procedures.iter().find(|p| p.code == line.code);
        let names = |code: &String| labelled.is_some_and(|p| p.dx.iter().any(|x| x == code));
        line.pointers = diagnoses.iter().filter(|x| names(&x.code)).map(|x| x.pointer.clone()).collect();
    }
    let global_days = |code: &str| em::global_days(code_sets, &context, code);
    let input = em::Input { lines: &lines, global_days: &global_days, ..em::Input::of_note(&document, &context, &diagnoses) };
    (em::level_with(&input, settings, short), em::setting_probabilities(&input, settings))
}
