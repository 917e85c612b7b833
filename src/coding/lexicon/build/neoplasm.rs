//! Table of neoplasms: one phrase a site and behaviour.
use std::collections::BTreeMap;
use std::path::Path;

use super::super::container::LexiconError;
use super::super::entry::Source;
use super::{Builder, without_brackets};

/// How notes say the columns of the table.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("MalignantPrimary", &["cancer", "adenocarcinoma", "sarcoma"]),
    ("MalignantSecondary", &["metastasis", "metastasis to"]),
    ("CaInSitu", &["carcinoma in situ"]),
    ("Benign", &["benign neoplasm"]),
    ("UncertainBehavior", &["neoplasm of uncertain behavior"]),
    ("UnspecifiedBehavior", &["neoplasm", "mass"]),
];

/// Adds all sites.
pub(super) fn read(builder: &mut Builder, path: &Path) -> Result<(), LexiconError> {
    let wrong = |what: String| LexiconError::Source { path: path.to_owned(), what };
    let mut reader = csv::Reader::from_path(path).map_err(|e| wrong(e.to_string()))?;
    let headers = reader.headers().map_err(|e| wrong(e.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|h| h == name).ok_or_else(|| wrong(format!("it has no column `{name}`")));
    let (level, term) = (column("Level")?, column("Term")?);
    let mut behaviours = Vec::new();
    for (name, said) in COLUMNS {
        behaviours.push((column(name)?, said));
    }
    let mut open: BTreeMap<usize, String> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(e.to_string()))?;
        let depth: usize = record.get(level).unwrap_or("").trim().parse().map_err(|_| wrong("a level is no number".into()))?;
        open.split_off(&depth);
        open.insert(depth, record.get(term).unwrap_or("").to_owned());
        let site: Vec<&str> = open.range(1..).map(|(_, t)| t.as_str()).collect();
        if site.is_empty() {
            continue;
        }
        // "abdomen, abdominal" names one site in two forms.
        let site = without_brackets(&site.join(" "));
        for (at, said) in &behaviours {
            if let Some(target) = builder.target(record.get(*at).unwrap_or("")) {
                for word in *said {
                    builder.add(&format!("{word} {site}"), Source::Neoplasm, target);
                }
            }
        }
    }
    Ok(())
}
