//! Words and pairs of words weighed by tf-idf, and a linear support vector machine for each code.
//!
//! The machines (squared hinge loss, dual coordinate descent after Hsieh and others, 2008) see the notes through their
//! inner products, which are computed once for all codes. Cost and threshold are chosen out of fold.
use std::collections::{BTreeMap, HashMap};

use indicatif::ProgressBar;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Predicted, Ranked, best_threshold, predicted, ranked};
use crate::document::Span;
use crate::document::tokens::{WordKind, words};
use crate::eval::gold::Case;
use crate::train::diagnoses::hash_of;

/// A code with a machine of its own stands on so many train notes.
const LEAST_NOTES: usize = 2;
/// A feature stands in so many train notes.
const LEAST_DOCUMENTS: usize = 2;
const FOLDS: u64 = 5;
/// Weights of the losses against the size of the weights, of which the best out of fold is taken.
const COSTS: [f32; 4] = [0.3, 1.0, 3.0, 10.0];
const EPOCHS: usize = 40;
/// Largest violation of the optimum at which a machine is ready.
const TOLERANCE: f32 = 0.01;
const SEED: u64 = 11;

/// A note as a sparse vector of length 1, features in order.
type Row = Vec<(u32, f32)>;

/// The codes of every case, learned from `train`.
pub fn predict(train: &[Case], cases: &[Case], bar: &ProgressBar) -> Vec<Predicted> {
    let vocabulary = Vocabulary::of(train.iter().map(|c| c.encounter.note.as_str()));
    let rows = |cases: &[Case]| cases.par_iter().map(|c| vocabulary.row(&c.encounter.note)).collect::<Vec<Row>>();
    let (known, new) = (rows(train), rows(cases));
    let (products, outer) = (products(&known, &known, vocabulary.len()), products(&new, &known, vocabulary.len()));
    let mut notes_with: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, case) in train.iter().enumerate() {
        let codes = case.gold.diagnoses.iter().filter_map(|d| d.codes.first());
        codes.for_each(|code| notes_with.entry(code).or_default().push(i));
    }
    notes_with.retain(|_, notes| notes.len() >= LEAST_NOTES);
    let fold: Vec<u64> = train.iter().map(|c| hash_of(&c.gold.id) % FOLDS).collect();
    bar.set_length((notes_with.len() * (COSTS.len() + 1)) as u64);
    // Out of fold: the margins that each cost gives to notes that its machines have not seen, and the best threshold on them.
    let held_out = |cost: f32| {
        let of_code = |(code, notes): (&&str, &Vec<usize>)| {
            let mut held = vec![0.0; train.len()];
            for own in 0..FOLDS {
                let margins = Machine::learn(&products, notes, cost, &|i| fold[i] != own).margins;
                (0..train.len()).filter(|i| fold[*i] == own).for_each(|i| held[i] = margins[i]);
            }
            bar.inc(1);
            ((*code).to_owned(), held)
        };
        let machines: Vec<(String, Vec<f32>)> = notes_with.par_iter().map(of_code).collect();
        let of_note = |i: usize| ranked(machines.iter().map(|(code, held)| (code.clone(), held[i])));
        let tuning: Vec<Ranked> = (0..train.len()).into_par_iter().map(of_note).collect();
        let notes: Vec<_> = train.iter().map(|c| &c.gold).zip(&tuning).collect();
        let (threshold, f1) = best_threshold(&notes, (-100..50).map(|t| t as f32 / 100.0));
        (cost, threshold, f1)
    };
    let best = COSTS.into_iter().map(held_out).fold((1.0, 0.0, f64::MIN), |best, c| if c.2 > best.2 { c } else { best });
    let (cost, threshold, f1) = best;
    tracing::info!(cost, threshold, f1, codes = notes_with.len(), features = vocabulary.len(), "chosen out of fold on train");
    let machines: Vec<(&str, Vec<f32>)> = notes_with
        .par_iter()
        .map(|(code, notes)| {
            let machine = Machine::learn(&products, notes, cost, &|_| true);
            bar.inc(1);
            (*code, outer.iter().map(|row| machine.margin(row)).collect())
        })
        .collect();
    let of_new = |i: usize| ranked(machines.iter().map(|(code, new)| ((*code).to_owned(), new[i])));
    // A margin at the threshold is as likely right as wrong.
    let confidence = |margin: f32| 1.0 / (1.0 + (-4.0 * (margin - threshold)).exp());
    (0..cases.len()).map(|i| predicted(of_new(i), threshold, confidence, 0.0)).collect()
}

struct Vocabulary {
    /// Number and inverse document frequency.
    features: HashMap<String, (u32, f32)>,
}

