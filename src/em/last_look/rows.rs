//! What the last look sees of each code in question.
use super::options::Options;
use super::{NO_VISIT, told};
use crate::em::codes::Category;
use crate::em::input::Input;
use crate::em::result::{ElementGroup, EmResult};
use crate::em::setting::{BySetting, Setting};
use crate::em::view::View;

/// Names of the features, in the order of a row.
pub const FEATURES: [&str; 60] = {
    let mut names = [""; 60];
    let mut i = 0;
    while i < names.len() {
        names[i] = if i < OF_OPTION.len() { OF_OPTION[i] } else { told::NAMES[i - OF_OPTION.len()] };
        i += 1;
    }
    names
};

/// Those that are of the option and of what was found; the others are what the note says in so many words.
const OF_OPTION: [&str; 34] = [
    "found",
    "words",
    "words_rank",
    "same_kind",
    "steps",
    "kind_words",
    "found_kind_words",
    "other_words",
    "kind",
    "found_kind",
    "basis",
    "problems",
    "data",
    "risk",
    "minutes",
    "bytes",
    "no_visit_words",
    "lines",
    "lines_without_global",
    "lines_of_one_day",
    "lines_of_ten_days",
    "lines_of_ninety_days",
    "level",
    "found_level",
    "higher_words",
    "lower_words",
    "found_words",
    "note_type",
    "age",
    "setting",
    "report",
    "diagnoses",
    "first_is_factor",
    "separate_visit",
];

/// One row of [`FEATURES`] a choice.
pub(super) fn values(input: &Input, result: &EmResult, settings: &BySetting, options: &Options) -> Vec<f32> {
    let flag = |b: bool| f32::from(u8::from(b));
    let day = input.context.date_of_service;
    let list = &options.list;
    let Some(base) = list.first() else { return Vec::new() };
    let step_of = |category: Category, code: &str| category.steps(day).iter().position(|s| s.code == code);
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by(|a, b| list[*b].score.total_cmp(&list[*a].score).then(a.cmp(b)));
    let column = |group: &ElementGroup| group.value().map_or(-1.0, |l| l.index() as f32);
    let score = |code: Option<&str>| code.and_then(|c| options.scores.get(c)).copied().unwrap_or_default();
    let kind = |category: Category| options.by_category.get(&category).copied().unwrap_or_default();
    let global = |wanted: &str| {
        let days = input.lines.iter().filter(|l| (input.global_days)(&l.code).as_deref().unwrap_or("") == wanted);
        days.count() as f32
    };
    let by_global = ["XXX", "000", "010", "090"].map(global);
    let first = input.diagnoses.first().is_some_and(|d| d.code.starts_with('Z'));
    let base_step = step_of(base.category, &base.code);
    let told = told::of(&View::new(input.document));
    let mut values = Vec::with_capacity(list.len() * FEATURES.len());
    for (row, option) in list.iter().enumerate() {
        let steps = option.category.steps(day);
        let step = step_of(option.category, &option.code);
        let neighbour = |by: i32| {
            let at = step.and_then(|s| usize::try_from(s as i32 + by).ok());
            score(at.and_then(|i| steps.get(i)).map(|s| s.code))
        };
        let same = option.category == base.category;
        let apart = match (step, base_step) {
            (Some(own), Some(of_base)) if same => own as f32 - of_base as f32,
            _ => 9.0,
        };
        let others = list.iter().enumerate().filter(|(i, _)| *i != row).map(|(_, o)| o.score).fold(0.0, f32::max);
        values.extend([
            flag(option.is_base),
            option.score,
            order.iter().position(|i| *i == row).unwrap_or(0) as f32,
            flag(same),
            apart,
            kind(option.category),
            kind(base.category),
            others,
            option.category as usize as f32,
            base.category as usize as f32,
            result.basis as usize as f32,
            column(&result.problems),
            column(&result.data),
            column(&result.risk),
            result.time_minutes.map_or(-1.0, |m| m as f32),
            input.document.text.len() as f32,
            score(Some(NO_VISIT)),
            input.lines.len() as f32,
            by_global[0],
            by_global[1],
            by_global[2],
            by_global[3],
            step.map_or(-1.0, |s| s as f32),
            base_step.map_or(-1.0, |s| s as f32),
            neighbour(1),
            neighbour(-1),
            base.score,
            input.context.note_type as usize as f32,
            input.context.patient.age_years.map_or(-1.0, f32::from),
            setting_of(option.category).map_or(-1.0, |s| settings[s as usize] as f32),
            settings[Setting::Report as usize] as f32,
            input.diagnoses.len() as f32,
            flag(first),
            flag(result.additional.iter().any(|a| a.modifiers.iter().any(|m| m == "25"))),
        ]);
        values.extend(told);
    }
    values
}

/// The setting whose words tell of a kind of service.
fn setting_of(category: Category) -> Option<Setting> {
    use Category as C;
    use Setting as S;
    Some(match category {
        C::NotAVisit => S::Report,
        C::OfficeNew | C::OfficeConsult | C::VideoNew | C::AudioNew => S::New,
        C::HospitalConsult | C::HospitalInitial | C::HospitalSameDay => S::HospitalInitial,
        C::HospitalSubsequent => S::HospitalSubsequent,
        C::HospitalDischarge => S::Discharge,
        C::Emergency => S::Emergency,
        C::CriticalCare => S::CriticalCare,
        C::NursingInitial | C::NursingSubsequent | C::NursingDischarge => S::Nursing,
        C::HomeNew | C::HomeEstablished => S::Home,
        C::PreventiveNew | C::PreventiveEstablished | C::WellnessVisit => S::Preventive,
        C::PsychiatricEvaluation => S::Psychiatric,
        C::Newborn => S::Newborn,
        C::OfficeEstablished
        | C::VideoEstablished
        | C::AudioEstablished
        | C::NurseVisit
        | C::TransitionalCare
        | C::BriefCheckIn
        | C::PostoperativeGlobal => S::Established,
        C::DisabilityExam => return None,
    })
}
