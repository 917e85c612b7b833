//! A small encoder without weights: a word's vector is drawn from a hash of its letters. For tests of everything above.
use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

use super::{Chunk, ChunkVectors, EncodedToken, Encoder, EncoderError, normalize};
use crate::document::{Document, Span};

/// Same word, same vector; no context, no meaning.
#[derive(Clone, Debug)]
pub struct HashEncoder {
    dim: usize,
}

impl HashEncoder {
    /// Vectors of `dim` numbers.
    pub fn new(dim: usize) -> Self {
        Self { dim: dim.max(1) }
    }

    fn vector(&self, id: u32) -> impl Iterator<Item = f32> {
        // xorshift from the word's hash
        let mut state = u64::from(id) << 16 | 0x9E37;
        let scale = 1.0 / (self.dim as f32).sqrt();
        (0..self.dim).map(move |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state >> 32 & 1 == 0 { scale } else { -scale }
        })
    }
}

fn word_id(word: &str) -> u32 {
    let digest = Sha256::digest(word.to_lowercase());
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
}

impl Encoder for HashEncoder {
    fn dim(&self) -> usize {
        self.dim
    }

    fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EncoderError> {
        let chunk = |(index, sentence): (usize, &crate::document::Sentence)| {
            let words: Vec<(usize, &str)> = sentence.span.of(&document.text).unicode_word_indices().collect();
            Chunk {
                ids: words.iter().map(|(_, w)| word_id(w)).collect(),
                first: 0,
                tokens: words
                    .iter()
                    .map(|(at, w)| EncodedToken {
                        span: Span::new(sentence.span.start + at, sentence.span.start + at + w.len()),
                        sentence: u32::try_from(index).unwrap_or(u32::MAX),
                        continues: false,
                    })
                    .collect(),
            }
        };
        Ok(document.sentences.iter().enumerate().map(chunk).filter(|c| !c.tokens.is_empty()).collect())
    }

    fn encode_chunks(&self, chunks: &[&Chunk]) -> Result<Vec<ChunkVectors>, EncoderError> {
        let vectors = |chunk: &&Chunk| {
            let vectors: Vec<f32> = chunk.ids.iter().flat_map(|&id| self.vector(id)).collect();
            ChunkVectors { tagging: vectors.clone(), linking: vectors, coding: Vec::new() }
        };
        Ok(chunks.iter().map(vectors).collect())
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError> {
        let embed = |text: &&str| {
            let mut sum = vec![0f32; self.dim];
            for word in text.unicode_words() {
                sum.iter_mut().zip(self.vector(word_id(word))).for_each(|(s, v)| *s += v);
            }
            normalize(&mut sum);
            sum
        };
        Ok(texts.iter().map(embed).collect())
    }
}
