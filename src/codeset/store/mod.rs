//! Imported editions in the data folder: `codesets/<kind>/<edition>/` with a manifest and its tables.
//!
//! The manifest names the tables of its edition and is replaced by one rename, after they are written: a reader sees the
//! old edition or the new one, and an import that fails leaves nothing behind.
mod install;
mod manifest;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) use install::{Staged, StagedPart};
pub use manifest::{Manifest, Part, TableRef};

use super::edition::sha256;
use super::{CodesetError, Edition, Kind};

/// Name of the manifest of an edition.
const MANIFEST: &str = "manifest.json";

/// The store of a data folder.
#[derive(Clone, Debug)]
pub struct Store {
    /// `<data>/codesets`.
    folder: PathBuf,
}

/// An edition in the store.
#[derive(Clone, Debug)]
pub struct StoredEdition {
    /// What is known of it.
    pub manifest: Manifest,
    /// Its folder.
    pub folder: PathBuf,
}

impl StoredEdition {
    /// Path of one of its tables.
    pub fn path(&self, table: &TableRef) -> PathBuf {
        self.folder.join(&table.file)
    }

    /// As the list of editions shows it.
    pub fn listed(&self) -> Edition {
        let m = &self.manifest;
        let main = m.main();
        Edition {
            table: m.kind.id().to_string(),
            edition: m.edition.clone(),
            effective: Some(m.effective),
            through: m.through,
            rows: m.rows,
            file: self.path(main).display().to_string(),
            sha256: main.sha256.clone(),
            source: m.parts.iter().map(|p| p.source.as_str()).collect::<Vec<_>>().join(", "),
            partial: m.partial,
            imported: true,
        }
    }
}

impl Store {
    /// The store of a data folder; nothing is created before something is installed.
    pub fn of_data(data: &Path) -> Self {
        Self { folder: data.join("codesets") }
    }

    /// `<data>/codesets`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every edition, by kind and first day. A folder without a manifest is none.
    pub fn editions(&self) -> Result<Vec<StoredEdition>, CodesetError> {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            found.extend(self.editions_of(kind)?);
        }
        Ok(found)
    }

    /// The editions of a kind, oldest first; where two begin on one day, by name.
    pub fn editions_of(&self, kind: Kind) -> Result<Vec<StoredEdition>, CodesetError> {
        let folder = self.folder.join(kind.id());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(CodesetError::io(&folder, e)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let folder = entry.map_err(|e| CodesetError::io(&folder, e))?.path();
            if folder.join(MANIFEST).is_file() {
                let manifest = Manifest::read(&folder.join(MANIFEST))?;
                if manifest.kind != kind {
                    return Err(CodesetError::corrupt(&folder.join(MANIFEST), "it is of another kind than its folder"));
                }
                found.push(StoredEdition { manifest, folder });
            }
        }
        found.sort_by(|a, b| (a.manifest.effective, &a.manifest.edition).cmp(&(b.manifest.effective, &b.manifest.edition)));
        Ok(found)
    }

    /// Compares the SHA-256 of every table with its manifest; returns the number of files.
    pub fn verify(&self) -> Result<usize, CodesetError> {
        let mut files = 0;
        for edition in self.editions()? {
            let tables = edition.manifest.parts.iter().map(|p| &p.table).chain(&edition.manifest.merged);
            for table in tables {
                let path = edition.path(table);
                if sha256(&path)? != table.sha256 {
                    let problem = "its SHA-256 is not the one in its manifest; import the edition again";
                    return Err(CodesetError::corrupt(&path, problem));
                }
                files += 1;
            }
        }
        Ok(files)
    }

    /// Waits until no other import works on the store; ends when the file is closed.
    fn lock(&self) -> Result<File, CodesetError> {
        std::fs::create_dir_all(&self.folder).map_err(|e| CodesetError::io(&self.folder, e))?;
        let path = self.folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|e| CodesetError::io(&path, e))?;
        file.lock().map_err(|e| CodesetError::io(&path, e))?;
        Ok(file)
    }
}
