//! Which edition a file is, as its name and its first lines tell.
use std::sync::OnceLock;

use jiff::civil::{Date, date};
use regex::Regex;

use crate::codeset::Kind;

/// An edition with its first day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EditionHint {
    pub edition: String,
    pub effective: Date,
}

/// Reads the edition from a text: a file's name, an `--edition`, or the lines before a header. `None` where it does not tell.
pub(super) fn told_by(kind: Kind, text: &str) -> Option<EditionHint> {
    match kind {
        Kind::NcciPtp | Kind::NcciMue | Kind::NcciAddOn => ncci(text),
        Kind::FeeSchedule | Kind::Gpci | Kind::ConversionFactor => fee_schedule(text),
        Kind::Icd10cm | Kind::Icd10cmIndex | Kind::Icd10pcs => icd(text),
        Kind::Hcpcs => hcpcs(text),
        Kind::Taxonomy => taxonomy(text),
        _ => full_date(text).map(|effective| EditionHint { edition: effective.to_string(), effective }),
    }
}

/// Name for an edition of which only the first day is known.
pub(super) fn named_by_day(kind: Kind, effective: Date) -> String {
    match kind {
        Kind::NcciPtp | Kind::NcciMue | Kind::NcciAddOn if is_quarter_start(effective) => quarter_name(effective),
        _ => effective.to_string(),
    }
}

/// Last day of an edition that begins on a day, where the publisher sets one.
pub(super) fn last_day(kind: Kind, effective: Date, edition: &str) -> Option<Date> {
    let year = effective.year();
    match kind {
        Kind::NcciPtp | Kind::NcciMue | Kind::NcciAddOn => end_of_quarter(effective),
        Kind::FeeSchedule | Kind::Gpci | Kind::ConversionFactor => Date::new(year, 12, 31).ok(),
        Kind::Icd10cm | Kind::Icd10cmIndex | Kind::Icd10pcs => {
            Date::new(if effective.month() >= 10 { year + 1 } else { year }, 9, 30).ok()
        }
        // The annual file holds for the year, a quarterly one for its quarter.
        Kind::Hcpcs if edition.contains('Q') => end_of_quarter(effective),
        Kind::Hcpcs => Date::new(year, 12, 31).ok(),
        _ => None,
    }
}

macro_rules! pattern {
    ($text:literal) => {{
        static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
        PATTERN.get_or_init(|| Regex::new($text).ok()).as_ref()
    }};
}

fn found<const N: usize>(pattern: Option<&Regex>, text: &str) -> Option<[String; N]> {
    let captures = pattern?.captures(text)?;
    Some(std::array::from_fn(|i| captures.get(i + 1).map_or(String::new(), |m| m.as_str().to_string())))
}

/// `2024Q3`, `2026-q3`; `v322r0` (version 32.2 is the third quarter of 2026); `Eff_07-01-2026`; a date.
fn ncci(text: &str) -> Option<EditionHint> {
    let quarter = |year: i16, q: i8| {
        let effective = Date::new(year, q * 3 - 2, 1).ok()?;
        Some(EditionHint { edition: quarter_name(effective), effective })
    };
    if let Some([year, q]) = found(pattern!(r"(?i)(?:^|[^0-9])(20[0-9]{2})[-_ ]?q([1-4])(?:[^0-9]|$)"), text) {
        return quarter(year.parse().ok()?, q.parse().ok()?);
    }
    if let Some([version, q]) = found(pattern!(r"(?i)v([0-9]{2})([0-3])r[0-9]"), text) {
        return quarter(1994 + version.parse::<i16>().ok()?, q.parse::<i8>().ok()? + 1);
    }
    let effective = full_date(text)?;
    // A file dated within a quarter was published before the next one, for which it is.
    let begins = if is_quarter_start(effective) { effective } else { end_of_quarter(effective)?.tomorrow().ok()? };
    Some(EditionHint { edition: quarter_name(begins), effective: begins })
}

