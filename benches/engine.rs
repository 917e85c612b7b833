//! How fast a note is coded and a claim is scrubbed: `cargo bench --bench engine`. Prints one JSON object; the comparison
//! with a named peer belongs to the performance work.
#![allow(missing_docs)]
use std::path::Path;
use std::time::Instant;

use superbill::engine::{Engine, EngineConfig};
use superbill::note::Encounter;

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let today = jiff::civil::date(2026, 5, 4);
    let started = Instant::now();
    let engine = Engine::open(&EngineConfig::default())?;
    let open = started.elapsed().as_secs_f64();
    let (mut coding, mut words) = (Vec::new(), 0);
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/notes"))? {
        let note = std::fs::read_to_string(entry?.path())?;
        words += note.split_whitespace().count();
        let encounter = Encounter { note, ..Default::default() };
        for _ in 0..7 {
            let started = Instant::now();
            engine.code(&encounter, today)?;
            coding.push(started.elapsed().as_secs_f64());
        }
    }
    let claim = r#"{"date_of_service":"2026-05-04","payer":"medicare","diagnoses":[{"code":"R04.0"},{"code":"J34.2"},{"code":"I10"}],
        "lines":[{"code":"99213","modifiers":["25"],"pointers":["C"]},{"code":"31231","pointers":["A"]},{"code":"31238","modifiers":["RT"],"pointers":["A"]}]}"#;
    let mut scrubbing = Vec::new();
    for _ in 0..2000 {
        let started = Instant::now();
        engine.scrub(claim, today)?;
        scrubbing.push(started.elapsed().as_secs_f64());
    }
    let result = serde_json::json!({
        "open_ms": open * 1e3, "code_note_ms": median(coding) * 1e3, "words_of_all_notes": words, "scrub_with_json_us": median(scrubbing) * 1e6,
    });
    println!("{result}");
    Ok(())
}
