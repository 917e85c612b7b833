//! `icd-billable`
use super::seventh::seventh_fault;
use crate::codeset::icd10cm::IcdStatus;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No diagnosis is a heading with more specific codes below it.
    /// # Why it matters
    /// A three-character or longer heading that is divided further is not a complete code; payers reject it.
    /// # Example
    /// E11 (type 2 diabetes) instead of E11.9 or a code for the complication.
    /// # What to do
    /// Choose the code below the heading that the note supports; where only one is below, the fix names it.
    /// # When it does not apply
    /// A code that lacks only its 7th character is `icd-seventh-character`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.B.2: codes are used to their full number of characters.
    IcdBillable, "icd-billable",
    "No diagnosis is a heading that is divided further."
}

impl Rule for IcdBillable {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            let (IcdStatus::Header, Some(index)) = (facts.validity.status, facts.index) else { continue };
            if seventh_fault(&view.tables, &diagnosis.code, facts).is_some() {
                continue;
            }
            let icd = view.tables.icd;
            let below: Vec<String> =
                icd.descendants(index).filter(|d| view.tables.is_billable(*d)).take(4).map(|d| icd.code(d)).collect();
            let examples = below.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let message = format!(
                "{} is a heading, not a complete code; below it stand {examples}{}.",
                diagnosis.code,
                match below.len() {
                    4 => " and others",
                    _ => "",
                }
            );
            let finding = Finding::error(&Self::INFO, message, sources::table(view, Table::Icd10Cm, diagnosis.code.clone()))
                .on_lines(view.lines_pointing_to(diagnosis))
                .about([diagnosis.code.as_str()]);
            findings.push(match below.as_slice() {
                [only] => {
                    finding.mended_by(Fix::ReplaceCode { target: Target::Dx, from: diagnosis.code.clone(), to: only.clone() })
                }
                _ => finding.asking(format!("Which code under {} does the note support?", diagnosis.code)),
            });
        }
    }
}
