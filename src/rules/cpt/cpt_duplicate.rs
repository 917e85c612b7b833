//! `cpt-duplicate`
use crate::claim::Line;
use crate::rules::codes::{is_anatomic_modifier, is_distinct_modifier};
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// No code stands on two lines with the same modifiers.
    /// # Why it matters
    /// The payer takes the second line for a mistake and denies it.
    /// # Example
    /// 96372 on lines 2 and 3 without a modifier.
    /// # What to do
    /// One line with two units, or the modifier that tells the two apart: 76 or 77 (repeated), 91 (laboratory), a place
    /// of the body, 59 or an X modifier.
    /// # When it does not apply
    /// One of the lines has such a modifier. More units than the day allows are `ncci-mue`.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 1, 120 (duplicate claims); NCCI Policy Manual, chapter I.
    CptDuplicate, "cpt-duplicate",
    "No code stands on two lines that nothing tells apart."
}

impl Rule for CptDuplicate {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, (line, facts)) in view.coded_lines().enumerate() {
            let earlier = view.lines.iter().take(position).find(|earlier| earlier.code == line.code && same(earlier, line));
            let Some(earlier) = earlier else { continue };
            let units: u32 =
                view.lines.iter().filter(|other| other.code == line.code).fold(0, |sum, other| sum.saturating_add(other.units));
            if facts.mue.is_some_and(|mue| mue.value > 0 && units > mue.value) {
                continue;
            }
            let message =
                format!("{} stands on lines {} and {} with the same modifiers.", line.code, earlier.number, line.number);
            findings.push(
                Finding::error(&Self::INFO, message, sources::ncci_manual("chapter I"))
                    .on_lines([earlier.number, line.number])
                    .about([line.code.as_str()])
                    .mended_by(Fix::RemoveLine { line: line.number }),
            );
        }
    }
}

fn same(one: &Line, other: &Line) -> bool {
    let tells_apart =
        |line: &Line| line.modifiers.iter().any(|m| is_distinct_modifier(m) || matches!(m.as_str(), "76" | "77" | "91" | "JW"));
    let places = |line: &Line| {
        let mut places: Vec<String> = line
            .modifiers
            .iter()
            .filter(|m| is_anatomic_modifier(m) || matches!(m.as_str(), "26" | "TC" | "JZ"))
            .cloned()
            .collect();
        places.sort_unstable();
        places
    };
    !tells_apart(one) && !tells_apart(other) && places(one) == places(other)
}
