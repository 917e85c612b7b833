//! A visit whose work is that of the minor procedure on the same claim: no significant, separately identifiable service
//! (the decision for a minor procedure is part of it).
use std::sync::LazyLock;

use regex::Regex;

use super::category::{Found, opening};
use super::category_cues::{DECIDED_BEFORE, DECISION_MADE};
use super::codes::Category;
use super::decision::Decision;
use super::input::Input;
use super::natures::Nature;
use super::result::{Basis, Element, EmResult, Level};
use super::view::{View, pattern};

/// Drugs that a procedure puts in or on.
static OF_PROCEDURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:ilk|kenalog|triamcinolone|tac|celestone|betamethasone|depo-?medrol|methylprednisolone|lido\w*|xylocaine|marcaine|\w+vacaine|hurricaine|cetacaine|botox|dysport|xeomin|cantharidin|podophyllin|synvisc|euflexxa|monovisc|orthovisc)\b",
    )
});
static PUT_ON_BY_PATIENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:cream|ointment|oint|gel|lotion|topical\w*|tablets?|tabs?|daily|bid|tid|qhs|qd|po)\b"));
static CONTINUED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:cont(?:inue[sd]?)?|keep|same|ongoing|stay on|remain on|finish|still on)\b"));
static CHANGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:start\w*|begin|rx|prescri\w*|increas\w*|incr|decreas\w*|reduc\w*|taper|switch\w*|chang\w*|add(?:ed)?|trial|new|refill\w*|stop\w*|d/c)\b|->|→",
    )
});

/// Takes the E/M service away where its work is part of the procedure. What was decided on an earlier day, or is one of
/// a series, needs no visit even with a new category or a drug that only goes on.
pub fn part_of_procedure(view: &View, result: &mut EmResult, decided: &Decision, found: &Found, input: &Input) {
    let established = found.category == Category::OfficeEstablished;
    if !(established || found.category == Category::OfficeNew) || result.basis != Basis::Mdm {
        return;
    }
    let opening = opening(view);
    let planned = DECIDED_BEFORE.is_match(&opening);
    if !(established || planned) || decided.level() > if planned { Level::Moderate } else { Level::Low } {
        return;
    }
    let minor =
        |code: &str| matches!((input.global_days)(code).as_deref(), Some("000" | "010")) || code == "96372" || code == "96900";
    let line = input.lines.iter().find(|l| minor(&l.code));
    let earlier = planned && input.lines.is_empty() && decided.level() <= Level::Low && DECISION_MADE.is_match(&opening);
    if line.is_none() && !earlier {
        return;
    }
    // What such a line points to is treated by it.
    let treated: Vec<String> = input
        .diagnoses
        .iter()
        .filter(|d| input.lines.iter().any(|l| minor(&l.code) && l.pointers.contains(&d.pointer)))
        .map(|d| format!("({})", d.code))
        .collect();
    let least = if decided.level() == Level::Minimal { Nature::Acute } else { Nature::Minor };
    let mut first = true;
    let addressed = || decided.problems.iter().filter(|p| p.addressed && p.nature != Nature::None);
    let beyond = addressed()
        .filter(|p| !std::mem::take(&mut first) && p.nature >= least && !treated.iter().any(|t| p.element.name.ends_with(t)))
        .count();
    let managed = decided
        .risk
        .elements
        .iter()
        .any(|e| e.counted && e.kind == "prescription_drug_management" && !of_procedure(e) && !(planned && goes_on(e)));
    // A new injury with its own history or films is evaluated before it is treated.
    let evaluated =
        decided.data_level == Level::Low && addressed().any(|p| matches!(p.nature, Nature::Injury | Nature::Complicated));
    if beyond > 0 || managed || evaluated || decided.data_level > Level::Low {
        return;
    }
    let of = line.map_or("what was decided on an earlier day", |l| l.code.as_str());
    result.reason =
        format!("the work of the visit is part of {of}: no significant, separately identifiable service ({})", result.reason);
    result.code = None;
    result.basis = Basis::None;
    result.category = Category::NotAVisit.name();
    result.additional.clear();
}

fn of_procedure(e: &Element) -> bool {
    let at_home = |text: &str| PUT_ON_BY_PATIENT.is_match(&text.to_ascii_lowercase());
    OF_PROCEDURE.is_match(&e.name.to_ascii_lowercase()) && !e.evidence.iter().any(|q| at_home(&q.text))
}

/// The drug goes on as it was.
fn goes_on(e: &Element) -> bool {
    !e.evidence.is_empty()
        && e.evidence.iter().all(|q| {
            let words = q.text.to_ascii_lowercase();
            CONTINUED.is_match(&words) && !CHANGED.is_match(&words)
        })
}
