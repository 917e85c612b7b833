//! Units of service: doses, levels, areas, and counted repetitions.
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::attributes::Range;
use super::measures::Measures;
use super::statements::Role;
use super::table::CodeEntry;
use super::view::NoteView;

static DOSE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d{1,3}(?:,\d{3})+|\d{1,5}(?:\.\d+)?)[\s-]*(mg|mcg|g|gm|grams?|(?:million|mill?)[\s-]+(?:international\s+)?(?:units?|u)|mu|units?|u|ml|cc)\b").ok()
});
static TIMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\bx\s?|×\s?|\btimes\s+)(\d{1,2}|two|three|four|five|six)\b|\b(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+){0,2}(?:lesions?|biops\w+|levels?|grafts?|cages?|spacers?|allergens?|blocks?|instruments?|nails?|muscles?|sites?|points?|stages?|antigens?)\b").ok()
});
static INTERSPACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b([CTLS])\s?(\d{1,2})\s?(?:-|–|/|through|to|and)\s?([CTLS])?\s?(\d{1,2})\b").ok());

/// Units of a line: its statement, the titles of the note, and the code's attributes decide. 1 where nothing is said.
pub fn units(entry: &CodeEntry, further: bool, statement: &str, view: &NoteView<'_>) -> u32 {
    if let Some(unit) = entry.attributes.get("dose_unit") {
        return dose_units(unit, statement).unwrap_or(1);
    }
    let titles: Vec<&str> = view.statements.iter().filter(|s| s.role == Role::Title).map(|s| s.span.of(view.text)).collect();
    if entry.attributes.contains_key("levels")
        || entry.attributes.values().any(|v| v.contains("interspace") || v.contains("level"))
    {
        let count = interspaces(&titles).max(interspaces(&[statement]));
        if count > 1 && further {
            return count - 1;
        }
        return 1;
    }
    if let Some(area) = entry.attributes.get("area_cm2")
        && let Some(step) = area.strip_prefix("each further").and_then(Range::parse)
    {
        let total = area_of(statement).or_else(|| titles.iter().find_map(|t| area_of(t)));
        let first = if step.high >= 100.0 { 100.0 } else { step.high };
        return total.map_or(1, |t| (((t - first) / step.high).ceil().max(1.0)) as u32);
    }
    let counted = ["count", "per", "vessels"].iter().any(|key| entry.attributes.contains_key(*key)) || further;
    if !counted {
        return 1;
    }
    match repetitions(statement) {
        Some(n) if further && n > 1 => n - 1,
        Some(n) if !further && entry.attributes.contains_key("per") => n,
        _ => 1,
    }
}

fn area_of(text: &str) -> Option<f64> {
    Measures::of_text(text).square_centimetres.into_iter().fold(None, |best: Option<f64>, v| Some(best.map_or(v, |b| b.max(v))))
}

/// The stated dose over the code's unit, rounded up.
fn dose_units(unit: &str, statement: &str) -> Option<u32> {
    let (size, measure) = dose(unit)?;
    let given = doses(statement).into_iter().find(|(_, m)| *m == measure || (*m == "mg" && measure == "mg"))?;
    let units = (given.0 / size).ceil();
    (1.0..=2000.0).contains(&units).then_some(units as u32)
}

/// The first dose in a text: number and measure (`mg`, `unit` or `ml`).
pub fn dose(text: &str) -> Option<(f64, &'static str)> {
    doses(text).into_iter().next()
}

/// All doses of a text, in milligrams, units or millilitres.
pub fn doses(text: &str) -> Vec<(f64, &'static str)> {
    doses_at(text).into_iter().map(|(_, number, measure)| (number, measure)).collect()
}

/// All doses with the byte where each begins.
pub fn doses_at(text: &str) -> Vec<(usize, f64, &'static str)> {
    let Some(pattern) = LazyLock::force(&DOSE) else { return Vec::new() };
    pattern
        .captures_iter(text)
        .filter_map(|found| {
            let start = found.get(1)?.start();
            let number: f64 = found.get(1)?.as_str().replace(',', "").parse().ok()?;
            let unit = found.get(2)?.as_str().to_lowercase();
            let (number, measure) = match unit.as_str() {
                "mcg" => (number / 1000.0, "mg"),
                "g" | "gm" | "gram" | "grams" => (number * 1000.0, "mg"),
                "ml" | "cc" => (number, "ml"),
                "unit" | "units" | "u" => (number, "unit"),
                million if million.starts_with('m') && million.ends_with(['u', 't', 's']) => (number * 1e6, "unit"),
                _ => (number, "mg"),
            };
            Some((start, number, measure))
        })
        .filter(|(_, number, _)| *number > 0.0)
        .collect()
}

/// "x3", "times two", "four lesions".
pub fn repetitions(text: &str) -> Option<u32> {
    let pattern = LazyLock::force(&TIMES).as_ref()?;
    let found = pattern.captures(text)?;
    let word = found.get(1).or(found.get(2))?.as_str().to_lowercase();
    const WORDS: [&str; 11] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.iter().position(|w| *w == word).map(|n| n as u32).or_else(|| word.parse().ok()).filter(|n| (1..=60).contains(n))
}

/// Distinct spinal interspaces: `C4-C5, C5-C6` are two, `C3-C6` is three.
pub fn interspaces(texts: &[&str]) -> u32 {
    let Some(pattern) = LazyLock::force(&INTERSPACE) else { return 0 };
    let mut found: BTreeSet<(u32, u32)> = BTreeSet::new();
    let number = |region: &str, level: u32| match region {
        "C" => level,
        "T" => 7 + level,
        "L" => 19 + level,
        _ => 24 + level,
    };
    for text in texts {
        for hit in pattern.captures_iter(text) {
            let level = |i: usize| hit.get(i).and_then(|m| m.as_str().parse::<u32>().ok());
            let (Some(region), Some(first), Some(second)) = (hit.get(1), level(2), level(4)) else { continue };
            let from = number(region.as_str(), first);
            let to = number(hit.get(3).map_or(region.as_str(), |m| m.as_str()), second);
            if to > from && to - from <= 12 {
                found.extend((from..to).map(|k| (k, k + 1)));
            }
        }
    }
    found.len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_doses_and_counts() {
        assert_eq!(interspaces(&["discectomy and fusion C4-C5 and C5-6"]), 2);
        assert_eq!(interspaces(&["laminectomy L3 through L5"]), 2);
        assert_eq!(interspaces(&["fusion L5-S1"]), 1);
        assert_eq!(dose_units("10 mg", "triamcinolone 40 mg"), Some(4));
        assert_eq!(dose_units("250 mg", "ceftriaxone 1 g IM"), Some(4));
        assert_eq!(dose_units("100,000 units", "benzathine penicillin 2.4 million units IM"), Some(24));
        assert_eq!(doses("1.2 MU and 20 mg"), [(1_200_000.0, "unit"), (20.0, "mg")]);
        assert_eq!(repetitions("PEEK cages x3"), Some(3));
        assert_eq!(repetitions("four benign lesions"), Some(4));
    }
}
