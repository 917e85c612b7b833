//! `modifier-assistant`
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// An assistant at surgery (80, 81, 82, AS) is billed only on procedures for which one is paid.
    /// # Why it matters
    /// For more than half of the minor procedures an assistant is never paid.
    /// # Example
    /// 20610-80: the indicator is 1, not payable.
    /// # What to do
    /// Leave the line off; with indicator 0 send the record that shows why an assistant was needed.
    /// # When it does not apply
    /// Indicator 2 (payable); codes without a fee schedule row.
    /// # Source
    /// Physician fee schedule, assistant-at-surgery indicator.
    ModifierAssistant, "modifier-assistant",
    "An assistant at surgery is billed only where one is paid."
}

impl Rule for ModifierAssistant {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let Some(modifier) = line.modifiers.iter().find(|m| matches!(m.as_str(), "80" | "81" | "82" | "AS")) else {
                continue;
            };
            let Some(fee) = facts.fee else { continue };
            let row = sources::table(view, Table::FeeSchedule, format!("{}: assistant indicator {}", line.code, fee.assistant));
            if has_any(line, &["62", "66"]) {
                let message = format!(
                    "{} (line {}) is billed as assistant ({modifier}) and as co- or team surgeon.",
                    line.code, line.number
                );
                findings.push(
                    Finding::error(&Self::INFO, message, row)
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Which part did this surgeon have?"),
                );
                continue;
            }
            let finding = match fee.assistant {
                '1' | '9' => Finding::error(
                    &Self::INFO,
                    format!("{} (line {}): no assistant is paid for this procedure.", line.code, line.number),
                    row,
                )
                .mended_by(Fix::RemoveLine { line: line.number }),
                '0' => Finding::warning(
                    &Self::INFO,
                    format!("{} (line {}): an assistant is paid only with a record that shows the need.", line.code, line.number),
                    row,
                )
                .asking("Does the record show why an assistant was needed?"),
                _ => continue,
            };
            findings.push(finding.on_lines([line.number]).about([line.code.as_str()]));
        }
    }
}
