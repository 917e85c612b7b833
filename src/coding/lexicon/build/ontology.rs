//! Synonyms of open disease ontologies with a cross-reference to ICD-10-CM.
use std::path::Path;

use super::super::container::LexiconError;
use super::super::entry::Source;
use super::{Builder, read_text};

/// Adds a TSV whose first columns are term and code, under one header line.
pub(super) fn read(builder: &mut Builder, path: &Path, source: Source) -> Result<(), LexiconError> {
    for line in read_text(path)?.lines().skip(1) {
        let mut columns = line.split('\t');
        let (Some(term), Some(code)) = (columns.next(), columns.next()) else { continue };
        if let Some(target) = builder.target(code) {
            builder.add(term, source, target);
        }
    }
    Ok(())
}
