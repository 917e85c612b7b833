//! Putting an imported file into the store: all of it or nothing.
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, Part, TableRef};
use super::{MANIFEST, Store, StoredEdition};
use crate::codeset::table_file::replace_file;
use crate::codeset::{CodesetError, Kind};

/// One file of an edition, read, checked and compiled.
pub(in crate::codeset) struct StagedPart {
    /// Which part of the edition it is.
    pub part: String,
    /// Name of the file.
    pub source: String,
    /// SHA-256 of the file that was given.
    pub source_sha256: String,
    /// Its length.
    pub source_bytes: u64,
    /// Rows kept of it.
    pub rows: usize,
    /// The compiled table.
    pub table: Vec<u8>,
}

/// A file ready to be installed.
pub(in crate::codeset) struct Staged {
    pub kind: Kind,
    pub edition: String,
    pub effective: Date,
    pub through: Option<Date>,
    pub partial: bool,
    pub part: StagedPart,
    pub imported_on: Option<Date>,
    pub ama_license_accepted_on: Option<Date>,
    pub warnings: Vec<String>,
}

/// A manifest that is written but not yet in force.
struct Prepared {
    folder: PathBuf,
    manifest: Manifest,
    before: Option<Manifest>,
    created: Vec<PathBuf>,
}

impl Store {
    /// Installs the tables of one file (an archive has several) together; returns the editions as they are now. On an
    /// error the store is as it was.
    pub(in crate::codeset) fn install(
        &self,
        staged: Vec<Staged>,
        merge: &dyn Fn(Kind, &[PathBuf]) -> Result<Vec<u8>, CodesetError>,
    ) -> Result<Vec<StoredEdition>, CodesetError> {
        let _lock = self.lock()?;
        let mut prepared: Vec<Prepared> = Vec::new();
        for one in staged {
            let done = self.prepare(one, &mut prepared, merge);
            if let Err(e) = done {
                prepared.iter().for_each(Prepared::discard);
                return Err(e);
            }
        }
        for (number, one) in prepared.iter().enumerate() {
            if let Err(e) = one.commit() {
                prepared[..number].iter().for_each(Prepared::take_back);
                prepared.iter().for_each(Prepared::discard);
                return Err(e);
            }
        }
        prepared.iter().for_each(Prepared::clean_up);
        Ok(prepared.into_iter().map(|p| StoredEdition { manifest: p.manifest, folder: p.folder }).collect())
    }

    /// Writes the tables of one part under new names and works out the manifest.
    fn prepare(
        &self,
        staged: Staged,
        prepared: &mut Vec<Prepared>,
        merge: &dyn Fn(Kind, &[PathBuf]) -> Result<Vec<u8>, CodesetError>,
    ) -> Result<(), CodesetError> {
        let folder = self.folder.join(staged.kind.id()).join(&staged.edition);
        let known = prepared.iter().position(|p| p.folder == folder);
        let at = match known {
            Some(at) => at,
            None => {
                std::fs::create_dir_all(&folder).map_err(|e| CodesetError::io(&folder, e))?;
                let path = folder.join(MANIFEST);
                let before = if path.is_file() { Some(Manifest::read(&path)?) } else { None };
                let manifest = before.clone().unwrap_or_else(|| empty(&staged));
                prepared.push(Prepared { folder, manifest, before, created: Vec::new() });
                prepared.len() - 1
            }
        };
        let p = &mut prepared[at];
        if p.before.as_ref().is_some_and(|b| b.effective != staged.effective) {
            let problem = format!(
                "edition {} of {} is installed with the first day {}, not {}; give another --edition or the same --effective",
                staged.edition,
                staged.kind.id(),
                p.manifest.effective,
                staged.effective
            );
            return Err(CodesetError::refused(Path::new(&staged.part.source), problem));
        }
        let table = p.write(&staged.part.part, &staged.part.table)?;
        let part = Part {
            part: staged.part.part,
            source: staged.part.source,
            source_sha256: staged.part.source_sha256,
            source_bytes: staged.part.source_bytes,
            rows: staged.part.rows,
            table,
        };
        p.manifest.parts.retain(|old| old.part != part.part);
        p.manifest.parts.push(part);
        p.manifest.parts.sort_by(|a, b| a.part.cmp(&b.part));
        p.manifest.merged = None;
        if p.manifest.parts.len() > 1 && staged.kind == Kind::NcciPtp {
            let paths: Vec<PathBuf> = p.manifest.parts.iter().map(|part| p.folder.join(&part.table.file)).collect();
            let bytes = merge(staged.kind, &paths)?;
            p.manifest.merged = Some(p.write("all", &bytes)?);
        }
        p.manifest.rows = match staged.kind {
            // Two files about the same codes.
            Kind::Icd10cm | Kind::FeeSchedule => p.manifest.parts.iter().map(|part| part.rows).max().unwrap_or(0),
            _ => p.manifest.parts.iter().map(|part| part.rows).sum(),
        };
        p.manifest.through = staged.through;
        p.manifest.partial = staged.partial;
        p.manifest.imported_on = staged.imported_on;
        p.manifest.imported_with = env!("CARGO_PKG_VERSION").to_string();
        p.manifest.ama_license_accepted_on = staged.ama_license_accepted_on.or(p.manifest.ama_license_accepted_on);
        p.manifest.warnings = staged.warnings;
        Ok(())
    }
}

