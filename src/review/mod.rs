//! May the encounter go out unseen? Decision, reasons, and how often such encounters are right.
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Query};
use crate::rules::{Finding, Severity};

/// What a person has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing.
    Auto,
    /// A glance and a click.
    Confirm,
    /// Judgment.
    Review,
}

/// Decision with its reasons.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Review {
    /// What a person has to do.
    pub decision: Decision,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// Probability that the whole encounter is right as coded.
    pub expected_accuracy: f32,
}

/// Thresholds of the decision; they belong to a released model, measured on its development set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewThresholds {
    /// Expected accuracy from which an encounter goes out unseen.
    pub auto: f32,
    /// Expected accuracy from which a glance is enough.
    pub confirm: f32,
    /// Share of visits whose level is among the accepted ones.
    pub level: f32,
}

/// What the decision is made from.
pub struct Inputs<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// What the rules found.
    pub findings: &'a [Finding],
    /// Open questions.
    pub queries: &'a [Query],
    /// Probability that all diagnoses are right and none is missing.
    pub diagnoses_right: f32,
    /// The context defaulted the date of service.
    pub date_defaulted: bool,
}

/// Decides. Errors, warnings and questions never go out unseen; an empty claim is always for a person.
pub fn decide(inputs: &Inputs<'_>, thresholds: &ReviewThresholds) -> Review {
    let lines = inputs.claim.lines.iter().map(|l| l.confidence.clamp(0.0, 1.0));
    let mut expected = inputs.diagnoses_right.clamp(0.0, 1.0) * lines.product::<f32>();
    let mut reasons = Vec::new();
    let mut decision = Decision::Auto;
    let mut raise = |to: Decision, reason: String, reasons: &mut Vec<String>| {
        decision = decision.max(to);
        reasons.push(reason);
    };
    if inputs.claim.diagnoses.is_empty() {
        raise(Decision::Review, "no diagnosis with enough support in the note".into(), &mut reasons);
        expected = 0.0;
    }
    if inputs.claim.lines.is_empty() {
        raise(Decision::Review, "no billable service found in the note".into(), &mut reasons);
    }
    let errors = rule_names(inputs.findings, Severity::Error);
    if !errors.is_empty() {
        raise(Decision::Review, format!("rules that would deny the claim: {errors}"), &mut reasons);
    }
    let warnings = rule_names(inputs.findings, Severity::Warning);
    if !warnings.is_empty() {
        raise(Decision::Confirm, format!("rules to look at: {warnings}"), &mut reasons);
    }
    if !inputs.queries.is_empty() {
        let questions = inputs.queries.len();
        raise(Decision::Confirm, format!("{questions} open question{}", if questions == 1 { "" } else { "s" }), &mut reasons);
    }
    if inputs.date_defaulted {
        raise(Decision::Confirm, "the note states no date of service; today's date was used".into(), &mut reasons);
    }
    let weak: Vec<&str> = inputs.claim.diagnoses.iter().filter(|d| d.confidence < 0.5).map(|d| d.code.as_str()).collect();
    if !weak.is_empty() {
        reasons.push(format!("weakly supported: {}", weak.join(", ")));
    }
    if expected < thresholds.confirm {
        raise(Decision::Review, format!("expected accuracy {expected:.2} is below {:.2}", thresholds.confirm), &mut reasons);
    } else if expected < thresholds.auto {
        raise(Decision::Confirm, format!("expected accuracy {expected:.2} is below {:.2}", thresholds.auto), &mut reasons);
    }
    Review { decision, reasons, expected_accuracy: expected }
}

fn rule_names(findings: &[Finding], severity: Severity) -> String {
    let mut names: Vec<&str> = findings.iter().filter(|f| f.severity == severity).map(|f| f.rule.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{Diagnosis, Line};

    const THRESHOLDS: ReviewThresholds = ReviewThresholds { auto: 0.9, confirm: 0.25, level: 0.65 };

    fn claim(lines: &[f32]) -> Claim {
        Claim {
            diagnoses: vec![Diagnosis { code: "I10".into(), confidence: 0.9, ..Diagnosis::default() }],
            lines: lines.iter().map(|confidence| Line { confidence: *confidence, ..Line::default() }).collect(),
        }
    }

    fn question() -> Query {
        Query { about: "I10".into(), question: "Which kind?".into(), options: Vec::new(), evidence: Vec::new() }
    }

    fn decided(claim: &Claim, queries: &[Query], diagnoses_right: f32, date_defaulted: bool) -> Review {
        decide(&Inputs { claim, findings: &[], queries, diagnoses_right, date_defaulted }, &THRESHOLDS)
    }

    #[test]
    fn the_least_certain_part_decides() {
        let sure = decided(&claim(&[1.0]), &[], 0.95, false);
        assert_eq!((sure.decision, sure.reasons.len()), (Decision::Auto, 0));
        assert_eq!(decided(&claim(&[0.5]), &[], 0.95, false).decision, Decision::Confirm, "0.475 is below 0.9");
        assert_eq!(decided(&claim(&[0.5, 0.5]), &[], 0.5, false).decision, Decision::Review, "0.125 is below 0.25");
        assert_eq!(decided(&claim(&[1.0]), &[], 0.95, true).decision, Decision::Confirm, "no date of service");
        assert_eq!(decided(&claim(&[1.0]), &[question()], 0.95, false).decision, Decision::Confirm, "a question");
    }

    #[test]
    fn an_empty_claim_is_for_a_person() {
        assert_eq!(decided(&claim(&[]), &[], 1.0, false).decision, Decision::Review);
        let nothing = decided(&Claim::default(), &[], 1.0, false);
        assert_eq!((nothing.decision, nothing.expected_accuracy), (Decision::Review, 0.0));
    }
}
