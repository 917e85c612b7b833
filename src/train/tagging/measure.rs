//! A model folder measured on whole dev parts through the engine's own way: encoder, heads, cues.
use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Device;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::evaluate::highest;
use super::examples::class_of;
use super::recipe::Recipe;
use crate::document;
use crate::encoder::{CandleEncoder, Encoder};
use crate::extract::heads::Heads;
use crate::extract::spans::{self, OUTSIDE_BIAS};
use crate::extract::tagger::{self, Context};
use crate::extract::{Assertion, MentionKind};
use crate::train::TrainError;
use crate::train::data::scores::{self, Counts, Place};
use crate::train::data::{LabelledDocument, Split, clean, corpora, negex};

/// Ways to read an assertion.
const WAYS: [&str; 3] = ["cues", "head_and_cues", "combined"];

type Pairs = BTreeMap<&'static str, Vec<(u8, u8)>>;

/// Scores of the model in `directory` on the dev parts of the recipe's corpora and on NegEx.
pub fn measure(recipe: &Recipe, directory: &Path, bar: &ProgressBar) -> Result<Value, TrainError> {
    let encoder = CandleEncoder::open(directory, &Device::Cpu)?;
    let heads = Heads::open(directory, encoder.dim())?;
    let mut report = serde_json::Map::new();
    for source in &recipe.sources {
        let documents = corpora::load(&recipe.corpora, &source.corpus, Split::Dev)?;
        if documents.is_empty() {
            continue;
        }
        bar.set_length(documents.len() as u64);
        bar.set_position(0);
        bar.set_message(source.corpus.clone());
        report.insert(source.corpus.clone(), corpus(&encoder, &heads, &documents, bar)?);
    }
    let path = recipe.corpora.join("negex/negex_dev.txt");
    if path.exists() {
        bar.set_message("negex");
        report.insert("negex".to_owned(), negex_scores(&encoder, &heads, &negex::load(&path)?)?);
    }
    Ok(report.into())
}

fn corpus(
    encoder: &CandleEncoder,
    heads: &Heads,
    documents: &[LabelledDocument],
    bar: &ProgressBar,
) -> Result<Value, TrainError> {
    let mut by_kind: BTreeMap<MentionKind, (Counts, Counts)> = BTreeMap::new();
    let mut widest: BTreeMap<MentionKind, Counts> = BTreeMap::new();
    let (mut found, mut words) = (0usize, 0usize);
    let mut pairs = Pairs::new();
    for labelled in documents {
        let document = document::read(&labelled.text);
        let encoded = encoder.encode(&document)?;
        words += labelled.text.split_whitespace().count();
        let full = !labelled.complete.is_empty();
        let gold: Vec<Place> = labelled
            .mentions
            .iter()
            .flat_map(|m| {
                let places = if full { vec![m.span] } else { clean::tagging_places(&labelled.text, m) };
                places.into_iter().map(move |s| (s, m.kind))
            })
            .collect();
        for bias in [0.0, OUTSIDE_BIAS] {
            let own: Vec<Place> = spans::spans(&document, &encoded, heads, bias)?.into_iter().map(|f| (f.span, f.kind)).collect();
            for kind in crate::extract::heads::KINDS {
                let of = |list: &[Place]| list.iter().filter(|p| p.1 == kind).copied().collect::<Vec<Place>>();
                let (gold, own) = (of(&gold), of(&own));
                if bias == 0.0 {
                    let entry = by_kind.entry(kind).or_default();
                    entry.0.add(scores::strict(&gold, &own));
                    entry.1.add(scores::relaxed(&gold, &own));
                } else {
                    widest.entry(kind).or_default().add(scores::relaxed(&gold, &own));
                }
            }
            found += if bias == 0.0 { 0 } else { own.len() };
        }
        let context = Context::new(&document);
        let spans: Vec<_> = labelled
            .mentions
            .iter()
            .filter_map(|m| Some((clean::without_cues(&labelled.text, m.span), m.kind, class_of(m.assertion?)?)))
            .collect();
        let asked: Vec<_> = spans.iter().map(|(s, k, _)| (*s, Some(*k))).collect();
        let probabilities = tagger::assertion_probabilities(&context, &encoded, heads, &asked)?;
        for ((span, kind, gold), row) in spans.into_iter().zip(probabilities) {
            let finding = context.cues.assess_as(span, Some(kind));
            let combined = tagger::combine(&row, &finding.assertions);
            let lead = |a: Option<&Assertion>| a.and_then(|a| class_of(*a)).unwrap_or(7);
            let by_way = [lead(Some(&finding.leading())), highest(&row), lead(combined.first())];
            for (way, class) in WAYS.iter().zip(by_way) {
                pairs.entry(way).or_default().push((gold, class));
            }
        }
        bar.inc(1);
    }
    let kinds: serde_json::Map<String, Value> = by_kind
        .iter()
        .filter(|(_, (s, _))| s.gold() > 0)
        .map(|(kind, (strict, relaxed))| {
            let wide = widest.get(kind).copied().unwrap_or_default();
            let value = json!({"strict": counts(strict), "relaxed": counts(relaxed), "relaxed_with_bias": counts(&wide)});
            (format!("{kind:?}").to_lowercase(), value)
        })
        .collect();
    let mut report = json!({"kinds": kinds, "mentions_with_bias": found, "words": words, "documents": documents.len()});
    if !pairs.is_empty() {
        report["assertion"] = ways(&pairs);
    }
    Ok(report)
}

