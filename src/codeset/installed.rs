//! The tables that answer: the embedded ones, and the imported editions beside or instead of them.
//!
//! An imported PTP, MUE, add-on or fee-schedule edition replaces the embedded table of that kind entirely; ICD-10-CM
//! editions, indices and conversion factors add to it; HCPCS, coverage and the small lists are only there when imported.
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::coverage::Coverage;
use super::fee_schedule::FeeTable;
use super::hcpcs::HcpcsTable;
use super::icd10cm::{IcdList, list_file};
use super::lists::ImportedLists;
use super::payment::ConversionFactor;
use super::store::{Store, StoredEdition};
use super::table_file::replace_file;
use super::{
    AddOnTable, CodeSets, CodesetError, Edition, Icd10cm, Kind, Modifiers, MueTable, Payment, PlacesOfService, Procedures, Ptp,
    edition,
};

impl CodeSets {
    /// Opens the tables of a folder with the editions that were imported into a data folder.
    pub fn open_with(folder: &Path, data: Option<&Path>) -> Result<Self, CodesetError> {
        let imported = match data {
            Some(data) => Store::of_data(data).editions()?,
            None => Vec::new(),
        };
        let of = |kind: Kind| imported.iter().filter(move |e| e.manifest.kind == kind).collect::<Vec<_>>();
        let embedded = edition::read(folder)?;
        let icd10cm = open_icd10cm(folder, data, &embedded, &of(Kind::Icd10cm))?;
        let mut procedures = Procedures::open(&folder.join("procedures.tbl"))?;
        let fees = of(Kind::FeeSchedule);
        let fee_tables = fees.iter().map(|e| open_fees(e)).collect::<Result<Vec<_>, _>>()?;
        let factors = factors(&fees)?;
        let hcpcs = of(Kind::Hcpcs);
        let hcpcs = hcpcs.iter().map(|e| HcpcsTable::open(&main(e), e.manifest.effective)).collect::<Result<Vec<_>, _>>()?;
        let mut modifiers = Modifiers::open(&folder.join("modifiers.csv"))?;
        if let Some(newest) = hcpcs.last() {
            modifiers.add_hcpcs(newest.modifiers());
        }
        procedures.add_imported(fee_tables, hcpcs);
        let mut payment = Payment::open(folder)?;
        for e in of(Kind::Gpci) {
            payment.add_indices(&main(e))?;
        }
        for e in of(Kind::ConversionFactor) {
            payment.add_factors(&main(e))?;
        }
        payment.add_stated(factors);
        let places = match of(Kind::PlaceOfService).last() {
            Some(newest) => PlacesOfService::open(&main(newest))?,
            None => PlacesOfService::open(&folder.join("place_of_service.csv"))?,
        };
        let mut coverage = Coverage::default();
        for e in of(Kind::Coverage) {
            coverage.add(e.manifest.effective, &e.manifest.parts.iter().map(|part| e.path(&part.table)).collect::<Vec<_>>())?;
        }
        let mut lists = ImportedLists::default();
        for e in &imported {
            lists.add(e.manifest.kind, e.manifest.effective, e.manifest.parts.iter().map(|p| e.path(&p.table)).collect());
        }
        Ok(Self {
            icd10cm,
            procedures,
            ptp: open_ptp(folder, &of(Kind::NcciPtp))?,
            mue: open_dated(folder, "ncci_mue.tbl", &of(Kind::NcciMue), MueTable::open, MueTable::open_editions)?,
            add_ons: open_dated(folder, "ncci_add_on.tbl", &of(Kind::NcciAddOn), AddOnTable::open, AddOnTable::open_editions)?,
            place_of_service: places,
            modifiers,
            payment,
            coverage,
            lists,
            editions: listed(embedded, &imported),
        })
    }
}

