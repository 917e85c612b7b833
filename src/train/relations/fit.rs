//! Fitting the relation head: pairs of the training notes, logistic regressions with few weights, checks out of fold.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::gold::{FoundRelation, GoldRelation, compare};
use crate::document::Document;
use crate::extract::Mention;
use crate::extract::relations::by_words;
use crate::extract::relations::model::{RelationWeights, choose};
use crate::extract::relations::pairs::{KINDS, Pair, PairReader, candidates, fits, kind_of_relation};
use crate::train::data::scores::Counts;
use crate::train::diagnoses::hash_of;

const FOLDS: u64 = 5;

/// Settings of the fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationSettings {
    /// Passes over the pairs at most; as many are kept as give the least loss out of fold.
    pub epochs: usize,
    /// First step.
    pub learning_rate: f32,
    /// Penalty of a weight's size (L1): keeps few weights.
    pub sparsity: f32,
    /// A feature stands at labelled relations of so many notes.
    pub least_notes: usize,
    /// Weights below this for every kind are left out of the file.
    pub least_weight: f32,
    /// Order of the pairs.
    pub seed: u64,
}

/// A training note as the engine reads it.
pub struct Note {
    /// Id.
    pub id: String,
    /// Text with its structure.
    pub document: Document,
    /// Mentions in order of place.
    pub mentions: Vec<Mention>,
    /// Labelled relations.
    pub gold: Vec<GoldRelation>,
}

/// Figures of one kind on the training notes.
#[derive(Clone, Debug, Serialize)]
pub struct KindReport {
    /// Kind.
    pub kind: &'static str,
    /// Labelled relations.
    pub labelled: usize,
    /// Of them, those that a candidate pair meets.
    pub reachable: usize,
    /// Precision, recall and F1 of the words' rules.
    pub rules: [f64; 3],
    /// The same of the model, out of fold.
    pub model: [f64; 3],
    /// Its threshold, chosen out of fold.
    pub threshold: f32,
    /// Whether the engine uses it.
    pub used: bool,
}

/// Loss a pair and kind after each pass, over the folds.
#[derive(Clone, Debug, Serialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean over the pairs learned from.
    pub loss: f64,
    /// Mean over the pairs of the fold left out.
    pub held_out_loss: f64,
}

/// What a fit came to.
#[derive(Clone, Debug, Serialize)]
pub struct RelationReport {
    /// Notes.
    pub notes: usize,
    /// Candidate pairs.
    pub pairs: usize,
    /// Features with a weight.
    pub features: usize,
    /// Passes kept.
    pub epochs: usize,
    /// By kind.
    pub kinds: Vec<KindReport>,
    /// The way there.
    pub losses: Vec<Epoch>,
}

/// A candidate pair of a note.
struct Row {
    pair: Pair,
    features: Vec<u32>,
    fit: [bool; 4],
    /// Labelled (1), not labelled (0), or another occurrence of what is labelled (left out).
    targets: [Option<f32>; 4],
}

#[derive(Clone)]
struct Weights {
    bias: [f32; 4],
    weights: Vec<[f32; 4]>,
}

/// Fits the head.
pub fn fit(notes: &[Note], settings: &RelationSettings, done: &(dyn Fn() + Sync)) -> (RelationWeights, RelationReport) {
    let (names, rows) = rows(notes, settings.least_notes);
    let fold_of = |i: usize| hash_of(&notes[i].id) % FOLDS;
    let held = |fold: u64| move |i: &usize| fold_of(*i) == fold;
    let paths: Vec<(Vec<Weights>, Vec<[f64; 2]>)> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            let all: Vec<usize> = (0..notes.len()).collect();
            let (own, others): (Vec<usize>, Vec<usize>) = all.into_iter().partition(held(fold));
            let path = learn(&rows, &others, names.len(), settings, settings.epochs);
            let losses = path.iter().map(|w| [loss(&rows, &others, w), loss(&rows, &own, w)]).collect();
            done();
            (path, losses)
        })
        .collect();
    let losses: Vec<Epoch> = (0..settings.epochs)
        .map(|e| {
            let mean = |part: usize| paths.iter().map(|p| p.1[e][part]).sum::<f64>() / FOLDS as f64;
            Epoch { epoch: e + 1, loss: mean(0), held_out_loss: mean(1) }
        })
        .collect();
    let epochs = losses.iter().min_by(|a, b| a.held_out_loss.total_cmp(&b.held_out_loss)).map_or(1, |e| e.epoch);
    let scores: Vec<Vec<(usize, usize, [f32; 4])>> = (0..notes.len())
        .map(|i| {
            let weights = &paths[fold_of(i) as usize].0[epochs - 1];
            rows[i].iter().map(|row| (row.pair.from, row.pair.to, probabilities(row, weights))).collect()
        })
        .collect();
    let mut file = RelationWeights::new();
    let kinds: Vec<KindReport> = (0..4).map(|kind| kind_report(notes, &rows, &scores, kind)).collect();
    for (k, report) in kinds.iter().enumerate() {
        (file.thresholds[k], file.used[k]) = (report.threshold, report.used);
    }
    let everything: Vec<usize> = (0..notes.len()).collect();
    let learned = learn(&rows, &everything, names.len(), settings, epochs).pop();
    done();
    if let Some(learned) = learned {
        let round = |w: [f32; 4]| w.map(|w| (w * 100.0).round() / 100.0);
        file.bias = round(learned.bias);
        let kept = names.into_iter().zip(learned.weights).map(|(name, w)| (name, round(w)));
        file.weights = kept.filter(|(_, w)| w.iter().any(|w| w.abs() >= settings.least_weight)).collect();
    }
    let report = RelationReport {
        notes: notes.len(),
        pairs: rows.iter().map(Vec::len).sum(),
        features: file.weights.len(),
        epochs,
        kinds,
        losses,
    };
    (file, report)
}

