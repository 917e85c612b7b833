//! `superbill codesets update`: finds, downloads, checks and installs the current official files from their publishers.
//!
//! The only part of the program that fetches anything, and only when it is asked to. A file is complete and of the right type
//! before it is imported; the editions installed before stay.
mod fetch;
mod page;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;

pub use sources::{OfficialFile, read_sources};

use super::import::{ImportOptions, Imported, import};
use super::store::Store;
use super::{CodeSets, CodesetError, Kind, installed};

/// Terms of the American Medical Association, shown before any file that carries CPT is fetched: a summary in our words with
/// where the licence stands, not its text.
pub const AMA_TERMS: &str = "\
This file carries Current Procedural Terminology (CPT) codes. CPT is copyright of the American Medical Association (AMA);
all rights reserved. CPT is a registered trademark of the AMA. By downloading it you agree to the AMA's end user licence,
which the publisher shows at https://www.cms.gov/license/ama: use inside your own organisation in the United States, no
copies for others, no derived works for sale, no removal of the copyright notice; the AMA gives no warranty, and U.S.
government rights are restricted (FARS/DFARS apply). Fee schedules, relative value units and conversion factors are not
assigned by the AMA and are not part of CPT. Billing with CPT needs your own licence from the AMA.";

/// How to fetch.
#[derive(Clone, Debug)]
pub struct UpdateOptions {
    /// Day for which current files are sought.
    pub today: Date,
    /// The caller accepts the AMA's terms.
    pub accept_ama_license: bool,
    /// Tries for one address before it is given up.
    pub attempts: u32,
    /// Wait before the second try; doubled for each further one.
    pub first_wait: Duration,
    /// Longest wait for a connection or for the next bytes.
    pub timeout: Duration,
}

impl UpdateOptions {
    /// As the command line uses it.
    pub fn on(today: Date) -> Self {
        Self {
            today,
            accept_ama_license: false,
            attempts: 5,
            first_wait: Duration::from_secs(2),
            timeout: Duration::from_secs(60),
        }
    }
}

/// What happens, for a person who waits.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// The terms to be shown before a file.
    Terms(&'a str),
    /// A file is sought at an address.
    Seeking(&'a str),
    /// Bytes received, of how many where known.
    Received(u64, Option<u64>),
    /// A try failed and is repeated after a wait.
    Waiting(&'a str, Duration),
}

/// What became of one source.
#[derive(Debug)]
pub enum Outcome {
    /// Installed.
    Installed(Vec<Imported>),
    /// The same file is installed already.
    Current(String),
}

/// Fetches one official file and installs it in the data folder.
pub fn update(
    codesets: &Path,
    data: &Path,
    file: &OfficialFile,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Outcome, CodesetError> {
    if file.carries_cpt() {
        progress(Progress::Terms(AMA_TERMS));
        if !options.accept_ama_license {
            let problem = "it carries CPT: read the AMA's terms above and give --accept-ama-license".to_string();
            return Err(CodesetError::Download { url: file.title.clone(), problem });
        }
    }
    let folder = data.join("downloads");
    std::fs::create_dir_all(&folder).map_err(|e| CodesetError::io(&folder, e))?;
    let fetched = fetch::first_there(file, &folder, options, progress)?;
    let outcome = install(codesets, data, file, &fetched, options);
    // What was installed is in the store; what was refused would be refused again.
    let _ = std::fs::remove_file(&fetched);
    outcome
}

fn install(
    codesets: &Path,
    data: &Path,
    file: &OfficialFile,
    fetched: &Path,
    options: &UpdateOptions,
) -> Result<Outcome, CodesetError> {
    let store = Store::of_data(data);
    let sha256 = super::edition::sha256(fetched)?;
    let installed_before = store.editions()?.into_iter().find(|e| e.manifest.parts.iter().any(|p| p.source_sha256 == sha256));
    if let Some(edition) = installed_before {
        return Ok(Outcome::Current(format!("{} {}", edition.manifest.kind.id(), edition.manifest.edition)));
    }
    let sets = CodeSets::open_with(codesets, Some(data))?;
    let import_options = ImportOptions {
        today: Some(options.today),
        // The export of the coverage database does not say its day: it is what holds when it is fetched.
        effective: (file.kind == Kind::Coverage).then_some(options.today),
        ama_license_accepted_on: file.carries_cpt().then_some(options.today),
        ..ImportOptions::default()
    };
    let imported = import(&store, &sets, fetched, &import_options)?;
    if !imported.iter().any(|i| i.edition.manifest.kind == file.kind) {
        // Installed in full and of another kind: said, so that the list of addresses is corrected.
        tracing::warn!("{}: holds no table of kind {}", file.title, file.kind.id());
    }
    if imported.iter().any(|i| i.edition.manifest.kind == Kind::Icd10cm) {
        installed::refresh(codesets, data)?;
    }
    Ok(Outcome::Installed(imported))
}
