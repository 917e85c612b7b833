//! `ncci-mue`
use crate::claim::Line;
use crate::codeset::mue::{Mue, MueAdjudication};
use crate::rules::codes::{is_consultation, side_of_modifier};
use crate::rules::tables::{LineFacts, Table};
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule};

declare_rule! {
    /// # What it checks
    /// The units of a code do not exceed its medically unlikely edit: on each line where the adjudication indicator is 1,
    /// over the whole day where it is 2 or 3. Where the payer follows Medicare's coverage, a value of 0 means the code is
    /// not payable.
    /// # Why it matters
    /// The excess denies all units of the line, or of the day, not only those above the value.
    /// # Example
    /// A code with value 1 billed with two units because it was done on both sides.
    /// # What to do
    /// Correct a counting error. Both sides: one line with modifier 50 and one unit. Indicator 1: further units go on
    /// lines of their own with the modifier that explains them. Indicator 3: units above the value need a record that
    /// shows them, for review. Indicator 2: they are never payable.
    /// # When it does not apply
    /// A code without a published value is not checked: some values are confidential. Right and left of a code that may
    /// be done on both sides count once, because `modifier-bilateral` speaks of how to report them.
    /// # Source
    /// NCCI Policy Manual, chapter I, section V; the quarterly MUE table for practitioner services.
    NcciMue, "ncci-mue",
    "Units of a code do not exceed its medically unlikely edit."
}

impl Rule for NcciMue {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, (line, facts)) in view.coded_lines().enumerate() {
            let Some(mue) = facts.mue else { continue };
            if mue.value == 0 {
                // Consultations are the payer's matter: `payer-consultation`.
                if view.payer.mue_zero_denies && !is_consultation(&line.code) && !is_equipment(&line.code) {
                    findings.push(not_payable(view, line, mue));
                }
            } else if mue.adjudication == MueAdjudication::Line {
                if line.units > limit(mue) {
                    findings.push(on_a_line(view, line, mue));
                }
            } else if !view.lines.iter().take(position).any(|earlier| earlier.code == line.code) {
                check_day(view, line, facts, mue, findings);
            }
        }
    }
}

/// Equipment, orthotics and supplies have a unit table of their own, for suppliers.
fn is_equipment(code: &str) -> bool {
    code.starts_with(['E', 'K', 'L']) || ("A4206".."A9000").contains(&code)
}

fn limit(mue: Mue) -> u32 {
    mue.value
}

fn source(view: &ClaimView<'_>, code: &str, mue: Mue) -> crate::rules::Source {
    let indicator = match mue.adjudication {
        MueAdjudication::Line => 1,
        MueAdjudication::DateOfServicePolicy => 2,
        MueAdjudication::DateOfServiceClinical => 3,
    };
    let edition = view.tables.edition_of(Table::Mue, mue.effective);
    crate::rules::Source::new(
        Table::Mue.title(),
        edition,
        format!("{code}: {} units, adjudication indicator {indicator}", mue.value),
    )
}

fn not_payable(view: &ClaimView<'_>, line: &Line, mue: Mue) -> Finding {
    let message = format!("{} has a medically unlikely edit of 0: {} does not pay it.", line.code, view.payer.name);
    Finding::error(&NcciMue::INFO, message, source(view, &line.code, mue))
        .on_lines([line.number])
        .about([line.code.as_str()])
        .mended_by(Fix::RemoveLine { line: line.number })
}

fn on_a_line(view: &ClaimView<'_>, line: &Line, mue: Mue) -> Finding {
    let message =
        format!("Line {} has {} units of {}; {} is the most on one line.", line.number, line.units, line.code, limit(mue));
    Finding::error(&NcciMue::INFO, message, source(view, &line.code, mue))
        .on_lines([line.number])
        .about([line.code.as_str()])
        .mended_by(Fix::SplitLine { line: line.number, units: limit(mue) })
}

fn check_day(view: &ClaimView<'_>, first: &Line, facts: &LineFacts, mue: Mue, findings: &mut Vec<Finding>) {
    let same = || view.lines.iter().filter(|line| line.code == first.code);
    let units = same().fold(0_u32, |sum, line| sum.saturating_add(line.units));
    if units <= limit(mue) {
        return;
    }
    let may_be_bilateral = facts.fee.is_some_and(|fee| matches!(fee.bilateral, '1' | '3'));
    if may_be_bilateral && units_of_one_side(same()) <= limit(mue) {
        return;
    }
    let message = match mue.adjudication {
        MueAdjudication::DateOfServicePolicy => {
            format!("{units} units of {} on one day; {} is the most and never exceeded.", first.code, limit(mue))
        }
        _ => format!(
            "{units} units of {} on one day; {} is usual, more is denied until the record is reviewed.",
            first.code,
            limit(mue)
        ),
    };
    let finding = Finding::error(&NcciMue::INFO, message, source(view, &first.code, mue))
        .on_lines(same().map(|line| line.number))
        .about([first.code.as_str()]);
    findings.push(match (mue.adjudication, same().count()) {
        (MueAdjudication::DateOfServicePolicy, 1) => finding.mended_by(Fix::SetUnits { line: first.number, units: limit(mue) }),
        (MueAdjudication::DateOfServicePolicy, _) => finding.asking(format!("Which of the lines with {} is right?", first.code)),
        _ => finding.asking(format!("Does the record show {units} units of {}?", first.code)),
    });
}

/// Units with right and left counted once.
fn units_of_one_side<'a>(lines: impl Iterator<Item = &'a Line>) -> u32 {
    let (mut right, mut left, mut other) = (0_u32, 0_u32, 0_u32);
    for line in lines {
        let side = line.modifiers.iter().find_map(|modifier| side_of_modifier(modifier));
        let count = match side {
            Some('R') => &mut right,
            Some(_) => &mut left,
            None => &mut other,
        };
        *count = count.saturating_add(line.units);
    }
    other.saturating_add(right.max(left))
}
