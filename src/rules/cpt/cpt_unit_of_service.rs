//! `cpt-unit-of-service`
use crate::rules::codes::is_digit_modifier;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A line that names fingers, toes or eyelids has one unit for each of them.
    /// # Why it matters
    /// Units that the line does not explain are denied, or paid and taken back.
    /// # Example
    /// 28285-T1 with two units: T1 is one toe.
    /// # What to do
    /// One line for each digit with its modifier and one unit.
    /// # When it does not apply
    /// Lines without such modifiers. Units above the medically unlikely edit are `ncci-mue`.
    /// # Source
    /// NCCI Policy Manual, chapter I, section V; HCPCS modifiers E1 to E4, FA to F9, TA to T9.
    CptUnitOfService, "cpt-unit-of-service",
    "A line that names digits or eyelids has one unit for each."
}

impl Rule for CptUnitOfService {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            if line.units < 2 || facts.mue.is_some_and(|mue| mue.value > 0 && line.units > mue.value) {
                continue;
            }
            let places = line
                .modifiers
                .iter()
                .filter(|modifier| is_digit_modifier(modifier) || matches!(modifier.as_str(), "E1" | "E2" | "E3" | "E4"))
                .count() as u32;
            if places == 0 || line.units <= places {
                continue;
            }
            let message = format!(
                "{} (line {}) has {} units and names {places} place{}.",
                line.code,
                line.number,
                line.units,
                if places == 1 { "" } else { "s" }
            );
            findings.push(
                Finding::warning(&Self::INFO, message, sources::ncci_manual("chapter I, section V"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .mended_by(Fix::SetUnits { line: line.number, units: places }),
            );
        }
    }
}
