//! Units that the note as a whole tells, whoever found the line: scored instruments, pushes, skin tests, virus types, doses in each
//! of several places, containers, and vaccines given.
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::families::{FamilyTables, administration, containers, doses, drugs};
use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::note::Context;

/// Counts anew for all lines of a claim.
pub(super) fn settle(lines: &mut Vec<Line>, text: &str, context: &Context, families: &FamilyTables, code_sets: &CodeSets) {
    told_once(lines);
    let codes: Vec<String> = lines.iter().map(|l| l.code.clone()).collect();
    let on_claim = |code: &str| codes.iter().filter(|c| *c == code).count() as u32;
    let places = places_injected(lines);
    for line in lines.iter_mut().filter(|l| !l.modifiers.iter().any(|m| m == "JW")) {
        let told = match line.code.as_str() {
            "96127" => instruments(text).filter(|n| *n > 1),
            "96375" => {
                pushes(text).checked_sub(on_claim("96374") + on_claim("96409") + on_claim("96411")).filter(|n| *n > line.units)
            }
            "95004" if line.units == 1 => skin_tests(text),
            "87804" if on_claim("87804") == 1 && names_both_types(text) => Some(2),
            code if code.starts_with(['J', 'Q']) => dose(line, text, places),
            _ => None,
        };
        line.units = told.unwrap_or(line.units);
    }
    if context.payer == "medicare" {
        containers::mark(lines, text);
    }
    let title = |code: &str| {
        let procedures = &code_sets.procedures;
        procedures.find(code).map(|i| procedures.descriptor(i).to_owned()).unwrap_or_default()
    };
    administration::recount(lines, families, &title);
}

/// A test that two tables found is told once.
fn told_once(lines: &mut Vec<Line>) {
    let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    lines.retain(|l| !l.code.starts_with('8') || seen.insert((l.code.clone(), l.modifiers.clone())));
}

/// Units of a drug: a toxin's stated total, else the dose where the line does not know it yet or knows that of one place only.
fn dose(line: &Line, text: &str, places: u32) -> Option<u32> {
    let of = |places: u32| drugs::units_of(&line.code, text, places);
    let by_table = line.source.iter().any(|s| s == "decision_table");
    doses::total_of_toxin(&line.code, text).or_else(|| match of(1) {
        Some(_) if !by_table => of(places),
        Some(one) if one == line.units => of(places),
        // The table read the piece that has the dose, not that it is each side's.
        Some(one) if one == 2 * line.units && doses::says_each(text) => Some(one),
        _ => None,
    })
}

/// Places that injections on the claim go into.
fn places_injected(lines: &[Line]) -> u32 {
    const STEMS: [&str; 10] = ["2052", "2055", "2060", "2061", "27096", "64405", "6447", "6448", "6449", "11900"];
    let injections = lines.iter().filter(|l| STEMS.iter().any(|stem| l.code.starts_with(stem)));
    let sides = |l: &Line| if l.modifiers.iter().any(|m| m == "50") { 2 } else { 1 };
    injections.map(|l| l.units * sides(l)).sum::<u32>().clamp(1, 4)
}

/// Instruments of behavior that a note tells with their scores (CPT 96127 counts each).
fn instruments(text: &str) -> Option<u32> {
    static NAMES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        const NAMES: [&str; 14] = [
            r"phq[- ]?(?:9(?:-?a)?|8|a)",
            r"gad[- ]?7?",
            r"vanderbilts?",
            r"asrs",
            r"scared",
            r"psc(?:-?17)?",
            r"mdq",
            r"pcl-?5",
            r"pc-?ptsd(?:-?5)?",
            r"snap-?iv",
            r"bdi(?:-?ii)?",
            r"nddi-?e",
            r"y-?bocs",
            r"conners(?:-?3)?",
        ];
        NAMES.iter().filter_map(|name| Regex::new(&format!(r"(?i)\b{name}\b")).ok()).collect()
    });
    static SCORED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^\W{0,3}(?:(?:today|score[ds]?|total|is|was|of|by \w+|now|at|=|:)\W{0,3}){0,4}\d{1,2}\b|^[^.;\n]{0,45}\b(?:scored|completed|filled)").ok()
    });
    let scored = LazyLock::force(&SCORED).as_ref()?;
    let told = |name: &&Regex| name.find_iter(text).any(|m| scored.is_match(&text[m.end()..]));
    let count = NAMES.iter().filter(told).count() as u32;
    // A form of the parent and one of the teacher are two.
    let both_forms = |line: &str| ["vanderbilt", "parent", "teacher"].iter().all(|w| line.to_lowercase().contains(w));
    let count = count + u32::from(count > 0 && text.lines().any(both_forms));
    (count > 0).then_some(count)
}

