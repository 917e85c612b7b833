//! The addresses of the official files: `codesets/sources.toml`.
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;

use crate::codeset::{CodesetError, Kind};

/// An official file that is published again and again under addresses that name its period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialFile {
    /// Kind of its table.
    pub kind: Kind,
    /// What it is, for a person.
    pub title: String,
    /// The publisher's page that links to the file, with the same placeholders as the addresses.
    #[serde(default)]
    pub page: Option<String>,
    /// How the path of that link looks; `*` stands for any characters.
    #[serde(default)]
    pub link: Option<String>,
    /// Addresses, tried in order after the page; `{year}`, `{yy}`, `{quarter}`, `{fiscal}`, `{ncci}` (version, e.g. `v322r0`), `{release}`
    /// (`a` to `d`) and `{month}` stand for the period.
    #[serde(default)]
    pub urls: Vec<String>,
    /// How often it is published.
    pub period: Period,
    /// How it is packed.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// A smaller file is not the right one.
    pub min_bytes: u64,
    /// A larger file is not the right one.
    pub max_bytes: u64,
    /// Whether it carries CPT, where its kind alone does not tell.
    #[serde(default)]
    pub cpt: Option<bool>,
}

/// How often a file is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Every quarter of the calendar year.
    Quarter,
    /// Every calendar year.
    Year,
    /// Every October, for the fiscal year.
    FiscalYear,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileType {
    /// A zip archive.
    Zip,
    /// Gzip.
    Gzip,
    /// Text or CSV.
    Text,
    /// XML.
    Xml,
    /// A workbook.
    Xlsx,
}

impl FileType {
    /// Ending of the file's name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Gzip => "gz",
            Self::Text => "txt",
            Self::Xml => "xml",
            Self::Xlsx => "xlsx",
        }
    }

    /// Whether a file's first bytes are of this type.
    pub(super) fn fits(self, head: &[u8]) -> bool {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let first = text.iter().find(|b| !b.is_ascii_whitespace());
        match self {
            Self::Zip | Self::Xlsx => head.starts_with(b"PK\x03\x04"),
            Self::Gzip => head.starts_with(&[0x1f, 0x8b]),
            Self::Xml => first == Some(&b'<') && !is_page(text),
            Self::Text => first.is_some() && first != Some(&b'<') && !head.contains(&0) && !head.starts_with(b"PK"),
        }
    }
}

/// Whether a text is a web page: what servers send in place of a file that they no longer have.
pub(super) fn is_page(text: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&text[..text.len().min(512)]).to_lowercase();
    start.contains("<!doctype html") || start.contains("<html")
}

impl OfficialFile {
    /// Whether it carries CPT codes.
    pub fn carries_cpt(&self) -> bool {
        self.cpt.unwrap_or_else(|| self.kind.carries_cpt())
    }

    /// Where the file is sought for the period of a day, and for the three periods before it.
    pub(super) fn places(&self, today: Date) -> Vec<Place> {
        let mut found: Vec<Place> = Vec::new();
        for back in 0..4 {
            let filled = |text: &String| fill(text, self.period, today, back);
            let page = self.page.as_ref().zip(self.link.as_ref()).map(|(page, link)| (filled(page), filled(link)));
            let addresses = self.urls.iter().map(filled).collect();
            let place = Place { page, addresses };
            if !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }
}

/// Where a file of one period is sought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// A page, and how the link on it looks.
    pub page: Option<(String, String)>,
    /// Addresses of the file itself.
    pub addresses: Vec<String>,
}

/// An address for the period that lies `back` periods before a day's.
fn fill(url: &str, period: Period, today: Date, back: i16) -> String {
    let quarters = i32::from(today.year()) * 4 + i32::from((today.month() - 1) / 3);
    let (year, quarter, fiscal) = match period {
        Period::Quarter => {
            let at = quarters - i32::from(back);
            (at.div_euclid(4), at.rem_euclid(4) + 1, at.div_euclid(4) + i32::from(at.rem_euclid(4) == 3))
        }
        Period::Year => (i32::from(today.year() - back), 1, i32::from(today.year() - back)),
        Period::FiscalYear => {
            let fiscal = i32::from(today.year() - back) + i32::from(today.month() >= 10);
            (fiscal, 1, fiscal)
        }
    };
    let names = [("january", 'a'), ("april", 'b'), ("july", 'c'), ("october", 'd')];
    let (month, release) = names.get((quarter - 1) as usize).copied().unwrap_or(names[0]);
    url.replace("{year}", &year.to_string())
        .replace("{yy}", &format!("{:02}", year.rem_euclid(100)))
        .replace("{quarter}", &quarter.to_string())
        .replace("{fiscal}", &fiscal.to_string())
        .replace("{ncci}", &format!("v{}{}r0", year - 1994, quarter - 1))
        .replace("{release}", &release.to_string())
        .replace("{month}", month)
}

/// The list of a TOML file.
pub fn read_sources(path: &Path) -> Result<Vec<OfficialFile>, CodesetError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sources {
        source: Vec<OfficialFile>,
    }
    let text = std::fs::read_to_string(path).map_err(|e| CodesetError::io(path, e))?;
    let list: Sources = toml::from_str(&text).map_err(|e| CodesetError::refused(path, e.to_string().trim_end().to_string()))?;
    Ok(list.source)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn addresses_name_the_period() {
        let at = |url: &str, period, day, back| fill(url, period, day, back);
        let day = date(2026, 8, 1);
        assert_eq!(at("{year}-q{quarter}-ccipra-{ncci}-f1", Period::Quarter, day, 0), "2026-q3-ccipra-v322r0-f1");
        assert_eq!(at("{year}-q{quarter}-{ncci}", Period::Quarter, day, 3), "2025-q4-v313r0");
        assert_eq!(at("rvu{yy}{release}.zip", Period::Quarter, day, 0), "rvu26c.zip");
        assert_eq!(at("{month}-{year}", Period::Quarter, day, 2), "january-2026");
        assert_eq!(at("{fiscal}", Period::FiscalYear, day, 0), "2026");
        assert_eq!(at("{fiscal}", Period::FiscalYear, date(2026, 10, 1), 0), "2027");
    }

    #[test]
    fn the_shipped_list_is_readable() {
        let list = read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets/sources.toml")).expect("readable");
        for kind in [Kind::NcciPtp, Kind::NcciMue, Kind::NcciAddOn, Kind::FeeSchedule, Kind::Icd10cm, Kind::Hcpcs] {
            assert!(list.iter().any(|f| f.kind == kind), "{}", kind.id());
        }
        let https = |text: &String| text.starts_with("https://");
        assert!(list.iter().all(|f| f.urls.iter().chain(&f.page).all(https) && f.min_bytes < f.max_bytes));
        assert!(list.iter().all(|f| f.page.is_some() == f.link.is_some() && (f.page.is_some() || !f.urls.is_empty())));
    }

    #[test]
    fn types_are_told_by_first_bytes() {
        assert!(FileType::Zip.fits(b"PK\x03\x04...") && !FileType::Zip.fits(b"<!DOCTYPE html>"));
        assert!(FileType::Xml.fits(b"<?xml version=\"1.0\"?>") && !FileType::Xml.fits(b"<!doctype html><html>"));
        assert!(FileType::Text.fits(b"code,billable") && !FileType::Text.fits(b"<html>"));
    }
}