/// Names of the features kept, and the pairs of every note with their numbers.
fn rows(notes: &[Note], least_notes: usize) -> (Vec<String>, Vec<Vec<Row>>) {
    let mut rows: Vec<Vec<Row>> = notes.par_iter().map(labelled_rows).collect();
    let of_labelled = |(note, rows): (&Note, &Vec<Row>)| {
        let reader = PairReader::new(&note.document, &note.mentions);
        let mut own: BTreeSet<String> = BTreeSet::new();
        for row in rows.iter().filter(|row| row.targets.contains(&Some(1.0))) {
            reader.features(row.pair, &mut |parts| {
                own.insert(parts.join("|"));
            });
        }
        own
    };
    let named: Vec<BTreeSet<String>> = notes.par_iter().zip(&rows).map(of_labelled).collect();
    let mut notes_with: BTreeMap<&str, usize> = BTreeMap::new();
    named.iter().flatten().for_each(|f| *notes_with.entry(f).or_default() += 1);
    let names: Vec<String> = notes_with.iter().filter(|(_, n)| **n >= least_notes).map(|(f, _)| (*f).to_owned()).collect();
    let number: HashMap<&str, u32> = names.iter().enumerate().map(|(i, name)| (name.as_str(), i as u32)).collect();
    notes.par_iter().zip(&mut rows).for_each(|(note, rows)| {
        let reader = PairReader::new(&note.document, &note.mentions);
        for row in rows {
            reader.features(row.pair, &mut |parts| row.features.extend(number.get(parts.join("|").as_str())));
        }
    });
    (names, rows)
}

/// Candidate pairs of a note with what is labelled of them.
fn labelled_rows(note: &Note) -> Vec<Row> {
    let span = |at: usize| note.mentions[at].span;
    let row = |pair: Pair| {
        let fit = fits(note.mentions[pair.from].kind, note.mentions[pair.to].kind);
        Row { pair, features: Vec::new(), fit, targets: fit.map(|fits| fits.then_some(0.0)) }
    };
    let mut rows: Vec<Row> = candidates(&note.mentions).into_iter().map(row).collect();
    for gold in &note.gold {
        let Some(kind) = KINDS.iter().position(|k| *k == gold.kind) else { continue };
        let meets = |row: &Row| row.fit[kind] && gold.is(&(gold.kind, span(row.pair.from), span(row.pair.to)));
        let gap = |row: &Row| {
            let (a, b) = (span(row.pair.from), span(row.pair.to));
            a.start.max(b.start).saturating_sub(a.end.min(b.end))
        };
        let nearest = rows.iter().filter(|row| meets(row)).map(gap).min();
        for row in rows.iter_mut().filter(|row| meets(row)) {
            if Some(gap(row)) == nearest {
                row.targets[kind] = Some(1.0);
            } else if row.targets[kind] == Some(0.0) {
                row.targets[kind] = None;
            }
        }
    }
    rows
}

fn probabilities(row: &Row, weights: &Weights) -> [f32; 4] {
    let mut sums = weights.bias;
    for feature in &row.features {
        sums.iter_mut().zip(&weights.weights[*feature as usize]).for_each(|(s, w)| *s += w);
    }
    let mut own = [0.0; 4];
    (0..4).filter(|k| row.fit[*k]).for_each(|k| own[k] = 1.0 / (1.0 + (-sums[k]).exp()));
    own
}

