//! ICD-10-CM alphabetic index, index to external causes, neoplasm table, table of drugs and chemicals (XML): terms with the
//! codes that they lead to.
use std::cell::Cell;
use std::io::{BufRead, Read};
use std::path::Path;
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::icd10cm_tabular::{Lines, rows_error, version_of};
use super::source::refused_io;
use super::{Parsed, csv_bytes};
use crate::codeset::icd10cm::raw_code;
use crate::codeset::import_headers::INDEX;
use crate::codeset::{CodesetError, Kind};

/// Deepest nesting of elements; the official index has about twelve.
const DEEPEST: usize = 64;

/// A term on the way to its end.
#[derive(Default)]
struct Term {
    title: String,
    /// Code, with the column it stands in for tables of several.
    codes: Vec<(String, String)>,
    see: Vec<String>,
}

/// Reads and compiles a file.
pub(super) fn parse(file: &Path, whole: impl Read, row_bytes: Rc<Cell<u64>>) -> Result<Parsed, CodesetError> {
    let mut whole = Lines::new(whole);
    let line = whole.counter();
    let head = whole.fill_buf().map_err(|e| refused_io(file, &e))?;
    let version = version_of(head);
    let part = part_of(&String::from_utf8_lossy(&head[..head.len().min(4096)]));
    let mut reader = Reader::from_reader(whole);
    let mut buffer = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let mut terms: Vec<Term> = Vec::new();
    let mut headings: Vec<(String, String)> = Vec::new();
    let (mut text, mut column) = (String::new(), String::new());
    let mut rows: Vec<[String; 4]> = Vec::new();
    let bad = |row: usize, column: &str, expected: &str, found: &str| {
        rows_error(file, row, column, expected, found.chars().take(40).collect())
    };
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let event = event.map_err(|e| bad(line.get(), "XML", &format!("well-formed XML ({e})"), ""))?;
        row_bytes.set(0);
        match event {
            Event::Start(element) => {
                let tag = element.name().as_ref().to_string();
                if matches!(tag.as_str(), "mainTerm" | "term") {
                    terms.push(Term::default());
                }
                // The words that may be left out (nemod) stand within the title and belong to it.
                if tag != "nemod" {
                    text.clear();
                }
                if matches!(tag.as_str(), "cell" | "head") {
                    let found = element.attributes().flatten().find(|a| a.key.as_ref() == "col");
                    column = found.map(|a| a.value.into_owned()).unwrap_or_default();
                }
                elements.push(tag);
                if elements.len() > DEEPEST {
                    return Err(bad(line.get(), "XML", &format!("elements nested at most {DEEPEST} deep"), ""));
                }
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(part) => match part.resolve_char_ref().ok().flatten() {
                Some(character) => text.push(character),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&part).unwrap_or("")),
            },
            Event::End(_) => {
                let tag = elements.pop().unwrap_or_default();
                let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let in_term = elements.last().is_some_and(|e| matches!(e.as_str(), "mainTerm" | "term"));
                match (tag.as_str(), terms.last_mut().filter(|_| in_term)) {
                    ("title", Some(term)) => term.title = clean,
                    ("see" | "seeAlso", Some(term)) => term.see.push(clean),
                    // In one place of the neoplasm table words stand where a manifestation's code is meant to.
                    ("manif", Some(_)) if raw_code(&clean).is_none() => {}
                    ("code" | "manif" | "cell", Some(term)) if !matches!(clean.as_str(), "" | "--" | "-") => {
                        // "C79.8-": the category, to be completed.
                        if raw_code(clean.trim_end_matches(['-', '✓', '*'])).is_none() {
                            return Err(bad(line.get(), &tag, "an ICD-10-CM code", &clean));
                        }
                        let heading = headings.iter().find(|(col, _)| tag == "cell" && *col == column);
                        term.codes.push((clean, heading.map_or(String::new(), |(_, name)| name.clone())));
                    }
                    ("head", None) => headings.push((column.clone(), clean)),
                    ("mainTerm" | "term", _) => {
                        if let Some(term) = terms.pop() {
                            close(&terms, term, &mut rows);
                        }
                    }
                    _ => {}
                }
                if tag != "nemod" {
                    text.clear();
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !elements.is_empty() {
        return Err(bad(line.get(), "XML", "the end of the document (it was cut short)", ""));
    }
    if rows.is_empty() {
        return Err(CodesetError::refused(file, "it has no terms with codes"));
    }
    let bytes = csv_bytes(&INDEX, rows.iter().map(|row| row.iter().map(String::as_str)));
    Ok(Parsed { part, preamble: version, ..Parsed::new(Kind::Icd10cmIndex, rows.len(), bytes) })
}

/// Writes the rows of a term: the terms above it, then its own.
fn close(above: &[Term], term: Term, rows: &mut Vec<[String; 4]>) {
    let path: Vec<&str> = above.iter().map(|t| t.title.as_str()).chain([term.title.as_str()]).collect();
    let path = path.join(", ");
    let see = term.see.join("; ");
    for (code, heading) in &term.codes {
        rows.push([path.clone(), code.clone(), heading.clone(), see.clone()]);
    }
    if term.codes.is_empty() && !see.is_empty() {
        rows.push([path, String::new(), String::new(), see]);
    }
}

/// Which of the four indexes it is.
fn part_of(head: &str) -> String {
    let lower = head.to_lowercase();
    let words = [("neoplasm", "neoplasm"), ("external cause", "external-causes"), ("substance", "drugs"), ("drug", "drugs")];
    words.iter().find(|(word, _)| lower.contains(word)).map_or("terms", |(_, part)| part).to_string()
}