/// After an import: writes the merged ICD-10-CM table, so that opening need not make it.
pub fn refresh(folder: &Path, data: &Path) -> Result<(), CodesetError> {
    let store = Store::of_data(data);
    let imported = store.editions_of(Kind::Icd10cm)?;
    if imported.is_empty() {
        return Ok(());
    }
    let editions: Vec<&StoredEdition> = imported.iter().collect();
    let embedded = edition::read(folder)?;
    let path = merged_path(&store, &embedded, &editions);
    if !path.is_file() {
        replace_file(&path, &merge_icd10cm(folder, &editions)?)?;
    }
    for entry in std::fs::read_dir(store.folder().join(Kind::Icd10cm.id())).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("merged-") && entry.path() != path {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

fn main(edition: &StoredEdition) -> PathBuf {
    edition.path(edition.manifest.main())
}

fn dated(editions: &[&StoredEdition]) -> Vec<(Option<Date>, PathBuf)> {
    editions.iter().map(|e| (Some(e.manifest.effective), main(e))).collect()
}

fn open_ptp(folder: &Path, imported: &[&StoredEdition]) -> Result<Ptp, CodesetError> {
    let editions = dated(imported);
    let borrowed: Vec<(Option<Date>, &Path)> = editions.iter().map(|(from, path)| (*from, path.as_path())).collect();
    match borrowed.split_last() {
        Some((newest, older)) => Ptp::open_editions(older, *newest),
        None => Ptp::open(&folder.join("ncci_ptp.tbl")),
    }
}

fn open_dated<T>(
    folder: &Path,
    file: &str,
    imported: &[&StoredEdition],
    embedded: impl Fn(&Path) -> Result<T, CodesetError>,
    editions: impl Fn(&[(Option<Date>, &Path)]) -> Result<T, CodesetError>,
) -> Result<T, CodesetError> {
    if imported.is_empty() {
        return embedded(&folder.join(file));
    }
    let owned = dated(imported);
    let borrowed: Vec<(Option<Date>, &Path)> = owned.iter().map(|(from, path)| (*from, path.as_path())).collect();
    editions(&borrowed)
}

/// The table of an edition of the fee schedule. Both files of a release since 2026 have the same units.
fn open_fees(edition: &StoredEdition) -> Result<FeeTable, CodesetError> {
    let part = edition.manifest.part("table").or(edition.manifest.parts.first());
    FeeTable::open(&part.map_or_else(|| main(edition), |p| edition.path(&p.table)))
}

/// The conversion factors that the relative value files state, each until the next release begins.
fn factors(fees: &[&StoredEdition]) -> Result<Vec<ConversionFactor>, CodesetError> {
    let mut found: Vec<ConversionFactor> = Vec::new();
    for edition in fees {
        let (mut dollars, mut apm_dollars) = (None, None);
        for part in &edition.manifest.parts {
            let [all, qualifying] = FeeTable::open(&edition.path(&part.table))?.factors();
            dollars = dollars.or(all);
            apm_dollars = apm_dollars.or(qualifying);
        }
        let m = &edition.manifest;
        // One factor alone stands for both until the other file is imported.
        let Some((dollars, apm_dollars)) = dollars.or(apm_dollars).zip(apm_dollars.or(dollars)) else { continue };
        if let Some(before) = found.last_mut() {
            before.through = before.through.min(m.effective.yesterday().unwrap_or(m.effective));
        }
        found.push(ConversionFactor { effective: m.effective, through: m.through.unwrap_or(Date::MAX), dollars, apm_dollars });
    }
    Ok(found)
}

fn open_icd10cm(
    folder: &Path,
    data: Option<&Path>,
    embedded: &[Edition],
    imported: &[&StoredEdition],
) -> Result<Icd10cm, CodesetError> {
    let (Some(data), false) = (data, imported.is_empty()) else { return Icd10cm::open(&folder.join("icd10cm.tbl")) };
    let path = merged_path(&Store::of_data(data), embedded, imported);
    if path.is_file() {
        return Icd10cm::open(&path);
    }
    // Made by another version of the embedded table, or removed: made again in memory; the next import writes it.
    Icd10cm::from_bytes(&path, &merge_icd10cm(folder, imported)?)
}

/// The merged table's name is a digest of all that it is made of.
fn merged_path(store: &Store, embedded: &[Edition], imported: &[&StoredEdition]) -> PathBuf {
    let mut digest = Sha256::new();
    for e in embedded.iter().filter(|e| e.table == Kind::Icd10cm.id()) {
        digest.update(&e.sha256);
    }
    for e in imported {
        digest.update(format!("{} {} {:?} {}", e.manifest.edition, e.manifest.effective, e.manifest.through, e.manifest.partial));
        e.manifest.parts.iter().for_each(|p| digest.update(&p.table.sha256));
    }
    let name: String = digest.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    store.folder().join(Kind::Icd10cm.id()).join(format!("merged-{name}.tbl"))
}

fn merge_icd10cm(folder: &Path, imported: &[&StoredEdition]) -> Result<Vec<u8>, CodesetError> {
    let base = Icd10cm::open(&folder.join("icd10cm.tbl"))?;
    let mut lists = Vec::new();
    let mut structure: Option<Icd10cm> = None;
    for edition in imported {
        let m = &edition.manifest;
        let through = m.through.unwrap_or(m.effective);
        let tabular = match m.part("tabular") {
            Some(part) => Some(Icd10cm::open(&edition.path(&part.table))?),
            None => None,
        };
        lists.push(match m.part("order") {
            Some(part) => list_file::open(&edition.path(&part.table), m.effective, through, m.partial)?,
            None => {
                let codes = tabular.as_ref().and_then(|t| t.list_on(m.effective)).unwrap_or_default();
                IcdList { effective: m.effective, through, partial: m.partial, codes }
            }
        });
        if tabular.is_some() && m.effective >= base.newest().effective {
            structure = tabular;
        }
    }
    let merged = super::icd10cm::merge(&base, structure.as_ref().unwrap_or(&base), &lists);
    merged.ok_or_else(|| CodesetError::refused(folder, "more than 32 ICD-10-CM editions; remove some from the data folder"))
}

/// The editions that answer, embedded first.
fn listed(embedded: Vec<Edition>, imported: &[StoredEdition]) -> Vec<Edition> {
    let has = |kind: Kind| imported.iter().any(|e| e.manifest.kind == kind);
    let replaced = |e: &Edition| match Kind::by_id(&e.table) {
        Some(kind @ (Kind::NcciPtp | Kind::NcciMue | Kind::NcciAddOn | Kind::FeeSchedule | Kind::PlaceOfService)) => has(kind),
        Some(Kind::Icd10cm) => {
            imported.iter().any(|i| i.manifest.kind == Kind::Icd10cm && Some(i.manifest.effective) == e.effective)
        }
        _ => false,
    };
    let mut all: Vec<Edition> = embedded.into_iter().filter(|e| !replaced(e)).collect();
    all.extend(imported.iter().map(StoredEdition::listed));
    all.sort_by(|a, b| (&a.table, a.effective, &a.edition).cmp(&(&b.table, b.effective, &b.edition)));
    // An edition ends where the next one of its table begins.
    for i in 1..all.len() {
        let next = all[i].effective.filter(|_| all[i].table == all[i - 1].table && (all[i].imported || all[i - 1].imported));
        if let Some(before) = next.filter(|n| all[i - 1].effective.is_some_and(|e| e < *n)).and_then(|n| n.yesterday().ok()) {
            all[i - 1].through = Some(all[i - 1].through.map_or(before, |t| t.min(before)));
        }
    }
    all
}
