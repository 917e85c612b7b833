//! How much work was the visit? The E/M level from its documentation.
//!
//! Two ways lead to a level: medical decision making (two of three elements: problems addressed, data, risk) or the
//! documented total time on the date of the encounter. The better of the two is taken and said. Every element carries the
//! words of the note; the level shown always follows from the elements shown.
mod assessed;
mod category;
mod category_cues;
mod codes;
mod data;
mod data_cues;
mod dates;
mod decision;
mod features;
mod fees;
mod global;
mod input;
pub mod last_look;
mod line;
mod line_heads;
mod modality;
mod model;
mod natures;
mod needs;
mod new_patient;
mod newborn;
mod nursing_facility;
mod problems;
mod procedure_visit;
mod reports;
mod result;
mod risk;
mod risk_cues;
mod services;
mod setting;
mod setting_cues;
mod setting_words;
mod short;
mod status;
mod telehealth;
mod time;
mod title;
mod transitional;
mod verdict;
mod view;
mod weighed;

pub use codes::{Category, levels_apart};
pub use features::{All as AllFeatures, Features};
pub use fees::{fee, global_days};
pub use input::{Input, PayerTerms};
pub use line::{line, lines};
pub use model::{Ordinal, Weights};
pub use result::{Additional, Basis, Difference, Element, ElementGroup, EmResult, Fee, Level, Verdict};
pub use services::place_of_service;
pub use setting::{BySetting, SETTINGS, Setting, SettingWeights};

use decision::Decision;
pub(crate) use decision::Table;
use view::View;

use crate::claim::{Line, Query};
use crate::document::Document;
use crate::note::Context;

/// Levels a visit.
pub fn level(input: &Input) -> EmResult {
    level_with(input, SettingWeights::embedded(), Weights::of_short_notes())
}

/// Levels a visit with other weights of its setting and, in short notes, of its words: those of a fold, in training.
pub(crate) fn level_with(input: &Input, settings: &SettingWeights, of_short_notes: Option<&Weights>) -> EmResult {
    let view = View::with(input.document, input.diagnoses);
    let times = time::stated(&view);
    let found = category::infer(&view, input, &times, settings);
    level_of(input, &view, &times, &found, of_short_notes)
}

/// Levels a visit whose kind of service is known.
fn level_as(input: &Input, found: category::Found, of_short_notes: Option<&Weights>) -> EmResult {
    let view = View::with(input.document, input.diagnoses);
    level_of(input, &view, &time::stated(&view), &found, of_short_notes)
}

fn level_of(
    input: &Input,
    view: &View,
    times: &[time::StatedTime],
    found: &category::Found,
    of_short_notes: Option<&Weights>,
) -> EmResult {
    let mut result = EmResult {
        category: found.category.name(),
        reason: found.reason.clone(),
        category_evidence: found.evidence.clone(),
        documented: input.documented.map(str::to_owned),
        ..EmResult::default()
    };
    ask(&mut result, found);
    if found.category == Category::NotAVisit || view.clauses.is_empty() {
        return result;
    }
    if input.diagnoses.is_empty() && found.needs_diagnosis() {
        result.category = Category::NotAVisit.name();
        result.reason = "the note states no diagnosis, sign or symptom: a visit has nothing to stand on".to_owned();
        return result;
    }
    let decided = Decision::weighed(view, input, found.category, of_short_notes);
    result.problems = decided.problem_group();
    result.data = decided.data_group();
    result.risk = decided.risk_group();
    let total = times.iter().filter(|t| !t.critical).max_by_key(|t| t.minutes);
    if let Some(t) = total {
        result.time_minutes = Some(t.minutes);
        result.time_evidence = vec![t.evidence.clone()];
    }
    services::choose(view, &mut result, &decided, found, input, times);
    if found.new_or_established_unsure && matches!(found.category, Category::OfficeEstablished | Category::HomeEstablished) {
        result.queries.push(Query {
            about: "em".into(),
            question: "Has the patient had a face-to-face service from this group and specialty within three years?".into(),
            options: vec!["yes, established".into(), "no, new".into()],
            evidence: Vec::new(),
        });
    }
    result.next_level_needs = needs::next_level(&result, &decided, found.category, input.context.date_of_service);
    verdict::judge(&mut result, input.fee);
    result
}

/// Asks what the note leaves open about the kind of service.
fn ask(result: &mut EmResult, found: &category::Found) {
    let mut question = |question: &str, options: [&str; 2]| {
        let options = options.map(str::to_owned).to_vec();
        result.queries.push(Query { about: "em".into(), question: question.into(), options, evidence: Vec::new() });
    };
    if found.visit_unsure {
        let options = ["yes, with history, examination or decisions of its own", "no"];
        question("Was there a visit beside the procedure, test or other service that the note tells?", options);
    }
    if found.place_unsure {
        question(
            "Where was the patient seen? The note does not say it.",
            ["office", "hospital, emergency department or elsewhere"],
        );
    }
}

/// Features of a visit and its levels by the table alone, for training; none for notes that are no visit.
pub(crate) fn features(input: &Input) -> Option<(AllFeatures, Table)> {
    let view = View::with(input.document, input.diagnoses);
    let times = time::stated(&view);
    let found = category::infer(&view, input, &times, SettingWeights::embedded());
    if found.category == Category::NotAVisit {
        return None;
    }
    let d = Decision::by_table(&view, input, found.category);
    let all = features::of(&d.problems, &d.data, &d.risk, found.category);
    Some((all, d.table()))
}

/// The same with the words of the note; none for notes that are not short.
pub(crate) fn short_features(input: &Input) -> Option<(AllFeatures, Table)> {
    let view = View::with(input.document, input.diagnoses);
    if !short::is_short(&view) {
        return None;
    }
    let times = time::stated(&view);
    let category = category::infer(&view, input, &times, SettingWeights::embedded()).category;
    if category == Category::NotAVisit {
        return None;
    }
    let d = Decision::by_table(&view, input, category);
    let all = features::of(&d.problems, &d.data, &d.risk, category);
    Some((short::features(&view, all, d.table().levels, category), d.table()))
}

/// How probable each setting is by the words of a note.
pub(crate) fn setting_probabilities(input: &Input, settings: &SettingWeights) -> BySetting {
    settings.probabilities(&View::with(input.document, input.diagnoses), input.context, input.lines)
}

/// Features of the setting of a note, for training.
pub(crate) fn setting_features(document: &Document, context: &Context, lines: &[Line]) -> std::collections::BTreeSet<String> {
    let mut all = std::collections::BTreeSet::new();
    setting::each_feature(&View::new(document), context, lines, &mut |f| {
        if !all.contains(f) {
            all.insert(f.to_owned());
        }
    });
    all
}
