//! One file of named sections, memory-mapped: magic, version, table of `(tag, offset, length)`, then the sections.
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

const MAGIC: &[u8; 8] = b"SBLEXIC\0";
const VERSION: u32 = 1;

/// Why a lexicon file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are not a lexicon of this version, or are damaged.
    #[error("{path} is no usable lexicon: {what}; build it again with `superbill codesets build`")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A source of the build cannot be used.
    #[error("cannot build the lexicon from {path}: {what}")]
    Source {
        /// Which source.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

enum Backing {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

/// A shared slice of a mapped file or of memory.
#[derive(Clone)]
pub(super) struct Bytes {
    backing: Arc<Backing>,
    range: Range<usize>,
}

impl Bytes {
    pub(super) fn owned(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self { backing: Arc::new(Backing::Owned(bytes)), range }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        let all: &[u8] = match &*self.backing {
            Backing::Mapped(m) => m,
            Backing::Owned(v) => v,
        };
        all.get(self.range.clone()).unwrap_or(&[])
    }
}

/// The sections of an open file.
pub(super) struct Container {
    path: PathBuf,
    sections: Vec<(String, Bytes)>,
}

impl Container {
    /// Maps a file and reads its table of sections.
    #[allow(unsafe_code)]
    pub(super) fn open(path: &Path) -> Result<Self, LexiconError> {
        let read = |source| LexiconError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        // SAFETY: the file is opened for reading only and tables are replaced by renaming a new file over the old one,
        // never written in place; a changed byte could at worst give a wrong posting, and every read is bounds-checked.
        let map = unsafe { Mmap::map(&file) }.map_err(read)?;
        Self::parse(path, Backing::Mapped(map))
    }

    /// The same from bytes in memory; `path` names them in errors.
    pub(super) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, LexiconError> {
        Self::parse(path, Backing::Owned(bytes))
    }

    fn parse(path: &Path, backing: Backing) -> Result<Self, LexiconError> {
        let backing = Arc::new(backing);
        let whole = Bytes { range: 0..usize::MAX, backing: Arc::clone(&backing) };
        let length = match &*whole.backing {
            Backing::Mapped(m) => m.len(),
            Backing::Owned(v) => v.len(),
        };
        let whole = Bytes { range: 0..length, ..whole };
        let bytes = whole.as_ref();
        let damaged = |what: &str| LexiconError::Damaged { path: path.to_owned(), what: what.to_owned() };
        let number = |at: usize| -> Option<u64> { Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?)) };
        if bytes.get(..8) != Some(MAGIC) {
            return Err(damaged("it does not begin with the lexicon's mark"));
        }
        if number(8) != Some(u64::from(VERSION)) {
            return Err(damaged("it was written by another version"));
        }
        let count = number(16).filter(|n| *n < 64).ok_or_else(|| damaged("its table of sections is cut off"))?;
        let mut sections = Vec::new();
        for i in 0..count as usize {
            let at = 24 + i * 24;
            let entry = bytes.get(at..at + 8).zip(number(at + 8).zip(number(at + 16)));
            let (tag, (offset, len)) = entry.ok_or_else(|| damaged("its table of sections is cut off"))?;
            let end = offset.checked_add(len).filter(|e| *e <= length as u64).ok_or_else(|| damaged("a section is cut off"))?;
            let tag = String::from_utf8_lossy(tag).trim_end_matches('\0').to_owned();
            sections.push((tag, Bytes { backing: Arc::clone(&backing), range: offset as usize..end as usize }));
        }
        Ok(Self { path: path.to_owned(), sections })
    }

    /// A section by its name.
    pub(super) fn section(&self, tag: &str) -> Result<Bytes, LexiconError> {
        let found = self.sections.iter().find(|(t, _)| t == tag).map(|(_, b)| b.clone());
        found.ok_or_else(|| self.damaged(format!("the section `{tag}` is missing")))
    }

    /// An error about this file.
    pub(super) fn damaged(&self, what: String) -> LexiconError {
        LexiconError::Damaged { path: self.path.clone(), what }
    }
}

/// The bytes of a file with these sections; tags of at most eight bytes.
pub(super) fn container_bytes(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&u64::from(VERSION).to_le_bytes());
    out.extend_from_slice(&(sections.len() as u64).to_le_bytes());
    let mut offset = (24 + sections.len() * 24) as u64;
    for (tag, data) in sections {
        let mut name = [0u8; 8];
        for (slot, byte) in name.iter_mut().zip(tag.bytes()) {
            *slot = byte;
        }
        out.extend_from_slice(&name);
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&(data.len() as u64).to_le_bytes());
        offset += data.len() as u64;
    }
    for (_, data) in sections {
        out.extend_from_slice(data);
    }
    out
}

/// Appends a number, seven bits a byte.
pub(super) fn push_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads a number at `at` and moves past it; `None` at the end of the bytes.
pub(super) fn read_number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}