/// Drugs pushed into a vein.
fn pushes(text: &str) -> u32 {
    static PUSH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(\bmc?g\s+(?:and|&|\+)\s+[a-z]+\s+\d+(?:\.\d+)?\s*m?c?g?\s+)?\b(?:ivp|iv push)\b").ok()
    });
    let found = LazyLock::force(&PUSH).as_ref().map(|p| p.captures_iter(text).map(|c| 1 + u32::from(c.get(1).is_some())).sum());
    found.unwrap_or(0u32).min(8)
}

/// Skin tests pricked, controls included.
fn skin_tests(text: &str) -> Option<u32> {
    static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:prick(?:ed|s)?|scratch|spt|percutaneous)(?:\s+(?:skin\s+)?tests?)?(?:\s+(?:on|to)\s+\w+)?[\s,:(]*(\d{1,2})\s+(?:aero|inhal|allerg|antig|extract|food|pollen|percut|test)|\b(\d{1,2})\s+(?:aero\w*|inhalants?|allergens?|antigens?|pricks|percutaneous)\b").ok()
    });
    static CONTROLS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)(?:plus|\+|and|&)\s*(?:the\s+)?(?:2|two)\s+controls").ok());
    let lower = text.to_lowercase();
    if !["prick", "spt", "scratch", "percutaneous"].iter().any(|w| lower.contains(w)) {
        return None;
    }
    let pattern = LazyLock::force(&COUNT).as_ref()?;
    let numbers = pattern.captures_iter(text).filter_map(|c| c.get(1).or(c.get(2))?.as_str().parse::<u32>().ok());
    let most = numbers.filter(|n| (2..=90).contains(n)).max()?;
    let controls = LazyLock::force(&CONTROLS).as_ref().is_some_and(|p| p.is_match(text));
    Some(most + if controls { 2 } else { 0 })
}

/// Whether a rapid test tells influenza A and B apart (CPT 87804 is reported for each).
fn names_both_types(text: &str) -> bool {
    static BOTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:flu|influenza)\s*(?:a\s*(?:/|&|and|\+)\s*b\b|a\b[^.\n]{0,30}\bb\s*(?:neg|pos|\+|-))|\brapid a\s*\+\s*b\b",
        )
        .ok()
    });
    LazyLock::force(&BOTH).as_ref().is_some_and(|p| p.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scored_instruments_count() {
        assert_eq!(instruments("Passive SI. PHQ9 21, GAD7 15 both scored."), Some(2));
        assert_eq!(instruments("PHQ-9 = 15 (was 20), GAD-7 = 14 (was 16)."), Some(2));
        assert_eq!(instruments("teacher + parent Vanderbilts scored today"), Some(2));
        assert_eq!(instruments("PHQ-2 1. PHQ-9 at the next visit."), None);
        assert_eq!(instruments("F/u GAD, doing well"), None);
    }

    #[test]
    fn a_test_of_two_tables_is_told_once() {
        let line = |modifiers: &[&str]| Line {
            code: "87804".to_owned(),
            modifiers: modifiers.iter().map(|m| (*m).to_owned()).collect(),
            units: 1,
            ..Line::default()
        };
        let mut lines = vec![line(&["QW"]), line(&["QW", "59"]), line(&["QW", "59"])];
        told_once(&mut lines);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn pushes_and_skin_tests_count() {
        assert_eq!(pushes("ketorolac 30 mg IVP; metoclopramide 10 mg IVP"), 2);
        assert_eq!(pushes("methylprednisolone 100 mg and diphenhydramine 25 mg IV push before"), 2);
        assert_eq!(skin_tests("Pricks on back: 42 aerosols + 2 controls"), Some(44));
        assert_eq!(skin_tests("Skin prick 48 aeros: mite 4+"), Some(48));
        assert_eq!(skin_tests("percutaneous skin tests, 12 allergens (peanut 11 mm)"), Some(12));
        assert_eq!(skin_tests("12 allergens in the blood panel"), None);
        assert!(names_both_types("Flu A/B swab = A pos, B neg") && names_both_types("Rapid flu A and B negative"));
        assert!(!names_both_types("Influenza A positive"));
    }
}
