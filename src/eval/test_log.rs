//! What keeps a test split honest: its digests are fixed before it is scored, and every scored run is written down.
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::EvalError;
use super::encounters;
use super::scoring::Scores;
use super::sets::Part;
use crate::train::data::DataError;

/// Figures that a line of the log states.
const FIGURES: [&str; 9] = [
    "diagnosis_f1",
    "diagnosis_category_f1",
    "primary_accuracy",
    "procedure_f1",
    "line_f1",
    "line_with_pointers_f1",
    "em_accepted",
    "em_within_one",
    "encounter_right",
];

/// Checks the files of a part against `<part>.sha256` beside their folder, where that list is there, and returns the
/// digest of the whole part.
pub fn verify(set: &Path, part: Part) -> Result<String, EvalError> {
    let folder = encounters::folder(set, part)?;
    let list_path = folder.with_extension("sha256");
    let list = match std::fs::read_to_string(&list_path) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(DataError::Read { path: list_path, reason: e.to_string() }.into()),
    };
    let mut whole = Sha256::new();
    let files = encounters::files(&folder)?;
    for path in &files {
        let bytes = std::fs::read(path).map_err(|e| DataError::Read { path: path.clone(), reason: e.to_string() })?;
        let digest = hex(&Sha256::digest(&bytes));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        whole.update(format!("{digest} {name}\n"));
        let listed = |line: &str| {
            let mut fields = line.split_whitespace();
            fields.next() == Some(digest.as_str()) && fields.next().and_then(|f| f.rsplit('/').next()) == Some(&*name)
        };
        if list.as_ref().is_some_and(|list| !list.lines().any(listed)) {
            return Err(EvalError::Changed { path: path.clone(), list: list_path });
        }
    }
    // A file that was taken away changes gold as well.
    if let Some(list) = list
        && list.lines().filter(|l| !l.trim().is_empty()).count() != files.len()
    {
        return Err(EvalError::Changed { path: folder, list: list_path });
    }
    Ok(hex(&whole.finalize()))
}

/// The log of a set of encounters: `test_runs.log` beside its folder.
pub fn path(set: &Path) -> PathBuf {
    let whole = std::fs::canonicalize(set).unwrap_or_else(|_| set.to_owned());
    let own = if whole.ends_with("test") { whole.parent().map(Path::to_owned).unwrap_or(whole) } else { whole };
    own.parent().unwrap_or(Path::new(".")).join("test_runs.log")
}

/// Opens the log for writing, so that a run that cannot be written down is not made.
pub fn open(path: &Path) -> Result<std::fs::File, EvalError> {
    let failed = |e: std::io::Error| EvalError::Write { path: path.to_owned(), reason: e.to_string() };
    std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)
}

/// Writes down one scored run.
pub fn append(file: &mut std::fs::File, path: &Path, line: &str) -> Result<(), EvalError> {
    file.write_all(line.as_bytes()).map_err(|e| EvalError::Write { path: path.to_owned(), reason: e.to_string() })
}

/// The line of a run: date, engine, gold, options, figures.
pub fn line(scores: &Scores, gold: &str, options: &str, date: Date) -> String {
    let engine = &scores.engine;
    let mut line = format!(
        "{date}\tsuperbill {}\t{} {}\t{}\tgold {gold}\t{options}\tdocuments {}",
        engine.version, engine.model, engine.sha256, engine.numerics, scores.documents
    );
    for name in FIGURES {
        if let Some(m) = scores.metrics.get(name) {
            let _ = write!(line, "\t{name} {:.4}", m.value);
        }
    }
    line.push('\n');
    line
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::figures::Metric;

    #[test]
    fn gold_that_was_changed_is_refused() {
        let set = tempfile::tempdir().expect("folder");
        let folder = set.path().join("test");
        std::fs::create_dir(&folder).expect("test");
        std::fs::write(folder.join("a.toml"), "one").expect("write");
        let without_list = verify(set.path(), Part::Test).expect("no list, nothing to compare with");
        let digest = hex(&Sha256::digest("one"));
        std::fs::write(set.path().join("test.sha256"), format!("{digest}  test/a.toml\n")).expect("write");
        assert_eq!(verify(set.path(), Part::Test).expect("unchanged"), without_list);
        std::fs::write(folder.join("b.toml"), "two").expect("write");
        assert!(verify(set.path(), Part::Test).is_err(), "a file was added");
        std::fs::remove_file(folder.join("b.toml")).expect("remove");
        std::fs::write(folder.join("a.toml"), "three").expect("write");
        let error = verify(set.path(), Part::Test).expect_err("changed").to_string();
        assert!(error.contains("a.toml") && error.contains("test.sha256"), "{error}");
    }

    #[test]
    fn a_run_is_one_line() {
        let mut scores = Scores { documents: 3, ..Default::default() };
        scores.engine.model = "base".to_owned();
        scores.metrics.insert("diagnosis_f1".into(), Metric { value: 0.75, low: 0.5, high: 0.9, n: 8 });
        let folder = tempfile::tempdir().expect("folder");
        let set = folder.path().join("encounters");
        std::fs::create_dir(&set).expect("set");
        let place = path(&set);
        assert_eq!(place.file_name().and_then(|n| n.to_str()), Some("test_runs.log"));
        for day in [1, 2] {
            let text = line(&scores, "abc", "outpatient standard", jiff::civil::date(2026, 5, day));
            append(&mut open(&place).expect("opens"), &place, &text).expect("writes");
        }
        let log = std::fs::read_to_string(&place).expect("log");
        assert_eq!(log.lines().count(), 2);
        assert!(log.lines().nth(1).is_some_and(|l| l.starts_with("2026-05-02\t") && l.ends_with("diagnosis_f1 0.7500")), "{log}");
    }
}
