//! Values in short: views by their projections, minutes between two times of the day, amounts thrown away.
use std::sync::LazyLock;

use regex::Regex;

static SHORT_VIEWS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b([1-6])\s?vw?s?\b").ok());
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([01]?\d|2[0-3])(:?)([0-5]\d)\s*(?:h|hrs?|am|pm)?\s*(?:-|–|—|to|until|,?\s*(?:and\s+)?(?:sedation\s+)?(?:end(?:ed|ing)?|out|off|stop(?:ped)?|finish(?:ed)?|complet(?:e|ed))(?:\s+time)?(?:\s+at)?:?)\s*([01]?\d|2[0-3])(:?)([0-5]\d)\b")
        .ok()
});
static WASTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:discard\w*|wast\w*)[^.;\d]{0,15}(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:mg|units?|u|mcg|ml)?\s+(?:was\s+|were\s+)?(?:discard|wast)\w*").ok()
});

/// Views by their abbreviations ("3v", "PA/lat/obl", "standing AP, lateral, sunrise").
pub(super) fn projections(text: &str) -> Vec<f64> {
    if let Some(found) = LazyLock::force(&SHORT_VIEWS).as_ref().and_then(|p| p.captures(text)) {
        return found.get(1).and_then(|m| m.as_str().parse().ok()).into_iter().collect();
    }
    const KINDS: [&[&str]; 12] = [
        &["ap", "pa", "anteroposterior", "frontal"],
        &["lat", "lateral", "laterals"],
        &["obl", "oblique", "obliques"],
        &["mortise"],
        &["sunrise", "merchant", "skyline"],
        &["axillary", "ax"],
        &["grashey"],
        &["y", "outlet"],
        &["notch", "tunnel", "rosenberg"],
        &["odontoid"],
        &["frog", "froglegs"],
        &["scaphoid"],
    ];
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let named = KINDS.iter().filter(|kind| words.iter().any(|w| kind.contains(w))).count();
    if named >= 2 { vec![named.min(4) as f64] } else { Vec::new() }
}

/// Minutes between two times of the day ("1005-1210", "9:22 to 9:47"); a range of years is none.
pub(super) fn clock(text: &str) -> Vec<f64> {
    let Some(pattern) = LazyLock::force(&CLOCK).as_ref() else { return Vec::new() };
    let minutes = |found: regex::Captures<'_>| -> Option<f64> {
        let part = |i: usize| found.get(i).map_or("", |m| m.as_str());
        let plain = part(2).is_empty() && part(5).is_empty();
        let years = |hour: &str| plain && matches!(hour, "19" | "20");
        if part(2) != part(5) || plain && (part(1).len(), part(4).len()) != (2, 2) || years(part(1)) && years(part(4)) {
            return None;
        }
        let of = |hour: &str, minute: &str| Some(hour.parse::<i32>().ok()? * 60 + minute.parse::<i32>().ok()?);
        let (from, mut to) = (of(part(1), part(3))?, of(part(4), part(6))?);
        // "11:40-12:20", "12:50-1:10": past noon the clock begins anew.
        if to < from {
            to += 720;
        }
        (1..=720).contains(&(to - from)).then(|| f64::from(to - from))
    };
    pattern.captures_iter(text).filter_map(minutes).collect()
}

/// Amounts of a drug said to be thrown away.
pub(super) fn wasted(text: &str) -> Vec<f64> {
    let Some(pattern) = LazyLock::force(&WASTED).as_ref() else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|c| c.get(1).or(c.get(2))?.as_str().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_and_times_are_read_in_short() {
        assert_eq!(projections("XR R wrist PA/lat/obl done here"), [3.0]);
        assert_eq!(projections("ankle 3v"), [3.0]);
        assert_eq!(projections("right knee standing AP, lateral, sunrise"), [3.0]);
        assert!(projections("bilateral knees AP").is_empty());
        assert_eq!(clock("Oxaliplatin 1005–1210"), [125.0]);
        assert_eq!(clock("9:22-9:47, 12:50 to 1:10"), [25.0, 20.0]);
        assert_eq!(clock("sedation start 09:04 end 09:49; in 1012, out 1049; start 2215, ended at 2237"), [45.0, 37.0, 22.0]);
        assert!(clock("smoked 1998-2012, 555-1234").is_empty());
        assert_eq!(wasted("Remaining 45 U discarded"), [45.0]);
        assert_eq!(wasted("one 200mg vial used, 25 wasted"), [25.0]);
    }
}
