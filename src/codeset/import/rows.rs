//! Rows of a table, whatever it comes as, with the columns found by name and what is wrong gathered row by row.
use std::cell::Cell;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::column::{Column, fits, plain, without_year};
use super::source::refused_io;
use crate::codeset::CodesetError;
use crate::codeset::error::RowProblem;
use crate::codeset::procedures::{RawProcedure, raw_procedure};

/// Reading stops after this many problems.
const MOST_PROBLEMS: usize = 20;
/// Longest cell.
const LONGEST_CELL: usize = 32_767;
/// Rows in which the header is sought.
const HEADER_WITHIN: usize = 60;

/// How the text of a table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Comma-separated values.
    Commas,
    /// Tab-delimited, without quoting.
    Tabs,
    /// One cell a line.
    Lines,
}

/// How bytes are read as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8; anything else is an error.
    #[default]
    Utf8,
    /// Windows-1252, as some of CMS's files are saved.
    Windows1252,
    /// UTF-8, and Windows-1252 for rows that are not: a kind that its publisher saves so.
    Either,
}

enum Source<'r> {
    Text { reader: Box<csv::Reader<Box<dyn Read + 'r>>>, row_bytes: Rc<Cell<u64>> },
    Sheet(std::vec::IntoIter<(usize, Vec<String>)>),
}

/// A table being read.
pub(super) struct Rows<'r> {
    file: PathBuf,
    source: Source<'r>,
    encoding: TextEncoding,
    bytes: csv::ByteRecord,
    cells: csv::StringRecord,
    number: usize,
    /// Columns of the header; 0 before it is found.
    width: usize,
    names: Vec<String>,
    problems: Vec<RowProblem>,
    total: usize,
    /// The rows before the header, for editions named there.
    preamble: String,
    strip_years: bool,
    /// Cuts the line of a table in fixed columns into cells.
    cut: Option<fn(&str) -> Vec<String>>,
    /// The row at hand was looked at only, and is the next one.
    held: bool,
}

