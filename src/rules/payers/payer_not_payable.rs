//! `payer-not-payable`
use crate::codeset::procedures::ProcedureValidity;
use crate::rules::codes::{is_consultation, is_preventive_visit};
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, Severity, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Codes that the payer never pays as billed: for Medicare those whose status in the fee schedule is bundled (B), not
    /// valid (I), non-covered (N) or excluded; preventive visits and telemedicine codes where the payer's file says so.
    /// # Why it matters
    /// The line is denied, and the patient may be billed only after notice.
    /// # Example
    /// 98005 (a visit by video) to Medicare.
    /// # What to do
    /// Use the code that the payer takes instead (99213 with place of service 10, G0439), or bill the patient as the law
    /// allows.
    /// # When it does not apply
    /// Payers whose file leaves the fee schedule's status aside. Consultations are `payer-consultation`, codes whose MUE
    /// is 0 `ncci-mue`.
    /// # Source
    /// Physician fee schedule, status indicator; the payer's file.
    PayerNotPayable, "payer-not-payable",
    "Codes that the payer never pays as billed are named."
}

impl Rule for PayerNotPayable {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (line, facts) in view.coded_lines() {
            let mue_zero = view.payer.mue_zero_denies && facts.mue.is_some_and(|mue| mue.value == 0);
            // 99024 reports a visit without charge; prolonged time is `em-prolonged`.
            if matches!(line.code.as_str(), "99024" | "99417" | "99418")
                || is_consultation(&line.code)
                || mue_zero
                // `cpt-valid` speaks of a code that does not exist on the date.
                || !matches!(facts.validity, ProcedureValidity::Valid | ProcedureValidity::Unknown)
                || line.modifiers.iter().any(|m| m == "GY")
            {
                continue;
            }
            let finding = |message: String, field: &'static str| {
                Finding::error(&Self::INFO, message, sources::payer(view, field))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
            };
            if !view.payer.preventive_visits && is_preventive_visit(&line.code) {
                let message =
                    format!("{} (line {}): {} pays no preventive visits of CPT.", line.code, line.number, view.payer.name);
                findings.push(
                    finding(message, "preventive_visits")
                        .asking("Was it an annual wellness visit (G0438, G0439) or a problem visit?"),
                );
            } else if !view.payer.telemedicine_codes && ("98000"..="98015").contains(&line.code.as_str()) {
                let message = format!(
                    "{} (line {}): {} takes the office or home visit code with place of service 02 or 10.",
                    line.code, line.number, view.payer.name
                );
                findings.push(finding(message, "telemedicine_codes").asking("Which office or home visit does the note support?"));
            } else if view.payer.fee_schedule_status
                && let Some(fee) = facts.fee
            {
                let why = match fee.status {
                    'I' => "is not valid; it takes another code",
                    'N' => "is not covered",
                    'B' => "is always part of another service",
                    _ => continue,
                };
                let message = format!("{} (line {}): for {} the code {why}.", line.code, line.number, view.payer.name);
                let mut finding = finding(message, "fee_schedule_status").mended_by(Fix::RemoveLine { line: line.number });
                if fee.status == 'B' {
                    finding.severity = Severity::Warning;
                }
                finding.source = sources::table(view, Table::FeeSchedule, format!("{}: status {}", line.code, fee.status));
                findings.push(finding);
            }
        }
    }
}
