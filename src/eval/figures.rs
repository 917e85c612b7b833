//! Figures of a set with their intervals: how sure is each of them?
use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::scoring::Counts;

/// A figure with its 95% bootstrap interval over documents and the number it rests on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Metric {
    /// The figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of documents, concepts or mentions it rests on.
    pub n: usize,
}

/// Collects named figures with their intervals over one list of documents.
pub struct Figures<'a, T> {
    documents: &'a [&'a T],
    /// What was collected.
    pub metrics: BTreeMap<String, Metric>,
}

impl<'a, T> Figures<'a, T> {
    /// Nothing yet.
    pub fn new(documents: &'a [&'a T]) -> Self {
        Self { documents, metrics: BTreeMap::new() }
    }

    /// Micro-averaged F1, with precision and recall as `<name>_precision` and `<name>_recall` where `parts` says so.
    /// Documents without the part are left out; without any there is no figure.
    pub fn counts(&mut self, name: &str, parts: bool, part: impl Fn(&T) -> Option<Counts>) {
        let counts: Vec<Option<Counts>> = self.documents.iter().map(|d| part(d)).collect();
        if counts.iter().all(Option::is_none) {
            return;
        }
        let sum = |sample: &[usize]| {
            let mut total = Counts::default();
            sample.iter().filter_map(|&i| counts[i]).for_each(|c| total.add(c));
            total
        };
        let n = counts.iter().flatten().map(|c| (c.hit + c.missed) as usize).sum();
        let mut put = |name: String, figure: fn(&Counts) -> f64| {
            self.metrics.insert(name, bootstrap(counts.len(), n, |sample| figure(&sum(sample))));
        };
        put(format!("{name}_f1"), Counts::f1);
        if parts {
            put(format!("{name}_precision"), Counts::precision);
            put(format!("{name}_recall"), Counts::recall);
        }
    }

    /// Micro-averaged recall alone, where gold does not list everything.
    pub fn recall(&mut self, name: &str, part: impl Fn(&T) -> Counts) {
        let counts: Vec<Counts> = self.documents.iter().map(|d| part(d)).collect();
        let n: u32 = counts.iter().map(|c| c.hit + c.missed).sum();
        let share = |sample: &[usize]| {
            let (hit, all) = sample.iter().fold((0, 0), |(h, a), &i| (h + counts[i].hit, a + counts[i].hit + counts[i].missed));
            f64::from(hit) / f64::from(all.max(1))
        };
        if n > 0 {
            self.metrics.insert(name.to_owned(), bootstrap(counts.len(), n as usize, share));
        }
    }

    /// Mean over the documents that have the part; without any there is no figure.
    pub fn mean(&mut self, name: &str, part: impl Fn(&T) -> Option<f64>) {
        let values: Vec<Option<f64>> = self.documents.iter().map(|d| part(d)).collect();
        let n = values.iter().flatten().count();
        if n == 0 {
            return;
        }
        let figure = |sample: &[usize]| {
            let (sum, count) = sample.iter().filter_map(|&i| values[i]).fold((0.0, 0.0), |(s, c), v| (s + v, c + 1.0));
            if count == 0.0 { 0.0 } else { sum / count }
        };
        self.metrics.insert(name.to_owned(), bootstrap(values.len(), n, figure));
    }

    /// As [`mean`](Self::mean), of yes and no.
    pub fn share(&mut self, name: &str, part: impl Fn(&T) -> Option<bool>) {
        self.mean(name, |d| part(d).map(f64::from));
    }

    /// A figure of all statements of the chosen documents together.
    pub fn pooled<S: Clone>(&mut self, name: &str, part: impl Fn(&T) -> Vec<S>, figure: impl Fn(&[S]) -> f64) {
        let parts: Vec<Vec<S>> = self.documents.iter().map(|d| part(d)).collect();
        let n = parts.iter().map(Vec::len).sum();
        if n == 0 {
            return;
        }
        let of = |sample: &[usize]| figure(&sample.iter().flat_map(|&i| parts[i].iter().cloned()).collect::<Vec<S>>());
        self.metrics.insert(name.to_owned(), bootstrap(parts.len(), n, of));
    }

    /// Averages over codes: each code's precision, recall and F1 weighs the same. Codes are those that gold requires or
    /// that were falsely predicted; `part` gives a document's counts by code.
    pub fn macro_average(&mut self, name: &str, part: impl Fn(&T) -> &[(String, Counts)]) {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rows: Vec<Vec<(usize, Counts)>> = Vec::with_capacity(self.documents.len());
        for document in self.documents {
            let mut row = Vec::new();
            for (code, counts) in part(document) {
                let next = index.len();
                row.push((*index.entry(code.as_str()).or_insert(next), *counts));
            }
            rows.push(row);
        }
        let codes = index.len();
        if codes == 0 {
            return;
        }
        let average = |sample: &[usize], figure: fn(&Counts) -> f64| {
            let mut all = vec![Counts::default(); codes];
            sample.iter().flat_map(|&i| &rows[i]).for_each(|(code, c)| all[*code].add(*c));
            let seen: Vec<f64> = all.iter().filter(|c| **c != Counts::default()).map(figure).collect();
            if seen.is_empty() { 0.0 } else { seen.iter().sum::<f64>() / seen.len() as f64 }
        };
        let figures: [(&str, fn(&Counts) -> f64); 3] = [
            ("f1", Counts::f1),
            ("precision", |c| if c.hit == 0 { 0.0 } else { c.precision() }),
            ("recall", |c| if c.hit == 0 { 0.0 } else { c.recall() }),
        ];
        for (end, figure) in figures {
            let metric = bootstrap(rows.len(), codes, |sample| average(sample, figure));
            self.metrics.insert(format!("{name}_{end}"), metric);
        }
    }
}

