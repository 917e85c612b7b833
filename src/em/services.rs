//! Code, basis and further services from category, elements and time.
use super::category::Found;
use super::codes::{self, Category, by_mdm, by_time};
use super::decision::Decision;
use super::global::{self, Relation};
use super::input::Input;
use super::natures::Nature;
use super::problems::Status;
use super::result::{Additional, Basis, EmResult, Level};
use super::time::StatedTime;
use super::view::View;
use super::{newborn, procedure_visit, telehealth, transitional};
use crate::claim::Query;

/// Fills code, basis and further services from category, elements and time.
pub fn choose(view: &View, result: &mut EmResult, decided: &Decision, found: &Found, input: &Input, times: &[StatedTime]) {
    let context = input.context;
    let set = |result: &mut EmResult, code: &str, basis: Basis| {
        result.code = Some(code.to_owned());
        result.basis = basis;
    };
    match found.category {
        Category::NotAVisit => {}
        Category::PostoperativeGlobal => set(result, "99024", Basis::None),
        Category::DisabilityExam => set(result, if found.treating { "99455" } else { "99456" }, Basis::None),
        Category::PsychiatricEvaluation => result.additional.push(Additional {
            code: if found.reason.contains("without medical services") { "90791" } else { "90792" }.into(),
            modifiers: Vec::new(),
            units: 1,
            reason: "the psychiatric diagnostic evaluation takes the place of an E/M service".into(),
            evidence: found.evidence.clone(),
        }),
        Category::NurseVisit => set(result, "99211", Basis::None),
        Category::BriefCheckIn => set(result, "98016", Basis::Time),
        Category::HospitalDischarge | Category::NursingDischarge => {
            let long = times.iter().filter(|t| !t.critical).any(StatedTime::over_thirty);
            let code = match (found.category == Category::HospitalDischarge, long) {
                (true, false) => "99238",
                (true, true) => "99239",
                (false, false) => "99315",
                (false, true) => "99316",
            };
            set(result, code, Basis::Time);
        }
        Category::CriticalCare => critical_care(result, input, times),
        Category::Newborn => {
            let (code, reason) = newborn::code(view, context);
            set(result, code, Basis::None);
            result.reason = reason.to_owned();
        }
        Category::WellnessVisit => {
            set(result, wellness(found), Basis::Preventive);
            problem_visit(result, decided, input, false);
        }
        Category::PreventiveNew | Category::PreventiveEstablished => {
            let new = found.category == Category::PreventiveNew;
            let age = context.patient.age_years;
            set(result, codes::preventive(new, age.unwrap_or(40)), Basis::Preventive);
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
        Category::TransitionalCare => transition(view, result, decided, input),
        office => leveled(result, decided, office, input),
    }
    procedure_visit::part_of_procedure(view, result, decided, found, input);
    telehealth_modifier(view, result, found, input);
    global_period(view, result, input);
}

/// Place of service that a category of service implies (the category as the JSON names it); none for offices.
pub fn place_of_service(category: &str) -> Option<&'static str> {
    match category {
        "hospital_consult"
        | "hospital_initial"
        | "hospital_subsequent"
        | "hospital_same_day"
        | "hospital_discharge"
        | "newborn" => Some("21"),
        "emergency" => Some("23"),
        "nursing_initial" | "nursing_subsequent" | "nursing_discharge" => Some("31"),
        "home_new" | "home_established" => Some("12"),
        _ => None,
    }
}

fn critical_care(result: &mut EmResult, input: &Input, times: &[StatedTime]) {
    result.code = Some("99291".into());
    result.basis = Basis::Time;
    let critical = || times.iter().filter(|t| t.critical);
    let minutes = critical().map(|t| t.minutes).max().unwrap_or(0);
    result.time_minutes = Some(minutes);
    result.time_evidence = critical().map(|t| t.evidence.clone()).collect();
    let units = codes::critical_care_units(minutes, input.payer.medicare);
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

/// Welcome to Medicare, first annual wellness visit, or a later one.
fn wellness(found: &Found) -> &'static str {
    match found.reason.as_str() {
        r if r.contains("welcome") => "G0402",
        r if r.contains("first") => "G0438",
        _ => "G0439",
    }
}

/// Transitional care where contact, days and decision making reach it; else the office visit, with a question.
fn transition(view: &View, result: &mut EmResult, decided: &Decision, input: &Input) {
    let day = input.context.date_of_service;
    let Some(found) = transitional::find(view, day) else { return };
    if let Some(code) = found.code(decided.level()) {
        result.code = Some(code.into());
        result.basis = Basis::Mdm;
        result.reason = format!(
            "transitional care: visit {} days after discharge, contact within two business days; decision making is {} (two of three)",
            found.days.unwrap_or(0),
            decided.level().word()
        );
        result.category_evidence = found.evidence;
        return;
    }
    let new = input.context.patient.new_patient == Some(true);
    let category = if new { Category::OfficeNew } else { Category::OfficeEstablished };
    result.category = category.name();
    leveled(result, decided, category, input);
    let mut ask = |question: &str, options: Vec<String>| {
        result.queries.push(Query { about: "em".into(), question: question.into(), options, evidence: found.evidence.clone() });
    };
    if found.days.is_none() {
        ask("On which day was the patient discharged? Transitional care depends on it.", Vec::new());
    } else if !found.contact {
        ask(
            "Was the patient or caregiver reached within two business days of the discharge?",
            vec!["yes, on a stated day".into(), "two attempts, both documented".into(), "no".into()],
        );
    }
}

