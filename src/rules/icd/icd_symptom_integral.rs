//! `icd-symptom-integral`
use super::exclusions::excluding_note;
use crate::claim::Diagnosis;
use crate::codeset::icd10cm::integral_symptoms::disease_of;
use crate::extract::RelationKind;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No sign or symptom is coded that belongs to a confirmed diagnosis on the same claim.
    /// # Why it matters
    /// A symptom that is part of the disease adds nothing and makes the claim say less clearly what was treated.
    /// # Example
    /// R05.9 (cough) beside J18.9 (pneumonia).
    /// # What to do
    /// Leave the symptom off, unless it was treated on its own or is not usual in this disease.
    /// # When it does not apply
    /// Symptoms not routinely part of the disease; combination codes that already say both. The list of diseases and
    /// symptoms is the project's own and short. Without a note the finding is advice; where the note ties the symptom to
    /// the disease it is a warning. A pair that the Tabular List excludes is `icd-excludes1`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.B.5 and I.B.6.
    IcdSymptomIntegral, "icd-symptom-integral",
    "No symptom is coded beside the confirmed disease that it is part of."
}

impl Rule for IcdSymptomIntegral {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (symptom, symptom_facts) in view.coded_diagnoses() {
            let codes = view.diagnoses.iter().map(|diagnosis| diagnosis.code.as_str());
            let Some((disease, disease_facts)) = disease_of(&symptom.code, codes).and_then(|at| view.coded_diagnoses().nth(at))
            else {
                continue;
            };
            let excluded = match (symptom_facts.index, disease_facts.index) {
                (Some(i), Some(j)) => {
                    excluding_note(view, i, &disease.code).is_some() || excluding_note(view, j, &symptom.code).is_some()
                }
                _ => false,
            };
            if excluded {
                continue;
            }
            let message = format!("{} is a usual sign of {}, which is on the claim.", symptom.code, disease.code);
            let source = sources::guidelines("I.B.5");
            let finding = match note_ties(view, symptom, disease) {
                true => Finding::warning(&Self::INFO, message, source),
                false => Finding::info(&Self::INFO, message, source),
            };
            findings.push(
                finding
                    .on_lines(view.lines_pointing_to(symptom))
                    .about([symptom.code.as_str(), disease.code.as_str()])
                    .mended_by(Fix::RemoveDiagnosis { code: symptom.code.clone() }),
            );
        }
    }
}

/// The note says that the symptom comes from the disease.
fn note_ties(view: &ClaimView<'_>, symptom: &Diagnosis, disease: &Diagnosis) -> bool {
    let Some(note) = view.note else { return false };
    let (symptoms, diseases) = (view.mentions_behind(symptom), view.mentions_behind(disease));
    note.relations.iter().any(|relation| {
        matches!(relation.kind, RelationKind::DueTo | RelationKind::FindingOf)
            && symptoms.iter().any(|mention| mention.id == relation.from)
            && diseases.iter().any(|mention| mention.id == relation.to)
    })
}
