//! A fine-tuning step on the CPU: 200 sentences of the notes under `eval/notes` through four shared layers and the two of a
//! branch, backward, AdamW. Prints word pieces/s (padding not counted) of three ways that take turns: candle's own operations
//! over padded batches of like lengths, the packed operations of `encoder::fused`, and these with the shared layers frozen and
//! their output kept.
//!
//! `cargo bench --bench training [-- ROUNDS]`
#![allow(missing_docs)]
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder};
use superbill::document;
use superbill::encoder::bert::{self, Branch, Mode, Trunk};
use superbill::encoder::fused::Pack;
use superbill::encoder::manifest::{self, Manifest};
use superbill::encoder::tokens::Pieces;
use superbill::encoder::{store, transformer};
use superbill::train::encoder::adam::DeviceAdamW;

type Failure = Box<dyn std::error::Error>;
type Weights = BTreeMap<String, Tensor>;

const RATE: f64 = 1e-5;
/// Padded word pieces of a batch, as the encoder's own padded path takes them.
const PADDED: usize = 1_024;

struct Model {
    trunk: Trunk,
    branch: Branch,
    variables: Vec<(String, Var)>,
}

fn model(folder: &Path, record: &Manifest) -> Result<Model, Failure> {
    let (config, depth) = (&record.config, record.trunk_layers);
    let mut variables = Vec::new();
    let mut learn = |file: &str| -> Result<Weights, Failure> {
        let mut tensors = Weights::new();
        for (name, tensor) in store::read(&folder.join(file), &Device::Cpu)?.into_iter().collect::<Weights>() {
            let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?)?;
            tensors.insert(name.clone(), var.as_tensor().clone());
            variables.push((format!("{file}/{name}"), var));
        }
        Ok(tensors)
    };
    let build = |w: Weights| VarBuilder::from_tensors(w.into_iter().collect(), DType::F32, &Device::Cpu);
    let trunk = Trunk::load(build(learn(manifest::TRUNK)?), config, depth)?;
    let branch = Branch::load(build(learn(manifest::TAGGING)?), config, depth..config.num_hidden_layers)?;
    Ok(Model { trunk, branch, variables })
}

fn sentences(pieces: &Pieces, notes: &Path) -> Result<Vec<Vec<u32>>, Failure> {
    let mut files = std::fs::read_dir(notes)?.map(|e| Ok(e?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let document = document::read(&std::fs::read_to_string(file)?);
        for sentence in &document.sentences {
            let ids = pieces.sequence(sentence.span.of(&document.text))?;
            if (5..=60).contains(&ids.len()) {
                all.push(ids);
            }
        }
    }
    Ok(all.iter().cycle().take(200).cloned().collect())
}

/// candle's own operations; gradients of the batches are added up.
fn padded_step(model: &Model, optimizer: &mut AdamW, sequences: &[&[u32]]) -> Result<(), Failure> {
    let mut loss: Option<Tensor> = None;
    for batch in transformer::batches(sequences, PADDED) {
        let own: Vec<&[u32]> = batch.iter().map(|i| sequences[*i]).collect();
        let (ids, mask) = bert::pad(&own, 0, &Device::Cpu)?;
        let bias = bert::attention_bias(&mask)?;
        let hidden = model.trunk.forward(&ids, &bias, Mode::Training, None)?;
        let hidden = model.branch.forward(&hidden, &bias, Mode::Training, None)?;
        let own = hidden.broadcast_mul(&mask.unsqueeze(2)?)?.sqr()?.sum_all()?;
        loss = Some(match loss {
            Some(loss) => (loss + own)?,
            None => own,
        });
    }
    if let Some(loss) = loss {
        optimizer.step(&loss.backward()?)?;
    }
    Ok(())
}

fn packed_step(model: &Model, optimizer: &mut DeviceAdamW, sequences: &[&[u32]], lower: Option<&Tensor>) -> Result<(), Failure> {
    let pack = Arc::new(Pack::new(sequences.iter().map(|s| s.len()), &Device::Cpu)?);
    let hidden = match lower {
        Some(kept) => kept.clone(),
        None => model.trunk.forward_packed(sequences, &pack, None)?,
    };
    let loss = model.branch.forward_packed(&hidden, &pack, None)?.sqr()?.sum_all()?;
    let norm = optimizer.apply(&loss.backward()?, 1.0)?;
    optimizer.checked(norm.as_ref())?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    let rounds = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(5usize);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("models/superbill-base");
    let record = Manifest::read(&folder)?;
    let pieces = Pieces::open(&folder.join(manifest::TOKENIZER), record.config.max_position_embeddings)?;
    let owned = sentences(&pieces, &root.join("eval/notes"))?;
    let sequences: Vec<&[u32]> = owned.iter().map(Vec::as_slice).collect();
    let count: usize = sequences.iter().map(|s| s.len()).sum();

    let (stock, fused, frozen) = (model(&folder, &record)?, model(&folder, &record)?, model(&folder, &record)?);
    let own = |m: &Model| m.variables.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>();
    let named = |m: &Model| m.variables.iter().map(|(n, v)| (n.clone(), v.clone(), RATE)).collect::<Vec<_>>();
    let mut stock_optimizer = AdamW::new(own(&stock), ParamsAdamW { lr: RATE, ..Default::default() })?;
    let mut fused_optimizer = DeviceAdamW::new(named(&fused), 0.01, 1.0)?;
    let mut frozen_optimizer = DeviceAdamW::new(named(&frozen), 0.01, 1.0)?;
    let pack = Arc::new(Pack::new(sequences.iter().map(|s| s.len()), &Device::Cpu)?);
    let kept = frozen.trunk.forward_packed(&sequences, &pack, None)?.detach();

    let mut rates: [Vec<f64>; 3] = Default::default();
    for round in 0..=rounds {
        for (way, rates) in rates.iter_mut().enumerate() {
            let started = Instant::now();
            match way {
                0 => padded_step(&stock, &mut stock_optimizer, &sequences)?,
                1 => packed_step(&fused, &mut fused_optimizer, &sequences, None)?,
                _ => packed_step(&frozen, &mut frozen_optimizer, &sequences, Some(&kept))?,
            }
            // The first round warms up.
            if round > 0 {
                rates.push(count as f64 / started.elapsed().as_secs_f64());
            }
        }
    }
    for (name, rates) in
        ["candle, padded batches of like lengths", "packed and fused", "the same, shared layers kept"].iter().zip(&mut rates)
    {
        rates.sort_by(f64::total_cmp);
        println!("{name}: {:.0} word pieces/s ({:.0} to {:.0})", rates[rates.len() / 2], rates[0], rates[rates.len() - 1]);
    }
    println!("{} sentences, {count} word pieces, {} threads", sequences.len(), rayon::current_num_threads());
    Ok(())
}