/// `rvu24c`, `PPRRVU2026_Jul`, "2026 National Physician Fee Schedule Relative Value File July Release", `GPCI2026`.
fn fee_schedule(text: &str) -> Option<EditionHint> {
    let release = |year: i16, letter: char, again: bool| {
        let month = match letter {
            'A' => 1,
            'B' => 4,
            'C' => 7,
            'D' => 10,
            _ => return None,
        };
        // The January 2024 file was issued again for 9 March, when the conversion factor changed by law.
        let effective =
            if (year, letter, again) == (2024, 'A', true) { date(2024, 3, 9) } else { Date::new(year, month, 1).ok()? };
        Some(EditionHint { edition: format!("RVU{:02}{letter}{}", year % 100, if again { "R" } else { "" }), effective })
    };
    if let Some([year, letter, again]) = found(pattern!(r"(?i)(?:^|[^pa-z])rvu([0-9]{2})([a-d])(r?)(?:[^a-z]|$)"), text) {
        let letter = letter.chars().next()?.to_ascii_uppercase();
        return release(2000 + year.parse::<i16>().ok()?, letter, !again.is_empty());
    }
    let letter_of = |month: &str| match month.to_ascii_lowercase().get(..3) {
        Some("apr") => 'B',
        Some("jul") => 'C',
        Some("oct") => 'D',
        _ => 'A',
    };
    if let Some([year, month]) = found(pattern!(r"(?i)pprrvu(?:20)?([0-9]{2})(?:[-_ ]*(jan|apr|jul|oct))?"), text) {
        return release(2000 + year.parse::<i16>().ok()?, letter_of(&month), false);
    }
    let title = pattern!(r"(?i)(20[0-9]{2}) national physician fee schedule.{0,60}?(january|april|july|october)");
    if let Some([year, month]) = found(title, text) {
        return release(year.parse().ok()?, letter_of(&month), false);
    }
    if let Some([year]) = found(pattern!(r"(?i)(?:gpci[-_ ]?|CY ?)(20[0-9]{2})(?:[^0-9]|$)"), text) {
        return Some(EditionHint { edition: year.clone(), effective: Date::new(year.parse().ok()?, 1, 1).ok()? });
    }
    let effective = full_date(text)?;
    Some(EditionHint { edition: effective.to_string(), effective })
}

/// `order-Jan-2021`, `April-1-2026` (an update within a fiscal year), `FY2027`, `2025` (fiscal years).
fn icd(text: &str) -> Option<EditionHint> {
    let update = pattern!(r"(?i)(jan|apr|jul|oct)[a-z]*[-_ ]*(?:1[-_, ]+)?(20[0-9]{2})(?:[^0-9]|$)");
    if let Some([month, year]) = found(update, text) {
        let month = match month.to_ascii_lowercase().as_str() {
            "jan" => 1,
            "apr" => 4,
            "jul" => 7,
            _ => 10,
        };
        let effective = Date::new(year.parse().ok()?, month, 1).ok()?;
        return Some(EditionHint { edition: fiscal_name(effective), effective });
    }
    if let Some(effective) = full_date(text) {
        return Some(EditionHint { edition: fiscal_name(effective), effective });
    }
    let [month] = found(pattern!(r"(?i)FY20[0-9]{2}-(0[147])(?:[^0-9]|$)"), text).unwrap_or([String::new()]);
    let [year] = found(pattern!(r"(?i)(?:^|[^0-9]|fy)(20[0-9]{2})(?:[^0-9]|$)"), text)?;
    let year: i16 = year.parse().ok()?;
    let effective = match month.parse::<i8>() {
        Ok(month) => Date::new(year, month, 1).ok()?,
        Err(_) => Date::new(year - 1, 10, 1).ok()?,
    };
    Some(EditionHint { edition: fiscal_name(effective), effective })
}

