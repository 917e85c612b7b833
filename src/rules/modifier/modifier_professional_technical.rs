//! `modifier-professional-technical`
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// 26 (interpretation) and TC (equipment and staff) stand only on codes that have such parts; in a facility a test
    /// with two parts carries 26; what is done incident to a physician's service is not billed from a hospital.
    /// # Why it matters
    /// The hospital bills the technical part; the whole test billed beside it is paid twice and taken back.
    /// # Example
    /// 71046 (chest film) read in the hospital (place of service 21) without 26.
    /// # What to do
    /// 26 where the practice only interpreted; take 26 or TC off codes that are one part by definition, such as 93010.
    /// # When it does not apply
    /// Codes without a fee schedule row. Laboratory interpretation (indicator 6) takes 26 but never TC.
    /// # Source
    /// Physician fee schedule, PC/TC indicator; Medicare Claims Processing Manual, ch. 13, 150.
    ModifierProfessionalTechnical, "modifier-professional-technical",
    "26 and TC stand on codes with such parts, and on tests read in a facility."
}

impl Rule for ModifierProfessionalTechnical {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let place = view.context.place_of_service.as_str();
        let facility = view.tables.is_facility(place) && place != "02";
        for (line, facts) in view.coded_lines() {
            let Some(fee) = facts.fee else { continue };
            let finding = |message: String| {
                let row = sources::table(view, Table::FeeSchedule, format!("{}: PC/TC indicator {}", line.code, fee.pc_tc));
                Finding::error(&Self::INFO, message, row).on_lines([line.number]).about([line.code.as_str()])
            };
            let (has_26, has_tc) = (has_any(line, &["26"]), has_any(line, &["TC"]));
            if has_26 && has_tc {
                let message = format!("{} (line {}) has 26 and TC; together they are the whole service.", line.code, line.number);
                findings.push(finding(message).asking("Did the practice do the test, read it, or both?"));
            } else if has_26 && !matches!(fee.pc_tc, '1' | '6') {
                let message = format!(
                    "{} (line {}) has no professional part to bill with 26 ({}).",
                    line.code,
                    line.number,
                    meaning(fee.pc_tc)
                );
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "26".to_owned() }));
            } else if has_tc && fee.pc_tc != '1' {
                let message = format!(
                    "{} (line {}) has no technical part to bill with TC ({}).",
                    line.code,
                    line.number,
                    meaning(fee.pc_tc)
                );
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "TC".to_owned() }));
            } else if facility && fee.pc_tc == '1' && !has_26 && !has_tc {
                let message = format!(
                    "{} (line {}) at place of service {place}: the facility bills the technical part; 26 is expected.",
                    line.code, line.number
                );
                findings.push(finding(message).mended_by(Fix::AddModifier { line: line.number, modifier: "26".to_owned() }));
            } else if matches!(place, "19" | "21" | "22" | "23") && fee.pc_tc == '5' && view.payer.fee_schedule_status {
                let message = format!(
                    "{} (line {}) is done incident to a physician's service and not paid at place of service {place}.",
                    line.code, line.number
                );
                findings.push(finding(message).mended_by(Fix::RemoveLine { line: line.number }));
            } else if matches!(place, "19" | "21" | "22" | "23") && fee.pc_tc == '3' {
                let message = format!(
                    "{} (line {}) is a technical part, which the hospital bills at place of service {place}.",
                    line.code, line.number
                );
                findings.push(finding(message).mended_by(Fix::RemoveLine { line: line.number }));
            }
        }
    }
}

fn meaning(indicator: char) -> &'static str {
    match indicator {
        '0' => "a physician's service",
        '2' => "it is the professional part",
        '3' => "it is the technical part",
        '4' => "the code is for both parts together",
        '5' => "it is incident to a physician's service",
        '6' => "a laboratory interpretation",
        '7' => "a therapy service",
        _ => "the concept does not apply",
    }
}
