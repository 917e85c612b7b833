//! Imported LCD and NCD coverage: which articles speak of a procedure, and which diagnoses they cover.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;

use super::import_headers::COVERAGE;
use super::reference::read;
use super::{CodesetError, day};

/// An article with the codes that it names.
#[derive(Clone, Debug, Default)]
pub struct Article {
    /// Number, e.g. `A56781`.
    pub id: String,
    procedures: BTreeMap<String, Period>,
    covered: BTreeMap<String, Period>,
    not_covered: BTreeMap<String, Period>,
    /// Diagnoses that are covered for one procedure.
    pairs: BTreeSet<(String, String)>,
}

/// First and last day as numbers.
type Period = (u32, u32);

impl Article {
    /// Whether the article covers a diagnosis (without dot) for a procedure on a date: `Some(true)` listed as covered,
    /// `Some(false)` listed as not covered or absent from its list, `None` where the article lists no diagnoses at all.
    pub fn covers(&self, procedure: &str, diagnosis: &str, date: Date) -> Option<bool> {
        let on = day::to_number(date);
        let holds = |list: &BTreeMap<String, Period>| list.get(diagnosis).is_some_and(|(from, to)| *from <= on && on <= *to);
        if holds(&self.not_covered) {
            return Some(false);
        }
        if self.covered.is_empty() {
            return None;
        }
        let of_this = self.pairs.is_empty() || self.pairs.contains(&(procedure.to_string(), diagnosis.to_string()));
        Some(of_this && holds(&self.covered))
    }
}

/// The loaded articles.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    articles: BTreeMap<String, Article>,
}

impl Coverage {
    /// Adds the tables of an edition.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), CodesetError> {
        for [article, _group, procedure, diagnosis, covered, period] in read(path, COVERAGE)? {
            let dates = period.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
            let dates: Period = dates.ok_or_else(|| CodesetError::corrupt(path, "a period is no two numbers"))?;
            let entry = self.articles.entry(article.clone()).or_insert_with(|| Article { id: article, ..Article::default() });
            if !procedure.is_empty() {
                entry.procedures.insert(procedure.clone(), dates);
            }
            if diagnosis.is_empty() {
                continue;
            }
            if covered == "1" && !procedure.is_empty() {
                entry.pairs.insert((procedure, diagnosis.clone()));
            }
            let list = if covered == "1" { &mut entry.covered } else { &mut entry.not_covered };
            list.insert(diagnosis, dates);
        }
        Ok(())
    }

    /// The articles that speak of a procedure on a date, by number.
    pub fn articles<'a>(&'a self, procedure: &'a str, date: Date) -> impl Iterator<Item = &'a Article> {
        let on = day::to_number(date);
        let speaks = move |a: &&Article| a.procedures.get(procedure).is_some_and(|(from, to)| *from <= on && on <= *to);
        self.articles.values().filter(speaks)
    }

    /// Whether nothing is imported.
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }
}
