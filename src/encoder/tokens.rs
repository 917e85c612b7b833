//! Which word pieces, in which chunks? The tokenizer and the cutting of a document into sequences.
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tokenizers::Tokenizer;

use super::error::EncoderError;
use crate::document::{Document, Span};

/// Most word pieces of text in a chunk, heading and special tokens not counted.
pub const CHUNK_PIECES: usize = 160;
/// Most word pieces of a heading put in front.
const HEADING_PIECES: usize = 12;
/// Context on each side where a sentence is longer than a chunk.
const WINDOW_CONTEXT: usize = 32;
/// Longest stretch handed to the tokenizer at once; longer sentences are cut at a blank.
const STRETCH_BYTES: usize = 8_192;

/// A word piece of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedToken {
    /// Its place in the document's text.
    pub span: Span,
    /// Index into [`Document::sentences`].
    pub sentence: u32,
    /// It continues the word of the token before it (`##` pieces).
    pub continues: bool,
}

/// A sequence for the encoder: `[CLS] heading pieces… sentence pieces… [SEP]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Everything the encoder sees.
    pub ids: Vec<u32>,
    /// Position in `ids` of the first emitted token; the emitted ones are consecutive.
    pub first: usize,
    /// The tokens whose vectors are taken from this chunk.
    pub tokens: Vec<EncodedToken>,
}

impl Chunk {
    /// Positions in `ids` of the emitted tokens.
    pub fn positions(&self) -> Range<usize> {
        self.first..self.first + self.tokens.len()
    }
}

/// A tokenizer with its special ids.
pub struct Pieces {
    tokenizer: Tokenizer,
    path: PathBuf,
    /// Starts a sequence.
    pub cls: u32,
    /// Ends a sequence.
    pub sep: u32,
    /// Fills up.
    pub pad: u32,
    longest: usize,
}

