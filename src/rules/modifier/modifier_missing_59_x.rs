//! `modifier-missing-59-x`
use crate::rules::codes::is_distinct_modifier;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, DistinctService, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A line with 59 on a claim where no NCCI pair asks for it; and, for payers that prefer them, 59 where XE, XS, XP or
    /// XU would say why.
    /// # Why it matters
    /// 59 is the most audited modifier; where nothing needs it, it only draws attention, and an X modifier says more.
    /// # Example
    /// 45380-59 beside 45385 to Medicare: XS says that the polyps were different ones.
    /// # What to do
    /// Take 59 off where no pair needs it; else choose the X modifier that the record supports.
    /// # When it does not apply
    /// A pair without any modifier is `ncci-ptp`. Repeated lines of one code may need 59. It is advice.
    /// # Source
    /// MLN 1783722 (59 and the X modifiers); payer file, distinct_service.
    ModifierMissing59X, "modifier-missing-59-x",
    "59 stands where an NCCI pair asks for it, and an X modifier where the payer prefers one."
}

impl Rule for ModifierMissing59X {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let Some(modifier) = line.modifiers.iter().find(|m| is_distinct_modifier(m)) else { continue };
            let others = || view.lines.iter().filter(|other| other.number != line.number);
            let needed = others().any(|other| other.code == line.code || view.pair(line, other).is_some())
                || view.same_day_procedures().any(|other| other == line.code || view.tables.pair(&line.code, other).is_some());
            let (message, fix) = if !needed && others().next().is_some() && !view.tables.is_newer_than(Table::Ptp, &line.code) {
                let message =
                    format!("{} (line {}) has {modifier}, but no NCCI pair on this claim asks for it.", line.code, line.number);
                (message, Fix::RemoveModifier { line: line.number, modifier: modifier.clone() })
            } else if needed && modifier == "59" && view.payer.distinct_service == DistinctService::XPreferred {
                let message = format!(
                    "{} (line {}) has 59; {} prefers the modifier that says why.",
                    line.code, line.number, view.payer.name
                );
                let question =
                    "Was it a separate encounter (XE), structure (XS) or practitioner (XP), or work that does not overlap (XU)?";
                (message, Fix::Ask { question: question.to_owned() })
            } else {
                continue;
            };
            findings.push(
                Finding::info(&Self::INFO, message, sources::payer(view, "distinct_service"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .mended_by(fix),
            );
        }
    }
}
