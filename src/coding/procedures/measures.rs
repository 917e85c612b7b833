//! Measured values that choose a code: centimetres, views, minutes, contrast.
use std::sync::LazyLock;

use regex::Regex;

use crate::document::numerals::number_word;

/// Measured values of a part of a note.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Lengths and diameters in centimetres.
    pub centimetres: Vec<f64>,
    /// Products of two lengths, in square centimetres.
    pub square_centimetres: Vec<f64>,
    /// Numbers of views or images of a plain film.
    pub views: Vec<f64>,
    /// Minutes.
    pub minutes: Vec<f64>,
    /// Grams.
    pub grams: Vec<f64>,
    /// Contrast given, not given; both for a study without and with. `None` where nothing is said.
    pub contrast: Option<(bool, bool)>,
}

static LENGTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\d{1,3}(?:\.\d{1,2})?|\.\d{1,2})\s*(?:-?\s*(cm|mm|centimet\w+|millimet\w+|inch\w*))?\s*(?:(?:x|×|by)\s*(\d{1,3}(?:\.\d{1,2})?|\.\d{1,2}))?(?:\s*(?:x|×|by)\s*\d{1,3}(?:\.\d{1,2})?)?\s*-?\s*(sq\w*\.?\s*cm|cm\s*2|cm²|cm|mm|centimet\w+|millimet\w+|inch\w*)?",
    )
    .ok()
});
static VIEWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d{1,2}|one|two|three|four|five|six|single|multiple)[\s-]*(?:standard\s+|additional\s+|radiographic\s+|plain\s+)?(?:views?|images?|projections?|films?)\b").ok()
});
static MINUTES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const ONES: &str = "one|two|three|four|five|six|seven|eight|nine";
    const TEENS: &str = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen";
    const TENS: &str = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety";
    Regex::new(&format!(r"(?i)\b(\d{{1,3}}|(?:{TENS})(?:[\s-](?:{ONES}))?|{TEENS}|{ONES})[\s-]*(?:minutes?|mins?)\b")).ok()
});
/// "10:05 to 11:20".
static CLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(\d{1,2}):(\d{2})\s*(?:[ap]m\s*)?(?:-|–|to|until|till)\s*(\d{1,2}):(\d{2})\b").ok());
static GRAMS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b(\d{1,4})[\s-]*(?:grams?|g|gm)\b").ok());

