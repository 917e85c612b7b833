//! Measured values with what was measured and a normal unit.
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

use crate::document::{Document, Span};

/// What a value measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Body mass index, kg/m².
    Bmi,
    /// Haemoglobin A1c, %.
    A1c,
    /// Left ventricular ejection fraction, %; the mean of a range.
    EjectionFraction,
    /// mmHg.
    SystolicPressure,
    /// mmHg.
    DiastolicPressure,
    /// Weeks with days as a fraction (36w5d = 36.714).
    GestationalWeeks,
    /// Length, size or depth, cm.
    Length,
    /// Duration, minutes.
    Minutes,
    /// Dose, mg.
    Dose,
    /// %.
    OxygenSaturation,
    /// kg.
    Weight,
    /// cm.
    Height,
    /// °C.
    Temperature,
    /// Beats a minute.
    HeartRate,
    /// Estimated glomerular filtration rate, mL/min/1.73 m².
    Gfr,
    /// Volume given or taken, mL.
    Volume,
    /// Smoking, pack-years.
    PackYears,
    /// Body surface, %.
    BodySurface,
}

/// A value in the note.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The words of value and unit, with the name of what is measured where it stands there.
    pub span: Span,
    /// What is measured.
    pub quantity: Quantity,
    /// Value in `unit`.
    pub value: f64,
    /// Normal unit of the quantity.
    pub unit: &'static str,
}

struct Pattern {
    regex: Regex,
    quantity: Quantity,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let compiled = |(quantity, text): (Quantity, String)| Some(Pattern { regex: Regex::new(&text).ok()?, quantity });
    patterns().filter_map(compiled).collect()
});

