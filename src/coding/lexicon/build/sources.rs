//! Where the sources stand in the project's data folder.
use std::path::{Path, PathBuf};

use super::{CodeRow, Sources};
use crate::codeset::Icd10cm;

/// The sources of the released lexicon: codes of the newest edition of `icd`, and what stands in the data folder
/// (`codesets/icd10cm`, `corpora/lexicons`, `corpora/phrases`). Files that are absent are left out.
pub fn sources(data: &Path, icd: &Icd10cm) -> Sources {
    let codes = icd
        .all()
        .filter(|i| icd.is_present_latest(*i))
        .map(|i| CodeRow {
            code: icd.code(i),
            title: icd.title(i).into_owned(),
            billable: icd.is_billable_latest(i),
            inclusion: icd.inclusion_terms(i).map(str::to_owned).collect(),
        })
        .collect();
    let there = |path: &str| -> Option<PathBuf> { Some(data.join(path)).filter(|p| p.is_file()) };
    let mut phrases: Vec<PathBuf> = std::fs::read_dir(data.join("corpora/phrases"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("icd_") && n.ends_with(".jsonl")))
        .collect();
    phrases.sort();
    Sources {
        codes,
        index: there("codesets/icd10cm/icd10cm_index_2025.derived.csv"),
        neoplasm: there("codesets/icd10cm/icd10cm_neoplasm_2025.derived.csv"),
        disease_ontology: there("corpora/lexicons/doid/doid_synonym_to_icd10cm.tsv"),
        mondo: there("corpora/lexicons/mondo/mondo_synonym_to_icd10cm.tsv"),
        phrases,
    }
}
