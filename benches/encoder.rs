//! The encoder as a worker that `benches/peer/compare.py` talks to, so that its runs and those of a peer alternate.
//!
//! `encoder --numerics f32|bf16|int8` reads lines from standard input: `run FILE N` runs the sequences of FILE (one a line,
//! ids between blanks) N times and prints the milliseconds; `dump FILE OUT` writes their vectors as little-endian f32;
//! `sentences FILE` writes sequences of the sentences of the notes under `eval/notes`. It answers one line each.
#![allow(missing_docs)]
use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use superbill::document;
use superbill::encoder::kernels::Instructions;
use superbill::encoder::manifest::{self, Manifest};
use superbill::encoder::packed::{Numerics, PackedModel};
use superbill::encoder::store;
use superbill::encoder::tokens::Pieces;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted = arguments.iter().position(|a| a == "--numerics").and_then(|i| arguments.get(i + 1));
    let numerics: Numerics = serde_json::from_value(wanted.map_or("f32", String::as_str).into())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("SUPERBILL_MODEL").map_or_else(|| root.join("models/superbill-base"), Into::into);
    let started = Instant::now();
    let (model, pieces) = open(&folder, numerics)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {} {:.1}", Instructions::best().name(), started.elapsed().as_secs_f64() * 1e3)?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["run", file, count] => run(&model, &read(file)?, count.parse()?)?,
            ["dump", file, target] => dump(&model, &read(file)?, target)?,
            ["sentences", file] => sentences(&pieces, &root.join("eval/notes"), file)?,
            _ => return Err(format!("unknown command `{line}`").into()),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Trunk and tagging branch: the six layers that a published encoder of this size has.
fn open(folder: &Path, numerics: Numerics) -> Result<(PackedModel, Pieces), Failure> {
    let record = Manifest::read(folder)?;
    let (config, depth) = (&record.config, record.trunk_layers);
    let (trunk, branch) = (folder.join(manifest::TRUNK), folder.join(manifest::TAGGING));
    let mut weights = store::read_stored(&trunk)?;
    let mut model = PackedModel::new(&trunk, &mut weights, config, depth, numerics, Instructions::best())?;
    model.add_branch(&branch, &store::read_stored(&branch)?, config, depth..config.num_hidden_layers, numerics)?;
    Ok((model, Pieces::open(&folder.join(manifest::TOKENIZER), config.max_position_embeddings)?))
}

fn read(file: &str) -> Result<Vec<Vec<u32>>, Failure> {
    let ids = |line: &str| line.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>();
    Ok(std::fs::read_to_string(file)?.lines().map(ids).collect::<Result<_, _>>()?)
}

fn run(model: &PackedModel, sequences: &[Vec<u32>], count: usize) -> Result<String, Failure> {
    let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let mut times = String::new();
    for _ in 0..count {
        let started = Instant::now();
        std::hint::black_box(model.each(&sequences, &[0], |_, vectors| vectors[0].to_vec())?);
        write!(times, "{:.4} ", started.elapsed().as_secs_f64() * 1e3)?;
    }
    Ok(times)
}

fn dump(model: &PackedModel, sequences: &[Vec<u32>], target: &str) -> Result<String, Failure> {
    let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let vectors = model.each(&sequences, &[0], |_, vectors| vectors[0].to_vec())?.concat();
    std::fs::write(target, vectors.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(vectors.len().to_string())
}

/// Sentences of 5 to 60 word pieces, in order of the notes, again from the front until there are 200.
fn sentences(pieces: &Pieces, notes: &Path, target: &str) -> Result<String, Failure> {
    let mut files = std::fs::read_dir(notes)?.map(|e| Ok(e?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let document = document::read(&std::fs::read_to_string(file)?);
        for sentence in &document.sentences {
            let ids = pieces.sequence(sentence.span.of(&document.text))?;
            if (5..=60).contains(&ids.len()) {
                lines.push(ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
            }
        }
    }
    let all: Vec<&str> = lines.iter().map(String::as_str).cycle().take(200).collect();
    std::fs::write(target, all.join("\n") + "\n")?;
    Ok(all.len().to_string())
}
