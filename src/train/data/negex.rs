//! NegEx-format assertion files: tab-separated id, concept, sentence, negation, temporality, experiencer; no header.
//! Bytes that are not UTF-8 are read as Latin-1.
use std::path::Path;

use super::{DataError, places};
use crate::document::Span;
use crate::extract::Assertion;

/// One row.
#[derive(Clone)]
pub struct NegexRow {
    /// 1-based position in the file; the id column is not the position.
    pub line: usize,
    /// The sentence.
    pub text: String,
    /// Where the concept stands; the whole sentence where its words are not found.
    pub span: Span,
    /// Everything that holds, in order of precedence.
    pub assertions: Vec<Assertion>,
}

/// Loads a file.
pub fn load(path: &Path) -> Result<Vec<NegexRow>, DataError> {
    let bytes = std::fs::read(path).map_err(|e| DataError::Read { path: path.to_owned(), reason: e.to_string() })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.into_bytes().iter().map(|&b| char::from(b)).collect(),
    };
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [_, concept, sentence, negation, temporality, experiencer, ..] = fields[..] else {
            let reason = "expected six fields divided by tabs".to_owned();
            return Err(DataError::Format { path: path.to_owned(), line: index + 1, reason });
        };
        let sentence = sentence.trim_matches('"');
        let mut assertions = Vec::new();
        if negation == "Negated" {
            assertions.push(Assertion::Absent);
        }
        if experiencer != "Patient" {
            assertions.push(Assertion::Family);
        }
        match temporality {
            "Historical" => assertions.push(Assertion::Historical),
            "Not particular" => assertions.push(Assertion::Hypothetical),
            _ => {}
        }
        if assertions.is_empty() {
            assertions.push(Assertion::Present);
        }
        rows.push(NegexRow {
            line: index + 1,
            span: places::words_in(sentence, concept).unwrap_or(Span::new(0, sentence.len())),
            text: sentence.to_owned(),
            assertions,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_concept_whatever_its_case_and_blanks() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("negex.txt");
        std::fs::write(&path, "9\tchest pain\tNo CHEST  PAIN today.\tNegated\tHistorical\tPatient\n").expect("write");
        let rows = load(&path).expect("loads");
        assert_eq!(rows[0].span.of(&rows[0].text), "CHEST  PAIN");
        assert_eq!(rows[0].assertions, [Assertion::Absent, Assertion::Historical]);
    }
}