/// Mean negative log-likelihood a pair and kind.
fn loss(rows: &[Vec<Row>], notes: &[usize], weights: &Weights) -> f64 {
    let (mut sum, mut n) = (0.0, 0usize);
    for row in notes.iter().flat_map(|i| &rows[*i]) {
        let own = probabilities(row, weights);
        for (p, target) in own.iter().zip(&row.targets) {
            let Some(target) = target else { continue };
            let likelihood = if *target > 0.5 { *p } else { 1.0 - *p };
            sum -= f64::from(likelihood.max(1e-7)).ln();
            n += 1;
        }
    }
    sum / n.max(1) as f64
}

/// Stochastic gradient steps scaled by each weight's own history (AdaGrad), with soft thresholding; weights after each pass.
fn learn(rows: &[Vec<Row>], notes: &[usize], features: usize, settings: &RelationSettings, epochs: usize) -> Vec<Weights> {
    let mut now = Weights { bias: [-3.0; 4], weights: vec![[0.0; 4]; features] };
    let (mut history, mut bias_history) = (vec![[1e-6f32; 4]; features], [1e-6f32; 4]);
    let mut order: Vec<&Row> = notes.iter().flat_map(|i| &rows[*i]).collect();
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut path = Vec::with_capacity(epochs);
    for _ in 0..epochs {
        order.shuffle(&mut random);
        for row in &order {
            let own = probabilities(row, &now);
            for k in 0..4 {
                let Some(target) = row.targets[k] else { continue };
                let gradient = own[k] - target;
                if gradient.abs() < 1e-3 {
                    continue;
                }
                bias_history[k] += gradient * gradient;
                now.bias[k] -= settings.learning_rate * gradient / bias_history[k].sqrt();
                for feature in &row.features {
                    let (weight, sum) = (&mut now.weights[*feature as usize][k], &mut history[*feature as usize][k]);
                    *sum += gradient * gradient;
                    let step = settings.learning_rate / sum.sqrt();
                    let moved = *weight - step * gradient;
                    *weight = moved.signum() * (moved.abs() - step * settings.sparsity).max(0.0);
                }
            }
        }
        path.push(now.clone());
    }
    path
}

fn kind_report(notes: &[Note], rows: &[Vec<Row>], scores: &[Vec<(usize, usize, [f32; 4])>], kind: usize) -> KindReport {
    let own = KINDS[kind];
    let count = |found: &(dyn Fn(usize) -> Vec<FoundRelation> + Sync)| {
        let mut counts = Counts::default();
        let all: Vec<Counts> = (0..notes.len())
            .into_par_iter()
            .map(|i| compare(&notes[i].gold, &found(i)).get(&own).copied().unwrap_or_default())
            .collect();
        all.into_iter().for_each(|c| counts.add(c));
        counts
    };
    let span = |i: usize, at: usize| notes[i].mentions[at].span;
    let rules = count(&|i| {
        let all = by_words(&notes[i].document, &notes[i].mentions);
        all.iter().filter(|r| r.kind == own).map(|r| (own, span(i, r.from), span(i, r.to))).collect()
    });
    let mut used = [false; 4];
    used[kind] = true;
    let at = |threshold: f32| {
        count(&|i| {
            let chosen = choose(&scores[i], &used, &[threshold; 4]);
            chosen.iter().map(|c| (own, span(i, c.from), span(i, c.to))).collect()
        })
    };
    let (threshold, model) = (2..40)
        .map(|t| t as f32 * 0.02)
        .map(|t| (t, at(t)))
        .fold((1.0, Counts::default()), |best, t| if t.1.f1() > best.1.f1() { t } else { best });
    let reached = |note: &Note, rows: &[Row]| {
        let places = |row: &Row| (own, note.mentions[row.pair.from].span, note.mentions[row.pair.to].span);
        let met = |g: &&GoldRelation| g.kind == own && rows.iter().any(|row| row.fit[kind] && g.is(&places(row)));
        note.gold.iter().filter(met).count()
    };
    let three = |c: &Counts| [c.precision(), c.recall(), c.f1()].map(|f| (f * 1000.0).round() / 1000.0);
    KindReport {
        kind: kind_of_relation(own),
        labelled: model.gold().max(rules.gold()),
        reachable: notes.iter().zip(rows).map(|(note, rows)| reached(note, rows)).sum(),
        rules: three(&rules),
        model: three(&model),
        threshold,
        used: model.f1() > rules.f1(),
    }
}