/// The better of decision making and time.
fn leveled(result: &mut EmResult, decided: &Decision, category: Category, input: &Input) {
    let steps = category.steps(input.context.date_of_service);
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
    let minutes = result.time_minutes.unwrap_or(0);
    result.reason = match basis {
        Basis::Time => format!(
            "{}; {minutes} documented minutes reach {} (decision making: {})",
            result.reason,
            step.code,
            decided.level().word()
        ),
        _ => format!("{}; decision making is {} (two of three)", result.reason, decided.level().word()),
    };
    let consult_below = category == Category::HospitalInitial
        && result.reason.contains("takes initial hospital codes")
        && decided.level() < Level::Low;
    if consult_below {
        result.queries.push(Query {
            about: "em".into(),
            question: "Does the work of this inpatient consultation reach an initial hospital visit, or a subsequent one?".into(),
            options: vec!["initial (99221)".into(), "subsequent (99231)".into()],
            evidence: Vec::new(),
        });
    }
    // Prolonged time stands on the highest level chosen by time; where decision making reaches it too, time may choose.
    let highest = steps.last().is_some_and(|s| s.code == step.code);
    let by_minutes = highest && timed.is_some_and(|t| t.code == step.code);
    if by_minutes && let Some((code, units)) = codes::prolonged(step.code, minutes, input.payer.medicare) {
        result.basis = Basis::Time;
        result.additional.push(Additional {
            code: code.into(),
            modifiers: Vec::new(),
            units,
            reason: format!("{minutes} minutes, whole quarter hours beyond {}", step.code),
            evidence: result.time_evidence.clone(),
        });
    }
}

/// The modifier that the payer wants on a remote visit.
fn telehealth_modifier(view: &View, result: &mut EmResult, found: &Found, input: &Input) {
    let office = matches!(
        found.category,
        Category::OfficeNew | Category::OfficeEstablished | Category::HomeNew | Category::HomeEstablished
    );
    let Some((medium, _)) = telehealth::medium(view, input.context).filter(|_| office) else { return };
    let (_, modifier) = telehealth::family(view, found.category, medium, result.time_minutes, &input.payer);
    result.modifiers.extend(modifier);
}

/// A visit while the global period of an earlier operation runs: part of its payment, unrelated (24), or a question.
fn global_period(view: &View, result: &mut EmResult, input: &Input) {
    let Some(prior) = global::running(input) else { return };
    let Some(code) = result.code.as_deref().filter(|c| *c != "99024" && !matches!(*c, "99291" | "99455" | "99456")) else {
        return;
    };
    let of = format!("{} of {}", prior.code, prior.date);
    match global::relation(view, input) {
        Relation::Related(evidence) => {
            result.reason =
                format!("recovery from {of}, whose global period still runs: no charge ({code} by its documentation)");
            result.code = Some("99024".into());
            result.basis = Basis::None;
            result.category = Category::PostoperativeGlobal.name();
            result.category_evidence = vec![evidence];
            result.additional.clear();
            result.modifiers.clear();
        }
        relation => {
            if relation == Relation::Unrelated {
                result.modifiers.insert(0, "24".into());
            }
            result.queries.push(Query {
                about: "em".into(),
                question: format!("Is this visit related to {of}, whose global period still runs?"),
                options: vec!["related, part of the global package".into(), "unrelated".into()],
                evidence: Vec::new(),
            });
        }
    }
}

/// A separate problem visit beside a preventive one, when its work is significant: a problem that is new, worse or hurt
/// was evaluated and treated, or a lasting one managed with a prescription.
fn problem_visit(result: &mut EmResult, decided: &Decision, input: &Input, new: bool) {
    let addressed = || decided.problems.iter().filter(|p| p.addressed && p.nature > Nature::Minor);
    let unsettled = addressed().any(|p| {
        p.status >= Status::Worse || (p.status == Status::Unstated && !matches!(p.nature, Nature::Chronic | Nature::Cancer))
    });
    let treated = decided.risk_level >= if unsettled { Level::Low } else { Level::Moderate };
    let significant = decided.problem_level >= Level::Low && treated && decided.level() >= Level::Low && addressed().count() > 0;
    if !significant {
        return;
    }
    let category = if new { Category::OfficeNew } else { Category::OfficeEstablished };
    if let Some(step) = by_mdm(category.steps(input.context.date_of_service), decided.level()) {
        let evidence = addressed().flat_map(|p| p.element.evidence.iter().cloned()).take(2).collect();
        result.additional.push(Additional {
            code: step.code.into(),
            modifiers: vec!["25".into()],
            units: 1,
            reason: "a significant problem was evaluated and treated beside the preventive service".into(),
            evidence,
        });
    }
}
