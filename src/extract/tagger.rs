//! From token vectors to mentions with kind, assertion and attributes.
use std::collections::BTreeMap;

use candle_core::{Device, Tensor};

use super::assertion_cues::CueIndex;
use super::features::{ASSERTION_FEATURES, assertion_features};
use super::heads::Heads;
use super::measurements::{self, Measurement};
use super::spans::{BLOCK, OUTSIDE_BIAS, check_width, spans};
use super::{Assertion, Mention, MentionKind, Relation, laterality, relations};
use crate::document::{Document, Span};
use crate::encoder::{EncodedDocument, EncoderError};

/// From this weight on an assertion holds.
const HOLDS: f32 = 0.5;
/// How sure a cue makes a denial.
const ABSENT_BY_CUE: f32 = 0.97;
/// What a denial without a cue keeps of its probability.
const ABSENT_WITHOUT_CUE: f32 = 0.7;
/// What a cue adds to any other assertion.
const CUE: f32 = 0.25;
/// Bytes between a mention and a value that belongs to it.
const VALUE_REACH: usize = 12;

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    /// In order of place; a mention's id is its position.
    pub mentions: Vec<Mention>,
    /// In order of their first mention.
    pub relations: Vec<Relation>,
}

/// What the rules read from a whole document beforehand.
pub struct Context<'a> {
    /// The document.
    pub document: &'a Document,
    /// Cue words and their scopes.
    pub cues: CueIndex<'a>,
    /// Measured values in order of place.
    pub measurements: Vec<Measurement>,
}

impl<'a> Context<'a> {
    /// Reads cues and measurements.
    pub fn new(document: &'a Document) -> Self {
        Self { document, cues: CueIndex::new(document), measurements: measurements::find(document) }
    }
}

/// Finds mentions, their assertion and attributes, and the relations between them.
pub fn extract(document: &Document, encoded: &EncodedDocument, heads: &Heads) -> Result<Extraction, EncoderError> {
    extract_in(&Context::new(document), encoded, heads)
}

/// As [`extract`], with cues and measurements read beforehand.
pub fn extract_in(context: &Context, encoded: &EncodedDocument, heads: &Heads) -> Result<Extraction, EncoderError> {
    let document = context.document;
    let found = spans(document, encoded, heads, OUTSIDE_BIAS)?;
    let places: Vec<(Span, Option<MentionKind>)> = found.iter().map(|f| (f.span, Some(f.kind))).collect();
    let probabilities = assertion_probabilities(context, encoded, heads, &places)?;
    let mut mentions = Vec::with_capacity(found.len());
    for (id, (found, probabilities)) in found.into_iter().zip(probabilities).enumerate() {
        let finding = context.cues.assess_as(found.span, Some(found.kind));
        let assertions = combine(&probabilities, &finding.assertions);
        let cue = finding.cue.filter(|_| assertions.contains(&finding.leading())).map(|c| document.evidence(c));
        let measured = measured(context, found.span);
        let sided = found.kind != MentionKind::Medication;
        mentions.push(Mention {
            id,
            kind: found.kind,
            span: found.span,
            text: found.span.of(&document.text).to_owned(),
            section: document.section_kind_at(found.span.start),
            assertion: assertions.first().copied().unwrap_or(Assertion::Present),
            assertions,
            cue,
            laterality: if sided { laterality::side_of(document, found.span) } else { None },
            attributes: BTreeMap::new(),
            value: measured.map(|m| m.value),
            unit: measured.map(|m| m.unit.to_owned()),
            score: found.score,
        });
    }
    let relations = relations::by_words(document, &mentions);
    Ok(Extraction { mentions, relations })
}

/// The value inside a mention or directly behind it.
fn measured<'a>(context: &'a Context, span: Span) -> Option<&'a Measurement> {
    let all = &context.measurements;
    // Values begin at most a name and a few words before their mention ends.
    let first = all.partition_point(|m| m.span.start + 80 < span.start);
    let near = all[first..].iter().take_while(|m| m.span.start <= span.end + VALUE_REACH);
    let mut best: Option<&Measurement> = None;
    for measurement in near {
        let behind = measurement.span.start >= span.end
            && Span::new(span.end, measurement.span.start)
                .of(&context.document.text)
                .chars()
                .all(|c| !matches!(c, '\n' | '.' | ';'));
        if measurement.span.overlaps(span) {
            return Some(measurement);
        }
        if behind && best.is_none() {
            best = Some(measurement);
        }
    }
    best
}