impl Vocabulary {
    fn of<'a>(notes: impl Iterator<Item = &'a str>) -> Self {
        let mut documents: BTreeMap<String, usize> = BTreeMap::new();
        let mut all = 0usize;
        for note in notes {
            all += 1;
            counts(note).into_keys().for_each(|f| *documents.entry(f).or_default() += 1);
        }
        let kept = documents.into_iter().filter(|(_, n)| *n >= LEAST_DOCUMENTS);
        let inverse = |n: usize| ((1 + all) as f32 / (1 + n) as f32).ln() + 1.0;
        Self { features: kept.enumerate().map(|(i, (f, n))| (f, (i as u32, inverse(n)))).collect() }
    }

    fn len(&self) -> usize {
        self.features.len()
    }

    fn row(&self, note: &str) -> Row {
        let weighed = counts(note).into_iter().filter_map(|(f, n)| {
            let (number, inverse) = self.features.get(&f)?;
            Some((*number, (1.0 + (n as f32).ln()) * inverse))
        });
        let mut row: Row = weighed.collect();
        row.sort_unstable_by_key(|f| f.0);
        let length = row.iter().map(|f| f.1 * f.1).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        row.iter_mut().for_each(|f| f.1 /= length);
        row
    }
}

/// How often each word and each pair of neighbours stands in a note.
fn counts(note: &str) -> BTreeMap<String, u32> {
    let kept: Vec<String> = words(note, Span::new(0, note.len()))
        .iter()
        .filter(|w| w.kind != WordKind::Punctuation)
        .map(|w| w.lower(note).into_owned())
        .collect();
    let mut all = BTreeMap::new();
    for pair in kept.windows(2) {
        *all.entry(format!("{} {}", pair[0], pair[1])).or_default() += 1;
    }
    kept.into_iter().for_each(|word| *all.entry(word).or_default() += 1);
    all
}

/// Inner products of each row of `a` with each of `b`, and one for the constant feature.
fn products(a: &[Row], b: &[Row], features: usize) -> Vec<Vec<f32>> {
    let one = |row: &Row| {
        let mut dense = vec![0f32; features];
        row.iter().for_each(|(f, v)| dense[*f as usize] = *v);
        b.iter().map(|other| 1.0 + other.iter().map(|(f, v)| dense[*f as usize] * v).sum::<f32>()).collect()
    };
    a.par_iter().map(one).collect()
}

/// One code's machine in its dual form.
struct Machine {
    /// Weight of each train note, with its sign.
    weights: Vec<f32>,
    /// Margin of each train note.
    margins: Vec<f32>,
}

impl Machine {
    fn learn(products: &[Vec<f32>], positive: &[usize], cost: f32, learns: &dyn Fn(usize) -> bool) -> Self {
        let mut sign = vec![-1f32; products.len()];
        positive.iter().for_each(|i| sign[*i] = 1.0);
        let mut order: Vec<usize> = (0..products.len()).filter(|i| learns(*i)).collect();
        let (mut weights, mut margins) = (vec![0f32; products.len()], vec![0f32; products.len()]);
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let slack = 0.5 / cost;
        for _ in 0..EPOCHS {
            order.shuffle(&mut rng);
            let mut worst = 0f32;
            for &i in &order {
                let weight = weights[i] * sign[i];
                let gradient = sign[i] * margins[i] - 1.0 + slack * weight;
                let violation = if weight == 0.0 { gradient.min(0.0) } else { gradient };
                worst = worst.max(violation.abs());
                if violation.abs() < 1e-6 {
                    continue;
                }
                let next = (weight - gradient / (products[i][i] + slack)).max(0.0);
                let change = (next - weight) * sign[i];
                weights[i] += change;
                margins.iter_mut().zip(&products[i]).for_each(|(m, p)| *m += change * p);
            }
            if worst < TOLERANCE {
                break;
            }
        }
        Self { weights, margins }
    }

    fn margin(&self, products: &[f32]) -> f32 {
        self.weights.iter().zip(products).map(|(w, p)| w * p).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::gold::{Gold, GoldConcept};
    use crate::note::Encounter;

    #[test]
    fn words_that_go_with_a_code_bring_it() {
        let case = |i: usize, note: &str, code: &str| Case {
            encounter: Encounter { note: note.to_owned(), ..Default::default() },
            gold: Gold {
                id: format!("n{i}"),
                diagnoses: vec![GoldConcept { codes: vec![code.to_owned()], ..Default::default() }],
                ..Default::default()
            },
            mentions: Vec::new(),
            relations: Vec::new(),
        };
        let texts = [("knee pain after a run", "M25.561"), ("high blood pressure again", "I10")];
        let train: Vec<Case> = (0..20).map(|i| case(i, texts[i % 2].0, texts[i % 2].1)).collect();
        let new = [case(90, "blood pressure is high", ""), case(91, "his knee pain", "")];
        let found = predict(&train, &new, &ProgressBar::hidden());
        // Among twenty notes that fall apart so clearly any threshold is as good; the order tells what was learned.
        let first = |i: usize| found[i].ranked[0].0.as_str();
        assert_eq!((first(0), first(1)), ("I10", "M25.561"));
    }
}
