//! `derm-mohs`
use super::lesions::{Lesion, lesion};
use crate::rules::codes::is_under;
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Mohs surgery (17311 to 17315) points to a malignant lesion of the skin, and the code fits its place: 17311 and 17312
    /// head, neck, hands, feet, genitalia; 17313 and 17314 trunk, arms, legs.
    /// # Why it matters
    /// Coverage names the cancers; place decides between the two series.
    /// # Example
    /// 17313 pointing to C44.311 (basal cell carcinoma of the nose).
    /// # What to do
    /// Take the series of the site that the record states.
    /// # When it does not apply
    /// Arms and legs, whose diagnosis does not tell hands and feet apart; lines without pointers.
    /// # Source
    /// CPT, Mohs micrographic surgery; contractors' articles on Mohs surgery.
    DermMohs, "derm-mohs",
    "Mohs surgery points to a malignant lesion, and its series fits the site."
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    HeadOrNeck,
    Trunk,
}

/// Head and neck or trunk; `None` where the code does not tell.
fn place(code: &str) -> Option<Place> {
    let category = ["C43", "C44", "C4A", "D03", "D04"].into_iter().find(|stem| is_under(code, stem))?;
    match code.as_bytes().get(category.len() + 1) {
        Some(b'0'..=b'4') => Some(Place::HeadOrNeck),
        // The sixth character 0 of C44.5 is the skin of the anus.
        Some(b'5') if !(category == "C44" && code.ends_with('0')) && code != "C43.51" && code != "C4A.51" => Some(Place::Trunk),
        _ => None,
    }
}

impl Rule for DermMohs {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines.iter().filter(|line| line.code.len() == 5 && ("17311"..="17315").contains(&line.code.as_str())) {
            let mut codes = diagnoses_of(view, line).peekable();
            if codes.peek().is_none() {
                continue;
            }
            let codes: Vec<&str> = codes.collect();
            let wrong = |places: Place| codes.iter().all(|code| place(code) == Some(places));
            let message = if !codes.iter().any(|code| lesion(code) == Some(Lesion::Malignant)) {
                format!("{} (line {}) points to no malignant lesion of the skin.", line.code, line.number)
            } else if matches!(line.code.as_str(), "17313" | "17314") && wrong(Place::HeadOrNeck) {
                format!("{} (line {}) is for trunk, arms and legs; its diagnosis is of head or neck.", line.code, line.number)
            } else if matches!(line.code.as_str(), "17311" | "17312") && wrong(Place::Trunk) {
                format!(
                    "{} (line {}) is for head, neck, hands, feet and genitalia; its diagnosis is of the trunk.",
                    line.code, line.number
                )
            } else {
                continue;
            };
            findings.push(
                Finding::warning(&Self::INFO, message, sources::cpt_instructions("Mohs micrographic surgery"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("Which tumour at which site does the record state?"),
            );
        }
    }
}