/// `FY2025`, or `FY2025-04` for an update within the year.
fn fiscal_name(effective: Date) -> String {
    let year = if effective.month() >= 10 { effective.year() + 1 } else { effective.year() };
    match (effective.month(), effective.day()) {
        (10, 1) => format!("FY{year}"),
        (month, 1) => format!("FY{year}-{month:02}"),
        _ => effective.to_string(),
    }
}

/// `HCPC2026_OCT_ANWEB`, `HCPC2019_CONTR_ANWEB`, `HCPC17_CONTR_ANWEB`, `2026Q4`.
fn hcpcs(text: &str) -> Option<EditionHint> {
    let named = |year: i16, month: i8| {
        let effective = Date::new(year, month, 1).ok()?;
        Some(EditionHint { edition: if month == 1 { year.to_string() } else { quarter_name(effective) }, effective })
    };
    if let Some([year, month]) = found(pattern!(r"(?i)hcpc(?:s)?(?:20)?([0-9]{2})[-_ ]*(jan|apr|jul|oct)?"), text) {
        let month = match month.to_ascii_lowercase().as_str() {
            "apr" => 4,
            "jul" => 7,
            "oct" => 10,
            _ => 1,
        };
        return named(2000 + year.parse::<i16>().ok()?, month);
    }
    let [year, q] = found(pattern!(r"(?i)(20[0-9]{2})[-_ ]?q([1-4])"), text)?;
    named(year.parse().ok()?, q.parse::<i8>().ok()? * 3 - 2)
}

/// `nucc_taxonomy_251` (version 25.1): the January version is in force from 1 April, the July one from 1 October.
fn taxonomy(text: &str) -> Option<EditionHint> {
    if let Some([year, half]) = found(pattern!(r"(?i)nucc_taxonomy_([0-9]{2})([01])(?:[^0-9]|$)"), text) {
        let month = if half == "0" { 4 } else { 10 };
        let effective = Date::new(2000 + year.parse::<i16>().ok()?, month, 1).ok()?;
        return Some(EditionHint { edition: format!("{year}.{half}"), effective });
    }
    full_date(text).map(|effective| EditionHint { edition: effective.to_string(), effective })
}

/// `2024-06-03`, `20240603`, `07-01-2026`, `07012026`.
fn full_date(text: &str) -> Option<Date> {
    if let Some([y, m, d]) = found(pattern!(r"(?:^|[^0-9])((?:19|20)[0-9]{2})-?([01][0-9])-?([0-3][0-9])(?:[^0-9]|$)"), text) {
        return Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok();
    }
    let american = pattern!(r"(?:^|[^0-9])([01][0-9])[-/]?([0-3][0-9])[-/]?((?:19|20)[0-9]{2})(?:[^0-9]|$)");
    let [m, d, y] = found(american, text)?;
    Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok()
}

fn quarter_name(effective: Date) -> String {
    format!("{}Q{}", effective.year(), (effective.month() - 1) / 3 + 1)
}

fn is_quarter_start(day: Date) -> bool {
    day.day() == 1 && (day.month() - 1) % 3 == 0
}

fn end_of_quarter(day: Date) -> Option<Date> {
    Date::new(day.year(), (day.month() - 1) / 3 * 3 + 3, 1).ok().map(Date::last_of_month)
}

