//! How much work was the visit? The E/M level from its documentation.
//!
//! Two ways lead to a level: medical decision making (two of three elements: problems addressed, data, risk) or the
//! documented total time on the date of the encounter. The better of the two is taken and said. Every element carries the
//! words of the note; the level shown always follows from the elements shown.
#[cfg(test)]
mod cases;
mod category;
mod codes;
mod data;
mod decision;
mod features;
mod fees;
mod line;
mod model;
mod natures;
mod needs;
mod problems;
mod result;
mod risk;
mod risk_cues;
mod setting;
mod time;
mod verdict;
mod view;

pub use codes::Category;
pub use features::{All as AllFeatures, Features};
pub use fees::{fee, global_days};
pub use line::{line, lines};
pub use model::{Ordinal, Weights};
pub use result::{Additional, Basis, Difference, Element, ElementGroup, EmResult, Fee, Level, Verdict};
pub use setting::{Setting, SettingWeights};

use codes::{by_mdm, by_time};
use decision::Decision;
pub(crate) use decision::Table;
use view::View;

use crate::claim::{Diagnosis, Line, Query};
use crate::document::Document;
use crate::extract::Mention;
use crate::note::{Context, PriorProcedure};

/// What leveling reads.
pub struct Input<'a> {
    /// The note.
    pub document: &'a Document,
    /// Context as used.
    pub context: &'a Context,
    /// Mentions, used where they are there.
    pub mentions: &'a [Mention],
    /// Diagnoses chosen, with evidence.
    pub diagnoses: &'a [Diagnosis],
    /// The claim's other lines (procedures): a test whose interpretation stands there does not count as data.
    pub lines: &'a [Line],
    /// The E/M code that the practice's coder chose.
    pub documented: Option<&'a str>,
    /// The payer pays consultation codes (Medicare does not).
    pub recognises_consultations: bool,
    /// The payer follows Medicare's rules for prolonged and critical care.
    pub medicare: bool,
    /// Work units and payment of a code on the date of service ([`fee`] reads them from the code sets).
    pub fee: &'a dyn Fn(&str) -> Option<Fee>,
    /// Global days of a code on the date of service (`000`, `010`, `090`, …).
    pub global_days: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Input<'a> {
    /// A note by Medicare's rules, with nothing else on the claim and no fee schedule.
    pub fn of_note(document: &'a Document, context: &'a Context, diagnoses: &'a [Diagnosis]) -> Input<'a> {
        Input {
            document,
            context,
            mentions: &[],
            diagnoses,
            lines: &[],
            documented: None,
            recognises_consultations: false,
            medicare: true,
            fee: &|_| None,
            global_days: &|_| None,
        }
    }
}