/// 95% bootstrap over documents, a thousand samples of a fixed seed: `figure` computes the metric from the chosen documents'
/// indexes.
pub fn bootstrap(documents: usize, n: usize, figure: impl Fn(&[usize]) -> f64) -> Metric {
    let all: Vec<usize> = (0..documents).collect();
    let value = figure(&all);
    if documents == 0 {
        return Metric { value, low: value, high: value, n };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(20_260_504);
    let mut values: Vec<f64> = (0..1000)
        .map(|_| {
            let sample: Vec<usize> = (0..documents).map(|_| rng.random_range(0..documents)).collect();
            figure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    Metric { value, low: values[25], high: values[974], n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_by_hand() {
        struct Document(Counts, Vec<(String, Counts)>, Option<f64>);
        let c = |hit, wrong, missed| Counts { hit, wrong, missed };
        // A: hit twice, wrong once. B: missed once. C: wrong once.
        let one =
            Document(c(1, 1, 1), vec![("A".into(), c(1, 0, 0)), ("B".into(), c(0, 0, 1)), ("C".into(), c(0, 1, 0))], Some(1.0));
        let two = Document(c(1, 1, 0), vec![("A".into(), c(1, 1, 0))], None);
        let documents = [&one, &two];
        let mut figures = Figures::new(&documents);
        figures.counts("x", true, |d| Some(d.0));
        figures.counts("absent", true, |_| None);
        figures.macro_average("x_macro", |d| d.1.as_slice());
        figures.mean("m", |d| d.2);
        figures.pooled("p", |d| d.1.iter().map(|(_, c)| c.hit).collect(), |all: &[u32]| f64::from(all.iter().sum::<u32>()));
        let value = |name: &str| figures.metrics[name].value;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(value("x_f1"), 4.0 / 7.0) && close(value("x_precision"), 0.5) && close(value("x_recall"), 2.0 / 3.0));
        // Precision of A is 2/3, of B and C 0; recall of A is 1; F1 of A is 0.8.
        assert!(close(value("x_macro_precision"), 2.0 / 9.0) && close(value("x_macro_recall"), 1.0 / 3.0));
        assert!(close(value("x_macro_f1"), 0.8 / 3.0));
        assert!(close(value("m"), 1.0) && figures.metrics["m"].n == 1 && close(value("p"), 2.0));
        assert!(!figures.metrics.contains_key("absent_f1"));
    }

    #[test]
    fn an_interval_holds_its_figure() {
        let hits = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let m = bootstrap(hits.len(), hits.len(), |s| s.iter().map(|&i| hits[i]).sum::<f64>() / s.len() as f64);
        assert!(m.low < m.value && m.value < m.high && (m.value - 0.75).abs() < 1e-9);
    }
}
