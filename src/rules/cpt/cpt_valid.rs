//! `cpt-valid`
use crate::codeset::procedures::ProcedureValidity;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A line's code has the form of a CPT or HCPCS code and was in force on the date of service.
    /// # Why it matters
    /// Codes are added and deleted each January, some each quarter; a deleted code is rejected.
    /// # Example
    /// 99441 (a telephone visit) on a date in 2025, when it had been deleted.
    /// # What to do
    /// Choose the code of the year of service.
    /// # When it does not apply
    /// A code that no loaded table has is not called wrong for that reason. A code newer than the loaded edit tables is
    /// named by `codeset-coverage` as unverified.
    /// # Source
    /// CPT/HCPCS catalogue with dates from CMS's quarterly files (fee schedule, hospital addendum B).
    CptValid, "cpt-valid",
    "Every procedure code has the right form and was in force on the date of service."
}

impl Rule for CptValid {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let date = view.context.date_of_service;
            let message = match facts.validity {
                _ if !has_form(&line.code) => {
                    format!("{} (line {}) has not the form of a CPT or HCPCS code.", line.code, line.number)
                }
                ProcedureValidity::NotYet(first) => {
                    format!("{} (line {}) is not valid on {date}: it is new from {first}.", line.code, line.number)
                }
                ProcedureValidity::Deleted(last) => {
                    format!("{} (line {}) is not valid on {date}: it was deleted after {last}.", line.code, line.number)
                }
                ProcedureValidity::GoneBy2026 => {
                    format!("{} (line {}) is not valid on {date}: no table of 2026 has it any more.", line.code, line.number)
                }
                ProcedureValidity::Valid | ProcedureValidity::Unknown => continue,
            };
            findings.push(
                Finding::error(&Self::INFO, message, sources::table(view, Table::Procedures, line.code.clone()))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking(format!("Which code in force on {date} describes the service of line {}?", line.number)),
            );
        }
    }
}

/// Five digits, four digits and a letter, or a letter and four digits.
fn has_form(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() == 5 && {
        let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
        digits == 5 || (digits == 4 && (bytes[0].is_ascii_uppercase() || bytes[4].is_ascii_uppercase()))
    }
}
