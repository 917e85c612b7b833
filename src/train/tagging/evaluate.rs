//! Dev scores during training.
use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::json;

use super::activations::Activations;
use super::batch::{self, pool};
use super::examples::Example;
use crate::document::Span;
use crate::encoder::bert::{Branch, Mode};
use crate::encoder::transformer::batches;
use crate::extract::Assertion;
use crate::extract::decode::decode;
use crate::extract::features::ASSERTION_FEATURES;
use crate::extract::heads::{Heads, LABELS};
use crate::train::TrainError;
use crate::train::data::scores::{self, Counts, Place};
use crate::train::data::{LabelledDocument, clean};

/// Padded tokens of one batch.
const BATCH_TOKENS: usize = 2_048;

/// Dev documents with their examples.
pub struct DevSet {
    /// Documents.
    pub documents: Vec<LabelledDocument>,
    /// Their examples.
    pub examples: Vec<Example>,
    /// Trunk outputs of the examples.
    pub activations: Activations,
}

/// Scores of one corpus.
#[derive(Clone, Debug, Default)]
pub struct CorpusScore {
    /// Same span and kind, over the kinds that the corpus lists in full.
    pub strict: Counts,
    /// Overlap and kind.
    pub relaxed: Counts,
    /// Leading assertion by class number, head alone.
    pub assertion: BTreeMap<u8, Counts>,
    /// Leading assertion by class number, rules alone.
    pub rules: BTreeMap<u8, Counts>,
}

/// Found mentions of every document, and (gold, head, rules) of every labelled span.
struct Found {
    mentions: Vec<(u32, Place)>,
    classes: Vec<(u32, u8, u8, u8)>,
}

/// Scores every corpus of a dev set.
pub fn evaluate(
    branch: &Branch,
    heads: &Heads,
    dev: &DevSet,
    outside_bias: f32,
) -> Result<BTreeMap<&'static str, CorpusScore>, TrainError> {
    let ids: Vec<&[u32]> = dev.examples.iter().map(|e| e.ids.as_slice()).collect();
    let found = batches(&ids, BATCH_TOKENS)
        .par_iter()
        .map(|b| batch_mentions(branch, heads, dev, b, outside_bias))
        .collect::<Result<Vec<_>, TrainError>>()?;
    let mut by_document: BTreeMap<u32, Vec<Place>> = BTreeMap::new();
    let mut pairs: BTreeMap<&'static str, (Vec<(u8, u8)>, Vec<(u8, u8)>)> = BTreeMap::new();
    for part in found {
        for (document, place) in part.mentions {
            by_document.entry(document).or_default().push(place);
        }
        for (document, gold, head, rules) in part.classes {
            let lists = pairs.entry(dev.documents[document as usize].corpus).or_default();
            lists.0.push((gold, head));
            lists.1.push((gold, rules));
        }
    }
    let mut all: BTreeMap<&'static str, CorpusScore> = BTreeMap::new();
    for (number, document) in dev.documents.iter().enumerate() {
        let mut gold: Vec<Place> = Vec::new();
        for mention in &document.mentions {
            if document.complete.is_empty() {
                gold.extend(clean::tagging_places(&document.text, mention).into_iter().map(|s| (s, mention.kind)));
            } else {
                gold.push((mention.span, mention.kind));
            }
        }
        let own = by_document.get(&(number as u32)).cloned().unwrap_or_default();
        let own: Vec<Place> =
            own.into_iter().filter(|p| document.complete.is_empty() || document.complete.contains(&p.1)).collect();
        let score = all.entry(document.corpus).or_default();
        score.strict.add(scores::strict(&gold, &own));
        score.relaxed.add(scores::relaxed(&gold, &own));
    }
    for (corpus, (head, rules)) in pairs {
        let score = all.entry(corpus).or_default();
        score.assertion = scores::by_class(&head);
        score.rules = scores::by_class(&rules);
    }
    Ok(all)
}

