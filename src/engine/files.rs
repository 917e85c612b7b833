//! Small files of a model directory: thresholds of the review, ids of training documents.
use std::collections::BTreeSet;
use std::path::Path;

use super::{EngineError, open_error};
use crate::review::ReviewThresholds;

/// The decision's thresholds; the defaults where a model brings none.
pub(super) fn read_thresholds(path: &Path) -> Result<ReviewThresholds, EngineError> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|e| open_error(format!("{}: {}", path.display(), e.message()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(ReviewThresholds::default()),
        Err(e) => Err(open_error(format!("{}: {e}", path.display()))),
    }
}

/// Ids of the documents that taught the model: corpus, tab, id; one a line.
pub(super) fn read_ids(path: &Path) -> Result<BTreeSet<String>, EngineError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text
            .lines()
            .filter_map(|l| l.rsplit('\t').next())
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .collect()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(open_error(format!("{}: {e}", path.display()))),
    }
}
