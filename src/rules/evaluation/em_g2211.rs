//! `em-g2211`
use jiff::civil::date;

use crate::rules::codes::{is_office_visit, is_wellness_visit};
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// G2211 (a lasting relationship of care) stands from 2024 beside an office visit, from 2026 also beside a home visit,
    /// once, and not where that visit has modifier 25, except beside a wellness visit, a vaccine's administration or a
    /// Medicare preventive service (from 2025).
    /// # Why it matters
    /// Medicare denies it otherwise.
    /// # Example
    /// G2211 with 99213-25 and 20610.
    /// # What to do
    /// Leave G2211 off, or check whether 25 is needed at all.
    /// # When it does not apply
    /// The engine never adds G2211 by itself.
    /// # Source
    /// Physician fee schedule final rules for 2024, 2025 and 2026.
    EmG2211, "em-g2211",
    "G2211 stands beside an office or home visit without modifier 25."
}

impl Rule for EmG2211 {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(line) = view.lines.iter().find(|line| line.code == "G2211") else { return };
        let on = view.context.date_of_service;
        let finding = |message: &str| {
            Finding::error(&Self::INFO, format!("G2211 (line {}): {message}.", line.number), sources::fee_schedule_rule())
                .on_lines([line.number])
                .about(["G2211"])
                .mended_by(Fix::RemoveLine { line: line.number })
        };
        if on < date(2024, 1, 1) {
            findings.push(finding("payable from 2024-01-01"));
            return;
        }
        let home = |code: &str| on >= date(2026, 1, 1) && ("99341"..="99350").contains(&code);
        let Some(visit) = view.lines.iter().find(|other| is_office_visit(&other.code) || home(&other.code)) else {
            findings.push(finding("stands only beside an office visit, from 2026 also a home visit"));
            return;
        };
        let preventive = on >= date(2025, 1, 1)
            && view.lines.iter().any(|other| {
                is_wellness_visit(&other.code) || is_vaccine_administration(&other.code) || is_preventive_service(&other.code)
            });
        if has_any(visit, &["25"]) && !preventive {
            findings.push(finding(&format!("not payable beside {} with modifier 25", visit.code)));
        }
    }
}

fn is_vaccine_administration(code: &str) -> bool {
    matches!(code, "G0008" | "G0009" | "G0010" | "90480") || ("90460"..="90474").contains(&code)
}

/// Preventive services of Medicare that are billed by a practice.
fn is_preventive_service(code: &str) -> bool {
    matches!(
        code,
        "G0101"
            | "Q0091"
            | "G0102"
            | "G0103"
            | "G0442"
            | "G0443"
            | "G0444"
            | "G0446"
            | "G0447"
            | "G0296"
            | "99406"
            | "99407"
            | "G0108"
            | "G0109"
            | "99497"
    )
}
