//! Transitional care management after a discharge: contact within two business days, a visit within 7 or 14 days, and
//! decision making of at least moderate complexity (99495; 99496 where it is high and the visit within 7 days).
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::dates::{business_days, days_since, first};
use super::result::Level;
use super::view::{View, Zone, pattern};
use crate::document::Evidence;

/// What the note says of a transition from a facility to home.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Days from discharge to the visit.
    pub days: Option<i64>,
    /// Contact within two business days of the discharge (or two attempts) is stated.
    pub contact: bool,
    /// The words.
    pub evidence: Vec<Evidence>,
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\btransitional care (?:management|visit|follow|services?|encounter)\b|\btransitional care[.:,;]|\btransitions? of care\b|\btcm\b",
    )
});
static CONTACT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\bwithin (?:two|2|48|one|1) (?:business |working )?(?:days?|hours)\b|\b(?:two|2)[- ](?:business|working)[- ]day\b",
        r"|\b(?:call\w*|contact\w*|spoke\w*|phon\w+|telephon\w+|reach\w*|outreach)\b[^.;]{0,80}\b(?:(?:the )?(?:next|following) (?:business |working )?day|(?:one|two|1|2) (?:business |working )?days? (?:after|later|following|post)|day after)\b"
    ))
});
static CALLED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:call\w*|contact\w*|spoke\w*|phon\w+|telephon\w+|reach\w*|outreach)\b"));
static LATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no (?:contact|call|outreach|interactive)|not (?:been )?(?:contacted|called|reached)|was not (?:contacted|called))\b",
    )
});
static DISCHARGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:discharged?|discharge date|d/c(?:'?d)?|released from|left the hospital|came home from|returned home from)\b")
});
/// A stay by its two dates: "admit 4/18-4/22", "hosp 4/18 to 4/22".
static STAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:admit\w*|adm|admission|hosp\w*|inpt|inpatient|stay)\b[^.;\n]{0,20}?\d{1,2}/\d{1,2}(?:/\d{2,4})?\s?(?:-|–|to|thru|through|until)\s?(\d{1,2}/\d{1,2}(?:/\d{2,4})?)\b",
    )
});

/// The transition of a note that names such care or states the contact; none for another visit.
pub fn find(view: &View, today: Date) -> Option<Transition> {
    let story = |z: Zone| z != Zone::Background;
    let named = view.first(&NAMED, |_| true);
    let discharge = view.clauses.iter().enumerate().filter(|(_, c)| story(c.zone)).find_map(|(i, c)| {
        // "Discharge date: 4/28/2026", whose first words may be a heading.
        let headed = format!("{}: {}", view.heading(c.section), view.words(c.span));
        let words = headed.as_str();
        let at = DISCHARGED.find(words)?;
        let days = days_since(words.get(at.start()..)?, today).or_else(|| days_since(words, today))?;
        (0..=60).contains(&days).then_some((i, days, first(words.get(at.start()..)?, today)))
    });
    let stay = || {
        view.clauses.iter().enumerate().filter(|(_, c)| story(c.zone)).find_map(|(i, c)| {
            let left = first(STAY.captures(view.words(c.span))?.get(1)?.as_str(), today)?;
            let days = i64::from(left.until(today).ok()?.get_days());
            (0..=60).contains(&days).then_some((i, days, Some(left)))
        })
    };
    let discharge = discharge.or_else(stay);
    let late = view.first(&LATE, |_| true).is_some();
    let mut contact = view.clauses.iter().position(|c| story(c.zone) && CONTACT.is_match(view.words(c.span)));
    if let (None, Some((_, _, Some(left)))) = (contact, discharge) {
        // "Called on 4/29/2026": count the business days.
        contact = view.clauses.iter().position(|c| {
            let words = view.words(c.span);
            CALLED
                .find(words)
                .and_then(|m| first(words.get(m.start()..)?, today))
                .is_some_and(|d| d >= left && d <= today && business_days(left, d) <= 2)
        });
    }
    let contact = contact.filter(|_| !late);
    if named.is_none() && (contact.is_none() || discharge.is_none()) {
        return None;
    }
    let places = [named.map(|n| n.0), discharge.map(|d| d.0), contact];
    let mut evidence: Vec<Evidence> = Vec::new();
    for i in places.into_iter().flatten() {
        let quote = view.quote(i);
        if !evidence.contains(&quote) {
            evidence.push(quote);
        }
    }
    Some(Transition { days: discharge.map(|d| d.1), contact: contact.is_some(), evidence })
}

impl Transition {
    /// The code that the visit reaches; none where contact, days or decision making do not.
    pub fn code(&self, level: Level) -> Option<&'static str> {
        let days = self.days.filter(|d| *d >= 1 && self.contact)?;
        match (level, days) {
            (Level::High, ..=7) => Some("99496"),
            (Level::Moderate | Level::High, ..=14) => Some("99495"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn found(words: &str) -> Option<Transition> {
        let d = document(&[(S::HistoryOfPresentIllness, words)]);
        find(&View::new(&d), jiff::civil::date(2026, 5, 4))
    }

    #[test]
    fn days_contact_and_level_decide() {
        let t = found(
            "Transitional care visit.\nShe was discharged on 4/28/2026 after pneumonia.\nOur nurse called her on 4/29/2026.",
        )
        .expect("a transition");
        assert_eq!((t.days, t.contact), (Some(6), true));
        assert_eq!([Level::High, Level::Moderate, Level::Low].map(|l| t.code(l)), [Some("99496"), Some("99495"), None]);
        let dates = found("COPD flare admit 4/18-4/22. RN spoke to wife 4/23, meds. Here day 12.").expect("a transition");
        assert_eq!((dates.days, dates.contact), (Some(12), true));
        let late = found("TCM visit.\nHe was discharged ten days ago and was called within two business days.").expect("one");
        assert_eq!(late.code(Level::High), Some("99495"));
        assert_eq!(found("TCM visit.\nHe was discharged ten days ago.").and_then(|t| t.code(Level::High)), None);
        assert!(found("He was discharged from physical therapy.").is_none());
    }
}
