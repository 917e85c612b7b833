//! ICD-10-CM tabular list (XML): codes with titles, notes, 7th characters.
use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use super::source::refused_io;
use super::{Context, Dates, Parsed, edition};
use crate::codeset::build::icd10cm::{codes_of, table};
use crate::codeset::build::tabular::{Level, TabularNode, read_stream};
use crate::codeset::error::RowProblem;
use crate::codeset::icd10cm::raw_code;
use crate::codeset::{CodesetError, Kind, day};

/// Reads and compiles a file.
pub(super) fn parse(
    file: &Path,
    whole: impl Read,
    row_bytes: Rc<Cell<u64>>,
    _context: &Context<'_>,
) -> Result<Parsed, CodesetError> {
    let mut whole = Lines::new(whole);
    let line = whole.counter();
    let version = version_of(whole.fill_buf().map_err(|e| refused_io(file, &e))?);
    let mut problem = |expected: String| rows_error(file, line.get(), "XML", &expected, String::new());
    let nodes = read_stream(&mut whole, &mut problem, &mut || row_bytes.set(0), &|| line.get())?;
    check(file, &nodes)?;
    let mut labels = Vec::new();
    let codes = codes_of(&nodes, &mut labels, file, 1)?;
    if codes.is_empty() {
        return Err(CodesetError::refused(file, "it has no codes"));
    }
    let count = codes.len();
    let write = move |dates: &Dates| {
        let last = day::from_number(dates.effective).and_then(|d| edition::last_day(Kind::Icd10cm, d, &dates.edition));
        table(&nodes, &labels, &codes, &[(dates.effective, last.map_or(dates.effective, day::to_number), false)]).to_bytes()
    };
    let parsed = Parsed::dated(Kind::Icd10cm, count, Box::new(write));
    Ok(Parsed { part: "tabular".into(), preamble: version, ..parsed })
}

/// Every code has the form of one, a title, and a category above it; none stands twice.
fn check(file: &Path, nodes: &[TabularNode]) -> Result<(), CodesetError> {
    let mut problems = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for node in nodes.iter().filter(|n| n.level == Level::Code) {
        let expected = match raw_code(&node.name) {
            None => "an ICD-10-CM code",
            Some(code) if !seen.insert(code) => "each code once",
            Some(_) if node.title.is_empty() => "a title (desc)",
            Some(_) => continue,
        };
        problems.push(RowProblem {
            row: node.line,
            column: "diag/name".into(),
            expected: expected.into(),
            found: node.name.chars().take(40).collect(),
        });
    }
    if problems.is_empty() {
        return Ok(());
    }
    let total = problems.len();
    problems.truncate(20);
    Err(CodesetError::Rows { file: file.to_path_buf(), problems, total })
}

/// An error at a line.
pub(super) fn rows_error(file: &Path, row: usize, column: &str, expected: &str, found: String) -> CodesetError {
    let problem = RowProblem { row, column: column.into(), expected: expected.into(), found };
    CodesetError::Rows { file: file.to_path_buf(), problems: vec![problem], total: 1 }
}

/// `<version>2025</version>` among the first bytes.
pub(super) fn version_of(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]).into_owned();
    let version = text.split_once("<version>").and_then(|(_, rest)| rest.split_once("</version>"));
    version.map_or(String::new(), |(version, _)| version.trim().to_string())
}

/// A buffered reader that counts lines.
pub(super) struct Lines<R> {
    inner: BufReader<R>,
    line: Rc<Cell<usize>>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner: BufReader::with_capacity(64 << 10, inner), line: Rc::new(Cell::new(1)) }
    }

    /// The line being read.
    pub(super) fn counter(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.line)
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let ends = self.inner.buffer().get(..count).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        self.line.set(self.line.get() + ends);
        self.inner.consume(count);
    }
}
