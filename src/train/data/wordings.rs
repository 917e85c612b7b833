//! How clinicians word services and diagnoses, written for this project code by code (`training/labels/*_wordings.tsv`; not taken from
//! notes): phrases that stand beside what labelled notes teach, so that a code is found in words that no labelled note has.
use std::path::Path;

use super::{DataError, read_text};

/// Of CPT and HCPCS codes. (Those of ICD-10-CM codes, `diagnosis_wordings.tsv`, wait for a ranking that is fitted with them.)
pub const SERVICES: &str = "service_wordings.tsv";

/// Code and phrase of each line of a file of the folder of own labels; none where the file is not there.
pub fn read(labels: &Path, file: &str) -> Result<Vec<(String, String)>, DataError> {
    let path = labels.join(file);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let pair = |(number, line): (usize, &str)| {
        let pair = line.split_once('\t').map(|(code, phrase)| (code.to_owned(), phrase.to_owned()));
        pair.ok_or_else(|| DataError::Format {
            path: path.clone(),
            line: number + 1,
            reason: "has no tab between code and phrase".to_owned(),
        })
    };
    read_text(&path)?.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_own_wordings_are_whole() {
        let labels = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/labels");
        for file in [SERVICES, "diagnosis_wordings.tsv"] {
            let pairs = read(&labels, file).expect("a readable file");
            assert!(pairs.len() > 10_000, "{file} has {} lines", pairs.len());
            assert!(pairs.is_sorted(), "{file} is in the order of its codes and phrases");
            assert!(pairs.iter().all(|(_, phrase)| (1..=12).contains(&phrase.split_whitespace().count())), "{file}");
        }
    }

    #[test]
    fn a_line_without_a_tab_is_named() {
        let folder = std::env::temp_dir().join(format!("superbill-wordings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(SERVICES), "20610\tknee injected\n20610 knee injected\n").expect("a file");
        let read = read(&folder, SERVICES);
        std::fs::remove_dir_all(&folder).expect("gone");
        assert!(read.is_err_and(|e| e.to_string().contains("line 2")));
    }
}
