//! Reading a note: structure, context, token vectors, mentions, and the material that diagnosis coding collects from.
use std::borrow::Cow;
use std::path::Path;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tracing::debug_span;

use super::{EngineError, open_error};
use crate::coding::attributes::{NoteFacts, PatientFacts};
use crate::coding::bag_of_words::{self, BagOfWords, NoteWords};
use crate::coding::diagnoses::attention::{self, ClaimAttention, Titles};
use crate::coding::diagnoses::gather::{DenseHit, Material};
use crate::coding::diagnoses::places::{AssertionSource, AssertionWeights, index_of};
use crate::coding::lexicon::{COUNTS_FILE, Hit, Lexicon, PhraseCounts, Word, sentence_words};
use crate::document::{self, Document, Span, facts};
use crate::encoder::manifest::{self, Manifest};
use crate::encoder::vectors::{self, VectorFile};
use crate::encoder::{CandleEncoder, Chunk, EncodedDocument, Encoder, device};
use crate::extract::assertion_cues::CueIndex;
use crate::extract::heads::{self, Heads};
use crate::extract::measurements::Measurement;
use crate::extract::relations::{self, RelationModel};
use crate::extract::spans::{self, FoundSpan};
use crate::extract::tagger::{self, Extraction};
use crate::extract::{Assertion, Laterality, Mention, MentionKind, Relation, laterality};
use crate::note::{Context, Encounter};

/// Problem mentions from this score on are looked up by similarity.
const SURE_MENTION: f32 = 0.4;
/// Codes that a mention gets by similarity.
const NEIGHBOURS: usize = 5;
/// Mentions of one note that are looked up by similarity; a longer note has said it all by then.
const MOST_MENTIONS: usize = 300;

/// What is known of a note before anything is coded.
pub struct Reading {
    /// The note's structure.
    pub document: Document,
    /// Context as used.
    pub context: Context,
    /// Mentions and relations.
    pub extraction: Extraction,
    /// Numbers of the note.
    pub measurements: Vec<Measurement>,
    /// Token vectors.
    pub encoded: EncodedDocument,
    /// Codes whose titles are similar to mentions.
    pub dense: Vec<DenseHit>,
    /// Words by sentence.
    pub words: Vec<Vec<Word>>,
    /// What the dictionary finds in them.
    pub hits: Vec<Hit>,
}

/// What is read in a text that is no encounter.
#[derive(Clone, Debug, Default)]
pub struct TextReading {
    /// Mentions as the engine uses them: leaning towards finding more.
    pub mentions: Vec<FoundSpan>,
    /// Mentions by the most probable label of each word.
    pub balanced: Vec<FoundSpan>,
    /// Everything that holds of each place asked for, in order of precedence.
    pub assertions: Vec<Vec<Assertion>>,
}

/// Encoder, heads and dictionary, open.
pub struct Reader {
    encoder: CandleEncoder,
    /// A user's own encoder comes without heads; then cue words alone decide.
    heads: Option<Heads>,
    lexicon: Lexicon,
    counts: PhraseCounts,
    /// Vectors of code titles; a user's own encoder has none.
    vectors: Option<VectorFile>,
    /// Row of those for each code of the dictionary.
    rows: Vec<u32>,
    /// What chooses codes by their titles, where the model has it.
    claims: Option<ClaimAttention>,
    /// What says which mentions hang together, where the model has it; else words alone do.
    relations: Option<RelationModel>,
    /// What the words of a note as a whole say, where the model has it.
    bag: Option<BagOfWords>,
    name: String,
    identity: String,
    numerics: String,
}

