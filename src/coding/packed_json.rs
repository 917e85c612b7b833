//! Models on disk: gzipped JSON, read whole (reading it byte by byte out of a stream takes three times as long).
use std::io::{Read, Write};

use flate2::read::GzDecoder;
use serde::{Serialize, de::DeserializeOwned};

/// Unpacks and parses; the error says what is wrong.
pub fn parse<T: DeserializeOwned>(packed: &[u8]) -> Result<T, String> {
    let mut text = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut text).map_err(|e| e.to_string())?;
    serde_json::from_slice(&text).map_err(|e| e.to_string())
}

/// As a file; equal models give equal bytes.
pub fn pack<T: Serialize>(model: &T) -> std::io::Result<Vec<u8>> {
    let mut out = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
    out.write_all(&serde_json::to_vec(model).map_err(std::io::Error::other)?)?;
    out.finish()
}
