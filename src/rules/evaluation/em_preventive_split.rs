//! `em-preventive-split`
use crate::rules::codes::{is_office_visit, is_preventive_visit, is_wellness_visit};
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// An office visit beside a preventive or wellness visit of the same day carries modifier 25.
    /// # Why it matters
    /// A problem that takes significant work beyond the examination is paid on its own; without 25 it is bundled.
    /// # Example
    /// 99396 with 99213 and no modifier on 99213.
    /// # What to do
    /// 25 if the note shows the problem's history, decision and plan apart from the examination; else leave it off.
    /// # When it does not apply
    /// The day has a procedure too, and `modifier-missing-25` asks for the same modifier.
    /// # Source
    /// CPT, preventive medicine services; Medicare Claims Processing Manual, ch. 12, 30.6.1.1.
    EmPreventiveSplit, "em-preventive-split",
    "An office visit beside a preventive one carries modifier 25."
}

impl Rule for EmPreventiveSplit {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(preventive) = view.lines.iter().find(|line| is_preventive_visit(&line.code) || is_wellness_visit(&line.code))
        else {
            return;
        };
        let minor =
            view.procedures.iter().any(|facts| facts.fee.is_some_and(|fee| fee.global.days().is_some_and(|days| days <= 10)));
        if minor {
            return;
        }
        for visit in view.lines.iter().filter(|line| is_office_visit(&line.code) && !has_any(line, &["24", "25", "57"])) {
            let message = format!(
                "{} (line {}) stands beside {} (line {}) without modifier 25. Add it only if the note shows significant work beyond the examination.",
                visit.code, visit.number, preventive.code, preventive.number
            );
            findings.push(
                Finding::error(&Self::INFO, message, sources::claims_manual("30.6.1.1"))
                    .on_lines([visit.number, preventive.number])
                    .about([visit.code.as_str(), preventive.code.as_str()])
                    .mended_by(Fix::AddModifier { line: visit.number, modifier: "25".to_owned() }),
            );
        }
    }
}
