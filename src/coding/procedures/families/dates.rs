//! Dates beside a service that place it on another day.
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

/// A date right behind the words, behind "on" and the like, or one with its year.
static DATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s,(]{0,2}(?:(?:was |were |care |done |taken |placed |dated? |from |of |on |in |begun |here ){1,4})?(\d{1,2})/(\d{1,4})(?:/(\d{2,4}))?\b|^[^.;\n]{0,40}?\b(?:on|dated|from) (\d{1,2})/(\d{1,2})(?:/(\d{2,4}))\b|^[\s,(]{0,2}(?:in |from |of )?((?:19|20)\d\d)(?:[^\d\-–/]|$)").ok()
});

/// Days before the date of service that a report may still lie within: its study ends the day after it began.
const NIGHT: i32 = 3;

/// Whether a date behind the first `words` bytes of a text is of another day than `service`. A report's own study may have
/// begun up to three days before.
pub fn other_day(text: &str, words: usize, service: Date, report: bool) -> bool {
    let (Some(behind), Some(pattern)) = (text.get(words..), LazyLock::force(&DATED).as_ref()) else { return false };
    let Some(found) = pattern.captures(behind) else { return false };
    let number = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
    let year = |y: i16| if y < 100 { y + 2000 } else { y };
    if let Some(year) = number(7) {
        return year < service.year();
    }
    let (month, second, third) = match (number(1), number(2)) {
        (Some(month), Some(second)) => (month, second, number(3).map(year)),
        _ => match (number(4), number(5)) {
            (Some(month), Some(day)) => (month, day, number(6).map(year)),
            _ => return false,
        },
    };
    if third.is_none() && second > 31 {
        // "5/2021"
        return second > 1900 && second <= service.year() && (second, month) != (service.year(), i16::from(service.month()));
    }
    let Some(date) = i8::try_from(month).ok().zip(i8::try_from(second).ok()).and_then(|(month, day)| {
        let year = third.unwrap_or(service.year());
        Date::new(year, month, day).ok()
    }) else {
        return false;
    };
    // A score ("7/10", "5/5") is no date, nor is a day to come the past.
    if third.is_none() && matches!(second, 5 | 6 | 10) && month <= second || date > service {
        return false;
    }
    let days = service.since(date).map_or(0, |s| s.get_days());
    days > if report { NIGHT } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::other_day;
    use jiff::civil::date;

    #[test]
    fn a_date_behind_a_service_places_it() {
        let of = |text: &str, word: &str, report| other_day(text, word.len(), date(2026, 5, 4), report);
        assert!(of("duplex 3/26 at vascular", "duplex", true));
        assert!(of("septoplasty on 4/20/26", "septoplasty", false));
        assert!(of("septoplasty (max + eth) on 4/20/26", "septoplasty", false));
        assert!(of("MRI L-spine from 4/27", "MRI L-spine", false));
        assert!(of("Nexplanon 5/2021", "Nexplanon", false) && of("colonoscopy in 2021", "colonoscopy", false));
        assert!(!of("ECG 5/4 sinus", "ECG", false) && !of("knee 7/10 pain", "knee", false));
        assert!(!of("polysomnogram 5/3", "polysomnogram", true) && of("polysomnogram 5/3", "polysomnogram", false));
        assert!(!of("injection, next 6/8/26", "injection", false));
    }
}
