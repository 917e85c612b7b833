//! Bytes and JSON to an [`Encounter`], checked field by field. Messages name the field and what is allowed; they never
//! repeat the note's words.
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Encounter, NoteType};

/// Longest note that is coded at once, in bytes of UTF-8: about 150,000 words, many times the longest real encounter.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// Oldest date of service that is accepted: the first NCCI edits are of 1996.
pub const OLDEST_DATE: Date = jiff::civil::date(1996, 1, 1);
/// How far a date of service may lie beyond the newest loaded edition, in days.
pub const MAX_DAYS_AFTER_NEWEST_EDITION: i64 = 366;

/// Input that cannot be coded: the caller's to mend.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// Nothing to read.
    #[error("{field} is empty: give the text of the clinical note")]
    Empty {
        /// Which field.
        field: String,
    },
    /// Longer than is coded at once.
    #[error("{field} has {bytes} bytes; at most {MAX_NOTE_BYTES} are coded at once: give one encounter at a time")]
    TooLarge {
        /// Which field.
        field: String,
        /// Its length.
        bytes: usize,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "byte 0x{byte:02X} at offset {offset} is not UTF-8: save the note as UTF-8, or say which encoding it has (--encoding windows-1252)"
    )]
    NotUtf8 {
        /// Position of the first such byte.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// A binary file.
    #[error(
        "the input is a binary file (byte 0x{byte:02X} at offset {offset}), not a text: give a plain-text note or a JSON encounter"
    )]
    Binary {
        /// Position of the first control byte.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// An encoding that is not known.
    #[error("encoding \"{name}\" is not known; allowed: utf-8, windows-1252")]
    Encoding {
        /// The name given.
        name: String,
    },
    /// JSON that is not an encounter.
    #[error("{path}: {message}")]
    Json {
        /// Path of the field, or the line and column.
        path: String,
        /// What was expected.
        message: String,
    },
    /// A field whose value is not allowed.
    #[error("{field}: {message}; allowed: {allowed}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong.
        message: String,
        /// What is allowed.
        allowed: String,
    },
}

impl InputError {
    /// The field at fault, where one is.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Empty { field } | Self::TooLarge { field, .. } | Self::Field { field, .. } => Some(field),
            Self::Json { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// A text and how it came to be one.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The text; offsets count in it.
    pub text: String,
    /// Name of the encoding it was converted from, if it was.
    pub converted_from: Option<&'static str>,
}

/// Turns bytes into text: UTF-8 with or without byte-order mark, or the encoding named.
pub fn decode(bytes: &[u8], encoding: Option<&str>) -> Result<Decoded, InputError> {
    let convert = match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf-8" | "utf8") => false,
        Some("windows-1252" | "cp1252") => true,
        Some(name) => return Err(InputError::Encoding { name: name.chars().take(40).collect() }),
    };
    // Control bytes that no text has; NUL leads every binary format.
    if let Some(offset) = bytes.iter().position(|&b| b < 0x09 || (b > 0x0D && b < 0x20 && b != 0x1B)) {
        return Err(InputError::Binary { offset, byte: bytes[offset] });
    }
    if convert {
        let (text, _, _) = encoding_rs::WINDOWS_1252.decode(bytes);
        return Ok(Decoded { text: text.into_owned(), converted_from: Some("windows-1252") });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(), converted_from: None }),
        Err(e) => {
            let offset = e.valid_up_to();
            Err(InputError::NotUtf8 { offset, byte: bytes.get(offset).copied().unwrap_or(0) })
        }
    }
}

/// Reads any JSON document of ours; an error names the field's path and what was expected, never its content.
pub fn from_json<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, InputError> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = e.path().to_string();
        let inner = e.into_inner();
        json_error(&path, &inner)
    })?;
    reader.end().map_err(|e| json_error(".", &e))?;
    Ok(value)
}

fn json_error(path: &str, error: &serde_json::Error) -> InputError {
    let place = format!("line {} column {}", error.line(), error.column());
    let message = without_values(&error.to_string());
    let path = if path == "." || path.is_empty() { place } else { format!("{path} ({place})") };
    InputError::Json { path, message }
}

