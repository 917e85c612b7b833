//! A last look at the visit: the kind of service and the level that cues and tables find, beside what the words of the note as a
//! whole say ([`bag_of_words`](crate::coding::bag_of_words)).
//!
//! What it changes follows from elements that are shown: another kind of service is leveled anew by the rules, and a step up or
//! down is an element of its own, with the words that speak for it.
mod options;
mod rows;
mod told;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use options::{Options, category_of, payable};
pub use rows::FEATURES;

use super::category::Found;
use super::codes::{Category, by_mdm};
use super::input::Input;
use super::result::{Basis, Element, ElementGroup, EmResult, Level};
use super::setting::{BySetting, SettingWeights};
use super::{Weights, level_as, level_with};
use crate::coding::bag_of_words::NoteWords;
use crate::coding::forest::Layout;
use crate::coding::last_look::{self, VISITS, trust};
use crate::coding::procedures::last_look::NO_VISIT;
use crate::coding::trees::Trees;
use crate::document::Evidence;

/// Name of the file in a model folder.
pub const FILE: &str = "visits_last_look.json.gz";

/// The model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitLook {
    /// Is it the code of this visit?
    pub trees: Trees,
    /// By how much another code must be likelier than that of cues and tables.
    pub margin: f32,
    /// The ensemble as it is evaluated.
    #[serde(skip)]
    pub layout: Layout,
}

impl VisitLook {
    /// Reads the file of a model folder; the error says why it cannot be used.
    pub fn open(model: &Path) -> Result<Self, String> {
        last_look::open(&model.join(FILE), |look: &Self| &look.trees, &FEATURES)
    }
}

/// The code of a result as the last look knows it: a psychiatric evaluation, which stands beside no visit, is one as well.
pub fn code_of(result: &EmResult) -> &str {
    let evaluation = result.additional.first().map(|a| a.code.as_str()).filter(|c| matches!(*c, "90791" | "90792"));
    result.code.as_deref().or(evaluation).unwrap_or(NO_VISIT)
}

/// The options of a note leveled as `result`, and a row of [`FEATURES`] each.
pub fn options_and_rows(input: &Input, result: &EmResult, settings: &BySetting, words: &NoteWords<'_>) -> (Options, Vec<f32>) {
    let options = Options::of(input, code_of(result), words);
    let values = rows::values(input, result, settings, &options);
    (options, values)
}

/// Levels a visit and looks at the result again.
pub fn level(input: &Input, look: &VisitLook, words: &NoteWords<'_>) -> EmResult {
    let (settings, of_short) = (SettingWeights::embedded(), Weights::of_short_notes());
    let result = level_with(input, settings, of_short);
    let trust = trust(input.document.text.len(), VISITS);
    if trust <= 0.0 || result.code.as_deref() == Some("99024") {
        return result;
    }
    let by_setting = super::setting_probabilities(input, settings);
    let (options, values) = options_and_rows(input, &result, &by_setting, words);
    let mut probabilities = look.layout.predict(&look.trees, &values);
    for (probability, option) in probabilities.iter_mut().zip(&options.list) {
        let before = f32::from(u8::from(option.is_base));
        *probability = before + trust * (*probability - before);
        if !allowed(input, options.list[0].category, option.category) {
            *probability = 0.0;
        }
    }
    let confidence = |code: &str| {
        let own = options.list.iter().zip(&probabilities).find(|(o, _)| o.code == code);
        own.map(|(_, p)| (*p).clamp(0.01, 0.99))
    };
    let chosen = options.choose(&probabilities, look.margin);
    let (base, chosen) = (&options.list[0], &options.list[chosen]);
    let evidence: Vec<Evidence> = words.evidence(&chosen.said, 2).into_iter().map(|s| input.document.evidence(s)).collect();
    let mut looked = result;
    if !chosen.is_base && !evidence.is_empty() {
        let is_of_kind = |result: &EmResult| options::category_of(code_of(result)) == Some(chosen.category);
        if base.category != chosen.category {
            let forced = level_as(input, found(chosen.category, &chosen.code, evidence.clone()), of_short);
            if is_of_kind(&forced) {
                looked = forced;
            }
        }
        if is_of_kind(&looked) && code_of(&looked) != chosen.code {
            step(&mut looked, chosen.category, &chosen.code, input, &evidence);
        }
    }
    looked.confidence = confidence(code_of(&looked));
    looked
}

/// Whether what the encounter states leaves room for another kind of service.
fn allowed(input: &Input, base: Category, other: Category) -> bool {
    if base == other {
        return true;
    }
    // Told in words of their own: out of fold the look was right against them twice, they were right fourteen times.
    if matches!(base, Category::DisabilityExam | Category::HomeNew | Category::HomeEstablished | Category::HospitalDischarge) {
        return false;
    }
    if base == Category::NotAVisit && crate::document::published::is_article(&input.document.text) {
        return false;
    }
    let context = input.context;
    let told = |field: &str| super::category::given(context, field);
    if told("note_type") && context.note_type.is_report() {
        return false;
    }
    let office = |c: Category| super::place_of_service(&c.name()).is_none();
    if (told("note_type") || told("place_of_service")) && !(office(base) && office(other)) {
        return false;
    }
    // "New" says nothing of a patient where the service has no new and established form.
    let has_forms = |c: Category| {
        c.is_new() || matches!(c, Category::OfficeEstablished | Category::HomeEstablished | Category::PreventiveEstablished)
    };
    context.patient.new_patient.is_none_or(|new| !has_forms(other) || other.is_new() == new || other == Category::OfficeConsult)
}