/// Whether a text can name an edition: it becomes the name of a folder.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=40).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: Kind, text: &str) -> Option<(String, String)> {
        told_by(kind, text).map(|h| (h.edition, h.effective.to_string()))
    }

    fn is(edition: &str, effective: &str) -> Option<(String, String)> {
        Some((edition.into(), effective.into()))
    }

    #[test]
    fn names_tell_the_edition() {
        let ptp = |text| told(Kind::NcciPtp, text);
        assert_eq!(ptp("ncci_ptp_practitioner_2024Q3.derived.csv"), is("2024Q3", "2024-07-01"));
        assert_eq!(ptp("ccipra-v322r0-f1.excerpt.txt"), is("2026Q3", "2026-07-01"));
        assert_eq!(ptp("ccipra-v301r0-f2.txt"), is("2024Q2", "2024-04-01"));
        assert_eq!(ptp("MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"), is("2026Q3", "2026-07-01"));
        assert_eq!(ptp("aoc_addon_code_edits_2024-06-03.derived.csv"), is("2024Q3", "2024-07-01"));
        assert_eq!(ptp("AOC_V2024Q2-MCR.txt"), is("2024Q2", "2024-04-01"));
        assert_eq!(ptp("AOC_V2025Q4_01-MCR.txt"), is("2025Q4", "2025-10-01"));
        assert_eq!(ptp("add-code-edits-medicare-effective-07012026.zip"), is("2026Q3", "2026-07-01"));
        assert_eq!(ptp("pairs.csv"), None);
        let fees = |text| told(Kind::FeeSchedule, text);
        assert_eq!(fees("pprrvu_rvu24c_jul.derived.csv"), is("RVU24C", "2024-07-01"));
        assert_eq!(fees("pprrvu_rvu24ar_jan.derived.csv"), is("RVU24AR", "2024-03-09"));
        assert_eq!(fees("pprrvu_rvu20c_v0618.derived.csv"), is("RVU20C", "2020-07-01"));
        assert_eq!(fees("PPRRVU2026_Jul_nonQPP.excerpt.redacted.csv"), is("RVU26C", "2026-07-01"));
        assert_eq!(fees("2026 National Physician Fee Schedule Relative Value File July Release"), is("RVU26C", "2026-07-01"));
        assert_eq!(fees("gpci_rvu20a.derived.csv"), is("RVU20A", "2020-01-01"));
        assert_eq!(fees("GPCI2026.excerpt.csv"), is("2026", "2026-01-01"));
        let icd = |text| told(Kind::Icd10cm, text);
        assert_eq!(icd("icd10cm_codes_2016.derived.csv"), is("FY2016", "2015-10-01"));
        assert_eq!(icd("icd10cm-order-Jan-2021.txt"), is("FY2021-01", "2021-01-01"));
        assert_eq!(icd("icd10cm-tabular-April-2025.xml"), is("FY2025-04", "2025-04-01"));
        assert_eq!(icd("icd10c-tabular-April-1-2026.xml"), is("FY2026-04", "2026-04-01"));
        assert_eq!(icd("icd10cm_order_2025.reconstructed.txt"), is("FY2025", "2024-10-01"));
        assert_eq!(icd("FY2025-04"), is("FY2025-04", "2025-04-01"));
        assert_eq!(icd("icd10cm_fy2027_changes.partial.derived.csv"), is("FY2027", "2026-10-01"));
        let hcpcs = |text| told(Kind::Hcpcs, text);
        assert_eq!(hcpcs("HCPC2026_OCT_ANWEB.excerpt.csv"), is("2026Q4", "2026-10-01"));
        assert_eq!(hcpcs("HCPC17_CONTR_ANWEB.txt"), is("2017", "2017-01-01"));
        assert_eq!(told(Kind::Taxonomy, "nucc_taxonomy_251.csv"), is("25.1", "2025-10-01"));
    }

    #[test]
    fn last_days_are_the_publishers() {
        assert_eq!(last_day(Kind::NcciMue, date(2026, 7, 1), "2026Q3"), Some(date(2026, 9, 30)));
        assert_eq!(last_day(Kind::Icd10cm, date(2024, 10, 1), "FY2025"), Some(date(2025, 9, 30)));
        assert_eq!(last_day(Kind::Icd10cm, date(2025, 4, 1), "FY2025-04"), Some(date(2025, 9, 30)));
        assert_eq!(last_day(Kind::FeeSchedule, date(2024, 7, 1), "RVU24C"), Some(date(2024, 12, 31)));
        assert!(is_name("2026Q3") && !is_name("../x") && !is_name("") && !is_name(".hidden"));
    }
}
