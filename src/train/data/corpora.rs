//! The corpora by name.
use std::path::{Path, PathBuf};

use super::{DataError, LabelledDocument, Split, brat, labels, pubtator};
use crate::extract::MentionKind;

/// Names that [`load`] knows.
pub const NAMES: [&str; 5] = ["labels", "authored", "ncbi_disease", "bc5cdr", "maccrobat2020"];

/// The folder of all corpora: as a recipe states it, or under the folder that `SUPERBILL_SHARED` names.
pub fn folder(stated: &Path) -> PathBuf {
    match std::env::var_os("SUPERBILL_SHARED") {
        Some(shared) => Path::new(&shared).join("data/corpora"),
        None => stated.to_owned(),
    }
}

/// Loads one part of a corpus from the folder that holds them all; `authored` has no dev part.
pub fn load(root: &Path, name: &str, split: Split) -> Result<Vec<LabelledDocument>, DataError> {
    let train = split == Split::Train;
    match name {
        "labels" => labels::load(&root.join("labels"), split),
        "authored" if train => labels::load_authored(&root.join("authored")),
        "authored" => Ok(Vec::new()),
        "ncbi_disease" => {
            let file = if train { "train/NCBItrainset_corpus.txt" } else { "devel/NCBIdevelopset_corpus.txt" };
            let path = root.join("ncbi_disease").join(file);
            pubtator::load(&path, "ncbi_disease", pubtator::biomedical_kind, &[MentionKind::Problem])
        }
        "bc5cdr" => {
            let file = if train { "CDR_TrainingSet.PubTator.txt" } else { "CDR_DevelopmentSet.PubTator.txt" };
            let path = root.join("bc5cdr").join(file);
            pubtator::load(&path, "bc5cdr", pubtator::biomedical_kind, &[MentionKind::Problem, MentionKind::Medication])
        }
        "maccrobat2020" => {
            let complete =
                [MentionKind::Problem, MentionKind::Procedure, MentionKind::Test, MentionKind::Medication, MentionKind::Anatomy];
            let mut documents =
                brat::load(&root.join("maccrobat2020").join(split.name()), "maccrobat2020", brat::maccrobat_kind, &complete)?;
            documents.iter_mut().for_each(brat::join_place_and_sign);
            Ok(documents)
        }
        other => {
            Err(DataError::Read { path: root.join(other), reason: format!("no such corpus; known are {}", NAMES.join(", ")) })
        }
    }
}
