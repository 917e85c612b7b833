mod agreement;
mod forms;
mod fuzz;
mod large;
mod refusals;
mod samples;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::codeset::tests::{embedded, sets};

/// A data folder of its own, with what a test needs of it.
pub(super) struct Data {
    folder: tempfile::TempDir,
}

impl Data {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file to import.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    pub(super) fn import_with(&self, path: &Path, options: &ImportOptions) -> Result<Vec<Imported>, CodesetError> {
        let sets = CodeSets::open_with(&embedded(), Some(self.path()))?;
        let done = import(&Store::of_data(self.path()), &sets, path, options)?;
        crate::codeset::refresh(&embedded(), self.path())?;
        Ok(done)
    }

    pub(super) fn import(&self, path: &Path) -> Result<Vec<Imported>, CodesetError> {
        self.import_with(path, &ImportOptions::default())
    }

    /// Imports a text under a name.
    pub(super) fn text(&self, name: &str, text: &str) -> Result<Vec<Imported>, CodesetError> {
        self.import(&self.file(name, text))
    }

    pub(super) fn sets(&self) -> CodeSets {
        CodeSets::open_with(&embedded(), Some(self.path())).expect("opens")
    }

    /// Every file of the store with its bytes: what must not change when an import is refused.
    pub(super) fn stored(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join("codesets")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => found.push((path.clone(), std::fs::read(&path).expect("readable"))),
                }
            }
        }
        found.sort();
        found
    }
}

/// A zip archive of these files.
pub(super) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("whole").into_inner()
}

/// A workbook with one sheet: text cells, or a formula where a cell begins with `=`.
pub(super) fn workbook_of(rows: &[&[&str]]) -> Vec<u8> {
    let column = |i: usize| char::from(b'A' + i as u8);
    let cells = |number: usize, row: &[&str]| -> String {
        let cell = |(i, text): (usize, &&str)| match text.strip_prefix('=') {
            Some(formula) => format!("<c r=\"{}{number}\"><f>{formula}</f><v>1</v></c>", column(i)),
            None => format!("<c r=\"{}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", column(i)),
        };
        row.iter().enumerate().map(cell).collect()
    };
    let data: String =
        rows.iter().enumerate().map(|(i, row)| format!("<row r=\"{}\">{}</row>", i + 1, cells(i + 1, row))).collect();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let part = |text: String| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").into_bytes();
    let content = part(format!(
        "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{types}.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{types}.worksheet+xml\"/></Types>"
    ));
    let relations = part(format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    ));
    let book = part(format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    ));
    let of_book = part(format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    ));
    let sheet = part(format!("<worksheet xmlns=\"{main}\"><sheetData>{data}</sheetData></worksheet>"));
    zip_of(&[
        ("[Content_Types].xml", &content),
        ("_rels/.rels", &relations),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &of_book),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

/// A file of the official data, or a visible line that the test is skipped.
pub(super) fn official(name: &str) -> Option<PathBuf> {
    let shared =
        std::env::var_os("SUPERBILL_SHARED").map_or(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data/codesets").join(name);
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}
