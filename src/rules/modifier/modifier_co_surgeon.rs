//! `modifier-co-surgeon`
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Two surgeons (62) or a team (66) are billed only on procedures for which they are paid.
    /// # Why it matters
    /// The indicator of the code decides; without it both surgeons' claims are denied.
    /// # Example
    /// 20610-62: the indicator is 0.
    /// # What to do
    /// With 0 each surgeon bills what he did; with 1 send the record; with 2 two specialties are needed.
    /// # When it does not apply
    /// Codes without a fee schedule row.
    /// # Source
    /// Physician fee schedule, co-surgeon and team indicators.
    ModifierCoSurgeon, "modifier-co-surgeon",
    "Co-surgeons and teams are billed only where they are paid."
}

impl Rule for ModifierCoSurgeon {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let Some(fee) = facts.fee else { continue };
            for (modifier, indicator, who) in [("62", fee.co_surgeon, "co-surgeons"), ("66", fee.team, "a team")] {
                if !line.modifiers.iter().any(|m| m == modifier) {
                    continue;
                }
                let row =
                    sources::table(view, Table::FeeSchedule, format!("{}: indicator {indicator} for {modifier}", line.code));
                let finding = match indicator {
                    '0' | '9' => Finding::error(
                        &Self::INFO,
                        format!("{} (line {}) is not paid for {who} ({modifier}).", line.code, line.number),
                        row,
                    )
                    .mended_by(Fix::RemoveModifier { line: line.number, modifier: modifier.to_owned() }),
                    '1' => Finding::warning(
                        &Self::INFO,
                        format!("{} (line {}) is paid for {who} only with a record that shows the need.", line.code, line.number),
                        row,
                    )
                    .asking(format!("Does the record show why {who} were needed?")),
                    _ => continue,
                };
                findings.push(finding.on_lines([line.number]).about([line.code.as_str()]));
            }
        }
    }
}
