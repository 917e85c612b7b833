//! Dates as the tables hold them: the number YYYYMMDD, which sorts as the date does.
use jiff::civil::Date;

/// "Since before the first edition" as an effective date.
pub(super) const ALWAYS: u32 = 0;
/// "Still in force" as a last day.
pub(super) const OPEN: u32 = u32::MAX;

/// YYYYMMDD of a date; dates before year 1 (which no claim has) become [`ALWAYS`].
pub(super) fn to_number(date: Date) -> u32 {
    match u32::try_from(date.year()) {
        Ok(year) => year * 10_000 + u32::from(date.month().unsigned_abs()) * 100 + u32::from(date.day().unsigned_abs()),
        Err(_) => ALWAYS,
    }
}

/// The date of a YYYYMMDD number; `None` for [`ALWAYS`], [`OPEN`] and anything that is no date.
pub(super) fn from_number(number: u32) -> Option<Date> {
    let year = i16::try_from(number / 10_000).ok()?;
    let month = i8::try_from(number / 100 % 100).ok()?;
    let day = i8::try_from(number % 100).ok()?;
    Date::new(year, month, day).ok()
}

/// Reads `YYYYMMDD` or `YYYY-MM-DD`; `None` when it is neither or no date.
pub(super) fn parse(text: &str) -> Option<u32> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    from_number(number).map(|_| number)
}
