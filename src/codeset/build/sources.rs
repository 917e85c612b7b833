//! Reading source files of a build: plain or gzipped CSV with named columns, order files.
use std::io::Read;
use std::path::Path;

use crate::codeset::CodesetError;

/// Whole text of a file, unpacked when its name ends in `.gz`.
pub(in crate::codeset) fn text(path: &Path) -> Result<String, CodesetError> {
    let bytes = std::fs::read(path).map_err(|e| CodesetError::io(path, e))?;
    let bytes = if path.extension().is_some_and(|e| e == "gz") {
        let mut out = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).map_err(|e| CodesetError::io(path, e))?;
        out
    } else {
        bytes
    };
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_string(),
        Err(error) => encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
    })
}

/// A CSV with a header line; cells by column name.
pub(super) struct Csv {
    path: std::path::PathBuf,
    headers: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Csv {
    /// Reads the file; `skip` lines stand before the header.
    pub(super) fn read(path: &Path, skip: usize) -> Result<Self, CodesetError> {
        let text = text(path)?;
        let mut from = 0;
        for _ in 0..skip {
            from += text[from..].find('\n').map_or(text.len() - from, |n| n + 1);
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&text.as_bytes()[from..]);
        let bad = |row: usize, e: csv::Error| CodesetError::source(path, row, "CSV", format!("comma-separated values ({e})"));
        let headers = reader.headers().map_err(|e| bad(1, e))?.iter().map(|h| h.trim().to_string()).collect();
        let rows: Result<Vec<_>, _> = reader.records().enumerate().map(|(i, r)| r.map_err(|e| bad(i + 2, e))).collect();
        Ok(Self { path: path.to_path_buf(), headers, rows: rows? })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Place of a column.
    pub(super) fn column(&self, name: &str) -> Result<usize, CodesetError> {
        let found = self.headers.iter().position(|h| h == name);
        found.ok_or_else(|| CodesetError::source(&self.path, 1, name, "this column in the header"))
    }

    /// Cell of a row; empty where the row is shorter.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|r| r.get(column)).unwrap_or("").trim()
    }

    /// An error at a cell.
    pub(super) fn expected(&self, row: usize, column: usize, what: &str) -> CodesetError {
        let name = self.headers.get(column).map_or("", String::as_str);
        CodesetError::source(&self.path, row + 2, name, what)
    }

    /// A cell read as `T`.
    pub(super) fn parsed<T: std::str::FromStr>(&self, row: usize, column: usize, what: &str) -> Result<T, CodesetError> {
        self.cell(row, column).parse().map_err(|_| self.expected(row, column, what))
    }

    /// A decimal number times `scale`, rounded: "0.6699999999999999" with 100 is 67.
    pub(super) fn scaled(&self, row: usize, column: usize, scale: f64) -> Result<i32, CodesetError> {
        let text = self.cell(row, column);
        if text.is_empty() {
            return Ok(0);
        }
        let number: f64 = text.parse().map_err(|_| self.expected(row, column, "a number"))?;
        let scaled = (number * scale).round();
        if scaled.abs() <= f64::from(i32::MAX) { Ok(scaled as i32) } else { Err(self.expected(row, column, "a smaller number")) }
    }
}
