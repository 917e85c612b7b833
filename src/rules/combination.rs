//! Codes that together are what one other code says, and when a pair's separation is NCCI's matter already.
use super::ncci::{Sites, ptp_reports, sites, told_apart};
use super::{ClaimView, Finding, RuleInfo, Severity, Source};
use crate::claim::Line;

/// Parts that one code says together.
pub struct Combination {
    /// The codes billed apart, all of them.
    pub parts: &'static [&'static str],
    /// The code that says them together.
    pub whole: &'static str,
}

/// Reports every combination whose parts all stand on the claim at one place. Where an NCCI pair already denies one of
/// them, it is advice (which code to bill instead); else a warning.
pub fn check_combinations(
    view: &ClaimView<'_>,
    info: &RuleInfo,
    table: &'static [Combination],
    source: impl Fn() -> Source,
    findings: &mut Vec<Finding>,
) {
    for combination in table {
        let Some(lines) = lines_of(view, combination.parts) else { continue };
        let reported = pairs(&lines).any(|(one, other)| ptp_reports(view, one, other));
        let severity = if reported { Severity::Info } else { Severity::Warning };
        let message = format!("{} together are {}.", named(&lines), combination.whole);
        findings.push(
            Finding::new(info, severity, message, source())
                .on_lines(lines.iter().map(|line| line.number))
                .about(lines.iter().map(|line| line.code.as_str()))
                .asking(format!("Were they one service of this provider? Then bill {}.", combination.whole)),
        );
    }
}

/// The first line of every part; `None` where one is missing or two name different places.
fn lines_of<'a>(view: &ClaimView<'a>, parts: &[&str]) -> Option<Vec<&'a Line>> {
    let first = parts.first()?;
    if !view.lines.iter().any(|line| line.code == *first) {
        return None;
    }
    let mut found: Vec<&Line> = Vec::with_capacity(parts.len());
    for part in parts {
        found.push(view.lines.iter().find(|line| line.code == *part)?);
    }
    let apart = pairs(&found).any(|(one, other)| {
        sites(one, other) == Sites::Different || one.modifiers.iter().chain(&other.modifiers).any(|m| m == "XE" || m == "XP")
    });
    (!apart).then_some(found)
}

fn pairs<'a, 'b>(lines: &'b [&'a Line]) -> impl Iterator<Item = (&'a Line, &'a Line)> + 'b {
    lines.iter().enumerate().flat_map(|(at, one)| lines.iter().skip(at + 1).map(|other| (*one, *other)))
}

/// "92557 (line 1) and 92567 (line 2)".
pub fn named(lines: &[&Line]) -> String {
    let names: Vec<String> = lines.iter().map(|line| format!("{} (line {})", line.code, line.number)).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// An NCCI pair that a 59 or X modifier bypasses while the lines name no different places.
pub fn separated_without_site(view: &ClaimView<'_>, one: &Line, other: &Line) -> bool {
    told_apart(one, other)
        && !one.modifiers.iter().chain(&other.modifiers).any(|m| m == "XE" || m == "XP")
        && !matches!(sites(one, other), Sites::Different | Sites::Same)
        && view.pair(one, other).is_some_and(|pair| pair.edit.indicator == 1)
}

/// The diagnoses that a line points to.
pub fn diagnoses_of<'a>(view: &ClaimView<'a>, line: &'a Line) -> impl Iterator<Item = &'a str> + Clone {
    let diagnoses = view.diagnoses;
    line.pointers.iter().filter_map(move |pointer| diagnoses.iter().find(|d| d.pointer == *pointer).map(|d| d.code.as_str()))
}
