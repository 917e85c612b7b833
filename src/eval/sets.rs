//! Which set, and which part of it.
use std::path::{Path, PathBuf};

use super::EvalError;

/// What `--set` takes, for messages.
pub const KINDS: &str = "PATH (a folder of authored encounters or of the rules' cases), labels:DIR, codiesp:DIR, negex:FILE, brat:DIR, pubtator:FILE, mdace:DIR, mimic4:DIR, em:DIR, claims:DIR";

/// A set by its kind and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Authored encounters: `PATH/{dev,test}/*.toml`.
    Encounters(PathBuf),
    /// The labels format with its consensus file.
    Labels(PathBuf),
    /// A NegEx-format assertion file.
    NegEx(PathBuf),
    /// A folder of BRAT standoff files, or one with a folder for each part.
    Brat(PathBuf),
    /// A PubTator file.
    PubTator(PathBuf),
    /// A folder of MDACE charts with their texts.
    Mdace(PathBuf),
    /// The tables of MIMIC-IV.
    Mimic4(PathBuf),
}

impl SetKind {
    /// Reads the argument of `--set`; a name without a kind is a folder of authored encounters.
    pub fn parse(set: &str) -> Result<Self, EvalError> {
        let unknown = || EvalError::UnknownSet { set: set.to_owned() };
        Ok(match set.split_once(':') {
            Some(("labels", place)) => Self::Labels(place.into()),
            Some(("negex", place)) => Self::NegEx(place.into()),
            Some(("brat", place)) => Self::Brat(place.into()),
            Some(("pubtator", place)) => Self::PubTator(place.into()),
            Some(("mdace", place)) => Self::Mdace(place.into()),
            Some(("mimic4", place)) => Self::Mimic4(place.into()),
            Some(_) => return Err(unknown()),
            None if Path::new(set).is_dir() => Self::Encounters(set.into()),
            None => return Err(unknown()),
        })
    }
}

/// Which part of a set. Only the part asked for is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Part {
    Dev,
    Test,
    Train,
}

impl Part {
    /// Name in file names and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Train => "train",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_prefix() {
        assert_eq!(SetKind::parse("negex:a/b.txt").expect("known"), SetKind::NegEx("a/b.txt".into()));
        assert_eq!(SetKind::parse("labels:x").expect("known"), SetKind::Labels("x".into()));
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().to_str().expect("path");
        assert_eq!(SetKind::parse(path).expect("a folder"), SetKind::Encounters(path.into()));
        let error = SetKind::parse("bratt:x").expect_err("unknown").to_string();
        assert!(error.contains("bratt:x") && error.contains("pubtator:FILE"), "{error}");
    }
}