impl Measures {
    /// Reads the measures of a text.
    pub fn of_text(text: &str) -> Self {
        let mut measures = Self::default();
        for found in captures(&LENGTH, text) {
            let unit = found.get(4).or(found.get(2)).map(|m| m.as_str().to_lowercase());
            let Some(unit) = unit else { continue };
            let factor = if unit.starts_with("mm") || unit.starts_with("mil") {
                0.1
            } else if unit.starts_with("in") {
                2.54
            } else {
                1.0
            };
            let number = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<f64>().ok());
            if let Some(first) = number(1) {
                if unit.starts_with("sq") || unit.ends_with('2') || unit.ends_with('²') {
                    measures.square_centimetres.push(number(3).map_or(first, |second| first * second));
                    continue;
                }
                measures.centimetres.push(first * factor);
                if let Some(second) = number(3) {
                    measures.centimetres.push(second * factor);
                    measures.square_centimetres.push(first * second * factor * factor);
                }
            }
        }
        for found in captures(&VIEWS, text) {
            let word = found.get(1).map_or("", |m| m.as_str()).to_lowercase();
            let number = match word.as_str() {
                "one" | "single" => Some(1.0),
                "two" => Some(2.0),
                "three" | "multiple" => Some(3.0),
                "four" => Some(4.0),
                "five" => Some(5.0),
                "six" => Some(6.0),
                digits => digits.parse().ok(),
            };
            measures.views.extend(number);
        }
        let lower = text.to_lowercase();
        if measures.views.is_empty() {
            // "AP/lat/mortise": each projection once, by its long or its short name.
            const PROJECTIONS: [&[&str]; 10] = [
                &["ap", "anteroposterior"],
                &["pa", "posteroanterior"],
                &["lateral", "lat"],
                &["oblique", "obliques", "obl"],
                &["mortise"],
                &["sunrise", "merchant", "skyline"],
                &["axillary"],
                &["odontoid"],
                &["grashey"],
                &["scaphoid"],
            ];
            let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
            let named = PROJECTIONS.iter().filter(|names| names.iter().any(|name| words.contains(name))).count();
            if named >= 2 {
                measures.views.push(named.min(4) as f64);
            }
        }
        measures.minutes.extend(captures(&CLOCK, text).into_iter().filter_map(|f| {
            let number = |i: usize| f.get(i)?.as_str().parse::<f64>().ok();
            let (from, to) = (number(1)? * 60.0 + number(2)?, number(3)? * 60.0 + number(4)?);
            // Past noon on a clock of twelve hours.
            let minutes = if to < from { to + 720.0 - from } else { to - from };
            (1.0..=600.0).contains(&minutes).then_some(minutes)
        }));
        measures.minutes.extend(captures(&MINUTES, text).into_iter().filter_map(|f| {
            let number = f.get(1)?.as_str();
            number.parse::<f64>().ok().or_else(|| number_word(number).map(f64::from))
        }));
        measures.grams.extend(captures(&GRAMS, text).into_iter().filter_map(|f| f.get(1)?.as_str().parse::<f64>().ok()));
        measures.contrast = contrast(&lower);
        measures
    }

    /// Values of an amount attribute of the lexicon.
    pub fn of(&self, key: &str) -> &[f64] {
        match key {
            "size_cm" | "length_cm" => &self.centimetres,
            "area_cm2" => &self.square_centimetres,
            "views" => &self.views,
            "duration_minutes" => &self.minutes,
            "weight_g" => &self.grams,
            _ => &[],
        }
    }

    /// Adds another part's measures.
    pub fn extend(&mut self, other: &Self) {
        self.centimetres.extend(&other.centimetres);
        self.square_centimetres.extend(&other.square_centimetres);
        self.views.extend(&other.views);
        self.minutes.extend(&other.minutes);
        self.grams.extend(&other.grams);
        self.contrast = match (self.contrast, other.contrast) {
            (Some((a, b)), Some((c, d))) => Some((a || c, b || d)),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

fn captures<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Vec<regex::Captures<'t>> {
    LazyLock::force(pattern).as_ref().map(|p| p.captures_iter(text).collect()).unwrap_or_default()
}

fn contrast(lower: &str) -> Option<(bool, bool)> {
    if !["contrast", "gadolinium", "omnipaque", "isovue", "enhanced", "magnevist", "optiray", "visipaque"]
        .iter()
        .any(|w| lower.contains(w))
    {
        return None;
    }
    let any = |list: &[&str]| list.iter().any(|w| lower.contains(w));
    let without = any(&[
        "without contrast",
        "noncontrast",
        "non-contrast",
        "no contrast",
        "unenhanced",
        "without intravenous contrast",
        "without iv contrast",
        "without the use of",
        "precontrast",
        "without and with",
        "with and without",
        "pre and post",
        "pre- and post",
    ]);
    let with = any(&[
        "with contrast",
        "postcontrast",
        "post contrast",
        "post-contrast",
        "contrast enhanced",
        "contrast-enhanced",
        "following the administration",
        "following intravenous",
        "after the administration",
        "gadolinium",
        "omnipaque",
        "isovue",
        "magnevist",
        "optiray",
        "visipaque",
        "with intravenous contrast",
        "with iv contrast",
        "iv contrast",
        "of contrast",
        "without and with",
        "with and without",
        "pre and post",
        "pre- and post",
        "intravenous contrast",
    ]) && !(without
        && !any(&[
            "without and with",
            "with and without",
            "postcontrast",
            "post contrast",
            "gadolinium",
            "omnipaque",
            "isovue",
            "after the administration",
            "following",
        ]));
    (with || without).then_some((with, without))
}

/// Whether imaging guidance is stated (`Some(true)`), or only stated to be absent (`Some(false)`).
pub fn guidance<'t>(texts: impl Iterator<Item = &'t str>) -> Option<bool> {
    const IMAGING: [&str; 8] =
        ["fluoro", "c-arm", "ultrasound guid", "ultrasound-guid", "ct guid", "ct-guid", "under ultrasound", "image intensif"];
    let mut found = None;
    for text in texts {
        let lower = text.to_lowercase();
        for word in IMAGING {
            for (at, _) in lower.match_indices(word) {
                let before = lower[..at].trim_end();
                let absent = ["without", "no", "not under", "non"].iter().any(|n| before.ends_with(n));
                if !absent {
                    return Some(true);
                }
                found = Some(false);
            }
        }
    }
    found
}
