//! The title nearest to each problem mention, by an encoder as published.
//!
//! The mentions are those of the engine's tagger, without those that it reads as absent: an encoder that has learned
//! nothing of notes finds none. A mention's words are embedded alone; a code's score is its best cosine.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use indicatif::ProgressBar;
use jiff::civil::Date;
use rayon::prelude::*;

use super::{Predicted, Ranked, best_threshold, plain, predicted, ranked};
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::encoder::vectors::{self, VectorFile};
use crate::encoder::{CandleEncoder, Encoder, device};
use crate::engine::{Engine, EngineError};
use crate::eval::EvalError;
use crate::eval::gold::Case;
use crate::extract::{Assertion, MentionKind};

/// Titles that each mention brings into the ranking.
const NEIGHBOURS: usize = 20;
/// Phrases embedded at once.
const BLOCK: usize = 2_048;

/// The codes of every case; the threshold of the cosine is tuned on `train`.
pub fn predict(
    engine: &Engine,
    model: &Path,
    train: &[Case],
    cases: &[Case],
    today: Date,
    bar: &ProgressBar,
) -> Result<Vec<Predicted>, EvalError> {
    let open = |e: crate::encoder::EncoderError| EvalError::Engine(EngineError::Open(e.to_string()));
    let encoder = device::open("cpu").and_then(|d| CandleEncoder::open(model, &d)).map_err(open)?;
    let titles = vectors::open_code_vectors(model).map_err(open)?;
    bar.set_length((train.len() + cases.len()) as u64);
    let read = |case: &Case| -> Result<Vec<String>, EvalError> {
        let mentions = engine.mentions(&case.encounter, today)?;
        bar.inc(1);
        let problems = mentions.into_iter().filter(|m| m.kind == MentionKind::Problem && m.assertion != Assertion::Absent);
        Ok(problems.map(|m| m.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()).collect())
    };
    let rankings = |cases: &[Case]| -> Result<Vec<(Ranked, f64)>, EvalError> {
        let started = Instant::now();
        let phrases: Vec<Vec<String>> = cases.par_iter().map(read).collect::<Result<_, _>>()?;
        let distinct: BTreeSet<&str> = phrases.iter().flatten().map(String::as_str).collect();
        let near = neighbours(&encoder, &titles, engine.lexicon(), &distinct.into_iter().collect::<Vec<_>>()).map_err(open)?;
        let seconds = started.elapsed().as_secs_f64() / cases.len().max(1) as f64;
        Ok(phrases.iter().map(|p| (of_note(p, &near), seconds)).collect())
    };
    let tuning: Vec<Ranked> = rankings(train)?.into_iter().map(|(r, _)| r).collect();
    let notes: Vec<_> = train.iter().map(|c| &c.gold).zip(&tuning).collect();
    let (threshold, _) = best_threshold(&notes, (20..100).map(|t| t as f32 / 100.0));
    let all = rankings(cases)?;
    Ok(all.into_iter().map(|(ranked, seconds)| predicted(ranked, threshold, |s| s.clamp(0.0, 1.0), seconds)).collect())
}

/// Codes near each phrase, best first.
fn neighbours(
    encoder: &CandleEncoder,
    titles: &VectorFile,
    lexicon: &Lexicon,
    phrases: &[&str],
) -> Result<BTreeMap<String, Ranked>, crate::encoder::EncoderError> {
    let mut near = BTreeMap::new();
    for block in phrases.chunks(BLOCK) {
        let queries = encoder.embed(block)?;
        for (phrase, found) in block.iter().zip(titles.search(&queries, NEIGHBOURS)) {
            let code = |row: u32| {
                let members: Vec<CodeId> = titles.members(row).filter_map(|c| lexicon.code_id(c)).collect();
                plain(lexicon, &members).map(|c| lexicon.code(c).to_owned())
            };
            near.insert((*phrase).to_owned(), found.iter().filter_map(|n| Some((code(n.row)?, n.score))).collect());
        }
    }
    Ok(near)
}

/// The nearest title of each mention with its cosine; further titles stand behind all of those.
fn of_note(phrases: &[String], near: &BTreeMap<String, Ranked>) -> Ranked {
    let lists = || phrases.iter().filter_map(|p| near.get(p));
    let first = lists().filter_map(|list| list.first().cloned());
    let further = lists().flat_map(|list| list.iter().skip(1).map(|(code, score)| (code.clone(), score - 2.0)));
    ranked(first.chain(further))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_titles_stand_behind_first_ones() {
        let list = |codes: &[(&str, f32)]| codes.iter().map(|(c, s)| ((*c).to_owned(), *s)).collect::<Ranked>();
        let near = BTreeMap::from([
            ("cough".to_owned(), list(&[("R05.9", 0.9), ("R05.1", 0.8)])),
            ("cold".to_owned(), list(&[("J00", 0.5), ("R05.9", 0.4)])),
        ]);
        let codes: Vec<String> =
            of_note(&["cold".into(), "cough".into(), "odd".into()], &near).into_iter().map(|(c, _)| c).collect();
        assert_eq!(codes, ["R05.9", "J00", "R05.1"]);
    }
}
