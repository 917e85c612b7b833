//! The weights on disk: gzip of a head line, the codes, and the terms with their weights in whole numbers of seven bits a byte.
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::BagOfWords;

/// Weights for diagnoses, in a model folder.
pub const DIAGNOSES_FILE: &str = "words_of_diagnoses.bin.gz";
/// Weights for procedures and visits, in a model folder.
pub const SERVICES_FILE: &str = "words_of_services.bin.gz";

const MAGIC: &[u8; 8] = b"SBWORDS1";

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BagError {
    /// Cannot be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Not what it should be.
    #[error("{path} is damaged ({what}); install the release again")]
    Damaged {
        /// The file.
        path: String,
        /// Where it goes wrong.
        what: &'static str,
    },
}

impl BagOfWords {
    /// Reads and checks a file.
    pub fn open(path: &Path) -> Result<Self, BagError> {
        let name = || path.display().to_string();
        let failed = |e: std::io::Error| BagError::Read { path: name(), reason: e.to_string() };
        let packed = std::fs::read(path).map_err(failed)?;
        let mut bytes = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).map_err(failed)?;
        Self::from_bytes(&bytes).map_err(|what| BagError::Damaged { path: name(), what })
    }

    /// As a file.
    pub fn to_file(&self) -> std::io::Result<Vec<u8>> {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(&self.to_bytes())?;
        out.finish()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for n in [self.documents, self.codes.len() as u32, self.terms.len() as u32, self.scale.to_bits()] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for code in &self.codes {
            out.extend_from_slice(code.as_bytes());
            out.push(b'\n');
        }
        let mut before = 0;
        for term in &self.terms {
            whole(&mut out, term - before);
            before = *term;
        }
        self.counts.iter().for_each(|n| whole(&mut out, *n));
        self.starts.windows(2).for_each(|pair| whole(&mut out, pair[1] - pair[0]));
        for row in 0..self.terms.len() {
            let mut before = 0;
            for (code, _) in self.weights_of(row) {
                whole(&mut out, u32::from(*code) - before);
                before = u32::from(*code);
            }
        }
        out.extend(self.weights.iter().map(|(_, w)| w.to_le_bytes()[0]));
        out
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or("not a table of weights")?;
        let mut fixed = || {
            let (head, tail) = rest.split_first_chunk::<4>().ok_or("its head is cut short")?;
            rest = tail;
            Ok::<u32, &'static str>(u32::from_le_bytes(*head))
        };
        let (documents, codes, terms, scale) = (fixed()?, fixed()? as usize, fixed()? as usize, f32::from_bits(fixed()?));
        if !scale.is_finite() || codes > usize::from(u16::MAX) {
            return Err("its head");
        }
        let mut bag = Self { documents, scale, ..Self::default() };
        for _ in 0..codes {
            let end = rest.iter().position(|b| *b == b'\n').ok_or("the codes are cut short")?;
            let code = std::str::from_utf8(&rest[..end]).map_err(|_| "a code")?;
            if bag.codes.last().is_some_and(|last| last.as_str() >= code) {
                return Err("the order of the codes");
            }
            bag.codes.push(code.to_owned());
            rest = &rest[end + 1..];
        }
        if terms > rest.len() {
            return Err("the terms are cut short");
        }
        let mut before = 0u32;
        for i in 0..terms {
            let step = next(&mut rest)?;
            before = before.checked_add(step).filter(|_| i == 0 || step > 0).ok_or("the order of the terms")?;
            bag.terms.push(before);
        }
        for _ in 0..terms {
            bag.counts.push(next(&mut rest)?);
        }
        let mut total = 0u32;
        bag.starts.push(0);
        for _ in 0..terms {
            total = total.checked_add(next(&mut rest)?).ok_or("the numbers of weights")?;
            bag.starts.push(total);
        }
        if total as usize > rest.len() {
            return Err("the weights are cut short");
        }
        bag.weights.reserve(total as usize);
        for pair in bag.starts.windows(2) {
            let mut code = 0u32;
            for _ in pair[0]..pair[1] {
                code = code.checked_add(next(&mut rest)?).filter(|c| (*c as usize) < codes).ok_or("the code of a weight")?;
                bag.weights.push((code as u16, 0));
            }
        }
        if rest.len() != bag.weights.len() {
            return Err("the weights are cut short");
        }
        bag.weights.iter_mut().zip(rest).for_each(|(w, byte)| w.1 = i8::from_le_bytes([*byte]));
        Ok(bag)
    }
}

/// Seven bits a byte, the low ones first; the high bit says that more follow.
fn whole(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn next(rest: &mut &[u8]) -> Result<u32, &'static str> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (byte, tail) = rest.split_first().ok_or("a number is cut short")?;
        *rest = tail;
        let part = u32::from(byte & 0x7f);
        if shift == 28 && part > 0xf {
            return Err("a number");
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> BagOfWords {
        BagOfWords {
            documents: 7,
            codes: vec!["99213".into(), "I10".into()],
            terms: vec![3, 70_000, u32::MAX],
            counts: vec![1, 300, 2],
            starts: vec![0, 1, 1, 3],
            weights: vec![(1, -5), (0, 127), (1, -127)],
            scale: 0.25,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(BagOfWords::from_bytes(&small().to_bytes()), Ok(small()));
    }

    #[test]
    fn no_cut_or_changed_file_is_trusted_beyond_its_bounds() {
        let bytes = small().to_bytes();
        for cut in 0..bytes.len() {
            assert!(BagOfWords::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..bytes.len() {
            for value in [0, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Ok(bag) = BagOfWords::from_bytes(&changed) {
                    let note = bag.note(&super::super::terms("any words"));
                    bag.scores(&note);
                }
            }
        }
    }
}
