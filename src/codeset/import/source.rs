//! Opening what is imported: plain files, gzip, archives; streamed, with limits against what was made to exhaust the machine.
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::codeset::CodesetError;

/// Most bytes of one table, unpacked.
const LARGEST_TABLE: u64 = 1 << 30;
/// Most bytes of one row. Official rows have some hundred.
const LONGEST_ROW: u64 = 1 << 20;
/// Most files in an archive.
const MOST_ENTRIES: usize = 500;
/// Packed text of official tables shrinks to a twentieth, at most a fortieth; what shrinks more than this, beyond the first megabytes, was made
/// to fill the disk.
const HIGHEST_RATIO: u64 = 100;
const RATIO_FROM: u64 = 16 << 20;
/// Bytes looked at to tell what a file is.
pub(super) const HEAD: usize = 64 << 10;

/// A reader that stops at the limits, and counts the bytes of the row being read.
pub(super) struct Guarded<R> {
    inner: R,
    total: u64,
    limit: u64,
    row: Rc<Cell<u64>>,
}

impl<R: Read> Guarded<R> {
    /// `packed` is the length of the packed form, where there is one.
    pub(super) fn new(inner: R, packed: Option<u64>) -> Self {
        let by_ratio = packed.map_or(LARGEST_TABLE, |p| p.saturating_mul(HIGHEST_RATIO).max(RATIO_FROM));
        Self { inner, total: 0, limit: by_ratio.min(LARGEST_TABLE), row: Rc::new(Cell::new(0)) }
    }

    /// Bytes read since the last row; whoever reads rows sets it back to 0.
    pub(super) fn row_counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.row)
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.total += count as u64;
        self.row.set(self.row.get() + count as u64);
        if self.total > self.limit {
            let what = format!("unpacks to more than {} MB, which no official table does", self.limit >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        if self.row.get() > LONGEST_ROW {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "has a row longer than 1 MB (an unclosed quotation mark?)"));
        }
        Ok(count)
    }
}

/// A file that is given, with its digest.
pub(super) struct Given {
    pub sha256: String,
    pub bytes: u64,
}

impl Given {
    pub(super) fn read(path: &Path) -> Result<Self, CodesetError> {
        let mut file = open(path)?;
        let mut digest = Sha256::new();
        let bytes = io::copy(&mut file, &mut digest).map_err(|e| refused_io(path, &e))?;
        if bytes == 0 {
            return Err(CodesetError::refused(path, "it is empty"));
        }
        let sha256 = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Self { sha256, bytes })
    }
}

fn open(path: &Path) -> Result<File, CodesetError> {
    let file = File::open(path).map_err(|e| refused_io(path, &e))?;
    match file.metadata() {
        Ok(m) if m.is_dir() => Err(CodesetError::refused(path, "it is a folder; name the files in it")),
        _ => Ok(file),
    }
}

/// One table inside what was given: its name, and its bytes.
pub(super) type Visit<'v> = dyn FnMut(&Path, &str, Guarded<&mut dyn Read>) -> Result<(), CodesetError> + 'v;