impl<'r> Rows<'r> {
    /// Rows of a text. `head` was read already to tell what it is.
    pub(super) fn text(
        file: &Path,
        head: Vec<u8>,
        rest: impl Read + 'r,
        row_bytes: Rc<Cell<u64>>,
        layout: Layout,
        encoding: TextEncoding,
    ) -> Self {
        let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut head = Cursor::new(head);
        head.set_position(start);
        let all: Box<dyn Read + 'r> = Box::new(head.chain(rest));
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true);
        match layout {
            Layout::Commas => builder.delimiter(b','),
            Layout::Tabs => builder.delimiter(b'\t').quoting(false),
            Layout::Lines => builder.delimiter(0).quoting(false),
        };
        Self::new(file, Source::Text { reader: Box::new(builder.from_reader(all)), row_bytes }, encoding)
    }

    /// Rows of a workbook's sheet.
    pub(super) fn sheet(file: &Path, rows: Vec<(usize, Vec<String>)>) -> Self {
        Self::new(file, Source::Sheet(rows.into_iter()), TextEncoding::Utf8)
    }

    fn new(file: &Path, source: Source<'r>, encoding: TextEncoding) -> Self {
        Self {
            file: file.to_path_buf(),
            source,
            encoding,
            bytes: csv::ByteRecord::new(),
            cells: csv::StringRecord::new(),
            number: 0,
            width: 0,
            names: Vec::new(),
            problems: Vec::new(),
            total: 0,
            preamble: String::new(),
            strip_years: false,
            cut: None,
            held: false,
        }
    }

    /// The file, for errors.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Takes no heed of a year at the beginning of a column's name ("2026 PE GPCI").
    pub(super) fn without_years(&mut self) {
        self.strip_years = true;
    }

    /// The rows before the header.
    pub(super) fn preamble(&self) -> &str {
        &self.preamble
    }

    /// The next row, blank ones passed over; `false` at the end and after too many problems. Behind the header its width is
    /// checked.
    pub(super) fn next(&mut self) -> Result<bool, CodesetError> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        while self.total < MOST_PROBLEMS {
            if !self.read()? {
                return Ok(false);
            }
            if self.cells.iter().all(|c| c.trim().is_empty()) {
                continue;
            }
            if self.width > 0 {
                let extra = self.cells.iter().skip(self.width).any(|c| !c.trim().is_empty());
                let short = self.cells.len() < self.width && matches!(self.source, Source::Text { .. });
                if extra || short {
                    let (expected, found) = match self.cut {
                        // A line that could not be cut is its only cell.
                        Some(_) => ("a line in fixed columns".to_string(), self.line().to_string()),
                        None => (format!("{} columns as in the header", self.width), format!("{} columns", self.cells.len())),
                    };
                    self.add("(row)", &expected, found);
                    continue;
                }
            }
            if let Some(long) = self.cells.iter().position(|c| c.len() > LONGEST_CELL) {
                self.bad(long, "at most 32,767 characters");
                continue;
            }
            return Ok(true);
        }
        // There may be more behind them.
        self.total = self.problems.len() + 1;
        Ok(false)
    }

    fn read(&mut self) -> Result<bool, CodesetError> {
        match &mut self.source {
            Source::Sheet(rows) => {
                let Some((number, cells)) = rows.next() else { return Ok(false) };
                self.number = number;
                self.cells = csv::StringRecord::from(cells);
                Ok(true)
            }
            Source::Text { reader, row_bytes } => {
                let line = reader.position().line();
                let more = reader.read_byte_record(&mut self.bytes).map_err(|e| match e.into_kind() {
                    csv::ErrorKind::Io(e) => refused_io(&self.file, &e),
                    other => CodesetError::refused(&self.file, format!("row {line} is not readable ({other:?})")),
                })?;
                if !more {
                    return Ok(false);
                }
                row_bytes.set(0);
                self.number = self.bytes.position().map_or(line, csv::Position::line) as usize;
                self.decode()?;
                if let Some(cut) = self.cut {
                    self.cells = csv::StringRecord::from(cut(self.line()));
                }
                Ok(true)
            }
        }
    }

    fn decode(&mut self) -> Result<(), CodesetError> {
        let strict = self.width > 0 && self.encoding == TextEncoding::Utf8;
        if self.encoding != TextEncoding::Windows1252 {
            match csv::StringRecord::from_byte_record(std::mem::take(&mut self.bytes)) {
                Ok(cells) => {
                    self.bytes = std::mem::replace(&mut self.cells, cells).into_byte_record();
                    return Ok(());
                }
                Err(e) if strict => {
                    let column = e.utf8_error().field();
                    let name = self.names.get(column).map_or(String::new(), |n| format!(", column {n}"));
                    let problem = format!(
                        "row {}{name}: bytes that are not UTF-8; if the file is saved as Windows-1252, say --encoding windows-1252",
                        self.number
                    );
                    return Err(CodesetError::refused(&self.file, problem));
                }
                Err(e) => self.bytes = e.into_byte_record(),
            }
        }
        // Words before the header are no data, and publishers save a trade mark sign there in any encoding.
        self.cells = self.bytes.iter().map(|cell| encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell).0).collect();
        Ok(())
    }

    /// Finds the header: the first row that has every needed column. Gives the place of each column.
    pub(super) fn header(&mut self, columns: &[Column]) -> Result<Vec<Option<usize>>, CodesetError> {
        let mut best: (usize, Vec<&str>) = (0, columns.iter().filter(|c| c.required).map(|c| c.name).collect());
        for _ in 0..HEADER_WITHIN {
            if !self.next()? {
                break;
            }
            let strip = self.strip_years;
            let plain_name = |name: &str| plain(if strip { without_year(name) } else { name });
            let names: Vec<String> = self.cells.iter().map(plain_name).collect();
            let place = |c: &Column| c.aliases.iter().find_map(|a| names.iter().position(|n| fits(n, a)));
            let places: Vec<Option<usize>> = columns.iter().map(place).collect();
            let missing: Vec<&str> =
                columns.iter().zip(&places).filter(|(c, p)| c.required && p.is_none()).map(|(c, _)| c.name).collect();
            if missing.is_empty() {
                let trailing = names.iter().rev().take_while(|n| n.is_empty()).count();
                self.width = names.len() - trailing;
                self.names = self.cells.iter().map(|c| c.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
                return Ok(places);
            }
            let found = places.iter().flatten().count();
            if found > best.0 {
                best = (found, missing);
            }
            let line = self.cells.iter().collect::<Vec<_>>().join(" ");
            self.preamble.push_str(&line);
            self.preamble.push('\n');
        }
        let all: Vec<&str> = columns.iter().filter(|c| c.required).map(|c| c.name).collect();
        let problem = match best.0 {
            0 => format!("no header with the columns {}", all.join(", ")),
            _ => format!("its header lacks the column {}", best.1.join(", ")),
        };
        Err(CodesetError::refused(&self.file, problem))
    }

    /// Takes the row just read as the header.
    pub(super) fn take_as_header(&mut self) {
        self.width = self.cells.len();
        self.names = self.cells.iter().map(str::to_string).collect();
    }

    /// Names for the columns of a table without a header line.
    pub(super) fn name_columns(&mut self, names: &[&str]) {
        self.names = names.iter().map(|n| n.to_string()).collect();
        self.width = names.len();
    }

    /// Cuts the lines into cells with these names. The lines before the first that `cut` gives as many cells for are the
    /// publisher's words.
    pub(super) fn in_fixed_columns(&mut self, names: &[&str], cut: fn(&str) -> Vec<String>) -> Result<(), CodesetError> {
        self.cut = Some(cut);
        while self.next()? {
            if self.cells.len() == names.len() {
                self.name_columns(names);
                self.held = true;
                break;
            }
            let line = self.line().to_string();
            // A damaged first row is no word of the publisher's.
            if starts_with_code(&line) {
                self.name_columns(names);
                self.add("(row)", "a line in fixed columns", line);
                break;
            }
            self.preamble.push_str(&line);
            self.preamble.push('\n');
        }
        Ok(())
    }

    /// Whether no header was found or taken yet.
    pub(super) fn names_empty(&self) -> bool {
        self.width == 0
    }

    /// Name of a column in the header.
    pub(super) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// Number of the row just read: the line of the file, or the row of the sheet.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Number of cells of the row just read.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// A cell of the row just read, without blanks around it; empty where the row is shorter.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or("").trim()
    }

    /// A cell of a column that may not be there.
    pub(super) fn maybe(&self, column: Option<usize>) -> &str {
        column.map_or("", |c| self.cell(c))
    }

    /// A cell with the blanks around it, of a table in fixed columns.
    pub(super) fn line(&self) -> &str {
        self.cells.get(0).unwrap_or("")
    }

    /// Notes that a cell of the row just read is not as it should be.
    pub(super) fn bad(&mut self, column: usize, expected: &str) {
        let name = self.names.get(column).cloned().unwrap_or_else(|| format!("{}", column + 1));
        let found = self.cell(column).to_string();
        self.add(&name, expected, found);
    }

    /// As [`bad`](Self::bad), for a named part of a row.
    pub(super) fn add(&mut self, column: &str, expected: &str, found: String) {
        self.add_at(self.number, column, expected, found);
    }

    /// As [`add`](Self::add), for a row that was read before.
    pub(super) fn add_at(&mut self, row: usize, column: &str, expected: &str, found: String) {
        self.total += 1;
        let shown: String = found.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
        self.problems.push(RowProblem { row, column: column.to_string(), expected: expected.to_string(), found: shown });
    }

    /// A CPT or HCPCS code; notes the problem where there is none.
    pub(super) fn procedure(&mut self, column: usize) -> Option<RawProcedure> {
        let found = raw_procedure(self.cell(column)).filter(is_procedure);
        if found.is_none() {
            self.bad(column, "a CPT or HCPCS code of five characters");
        }
        found
    }

    /// A value read by `read`; notes the problem where it says `None`.
    pub(super) fn value<T>(&mut self, column: usize, expected: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = read(self.cell(column));
        if found.is_none() {
            self.bad(column, expected);
        }
        found
    }

    /// Ends the reading: an error where any row was not as it should be.
    pub(super) fn finish(self, rows: usize) -> Result<(), CodesetError> {
        if self.total > 0 {
            return Err(CodesetError::Rows { file: self.file, problems: self.problems, total: self.total });
        }
        if rows == 0 {
            return Err(CodesetError::refused(&self.file, "it has no rows"));
        }
        Ok(())
    }
}

/// Whether a line of a table in fixed columns begins as its rows do, with a code.
fn starts_with_code(line: &str) -> bool {
    let start = line.as_bytes().get(..5).unwrap_or_default();
    start.iter().all(u8::is_ascii_alphanumeric) && start.get(1..4).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// Whether five characters have the form of a CPT or HCPCS code: digits, with at most a letter first or last.
pub(super) fn is_procedure(code: &RawProcedure) -> bool {
    let letters = code.iter().filter(|b| b.is_ascii_uppercase()).count();
    letters == 0 || (letters == 1 && (code[0].is_ascii_uppercase() || code[4].is_ascii_uppercase())) || code == b"CCCCC"
}
