//! The form of a table on disk: one memory-mapped file of named, aligned sections.
//!
//! Layout (little-endian): 8 bytes magic `SBTABLE1`, 8 bytes kind, u32 version, u32 section count, u64 file length,
//! u32 CRC-32 of everything from byte 40 on, u32 zero; then 24 bytes a section (name of 8 bytes, u64 offset, u64 length)
//! and the sections, each on an 8-byte boundary. A file that was cut short or changed in any byte is refused.
use std::fs::File;
use std::io::{Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use memmap2::Mmap;

use super::CodesetError;

#[cfg(target_endian = "big")]
compile_error!("the tables of superbill are little-endian and read in place");

const MAGIC: &[u8; 8] = b"SBTABLE1";
/// A table may be packed as a whole (gzip without name and time): one of many like rows is a twentieth of its size so, and opens
/// within milliseconds.
const PACKED: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff];
/// Longest table that is unpacked.
const MOST_UNPACKED: u64 = 1 << 30;
const HEADER: usize = 40;
const ENTRY: usize = 24;

/// An open table.
pub(super) struct TableFile {
    path: PathBuf,
    map: Content,
    sections: Vec<(String, usize, usize)>,
}

/// The bytes of a table: mapped from its file, or just made and aligned as a mapped file is.
enum Content {
    Mapped(Mmap),
    Made { words: Vec<u64>, length: usize },
}

impl std::ops::Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Made { words, length } => bytemuck::cast_slice(words).get(..*length).unwrap_or_default(),
        }
    }
}

/// A section that was found, aligned and whole-numbered: reading it cannot fail.
pub(super) struct Section<T> {
    start: usize,
    end: usize,
    element: PhantomData<T>,
}

impl<T> Clone for Section<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Section<T> {}

impl TableFile {
    /// Maps `path` and checks magic, kind, version, lengths and checksum.
    pub(super) fn open(path: &Path, kind: &str, version: u32) -> Result<Self, CodesetError> {
        let file = File::open(path).map_err(|e| CodesetError::io(path, e))?;
        // SAFETY: the tables are installed files that nobody writes in place: the builder writes a new file and renames it,
        // so the mapped inode never changes. Every byte is checked below before it is trusted.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file) }.map_err(|e| CodesetError::io(path, e))?;
        if map.starts_with(&PACKED[..2]) {
            return Self::from_bytes(path, &unpacked(path, &map)?, kind, version);
        }
        Self::check(path, Content::Mapped(map), kind, version)
    }

    /// A table that was made in memory; `path` names it in errors.
    pub(super) fn from_bytes(path: &Path, bytes: &[u8], kind: &str, version: u32) -> Result<Self, CodesetError> {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Self::check(path, Content::Made { words, length: bytes.len() }, kind, version)
    }

    fn check(path: &Path, map: Content, kind: &str, version: u32) -> Result<Self, CodesetError> {
        let bad = |problem: String| CodesetError::corrupt(path, problem);
        let head = map.get(..HEADER).ok_or_else(|| bad(format!("only {} bytes long, shorter than any table", map.len())))?;
        if &head[..8] != MAGIC {
            return Err(bad("not a superbill table (wrong first bytes)".into()));
        }
        let found = String::from_utf8_lossy(&head[8..16]).trim_end_matches('\0').to_string();
        if found != kind {
            return Err(bad(format!("holds the table `{found}` where `{kind}` is expected")));
        }
        if u32_at(head, 16) != version {
            return Err(bad(format!("version {} where this program reads version {version}", u32_at(head, 16))));
        }
        if u32_at(head, 36) != 0 {
            return Err(bad("its header is damaged".into()));
        }
        let length = u64_at(head, 24);
        if length != map.len() as u64 {
            return Err(bad(format!("{} bytes long where its header says {length}; it was cut short or extended", map.len())));
        }
        let mut checksum = flate2::Crc::new();
        checksum.update(map.get(HEADER..).unwrap_or_default());
        if checksum.sum() != u32_at(head, 32) {
            return Err(bad("its content does not match its checksum".into()));
        }
        let count = u32_at(head, 20) as usize;
        let mut sections = Vec::new();
        for i in 0..count {
            let from = HEADER + i * ENTRY;
            let entry = map.get(from..from + ENTRY).ok_or_else(|| bad("its list of sections is cut short".into()))?;
            let name = String::from_utf8_lossy(&entry[..8]).trim_end_matches('\0').to_string();
            let (start, size) = (u64_at(entry, 8), u64_at(entry, 16));
            match start.checked_add(size) {
                Some(end) if end <= length && start.is_multiple_of(8) => sections.push((name, start as usize, end as usize)),
                _ => return Err(bad(format!("section `{name}` lies outside the file"))),
            }
        }
        Ok(Self { path: path.to_path_buf(), map, sections })
    }

    /// Whether the table has a section of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sections.iter().any(|s| s.0 == name)
    }

    /// Finds a section of elements `T`.
    pub(super) fn section<T: Pod>(&self, name: &str) -> Result<Section<T>, CodesetError> {
        let (_, start, end) =
            self.sections.iter().find(|s| s.0 == name).ok_or_else(|| self.corrupt(format!("section `{name}` is missing")))?;
        let bytes = self.map.get(*start..*end).unwrap_or_default();
        if bytemuck::try_cast_slice::<u8, T>(bytes).is_err() {
            return Err(self.corrupt(format!("section `{name}` is not a whole number of entries")));
        }
        Ok(Section { start: *start, end: *end, element: PhantomData })
    }

    /// The elements of a section of this file.
    pub(super) fn get<T: Pod>(&self, section: Section<T>) -> &[T] {
        bytemuck::try_cast_slice(self.map.get(section.start..section.end).unwrap_or_default()).unwrap_or_default()
    }

    /// A [`CodesetError::Corrupt`] of this file.
    pub(super) fn corrupt(&self, problem: impl Into<String>) -> CodesetError {
        CodesetError::corrupt(&self.path, problem)
    }

    /// Refuses the file unless `holds`.
    pub(super) fn require(&self, holds: bool, problem: &str) -> Result<(), CodesetError> {
        if holds { Ok(()) } else { Err(self.corrupt(problem)) }
    }
}

