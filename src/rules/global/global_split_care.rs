//! `global-split-care`
use crate::codeset::procedures::GlobalPeriod;
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Modifiers 54 (surgery only), 55 (care afterwards) and 56 (care before) stand only on codes with 10 or 90 global
    /// days, one of them on a line, and not on an assistant's line.
    /// # Why it matters
    /// Only those codes have shares to split; elsewhere the line is denied.
    /// # Example
    /// 20610-55: the code has a global period of 0 days.
    /// # What to do
    /// Take the modifier off. One person who did all three bills the code without any of them.
    /// # When it does not apply
    /// Codes without a fee schedule row.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.4; pre-, intra- and postoperative shares of the fee schedule.
    GlobalSplitCare, "global-split-care",
    "54, 55 and 56 stand on codes with 10 or 90 global days, one on a line."
}

impl Rule for GlobalSplitCare {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let splits: Vec<&String> = line.modifiers.iter().filter(|m| matches!(m.as_str(), "54" | "55" | "56")).collect();
            let Some(first) = splits.first() else { continue };
            let finding = |message: String| {
                Finding::error(&Self::INFO, message, sources::claims_manual("40.4"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
            };
            if let Some(fee) = facts.fee.filter(|fee| !matches!(fee.global, GlobalPeriod::Days10 | GlobalPeriod::Days90)) {
                let message = format!(
                    "{} (line {}) has modifier {first}, but its global days are {}.",
                    line.code,
                    line.number,
                    fee.global.indicator()
                );
                let mut finding =
                    finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: (*first).clone() });
                finding.source =
                    sources::table(view, Table::FeeSchedule, format!("{}: global days {}", line.code, fee.global.indicator()));
                findings.push(finding);
            } else if splits.len() > 1 {
                let message = format!("{} (line {}) has more than one of 54, 55 and 56.", line.code, line.number);
                findings.push(finding(message).asking("Which part of the surgical care did this provider give?"));
            } else if has_any(line, &["80", "81", "82", "AS"]) {
                let message = format!(
                    "{} (line {}) is an assistant's line and has modifier {first}; assistants give no split care.",
                    line.code, line.number
                );
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: (*first).clone() }));
            }
        }
    }
}