/// serde repeats the offending string; it may be a piece of the note.
fn without_values(message: &str) -> String {
    // The place stands at the end; the same words may stand in the string.
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    if let Some((_, allowed)) = message.strip_prefix("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected ")) {
        return format!("unknown variant, expected {allowed}");
    }
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if last > first => format!("{}\"…\"{}", &message[..first], &message[last + 1..]),
        _ => message.to_owned(),
    }
}

/// Reads an encounter from JSON.
pub fn encounter_from_json(json: &str) -> Result<Encounter, InputError> {
    from_json(json)
}

/// Checks everything about an encounter that does not need the note to be read. `payers` are the known payer ids,
/// `newest_edition_end` the last day of the newest loaded edition.
pub fn check(encounter: &Encounter, payers: &[String], newest_edition_end: Date) -> Result<(), InputError> {
    check_text("note", &encounter.note)?;
    let mut ids = BTreeSet::new();
    for (i, d) in encounter.documents.iter().enumerate() {
        check_text(&format!("documents[{i}].text"), &d.text)?;
        if d.id.is_empty() || !ids.insert(d.id.as_str()) {
            return Err(field(&format!("documents[{i}].id"), "is empty or used twice", "a different id for every document"));
        }
    }
    if let Some(date) = encounter.date_of_service {
        check_date("date_of_service", date, newest_edition_end)?;
    }
    if let Some(payer) = &encounter.payer
        && !payers.iter().any(|p| p == payer)
    {
        return Err(field("payer", &format!("\"{}\" is not known", short(payer)), &payers.join(", ")));
    }
    if let Some(pos) = &encounter.place_of_service
        && !(pos.len() == 2 && pos.bytes().all(|b| b.is_ascii_digit()) && pos != "00")
    {
        return Err(field(
            "place_of_service",
            &format!("\"{}\" is no place of service", short(pos)),
            "a two-digit CMS code such as 11",
        ));
    }
    if let Some(age) = encounter.patient.age_years
        && age > 130
    {
        return Err(field("patient.age_years", &format!("{age} is no age"), "0 to 130"));
    }
    if let (Some(birth), Some(service)) = (encounter.patient.birth_date, encounter.date_of_service)
        && birth > service
    {
        return Err(field("patient.birth_date", &format!("{birth} is after the date of service {service}"), "a date before it"));
    }
    for (i, p) in encounter.prior_procedures.iter().enumerate() {
        check_procedure_code(&format!("prior_procedures[{i}].code"), &p.code)?;
        if p.date < OLDEST_DATE {
            return Err(field(
                &format!("prior_procedures[{i}].date"),
                &format!("{} is too early", p.date),
                "1996-01-01 or later",
            ));
        }
    }
    if let Some(npi) = &encounter.provider.npi
        && !(npi.len() == 10 && npi.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(field("provider.npi", "is no National Provider Identifier", "ten digits"));
    }
    Ok(())
}

/// Checks a date of service against what can be coded at all.
pub fn check_date(name: &str, date: Date, newest_edition_end: Date) -> Result<(), InputError> {
    let latest =
        newest_edition_end.checked_add(jiff::Span::new().days(MAX_DAYS_AFTER_NEWEST_EDITION)).unwrap_or(newest_edition_end);
    if date < OLDEST_DATE || date > latest {
        return Err(field(name, &format!("{date} is out of range"), &format!("{OLDEST_DATE} to {latest}")));
    }
    Ok(())
}

/// Reads a date as given on the command line.
pub fn parse_date(name: &str, value: &str) -> Result<Date, InputError> {
    value
        .parse()
        .map_err(|_| field(name, &format!("\"{}\" is no date", short(value)), "a calendar date as YYYY-MM-DD, e.g. 2026-05-04"))
}

/// Reads a note type as given on the command line.
pub fn parse_note_type(value: &str) -> Option<NoteType> {
    serde_json::from_value(serde_json::Value::String(value.to_owned())).ok()
}

