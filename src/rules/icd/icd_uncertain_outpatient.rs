//! `icd-uncertain-outpatient`
use crate::extract::{Assertion, MentionKind};
use crate::note::Policy;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No diagnosis rests only on words that leave it open: probable, suspected, questionable, rule out, compatible with,
    /// consistent with, working diagnosis and the like.
    /// # Why it matters
    /// In outpatient care and office visits an open diagnosis is not coded as if it were there; it would follow the
    /// patient as a fact. The sign or symptom that led to it is coded.
    /// # Example
    /// "Possible pneumonia, chest film ordered" coded as J18.9.
    /// # What to do
    /// Code the symptom, sign or abnormal finding that the note states, or ask whether the diagnosis was confirmed.
    /// # When it does not apply
    /// Without a note. Inpatient coding of a diagnosis that is still uncertain at discharge (policy `inpatient`), and
    /// policy `documented`. Observation stays are outpatient. Z codes for suspicion that was ruled out.
    /// # Source
    /// ICD-10-CM Official Guidelines, IV.H; for inpatients II.H.
    IcdUncertainOutpatient, "icd-uncertain-outpatient",
    "No outpatient diagnosis rests only on uncertain words."
}

impl Rule for IcdUncertainOutpatient {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if !view.note.is_some_and(|note| note.policy == Policy::Outpatient) {
            return;
        }
        for diagnosis in view.diagnoses.iter().filter(|diagnosis| !diagnosis.code.starts_with('Z')) {
            let mentions = view.mentions_behind(diagnosis);
            let mut problems = mentions.iter().filter(|mention| mention.kind == MentionKind::Problem).peekable();
            let Some(first) = problems.peek().copied() else { continue };
            if !problems.all(|mention| mention.assertion == Assertion::Possible) {
                continue;
            }
            let words = match &first.cue {
                Some(cue) => format!("\"{}\" is said with \"{}\"", first.text, cue.text),
                None => format!("\"{}\" is left open", first.text),
            };
            let message = format!("{} is coded as confirmed, but in the note {words}.", diagnosis.code);
            findings.push(
                Finding::error(&Self::INFO, message, sources::guidelines("IV.H"))
                    .on_lines(view.lines_pointing_to(diagnosis))
                    .about([diagnosis.code.as_str()])
                    .asking(format!(
                        "Was \"{}\" confirmed at this encounter, or which sign or symptom was it considered for?",
                        first.text
                    )),
            );
        }
    }
}
