//! `cpt-separate-procedure`
use std::sync::LazyLock;

use crate::rules::combination::separated_without_site;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A code that CPT calls a separate procedure, beside a larger procedure that it forms an NCCI pair with and separated
    /// from it by 59 or an X modifier, is shown to have been at another place.
    /// # Why it matters
    /// A separate procedure is a part of a larger one in the same region; it is reported only when it stands by itself or
    /// was done somewhere else. A modifier alone does not say so.
    /// # Example
    /// 29870-59 (diagnostic arthroscopy of the knee) beside 29881.
    /// # What to do
    /// Name the sides or sites on both lines if they differ; else leave the separate procedure off.
    /// # When it does not apply
    /// Lines that name different places; another session (XE) or practitioner (XP). Without a modifier it is `ncci-ptp`,
    /// with the same place named `ncci-modifier-misuse`.
    /// # Source
    /// NCCI Policy Manual, chapter I, section J; the codes are those of the PTP table's "separate procedure" pairs.
    CptSeparateProcedure, "cpt-separate-procedure",
    "A \"separate procedure\" beside a larger one is at another place."
}

/// Codes in order.
static CODES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("separate_procedures.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

impl Rule for CptSeparateProcedure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if !view.has_pairs() {
            return;
        }
        for line in view.lines {
            if CODES.binary_search(&line.code.as_str()).is_err() {
                continue;
            }
            let larger = view.lines.iter().find(|other| {
                separated_without_site(view, other, line) && view.pair(line, other).is_some_and(|pair| pair.column2 == line.code)
            });
            let Some(larger) = larger else { continue };
            let message = format!(
                "{} (line {}) is a separate procedure: beside {} (line {}) it is reported only when done at another place, and the lines name none.",
                line.code, line.number, larger.code, larger.number
            );
            let row = format!("column 1 {}, column 2 {}, indicator 1", larger.code, line.code);
            findings.push(
                Finding::info(&Self::INFO, message, sources::table(view, Table::Ptp, row))
                    .on_lines([line.number, larger.number])
                    .about([line.code.as_str(), larger.code.as_str()])
                    .asking(format!("At which place was {} done, and at which {}?", line.code, larger.code)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_in_order() {
        assert!(super::CODES.is_sorted_by(|a, b| a < b) && super::CODES.contains(&"29870"));
    }
}
