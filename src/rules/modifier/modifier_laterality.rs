//! `modifier-laterality`
use crate::rules::codes::{is_digit_modifier, side_of_modifier};
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A line says one side: not RT beside a left digit, not two sides on one unit, no RT or LT on a code that means both
    /// sides; and a procedure of one side, pointed to diagnoses of one side, names it.
    /// # Why it matters
    /// The payer cannot tell one side from the other when the second one is billed later.
    /// # Example
    /// 20610 without RT, for arthritis of the right knee.
    /// # What to do
    /// Add the side that diagnosis and note state.
    /// # When it does not apply
    /// Procedures without sides; modifier 50; digits, eyelids and vessels, which say more than RT and LT.
    /// # Source
    /// Physician fee schedule, bilateral indicator; HCPCS modifiers RT, LT, FA–F9, TA–T9, E1–E4.
    ModifierLaterality, "modifier-laterality",
    "A line names one side, and names it where the procedure has sides."
}

impl Rule for ModifierLaterality {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let indicator = facts.fee.map(|fee| fee.bilateral);
            let row = || {
                sources::table(
                    view,
                    Table::FeeSchedule,
                    format!("{}: bilateral indicator {}", line.code, indicator.unwrap_or(' ')),
                )
            };
            let mut sides: Vec<char> = line.modifiers.iter().filter_map(|m| side_of_modifier(m)).collect();
            sides.sort_unstable();
            sides.dedup();
            let whole = line.modifiers.iter().find(|m| matches!(m.as_str(), "RT" | "LT"));
            if sides.len() > 1 && line.units < 2 && indicator != Some('1') {
                let message = format!("{} (line {}) names both sides on one unit.", line.code, line.number);
                findings.push(
                    Finding::error(&Self::INFO, message, row())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Which side was it done on?"),
                );
            } else if let Some(side) = whole.filter(|_| line.modifiers.iter().any(|m| is_digit_modifier(m))) {
                let message = format!("{} (line {}) names a digit and {side}; the digit says the side.", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, row())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .mended_by(Fix::RemoveModifier { line: line.number, modifier: side.clone() }),
                );
            } else if let Some(side) = whole.filter(|_| indicator == Some('2')) {
                let message =
                    format!("{} (line {}) has {side}, but the code is for both sides or either.", line.code, line.number);
                findings.push(
                    Finding::info(&Self::INFO, message, row())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .mended_by(Fix::RemoveModifier { line: line.number, modifier: side.clone() }),
                );
            } else if indicator == Some('1') && sides.is_empty() && !has_any(line, &["50", "LC", "LD", "LM", "RC", "RI"]) {
                check_missing(view, line, &row(), findings);
            }
        }
    }
}

/// A procedure of one side whose diagnoses all state one side.
fn check_missing(view: &ClaimView<'_>, line: &crate::claim::Line, row: &crate::rules::Source, findings: &mut Vec<Finding>) {
    use crate::codeset::icd10cm::IcdSide;
    let mut found = None;
    for (diagnosis, facts) in view.coded_diagnoses() {
        if !line.pointers.contains(&diagnosis.pointer) {
            continue;
        }
        let side = facts.index.and_then(|index| view.tables.icd.laterality(index));
        let modifier = match side {
            Some(IcdSide::Right) => "RT",
            Some(IcdSide::Left) => "LT",
            _ => return,
        };
        if found.is_some_and(|before| before != modifier) {
            return;
        }
        found = Some(modifier);
    }
    let Some(modifier) = found else { return };
    let message =
        format!("{} (line {}) is done on one side and names none; its diagnoses say {modifier}.", line.code, line.number);
    findings.push(
        Finding::warning(&ModifierLaterality::INFO, message, row.clone())
            .on_lines([line.number])
            .about([line.code.as_str()])
            .mended_by(Fix::AddModifier { line: line.number, modifier: modifier.to_owned() }),
    );
}
