//! Calendar dates and spans of days as notes write them, in lower-cased words.
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::view::pattern;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?\b|(\d{4})-(\d{2})-(\d{2})\b",
        r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b)?",
        // A month or a year alone stands for its last day.
        r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (20\d\d)\b|\bin (20\d\d)\b)"
    ))
});
static AGO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen) (day|week|month|year)s? (?:ago|earlier|prior)\b|\b(yesterday)\b",
    )
});

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A number in digits or words up to fourteen.
pub fn number(word: &str) -> Option<i64> {
    const WORDS: [&str; 15] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
        "fourteen",
    ];
    match word {
        "a" | "an" => Some(1),
        _ => word.parse().ok().or_else(|| WORDS.iter().position(|w| *w == word).map(|i| i as i64)),
    }
}

/// The first date in the words. A year left out is that of the last such day on or before `today`.
pub fn first(words: &str, today: Date) -> Option<Date> {
    DATE.captures_iter(words).find_map(|c| {
        let number = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
        if let Some(year) = number(11).or_else(|| number(12)) {
            let month = c.get(10).and_then(|m| MONTHS.iter().position(|n| *n == m.as_str())).map_or(12, |i| i as i8 + 1);
            return Date::new(year, month, 1).ok().map(|d| d.last_of_month());
        }
        let (year, month, day) = if let Some(month) = number(1) {
            (number(3), month, number(2)?)
        } else if let Some(year) = number(4) {
            (Some(year), number(5)?, number(6)?)
        } else {
            let name = c.get(7)?.as_str();
            let month = MONTHS.iter().position(|m| *m == name)? as i16 + 1;
            (number(9), month, number(8)?)
        };
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        match year {
            Some(y) => Date::new(if y < 100 { y + 2000 } else { y }, month, day).ok(),
            None => {
                let this = Date::new(today.year(), month, day).ok()?;
                if this <= today { Some(this) } else { Date::new(today.year() - 1, month, day).ok() }
            }
        }
    })
}

/// Days from the first point in time that the words state ("five days ago", "yesterday", a date) to `today`.
pub fn days_since(words: &str, today: Date) -> Option<i64> {
    if let Some(c) = AGO.captures(words) {
        if c.get(3).is_some() {
            return Some(1);
        }
        let days = match c.get(2)?.as_str() {
            "day" => 1,
            "week" => 7,
            "month" => 30,
            _ => 365,
        };
        return Some(number(c.get(1)?.as_str())? * days);
    }
    let date = first(words, today)?;
    Some(i64::from(date.until(today).ok()?.get_days()))
}

/// Business days (Monday to Friday) after `from` up to and including `to`.
pub fn business_days(from: Date, to: Date) -> usize {
    use jiff::civil::Weekday::{Saturday, Sunday};
    let mut day = from;
    let mut count = 0;
    while day < to && count < 100 {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        count += usize::from(!matches!(day.weekday(), Saturday | Sunday));
    }
    count
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_and_spans() {
        let today = date(2026, 5, 4);
        assert_eq!(first("discharged on 4/28/2026", today), Some(date(2026, 4, 28)));
        assert_eq!(first("discharged april 28th", today), Some(date(2026, 4, 28)));
        assert_eq!(first("seen 12/20", today), Some(date(2025, 12, 20)));
        assert_eq!(first("pressure 120/80", today), None);
        assert_eq!(days_since("discharged five days ago", today), Some(5));
        assert_eq!(days_since("discharged yesterday", today), Some(1));
        assert_eq!(days_since("discharged 4/28/2026", today), Some(6));
        // Thursday to Monday: Friday and Monday.
        assert_eq!(business_days(date(2026, 4, 30), today), 2);
    }
}
