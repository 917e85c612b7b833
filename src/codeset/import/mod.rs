//! `superbill codesets import`: official files as their publishers give them out, and a plain CSV form of each table.
//!
//! A file is read as a stream, checked row by row, compiled and then installed in one step; what is wrong with it is told
//! with file, row, column and what was expected, and nothing of it is kept. Each file that is given is one transaction: an
//! archive is installed with all its tables or not at all.
mod add_on;
mod add_on_fixed;
mod adjustment_codes;
mod column;
mod conversion_factor;
mod coverage;
mod cpt_descriptors;
mod edition;
mod fee_schedule;
mod fee_schedule_fixed;
mod form;
mod gpci;
mod hcpcs_anweb;
mod icd10cm_addenda;
mod icd10cm_index;
mod icd10cm_list;
mod icd10cm_order;
mod icd10cm_tabular;
mod icd10pcs_order;
mod mue;
mod place_of_service;
mod ptp;
mod rows;
mod source;
mod taxonomy;
#[cfg(test)]
mod tests;
mod workbook;

use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

pub use rows::TextEncoding;

use self::edition::EditionHint;
use self::form::Form;
use self::rows::Rows;
use self::source::Guarded;
use super::ptp_table::{self, PtpTable};
use super::store::{Staged, StagedPart, Store, StoredEdition};
use super::{CodeSets, CodesetError, Icd10cm, Kind, day};

/// What the caller says of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Edition, where the file does not tell or tells otherwise.
    pub edition: Option<String>,
    /// First day, likewise.
    pub effective: Option<Date>,
    /// How bytes are read as text.
    pub encoding: TextEncoding,
    /// Day of the import, for the manifest.
    pub today: Option<Date>,
    /// Day on which the AMA's terms were accepted for this file.
    pub ama_license_accepted_on: Option<Date>,
}

/// A table that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The edition as it is now.
    pub edition: StoredEdition,
    /// Rows of this file.
    pub rows: usize,
    /// The file; one inside an archive as `archive.zip/entry.txt`.
    pub source: String,
    /// What is worth knowing of it.
    pub warnings: Vec<String>,
}

/// First day and edition, once they are known.
pub(super) struct Dates {
    pub edition: String,
    /// YYYYMMDD.
    pub effective: u32,
}

/// Makes the table's bytes once its edition is known.
type DatedTable = Box<dyn Fn(&Dates) -> Vec<u8>>;

enum Table {
    Ready(Vec<u8>),
    Dated(DatedTable),
}

/// A file that was read and checked.
pub(super) struct Parsed {
    kind: Kind,
    rows: usize,
    table: Table,
    /// Which part of the edition it is.
    part: String,
    /// The lines before the header, which may name the edition.
    preamble: String,
    /// First day, where the rows tell.
    effective: Option<Date>,
    /// Last day, where the rows tell.
    through: Option<Date>,
    partial: bool,
}

impl Parsed {
    fn new(kind: Kind, rows: usize, table: Vec<u8>) -> Self {
        Self {
            kind,
            rows,
            table: Table::Ready(table),
            part: "table".into(),
            preamble: String::new(),
            effective: None,
            through: None,
            partial: false,
        }
    }

    fn dated(kind: Kind, rows: usize, table: DatedTable) -> Self {
        Self { table: Table::Dated(table), ..Self::new(kind, rows, Vec::new()) }
    }
}

/// What a parser may have to know besides the file.
pub(super) struct Context<'a> {
    name: &'a str,
    /// Name of the file given: the archive's, where the table lies in one.
    given: &'a str,
    options: &'a ImportOptions,
    /// The loaded ICD-10-CM editions, to which lists of changes belong.
    icd10cm: &'a Icd10cm,
}

impl Context<'_> {
    /// Edition and first day, as far as options and name tell.
    fn dates(&self, kind: Kind, file: &Path) -> Result<EditionHint, CodesetError> {
        settle(kind, file, [self.name, "", self.given], None, self.options)
    }
}