impl Pieces {
    /// Reads `tokenizer.json`, or the `vocab.txt` of an older BERT. `longest`: most ids of one sequence that the model takes.
    pub fn open(path: &Path, longest: usize) -> Result<Self, EncoderError> {
        let bytes = std::fs::read(path).map_err(|e| EncoderError::io("tokenizer", path, e))?;
        let mut tokenizer = match path.extension().is_some_and(|e| e == "txt") {
            true => from_vocabulary(path)?,
            false => Tokenizer::from_bytes(&bytes).map_err(|e| EncoderError::format(path, e))?,
        };
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|e| EncoderError::format(path, e))?;
        let special = |names: [&str; 2]| {
            let found = names.iter().find_map(|n| tokenizer.token_to_id(n));
            found.ok_or_else(|| EncoderError::format(path, format!("it has no token {} or {}", names[0], names[1])))
        };
        let (cls, sep, pad) = (special(["[CLS]", "<s>"])?, special(["[SEP]", "</s>"])?, special(["[PAD]", "<pad>"])?);
        Ok(Self { cls, sep, pad, longest: longest.max(16), path: path.to_owned(), tokenizer })
    }

    /// Refuses a tokenizer whose ids go beyond the model's word vectors.
    pub fn check_vocabulary(&self, vocabulary: usize) -> Result<(), EncoderError> {
        let highest = self.tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if highest as usize >= vocabulary {
            return Err(EncoderError::Vocabulary { path: self.path.clone(), highest, vocabulary });
        }
        Ok(())
    }

    /// The token that hides a word piece in training, where the tokenizer has one.
    pub fn mask(&self) -> Option<u32> {
        ["[MASK]", "<mask>"].iter().find_map(|name| self.tokenizer.token_to_id(name))
    }

    /// Ids of a text between start and end token, cut to the longest sequence.
    pub fn sequence(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let mut ids = vec![self.cls];
        for part in stretches(text, Span::new(0, text.len())) {
            ids.extend(self.ids(part.of(text))?);
            if ids.len() >= self.longest {
                break;
            }
        }
        ids.truncate(self.longest - 1);
        ids.push(self.sep);
        Ok(ids)
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|e| EncoderError::Tokenizer(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Word pieces of one sentence with their places in `text`.
    fn pieces(&self, text: &str, sentence: Span, index: u32) -> Result<(Vec<u32>, Vec<EncodedToken>), EncoderError> {
        let (mut ids, mut tokens) = (Vec::new(), Vec::new());
        for part in stretches(text, sentence) {
            let words = part.of(text);
            let encoding = self.tokenizer.encode(words, false).map_err(|e| EncoderError::Tokenizer(e.to_string()))?;
            let mut before = None;
            for ((&id, &(start, end)), &word) in
                encoding.get_ids().iter().zip(encoding.get_offsets()).zip(encoding.get_word_ids())
            {
                // Normalisation can split a character (ligatures): keep whole characters of the original.
                let (start, end) = (words.floor_char_boundary(start), words.ceil_char_boundary(end.max(start)));
                ids.push(id);
                tokens.push(EncodedToken {
                    span: Span::new(part.start + start, part.start + end),
                    sentence: index,
                    continues: word.is_some() && word == before,
                });
                before = word;
            }
        }
        Ok((ids, tokens))
    }

    /// Cuts a document into chunks. Sentences of different sections never share a chunk.
    pub fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EncoderError> {
        let text = &document.text;
        let limit = CHUNK_PIECES.min(self.longest.saturating_sub(HEADING_PIECES + 2)).max(8);
        let pieces = document
            .sentences
            .par_iter()
            .enumerate()
            .map(|(i, s)| self.pieces(text, s.span, u32::try_from(i).unwrap_or(u32::MAX)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut open: Option<(usize, usize)> = None; // section and number of text pieces of the chunk that still takes sentences
        let mut heading = (usize::MAX, Vec::new());
        for (sentence, (ids, tokens)) in document.sentences.iter().zip(pieces) {
            if ids.is_empty() {
                continue;
            }
            if heading.0 != sentence.section {
                heading = (sentence.section, self.heading(document, sentence.section)?);
            }
            match (open, chunks.last_mut()) {
                (Some((section, used)), Some(chunk)) if section == sentence.section && used + ids.len() <= limit => {
                    open = Some((section, used + ids.len()));
                    chunk.ids.pop();
                    chunk.ids.extend(&ids);
                    chunk.ids.push(self.sep);
                    chunk.tokens.extend(&tokens);
                }
                _ if ids.len() <= limit => {
                    open = Some((sentence.section, ids.len()));
                    chunks.push(self.chunk(&heading.1, &ids, &tokens));
                }
                _ => {
                    open = None;
                    chunks.extend(windows(ids.len(), limit).map(|(seen, emitted)| {
                        let before = emitted.start - seen.start;
                        let mut chunk = self.chunk(&heading.1, &ids[seen], &tokens[emitted]);
                        chunk.first += before;
                        chunk
                    }));
                }
            }
        }
        Ok(chunks)
    }

    /// A chunk that emits tokens from its first word piece of text on.
    fn chunk(&self, heading: &[u32], ids: &[u32], tokens: &[EncodedToken]) -> Chunk {
        let mut all = Vec::with_capacity(heading.len() + ids.len() + 2);
        all.push(self.cls);
        all.extend(heading);
        all.extend(ids);
        all.push(self.sep);
        Chunk { ids: all, first: 1 + heading.len(), tokens: tokens.to_vec() }
    }

    /// The heading's pieces and a colon.
    fn heading(&self, document: &Document, section: usize) -> Result<Vec<u32>, EncoderError> {
        let Some(span) = document.sections.get(section).and_then(|s| s.heading) else { return Ok(Vec::new()) };
        let words = span.of(&document.text);
        let words = &words[..words.floor_char_boundary(200)];
        let mut ids = self.ids(words)?;
        ids.truncate(HEADING_PIECES - 1);
        ids.extend(self.ids(":")?);
        Ok(ids)
    }
}

/// BERT's tokenizer from a list of word pieces, one a line; lower-casing as `tokenizer_config.json` beside it says.
fn from_vocabulary(path: &Path) -> Result<Tokenizer, EncoderError> {
    use tokenizers::models::wordpiece::WordPiece;
    use tokenizers::normalizers::BertNormalizer;
    use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
    let model = WordPiece::from_file(&path.to_string_lossy()).unk_token("[UNK]".to_owned()).build();
    let settings = path.parent().and_then(|folder| std::fs::read(folder.join("tokenizer_config.json")).ok());
    let settings = settings.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let lowercase = settings.and_then(|s| s.get("do_lower_case")?.as_bool()).unwrap_or(true);
    let mut tokenizer = Tokenizer::new(model.map_err(|e| EncoderError::format(path, e))?);
    tokenizer
        .with_normalizer(Some(BertNormalizer::new(true, true, None, lowercase)))
        .map_err(|e| EncoderError::format(path, e))?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(tokenizer)
}

/// Windows over a sentence of `length` pieces: what each sees, and what it emits (each piece once).
fn windows(length: usize, limit: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let context = WINDOW_CONTEXT.min(limit / 4);
    let core = (limit - 2 * context).max(1);
    (0..length.div_ceil(core)).map(move |i| {
        let emitted = i * core..((i + 1) * core).min(length);
        (emitted.start.saturating_sub(context)..(emitted.end + context).min(length), emitted)
    })
}

/// Cuts a span into stretches of bounded length, at a blank where there is one.
fn stretches(text: &str, span: Span) -> Vec<Span> {
    let mut parts = Vec::new();
    let mut start = span.start;
    while span.end - start > STRETCH_BYTES {
        let hard = text.floor_char_boundary(start + STRETCH_BYTES);
        let window = &text[start..hard];
        let end = window.rfind(char::is_whitespace).filter(|&at| at > 0).map_or(hard, |at| start + at);
        parts.push(Span::new(start, end));
        start = end;
    }
    parts.push(Span::new(start, span.end));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_emit_every_piece_once() {
        for length in [161, 500, 1000] {
            let emitted: Vec<usize> = windows(length, 160)
                .flat_map(|(seen, emitted)| {
                    assert!(seen.len() <= 160 && seen.start <= emitted.start && emitted.end <= seen.end);
                    emitted
                })
                .collect();
            assert_eq!(emitted, (0..length).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stretches_cover_text_without_blanks_and_keep_characters_whole() {
        let text = "é".repeat(STRETCH_BYTES);
        let parts = stretches(&text, Span::new(0, text.len()));
        assert!(parts.len() >= 2 && parts.iter().all(|p| p.len() <= STRETCH_BYTES));
        assert_eq!(parts.iter().map(|p| p.of(&text)).collect::<String>(), text);
    }
}
