//! What the next level would need, as far as the note gives a sign that the work was done.
use super::codes::{Category, by_mdm};
use super::decision::Decision;
use super::natures::Nature;
use super::problems::Status;
use super::result::{Basis, EmResult, Level};

/// The list; empty where the note gives no sign of work beyond what counts, or the level is the highest.
pub fn next_level(result: &EmResult, decided: &Decision, category: Category, date: jiff::civil::Date) -> Vec<String> {
    let steps = category.steps(date);
    let (Some(code), Basis::Mdm | Basis::Time) = (result.code.as_deref(), result.basis) else { return Vec::new() };
    let Some(at) = steps.iter().position(|s| s.code == code) else { return Vec::new() };
    let Some(next) = steps.get(at + 1) else { return Vec::new() };
    let target = next.level;
    let mut needs = Vec::new();
    let short = [decided.problem_level, decided.data_level, decided.risk_level].iter().filter(|l| **l < target).count();
    // Two elements must reach the target: with all three short, one sign more would not change the level.
    if short <= 2 {
        problems(decided, target, &mut needs);
        data(decided, target, &mut needs);
        risk(decided, target, &mut needs);
    }
    if let (Some(minutes), Some(needed)) = (result.time_minutes, next.minutes)
        && minutes < needed
        && by_mdm(steps, decided.level()).is_some()
    {
        needs.push(format!("time: {needed} minutes for {}; {minutes} are documented", next.code));
    }
    needs
}

fn problems(decided: &Decision, target: Level, needs: &mut Vec<String>) {
    if decided.problem_level >= target {
        return;
    }
    for p in
        decided.problems.iter().filter(|p| !p.addressed && p.nature != Nature::None && p.element.level >= Some(target)).take(2)
    {
        needs.push(format!("problems: {} is named but not shown to be addressed", p.element.name));
    }
    let open = decided.problems.iter().filter(|p| p.addressed && p.nature == Nature::Chronic && p.status == Status::Unstated);
    if target == Level::Moderate {
        for p in open.take(2) {
            needs.push(format!("problems: whether {} is at its treatment goal is not stated", p.element.name));
        }
    }
}

fn data(decided: &Decision, target: Level, needs: &mut Vec<String>) {
    let d = &decided.data;
    if decided.data_level >= target {
        return;
    }
    let read = d.elements.iter().any(|e| e.kind == "unique_test" && e.counted);
    if target >= Level::Moderate && read && !d.interpretation && d.tests > 0 && decided.data.current_tests > 0 {
        let report = d
            .elements
            .iter()
            .find(|e| e.kind == "unique_test" && e.counted && e.reason.contains("counts once") && is_image(&e.name));
        if let Some(e) = report {
            needs.push(format!(
                "data: the note does not say whether the {} was read by the clinician or its report was read",
                e.name
            ));
        }
    }
}

fn is_image(name: &str) -> bool {
    ["radiograph", "tomography", "ct ", "mri", "magnetic", "electrocardiogram", "ultrasound", "echocardiogram"]
        .iter()
        .any(|w| name.contains(w))
}

fn risk(decided: &Decision, target: Level, needs: &mut Vec<String>) {
    if decided.risk_level >= target {
        return;
    }
    if target == Level::High && decided.risk.count("major_surgery") > 0 {
        needs.push(
            "risk: major surgery is decided; whether the patient or the operation carries stated risk factors is not said".into(),
        );
    }
    if target == Level::Moderate && decided.risk.count("minor_surgery") > 0 {
        needs.push("risk: minor surgery is decided; whether risk factors were weighed is not said".into());
    }
    if target == Level::Moderate
        && decided.risk.count("over_the_counter_drug") > 0
        && decided.risk.count("prescription_drug_management") == 0
    {
        needs.push("risk: a drug is given; whether it was prescribed or bought over the counter is not said".into());
    }
}