/// Levels a visit.
pub fn level(input: &Input) -> EmResult {
    let view = View::new(input.document);
    let times = time::stated(&view);
    let found = category::infer(&view, input.context, &times, input.recognises_consultations);
    let mut result = EmResult {
        category: found.category.name(),
        reason: found.reason.clone(),
        category_evidence: found.evidence.clone(),
        documented: input.documented.map(str::to_owned),
        ..EmResult::default()
    };
    if found.category == Category::NotAVisit || view.clauses.is_empty() {
        return result;
    }
    let decided = Decision::of(&view, input, found.category);
    result.problems = decided.problem_group();
    result.data = decided.data_group();
    result.risk = decided.risk_group();
    let total = times.iter().filter(|t| !t.critical).max_by_key(|t| t.minutes);
    if let Some(t) = total {
        result.time_minutes = Some(t.minutes);
        result.time_evidence = vec![t.evidence.clone()];
    }
    choose(&mut result, &decided, &found, input, &times);
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

/// Features of a visit and its levels by the table alone, for training; none for notes that are no visit.
pub(crate) fn features(input: &Input) -> Option<(AllFeatures, Table)> {
    let view = View::new(input.document);
    let times = time::stated(&view);
    let found = category::infer(&view, input.context, &times, input.recognises_consultations);
    if found.category == Category::NotAVisit {
        return None;
    }
    let d = Decision::by_table(&view, input, found.category);
    let all = features::of(&d.problems, &d.data, &d.risk, found.category);
    Some((all, d.table()))
}

/// Features of the setting of a note, for training.
pub(crate) fn setting_features(document: &Document, context: &Context) -> std::collections::BTreeSet<String> {
    let mut all = std::collections::BTreeSet::new();
    setting::each_feature(&View::new(document), context, &mut |f| {
        if !all.contains(f) {
            all.insert(f.to_owned());
        }
    });
    all
}

/// Fills code, basis and further services from category, elements and time.
fn choose(result: &mut EmResult, decided: &Decision, found: &category::Found, input: &Input, times: &[time::StatedTime]) {
    let date = input.context.date_of_service;
    let steps = found.category.steps(date);
    let mut set = |code: &str, basis: Basis| {
        result.code = Some(code.to_owned());
        result.basis = basis;
    };
    match found.category {
        Category::NotAVisit => {}
        Category::PostoperativeGlobal => set("99024", Basis::None),
        Category::DisabilityExam => set("99456", Basis::None),
        Category::HospitalDischarge | Category::NursingDischarge => {
            let long = times.iter().any(|t| t.minutes > 30);
            let code = match (found.category == Category::HospitalDischarge, long) {
                (true, false) => "99238",
                (true, true) => "99239",
                (false, false) => "99315",
                (false, true) => "99316",
            };
            set(code, Basis::Time);
        }
        Category::CriticalCare => {
            set("99291", Basis::Time);
            let minutes = times.iter().filter(|t| t.critical).map(|t| t.minutes).max().unwrap_or(0);
            result.time_minutes = Some(minutes);
            result.time_evidence = times.iter().filter(|t| t.critical).map(|t| t.evidence.clone()).collect();
            let units = codes::critical_care_units(minutes, input.medicare);
            if units > 0 {
                result.additional.push(Additional {
                    code: "99292".into(),
                    modifiers: Vec::new(),
                    units,
                    reason: format!("{minutes} minutes of critical care"),
                    evidence: result.time_evidence.clone(),
                });
            }
        }
        Category::WellnessVisit => {
            let first = found.evidence.iter().any(|e| {
                let words = e.text.to_ascii_lowercase();
                words.contains("welcome to medicare") || words.contains("ippe") || words.contains("initial preventive")
            });
            set(if first { "G0402" } else { "G0439" }, Basis::Preventive);
            problem_visit(result, decided, input, false);
        }
        Category::PreventiveNew | Category::PreventiveEstablished => {
            let new = found.category == Category::PreventiveNew;
            let age = input.context.patient.age_years;
            set(codes::preventive(new, age.unwrap_or(40)), Basis::Preventive);
            if age.is_none() {
                result.queries.push(Query {
                    about: "em".into(),
                    question: "How old is the patient? The preventive code depends on age.".into(),
                    options: Vec::new(),
                    evidence: Vec::new(),
                });
            }
            problem_visit(result, decided, input, new);
        }
        _ => leveled(result, decided, steps, input, found.category),
    }
    if let Some(prior) = in_global_period(input) {
        let on_claim = result.code.as_deref().is_some_and(|c| c != "99024");
        if on_claim {
            result.queries.push(Query {
                about: "em".into(),
                question: format!("Is this visit related to {} of {}, whose global period still runs?", prior.code, prior.date),
                options: vec!["related, part of the global package".into(), "unrelated".into()],
                evidence: Vec::new(),
            });
        }
    }
}

/// The better of decision making and time.
fn leveled(result: &mut EmResult, decided: &Decision, steps: &'static [codes::Step], input: &Input, category: Category) {
    let mdm = by_mdm(steps, decided.level());
    let timed = result.time_minutes.and_then(|m| by_time(steps, m));
    let (step, basis) = match (mdm, timed) {
        (Some(m), Some(t)) if t.level > m.level => (t, Basis::Time),
        (Some(m), _) => (m, Basis::Mdm),
        (None, Some(t)) => (t, Basis::Time),
        (None, None) => return,
    };
    result.code = Some(step.code.to_owned());
    result.basis = basis;
    result.reason = match basis {
        Basis::Time => format!(
            "{}; {} documented minutes reach {} (decision making: {})",
            result.reason,
            result.time_minutes.unwrap_or(0),
            step.code,
            decided.level().word()
        ),
        _ => format!("{}; decision making is {} (two of three)", result.reason, decided.level().word()),
    };
    if category == Category::HospitalInitial
        && result.reason.contains("takes initial hospital codes")
        && decided.level() < Level::Low
    {
        result.queries.push(Query {
            about: "em".into(),
            question: "Does the work of this inpatient consultation reach an initial hospital visit, or a subsequent one?".into(),
            options: vec!["initial (99221)".into(), "subsequent (99231)".into()],
            evidence: Vec::new(),
        });
    }
    if basis == Basis::Time
        && let Some((code, units)) = codes::prolonged(step.code, result.time_minutes.unwrap_or(0), input.medicare)
    {
        result.additional.push(Additional {
            code: code.into(),
            modifiers: Vec::new(),
            units,
            reason: format!("{} minutes, whole quarter hours beyond {}", result.time_minutes.unwrap_or(0), step.code),
            evidence: result.time_evidence.clone(),
        });
    }
}

/// A separate problem visit beside a preventive one, when its work is significant: at least low decision making with a
/// problem that was evaluated and treated.
fn problem_visit(result: &mut EmResult, decided: &Decision, input: &Input, new: bool) {
    let treated = decided.risk_level >= Level::Moderate;
    let significant = decided.problem_level >= Level::Low && treated && decided.level() >= Level::Low;
    if !significant {
        return;
    }
    let category = if new { Category::OfficeNew } else { Category::OfficeEstablished };
    if let Some(step) = by_mdm(category.steps(input.context.date_of_service), decided.level()) {
        let evidence =
            decided.problems.iter().filter(|p| p.addressed).flat_map(|p| p.element.evidence.iter().cloned()).take(2).collect();
        result.additional.push(Additional {
            code: step.code.into(),
            modifiers: vec!["25".into()],
            units: 1,
            reason: "a significant problem was evaluated and treated beside the preventive service".into(),
            evidence,
        });
    }
}

/// A prior procedure of the same provider whose global period covers the date of service.
fn in_global_period<'a>(input: &'a Input) -> Option<&'a PriorProcedure> {
    input.context.prior_procedures.iter().find(|p| {
        let days = match (input.global_days)(&p.code).as_deref() {
            Some("010") => 10,
            Some("090") => 90,
            _ => return false,
        };
        let same = match (&p.provider_npi, &input.context.provider.npi) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let end = p.date.checked_add(jiff::Span::new().days(days)).unwrap_or(p.date);
        same && p.date < input.context.date_of_service && input.context.date_of_service <= end
    })
}