/// Shows every table of a file to `visit`: the file itself, what a gzip file holds, or each entry of an archive. A workbook
/// (xlsx) is one table.
pub(super) fn each(path: &Path, visit: &mut Visit<'_>) -> Result<(), CodesetError> {
    let mut file = open(path)?;
    let length = file.metadata().map(|m| m.len()).unwrap_or(0);
    let mut first = [0u8; 4];
    let count = read_up_to(&mut file, &mut first).map_err(|e| refused_io(path, &e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = BufReader::new(open(path)?);
    match &first[..count] {
        [0x1f, 0x8b, ..] => {
            let inner = name.strip_suffix(".gz").unwrap_or(&name).to_string();
            let mut unpacked = flate2::read::MultiGzDecoder::new(file);
            visit(path, &inner, Guarded::new(&mut unpacked, Some(length)))
        }
        b"PK\x03\x04" if !is_workbook(&name) => entries(path, file, visit, true),
        [0xd0, 0xcf, 0x11, 0xe0] => Err(CodesetError::refused(path, "it is an old .xls workbook; save it as .xlsx or .csv")),
        b"%PDF" => Err(CodesetError::refused(path, "it is a PDF; the tables come as text, CSV, XML or workbook")),
        _ => visit(path, &name, Guarded::new(&mut file, None)),
    }
}

/// Whether a name says that the file is a workbook.
pub(super) fn is_workbook(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".xlsx")
}

/// Every table of an archive; of archives in it too, where they may be opened (one within another, as the Medicare Coverage
/// Database has them, and no deeper).
fn entries(path: &Path, file: impl Read + Seek, visit: &mut Visit<'_>, open_inner: bool) -> Result<(), CodesetError> {
    let bad = |e: zip::result::ZipError| CodesetError::refused(path, format!("not a readable zip archive ({e}); fetch it again"));
    let mut archive = zip::ZipArchive::new(file).map_err(bad)?;
    if archive.len() > MOST_ENTRIES {
        return Err(CodesetError::refused(path, format!("the archive has more than {MOST_ENTRIES} files")));
    }
    let mut names = Vec::new();
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(bad)?;
        let outside = || CodesetError::refused(path, "the archive has an entry whose name leads out of it");
        let raw = entry.name().map_err(bad)?.into_owned();
        let inside = entry.enclosed_name().ok_or_else(outside)?;
        if raw.contains('\\') && raw.contains("..") || inside.components().count() > 8 {
            return Err(outside());
        }
        let name = inside.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        names.push((number, name, entry.is_dir()));
    }
    let all: Vec<&str> = names.iter().map(|(_, name, _)| name.as_str()).collect();
    for (number, name, is_folder) in &names {
        if *is_folder || name.starts_with('.') || said_better(name, &all) {
            continue;
        }
        let mut entry = archive.by_index(*number).map_err(bad)?;
        let packed = entry.compressed_size();
        let mut content = Guarded::new(&mut entry, Some(packed));
        let file = path.join(name);
        if open_inner && name.to_ascii_lowercase().ends_with(".zip") {
            // It is one table of bytes without rows.
            let row = content.row_counter();
            let mut inner = Vec::new();
            let mut buffer = vec![0; HEAD];
            loop {
                row.set(0);
                match content.read(&mut buffer).map_err(|e| refused_io(&file, &e))? {
                    0 => break,
                    count => inner.extend_from_slice(&buffer[..count]),
                }
            }
            entries(&file, io::Cursor::new(inner), visit, false)?;
            continue;
        }
        visit(&file, name, Guarded::new(&mut entry, Some(packed)))?;
    }
    Ok(())
}

/// Whether an archive has the same table in a form that is read more surely: CMS packs it as CSV, text and workbook; and a list
/// of changes beside the whole list of codes repeats what that has.
fn said_better(name: &str, all: &[&str]) -> bool {
    let lower = |n: &str| n.to_ascii_lowercase();
    let parts = |n: &str| n.rsplit_once('.').map_or((lower(n), String::new()), |(stem, end)| (lower(stem), lower(end)));
    let (stem, end) = parts(name);
    let has = |better: &str| all.iter().any(|other| parts(other) == (stem.clone(), better.to_string()));
    match end.as_str() {
        "xlsx" if has("csv") || has("txt") => true,
        "txt" if has("csv") => true,
        _ => stem.contains("addenda") && all.iter().map(|n| lower(n)).any(|n| n.contains("order") && !n.contains("addenda")),
    }
}

/// Fills the buffer as far as the reader goes.
pub(super) fn read_up_to(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// What a failed read says about a file.
pub(super) fn refused_io(file: &Path, e: &io::Error) -> CodesetError {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => CodesetError::refused(file, "it was cut short; fetch it again"),
        io::ErrorKind::InvalidInput => CodesetError::refused(file, "its packed content is damaged; fetch it again"),
        io::ErrorKind::NotFound => CodesetError::refused(file, "there is no such file"),
        _ => CodesetError::refused(file, e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::said_better;

    #[test]
    fn one_form_of_a_table_is_taken() {
        let all = [
            "PPRRVU24_JUL.csv",
            "PPRRVU24_JUL.txt",
            "PPRRVU24_JUL.xlsx",
            "GPCI2024.xlsx",
            "HCPC24_ANWEB.txt",
            "HCPC24_ANWEB.xlsx",
        ];
        let taken: Vec<&str> = all.into_iter().filter(|n| !said_better(n, &all)).collect();
        assert_eq!(taken, ["PPRRVU24_JUL.csv", "GPCI2024.xlsx", "HCPC24_ANWEB.txt"]);
        let lists = ["icd10cm-order-2026.txt", "icd10cm-order-addenda-2026.txt", "icd10cm-codes-addenda-2026.txt"];
        let taken: Vec<&str> = lists.into_iter().filter(|n| !said_better(n, &lists)).collect();
        assert_eq!(taken, ["icd10cm-order-2026.txt"]);
        assert!(!said_better(lists[1], &lists[1..]));
    }
}
