//! `ncci-ptp`
use std::fmt::Write;

use super::families::family;
use super::sites::{Sites, sites};
use crate::claim::Line;
use crate::codeset::procedures::GlobalPeriod;
use crate::rules::codes::{is_distinct_modifier, is_office_visit, is_preventive_visit, is_visit, is_wellness_visit};
use crate::rules::tables::{LineFacts, Table};
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No two lines of the same day form an NCCI procedure-to-procedure pair, unless the pair's indicator allows a
    /// modifier and a line carries one that tells the two services apart.
    /// # Why it matters
    /// The second code of the pair is part of the first; the payer denies it, whatever its charge.
    /// # Example
    /// 31238 (control of nasal bleeding through the endoscope) with 31231 (diagnostic nasal endoscopy): a surgical
    /// endoscopy includes the diagnostic one.
    /// # What to do
    /// Indicator 0: leave the second code off. Indicator 1: both stay only if the record shows another site, another
    /// session or work that does not overlap; then the modifier that says so goes on the line. A different diagnosis
    /// alone is not enough.
    /// # When it does not apply
    /// Edits not in force on the date of service (the last day counts); indicator 9; another day or another provider. A
    /// visit beside a procedure with a global period is `modifier-missing-25` or `global-decision-for-surgery`.
    /// # Source
    /// NCCI Policy Manual, chapter I; the quarterly PTP table for practitioner services. Since 2019-07-01 Medicare accepts
    /// 59 and the X modifiers on either code.
    NcciPtp, "ncci-ptp",
    "No two lines form an NCCI pair without a modifier that the pair allows."
}

impl Rule for NcciPtp {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, (first, first_facts)) in view.coded_lines().enumerate() {
            for (second, second_facts) in view.coded_lines().skip(position + 1) {
                if first.code == second.code {
                    continue;
                }
                let Some(pair) = view.pair(first, second) else { continue };
                if pair.edit.indicator == 1
                    && (visit_beside_surgery(first_facts, second_facts) || visit_beside_preventive(first, second))
                {
                    continue;
                }
                let (one, other) = ((first, first_facts), (second, second_facts));
                let (major, minor) = if pair.column1 == first.code { (one, other) } else { (other, one) };
                if pair.edit.indicator == 0 || !(told_apart(major.0, minor.0) || sites(major.0, minor.0) == Sites::Different) {
                    findings.push(reported(view, major, minor, pair.edit.indicator));
                }
            }
            for other in view.same_day_procedures() {
                check_earlier(view, first, other, findings);
            }
        }
    }
}

/// A visit and a procedure with a global period: the modifier on the visit has rules of its own.
fn visit_beside_surgery(first: &LineFacts, second: &LineFacts) -> bool {
    let surgery = |facts: &LineFacts| {
        facts.fee.is_some_and(|fee| matches!(fee.global, GlobalPeriod::Days0 | GlobalPeriod::Days10 | GlobalPeriod::Days90))
    };
    (first.is_visit && surgery(second)) || (second.is_visit && surgery(first))
}

/// An office visit and a preventive one: `em-preventive-split`.
fn visit_beside_preventive(first: &Line, second: &Line) -> bool {
    let preventive = |line: &Line| is_preventive_visit(&line.code) || is_wellness_visit(&line.code);
    (is_office_visit(&first.code) && preventive(second)) || (is_office_visit(&second.code) && preventive(first))
}

/// A line with what the tables say of its code.
type Coded<'v> = (&'v Line, &'v LineFacts);