/// Probabilities of the classes of `Assertion::ALL` for any spans of a document, mentions or not: `kind` is what
/// stands there, if known. `[0, …, 1]` (present) for a span without encoded words.
pub fn assertion_probabilities(
    context: &Context,
    encoded: &EncodedDocument,
    heads: &Heads,
    spans: &[(Span, Option<MentionKind>)],
) -> Result<Vec<[f32; 8]>, EncoderError> {
    check_width(encoded, heads)?;
    let mut results = vec![[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]; spans.len()];
    let mut sentences: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
    let placed: Vec<(usize, std::ops::Range<usize>)> =
        (0..spans.len()).map(|i| (i, encoded.tokens_in(spans[i].0))).filter(|(_, tokens)| !tokens.is_empty()).collect();
    for block in placed.chunks(BLOCK) {
        let (mut own, mut first, mut around, mut features) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (i, tokens) in block {
            let (span, kind) = spans[*i];
            let sentence = encoded.tokens[tokens.start].sentence;
            let mean = sentences.entry(sentence).or_insert_with(|| {
                let from = encoded.tokens.partition_point(|t| t.sentence < sentence);
                let to = encoded.tokens.partition_point(|t| t.sentence <= sentence);
                mean_of(encoded, from..to)
            });
            own.extend(mean_of(encoded, tokens.clone()));
            first.extend_from_slice(encoded.tagging_at(tokens.start));
            around.extend_from_slice(mean);
            let cues = context.cues.assess_as(span, kind).assertions;
            features.extend(assertion_features(context.document, span, &cues));
        }
        let matrix = |values: Vec<f32>, width: usize| Tensor::from_vec(values, (block.len(), width), &Device::Cpu);
        let scores = heads.assertion_scores(
            &matrix(own, encoded.dim)?,
            &matrix(first, encoded.dim)?,
            &matrix(around, encoded.dim)?,
            &matrix(features, ASSERTION_FEATURES)?,
        )?;
        let values = scores.flatten_all()?.to_vec1::<f32>()?;
        for ((i, _), row) in block.iter().zip(values.chunks_exact(Assertion::ALL.len())) {
            for (to, from) in results[*i].iter_mut().zip(row) {
                *to = 1.0 / (1.0 + (-from).exp());
            }
        }
    }
    Ok(results)
}

fn mean_of(encoded: &EncodedDocument, tokens: std::ops::Range<usize>) -> Vec<f32> {
    let mut sum = vec![0f32; encoded.dim];
    let count = tokens.len().max(1) as f32;
    for token in tokens {
        sum.iter_mut().zip(encoded.tagging_at(token)).for_each(|(s, v)| *s += v);
    }
    sum.iter_mut().for_each(|s| *s /= count);
    sum
}

