//! `icd-excludes1`
use super::exclusions::exclusions;
use crate::claim::Diagnosis;
use crate::codeset::icd10cm::{Note, NoteKind};
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, Severity, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No two diagnoses exclude each other by an Excludes1 note of either code, its headings, section or chapter.
    /// # Why it matters
    /// Excludes1 means "not coded here": the two conditions cannot occur together, or one already says the other. Payers
    /// deny such pairs.
    /// # Example
    /// J06.9 (acute upper respiratory infection) beside J02.0 (streptococcal pharyngitis), which the note under J06 excludes.
    /// # What to do
    /// Keep the code that says more. Where the two conditions have nothing to do with each other, both may stay; say so
    /// in the record.
    /// # When it does not apply
    /// Two unrelated conditions (the documented exception); Excludes2 notes, which permit both codes. A note of a whole
    /// section or chapter is a warning: it names single conditions that a code may or may not mean.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.12.a; the Tabular List.
    IcdExcludes1, "icd-excludes1",
    "No two diagnoses exclude each other by an Excludes1 note."
}

impl Rule for IcdExcludes1 {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for exclusion in exclusions(view, NoteKind::Excludes1, |_| true) {
            let (Some(by), Some(named)) = (view.diagnoses.get(exclusion.by), view.diagnoses.get(exclusion.named)) else {
                continue;
            };
            findings.push(finding(view, named, by, exclusion.note));
        }
    }
}

fn finding(view: &ClaimView<'_>, excluded: &Diagnosis, by: &Diagnosis, note: Note<'_>) -> Finding {
    let carrier = match note.carried_by {
        Some(index) => view.tables.icd.code(index),
        None => format!("the section or chapter of {}", by.code),
    };
    let message = format!(
        "{} and {} exclude each other: {carrier} has the Excludes1 note \"{}\". Both may stay only if they are unrelated.",
        by.code, excluded.code, note.text
    );
    let mut lines = view.lines_pointing_to(excluded);
    lines.extend(view.lines_pointing_to(by));
    // A note of a whole section or chapter names single conditions that the code may not mean.
    let severity = if note.carried_by.is_some() { Severity::Error } else { Severity::Warning };
    let finding = Finding::new(
        &IcdExcludes1::INFO,
        severity,
        message,
        sources::table(view, Table::Icd10Cm, format!("{carrier}, Excludes1")),
    )
    .on_lines(lines)
    .about([excluded.code.as_str(), by.code.as_str()]);
    // A symptom yields to the condition; between two conditions only the record can tell.
    let is_symptom = |diagnosis: &Diagnosis| diagnosis.code.starts_with('R');
    match (is_symptom(excluded), is_symptom(by)) {
        (true, false) => finding.mended_by(Fix::RemoveDiagnosis { code: excluded.code.clone() }),
        (false, true) => finding.mended_by(Fix::RemoveDiagnosis { code: by.code.clone() }),
        _ => finding.asking(format!(
            "Are {} and {} unrelated conditions? If not, which one does the record support?",
            by.code, excluded.code
        )),
    }
}
