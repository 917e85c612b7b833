//! `modifier-valid`
use crate::claim::Line;
use crate::rules::codes::is_distinct_modifier;
use crate::rules::tables::LineFacts;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Every modifier exists, stands on a kind of service that it is for, and does not contradict another on the line:
    /// 24, 25 and 57 on visits only; 59, the X modifiers, 50, 51, 52, 53, 58, 78 and 79 never on visits; not 59 beside an
    /// X modifier; not 52 beside 53; of GA, GY and GZ only one; hospital modifiers (27, 73, 74) not on a professional
    /// claim.
    /// # Why it matters
    /// A modifier out of place is ignored at best; mostly the line is rejected.
    /// # Example
    /// 20610-25: the injection carries the visit's modifier.
    /// # What to do
    /// Move or remove the modifier; the fix says which.
    /// # When it does not apply
    /// Modifiers with rules of their own: 26 and TC, 50 with RT and LT, 54 to 56, telehealth, assistants.
    /// # Source
    /// NCCI Policy Manual, chapter I, section E; MLN 1783722 (59); CMS HCPCS modifier list.
    ModifierValid, "modifier-valid",
    "Modifiers exist, fit the kind of service, and do not contradict each other."
}

impl Rule for ModifierValid {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            for modifier in &line.modifiers {
                if let Some(problem) = misplaced(view, line, facts, modifier) {
                    let message = format!("{} (line {}): modifier {modifier} {problem}.", line.code, line.number);
                    findings.push(
                        Finding::error(&Self::INFO, message, sources::ncci_manual("chapter I, section E"))
                            .on_lines([line.number])
                            .about([line.code.as_str()])
                            .mended_by(Fix::RemoveModifier { line: line.number, modifier: modifier.clone() }),
                    );
                }
            }
            check_together(line, findings);
        }
    }
}

/// Why a modifier cannot stand on this line.
fn misplaced(view: &ClaimView<'_>, line: &Line, facts: &LineFacts, modifier: &str) -> Option<&'static str> {
    match modifier {
        "24" | "25" | "57" if !facts.is_visit && facts.index.is_some() && !is_other_service_for_25(&line.code) => {
            Some("is for visits")
        }
        "50" | "51" | "53" | "58" | "78" | "79" | "LT" | "RT" if facts.is_visit => Some("is not for visits"),
        "59" | "XE" | "XS" | "XP" | "XU" if facts.is_visit => Some("is never used on a visit; 25 separates visits"),
        "27" | "73" | "74" => Some("is for hospital claims"),
        _ if view.tables.modifier(modifier).is_none() => Some("does not exist"),
        _ => None,
    }
}

/// Services of the medicine section that edits treat like visits: counselling, psychiatric evaluation, therapy evaluation.
fn is_other_service_for_25(code: &str) -> bool {
    let within = |from: &str, to: &str| (from..=to).contains(&code);
    within("90785", "90899")
        || within("96105", "96171")
        || within("97161", "97172")
        || within("97802", "97804")
        || within("99401", "99429")
        || within("99483", "99499")
        || code.starts_with('G')
}

fn check_together(line: &Line, findings: &mut Vec<Finding>) {
    let finding = |message: String| {
        Finding::error(&ModifierValid::INFO, message, sources::ncci_manual("chapter I, section E"))
            .on_lines([line.number])
            .about([line.code.as_str()])
    };
    let has = |modifier: &str| line.modifiers.iter().any(|other| other == modifier);
    if has("59") && line.modifiers.iter().any(|m| m != "59" && is_distinct_modifier(m)) {
        let message = format!("{} (line {}) has 59 and an X modifier, which say the same.", line.code, line.number);
        findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "59".to_owned() }));
    }
    if has("52") && has("53") {
        let message = format!("{} (line {}) has 52 (reduced) and 53 (stopped).", line.code, line.number);
        findings.push(finding(message).asking("Was the procedure reduced by choice, or stopped for the patient's safety?"));
    }
    if ["GA", "GY", "GZ"].iter().filter(|modifier| has_any(line, &[modifier])).count() > 1 {
        let message = format!("{} (line {}) has more than one of GA, GY and GZ.", line.code, line.number);
        findings.push(finding(message).asking("Is a signed notice of non-coverage on file, and is the service excluded by law?"));
    }
}
