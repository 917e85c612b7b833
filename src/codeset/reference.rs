//! Small lists kept as plain CSV: places of service, modifiers.
use std::collections::BTreeMap;
use std::path::Path;

use super::CodesetError;

/// A place of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOfService {
    /// Official name.
    pub name: String,
    /// Whether the fee schedule pays the facility rate there.
    pub facility: bool,
}

/// Places of service by their two digits.
pub struct PlacesOfService(BTreeMap<String, PlaceOfService>);

impl PlacesOfService {
    /// Reads `place_of_service.csv` (code, name, facility 0/1).
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let mut places = BTreeMap::new();
        for [code, name, facility] in read(path, ["code", "name", "facility"])? {
            let two_digits = code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit());
            if !two_digits || !matches!(facility.as_str(), "0" | "1") {
                return Err(CodesetError::corrupt(path, format!("`{code}` is no place of service with facility 0 or 1")));
            }
            places.insert(code, PlaceOfService { name, facility: facility == "1" });
        }
        Ok(Self(places))
    }

    /// The place with these two digits.
    pub fn get(&self, code: &str) -> Option<&PlaceOfService> {
        self.0.get(code.trim())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PlaceOfService)> {
        self.0.iter().map(|(code, place)| (code.as_str(), place))
    }
}

/// A modifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// `cpt` (our own short text) or `hcpcs` (official text, public domain).
    pub system: String,
    /// What it says.
    pub text: String,
}

/// Modifiers by their two characters.
pub struct Modifiers(BTreeMap<String, Modifier>);

impl Modifiers {
    /// Reads `modifiers.csv` (code, system, text).
    pub(super) fn open(path: &Path) -> Result<Self, CodesetError> {
        let mut modifiers = BTreeMap::new();
        for [code, system, text] in read(path, ["code", "system", "text"])? {
            if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
                return Err(CodesetError::corrupt(path, format!("`{code}` is no modifier")));
            }
            modifiers.insert(code, Modifier { system, text });
        }
        Ok(Self(modifiers))
    }

    /// Adds the modifiers of an imported HCPCS edition; a known one takes its official text.
    pub(super) fn add_hcpcs<'a>(&mut self, modifiers: impl Iterator<Item = (&'a str, &'a str)>) {
        let added = modifiers.map(|(code, text)| (code.to_string(), Modifier { system: "hcpcs".into(), text: text.to_string() }));
        self.0.extend(added);
    }

    /// The modifier, in any case.
    pub fn get(&self, code: &str) -> Option<&Modifier> {
        self.0.get(code.trim()).or_else(|| self.0.get(&code.trim().to_ascii_uppercase()))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Modifier)> {
        self.0.iter().map(|(code, modifier)| (code.as_str(), modifier))
    }
}

/// Rows of a CSV whose header is exactly `columns`.
pub(super) fn read<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<[String; N]>, CodesetError> {
    let bytes = std::fs::read(path).map_err(|e| CodesetError::io(path, e))?;
    let bad = |e: csv::Error| CodesetError::corrupt(path, format!("not readable as CSV ({e})"));
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    if reader.headers().map_err(bad)?.iter().ne(columns) {
        return Err(CodesetError::corrupt(path, format!("its first line is not `{}`", columns.join(","))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        rows.push(std::array::from_fn(|i| record.get(i).unwrap_or("").trim().to_string()));
    }
    if rows.is_empty() { Err(CodesetError::corrupt(path, "it has no rows")) } else { Ok(rows) }
}
