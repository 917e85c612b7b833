//! The engine end to end on this machine: notes of several lengths, one at a time and many together, the stages of a
//! note, scrubbing, retrieval, opening. Prints one JSON object; `benches/run.sh` runs it and keeps the result.
#![allow(missing_docs)]
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rayon::prelude::*;
use serde_json::json;
use superbill::encoder::kernels::Instructions;
use superbill::encoder::{normalize, vectors};
use superbill::engine::{Engine, EngineConfig};
use superbill::note::Encounter;
use tracing::span;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Milliseconds of each run.
fn times(count: usize, mut work: impl FnMut()) -> Vec<f64> {
    let mut one = || {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1e3
    };
    (0..count).map(|_| one()).collect()
}

fn share(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or_default()
}

/// The notes under `eval/notes` one behind the other, again from the front until there are so many words.
fn note(texts: &[String], words: usize) -> String {
    let (mut note, mut count) = (String::new(), 0);
    for line in texts.iter().flat_map(|t| t.lines()).cycle() {
        note.push_str(line);
        note.push('\n');
        count += line.split_whitespace().count();
        if count >= words {
            break;
        }
    }
    note
}

/// Adds up the milliseconds spent in each of the engine's spans.
#[derive(Clone, Default)]
struct Stages(Arc<Mutex<BTreeMap<&'static str, f64>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stages {
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Instant::now());
        }
    }
    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let started = span.extensions().get::<Instant>().copied();
        if let (Some(started), Ok(mut stages)) = (started, self.0.lock()) {
            let elapsed = started.elapsed().as_secs_f64() * 1e3;
            *stages.entry(span.name()).or_default() += elapsed;
            // What a span inside another one takes is its own.
            if let Some(outer) = span.parent() {
                *stages.entry(outer.name()).or_default() -= elapsed;
            }
        }
    }
}

/// Milliseconds a note by stage, most first, and each stage's share of the work: on one thread, since stages overlap on more.
fn stages(engine: &Engine, encounter: &Encounter, today: jiff::civil::Date, count: usize) -> serde_json::Value {
    let stages = Stages::default();
    let subscriber = tracing_subscriber::registry().with(stages.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    let whole =
        pool.install(|| tracing::subscriber::with_default(subscriber, || times(count, || drop(engine.code(encounter, today)))));
    let whole: f64 = whole.iter().sum();
    let found = stages.0.lock().map(|s| s.clone()).unwrap_or_default();
    let mut rows: Vec<(&str, f64)> = found.into_iter().collect();
    let named: f64 = rows.iter().map(|r| r.1).sum();
    rows.push(("other", whole - named));
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let row = |(name, ms): (&str, f64)| (name.to_owned(), json!({ "ms": ms / count as f64, "share": ms / whole }));
    serde_json::Value::Object(rows.into_iter().map(row).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let quick = std::env::args().any(|a| a == "--quick");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let today = jiff::civil::date(2026, 5, 4);
    let config = EngineConfig { model: std::env::var_os("SUPERBILL_MODEL").map(Into::into), ..Default::default() };
    let started = Instant::now();
    let engine = Engine::open(&config)?;
    let open = started.elapsed().as_secs_f64() * 1e3;
    let mut files =
        std::fs::read_dir(root.join("eval/notes"))?.map(|e| Ok(e?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let texts = files.iter().map(std::fs::read_to_string).collect::<Result<Vec<_>, _>>()?;

    let mut lengths = Vec::new();
    for (words, count) in [(200, 40), (500, 40), (1_000, 20), (4_000, 6), (16_000, 3)] {
        let count = if quick { (count / 2).max(2) } else { count };
        let encounter = Encounter { note: note(&texts, words), ..Default::default() };
        engine.code(&encounter, today)?;
        let one = times(count, || drop(engine.code(&encounter, today)));
        let started = Instant::now();
        (0..count * 2).into_par_iter().for_each(|_| drop(engine.code(&encounter, today)));
        let seconds = started.elapsed().as_secs_f64();
        let notes = (count * 2) as f64 / seconds;
        lengths.push(json!({
            "words": words, "characters": encounter.note.len(), "one_note_ms": one, "p50_ms": share(&one, 0.5),
            "p99_ms": share(&one, 0.99), "notes_per_s": notes, "characters_per_s": notes * encounter.note.len() as f64,
        }));
    }
    let encounter = Encounter { note: note(&texts, 500), ..Default::default() };
    let by_stage = stages(&engine, &encounter, today, if quick { 20 } else { 60 });

    let claim = r#"{"date_of_service":"2026-05-04","payer":"medicare","diagnoses":[{"code":"R04.0"},{"code":"J34.2"},{"code":"I10"}],
        "lines":[{"code":"99213","modifiers":["25"],"pointers":["C"]},{"code":"31231","pointers":["A"]},{"code":"31238","modifiers":["RT"],"pointers":["A"]}]}"#;
    let scrub = times(2_000, || drop(engine.scrub(claim, today)));

    let file = vectors::open_code_vectors(&config.model_folder())?;
    let query = |i: u32| {
        let (a, b) = (file.vector(i * 997), file.vector(i * 1_499 + 5));
        let mut mixed: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + 0.5 * b).collect();
        normalize(&mut mixed);
        mixed
    };
    let queries: Vec<Vec<f32>> = (0..16).map(query).collect();
    let search = times(200, || drop(file.search(&queries, 5)));

    let result = json!({
        "threads": rayon::current_num_threads(), "instructions": Instructions::best().name(), "numerics": engine.info().numerics,
        "open_ms": open, "notes": lengths, "stages_of_500_words": by_stage,
        "scrub_with_json_us": share(&scrub, 0.5) * 1e3,
        "retrieval": {"rows": file.rows(), "mentions": queries.len(), "batch_us": share(&search, 0.5) * 1e3},
    });
    println!("{result}");
    Ok(())
}