impl Reader {
    /// Opens weights and dictionary.
    pub fn open(model: &Path, codesets: &Path, device_name: &str) -> Result<Self, EngineError> {
        let device = device::open(device_name).map_err(open_error)?;
        let record = Manifest::read(model).map_err(open_error)?;
        let has_heads = record.files.contains_key(heads::FILE);
        let open_vectors = || has_heads.then(|| vectors::open_code_vectors(model)).transpose();
        let open_lexicon = || (Lexicon::open(&codesets.join("lexicon.bin")), PhraseCounts::open(&codesets.join(COUNTS_FILE)));
        let (encoder, (vectors, (lexicon, counts))) =
            rayon::join(|| CandleEncoder::open(model, &device), || rayon::join(open_vectors, open_lexicon));
        let bf16 = device::in_bf16(device_name);
        let encoder = encoder.and_then(|e| if bf16 { e.in_bf16() } else { Ok(e) }).map_err(open_error)?;
        let heads = match has_heads {
            true => {
                record.verify(model, heads::FILE).map_err(open_error)?;
                Some(Heads::open(model, encoder.dim()).map_err(open_error)?)
            }
            false => None,
        };
        let (lexicon, counts) = (lexicon.map_err(open_error)?, counts.map_err(open_error)?);
        let vectors = vectors.map_err(open_error)?;
        let rows = vectors.as_ref().map(|v| attention::rows_of_codes(v, &lexicon)).unwrap_or_default();
        let claims = match record.files.contains_key(attention::FILE) {
            true => {
                record.verify(model, attention::FILE).map_err(open_error)?;
                Some(ClaimAttention::open(model, encoder.dim()).map_err(open_error)?)
            }
            false => None,
        };
        let relations = match record.files.contains_key(relations::model::FILE) {
            true => {
                record.verify(model, relations::model::FILE).map_err(open_error)?;
                Some(RelationModel::open(model).map_err(open_error)?)
            }
            false => None,
        };
        let bag = match record.files.contains_key(bag_of_words::DIAGNOSES_FILE) {
            true => {
                record.verify(model, bag_of_words::DIAGNOSES_FILE).map_err(open_error)?;
                Some(BagOfWords::open(&model.join(bag_of_words::DIAGNOSES_FILE)).map_err(open_error)?)
            }
            false => None,
        };
        let numerics = match (device.is_cpu(), bf16) {
            (true, _) => record.compute.name(),
            (false, true) => "cuda-bf16".to_owned(),
            (false, false) => "cuda-f32".to_owned(),
        };
        Ok(Self {
            encoder,
            heads,
            lexicon,
            counts,
            vectors,
            rows,
            claims,
            relations,
            bag,
            name: record.name.clone(),
            identity: digest_of(&model.join(manifest::FILE)).map_err(open_error)?,
            numerics,
        })
    }

    /// Name of the model.
    pub fn model_name(&self) -> &str {
        &self.name
    }
    /// SHA-256 of its manifest.
    pub fn model_identity(&self) -> String {
        self.identity.clone()
    }
    /// Number format of the forward pass.
    pub fn numerics(&self) -> String {
        self.numerics.clone()
    }
    /// The dictionary.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Reads one encounter's note.
    pub fn read(&self, encounter: &Encounter, today: Date) -> Result<Reading, EngineError> {
        let internal = |e: crate::encoder::EncoderError| EngineError::Internal(e.to_string());
        let (document, context) = debug_span!("structure").in_scope(|| {
            let document = document::read(&encounter.note);
            let context = facts::resolve_context(encounter, &document, today);
            (document, context)
        });
        // Without heads nothing reads the token vectors.
        let encode = || match &self.heads {
            Some(_) => debug_span!("encoder").in_scope(|| self.encoder.encode(&document)).map_err(internal),
            None => Ok(EncodedDocument::default()),
        };
        // What needs no vectors fills the pauses of the cores that encode.
        let read_words = || {
            debug_span!("words").in_scope(|| {
                let words = sentence_words(&document);
                (self.lexicon.matches_in(&words), words, tagger::Context::new(&document))
            })
        };
        let (encoded, (hits, words, rules)) = rayon::join(encode, read_words);
        let encoded = encoded?;
        let mut extraction = debug_span!("mentions").in_scope(|| match &self.heads {
            Some(heads) => tagger::extract_in(&rules, &encoded, heads).map_err(internal),
            None => Ok(Extraction::default()),
        })?;
        if self.relations.is_some() {
            extraction.relations = debug_span!("relations").in_scope(|| self.relate(&document, &extraction.mentions));
        }
        let measurements = rules.measurements;
        let dense = debug_span!("retrieval").in_scope(|| self.retrieve(&encoded, &extraction));
        Ok(Reading { document, context, extraction, measurements, encoded, dense, words, hits })
    }

    /// Reads mentions, and the assertion of given places, in a text without context.
    pub fn read_text(&self, text: &str, places: &[(Span, Option<MentionKind>)]) -> Result<TextReading, EngineError> {
        let internal = |e: crate::encoder::EncoderError| EngineError::Internal(e.to_string());
        let document = document::read(text);
        let context = tagger::Context::new(&document);
        let cues = places.iter().map(|(span, kind)| context.cues.assess_as(*span, *kind).assertions);
        let Some(heads) = &self.heads else {
            return Ok(TextReading { assertions: cues.collect(), ..Default::default() });
        };
        let encoded = self.encoder.encode(&document).map_err(internal)?;
        let found = |bias| spans::spans(&document, &encoded, heads, bias).map_err(internal);
        let probabilities = tagger::assertion_probabilities(&context, &encoded, heads, places).map_err(internal)?;
        Ok(TextReading {
            mentions: found(spans::OUTSIDE_BIAS)?,
            balanced: found(0.0)?,
            assertions: probabilities.iter().zip(cues).map(|(p, cues)| tagger::combine(p, &cues)).collect(),
        })
    }

    /// The relations between mentions in order of place.
    pub fn relate(&self, document: &Document, mentions: &[Mention]) -> Vec<Relation> {
        match &self.relations {
            Some(model) => model.relations(document, mentions),
            None => relations::by_words(document, mentions),
        }
    }

