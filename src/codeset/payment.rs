//! What turns relative value units into money: conversion factors and geographic practice cost indices (GPCI).
use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::import_headers::{CONVERSION_FACTOR, GPCI};
use super::reference::read;
use super::{CodesetError, day};

/// Dollars for one relative value unit in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConversionFactor {
    /// First day.
    pub effective: Date,
    /// Last day.
    pub through: Date,
    /// Dollars.
    pub dollars: f64,
    /// Dollars for clinicians who qualify through an advanced payment model (two factors since 2026).
    pub apm_dollars: f64,
}

/// Geographic practice cost indices of one locality in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpci {
    /// First day of the edition.
    pub effective: Date,
    /// Work index.
    pub work: f64,
    /// Practice expense index.
    pub practice_expense: f64,
    /// Malpractice index.
    pub malpractice: f64,
    /// Name of the locality.
    pub name: String,
}

/// Conversion factors and indices.
pub struct Payment {
    /// Of the embedded and imported lists, oldest first.
    factors: Vec<ConversionFactor>,
    /// Stated by imported relative value files: these lead in their periods.
    stated: Vec<ConversionFactor>,
    localities: BTreeMap<(String, String), Vec<Gpci>>,
}

impl Payment {
    /// Reads `conversion_factors.csv` and `gpci.csv`.
    pub(super) fn open(folder: &Path) -> Result<Self, CodesetError> {
        let factors = read_factors(&folder.join("conversion_factors.csv"))?;
        let mut payment = Self { factors, stated: Vec::new(), localities: BTreeMap::new() };
        payment.add_indices(&folder.join("gpci.csv"))?;
        Ok(payment)
    }

    /// Adds the indices of a file; they hold from their first day until the next ones.
    pub(super) fn add_indices(&mut self, path: &Path) -> Result<(), CodesetError> {
        for [effective, mac, locality, name, work, expense, malpractice] in read(path, GPCI)? {
            let indices = (date(&effective), number(&work), number(&expense), number(&malpractice));
            let (Some(effective), Some(work), Some(practice_expense), Some(malpractice)) = indices else {
                return Err(CodesetError::corrupt(path, format!("the row {mac} {locality} has no date and three indices")));
            };
            let gpci = Gpci { effective, work, practice_expense, malpractice, name };
            let list = self.localities.entry((mac, locality)).or_default();
            list.retain(|known| known.effective != effective);
            list.push(gpci);
            list.sort_by_key(|g| g.effective);
        }
        Ok(())
    }

    /// Adds conversion factors of a file; where periods overlap, it leads.
    pub(super) fn add_factors(&mut self, path: &Path) -> Result<(), CodesetError> {
        let added = read_factors(path)?;
        let overlaps = |f: &ConversionFactor| added.iter().any(|a| a.effective <= f.through && f.effective <= a.through);
        self.factors.retain(|f| !overlaps(f));
        self.factors.extend(added);
        self.factors.sort_by_key(|f| f.effective);
        Ok(())
    }

    /// Adds the factors that imported relative value files state, oldest first.
    pub(super) fn add_stated(&mut self, factors: Vec<ConversionFactor>) {
        self.stated = factors;
    }

    /// The conversion factor of a date; `None` outside the loaded periods.
    pub fn conversion_factor(&self, date: Date) -> Option<ConversionFactor> {
        let holds = |f: &&ConversionFactor| f.effective <= date && date <= f.through;
        self.stated.iter().find(holds).or_else(|| self.factors.iter().find(holds)).copied()
    }

    /// The newest conversion factor that is loaded, for estimates outside the periods.
    pub fn newest_conversion_factor(&self) -> Option<ConversionFactor> {
        self.factors.iter().chain(&self.stated).max_by_key(|f| f.effective).copied()
    }

    /// Indices of a contractor's locality on a date, e.g. `10112`, `00`: of the newest edition in force by then.
    pub fn gpci(&self, mac: &str, locality: &str, date: Date) -> Option<&Gpci> {
        let list = self.localities.get(&(mac.trim().to_string(), locality.trim().to_string()))?;
        list.iter().rfind(|g| g.effective <= date)
    }
}

fn read_factors(path: &Path) -> Result<Vec<ConversionFactor>, CodesetError> {
    let mut factors = Vec::new();
    for [effective, through, dollars, apm] in read(path, CONVERSION_FACTOR)? {
        let dates = date(&effective).zip(date(&through));
        let money = number(&dollars).zip(number(&apm));
        let ((effective, through), (dollars, apm_dollars)) = dates
            .zip(money)
            .ok_or_else(|| CodesetError::corrupt(path, format!("the row `{effective}` has no two dates and two amounts")))?;
        factors.push(ConversionFactor { effective, through, dollars, apm_dollars });
    }
    if !factors.is_sorted_by(|a, b| a.through < b.effective) {
        return Err(CodesetError::corrupt(path, "its periods overlap"));
    }
    Ok(factors)
}

fn date(text: &str) -> Option<Date> {
    day::parse(text).and_then(day::from_number)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)
}
