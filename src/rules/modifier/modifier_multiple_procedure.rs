//! `modifier-multiple-procedure`
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Procedures that are paid less when several are done on a day stand in the order of their value; modifier 51 stands
    /// where the payer wants it, never on add-on codes, and not on Medicare claims.
    /// # Why it matters
    /// The first is paid in full, the second to fifth at half. Medicare's contractors add 51 themselves; a 51 on the claim
    /// can halve a line twice.
    /// # Example
    /// 29881-51 to Medicare.
    /// # What to do
    /// List the procedure of highest value first. The finding is advice.
    /// # When it does not apply
    /// One procedure; visits and tests; multiple-procedure indicator 0 or 9.
    /// # Source
    /// Physician fee schedule, multiple-procedure indicator 2 and 3; total relative values; payer file, modifier_51.
    ModifierMultipleProcedure, "modifier-multiple-procedure",
    "Several procedures of a day stand by value, with 51 where the payer wants it."
}

impl Rule for ModifierMultipleProcedure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let facility = view.tables.is_facility(&view.context.place_of_service);
        let mut reduced = 0_usize;
        let mut before: Option<(f64, u32)> = None;
        let mut out_of_order: Vec<u32> = Vec::new();
        for (line, facts) in view.coded_lines() {
            let row = || sources::table(view, Table::FeeSchedule, format!("{}: multiple-procedure indicator", line.code));
            let finding =
                |message: String| Finding::info(&Self::INFO, message, row()).on_lines([line.number]).about([line.code.as_str()]);
            let has_51 = has_any(line, &["51"]);
            let subject = facts.fee.filter(|fee| matches!(fee.multiple, '2' | '3'));
            if has_51 && (subject.is_none() || view.tables.add_on(&line.code).is_some()) && facts.fee.is_some() {
                let message = format!("{} (line {}) is exempt from the reduction; it takes no 51.", line.code, line.number);
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "51".to_owned() }));
            } else if has_51 && !view.payer.modifier_51 {
                let message = format!("{} (line {}): {} adds 51 itself.", line.code, line.number, view.payer.name);
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "51".to_owned() }));
            }
            let Some(fee) = subject else { continue };
            let value = if facility { fee.facility_rvu } else { fee.non_facility_rvu };
            reduced += 1;
            if before.is_some_and(|(earlier, _)| earlier < value) {
                out_of_order.push(line.number);
            }
            if before.is_none_or(|(earlier, _)| value > earlier) {
                before = Some((value, line.number));
            }
            if reduced > 1
                && view.payer.modifier_51
                && !has_51
                && !has_any(line, &["50", "59", "XE", "XS", "XP", "XU", "76", "77", "78"])
            {
                let message = format!(
                    "{} (line {}) is a further procedure of the day; {} may want 51.",
                    line.code, line.number, view.payer.name
                );
                findings.push(finding(message).mended_by(Fix::AddModifier { line: line.number, modifier: "51".to_owned() }));
            }
        }
        if let Some(line) = out_of_order.first() {
            let message = format!(
                "Line {line} has a higher value than the procedure before it; the first is paid in full, further ones at half."
            );
            findings.push(
                Finding::info(&Self::INFO, message, sources::table(view, Table::FeeSchedule, "total relative values"))
                    .on_lines(out_of_order.iter().copied()),
            );
        }
    }
}
