//! The first sheet of a workbook (xlsx) as rows of text. A table with formulas is refused: official tables have none, and a
//! formula shows a value that the file does not vouch for.
use std::io::{Cursor, Read};
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx};

use super::source::{Guarded, refused_io};
use crate::codeset::CodesetError;

/// Largest workbook, packed.
const LARGEST: u64 = 256 << 20;
/// Largest sheet: rows and columns.
const MOST_ROWS: u32 = 1_100_000;
const MOST_COLUMNS: u32 = 256;

/// The rows of a sheet, numbered from 1.
pub(super) struct Sheet {
    pub rows: Vec<(usize, Vec<String>)>,
    /// Where a formula stands, if any does.
    pub formula: Option<String>,
}

/// Reads the first sheet that has rows.
pub(super) fn read(file: &Path, content: impl Read) -> Result<Sheet, CodesetError> {
    let mut bytes = Vec::new();
    content.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| refused_io(file, &e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(CodesetError::refused(file, "the workbook is larger than 256 MB"));
    }
    check_parts(file, &bytes)?;
    let bad = |e: &dyn std::fmt::Display| CodesetError::refused(file, format!("not a readable workbook ({e})"));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| bad(&e))?;
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name).map_err(|e| bad(&e))?;
        let mut formula = None;
        while let Some(found) = cells.next_formula().map_err(|e| bad(&e))? {
            if !found.get_value().is_empty() {
                let (row, column) = found.get_position();
                let place = format!("sheet {name}, row {}, column {}", row + 1, column + 1);
                formula = Some(format!("{place}: a formula where a value is expected"));
                break;
            }
        }
        drop(cells);
        let mut cells = book.worksheet_cells_reader(&name).map_err(|e| bad(&e))?;
        let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
        while let Some(cell) = cells.next_cell().map_err(|e| bad(&e))? {
            let (row, column) = cell.get_position();
            if row >= MOST_ROWS || column >= MOST_COLUMNS {
                return Err(CodesetError::refused(file, format!("sheet {name} reaches beyond the size of any official table")));
            }
            let text = text_of(cell.get_value());
            if text.is_empty() {
                continue;
            }
            let number = row as usize + 1;
            if rows.last().is_none_or(|(n, _)| *n != number) {
                rows.push((number, Vec::new()));
            }
            if let Some((_, cells)) = rows.last_mut() {
                cells.resize((column as usize).max(cells.len()), String::new());
                cells.truncate(column as usize);
                cells.push(text);
            }
        }
        if !rows.is_empty() {
            return Ok(Sheet { rows, formula });
        }
    }
    Err(CodesetError::refused(file, "the workbook has no rows"))
}

/// Unpacks every part once, to nowhere: a workbook made to exhaust memory is refused before it is read.
fn check_parts(file: &Path, bytes: &[u8]) -> Result<(), CodesetError> {
    let bad = |e: zip::result::ZipError| CodesetError::refused(file, format!("not a readable workbook ({e})"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    if archive.len() > 500 {
        return Err(CodesetError::refused(file, "the workbook has more than 500 parts"));
    }
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(bad)?;
        if entry.enclosed_name().is_none() {
            return Err(CodesetError::refused(file, "the workbook has a part whose name leads out of it"));
        }
        let packed = entry.compressed_size();
        let mut guarded = Guarded::new(entry, Some(packed));
        let rows = guarded.row_counter();
        let mut buffer = vec![0; 64 << 10];
        while guarded.read(&mut buffer).map_err(|e| refused_io(file, &e))? > 0 {
            rows.set(0);
        }
    }
    Ok(())
}

/// A value as an official text file would show it: whole numbers without a decimal point.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(s) => s.trim().to_string(),
        DataRef::SharedString(s) => s.trim().to_string(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        DataRef::Float(n) => n.to_string(),
        DataRef::Bool(b) => u8::from(*b).to_string(),
        DataRef::DateTime(d) => day_of_serial(d.as_f64()),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        _ => String::new(),
    }
}

/// The day of a workbook's serial number (days since 1899-12-30) as YYYYMMDD; the number where it is no day.
fn day_of_serial(serial: f64) -> String {
    let start = jiff::civil::date(1899, 12, 30);
    let days = if serial.is_finite() && (0.0..2_958_466.0).contains(&serial) { serial.floor() as i64 } else { 0 };
    match start.checked_add(jiff::Span::new().days(days)) {
        Ok(date) if days > 0 => date.strftime("%Y%m%d").to_string(),
        _ => serial.to_string(),
    }
}