    /// The codes whose titles are nearest to each problem mention in its context.
    fn retrieve(&self, encoded: &EncodedDocument, extraction: &Extraction) -> Vec<DenseHit> {
        let Some(vectors) = &self.vectors else { return Vec::new() };
        let (mut spans, mut queries) = (Vec::new(), Vec::new());
        for mention in extraction.mentions.iter().filter(|m| m.kind == MentionKind::Problem && m.score >= SURE_MENTION) {
            if let (true, Some(vector)) = (spans.len() < MOST_MENTIONS, encoded.mention_vector(mention.span)) {
                spans.push(mention.span);
                queries.push(vector);
            }
        }
        let mut hits = Vec::new();
        for (span, neighbours) in spans.into_iter().zip(vectors.search(&queries, NEIGHBOURS)) {
            for n in neighbours {
                let code = vectors.members(n.row).next().and_then(|c| self.lexicon.code_id(c));
                hits.extend(code.map(|code| DenseHit { span, code, similarity: n.score }));
            }
        }
        hits
    }

    /// Vectors of the codes' titles.
    pub fn title_vectors(&self) -> Option<&VectorFile> {
        self.vectors.as_ref()
    }
    /// Sequences that the encoder sees of a document.
    pub fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, EngineError> {
        self.encoder.chunks(document).map_err(|e| EngineError::Internal(e.to_string()))
    }

    /// Titles and the vectors of a reading.
    pub fn titles<'a>(&'a self, reading: &'a Reading) -> Option<Titles<'a>> {
        let vectors = self.vectors.as_ref()?;
        Some(Titles { vectors, rows: &self.rows, encoded: &reading.encoded, head: self.claims.as_ref() })
    }

    /// What the words of a text say as a whole, where the model has it.
    pub fn note_words(&self, text: &str) -> Option<NoteWords<'_>> {
        Some(NoteWords::new(self.bag.as_ref()?, text))
    }

    /// Hands the material of a reading to `work`.
    pub fn with_material<T>(&self, reading: &Reading, work: impl FnOnce(&Material<'_>) -> T) -> T {
        let words = debug_span!("note_words").in_scope(|| self.note_words(&reading.document.text));
        self.with_material_of(reading, &self.counts, words.as_ref(), work)
    }

    /// As [`with_material`](Self::with_material) with other phrase counts (training leaves out a fold) and with the words of the
    /// note as a whole as they are given.
    pub fn with_material_of<T>(
        &self,
        reading: &Reading,
        counts: &PhraseCounts,
        note_words: Option<&NoteWords<'_>>,
        work: impl FnOnce(&Material<'_>) -> T,
    ) -> T {
        let assertion = Assertions { reading, heads: self.heads.as_ref(), context: tagger_context(reading) };
        let patient = PatientFacts { age_years: reading.context.patient.age_years, sex: reading.context.patient.sex };
        let words = Cow::Borrowed(reading.words.as_slice());
        let attributes = NoteFacts::of_words(&reading.document, reading.context.note_type, patient, words);
        work(&Material {
            document: &reading.document,
            context: &reading.context,
            mentions: &reading.extraction.mentions,
            assertion: &assertion,
            measurements: &reading.measurements,
            lexicon: &self.lexicon,
            hits: Some(&reading.hits),
            counts,
            attributes: &attributes,
            dense: &reading.dense,
            titles: self.titles(reading),
            words: note_words,
        })
    }
}

fn tagger_context(reading: &Reading) -> tagger::Context<'_> {
    let document = &reading.document;
    tagger::Context { document, cues: CueIndex::new(document), measurements: reading.measurements.clone() }
}

/// SHA-256 of a file, in hexadecimal.
fn digest_of(path: &Path) -> std::io::Result<String> {
    Ok(Sha256::digest(std::fs::read(path)?).iter().map(|b| format!("{b:02x}")).collect())
}

/// Cue rules and the trained head over one reading.
struct Assertions<'a> {
    reading: &'a Reading,
    heads: Option<&'a Heads>,
    context: tagger::Context<'a>,
}

impl AssertionSource for Assertions<'_> {
    fn cues(&self, span: Span) -> AssertionWeights {
        let mut weights = [0.0; 8];
        for assertion in self.context.cues.assess_as(span, Some(MentionKind::Problem)).assertions {
            weights[index_of(assertion)] = 1.0;
        }
        weights
    }

    fn heads(&self, spans: &[Span]) -> Option<Vec<AssertionWeights>> {
        let spans: Vec<(Span, Option<MentionKind>)> = spans.iter().map(|s| (*s, Some(MentionKind::Problem))).collect();
        tagger::assertion_probabilities(&self.context, &self.reading.encoded, self.heads?, &spans).ok()
    }

    fn side(&self, span: Span) -> Option<Laterality> {
        laterality::side_of(&self.reading.document, span)
    }
}
