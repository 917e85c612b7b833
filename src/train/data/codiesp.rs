//! CodiEsp (CLEF eHealth 2020): Spanish case reports with their machine translation, CIE-10-ES codes and the Spanish
//! words they rest on.
//!
//! ```text
//! DIR/dev/devD.tsv        document, diagnosis code (lower case, with dot)
//! DIR/dev/devP.tsv        document, procedure code
//! DIR/dev/devX.tsv        document, DIAGNOSTICO|PROCEDIMIENTO, code, words, offsets ("12 20" or "12 20;30 34")
//! DIR/dev/text_files/     Spanish, which the offsets count in (characters)
//! DIR/dev/text_files_en/  English, one sentence a line
//! ```
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{DataError, LabelledDiagnosis, LabelledDocument, Role, TextOf, read_text};

/// One of the tasks that are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// ICD-10-CM diagnoses.
    Diagnoses,
    /// ICD-10-PCS procedures.
    Procedures,
}

/// Words of the Spanish text that a code rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodedEvidence {
    /// Which kind of code.
    pub task: Task,
    /// Upper case.
    pub code: String,
    /// Character ranges of the Spanish text, half-open; several where the words do not stand together.
    pub ranges: Vec<(usize, usize)>,
}

/// A case report with its gold.
#[derive(Clone, Debug, Default)]
pub struct CaseReport {
    /// Name of its files.
    pub id: String,
    /// English text.
    pub text: TextOf,
    /// Spanish text; empty where the folder has none.
    pub spanish: TextOf,
    /// Diagnosis codes, upper case.
    pub diagnoses: BTreeSet<String>,
    /// Procedure codes, upper case.
    pub procedures: BTreeSet<String>,
    /// What they rest on.
    pub evidence: Vec<CodedEvidence>,
}

impl CaseReport {
    /// The report as every loader gives its documents; no code leads.
    pub fn labelled(&self) -> LabelledDocument {
        let diagnosis = |code: &String| LabelledDiagnosis {
            code: code.clone(),
            alternatives: Vec::new(),
            role: Role::Secondary,
            quotes: Vec::new(),
            places: Vec::new(),
        };
        LabelledDocument {
            id: self.id.clone(),
            corpus: "codiesp",
            text: self.text.clone(),
            diagnoses: self.diagnoses.iter().map(diagnosis).collect(),
            ..Default::default()
        }
    }
}

/// The folder of a split: DIR/SPLIT of the published folder, or DIR itself where that holds `SPLITD.tsv` (or any one
/// `*D.tsv`).
pub fn folder(dir: &Path, split: &str) -> Result<(PathBuf, PathBuf), DataError> {
    for folder in [dir.join(split), dir.to_owned()] {
        let named = folder.join(format!("{split}D.tsv"));
        if named.is_file() {
            return Ok((folder, named));
        }
    }
    let mut lists: Vec<PathBuf> = std::fs::read_dir(dir)
        .map(|entries| entries.flatten().map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with("D.tsv")).collect())
        .unwrap_or_default();
    lists.sort();
    match lists.as_slice() {
        [one] => Ok((dir.to_owned(), one.clone())),
        _ => Err(DataError::Read {
            path: dir.to_owned(),
            reason: format!("neither {split}/{split}D.tsv nor one *D.tsv lies in it"),
        }),
    }
}