fn empty(staged: &Staged) -> Manifest {
    Manifest {
        kind: staged.kind,
        edition: staged.edition.clone(),
        effective: staged.effective,
        through: staged.through,
        rows: 0,
        partial: staged.partial,
        parts: Vec::new(),
        merged: None,
        imported_with: String::new(),
        imported_on: None,
        ama_license_accepted_on: None,
        warnings: Vec::new(),
    }
}

impl Prepared {
    /// Writes a table under a name of its content, so that one that is in use is never touched.
    fn write(&mut self, part: &str, bytes: &[u8]) -> Result<TableRef, CodesetError> {
        let sha256: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        let file = format!("{part}-{}.tbl", &sha256[..12]);
        let path = self.folder.join(&file);
        if !path.exists() {
            self.created.push(path.clone());
            replace_file(&path, bytes)?;
        }
        Ok(TableRef { file, sha256 })
    }

    /// Puts the manifest in force; the one before is kept beside it.
    fn commit(&self) -> Result<(), CodesetError> {
        if let Some(before) = self.before.as_ref().filter(|b| **b != self.manifest) {
            write_json(&self.folder.join("manifest.previous.json"), before)?;
        }
        write_json(&self.folder.join(MANIFEST), &self.manifest)
    }

    /// Undoes a commit, as far as the disk allows.
    fn take_back(&self) {
        let path = self.folder.join(MANIFEST);
        let _ = match &self.before {
            Some(before) => write_json(&path, before),
            None => std::fs::remove_file(&path).map_err(|e| CodesetError::io(&path, e)),
        };
    }

    /// Removes what was written for an import that failed.
    fn discard(&self) {
        let used: Vec<&str> = self.before.iter().flat_map(files_of).collect();
        for path in &self.created {
            let kept = path.file_name().and_then(|n| n.to_str()).is_some_and(|name| used.contains(&name));
            if !kept {
                let _ = std::fs::remove_file(path);
            }
        }
        if self.before.is_none() {
            // Only an empty folder goes, so this cannot remove anything of value.
            let _ = std::fs::remove_dir(&self.folder);
            let _ = self.folder.parent().map(std::fs::remove_dir);
        }
    }

    /// Removes tables that neither this manifest nor the one before names.
    fn clean_up(&self) {
        let kept: Vec<&str> = files_of(&self.manifest).into_iter().chain(self.before.iter().flat_map(files_of)).collect();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".tbl") && !kept.contains(&name.as_str()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn files_of(manifest: &Manifest) -> Vec<&str> {
    manifest.parts.iter().map(|p| &p.table).chain(&manifest.merged).map(|t| t.file.as_str()).collect()
}

fn write_json(path: &Path, manifest: &Manifest) -> Result<(), CodesetError> {
    let mut text = serde_json::to_string_pretty(manifest).map_err(|e| CodesetError::corrupt(path, e.to_string()))?;
    text.push('\n');
    replace_file(path, text.as_bytes())
}
