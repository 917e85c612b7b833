//! Care of newborns in nursery and intensive care, and of young children in critical care: codes of a day, without a level.
use std::sync::LazyLock;

use regex::Regex;

use super::view::{View, pattern};
use crate::note::Context;

static INTENSIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:nicu|picu|neonatal intensive|pediatric (?:intensive|critical)|peds critical)\b"));
static CRITICAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bcritical(?:ly)?\b|\b(?:conventional|oscillator|hfov|jet) vent\w*|\bventilator\b|\bvented\b|\bintubated\b|\bpressors?\b",
    )
});
static NOT_CRITICAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:not|no longer|non-?) ?critical"));
static LATER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:dol|day of life|hospital day|hd) ?#?(?:[2-9]|\d\d)\b|\bday (?:[2-9]|\d\d)\b|\brounds?\b|\bprogress\b|\bsubsequent\b|\bweaning\b|\btoday's weight\b|\bnow \d",
    )
});
static FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\badmi(?:t\w*|ssion)\b|\binitial\b|\bfirst day\b|\bday 1\b|\bdol ?[01]\b"));
static SAME_DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:d/c|discharg\w*|home)\b[^.;\n]{0,30}\bsame (?:date|day)\b|\bsame[- ](?:date|day) (?:d/c|discharge)\b")
});
static GRAMS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\d(?:\.\d+)?) ?kg\b|\b(\d{3,4}) ?g(?:m|rams?)?\b"));
static HOME_BIRTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:birthing center|birth center|home birth|born at home)\b"));

/// The code of the day and why. Weights of the present day choose among later days of intensive care.
pub fn code(view: &View, context: &Context) -> (&'static str, &'static str) {
    let text = view.lower.as_str();
    let later = LATER.is_match(text) && !FIRST.is_match(text);
    if !INTENSIVE.is_match(text) {
        return if SAME_DATE.is_match(text) {
            ("99463", "a newborn examined and discharged on one date")
        } else if later {
            ("99462", "a later day of a newborn in the nursery")
        } else if HOME_BIRTH.is_match(text) {
            ("99461", "the first examination of a newborn outside a hospital")
        } else {
            ("99460", "the first examination of a newborn in the hospital")
        };
    }
    if CRITICAL.is_match(text) && !NOT_CRITICAL.is_match(text) {
        return match (context.patient.age_years, text.contains("picu") || text.contains("peds critical"), later) {
            (Some(2..), _, false) => ("99475", "the first day of critical care of a child of two to five years"),
            (Some(2..), _, true) => ("99476", "a later day of critical care of a child of two to five years"),
            (_, true, false) => ("99471", "the first day of critical care of an infant"),
            (_, true, true) => ("99472", "a later day of critical care of an infant"),
            (_, false, false) => ("99468", "the first day of critical care of a newborn"),
            (_, false, true) => ("99469", "a later day of critical care of a newborn"),
        };
    }
    if !later && FIRST.is_match(text) {
        return ("99477", "the first day of intensive care of a newborn");
    }
    match grams(text) {
        Some(..1500) => ("99478", "a later day of intensive care, below 1500 g"),
        Some(1500..=2500) => ("99479", "a later day of intensive care, 1500 to 2500 g"),
        _ => ("99480", "a later day of intensive care, above 2500 g"),
    }
}

fn grams(text: &str) -> Option<u32> {
    let c = GRAMS.captures(text)?;
    let kilograms = c.get(1).and_then(|m| m.as_str().parse::<f64>().ok()).map(|kg| (kg * 1000.0) as u32);
    kilograms.or_else(|| c.get(2)?.as_str().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::category::tests::context;
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;
    use crate::note::NoteType;

    fn of(text: &str) -> &'static str {
        code(&View::new(&document(&[(S::Other, text)])), &context(NoteType::Inpatient)).0
    }

    #[test]
    fn a_code_for_the_day() {
        assert_eq!(of("Newborn nursery, term girl. Normal exam at six hours."), "99460");
        assert_eq!(of("Newborn rounds, DOL 2, feeding well."), "99462");
        assert_eq!(of("NICU admission, 34 weeks, on nasal cannula, not critical."), "99477");
        assert_eq!(of("NICU day 12, on the ventilator, critical."), "99469");
        assert_eq!(of("NICU day 20, weaning cannula, today 1.8 kg."), "99479");
    }
}
