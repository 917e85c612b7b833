//! `superbill codesets build`: the tables of `codesets/` from official files and our own lexicon.
pub(super) mod icd10cm;
mod ncci;
mod procedures;
mod reference;
mod references;
mod sources;
pub(super) mod tabular;

use std::path::{Path, PathBuf};

#[cfg(test)]
pub(super) use sources::text as official_text;

use super::edition::{self, Edition};
use super::{CodesetError, day};

/// Where the sources of a build lie and where its tables go.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Folder with `codesets/` (official files) and `corpora/phrases/` (our procedure lexicon).
    pub sources: PathBuf,
    /// The official ICD-10-CM tabular list, XML.
    pub icd10cm_tabular: PathBuf,
    /// Our own small tables (`catalogue_extra.csv`, `procedure_changes.csv`, …); usually the same as `out`.
    pub own: PathBuf,
    /// Folder to write to.
    pub out: PathBuf,
}

/// The editions that a build wrote.
#[derive(Default)]
struct Report {
    editions: Vec<Edition>,
}

impl Report {
    #[allow(clippy::too_many_arguments)]
    fn edition(&mut self, table: &str, edition: &str, effective: u32, through: u32, rows: usize, file: &str, source: &str) {
        self.editions.push(Edition {
            table: table.into(),
            edition: edition.into(),
            effective: day::from_number(effective),
            through: day::from_number(through),
            rows,
            file: file.into(),
            sha256: String::new(),
            source: source.into(),
            partial: edition.ends_with("excerpt") || edition.ends_with("partial"),
            imported: false,
        });
    }
}

/// Builds every table and the list of editions; returns that list.
pub fn build(options: &BuildOptions) -> Result<Vec<Edition>, CodesetError> {
    std::fs::create_dir_all(&options.out).map_err(|e| CodesetError::io(&options.out, e))?;
    let mut report = Report::default();
    icd10cm::build(&options.sources, &options.icd10cm_tabular, &options.out, &mut report)?;
    let catalogue = procedures::build(options, &mut report)?;
    ncci::build(options, &catalogue, &mut report)?;
    reference::build(options, &mut report)?;
    finish(&options.out, report)
}

fn finish(out: &Path, mut report: Report) -> Result<Vec<Edition>, CodesetError> {
    for edition in &mut report.editions {
        edition.sha256 = edition::sha256(&out.join(&edition.file))?;
    }
    edition::write(out, &report.editions)?;
    Ok(report.editions)
}