/// The finding about a pair that no modifier tells apart.
fn reported(view: &ClaimView<'_>, (major, major_facts): Coded<'_>, (minor, minor_facts): Coded<'_>, indicator: u8) -> Finding {
    let part = format!("{} (line {}) is part of {} (line {})", minor.code, minor.number, major.code, major.number);
    let finding = |said: &str| {
        let mut message = format!("{part}{said}.");
        if let Some(family) = family((&major.code, major_facts), (&minor.code, minor_facts)) {
            let _ = write!(message, " NCCI Policy Manual, chapter {}: {}.", family.chapter, family.says);
        }
        let row = format!("column 1 {}, column 2 {}, indicator {indicator}", major.code, minor.code);
        Finding::error(&NcciPtp::INFO, message, sources::table(view, Table::Ptp, row))
            .on_lines([major.number, minor.number])
            .about([minor.code.as_str(), major.code.as_str()])
    };
    if indicator == 0 {
        return finding("; no modifier separates them").mended_by(Fix::RemoveLine { line: minor.number });
    }
    match sites(major, minor) {
        Sites::Same => finding(", and their modifiers name the same place").asking(question(major, minor)),
        Sites::OnlySecond => {
            let said = format!(" unless done at another place; only line {} names its place", minor.number);
            Finding { severity: crate::rules::Severity::Warning, ..finding(&said).asking(question(major, minor)) }
        }
        _ if is_visit(&major.code) || is_visit(&minor.code) => {
            let visit = if is_visit(&minor.code) { minor } else { major };
            finding(" unless the visit was significant and separate; then the visit carries 25")
                .mended_by(Fix::AddModifier { line: visit.number, modifier: "25".to_owned() })
        }
        _ => {
            finding(" unless the record shows another site, session or work that does not overlap").asking(question(major, minor))
        }
    }
}

/// Whether this rule reports two lines of a claim, so that another rule need not.
pub fn ptp_reports(view: &ClaimView<'_>, one: &Line, other: &Line) -> bool {
    let Some(pair) = view.pair(one, other) else { return false };
    pair.edit.indicator == 0 || !(told_apart(one, other) || sites(one, other) == Sites::Different)
}

/// A modifier other than one of place that bypasses an edit.
pub fn told_apart(major: &Line, minor: &Line) -> bool {
    let distinct = |line: &Line| line.modifiers.iter().any(|modifier| is_distinct_modifier(modifier));
    let visit = |line: &Line| is_visit(&line.code) && has_any(line, &["24", "25", "57"]);
    let other = |line: &Line| has_any(line, &["58", "78", "79", "91"]);
    [major, minor].into_iter().any(|line| distinct(line) || visit(line) || other(line))
}

/// Asks for what the record shows, with the words that stand for both, and offers no modifier.
fn question(major: &Line, minor: &Line) -> String {
    let mut text = format!(
        "Does the record show {} at another site, in another session, or as work not part of {}?",
        minor.code, major.code
    );
    for line in [major, minor] {
        if let Some(evidence) = line.evidence.first() {
            let words: String = evidence.text.chars().take(80).collect();
            text.push_str(&format!(" For {} the note says \"{words}\".", line.code));
        }
    }
    text
}

/// A procedure of the same day and provider that is on another claim.
fn check_earlier(view: &ClaimView<'_>, line: &Line, other: &str, findings: &mut Vec<Finding>) {
    if line.code == other || told_apart(line, line) {
        return;
    }
    let Some(pair) = view.tables.pair(other, &line.code) else { return };
    let indicator = pair.edit.indicator;
    if indicator == 1 && (is_visit(other) || is_visit(&line.code)) {
        return;
    }
    let (message, codes) = match pair.column2 == line.code {
        true => (
            format!("{} (line {}) is part of {other}, done by the same provider on the same day.", line.code, line.number),
            [line.code.as_str(), other],
        ),
        false => (
            format!("{other}, done by the same provider on the same day, is part of {} (line {}).", line.code, line.number),
            [other, line.code.as_str()],
        ),
    };
    let source = sources::table(view, Table::Ptp, format!("{other} with {}, indicator {indicator}", line.code));
    findings.push(
        Finding::warning(&NcciPtp::INFO, message, source)
            .on_lines([line.number])
            .about(codes)
            .asking(format!("Does the record show {} and {other} at different sites or in different sessions?", line.code)),
    );
}
