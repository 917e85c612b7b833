//! Dates that the note states: of service, of birth.
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

use super::Inferred;
use crate::document::Span;

const DATE: &str = r"(?:(?P<m>\d{1,2})[/\-.](?P<d>\d{1,2})[/\-.](?P<y>\d{4}|\d{2})\b|(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})\b|(?P<mn>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? (?P<md>\d{1,2})(?:st|nd|rd|th)?,? (?P<my>\d{4})\b|(?P<dd>\d{1,2}) (?P<dn>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? (?P<dy>\d{4})\b)";

static SERVICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\b(?:date of (?:service|visit|procedure|surgery|operation|exam|examination|study|consultation|encounter|evaluation|consult)|dos|d\.o\.s\.|visit date|service date|encounter date|procedure date|surgery date|exam date|(?:seen|visit|evaluated|admitted|performed|service|examined)(?: by [a-z]+)?(?: on| date)?)\s*[:\-–]?\s*(?:\*\*)?\s*{DATE}"
    ))
    .ok()
});

static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?im)^\W*(?:date|today's date|discharge date|date of discharge)\s*[:\-–]\s*(?:\*\*)?\s*{DATE}")).ok()
});

/// A note may begin with its date.
static AT_THE_START: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!(r"(?i)^\W*{DATE}")).ok());

static BIRTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)\b(?:dob|d\.o\.b\.|date of birth|birth ?date|born(?: on)?)\s*[:\-–]?\s*(?:\*\*)?\s*{DATE}")).ok()
});

/// Date of service as the note states it. Labels of service lead, then a date line; impossible dates are passed over.
pub(super) fn date_of_service(text: &str) -> Option<Inferred<Date>> {
    let strong = SERVICE.as_ref().and_then(|r| r.captures_iter(text).filter(is_service_label).find_map(|c| stated(&c)));
    let header = || HEADER.as_ref().and_then(|r| r.captures_iter(text).find_map(|c| stated(&c)));
    let at_the_start = || AT_THE_START.as_ref().and_then(|r| r.captures(text)).and_then(|c| stated(&c));
    strong.or_else(header).or_else(at_the_start)
}

/// "admitted 5/2" and the like give no date of service beside a better label.
fn is_service_label(found: &Captures<'_>) -> bool {
    let label = found.get(0).map_or("", |m| m.as_str()).to_ascii_lowercase();
    !label.starts_with("admitted") && !label.starts_with("performed") && !label.starts_with("evaluated")
}

/// Date of birth as the note states it.
pub(super) fn birth_date(text: &str) -> Option<Inferred<Date>> {
    BIRTH.as_ref()?.captures_iter(text).find_map(|c| stated(&c))
}

fn stated(found: &Captures<'_>) -> Option<Inferred<Date>> {
    let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<i16>().ok());
    let month = |name: &str| {
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let word = found.name(name)?.as_str().to_ascii_lowercase();
        names.iter().position(|n| *n == word).and_then(|i| i16::try_from(i + 1).ok())
    };
    let (year, month, day) = number("y")
        .map(|y| (y, number("m"), number("d")))
        .or_else(|| number("iy").map(|y| (y, number("im"), number("id"))))
        .or_else(|| number("my").map(|y| (y, month("mn"), number("md"))))
        .or_else(|| number("dy").map(|y| (y, month("dn"), number("dd"))))?;
    let year = match year {
        0..=49 => year + 2000,
        50..=99 => year + 1900,
        year => year,
    };
    let date = Date::new(year, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()?;
    let whole = found.get(0)?;
    (1880..2200).contains(&date.year()).then(|| Inferred { value: date, span: Span::new(whole.start(), whole.end()) })
}
