//! `payer-rule`: what the payer's file states as rules.
use crate::claim::Line;
use crate::rules::combination::diagnoses_of;
use crate::rules::payer_language::{Action, CodeRange, Conditions, PayerRule};
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, Source, declare_rule};
use std::borrow::Cow;

declare_rule! {
    /// # What it checks
    /// The rules that the payer's file states: modifiers that it wants or refuses, codes that it bundles, limits or does
    /// not pay, records that it asks for. Each finding carries the id of the rule in the file (`payer-…`).
    /// # Why it matters
    /// Payers differ, and change from year to year; what one wants another denies.
    /// # Example
    /// 97110 without GP to Medicare: `payer-therapy-plan`.
    /// # What to do
    /// What the rule says; `superbill rules explain` with its id prints it.
    /// # When it does not apply
    /// Dates before the rule's first or after its last day; payers whose file does not state it.
    /// # Source
    /// The payer's file; each rule names its own.
    PayerRules, "payer-rule",
    "The rules that the payer's file states hold."
}

impl Rule for PayerRules {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let date = view.context.date_of_service;
        for rule in &view.payer.rules {
            if rule.from.is_some_and(|from| date < from) || rule.through.is_some_and(|through| date > through) {
                continue;
            }
            for line in view.lines {
                if holds(&rule.when, view, line)
                    && let Some((message, fix)) = broken(rule, view, line)
                {
                    findings.push(finding(view, rule, line, message, fix));
                }
            }
        }
    }
}

fn finding(view: &ClaimView<'_>, rule: &PayerRule, line: &Line, message: String, fix: Fix) -> Finding {
    let message = match &rule.message {
        Some(own) => format!("{} (line {}): {own}", line.code, line.number),
        None => message,
    };
    let source = Source::new(format!("Payer file {}", view.payer.id), view.payer.edition.clone(), rule.source.clone());
    let mut finding = Finding::new(&PayerRules::INFO, rule.severity, message, source)
        .on_lines([line.number])
        .about([line.code.as_str()])
        .mended_by(fix);
    finding.rule = Cow::Owned(rule.id.clone());
    finding
}

fn within(ranges: &[CodeRange], code: &str) -> bool {
    ranges.iter().any(|range| range.covers(code))
}

fn has_one(line: &Line, modifiers: &[String]) -> bool {
    line.modifiers.iter().any(|modifier| modifiers.contains(modifier))
}

fn holds(when: &Conditions, view: &ClaimView<'_>, line: &Line) -> bool {
    let context = view.context;
    let others = |ranges: &[CodeRange]| view.lines.iter().any(|other| other.number != line.number && within(ranges, &other.code));
    let beside = |modifiers: &[String]| {
        view.lines.iter().any(|other| other.number != line.number && other.code == line.code && has_one(other, modifiers))
    };
    let taxonomy = context.provider.taxonomy.as_deref().unwrap_or_default();
    (when.codes.is_empty() || within(&when.codes, &line.code))
        && (when.modifiers.is_empty() || has_one(line, &when.modifiers))
        && !has_one(line, &when.without_modifiers)
        && (when.places.is_empty() || when.places.contains(&context.place_of_service))
        && (when.specialties.is_empty() || when.specialties.iter().any(|start| taxonomy.starts_with(start.as_str())))
        && when.age.is_none_or(|(low, high)| context.patient.age_years.is_some_and(|age| (low..=high).contains(&u32::from(age))))
        && when.sex.is_none_or(|sex| context.patient.sex == Some(sex))
        && when.units.is_none_or(|(low, high)| (low..=high).contains(&line.units))
        && (when.diagnoses.is_empty() || diagnoses_of(view, line).any(|code| within(&when.diagnoses, code)))
        && (when.without_diagnoses.is_empty() || !diagnoses_of(view, line).any(|code| within(&when.without_diagnoses, code)))
        && (when.with_codes.is_empty() || others(&when.with_codes))
        && (when.without_codes.is_empty() || !others(&when.without_codes))
        && (when.without_modifiers_beside.is_empty() || !beside(&when.without_modifiers_beside))
}

/// What is said and what would mend it, where the line does not do what the action asks.
fn broken(rule: &PayerRule, view: &ClaimView<'_>, line: &Line) -> Option<(String, Fix)> {
    let (payer, name) = (view.payer.name.as_str(), format!("{} (line {})", line.code, line.number));
    let number = line.number;
    Some(match &rule.then {
        Action::RequireModifier(wanted) => {
            if has_one(line, wanted) {
                return None;
            }
            let fix = match wanted.as_slice() {
                [only] => Fix::AddModifier { line: number, modifier: only.clone() },
                several => Fix::Ask { question: format!("Which of {} does the record support?", several.join(", ")) },
            };
            (format!("{name}: {payer} wants modifier {}.", wanted.join(" or ")), fix)
        }
        Action::ForbidModifier(refused) => {
            let modifier = line.modifiers.iter().find(|modifier| refused.contains(modifier))?;
            let fix = Fix::RemoveModifier { line: number, modifier: modifier.clone() };
            (format!("{name}: {payer} takes no modifier {modifier} here."), fix)
        }
        Action::ReplaceModifier(from, to) => {
            if !has_any(line, &[from]) {
                return None;
            }
            let fix = Fix::ReplaceModifier { line: number, from: from.clone(), to: to.clone() };
            (format!("{name}: {payer} wants {to} instead of {from}."), fix)
        }
        Action::BundleInto(ranges) => {
            let whole = view.lines.iter().find(|other| other.number != number && within(ranges, &other.code))?;
            let message = format!("{name}: for {payer} it is part of {} (line {}).", whole.code, whole.number);
            (message, Fix::RemoveLine { line: number })
        }
        Action::SetUnits(most) => {
            if line.units <= *most {
                return None;
            }
            (format!("{name}: {payer} takes at most {most} units."), Fix::SetUnits { line: number, units: *most })
        }
        Action::RequireDocumentation(what) => {
            (format!("{name}: {payer} asks for a record: {what}"), Fix::Ask { question: what.clone() })
        }
        Action::Deny => (format!("{name}: {payer} does not pay it."), Fix::RemoveLine { line: number }),
    })
}