/// All assertions that hold, in order of precedence. For denial the cue words are the better judges, for everything else
/// the head is, and a cue makes it surer.
pub fn combine(probabilities: &[f32; 8], cues: &[Assertion]) -> Vec<Assertion> {
    let weigh = |(assertion, p): (Assertion, f32)| match (assertion, cues.contains(&assertion)) {
        (Assertion::Absent, true) => p.max(ABSENT_BY_CUE),
        (Assertion::Absent, false) => p * ABSENT_WITHOUT_CUE,
        (Assertion::Present, _) | (_, false) => p,
        (_, true) => p + CUE,
    };
    let weighed: Vec<(Assertion, f32)> =
        Assertion::ALL.into_iter().zip(*probabilities).map(|(a, p)| (a, weigh((a, p)))).collect();
    let surest = weighed.iter().fold((Assertion::Present, 0.0), |best, w| if w.1 > best.1 { *w } else { best }).0;
    let others = weighed.iter().filter(|(a, p)| *a != Assertion::Present && *p >= HOLDS).map(|(a, _)| *a);
    let others: Vec<Assertion> = others.collect();
    // Present is what is left when nothing else holds.
    if surest == Assertion::Present || others.is_empty() { vec![surest] } else { others }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use candle_core::DType;
    use candle_nn::VarBuilder;

    use super::*;
    use crate::document;
    use crate::encoder::{Encoder, HashEncoder};
    use crate::extract::heads::begin;

    const DIM: usize = 16;

    /// Heads with zeros everywhere but a bias for one label and one assertion.
    fn heads(label: usize, assertion: usize) -> Heads {
        let weights: HashMap<String, Tensor> = Heads::shapes(DIM)
            .into_iter()
            .map(|(name, shape)| {
                let mut values = vec![0f32; shape.iter().product()];
                match name {
                    "tagging.bias" => values[label] = 5.0,
                    "assertion.output.bias" => values.iter_mut().enumerate().for_each(|(i, v)| {
                        *v = if i == assertion { 3.0 } else { -3.0 };
                    }),
                    _ => {}
                }
                (name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu).expect("tensor"))
            })
            .collect();
        Heads::new(VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu), DIM).expect("heads")
    }

    #[test]
    fn mentions_keep_to_words_and_carry_their_assertion() {
        let document = document::read("IMPRESSION: Épistaxis naïve. Ménière disease.");
        let encoded = HashEncoder::new(DIM).encode(&document).expect("encodes");
        let extraction = extract(&document, &encoded, &heads(begin(MentionKind::Problem), 2)).expect("extracts");
        let words: Vec<&str> = extraction.mentions.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(words, ["Épistaxis", "naïve", "Ménière", "disease"]);
        assert!(extraction.mentions.iter().enumerate().all(|(i, m)| m.id == i && m.assertion == Assertion::Historical));
    }

    #[test]
    fn nothing_in_nothing_out_and_a_wrong_width_is_an_error() {
        let heads = heads(0, 7);
        let document = document::read("");
        let empty = HashEncoder::new(DIM).encode(&document).expect("encodes");
        assert_eq!(extract(&document, &empty, &heads).expect("extracts"), Extraction::default());
        let document = document::read("Pain.");
        let narrow = HashEncoder::new(8).encode(&document).expect("encodes");
        assert!(extract(&document, &narrow, &heads).is_err());
    }

    #[test]
    fn cues_decide_denial_and_the_head_the_rest() {
        let mut p = [0.1f32; 8];
        p[2] = 0.9;
        assert_eq!(combine(&p, &[Assertion::Absent]), [Assertion::Absent, Assertion::Historical]);
        assert_eq!(combine(&p, &[Assertion::Present]), [Assertion::Historical]);
        p[2] = 0.3;
        p[7] = 0.9;
        assert_eq!(combine(&p, &[Assertion::Historical]), [Assertion::Present], "the head is surer than the cue");
        p[0] = 0.6;
        assert_eq!(combine(&p, &[Assertion::Present]), [Assertion::Present], "no word of denial");
    }

    /// The released weights on an invented note: what a reader would mark, however the spans are cut.
    #[test]
    fn the_released_model_reads_a_note() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/superbill-base");
        let text = "HISTORY: He denies chest pain. His mother had breast cancer.\n\nIMPRESSION: Recurrent epistaxis \
                    secondary to hereditary hemorrhagic telangiectasia.";
        let document = document::read(text);
        let encoder = crate::encoder::CandleEncoder::open(&folder, &Device::Cpu).expect("released encoder");
        let heads = Heads::open(&folder, encoder.dim()).expect("released heads");
        let extraction = extract(&document, &encoder.encode(&document).expect("encodes"), &heads).expect("extracts");
        let at = |words: &str| {
            let start = text.find(words).expect("stands there");
            let place = Span::new(start, start + words.len());
            extraction.mentions.iter().find(|m| m.kind == MentionKind::Problem && m.span.overlaps(place))
        };
        assert_eq!(at("chest pain").map(|m| m.assertion), Some(Assertion::Absent));
        assert_eq!(at("breast cancer").map(|m| m.assertion), Some(Assertion::Family));
        let (effect, cause) = (at("epistaxis").expect("found"), at("telangiectasia").expect("found"));
        let stated = |r: &Relation| r.kind == crate::extract::RelationKind::DueTo && r.from == effect.id && r.to == cause.id;
        let found: Vec<&str> = extraction.mentions.iter().map(|m| m.text.as_str()).collect();
        assert!(extraction.relations.iter().any(stated), "{found:?} {:?}", extraction.relations);
    }
}
