//! `modifier-multiple-procedure`
use std::fmt::Write;

use super::multiple_payment::{Payment, Procedure, Share, payments};
use crate::claim::Line;
use crate::codeset::procedures::ProcedureFacts;
use crate::rules::tables::Table;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Procedures that are paid less when several are done on a day stand in the order of their value; modifier 51 stands
    /// where the payer wants it, never on add-on codes, and not on Medicare claims. The expected payment is shown: in full,
    /// at half, or within a family of endoscopies less the base procedure.
    /// # Why it matters
    /// The dearest is paid in full, the second to fifth at half. Of endoscopies with the same base procedure the dearest is paid
    /// in full and each other without what the base is worth, and the family counts as one; the base itself is not paid beside
    /// them. Medicare's contractors add 51 themselves; a 51 on the claim can halve a line twice.
    /// # Example
    /// 29881-51 to Medicare.
    /// # What to do
    /// List the procedure of highest value first. The finding is advice.
    /// # When it does not apply
    /// One procedure; visits and tests; multiple-procedure indicator 0 or 9. Lines of assistants, co-surgeons, a return to the
    /// operating room and parts of the global period are paid by rules of their own and left out of the sum.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 40.6; physician fee schedule, multiple-procedure indicators 2 and 3,
    /// endoscopic base, total relative values; payer file, modifier_51.
    ModifierMultipleProcedure, "modifier-multiple-procedure",
    "Several procedures of a day stand by value, with 51 where the payer wants it."
}

impl Rule for ModifierMultipleProcedure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let facility = view.tables.is_facility(&view.context.place_of_service);
        let mut reduced = 0_usize;
        let mut before: Option<(f64, u32)> = None;
        let mut out_of_order: Vec<u32> = Vec::new();
        let mut paid: Vec<(&Line, Procedure<'_>)> = Vec::new();
        for (line, facts) in view.coded_lines() {
            let row = || sources::table(view, Table::FeeSchedule, format!("{}: multiple-procedure indicator", line.code));
            let finding =
                |message: String| Finding::info(&Self::INFO, message, row()).on_lines([line.number]).about([line.code.as_str()]);
            let has_51 = has_any(line, &["51"]);
            let subject = facts.fee.as_ref().filter(|fee| matches!(fee.multiple, '2' | '3'));
            if has_51 && (subject.is_none() || view.tables.add_on(&line.code).is_some()) && facts.fee.is_some() {
                let message = format!("{} (line {}) is exempt from the reduction; it takes no 51.", line.code, line.number);
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "51".to_owned() }));
            } else if has_51 && !view.payer.modifier_51 {
                let message = format!("{} (line {}): {} adds 51 itself.", line.code, line.number, view.payer.name);
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "51".to_owned() }));
            }
            let Some(fee) = subject else { continue };
            let value = if facility { fee.facility_rvu } else { fee.non_facility_rvu };
            if value > 0.0 && !has_any(line, PAID_OTHERWISE) {
                paid.push((line, procedure(view, line, fee, value, facility)));
            }
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
        if paid.len() > 1 {
            findings.push(expected(view, &paid));
        }
    }
}

/// Modifiers of lines that are paid by rules of their own.
const PAID_OTHERWISE: &[&str] = &["55", "56", "62", "66", "78", "80", "81", "82", "AS"];

/// A line as the reduction sees it: units and both sides counted in. `value` is that of one unit.
fn procedure<'a>(view: &ClaimView<'_>, line: &'a Line, fee: &'a ProcedureFacts, value: f64, facility: bool) -> Procedure<'a> {
    let sides = if fee.bilateral == '1' && has_any(line, &["50"]) { 1.5 } else { 1.0 };
    let base = fee.endoscopic_base().filter(|_| fee.multiple == '3').and_then(|code| {
        let base = view.code_sets.procedures.facts(code, view.context.date_of_service)?;
        Some((code, if facility { base.facility_rvu } else { base.non_facility_rvu }))
    });
    Procedure { code: &line.code, value: value * f64::from(line.units) * sides, base }
}

/// What each line is paid, and all of them in relative value units and money.
fn expected(view: &ClaimView<'_>, lines: &[(&Line, Procedure<'_>)]) -> Finding {
    let procedures: Vec<Procedure<'_>> = lines.iter().map(|(_, procedure)| *procedure).collect();
    let found = payments(&procedures);
    let mut message = String::from("Expected payment: ");
    for (at, ((line, _), payment)) in lines.iter().zip(&found).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _ = write!(message, "{comma}{} (line {}) {}", line.code, line.number, in_words(payment));
    }
    let paid: f64 = found.iter().map(|payment| payment.paid).sum();
    let whole: f64 = procedures.iter().map(|procedure| procedure.value).sum();
    let _ = write!(message, "; {paid:.2} of {whole:.2} relative value units");
    let date = view.context.date_of_service;
    let exact = view.code_sets.payment.conversion_factor(date);
    if let Some(factor) = exact.or_else(|| view.code_sets.payment.newest_conversion_factor()) {
        let edition = view.code_sets.procedures.facts(procedures[0].code, date);
        let same_year = edition.as_ref().is_some_and(|facts| facts.same_year);
        let estimate = if same_year && exact.is_some() && view.payer.fee_schedule_status { "" } else { ", an estimate" };
        let units = edition.as_ref().map_or("", |facts| facts.edition.name());
        let amount = paid * factor.dollars;
        let _ = write!(message, ", USD {amount:.2} ({units}, conversion factor of {}{estimate})", factor.effective);
    }
    message.push('.');
    let source =
        sources::table(view, Table::FeeSchedule, "multiple-procedure indicators, endoscopic base, total relative values");
    Finding::info(&ModifierMultipleProcedure::INFO, message, source)
        .on_lines(lines.iter().map(|(line, _)| line.number))
        .about(lines.iter().map(|(line, _)| line.code.as_str()))
}

fn in_words(payment: &Payment<'_>) -> String {
    let share = match payment.share {
        Share::WithinFamily => return "nothing, for it is the base of the other endoscopy".to_owned(),
        Share::LessBase(base) => format!(" of what it is worth above its base {base}"),
        Share::Whole => String::new(),
    };
    match (payment.percent, share.as_str()) {
        (Some(100), "") => "in full".to_owned(),
        (Some(100), _) => format!("all{share}"),
        (Some(50), _) => format!("half{share}"),
        _ => format!("by report{share}"),
    }
}