/// Imports a file: a table, or an archive of tables. `sets` are the tables loaded now.
pub fn import(store: &Store, sets: &CodeSets, path: &Path, options: &ImportOptions) -> Result<Vec<Imported>, CodesetError> {
    if let Some(name) = options.edition.as_deref().filter(|n| !edition::is_name(n)) {
        let problem = format!("`{name}` cannot name an edition: letters, digits, `.`, `_` and `-`, at most 40");
        return Err(CodesetError::refused(path, problem));
    }
    let given = source::Given::read(path)?;
    let given_name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut read: Vec<(PathBuf, String, Parsed)> = Vec::new();
    let mut passed_over: Vec<String> = Vec::new();
    source::each(path, &mut |file, name, content| {
        let context = Context { name, given: &given_name, options, icd10cm: &sets.icd10cm };
        match read_table(file, name, content, &context)? {
            Some(parsed) => read.push((file.to_path_buf(), name.to_string(), parsed)),
            None => passed_over.push(name.to_string()),
        }
        Ok(())
    })?;
    if read.is_empty() {
        let problem = match passed_over.len() {
            1 => "not a table that is known; docs/codesets.md lists the files and the header names of the plain form".to_string(),
            _ => format!("none of its files is a table that is known ({})", passed_over.join(", ")),
        };
        return Err(CodesetError::refused(path, problem));
    }
    let mut staged = Vec::new();
    let mut notes = Vec::new();
    for (file, name, parsed) in read {
        let dates = settle(parsed.kind, &file, [&name, &parsed.preamble, &given_name], parsed.effective, options)?;
        let warnings = warnings(&parsed, &dates, sets);
        let number = day::to_number(dates.effective);
        let bytes = match parsed.table {
            Table::Ready(bytes) => bytes,
            Table::Dated(make) => make(&Dates { edition: dates.edition.clone(), effective: number }),
        };
        let shown = shown_name(path, &file);
        notes.push((parsed.rows, shown.clone(), warnings.clone()));
        staged.push(Staged {
            kind: parsed.kind,
            through: parsed.through.or_else(|| edition::last_day(parsed.kind, dates.effective, &dates.edition)),
            edition: dates.edition,
            effective: dates.effective,
            partial: parsed.partial,
            part: StagedPart {
                part: parsed.part,
                source: shown,
                source_sha256: given.sha256.clone(),
                source_bytes: given.bytes,
                rows: parsed.rows,
                table: bytes,
            },
            imported_on: options.today,
            ama_license_accepted_on: options.ama_license_accepted_on,
            warnings,
        });
    }
    let keys: Vec<(Kind, String)> = staged.iter().map(|s| (s.kind, s.edition.clone())).collect();
    let installed = store.install(staged, &merge)?;
    let mut done = Vec::new();
    for ((kind, name), (rows, source, mut warnings)) in keys.into_iter().zip(notes) {
        let Some(edition) = installed.iter().find(|e| e.manifest.kind == kind && e.manifest.edition == name) else { continue };
        warnings.extend(lone_part(edition));
        done.push(Imported { edition: edition.clone(), rows, source, warnings });
    }
    Ok(done)
}

/// Tells what a table is by its first bytes and reads it; `None` for what is no table.
fn read_table(
    file: &Path,
    name: &str,
    mut content: Guarded<&mut dyn Read>,
    context: &Context<'_>,
) -> Result<Option<Parsed>, CodesetError> {
    if source::is_workbook(name) {
        let sheet = workbook::read(file, content)?;
        let head = sheet.rows.iter().take(60).map(|(_, cells)| cells.join("\t")).collect::<Vec<_>>().join("\n");
        let Some(form) = form::of_text(name, &head) else { return Ok(None) };
        if let Some(formula) = sheet.formula {
            return Err(CodesetError::refused(file, formula));
        }
        return form.parse(Rows::sheet(file, sheet.rows), name, context).map(Some);
    }
    let mut head = vec![0; source::HEAD];
    let count = source::read_up_to(&mut content, &mut head).map_err(|e| source::refused_io(file, &e))?;
    head.truncate(count);
    if head.is_empty() {
        return Err(CodesetError::refused(file, "it is empty"));
    }
    let start = String::from_utf8_lossy(&head).into_owned();
    let start = start.trim_start_matches('\u{feff}');
    let Some(form) = form::of_text(name, start) else { return Ok(None) };
    let row_bytes = content.row_counter();
    row_bytes.set(0);
    if form.is_xml() {
        return form.parse_xml(file, head, content, context).map(Some);
    }
    let layout = form.layout(start);
    let encoding = match (context.options.encoding, form) {
        (TextEncoding::Utf8, Form::HcpcsFixed | Form::Coverage) => TextEncoding::Either,
        (given, _) => given,
    };
    form.parse(Rows::text(file, head, content, row_bytes, layout, encoding), name, context).map(Some)
}

