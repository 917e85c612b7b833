//! What does each token mean in its context? Sentences in, token vectors out: the only folder that knows tensors of text.
//!
//! A document is cut into [`Chunk`]s (consecutive sentences of one section with the heading's words in front), every
//! chunk passes the transformer, and each word piece of a sentence gets vectors of [`Encoder::dim`] numbers: one for
//! tagging (mentions, assertion), one for linking (what the words are, for retrieval by similarity) and, where the
//! model has that branch, one for coding (does the claim report it?).
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`bert`] | how is a vector computed? (one differentiable definition for training and inference) |
//! | [`store`], [`manifest`] | are these the released weights? |
//! | [`tokens`] | which word pieces, in which chunks? |
//! | [`transformer`] | the encoder on CPU or GPU |
//! | [`packed`], [`kernels`] | how is it fast on a CPU? |
//! | [`fused`] | how does it learn fast, and run on a GPU? |
//! | [`families`], [`hub`] | and a user's own model? |
//! | [`vectors`] | which codes' titles are nearest? |
//! | [`hash`] | a small encoder without weights, for tests |
//! | [`average`] | what do several models that learned alike say together? |
//! | [`convert`] | how does a published checkpoint become a model directory? |
//! | [`device`] | where is it computed? |
pub mod average;
pub mod bert;
pub mod convert;
pub mod device;
pub mod error;
pub mod families;
pub mod fused;
pub mod hash;
pub mod hub;
pub mod kernels;
pub mod manifest;
pub mod packed;
pub mod store;
mod stored;
pub mod tokens;
pub mod transformer;
pub mod vectors;

pub use error::EncoderError;
pub use hash::HashEncoder;
pub use tokens::{Chunk, EncodedToken};
pub use transformer::CandleEncoder;

use crate::document::Document;

/// Word pieces of one block when a document is encoded in blocks: bounds the memory that a long document takes.
const BLOCK_TOKENS: usize = 16_384;

/// A document's tokens and their vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodedDocument {
    /// Length of each vector.
    pub dim: usize,
    /// In the order of the text; headings have none.
    pub tokens: Vec<EncodedToken>,
    /// Vectors for mention and assertion heads: tokens × dim, row by row.
    pub tagging: Vec<f32>,
    /// Vectors for retrieval: tokens × dim, row by row.
    pub linking: Vec<f32>,
    /// Vectors for the choice of codes: tokens × dim, row by row; empty where the model has no such branch.
    pub coding: Vec<f32>,
}

impl EncodedDocument {
    /// The tagging vector of a token.
    pub fn tagging_at(&self, token: usize) -> &[f32] {
        self.tagging.get(token * self.dim..(token + 1) * self.dim).unwrap_or_default()
    }
    /// The linking vector of a token.
    pub fn linking_at(&self, token: usize) -> &[f32] {
        self.linking.get(token * self.dim..(token + 1) * self.dim).unwrap_or_default()
    }
    /// Indices of the tokens that overlap a span of the text.
    pub fn tokens_in(&self, span: crate::document::Span) -> std::ops::Range<usize> {
        let first = self.tokens.partition_point(|t| t.span.end <= span.start);
        let last = self.tokens.partition_point(|t| t.span.start < span.end);
        first..last.max(first)
    }
    /// Mean of the linking vectors over a span of the text, scaled to length 1; `None` where no token stands.
    pub fn mention_vector(&self, span: crate::document::Span) -> Option<Vec<f32>> {
        let tokens = self.tokens_in(span);
        if tokens.is_empty() {
            return None;
        }
        let mut sum = vec![0f32; self.dim];
        for token in tokens {
            for (s, v) in sum.iter_mut().zip(self.linking_at(token)) {
                *s += v;
            }
        }
        normalize(&mut sum);
        Some(sum)
    }
}

/// Scales a vector to length 1; leaves zeros alone.
pub fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// The vectors of one chunk's emitted tokens: tokens × dim, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkVectors {
    /// For mention and assertion heads.
    pub tagging: Vec<f32>,
    /// For retrieval.
    pub linking: Vec<f32>,
    /// For the choice of codes; empty where the model has no such branch.
    pub coding: Vec<f32>,
}

/// Gives vectors to words. Two implementations: [`CandleEncoder`] and [`HashEncoder`].
pub trait Encoder: Send + Sync {
    /// Length of a vector.
    fn dim(&self) -> usize;
    /// Cuts a document into chunks.
    fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EncoderError>;
    /// Vectors of each chunk's emitted tokens, in the order given.
    fn encode_chunks(&self, chunks: &[&Chunk]) -> Result<Vec<ChunkVectors>, EncoderError>;
    /// One linking vector of length 1 for each text (zeros for a text without words).
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError>;

    /// Encodes a whole document.
    fn encode(&self, document: &Document) -> Result<EncodedDocument, EncoderError> {
        let mut whole = EncodedDocument { dim: self.dim(), ..Default::default() };
        self.encode_blocks(document, &mut |block| {
            whole.tokens.extend_from_slice(&block.tokens);
            whole.tagging.extend_from_slice(&block.tagging);
            whole.linking.extend_from_slice(&block.linking);
            whole.coding.extend_from_slice(&block.coding);
        })?;
        Ok(whole)
    }

    /// Encodes a document in blocks of consecutive sentences, so that the transformer needs little memory for a very long
    /// one; `sink` gets the blocks in their order.
    fn encode_blocks(&self, document: &Document, sink: &mut dyn FnMut(EncodedDocument)) -> Result<(), EncoderError> {
        let chunks = self.chunks(document)?;
        let mut rest = chunks.as_slice();
        while !rest.is_empty() {
            let mut tokens = 0;
            let fits = |c: &&Chunk| {
                let before = tokens;
                tokens += c.ids.len();
                before < BLOCK_TOKENS
            };
            let count = rest.iter().take_while(fits).count();
            let (block, later) = rest.split_at(count.max(1));
            rest = later;
            let vectors = self.encode_chunks(&block.iter().collect::<Vec<_>>())?;
            sink(join(self.dim(), block, vectors));
        }
        Ok(())
    }

    /// Encodes many documents together, which fills batches better than one by one.
    fn encode_many(&self, documents: &[&Document]) -> Result<Vec<EncodedDocument>, EncoderError> {
        let chunks = documents.iter().map(|d| self.chunks(d)).collect::<Result<Vec<_>, _>>()?;
        let mut vectors = self.encode_chunks(&chunks.iter().flatten().collect::<Vec<_>>())?.into_iter();
        Ok(chunks.iter().map(|own| join(self.dim(), own, vectors.by_ref().take(own.len()))).collect())
    }
}

/// Lays the vectors of consecutive chunks end to end.
fn join(dim: usize, chunks: &[Chunk], vectors: impl IntoIterator<Item = ChunkVectors>) -> EncodedDocument {
    let mut joined = EncodedDocument { dim, ..Default::default() };
    for (chunk, own) in chunks.iter().zip(vectors) {
        joined.tokens.extend_from_slice(&chunk.tokens);
        joined.tagging.extend(own.tagging);
        joined.linking.extend(own.linking);
        joined.coding.extend(own.coding);
    }
    joined
}