fn counts(c: &Counts) -> Value {
    let round = |v: f64| (v * 1e4).round() / 1e4;
    json!({"precision": round(c.precision()), "recall": round(c.recall()), "f1": round(c.f1()), "n": c.gold()})
}

fn ways(pairs: &Pairs) -> Value {
    let one = |list: &Vec<(u8, u8)>| -> Value {
        let classes = scores::by_class(list);
        let mut report: serde_json::Map<String, Value> = classes
            .iter()
            .map(|(class, c)| (format!("{:?}", Assertion::ALL[usize::from(*class).min(7)]).to_lowercase(), counts(c)))
            .collect();
        report.insert("macro_f1".to_owned(), scores::macro_f1(&classes).into());
        let right = list.iter().filter(|(g, f)| g == f).count();
        report.insert("accuracy".to_owned(), (right as f64 / list.len().max(1) as f64).into());
        report.into()
    };
    pairs.iter().map(|(way, list)| ((*way).to_owned(), one(list))).collect::<serde_json::Map<_, _>>().into()
}

/// Several assertions can hold in a row: each class is scored by itself.
fn negex_scores(encoder: &CandleEncoder, heads: &Heads, rows: &[negex::NegexRow]) -> Result<Value, TrainError> {
    let classes = [Assertion::Absent, Assertion::Historical, Assertion::Family, Assertion::Hypothetical];
    let mut all: BTreeMap<(&str, usize), Counts> = BTreeMap::new();
    let documents: Vec<_> = rows.iter().map(|r| document::read(&r.text)).collect();
    let encoded = encoder.encode_many(&documents.iter().collect::<Vec<_>>())?;
    for ((row, document), encoded) in rows.iter().zip(&documents).zip(&encoded) {
        let context = Context::new(document);
        let asked = [(row.span, Some(MentionKind::Problem))];
        let probabilities = tagger::assertion_probabilities(&context, encoded, heads, &asked)?;
        let finding = context.cues.assess_as(row.span, Some(MentionKind::Problem));
        let Some(own) = probabilities.first() else { continue };
        let head: Vec<Assertion> = (0..8).filter(|&i| own[i] >= 0.5).map(|i| Assertion::ALL[i]).collect();
        for (way, found) in WAYS.iter().zip([finding.assertions.clone(), head, tagger::combine(own, &finding.assertions)]) {
            for (i, class) in classes.iter().enumerate() {
                let entry = all.entry((way, i)).or_default();
                match (row.assertions.contains(class), found.contains(class)) {
                    (true, true) => entry.right += 1,
                    (true, false) => entry.missed += 1,
                    (false, true) => entry.wrong += 1,
                    (false, false) => {}
                }
            }
        }
    }
    let mut report = json!({"rows": rows.len()});
    for ((way, class), c) in &all {
        report[*way][format!("{:?}", classes[*class]).to_lowercase()] = counts(c);
    }
    Ok(report)
}
