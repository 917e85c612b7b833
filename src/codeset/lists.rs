//! Small imported lists, read when they are first asked: ICD-10-PCS, index terms, remittance codes, taxonomy, licensed
//! descriptors.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::civil::Date;

use super::import_headers::{ADJUSTMENT_CODES, CPT_DESCRIPTORS, ICD10PCS, INDEX, TAXONOMY};
use super::reference::read;
use super::{CodesetError, Kind};

/// An ICD-10-PCS code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcsCode {
    /// Whether it is complete.
    pub billable: bool,
    /// Official long title.
    pub title: String,
}

/// A term of the ICD-10-CM index with a code that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexTerm {
    /// The term behind those above it, separated by commas.
    pub term: String,
    /// Code as printed, e.g. `C79.8-`; empty where the term only refers to another.
    pub code: String,
    /// Column, for neoplasms and drugs.
    pub heading: String,
    /// Term that it refers to.
    pub see: String,
}

/// A list that is read when it is first asked.
struct Lazy<T> {
    paths: Vec<PathBuf>,
    value: OnceLock<T>,
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self { paths: Vec::new(), value: OnceLock::new() }
    }
}

impl<T: Default> Lazy<T> {
    fn get(&self, load: impl Fn(&Path, &mut T) -> Result<(), CodesetError>) -> Result<&T, CodesetError> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let mut value = T::default();
        for path in &self.paths {
            load(path, &mut value)?;
        }
        Ok(self.value.get_or_init(|| value))
    }
}

/// The lists of the newest imported edition of each kind.
#[derive(Default)]
pub struct ImportedLists {
    icd10pcs: Vec<(Date, Lazy<BTreeMap<String, PcsCode>>)>,
    index: Lazy<Vec<IndexTerm>>,
    adjustment_codes: Lazy<BTreeMap<(String, String), (String, String)>>,
    taxonomy: Lazy<BTreeMap<String, String>>,
    cpt_descriptors: Lazy<BTreeMap<String, String>>,
}

impl ImportedLists {
    /// Adds an edition of a kind, oldest first; its tables are those of its parts.
    pub(super) fn add(&mut self, kind: Kind, effective: Date, paths: Vec<PathBuf>) {
        match kind {
            Kind::Icd10pcs => self.icd10pcs.push((effective, Lazy { paths, value: OnceLock::new() })),
            Kind::Icd10cmIndex => self.index.paths = paths,
            Kind::AdjustmentCodes => self.adjustment_codes.paths = paths,
            Kind::Taxonomy => self.taxonomy.paths = paths,
            Kind::CptDescriptors => self.cpt_descriptors.paths = paths,
            _ => {}
        }
    }

    /// The ICD-10-PCS codes of the edition that answers for a date; empty where none is imported.
    pub fn icd10pcs(&self, date: Date) -> Result<Option<&BTreeMap<String, PcsCode>>, CodesetError> {
        let edition = self.icd10pcs.iter().rfind(|(from, _)| *from <= date).or(self.icd10pcs.first());
        let load = |path: &Path, codes: &mut BTreeMap<String, PcsCode>| {
            for [code, billable, title] in read(path, ICD10PCS)? {
                codes.insert(code, PcsCode { billable: billable == "1", title });
            }
            Ok(())
        };
        edition.map(|(_, list)| list.get(load)).transpose()
    }

    /// The terms of the imported index, neoplasm and drug tables.
    pub fn index(&self) -> Result<&[IndexTerm], CodesetError> {
        let load = |path: &Path, terms: &mut Vec<IndexTerm>| {
            terms.extend(read(path, INDEX)?.into_iter().map(|[term, code, heading, see]| IndexTerm { term, code, heading, see }));
            Ok(())
        };
        self.index.get(load).map(Vec::as_slice)
    }

    /// Whether a reason (`CARC`) or remark (`RARC`) code was in use on a date; `None` where the list is not imported.
    pub fn adjustment_code(&self, kind: &str, code: &str, date: Date) -> Result<Option<bool>, CodesetError> {
        let load = |path: &Path, codes: &mut BTreeMap<(String, String), (String, String)>| {
            for [code, kind, start, end] in read(path, ADJUSTMENT_CODES)? {
                codes.insert((kind, code), (start, end));
            }
            Ok(())
        };
        let codes = self.adjustment_codes.get(load)?;
        if codes.is_empty() {
            return Ok(None);
        }
        let day = date.to_string();
        let found = codes.get(&(kind.to_string(), code.to_string()));
        Ok(Some(found.is_some_and(|(start, end)| *start <= day && (end.is_empty() || day <= *end))))
    }

    /// What a taxonomy code says; `None` where the list is not imported or has no such code.
    pub fn taxonomy(&self, code: &str) -> Result<Option<&str>, CodesetError> {
        let load = |path: &Path, codes: &mut BTreeMap<String, String>| {
            for [code, _, classification, specialization] in read(path, TAXONOMY)? {
                let words = [classification, specialization].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
                codes.insert(code, words.join(", "));
            }
            Ok(())
        };
        Ok(self.taxonomy.get(load)?.get(code).map(String::as_str))
    }

    /// A CPT code's descriptor from the practice's licensed file.
    pub fn cpt_descriptor(&self, code: &str) -> Result<Option<&str>, CodesetError> {
        let load = |path: &Path, codes: &mut BTreeMap<String, String>| {
            codes.extend(read(path, CPT_DESCRIPTORS)?.into_iter().map(|[code, words]| (code, words)));
            Ok(())
        };
        Ok(self.cpt_descriptors.get(load)?.get(code).map(String::as_str))
    }
}
