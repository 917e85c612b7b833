//! `icd-external-cause`
use super::sequence::moved_to;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A code for how an injury came about (V00–Y99) is never the first diagnosis nor the only one; place, activity and
    /// status (Y92, Y93, Y99) stand once and not with their "unspecified" code.
    /// # Why it matters
    /// External causes explain a condition; alone or first they say nothing that could be treated.
    /// # Example
    /// W01.0XXA (fall) before S52.501A (broken wrist).
    /// # What to do
    /// List the injury first. Leave Y92.9, Y93.9 and Y99.9 off when nothing is stated.
    /// # When it does not apply
    /// Complication codes Y62–Y84 follow the same order; reporting external causes at all is a choice of the practice.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.C.20.
    IcdExternalCause, "icd-external-cause",
    "External causes are never listed first; place, activity and status stand once."
}

pub(super) fn is_external_cause(code: &str) -> bool {
    matches!(code.as_bytes().first(), Some(b'V' | b'W' | b'X' | b'Y'))
}

impl Rule for IcdExternalCause {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if let Some(first) = view.diagnoses.first().filter(|first| is_external_cause(&first.code)) {
            let message = format!("{} says how a condition came about and cannot be listed first.", first.code);
            let finding = Finding::error(&Self::INFO, message, sources::guidelines("I.C.20"))
                .on_lines(view.lines_pointing_to(first))
                .about([first.code.as_str()]);
            let condition = view.diagnoses.iter().find(|d| !is_external_cause(&d.code));
            findings.push(match condition {
                Some(condition) => finding.mended_by(Fix::Reorder { diagnoses: moved_to(view, &condition.code, 0) }),
                None => finding.asking("Which condition was treated?"),
            });
        }
        for stem in ["Y92", "Y93", "Y99"] {
            check_once(view, stem, findings);
        }
    }
}

fn check_once(view: &ClaimView<'_>, stem: &str, findings: &mut Vec<Finding>) {
    let mut of_kind = view.diagnoses.iter().filter(|d| d.code.starts_with(stem));
    let Some(first) = of_kind.next() else { return };
    let unspecified = format!("{stem}.9");
    let surplus = match of_kind.next() {
        Some(second) => {
            (second, format!("{} and {} are two codes of one kind; {stem} is reported once.", first.code, second.code))
        }
        None if first.code == unspecified => {
            (first, format!("{} says nothing; it is left off when nothing is stated.", first.code))
        }
        None => return,
    };
    let (diagnosis, message) = surplus;
    findings.push(
        Finding::warning(&IcdExternalCause::INFO, message, sources::guidelines("I.C.20"))
            .on_lines(view.lines_pointing_to(diagnosis))
            .about([diagnosis.code.as_str()])
            .mended_by(Fix::RemoveDiagnosis { code: diagnosis.code.clone() }),
    );
}
