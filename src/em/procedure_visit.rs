//! A visit whose work is that of the minor procedure on the same claim: no significant, separately identifiable service
//! (the decision for a minor procedure is part of it).
use std::sync::LazyLock;

use regex::Regex;

use super::category::{Found, opening};
use super::category_cues::{DECIDED_BEFORE, DECISION_MADE, PROCEDURE_NAMED, VISIT_TITLE};
use super::codes::Category;
use super::decision::Decision;
use super::input::Input;
use super::natures::Nature;
use super::result::{Basis, Element, EmResult, Level};
use super::view::{View, pattern};

/// Drugs that a procedure puts in or on.
static OF_PROCEDURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:ilk|kenalog|triamcinolone|tac|celestone|betamethasone|depo-?medrol|methylprednisolone|lido\w*|xylocaine|tetracaine|afrin|oxymetazoline|phenol|nexplanon|etonogestrel|mirena|kyleena|liletta|paragard|marcaine|\w+vacaine|hurricaine|cetacaine|botox|dysport|xeomin|cantharidin|podophyllin|synvisc|euflexxa|monovisc|orthovisc)\b",
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

/// Below this probability of no visit the words of the note tell one beside the procedure.
const SURELY_A_VISIT: f64 = 0.12;

/// Takes the E/M service away where its work is part of the procedure. What was decided on an earlier day, or is one of
/// a series, needs no visit even with a new category or a drug that only goes on.
pub fn part_of_procedure(view: &View, result: &mut EmResult, decided: &Decision, found: &Found, input: &Input) {
    let new = found.category == Category::OfficeNew;
    let later = matches!(found.category, Category::OfficeEstablished | Category::HomeEstablished | Category::NursingSubsequent);
    if !(later || new) || result.basis != Basis::Mdm || found.report < SURELY_A_VISIT {
        return;
    }
    let opening = opening(view);
    let planned = DECIDED_BEFORE.is_match(&opening) || names_procedure(&view.lower);
    let straightforward = decided.level() == Level::Minimal && decided.data_level == Level::Minimal;
    if !(later || planned || straightforward) || decided.level() > if planned { Level::Moderate } else { Level::Low } {
        return;
    }
    let minor = |code: &str| {
        matches!((input.global_days)(code).as_deref(), Some("000" | "010"))
            || matches!(code, "96372" | "96900" | "G0101")
            || (planned && code.starts_with('J'))
    };
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
        // Where no line says what it treats, that is the first problem; a diagnosis of the claim that no such line points to never is.
        .filter(|p| {
            let leads = std::mem::take(&mut first);
            (!leads || (!treated.is_empty() && p.element.name.ends_with(')'))) && p.nature >= least
        })
        // A symptom that no diagnosis of the claim names belongs to what is treated.
        .filter(|p| !planned || p.element.name.ends_with(')'))
        .filter(|p| !treated.iter().any(|t| p.element.name.ends_with(t)))
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

/// The first line is the name of a procedure and of no visit.
fn names_procedure(lower: &str) -> bool {
    let title = lower.trim_start().lines().next().unwrap_or("").trim();
    // "In office" tells where, not that it was a visit.
    let title = title.trim_start_matches("in office").trim_start_matches("in-office");
    title.len() < 60 && PROCEDURE_NAMED.is_match(title) && !VISIT_TITLE.is_match(title) && !COMPLAINT.is_match(title)
}

static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:pain|wants?|asks?|here|requests?|cc|s/p|after|post-?op|for|with|possible|discuss\w*|new|est)\b|\?")
});

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_names_a_procedure() {
        assert!(names_procedure("in office sinus dilation\npt: 50"));
        assert!(names_procedure("proc: fb removal\nhpi"));
        assert!(names_procedure("diagnostic medial branch blocks #2"));
        assert!(!names_procedure("f/u after knee injection\n"));
        assert!(!names_procedure("she wants an injection for her knee"));
        assert!(!names_procedure("cough for three days"));
    }

    #[test]
    fn drugs_of_the_procedure_and_drugs_that_go_on() {
        let e = |name: &str, text: &str| Element {
            kind: "prescription_drug_management".into(),
            name: name.into(),
            status: None,
            level: Some(Level::Moderate),
            counted: true,
            reason: String::new(),
            evidence: vec![crate::document::Evidence { document: None, start: 0, end: text.len(), text: text.into() }],
        };
        assert!(of_procedure(&e("ILK", "ILK 5 mg/cc over the scalp")));
        assert!(!of_procedure(&e("triamcinolone", "triamcinolone 0.1% cream bid")));
        assert!(goes_on(&e("clobetasol", "Cont clobetasol soln")));
        assert!(!goes_on(&e("clobetasol", "Start clobetasol, cont foam")));
    }
}