/// Texts by number: one run of UTF-8 bytes and where each text ends.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    bytes: Section<u8>,
    ends: Section<u32>,
}

impl Texts {
    /// Finds the two sections and checks that every text is UTF-8 and in order.
    pub(super) fn open(file: &TableFile) -> Result<Self, CodesetError> {
        let texts = Self { bytes: file.section("text")?, ends: file.section("textends")? };
        let whole = std::str::from_utf8(file.get(texts.bytes)).map_err(|_| file.corrupt("its texts are not UTF-8"))?;
        let ends = file.get(texts.ends);
        file.require(ends.is_sorted() && ends.last().is_none_or(|e| *e as usize == whole.len()), "its texts overlap")?;
        file.require(ends.iter().all(|e| whole.is_char_boundary(*e as usize)), "a text ends within a character")?;
        Ok(texts)
    }

    /// Number of texts.
    pub(super) fn len(self, file: &TableFile) -> usize {
        file.get(self.ends).len()
    }

    /// Text number `i`; empty where there is none.
    pub(super) fn get(self, file: &TableFile, i: u32) -> &str {
        let (ends, i) = (file.get(self.ends), i as usize);
        let start = if i == 0 { 0 } else { ends.get(i - 1).map_or(0, |e| *e as usize) };
        let end = ends.get(i).map_or(start, |e| *e as usize);
        file.get(self.bytes).get(start..end).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }
}

/// Collects texts for [`Texts`], equal ones once.
#[derive(Default)]
pub(super) struct TextsBuilder {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    known: std::collections::HashMap<String, u32>,
}

impl TextsBuilder {
    /// Number of `text`, now or from before.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = self.ends.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len() as u32);
        self.known.insert(text.to_string(), number);
        number
    }

    pub(super) fn write(&self, table: &mut TableWriter) {
        table.add("text", &self.bytes);
        table.add("textends", &self.ends);
    }
}

/// The table in a packed file.
pub(super) fn unpacked(path: &Path, packed: &[u8]) -> Result<Vec<u8>, CodesetError> {
    let damaged = || CodesetError::corrupt(path, "its packing is damaged");
    if !packed.starts_with(PACKED) {
        return Err(damaged());
    }
    let mut bytes = Vec::new();
    let mut decoder = flate2::bufread::GzDecoder::new(packed).take(MOST_UNPACKED);
    decoder.read_to_end(&mut bytes).map_err(|_| damaged())?;
    // Nothing may follow.
    if decoder.into_inner().into_inner().is_empty() { Ok(bytes) } else { Err(damaged()) }
}

/// Collects sections and writes the file.
pub(super) struct TableWriter {
    kind: String,
    version: u32,
    sections: Vec<(String, Vec<u8>)>,
}

impl TableWriter {
    pub(super) fn new(kind: &str, version: u32) -> Self {
        Self { kind: kind.into(), version, sections: Vec::new() }
    }

    /// Adds a section; names have at most 8 ASCII characters.
    pub(super) fn add<T: Pod>(&mut self, name: &str, elements: &[T]) {
        debug_assert!(name.len() <= 8);
        self.sections.push((name.into(), bytemuck::cast_slice(elements).to_vec()));
    }

    /// Writes beside `path` and renames, so that a reader sees the old file or the new one.
    pub(super) fn write(&self, path: &Path) -> Result<(), CodesetError> {
        replace_file(path, &self.to_bytes())
    }

    /// As `write`, packed.
    pub(super) fn write_packed(&self, path: &Path) -> Result<(), CodesetError> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let bytes = packed.write_all(&self.to_bytes()).and_then(|()| packed.finish());
        replace_file(path, &bytes.map_err(|e| CodesetError::io(path, e))?)
    }

    /// The file's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut list = Vec::new();
        let mut body: Vec<u8> = Vec::new();
        let base = HEADER + ENTRY * self.sections.len();
        for (name, bytes) in &self.sections {
            while !(base + body.len()).is_multiple_of(8) {
                body.push(0);
            }
            list.extend_from_slice(&padded(name));
            list.extend_from_slice(&((base + body.len()) as u64).to_le_bytes());
            list.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            body.extend_from_slice(bytes);
        }
        list.extend_from_slice(&body);
        let mut checksum = flate2::Crc::new();
        checksum.update(&list);
        let mut out = Vec::with_capacity(HEADER + list.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&padded(&self.kind));
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        out.extend_from_slice(&((HEADER + list.len()) as u64).to_le_bytes());
        out.extend_from_slice(&checksum.sum().to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&list);
        out
    }
}

/// Writes `bytes` to `path` by way of a temporary file beside it.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), CodesetError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| CodesetError::io(path, e))?;
    file.write_all(bytes).map_err(|e| CodesetError::io(path, e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(|e| CodesetError::io(path, e))?;
    }
    file.persist(path).map(|_| ()).map_err(|e| CodesetError::io(path, e.error))
}

fn padded(name: &str) -> [u8; 8] {
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}
