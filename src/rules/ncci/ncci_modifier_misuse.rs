//! `ncci-modifier-misuse`
use super::sites::{Sites, sites};
use crate::rules::codes::is_distinct_modifier;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Two lines of an NCCI pair that 59 or an X modifier tells apart do not name the same place by their other
    /// modifiers.
    /// # Why it matters
    /// The same side or digit on both lines says that they were done at one place; an auditor will ask why 59 stands there.
    /// # Example
    /// 20610-RT with 20550-59-RT.
    /// # What to do
    /// Keep both only if the record shows another site on that side, or another session; else take the second line off.
    /// # When it does not apply
    /// XE (another session) and XP (another practitioner); lines that name different places or none.
    /// # Source
    /// NCCI Policy Manual, chapter I, section E; MLN 1783722.
    NcciModifierMisuse, "ncci-modifier-misuse",
    "59 and the X modifiers do not contradict the places that the lines name."
}

impl Rule for NcciModifierMisuse {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let modifier = line.modifiers.iter().find(|m| is_distinct_modifier(m) && !matches!(m.as_str(), "XE" | "XP"));
            let Some(modifier) = modifier else { continue };
            for other in view.lines.iter().filter(|other| other.code != line.code) {
                if sites(line, other) != Sites::Same {
                    continue;
                }
                let Some(pair) = view.pair(line, other).filter(|pair| pair.edit.indicator == 1) else {
                    continue;
                };
                let message = format!(
                    "{} (line {}) has {modifier}, but names the same place as {} (line {}), which it forms a pair with.",
                    line.code, line.number, other.code, other.number
                );
                let row = format!("column 1 {}, column 2 {}, indicator 1", pair.column1, pair.column2);
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::table(view, Table::Ptp, row))
                        .on_lines([line.number, other.number])
                        .about([line.code.as_str(), other.code.as_str()])
                        .asking(format!(
                            "Does the record show {} and {} at different sites of that side, or in different sessions?",
                            line.code, other.code
                        )),
                );
            }
        }
    }
}