fn check_procedure_code(name: &str, code: &str) -> Result<(), InputError> {
    if code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(field(
        name,
        &format!("\"{}\" is no CPT/HCPCS code", short(code)),
        "five digits or upper-case letters, e.g. 29881 or G0439",
    ))
}

fn check_text(name: &str, text: &str) -> Result<(), InputError> {
    if text.trim().is_empty() {
        return Err(InputError::Empty { field: name.to_owned() });
    }
    if text.len() > MAX_NOTE_BYTES {
        return Err(InputError::TooLarge { field: name.to_owned(), bytes: text.len() });
    }
    Ok(())
}

fn short(value: &str) -> String {
    value.chars().take(24).collect()
}

fn field(field: &str, message: &str, allowed: &str) -> InputError {
    InputError::Field { field: field.to_owned(), message: message.to_owned(), allowed: allowed.to_owned() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn payers() -> Vec<String> {
        vec!["bcbs".into(), "medicare".into()]
    }

    #[test]
    fn bytes_that_are_no_text_name_the_byte() {
        assert_eq!(decode(b"caf\xe9", None), Err(InputError::NotUtf8 { offset: 3, byte: 0xE9 }));
        assert_eq!(decode(b"caf\xe9", Some("windows-1252")).map(|d| d.text), Ok("café".into()));
        assert!(matches!(decode(b"PK\x03\x04", None), Err(InputError::Binary { offset: 2, .. })));
        assert_eq!(decode("\u{feff}note".as_bytes(), None).map(|d| d.text), Ok("note".into()));
        assert!(matches!(decode(b"x", Some("ebcdic")), Err(InputError::Encoding { .. })));
    }

    #[test]
    fn json_errors_name_the_field_and_keep_the_content_out() {
        let e = encounter_from_json(r#"{"note":"x","patient":{"age_years":"Jane Roe, 54"}}"#).expect_err("a string is no age");
        let text = e.to_string();
        assert!(text.contains("patient.age_years") && !text.contains("Roe"), "{text}");
        for row in [
            r#"{"note":"x","patient":{"age_years":"Roe had pain at line 2 of the form"}}"#,
            r#"{"note":"x","note_type":"Roe, seen `today`, expected soon"}"#,
        ] {
            let text = encounter_from_json(row).expect_err("no such value").to_string();
            assert!(!text.contains("Roe") && !text.contains("pain") && !text.contains("soon"), "{text}");
        }
        let e = encounter_from_json(r#"{"note":"x","date_of_service":"2026-02-30"}"#).expect_err("no such day");
        assert!(e.to_string().contains("date_of_service"), "{e}");
        let e = encounter_from_json(r#"{"note":"x","payor":"medicare"}"#).expect_err("misspelt field");
        assert!(e.to_string().contains("payor"), "{e}");
        let e = encounter_from_json(r#"{"note":"x","note_type":"surgery"}"#).expect_err("unknown note type");
        assert!(e.to_string().contains("operative"), "names what is allowed: {e}");
    }

    #[test]
    fn values_out_of_range_say_what_is_allowed() {
        let end = date(2026, 9, 30);
        let base = Encounter { note: "knee pain".into(), ..Default::default() };
        assert_eq!(check(&base, &payers(), end), Ok(()));
        let empty = Encounter { note: " \n".into(), ..Default::default() };
        assert!(matches!(check(&empty, &payers(), end), Err(InputError::Empty { .. })));
        let unknown = Encounter { payer: Some("acme".into()), ..base.clone() };
        assert!(check(&unknown, &payers(), end).expect_err("unknown payer").to_string().contains("bcbs, medicare"));
        for (d, ok) in
            [(date(1995, 12, 31), false), (date(1996, 1, 1), true), (date(2027, 10, 1), true), (date(2027, 10, 2), false)]
        {
            let e = Encounter { date_of_service: Some(d), ..base.clone() };
            assert_eq!(check(&e, &payers(), end).is_ok(), ok, "{d}");
        }
        let huge = Encounter { note: "a ".repeat(MAX_NOTE_BYTES), ..Default::default() };
        assert!(matches!(check(&huge, &payers(), end), Err(InputError::TooLarge { .. })));
    }
}