/// Edition and first day: as the caller says, else as the rows tell, else the first of the texts that does: the table's name,
/// the lines before its header, the archive's name.
fn settle(
    kind: Kind,
    file: &Path,
    texts: [&str; 3],
    by_rows: Option<Date>,
    options: &ImportOptions,
) -> Result<EditionHint, CodesetError> {
    let told = texts.iter().find_map(|text| edition::told_by(kind, text));
    let of_option = options.edition.as_deref().and_then(|e| edition::told_by(kind, e));
    let effective = options
        .effective
        .or(of_option.map(|h| h.effective))
        .or(by_rows)
        .or(told.as_ref().filter(|_| options.edition.is_none()).map(|h| h.effective));
    let Some(effective) = effective else {
        let problem = match (&options.edition, told) {
            (Some(edition), _) => format!("edition {edition} does not say its first day; give --effective YYYY-MM-DD"),
            _ => "neither the file nor its name tells its edition; give --edition E and --effective YYYY-MM-DD".to_string(),
        };
        return Err(CodesetError::refused(file, problem));
    };
    let named = |h: EditionHint| (h.effective == effective).then_some(h.edition);
    let edition =
        options.edition.clone().or_else(|| told.and_then(named)).unwrap_or_else(|| edition::named_by_day(kind, effective));
    Ok(EditionHint { edition, effective })
}

/// What a reader of the report should know.
fn warnings(parsed: &Parsed, dates: &EditionHint, sets: &CodeSets) -> Vec<String> {
    let mut found = Vec::new();
    let before = sets.editions().iter().filter(|e| e.table == parsed.kind.id() && !e.partial).map(|e| e.rows).max();
    // The embedded lists of these kinds gather several editions.
    let gathered = matches!(parsed.kind, Kind::Gpci | Kind::ConversionFactor);
    if let Some(before) = before.filter(|b| parsed.rows * 2 < *b && parsed.part == "table" && !gathered) {
        found.push(format!(
            "it has {} rows where a loaded edition has {before}: an excerpt answers only for the codes it has",
            parsed.rows
        ));
    }
    if parsed.partial {
        found.push("only a part of the edition's changes: a code that it does not have may still exist".to_string());
    }
    if dates.edition.is_empty() {
        found.push("the edition has no name".to_string());
    }
    found
}

/// A PTP table comes in parts; one alone leaves pairs out.
fn lone_part(edition: &StoredEdition) -> Option<String> {
    let parts: Vec<&str> = edition.manifest.parts.iter().map(|p| p.part.as_str()).collect();
    let in_parts = edition.manifest.kind == Kind::NcciPtp && !parts.contains(&"table");
    (in_parts && parts.len() < 4).then(|| {
        format!(
            "edition {} has only the parts {} of the table that CMS publishes in four; pairs of the others are missing until they are imported",
            edition.manifest.edition,
            parts.join(", ")
        )
    })
}

/// `archive.zip/entry.txt`, or the file's own name.
fn shown_name(given: &Path, file: &Path) -> String {
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if given == file { name(given) } else { format!("{}/{}", name(given), name(file)) }
}

/// All parts of an edition as one table.
fn merge(kind: Kind, parts: &[PathBuf]) -> Result<Vec<u8>, CodesetError> {
    let mut rows = Vec::new();
    for path in parts {
        rows.extend(PtpTable::open(path)?.all());
    }
    debug_assert_eq!(kind, Kind::NcciPtp);
    let path = parts.first().cloned().unwrap_or_default();
    let table = ptp_table::compile(rows);
    table.map(|t| t.to_bytes()).ok_or_else(|| CodesetError::refused(&path, "its parts name more than 65,535 different codes"))
}

/// Refuses tables of other settings, which have the same columns.
fn refuse_other_setting(file: &Path, name: &str, words: &[&str]) -> Result<(), CodesetError> {
    let lower = name.to_ascii_lowercase();
    match words.iter().find(|w| lower.contains(**w)) {
        Some(word) => {
            let problem = format!("its name says `{word}`: claims of professionals are checked, import the practitioner table");
            Err(CodesetError::refused(file, problem))
        }
        None => Ok(()),
    }
}

/// A small table as CSV.
fn csv_bytes<'a>(header: &[&str], rows: impl Iterator<Item = impl Iterator<Item = &'a str>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}
