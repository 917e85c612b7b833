//! `icd-first-listed`
use super::icd_external_cause::is_external_cause;
use super::sequence::{is_adverse_effect, is_manifestation, is_underdosing, moved_to};
use crate::rules::codes::is_under;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The first diagnosis is one that may lead: no organism, body mass index, drug therapy, outcome of delivery, social
    /// circumstance or other code that only adds to another; no adverse effect or underdosing before the condition it
    /// caused. A Z code that may only be listed first stands first.
    /// # Why it matters
    /// The first diagnosis says why the patient was seen; payers reject claims that lead with a code that cannot.
    /// # Example
    /// Z79.4 (insulin use) before E11.9, or Z00.00 (routine examination) in second place.
    /// # What to do
    /// Put the reason for the visit first.
    /// # When it does not apply
    /// Several encounters of one day on one record: a first-listed-only Z code may then stand behind another one.
    /// Manifestations and external causes have rules of their own.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.C.21.c.16 (first-listed only), I.B.14 (secondary only), I.C.19.e (adverse
    /// effects, underdosing), IV.G.
    IcdFirstListed, "icd-first-listed",
    "The first diagnosis is one that may lead, and Z codes that may only lead stand first."
}

/// Codes that only add to another, and the section that says so.
const NEVER_FIRST: &[(&[&str], &str, &str)] = &[
    (&["B95", "B96", "B97"], "names an organism in diseases coded elsewhere", "I.C.1.b"),
    (&["Z68"], "is a body mass index", "I.B.14"),
    (&["R40.2"], "is a coma scale", "I.B.14"),
    (&["R29.7"], "is a stroke scale", "I.B.14"),
    (&["Z55", "Z56", "Z57", "Z58", "Z59", "Z60", "Z61", "Z62", "Z63", "Z64", "Z65"], "is a social circumstance", "I.C.21.c.17"),
    (&["Z79"], "is a long-term drug therapy", "I.C.21.c.3"),
    (&["Z16"], "is a resistance to drugs", "I.C.1.c"),
    (&["Z17"], "is a receptor status", "I.C.21.c.3"),
    (&["Z33.1"], "says pregnancy is incidental", "I.C.15.a.1"),
    (&["Z37"], "is an outcome of delivery", "I.C.15.b.5"),
    (&["Z3A"], "counts the weeks of a pregnancy", "I.C.21.c.11"),
    (&["Z66"], "is a status only", "I.C.21.c.3"),
];

/// Z codes that may only be listed first.
const ONLY_FIRST: &[&str] = &[
    "Z00", "Z01", "Z02", "Z04", "Z31.81", "Z31.83", "Z31.84", "Z33.2", "Z34", "Z38", "Z39", "Z40", "Z42", "Z51.0", "Z51.1",
    "Z52", "Z76.1", "Z76.2", "Z99.12",
];

fn only_first(code: &str) -> bool {
    code.starts_with('Z') && !matches!(code, "Z00.6" | "Z52.9") && ONLY_FIRST.iter().any(|stem| is_under(code, stem))
}

/// Why a code cannot lead, and where that is written.
fn why_not_first(code: &str) -> Option<(&'static str, &'static str)> {
    if is_adverse_effect(code) {
        return Some(("is the drug of an adverse effect; the effect comes first", "I.C.19.e.5.a"));
    }
    if is_underdosing(code) {
        return Some(("is an underdosing; the condition comes first", "I.C.19.e.5.c"));
    }
    let entry = NEVER_FIRST.iter().find(|(stems, ..)| stems.iter().any(|stem| is_under(code, stem)))?;
    Some((entry.1, entry.2))
}

impl Rule for IcdFirstListed {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(first) = view.diagnoses.first() else { return };
        if let Some((why, section)) = why_not_first(&first.code) {
            let message = format!("{} {why}; it cannot be listed first.", first.code);
            let finding = Finding::error(&Self::INFO, message, sources::guidelines(section))
                .on_lines(view.lines_pointing_to(first))
                .about([first.code.as_str()]);
            let may_lead = view.coded_diagnoses().find(|(d, facts)| {
                let manifestation = facts.index.is_some_and(|index| is_manifestation(view, index));
                why_not_first(&d.code).is_none() && !is_external_cause(&d.code) && !manifestation
            });
            findings.push(match may_lead {
                Some((d, _)) => finding.mended_by(Fix::Reorder { diagnoses: moved_to(view, &d.code, 0) }),
                None => finding.asking("What was the chief reason for this encounter?"),
            });
        }
        if only_first(&first.code) {
            return;
        }
        if let Some(later) = view.diagnoses.iter().skip(1).find(|d| only_first(&d.code)) {
            let message = format!("{} may only be listed first, and {} stands before it.", later.code, first.code);
            findings.push(
                Finding::error(&Self::INFO, message, sources::guidelines("I.C.21.c.16"))
                    .on_lines(view.lines_pointing_to(later))
                    .about([later.code.as_str(), first.code.as_str()])
                    .mended_by(Fix::Reorder { diagnoses: moved_to(view, &later.code, 0) }),
            );
        }
    }
}
