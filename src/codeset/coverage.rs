//! Imported LCD and NCD coverage: which articles speak of a procedure, and which diagnoses they cover.
use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::icd10cm::{RawCode, raw_code};
use super::import_headers::COVERAGE;
use super::procedures::{RawProcedure, raw_procedure};
use super::{CodesetError, day};

/// First and last day as numbers.
type Period = (u32, u32);

/// An article with the codes that it names. Each list is sorted by code.
#[derive(Clone, Debug, Default)]
pub struct Article {
    /// Number, e.g. `A56781`.
    pub id: String,
    procedures: Vec<(RawProcedure, Period)>,
    covered: Vec<(RawCode, Period)>,
    not_covered: Vec<(RawCode, Period)>,
    /// Diagnoses that are covered for one procedure.
    pairs: Vec<(RawProcedure, RawCode)>,
}

impl Article {
    /// Whether the article covers a diagnosis (with or without dot) for a procedure on a date: `Some(true)` listed as covered,
    /// `Some(false)` listed as not covered or absent from its list, `None` where the article lists no diagnoses at all.
    pub fn covers(&self, procedure: &str, diagnosis: &str, date: Date) -> Option<bool> {
        let raw = raw_code(diagnosis);
        let holds = |list: &[(RawCode, Period)]| raw.is_some_and(|raw| in_force(list, &raw, day::to_number(date)));
        if holds(&self.not_covered) {
            return Some(false);
        }
        if self.covered.is_empty() {
            return None;
        }
        let pair = raw_procedure(procedure).zip(raw);
        let of_this = self.pairs.is_empty() || pair.is_some_and(|pair| self.pairs.binary_search(&pair).is_ok());
        Some(of_this && holds(&self.covered))
    }

    /// Number of diagnoses that it lists as covered.
    pub fn covered_count(&self) -> usize {
        self.covered.chunk_by(|a, b| a.0 == b.0).count()
    }

    fn sort(&mut self) {
        self.procedures.sort_unstable();
        self.covered.sort_unstable();
        self.not_covered.sort_unstable();
        self.pairs.sort_unstable();
    }
}

/// Whether a code stands in a sorted list in a period that holds on a day.
fn in_force<C: Ord>(list: &[(C, Period)], code: &C, on: u32) -> bool {
    let from = list.partition_point(|(c, _)| c < code);
    list[from..].iter().take_while(|(c, _)| c == code).any(|(_, (first, last))| *first <= on && on <= *last)
}

/// The loaded articles.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Oldest first, with their first days.
    editions: Vec<(Date, Articles)>,
}

/// The articles of one edition.
#[derive(Clone, Debug, Default)]
struct Articles {
    /// By number.
    articles: Vec<Article>,
    /// Which articles name a procedure; sorted.
    speaking: Vec<(RawProcedure, usize)>,
}

impl Coverage {
    /// Adds an edition that begins later than those added before; its tables may lie in several files.
    pub(super) fn add(&mut self, effective: Date, tables: &[std::path::PathBuf]) -> Result<(), CodesetError> {
        let mut articles: BTreeMap<String, Article> = BTreeMap::new();
        for path in tables {
            read(path, &mut articles)?;
        }
        let mut articles: Vec<Article> = articles.into_values().collect();
        articles.iter_mut().for_each(Article::sort);
        let named = articles.iter().enumerate().flat_map(|(at, a)| a.procedures.iter().map(move |(code, _)| (*code, at)));
        let mut speaking: Vec<(RawProcedure, usize)> = named.collect();
        speaking.sort_unstable();
        speaking.dedup();
        self.editions.push((effective, Articles { articles, speaking }));
        Ok(())
    }

    /// The articles that speak of a procedure on a date, by number: of the edition in force. None before the first edition.
    pub fn articles(&self, procedure: &str, date: Date) -> impl Iterator<Item = &Article> {
        let on = day::to_number(date);
        let edition = self.editions.iter().rfind(|(from, _)| *from <= date).map(|(_, edition)| edition);
        let raw = raw_procedure(procedure);
        edition.zip(raw).into_iter().flat_map(move |(edition, raw)| {
            let from = edition.speaking.partition_point(|(code, _)| *code < raw);
            let named = edition.speaking[from..].iter().take_while(move |(code, _)| *code == raw);
            let articles = named.filter_map(|(_, at)| edition.articles.get(*at));
            articles.filter(move |article| in_force(&article.procedures, &raw, on))
        })
    }

    /// Whether nothing is imported.
    pub fn is_empty(&self) -> bool {
        self.editions.is_empty()
    }
}

/// Reads a table as the store keeps it; row by row, for the whole of the Medicare Coverage Database has millions.
fn read(path: &Path, articles: &mut BTreeMap<String, Article>) -> Result<(), CodesetError> {
    let bad = |e: csv::Error| CodesetError::corrupt(path, format!("not readable as CSV ({e})"));
    let damaged = |what: &str| CodesetError::corrupt(path, what);
    let mut reader = csv::Reader::from_path(path).map_err(bad)?;
    if reader.headers().map_err(bad)?.iter().ne(COVERAGE) {
        return Err(damaged("its first line is not that of a coverage table"));
    }
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(bad)? {
        let [id, _group, procedure, diagnosis, covered, period]: [&str; 6] = std::array::from_fn(|i| row.get(i).unwrap_or(""));
        let dates = period.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let dates: Period = dates.ok_or_else(|| damaged("a period is no two numbers"))?;
        if !articles.contains_key(id) {
            articles.insert(id.to_string(), Article { id: id.to_string(), ..Article::default() });
        }
        let Some(article) = articles.get_mut(id) else { continue };
        let procedure = match procedure {
            "" => None,
            text => Some(raw_procedure(text).ok_or_else(|| damaged("a procedure is no code"))?),
        };
        article.procedures.extend(procedure.map(|code| (code, dates)));
        if diagnosis.is_empty() {
            continue;
        }
        let diagnosis = raw_code(diagnosis).ok_or_else(|| damaged("a diagnosis is no code"))?;
        if covered == "1" {
            article.pairs.extend(procedure.map(|code| (code, diagnosis)));
            article.covered.push((diagnosis, dates));
        } else {
            article.not_covered.push((diagnosis, dates));
        }
    }
    Ok(())
}
