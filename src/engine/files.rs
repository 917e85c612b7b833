//! Small files of a model directory: thresholds of the review, ids of training documents.
use std::collections::BTreeSet;
use std::path::Path;

use super::{EngineError, open_error};
use crate::review::ReviewThresholds;

/// The decision's thresholds.
pub(super) fn read_thresholds(path: &Path) -> Result<ReviewThresholds, EngineError> {
    let wrong = |e: toml::de::Error| {
        open_error(format!("{}: {}; it states the numbers auto, confirm and level", path.display(), e.message()))
    };
    toml::from_str(&read(path)?).map_err(wrong)
}

/// Ids of the documents that taught the model: corpus, tab, id; one a line.
pub(super) fn read_ids(path: &Path) -> Result<BTreeSet<String>, EngineError> {
    let text = read(path)?;
    let ids = text.lines().filter_map(|line| line.rsplit('\t').next()).map(str::trim);
    Ok(ids.filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

/// A file that the manifest has verified.
fn read(path: &Path) -> Result<String, EngineError> {
    std::fs::read_to_string(path).map_err(|e| open_error(format!("{}: {e}", path.display())))
}