fn batch_mentions(branch: &Branch, heads: &Heads, dev: &DevSet, batch: &[usize], outside_bias: f32) -> Result<Found, TrainError> {
    let encoded = batch::encode(branch, &dev.examples, &dev.activations, batch, Mode::Inference)?;
    let scores = heads.tagging_scores(&encoded.hidden)?.flatten_all()?.to_vec1::<f32>()?;
    let mut found = Found { mentions: Vec::new(), classes: Vec::new() };
    let (mut places, mut features, mut golds) = (Vec::new(), Vec::new(), Vec::new());
    for (row, &i) in batch.iter().enumerate() {
        let example = &dev.examples[i];
        for words in example.words.chunk_by(|a, b| a.sentence == b.sentence) {
            let own: Vec<f32> = words
                .iter()
                .flat_map(|w| {
                    let at = (encoded.starts[row] + w.position as usize) * LABELS;
                    scores[at..at + LABELS].iter().copied()
                })
                .collect();
            for run in decode(&own, outside_bias) {
                let span = Span::new(words[run.words.start].span.start, words[run.words.end - 1].span.end);
                found.mentions.push((example.document, (span, run.kind)));
            }
        }
        for target in &example.spans {
            let at = |p: u32| encoded.starts[row] + p as usize;
            places.push(((at(target.positions.0), at(target.positions.1)), (at(target.sentence.0), at(target.sentence.1))));
            features.extend_from_slice(&target.features);
            golds.push((example.document, target.class, target.by_rules));
        }
    }
    if !places.is_empty() {
        let [span, first, sentence] = pool(&encoded.hidden, &places)?;
        let features = candle_core::Tensor::from_vec(features, (places.len(), ASSERTION_FEATURES), &candle_core::Device::Cpu)?;
        let scores = heads.assertion_scores(&span, &first, &sentence, &features)?.to_vec2::<f32>()?;
        for ((document, gold, rules), row) in golds.into_iter().zip(scores) {
            found.classes.push((document, gold, highest(&row), rules));
        }
    }
    Ok(found)
}

/// Index of the highest score.
pub fn highest(scores: &[f32]) -> u8 {
    (0..scores.len()).fold(0, |top, i| if scores[i] > scores[top] { i } else { top }) as u8
}

/// One figure to stop by: spans of the biomedical corpora, recall on notes, and assertion, in equal parts.
pub fn summary(all: &BTreeMap<&'static str, CorpusScore>) -> f64 {
    let mut parts = Vec::new();
    for (corpus, score) in all {
        if *corpus == "labels" {
            parts.push(score.relaxed.recall());
            parts.push(scores::macro_f1(&score.assertion));
        } else {
            parts.push(score.strict.f1());
        }
    }
    if parts.is_empty() { 0.0 } else { parts.iter().sum::<f64>() / parts.len() as f64 }
}

/// For the log.
pub fn to_json(all: &BTreeMap<&'static str, CorpusScore>) -> serde_json::Value {
    let of = |c: &Counts| json!({"precision": c.precision(), "recall": c.recall(), "f1": c.f1(), "n": c.gold()});
    let classes = |m: &BTreeMap<u8, Counts>| -> serde_json::Map<String, serde_json::Value> {
        m.iter().map(|(k, c)| (format!("{:?}", Assertion::ALL[*k as usize]).to_lowercase(), of(c))).collect()
    };
    let corpora: serde_json::Map<String, serde_json::Value> = all
        .iter()
        .map(|(corpus, s)| {
            let mut value = json!({"strict": of(&s.strict), "relaxed": of(&s.relaxed)});
            if !s.assertion.is_empty() {
                value["assertion"] = classes(&s.assertion).into();
                value["assertion_macro_f1"] = scores::macro_f1(&s.assertion).into();
                value["rules"] = classes(&s.rules).into();
                value["rules_macro_f1"] = scores::macro_f1(&s.rules).into();
            }
            ((*corpus).to_owned(), value)
        })
        .collect();
    corpora.into()
}
