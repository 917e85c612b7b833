//! `modifier-bilateral`
use crate::claim::Line;
use crate::rules::tables::{LineFacts, Table};
use crate::rules::view::has_any;
use crate::rules::{BilateralReporting, ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Modifier 50 stands only on codes that can be done on both sides, with one unit and without RT or LT beside it; a
    /// procedure done on both sides is reported in the form that the payer takes.
    /// # Why it matters
    /// A wrong form is denied, or paid once instead of for both sides, or twice.
    /// # Example
    /// 20610-RT and 20610-LT on two lines to Medicare, which wants one line with 50 and one unit.
    /// # What to do
    /// Bilateral indicator 1: the payer's form (its file says which). 3: each side may be billed in full. 0, 2, 9: no 50;
    /// with 2 the code already means both sides.
    /// # When it does not apply
    /// Codes without a fee schedule row; payers whose file leaves the form open are checked for contradictions only.
    /// # Source
    /// Physician fee schedule, bilateral indicator; the payer's file.
    ModifierBilateral, "modifier-bilateral",
    "Modifier 50, RT and LT are used as the code and the payer allow."
}

impl Rule for ModifierBilateral {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, (line, facts)) in view.coded_lines().enumerate() {
            if line.modifiers.iter().any(|modifier| modifier == "50") {
                check_modifier_50(view, line, facts, findings);
            } else if has_any(line, &["RT", "LT"]) && facts.fee.is_some_and(|fee| fee.bilateral == '1') {
                check_two_sides(view, line, position, findings);
            }
        }
    }
}

fn check_modifier_50(view: &ClaimView<'_>, line: &Line, facts: &LineFacts, findings: &mut Vec<Finding>) {
    let finding = |message: String, source: crate::rules::Source| {
        Finding::error(&ModifierBilateral::INFO, message, source).on_lines([line.number]).about([line.code.as_str()])
    };
    let indicator = facts.fee.map(|fee| fee.bilateral);
    let row =
        || sources::table(view, Table::FeeSchedule, format!("{}: bilateral indicator {}", line.code, indicator.unwrap_or(' ')));
    if let Some(indicator @ ('0' | '2' | '9')) = indicator {
        let why = match indicator {
            '2' => "the code already means both sides",
            '9' => "the concept does not apply to it",
            _ => "the code is not one of two sides",
        };
        let message = format!("{} (line {}) has modifier 50, but {why}.", line.code, line.number);
        findings.push(finding(message, row()).mended_by(Fix::RemoveModifier { line: line.number, modifier: "50".to_owned() }));
        return;
    }
    if let Some(side) = line.modifiers.iter().find(|modifier| matches!(modifier.as_str(), "RT" | "LT")) {
        let message = format!("{} (line {}) has modifier 50, which means both sides, and {side}.", line.code, line.number);
        findings.push(
            finding(message, sources::payer(view, "bilateral"))
                .mended_by(Fix::RemoveModifier { line: line.number, modifier: side.clone() }),
        );
    }
    if line.units == 2 && indicator == Some('1') && view.payer.bilateral == BilateralReporting::Modifier50 {
        let message = format!(
            "{} (line {}) has modifier 50 and two units; 50 with one unit already means both sides.",
            line.code, line.number
        );
        findings
            .push(finding(message, sources::payer(view, "bilateral")).mended_by(Fix::SetUnits { line: line.number, units: 1 }));
    }
    if view.payer.bilateral == BilateralReporting::RtLtLines {
        let message = format!(
            "{} (line {}): {} wants two lines, RT and LT, instead of modifier 50.",
            line.code, line.number, view.payer.name
        );
        findings.push(finding(message, sources::payer(view, "bilateral")).mended_by(Fix::ReplaceModifier {
            line: line.number,
            from: "50".to_owned(),
            to: "RT".to_owned(),
        }));
    }
}

/// RT on one line and LT on another, for a payer that wants one line with 50.
fn check_two_sides(view: &ClaimView<'_>, line: &Line, position: usize, findings: &mut Vec<Finding>) {
    if view.payer.bilateral != BilateralReporting::Modifier50 || has_any(line, &["59", "XE", "XS", "XP", "XU", "76", "77"]) {
        return;
    }
    let finding = |message: String, lines: &[u32]| {
        Finding::error(&ModifierBilateral::INFO, message, sources::payer(view, "bilateral"))
            .on_lines(lines.iter().copied())
            .about([line.code.as_str()])
    };
    if has_any(line, &["RT"]) && has_any(line, &["LT"]) {
        let message =
            format!("{} (line {}) has RT and LT; {} wants modifier 50 with one unit.", line.code, line.number, view.payer.name);
        findings.push(finding(message, &[line.number]).mended_by(Fix::ReplaceModifier {
            line: line.number,
            from: "RT".to_owned(),
            to: "50".to_owned(),
        }));
        return;
    }
    let (side, other_side) = if has_any(line, &["RT"]) { ("RT", "LT") } else { ("LT", "RT") };
    let other = view.lines.iter().skip(position + 1).find(|other| {
        other.code == line.code
            && has_any(other, &[other_side])
            && !has_any(other, &[side, "50", "59", "XE", "XS", "XP", "XU", "76", "77"])
    });
    let Some(other) = other else { return };
    let message = format!(
        "{} stands on lines {} and {} with {side} and {other_side}; {} wants one line with modifier 50 and one unit.",
        line.code, line.number, other.number, view.payer.name
    );
    findings.push(finding(message, &[line.number, other.number]).mended_by(Fix::ReplaceModifier {
        line: line.number,
        from: side.to_owned(),
        to: "50".to_owned(),
    }));
}