/// Regular expressions by what they find; a test compiles each.
fn patterns() -> impl Iterator<Item = (Quantity, String)> {
    use Quantity as Q;
    const V: &str = r"(?P<v>\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)";
    let is = r"(?:\s|:|=|of|is|was|at|today|~|approximately|about|-)*";
    let rows = [
        (Q::Bmi, format!(r"\b(?:bmi|body mass index)\b(?:\s*\(bmi\))?(?: today| now)?{is}{V}")),
        (Q::A1c, format!(r"\b(?:hgb ?a1c|hba1c|hemoglobin a1c|hemoglobin a-1-c|a1c|glycated hemoglobin){is}(?:elevated at|up to|down to)?\s*{V}\s*%?")),
        (Q::EjectionFraction, format!(r"\b(?:lvef|ef|ejection fraction)\b(?:\s*\((?:lv)?ef\))?{is}(?:estimated at|estimated to be|visually|low|reduced|normal)?[\s,]*{V}\s*%?(?:\s*(?:-|–|to)\s*(?P<v2>\d+))?\s*%?")),
        (Q::SystolicPressure, format!(r"\b(?:bp|blood pressure)\b[^\d\n.]{{0,24}}{V}\s*/\s*(?P<v2>\d{{2,3}})")),
        (Q::GestationalWeeks, format!(r"\b{V}\s*(?:w|wk|wks|weeks?)(?:\s*(?:and|,)?\s*(?P<d>[0-6])(?:/7)?\s*d(?:ays?)?\b|(?:\s|-)*(?:gestation|gestational|ega|iup|ga|pregnan|of gestation|of pregnancy)|\s*(?P<d2>[0-6])/7)")),
        (Q::GestationalWeeks, r"\b(?:gestational age|ega|ga)\b[^\d\n]{0,14}(?P<v>\d{1,2})(?:\s*(?:w|wk|weeks?))?(?:\s*(?:and|,|\+)?\s*(?P<d>[0-6])(?:/7|\s*d))?".to_owned()),
        (Q::GestationalWeeks, r"\b(?P<v>\d{2})[- ](?P<d>[0-6])/7[- ]?(?:weeks?|wks?|w)\b".to_owned()),
        (Q::GestationalWeeks, r"\b(?P<v>\d{1,2})(?:[- ](?P<d>[0-6]))?(?:/7)?(?:\s+plus)?[- ]?weeks?'?[- ]+(?:intrauterine|iup|pregnan\w*|along)".to_owned()),
        (Q::GestationalWeeks, r"\b(?P<v>\d{2}) and (?P<d>[0-6])/7(?:ths?)?[- ]?weeks?\b".to_owned()),
        (Q::GestationalWeeks, r"\b(?:pregnan\w*|gestation\w*|fetus|fetal|iup|in labor|gravida\s?\d+|g\d+\s?p\d+)\b[^.\n]{0,40}?\b(?:at|of|is)\s+(?P<v>\d{1,2})(?:-(?P<d>[0-6]))?(?:\s+plus)?\s*weeks?\b".to_owned()),
        (Q::OxygenSaturation, format!(r"\b(?:spo2|sao2|o2 sats?|oxygen saturations?|pulse ox(?:imetry)?|saturations?|sats?)\b[^\d\n.]{{0,20}}{V}\s*%?")),
        (Q::HeartRate, format!(r"\b(?:hr|heart rate|pulse)\b(?:\s|:|=|of|is|was|at)*{V}\b")),
        (Q::Temperature, format!(r"\b(?:temp(?:erature)?|t|tmax)\b\.?(?:\s|:|=|of|is|was)*{V}\s*(?:°|degrees)?\s*(?P<u>f|c|fahrenheit|celsius)?\b")),
        (Q::Weight, format!(r"\b(?:weight|wt|weighs|weighed)\b(?:\s|:|=|of|is|was|today|in at)*{V}\s*(?P<u>kg|kilograms?|kilos?|lbs?|pounds?|g|grams?)\b")),
        (Q::Height, r#"\b(?:height|ht)\b(?:\s|:|=|of|is|was)*(?P<f>\d)\s*(?:'|’|feet|foot|ft)\s*(?P<v>\d{1,2}(?:\.\d+)?)?|\b(?:height|ht)\b(?:\s|:|=|of|is|was)*(?P<w>\d+(?:\.\d+)?)\s*(?P<u>cm|centimeters?|inches|in|m)\b"#.to_owned()),
        (Q::Gfr, format!(r"\b(?:e?gfr|glomerular filtration rate){is}[<>]?\s*{V}")),
        (Q::PackYears, format!(r"\b{V}[- ]?(?:pack[- ]?years?|py)\b")),
        (Q::BodySurface, format!(r"\b(?:bsa|body surface(?: area)?)\b[^\d\n.]{{0,12}}{V}\s*%|\b(?P<w>\d+(?:\.\d+)?)\s*%\s*(?:bsa|tbsa|body surface|total body surface)")),
        (Q::Minutes, format!(r"\b{V}[- ]?(?P<u>minutes?|mins?|hours?|hrs?|h)\b")),
        (Q::Dose, format!(r"\b{V}[- ]?(?P<u>mcg|micrograms?|µg|ug|mg|milligrams?|grams?|gm|g)\b")),
        (Q::Volume, format!(r"\b{V}[- ]?(?P<u>ml|cc|milliliters?|l|liters?)\b")),
        (Q::Length, format!(r"(?:\b|^){V}(?:\s*(?:cm|mm)?\s*(?:x|×|by)\s*(?P<x>\d*\.?\d+))?(?:\s*(?:cm|mm)?\s*(?:x|×|by)\s*(?P<x2>\d*\.?\d+))?[- ]?(?P<u>cm|centimeters?|mm|millimeters?|inches|inch)\b")),
    ];
    rows.into_iter().map(|(quantity, text)| (quantity, format!("(?i){text}")))
}

/// All measured values, in order of place. Of a size in several directions ("2 x 3 cm") each number is one length.
pub fn find(document: &Document) -> Vec<Measurement> {
    let text = &*document.text;
    let mut out: Vec<Measurement> = Vec::new();
    for pattern in PATTERNS.iter() {
        for found in pattern.regex.captures_iter(text) {
            read(pattern.quantity, &found, &mut out);
        }
    }
    let short = super::gestation::weeks(text).into_iter();
    out.extend(short.map(|(weeks, span)| Measurement {
        span,
        quantity: Quantity::GestationalWeeks,
        value: round(weeks),
        unit: "weeks",
    }));
    out.retain(plausible);
    // A named value leads over a bare one at the same place ("weight 400 g" is no dose).
    out.sort_by(|a, b| {
        (a.span.start, std::cmp::Reverse(a.span.len()), a.quantity).cmp(&(
            b.span.start,
            std::cmp::Reverse(b.span.len()),
            b.quantity,
        ))
    });
    let mut kept: Vec<Measurement> = Vec::with_capacity(out.len());
    for measurement in out {
        let covered = kept.iter().rev().take(6).any(|k| k.span.overlaps(measurement.span) && k.span != measurement.span);
        if !covered {
            kept.push(measurement);
        }
    }
    kept
}

/// Weeks of gestation that a note states first, and where.
pub fn gestational_weeks(document: &Document) -> Option<(f32, Span)> {
    let mut found: Vec<Measurement> = Vec::new();
    for pattern in PATTERNS.iter().filter(|p| p.quantity == Quantity::GestationalWeeks) {
        pattern.regex.captures_iter(&document.text).for_each(|c| read(pattern.quantity, &c, &mut found));
    }
    let stated = found.iter().filter(|m| plausible(m)).map(|m| (m.value, m.span));
    let short = super::gestation::weeks(&document.text);
    stated.chain(short).min_by_key(|(_, span)| *span).map(|(weeks, span)| (weeks as f32, span))
}

fn number(found: &Captures<'_>, name: &str) -> Option<f64> {
    found.name(name)?.as_str().replace(',', "").parse().ok()
}

fn read(quantity: Quantity, found: &Captures<'_>, out: &mut Vec<Measurement>) {
    use Quantity as Q;
    let Some(whole) = found.get(0) else { return };
    let span = Span::new(whole.start(), whole.end());
    let unit = found.name("u").map_or(String::new(), |u| u.as_str().to_lowercase());
    let mut push = |quantity, value, unit| out.push(Measurement { span, quantity, value, unit });
    let value = number(found, "v").or_else(|| number(found, "w"));
    match quantity {
        Q::Height => {
            let cm = match (number(found, "f"), number(found, "w")) {
                (Some(feet), _) => feet * 30.48 + number(found, "v").unwrap_or(0.0) * 2.54,
                (None, Some(length)) => length * centimetres(&unit),
                (None, None) => return,
            };
            push(Q::Height, round(cm), "cm");
        }
        Q::EjectionFraction => {
            let Some(low) = value else { return };
            push(quantity, number(found, "v2").filter(|high| *high > low).map_or(low, |high| (low + high) / 2.0), "%");
        }
        Q::SystolicPressure => {
            let (Some(systolic), Some(diastolic)) = (value, number(found, "v2")) else { return };
            push(Q::SystolicPressure, systolic, "mmHg");
            push(Q::DiastolicPressure, diastolic, "mmHg");
        }
        Q::GestationalWeeks => {
            let days = number(found, "d").or_else(|| number(found, "d2")).unwrap_or(0.0);
            let Some(weeks) = value else { return };
            push(quantity, round(weeks + days / 7.0), "weeks");
        }
        Q::Length => {
            for value in [value, number(found, "x"), number(found, "x2")].into_iter().flatten() {
                push(quantity, round(value * centimetres(&unit)), "cm");
            }
        }
        _ => {
            let Some(value) = value else { return };
            let (factor, unit) = scale(quantity, &unit);
            let fahrenheit = quantity == Q::Temperature && (unit == "°F" || value > 60.0);
            let (value, unit) = if fahrenheit { ((value - 32.0) / 1.8, "°C") } else { (value * factor, unit) };
            push(quantity, round(value), unit);
        }
    }
}

/// Factor to the normal unit, and that unit.
fn scale(quantity: Quantity, unit: &str) -> (f64, &'static str) {
    use Quantity as Q;
    match quantity {
        Q::Bmi => (1.0, "kg/m2"),
        Q::A1c | Q::OxygenSaturation | Q::BodySurface => (1.0, "%"),
        Q::HeartRate => (1.0, "/min"),
        Q::Gfr => (1.0, "mL/min/1.73m2"),
        Q::PackYears => (1.0, "pack-years"),
        Q::Temperature => (1.0, if unit.starts_with('f') { "°F" } else { "°C" }),
        Q::Weight if unit.starts_with("lb") || unit.starts_with("pound") => (0.453_592_37, "kg"),
        Q::Weight if unit.starts_with('g') => (0.001, "kg"),
        Q::Weight => (1.0, "kg"),
        Q::Minutes if unit.starts_with('h') => (60.0, "min"),
        Q::Minutes => (1.0, "min"),
        Q::Dose if unit.starts_with("mc") || unit.starts_with("mic") || unit.starts_with('u') || unit.starts_with('µ') => {
            (0.001, "mg")
        }
        Q::Dose if unit.starts_with('g') => (1000.0, "mg"),
        Q::Dose => (1.0, "mg"),
        Q::Volume if unit.starts_with('l') => (1000.0, "mL"),
        Q::Volume => (1.0, "mL"),
        _ => (1.0, ""),
    }
}

fn centimetres(unit: &str) -> f64 {
    match unit {
        "mm" | "millimeter" | "millimeters" => 0.1,
        "in" | "inch" | "inches" => 2.54,
        "m" => 100.0,
        _ => 1.0,
    }
}

/// Three decimals, so that 5 mm is 0.5 cm.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Values that the quantity can have; others were other numbers ("EF 2024", "T 12").
fn plausible(measurement: &Measurement) -> bool {
    use Quantity as Q;
    let (low, high) = match measurement.quantity {
        Q::Bmi => (7.0, 120.0),
        Q::A1c => (3.0, 20.0),
        Q::EjectionFraction => (5.0, 90.0),
        Q::SystolicPressure => (40.0, 300.0),
        Q::DiastolicPressure => (10.0, 200.0),
        Q::GestationalWeeks => (2.0, 44.0),
        Q::OxygenSaturation => (40.0, 100.0),
        Q::HeartRate => (20.0, 320.0),
        Q::Temperature => (30.0, 44.0),
        Q::Weight => (0.2, 400.0),
        Q::Height => (20.0, 250.0),
        Q::BodySurface => (0.1, 100.0),
        _ => (0.0, 1e7),
    };
    (low..=high).contains(&measurement.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read;

    fn values(text: &str) -> Vec<(Quantity, f64)> {
        find(&read(text)).into_iter().map(|m| (m.quantity, m.value)).collect()
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        for (quantity, text) in patterns() {
            assert!(Regex::new(&text).is_ok(), "{quantity:?}: {text}");
        }
    }

    #[test]
    fn quantities_and_units() {
        use Quantity as Q;
        for (text, expected) in [
            ("BMI 31.4", vec![(Q::Bmi, 31.4)]),
            ("Hemoglobin A1c is elevated at 8.1%", vec![(Q::A1c, 8.1)]),
            ("LVEF 55-60%", vec![(Q::EjectionFraction, 57.5)]),
            ("BP 138/76 HR 72", vec![(Q::SystolicPressure, 138.0), (Q::DiastolicPressure, 76.0), (Q::HeartRate, 72.0)]),
            ("36w5d by ultrasound", vec![(Q::GestationalWeeks, 36.714)]),
            ("28-1/7 weeks", vec![(Q::GestationalWeeks, 28.143)]),
            ("a 5 mm papule", vec![(Q::Length, 0.5)]),
            ("lesion 2 x 3 cm", vec![(Q::Length, 2.0), (Q::Length, 3.0)]),
            ("1 inch laceration", vec![(Q::Length, 2.54)]),
            ("I spent 35 minutes", vec![(Q::Minutes, 35.0)]),
            ("levothyroxine 88 mcg", vec![(Q::Dose, 0.088)]),
            ("Temp 101.3 F", vec![(Q::Temperature, 38.5)]),
            ("Wt 171 lb", vec![(Q::Weight, 77.564)]),
            ("Ht 5' 4\"", vec![(Q::Height, 162.56)]),
            ("SpO2 97% on room air", vec![(Q::OxygenSaturation, 97.0)]),
            ("30 pack-years", vec![(Q::PackYears, 30.0)]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
        assert!(values("EF 2024 was the year").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn places_stand_in_the_text(text in "(BMI |[0-9]{1,3}|/| x |\\.|cm|mm|é| weeks|% |BP |\\PC){0,40}") {
            for measurement in find(&read(&text)) {
                assert!(!measurement.span.of(&text).is_empty() && measurement.value.is_finite());
            }
        }
    }
}