/// Loads a split, in order of id. A document with a text and no code is kept.
pub fn load(dir: &Path, split: &str) -> Result<Vec<CaseReport>, DataError> {
    let (folder, list) = folder(dir, split)?;
    let english = folder.join("text_files_en");
    let unreadable = |e: std::io::Error| DataError::Read { path: english.clone(), reason: e.to_string() };
    let mut reports: BTreeMap<String, CaseReport> = BTreeMap::new();
    for entry in std::fs::read_dir(&english).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(id) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".txt")) else { continue };
        let spanish = folder.join("text_files").join(format!("{id}.txt"));
        let report = CaseReport {
            id: id.to_owned(),
            text: TextOf(read_text(&path)?.into()),
            spanish: if spanish.is_file() { TextOf(read_text(&spanish)?.into()) } else { TextOf::default() },
            ..Default::default()
        };
        reports.insert(id.to_owned(), report);
    }
    for (task, path) in [(Task::Diagnoses, list.clone()), (Task::Procedures, sister(&list, "P"))] {
        for (id, code) in pairs(&path, task == Task::Diagnoses)? {
            // A document without a text cannot be read and would only be missed.
            if let Some(report) = reports.get_mut(&id) {
                match task {
                    Task::Diagnoses => report.diagnoses.insert(code),
                    Task::Procedures => report.procedures.insert(code),
                };
            }
        }
    }
    let evidence = sister(&list, "X");
    if evidence.is_file() {
        for (id, found) in read_evidence(&evidence)? {
            if let Some(report) = reports.get_mut(&id) {
                report.evidence.push(found);
            }
        }
    }
    Ok(reports.into_values().collect())
}

/// `devD.tsv` → `devP.tsv`.
fn sister(list: &Path, letter: &str) -> PathBuf {
    let name = list.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    list.with_file_name(format!("{}{letter}.tsv", name.strip_suffix("D.tsv").unwrap_or(name)))
}

/// Rows of document and code; codes in upper case. A missing file is empty unless it is needed.
fn pairs(path: &Path, needed: bool) -> Result<Vec<(String, String)>, DataError> {
    if !needed && !path.is_file() {
        return Ok(Vec::new());
    }
    let text = read_text(path)?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let mut fields = line.split('\t').map(str::trim);
        let (Some(id), Some(code)) = (fields.next(), fields.next().filter(|c| !c.is_empty())) else {
            let reason = "expected a document and a code divided by a tab".to_owned();
            return Err(DataError::Format { path: path.to_owned(), line: index + 1, reason });
        };
        rows.push((id.to_owned(), code.to_ascii_uppercase()));
    }
    Ok(rows)
}

/// Rows of an X file.
pub fn read_evidence(path: &Path) -> Result<Vec<(String, CodedEvidence)>, DataError> {
    let text = read_text(path)?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let wrong = |reason: &str| DataError::Format { path: path.to_owned(), line: index + 1, reason: reason.to_owned() };
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [id, kind, code, _, offsets] = fields[..] else { return Err(wrong("expected five fields divided by tabs")) };
        let task = if kind.to_ascii_uppercase().starts_with("DIAG") { Task::Diagnoses } else { Task::Procedures };
        let ranges = ranges(offsets).ok_or_else(|| wrong("offsets are not pairs of numbers"))?;
        rows.push((id.to_owned(), CodedEvidence { task, code: code.to_ascii_uppercase(), ranges }));
    }
    Ok(rows)
}

/// "12 20;30 34" → ranges.
pub fn ranges(offsets: &str) -> Option<Vec<(usize, usize)>> {
    offsets
        .split(';')
        .map(|pair| {
            let (start, end) = pair.trim().split_once(' ')?;
            Some((start.trim().parse().ok()?, end.trim().parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_published_folder_and_one_split_of_it() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let dev = dir.path().join("dev");
        std::fs::create_dir_all(dev.join("text_files_en")).expect("folder");
        std::fs::write(dev.join("text_files_en/a-1.txt"), "Fever.\nNo cough.").expect("write");
        std::fs::write(dev.join("text_files_en/b-1.txt"), "Well.").expect("write");
        std::fs::write(dev.join("devD.tsv"), "a-1\tr50.9\na-1\tr05\na-1\tr50.9\n").expect("write");
        std::fs::write(dev.join("devX.tsv"), "a-1\tDIAGNOSTICO\tr50.9\tfiebre alta\t0 6;10 14\n").expect("write");
        for place in [dir.path(), dev.as_path()] {
            let reports = load(place, "dev").expect("loads");
            assert_eq!(reports.len(), 2);
            assert_eq!(reports[0].diagnoses.iter().collect::<Vec<_>>(), ["R05", "R50.9"]);
            assert_eq!(reports[0].evidence[0].ranges, [(0, 6), (10, 14)]);
            assert!(reports[1].diagnoses.is_empty());
        }
        assert!(load(dir.path(), "test").is_err());
    }
}