/// The category with the words of the note as its reason.
fn found(category: Category, code: &str, evidence: Vec<Evidence>) -> Found {
    let reason = match code {
        NO_VISIT => "the note as a whole tells of no visit",
        "G0402" => "the words of the note as a whole tell of a welcome to Medicare visit",
        "G0438" => "the words of the note as a whole tell of a first annual wellness visit",
        "G0439" => "the words of the note as a whole tell of a later annual wellness visit",
        "90791" => "the words of the note as a whole tell of a psychiatric evaluation without medical services",
        _ => "the words of the note as a whole tell of this kind of service",
    };
    Found::new(category, reason, evidence)
}

/// Moves the level to that of `code` where one step in a column or two brings it there; the columns then show why.
fn step(result: &mut EmResult, category: Category, code: &str, input: &Input, evidence: &[Evidence]) {
    let steps = category.steps(input.context.date_of_service);
    let columns = [&result.problems, &result.data, &result.risk].map(ElementGroup::value);
    let ([Some(problems), Some(data), Some(risk)], Basis::Mdm) = (columns, result.basis) else { return };
    let now = [problems, data, risk];
    let moved = |level: Level, by: i32| usize::try_from(level.index() as i32 + by).ok().map(Level::from_index);
    let mut best: Option<(i32, [Level; 3])> = None;
    for moves in 0..27 {
        let by = [moves / 9 % 3 - 1, moves / 3 % 3 - 1, moves % 3 - 1];
        let [Some(p), Some(d), Some(r)] = [0, 1, 2].map(|i| moved(now[i], by[i])) else { continue };
        let reaches = by_mdm(steps, Level::two_of_three(p, d, r)).is_some_and(|s| s.code == code);
        // Problems are judged first, then data, then risk, which drugs and orders state.
        let cost = 4 * by[0].abs() + 5 * by[1].abs() + 6 * by[2].abs();
        if reaches && best.is_none_or(|b| cost < b.0) {
            best = Some((cost, [p, d, r]));
        }
    }
    let Some((_, levels)) = best else { return };
    let groups = [(&mut result.problems, false), (&mut result.data, true), (&mut result.risk, false)];
    for (((group, is_data), level), before) in groups.into_iter().zip(levels).zip(now) {
        if level == before {
            continue;
        }
        if level < before {
            for element in group.elements.iter_mut().filter(|e| e.counted && e.level.is_none_or(|l| l > level)) {
                element.counted = false;
                element.reason = format!("{}; weighs less in notes with these words", element.reason);
            }
        }
        group.elements.push(Element {
            kind: "note_words".to_owned(),
            name: "the words of the note as a whole".to_owned(),
            status: None,
            level: Some(level),
            counted: true,
            reason: format!("notes with these words are {}", if is_data { level.data_word() } else { level.word() }),
            evidence: evidence.to_vec(),
        });
        group.level = Some(if is_data { level.data_word() } else { level.word() }.to_owned());
    }
    let level = Level::two_of_three(levels[0], levels[1], levels[2]);
    result.reason = format!("{}; by the words of the note as a whole decision making is {}", result.reason, level.word());
    result.code = Some(code.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::note::Encounter;

    #[test]
    fn a_step_shows_its_element() {
        let document = document::read("Cough for two days. Plan: fluids.");
        let day = jiff::civil::date(2026, 5, 4);
        let context = document::facts::resolve_context(&Encounter::default(), &document, day);
        let input = Input::of_note(&document, &context, &[]);
        let group = |level: &str| ElementGroup { level: Some(level.to_owned()), ..ElementGroup::default() };
        let mut result = EmResult {
            code: Some("99213".into()),
            basis: Basis::Mdm,
            problems: group("moderate"),
            data: group("minimal"),
            risk: group("low"),
            ..EmResult::default()
        };
        let words = [document.evidence(crate::document::Span::new(0, 5))];
        step(&mut result, Category::OfficeEstablished, "99214", &input, &words);
        assert_eq!(result.code.as_deref(), Some("99214"));
        assert_eq!((result.problems.elements.len(), result.risk.level.as_deref()), (0, Some("moderate")));
        assert_eq!(result.risk.elements[0].evidence[0].text, "Cough");
        // Two steps are too far: nothing changes.
        let before = result.clone();
        step(&mut result, Category::OfficeEstablished, "99212", &input, &words);
        assert_eq!(result, before);
    }

    #[test]
    fn what_is_stated_is_left_alone() {
        let document = document::read("A note.");
        let day = jiff::civil::date(2026, 5, 4);
        let known = Encounter {
            patient: crate::note::Patient { new_patient: Some(false), ..Default::default() },
            ..Encounter::default()
        };
        let context = document::facts::resolve_context(&known, &document, day);
        let input = Input::of_note(&document, &context, &[]);
        assert!(!allowed(&input, Category::OfficeEstablished, Category::OfficeNew));
        assert!(allowed(&input, Category::OfficeEstablished, Category::Emergency));
        assert!(!allowed(&input, Category::HospitalDischarge, Category::Emergency));
        let operated = Encounter { note_type: Some(crate::note::NoteType::Operative), ..Encounter::default() };
        let context = document::facts::resolve_context(&operated, &document, day);
        assert!(!allowed(&Input::of_note(&document, &context, &[]), Category::NotAVisit, Category::OfficeNew));
    }
}
