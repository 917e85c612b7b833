//! `icd-code-first`
use super::sequence::{CodeFirst, is_manifestation, moved_to};
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Where a code has a "code first" note, one of the codes that the note names stands before it.
    /// # Why it matters
    /// The note fixes the order: the underlying condition leads, what it caused follows. The other order, or the
    /// consequence alone, is wrongly sequenced and draws a denial.
    /// # Example
    /// N18.30 (chronic kidney disease) before I12.9 (hypertensive chronic kidney disease).
    /// # What to do
    /// Put the underlying condition first; where it is missing, find it in the record and add it.
    /// # When it does not apply
    /// Notes that speak only of the case where the other condition exists ("if applicable", "any associated", a list of
    /// causes "due to" or "complicating") do not ask
    /// for a code that is not there. A manifestation that is listed first of all is `icd-manifestation-first`. A note
    /// that gives examples ("such as") is met by any diagnosis before the code, except under a manifestation.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.13 and I.A.17; the code's own note in the Tabular List.
    IcdCodeFirst, "icd-code-first",
    "What a \"code first\" note names stands before the code."
}

impl Rule for IcdCodeFirst {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, (diagnosis, facts)) in view.coded_diagnoses().enumerate() {
            let Some(index) = facts.index else { continue };
            if position == 0 && is_manifestation(view, index) {
                continue;
            }
            for note in CodeFirst::of(view, index) {
                let named = |d: &&crate::claim::Diagnosis| note.names(&d.code) && d.code != diagnosis.code;
                if view.diagnoses.iter().take(position).any(|d| named(&d)) {
                    continue;
                }
                let source = || sources::table(view, Table::Icd10Cm, format!("{}, code first", diagnosis.code));
                let lines = view.lines_pointing_to(diagnosis);
                if let Some(later) = view.diagnoses.iter().skip(position + 1).find(named) {
                    let message =
                        format!("{} stands before {}; its note says to code {} first.", diagnosis.code, later.code, later.code);
                    findings.push(
                        Finding::warning(&Self::INFO, message, source())
                            .on_lines(lines)
                            .about([diagnosis.code.as_str(), later.code.as_str()])
                            .mended_by(Fix::Reorder { diagnoses: moved_to(view, &later.code, position) }),
                    );
                    break;
                }
                if note.is_conditional(&diagnosis.code)
                    || !note.has_codes()
                    || (note.gives_examples() && position > 0 && !is_manifestation(view, index))
                {
                    continue;
                }
                let message = format!("{} needs another code before it: \"{}\".", diagnosis.code, note.text());
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines(lines)
                        .about([diagnosis.code.as_str()])
                        .asking(format!("Which underlying condition of {} does the record state?", diagnosis.code)),
                );
                break;
            }
        }
    }
}
