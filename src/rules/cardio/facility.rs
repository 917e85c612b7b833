//! Tests whose code means equipment, supervision and reading together, billed from a hospital.
use crate::rules::{ClaimView, Finding, Fix, RuleInfo, Source, Target};

/// A code for the whole test, and what a physician bills where the hospital owns the equipment.
pub struct WholeTest {
    /// The whole test.
    pub code: &'static str,
    /// The physician's parts.
    pub physician: &'static [&'static str],
}

/// Reports whole tests in a hospital (places 19, 21, 22, 23).
pub fn check_whole_tests(
    view: &ClaimView<'_>,
    info: &RuleInfo,
    tests: &'static [WholeTest],
    source: impl Fn() -> Source,
    findings: &mut Vec<Finding>,
) {
    let place = view.context.place_of_service.as_str();
    if !matches!(place, "19" | "21" | "22" | "23") {
        return;
    }
    for line in view.lines {
        let Some(test) = tests.iter().find(|test| test.code == line.code) else { continue };
        let message = format!(
            "{} (line {}) is the whole test; at place of service {place} the hospital bills its part and the physician {}.",
            line.code,
            line.number,
            test.physician.join(" and ")
        );
        let finding = Finding::error(info, message, source()).on_lines([line.number]).about([line.code.as_str()]);
        findings.push(match test.physician {
            [only] => {
                finding.mended_by(Fix::ReplaceCode { target: Target::Line, from: line.code.clone(), to: (*only).to_owned() })
            }
            _ => finding.asking("Did the physician supervise the test, read it, or both?"),
        });
    }
}
