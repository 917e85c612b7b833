//! CodiEsp scored as its organisers do (CLEF eHealth 2020): mean average precision and micro-F1 of codes (tasks D and
//! P), micro-F1 of codes with their place in the Spanish text (task X).
//!
//! Average precision of a report: the mean, over its gold codes, of the precision at each one's rank (0 where it is not
//! ranked). Micro counts take each code of a report once. A code of task X is right where one predicted range holds one
//! of its gold ranges and begins and ends at most ten characters outside it. The organisers also drop codes that are not
//! in their list of CIE-10-ES 2018; here every prediction counts.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::figures::{Metric, bootstrap};
use super::scoring::{Counts, EngineIdentity, Scores, category};
use crate::train::data::codiesp::{CaseReport, Task};
use crate::train::data::{DataError, read_text};

/// Codes that count in a ranking.
const DEPTH: usize = 1000;
/// Characters that a predicted range may begin or end outside the gold range.
const TOLERANCE: usize = 10;

/// What is predicted for a report.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// Codes in upper case, best first, each once: score, and whether it is one of the answer.
    pub codes: Vec<(String, f32, bool)>,
    /// Seconds it took.
    pub seconds: f64,
}

/// Average precision of a ranking; a code that comes twice counts where it comes first.
pub fn average_precision(ranked: &[&str], gold: &BTreeSet<String>) -> f64 {
    let (mut hits, mut sum) = (0usize, 0f64);
    let mut seen = BTreeSet::new();
    for code in ranked.iter().filter(|c| seen.insert(**c)).take(DEPTH).enumerate().map(|(i, c)| (i + 1, *c)) {
        if gold.contains(code.1) {
            hits += 1;
            sum += hits as f64 / code.0 as f64;
        }
    }
    if gold.is_empty() { 0.0 } else { sum / gold.len() as f64 }
}

/// Hits, false and missed codes of a report, each once.
pub fn counts<'a>(predicted: impl IntoIterator<Item = &'a str>, gold: &BTreeSet<String>) -> Counts {
    let predicted: BTreeSet<&str> = predicted.into_iter().collect();
    let hit = predicted.iter().filter(|c| gold.contains(**c)).count() as u32;
    Counts { hit, wrong: predicted.len() as u32 - hit, missed: gold.len() as u32 - hit }
}

fn gold_of(report: &CaseReport, task: Task) -> &BTreeSet<String> {
    match task {
        Task::Diagnoses => &report.diagnoses,
        Task::Procedures => &report.procedures,
    }
}

/// Scores of rankings, one a report in the same order; reports without gold count for nothing in the mean. `seen` are
/// the codes of the training reports, where they are known.
pub fn scores(set: &str, split: &str, task: Task, reports: &[CaseReport], rankings: &[Ranking], seen: &BTreeSet<&str>) -> Scores {
    let all: Vec<(&BTreeSet<String>, &Ranking)> = reports.iter().map(|r| gold_of(r, task)).zip(rankings).collect();
    let required: usize = all.iter().map(|(g, _)| g.len()).sum();
    let chosen = |r: &Ranking| -> Vec<String> { r.codes.iter().filter(|c| c.2).map(|c| c.0.clone()).collect() };
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    let mean = |values: Vec<Option<f64>>| {
        let n = values.iter().flatten().count();
        bootstrap(values.len(), n, |sample| {
            let kept: Vec<f64> = sample.iter().filter_map(|i| values[*i]).collect();
            kept.iter().sum::<f64>() / kept.len().max(1) as f64
        })
    };
    let ap = |by_category: bool| {
        let one = |(gold, r): &(&BTreeSet<String>, &Ranking)| {
            // Cut to categories, a category ranks where its first code does.
            let short = |c: &str| if by_category { category(c) } else { c.to_owned() };
            let ranked: Vec<String> = r.codes.iter().map(|c| short(&c.0)).collect();
            let gold: BTreeSet<String> = gold.iter().map(|c| short(c)).collect();
            let ranked: Vec<&str> = ranked.iter().map(String::as_str).collect();
            (!gold.is_empty()).then(|| average_precision(&ranked, &gold))
        };
        all.iter().map(one).collect::<Vec<Option<f64>>>()
    };
    metrics.insert("map".into(), mean(ap(false)));
    metrics.insert("map_category".into(), mean(ap(true)));
    let counted: Vec<Counts> = all.iter().map(|(g, r)| counts(chosen(r).iter().map(String::as_str), g)).collect();
    let micro = |figure: fn(&Counts) -> f64| {
        bootstrap(counted.len(), required, |sample| {
            let mut total = Counts::default();
            sample.iter().for_each(|i| total.add(counted[*i]));
            figure(&total)
        })
    };
    metrics.insert("f1".into(), micro(Counts::f1));
    metrics.insert("precision".into(), micro(Counts::precision));
    metrics.insert("recall".into(), micro(Counts::recall));
    let share = |of: &dyn Fn(&BTreeSet<String>, &Ranking) -> (usize, usize)| {
        let pairs: Vec<(usize, usize)> = all.iter().map(|(g, r)| of(g, r)).collect();
        let n = pairs.iter().map(|p| p.1).sum();
        bootstrap(pairs.len(), n, |sample| {
            let (a, b) = sample.iter().fold((0, 0), |t, i| (t.0 + pairs[*i].0, t.1 + pairs[*i].1));
            a as f64 / b.max(1) as f64
        })
    };
    let within = |k: usize| {
        move |gold: &BTreeSet<String>, r: &Ranking| (r.codes.iter().take(k).filter(|c| gold.contains(&c.0)).count(), gold.len())
    };
    metrics.insert("candidate_recall".into(), share(&within(usize::MAX)));
    for k in [10, 20, 100] {
        metrics.insert(format!("recall_at_{k}"), share(&within(k)));
    }
    let first = |gold: &BTreeSet<String>, r: &Ranking| within(gold.len())(gold, r);
    metrics.insert("r_precision".into(), share(&first));
    for k in [5, 8, 15] {
        let hits = move |gold: &BTreeSet<String>, r: &Ranking| (within(k)(gold, r).0, k);
        metrics.insert(format!("precision_at_{k}"), share(&hits));
    }
    for (name, wanted) in [("recall_seen", true), ("recall_unseen", false)].into_iter().filter(|_| !seen.is_empty()) {
        let of = |gold: &BTreeSet<String>, r: &Ranking| {
            let kept: Vec<&String> = gold.iter().filter(|c| seen.contains(c.as_str()) == wanted).collect();
            let chosen = chosen(r);
            (kept.iter().filter(|c| chosen.contains(c)).count(), kept.len())
        };
        metrics.insert(name.into(), share(&of));
    }
    metrics.insert("codes_per_report".into(), mean(all.iter().map(|(_, r)| Some(chosen(r).len() as f64)).collect()));
    metrics.insert("seconds_per_report".into(), mean(all.iter().map(|(_, r)| Some(r.seconds)).collect()));
    Scores {
        set: set.into(),
        split: split.into(),
        documents: all.len(),
        metrics,
        by_group: BTreeMap::new(),
        engine: EngineIdentity::default(),
        losses: None,
    }
}

/// Rankings from a file: document, code, and where given score and chosen 0|1 (without them, as the organisers publish
/// it, all are chosen, in the order of the file). One a report; documents without a row have an empty one.
pub fn read_rankings(path: &Path, reports: &[CaseReport]) -> Result<Vec<Ranking>, DataError> {
    let text = read_text(path)?;
    let mut by_id: BTreeMap<&str, Ranking> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let wrong = |reason: &str| DataError::Format { path: path.to_owned(), line: index + 1, reason: reason.into() };
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let (id, code, score, chosen) = match fields[..] {
            [id, code] => (id, code, 0.0, true),
            [id, code, score, chosen] => {
                let score = score.parse().map_err(|_| wrong("the score is not a number"))?;
                (id, code, score, chosen == "1")
            }
            _ => return Err(wrong("expected document and code, or document, code, score and chosen")),
        };
        let ranking = by_id.entry(id).or_default();
        let code = code.to_ascii_uppercase();
        if seen.insert((id, code.clone())) {
            ranking.codes.push((code, score, chosen));
        }
    }
    Ok(reports.iter().map(|r| by_id.get(r.id.as_str()).cloned().unwrap_or_default()).collect())
}

/// Scores of a file of task X: document, "start end", label, code.
pub fn score_places(set: &str, split: &str, reports: &[CaseReport], path: &Path) -> Result<Scores, DataError> {
    let text = read_text(path)?;
    let mut by_id: BTreeMap<&str, BTreeMap<String, Vec<(usize, usize)>>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let wrong = |reason: &str| DataError::Format { path: path.to_owned(), line: index + 1, reason: reason.into() };
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [id, range, _, code] = fields[..] else {
            return Err(wrong("expected document, \"start end\", label and code divided by tabs"));
        };
        let ends = range.split_once(' ').and_then(|(a, b)| Some((a.parse().ok()?, b.trim().parse().ok()?)));
        let range = ends.ok_or_else(|| wrong("the offsets are not two numbers"))?;
        by_id.entry(id).or_default().entry(code.to_ascii_uppercase()).or_default().push(range);
    }
    let none = BTreeMap::new();
    let counted: Vec<Counts> = reports.iter().map(|r| place_counts(r, by_id.get(r.id.as_str()).unwrap_or(&none))).collect();
    let n = counted.iter().map(|c| (c.hit + c.missed) as usize).sum();
    let micro = |figure: fn(&Counts) -> f64| {
        bootstrap(counted.len(), n, |sample| {
            let mut total = Counts::default();
            sample.iter().for_each(|i| total.add(counted[*i]));
            figure(&total)
        })
    };
    let metrics = [("f1", micro(Counts::f1)), ("precision", micro(Counts::precision)), ("recall", micro(Counts::recall))];
    let metrics = metrics.into_iter().map(|(name, m)| (name.to_owned(), m)).collect();
    Ok(Scores {
        set: set.into(),
        split: split.into(),
        documents: reports.len(),
        metrics,
        by_group: BTreeMap::new(),
        engine: EngineIdentity::default(),
        losses: None,
    })
}

/// Hits, false and missed codes of a report with their places.
fn place_counts(report: &CaseReport, predicted: &BTreeMap<String, Vec<(usize, usize)>>) -> Counts {
    let mut gold: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for e in &report.evidence {
        let start = e.ranges.iter().map(|r| r.0).min().unwrap_or_default();
        let end = e.ranges.iter().map(|r| r.1).max().unwrap_or_default();
        gold.entry(&e.code).or_default().push((start, end));
    }
    let holds =
        |p: &(usize, usize), g: &(usize, usize)| p.0 <= g.0 && g.0 - p.0 <= TOLERANCE && g.1 <= p.1 && p.1 - g.1 <= TOLERANCE;
    let right = |(code, ranges): &(&String, &Vec<(usize, usize)>)| {
        gold.get(code.as_str()).is_some_and(|g| ranges.iter().any(|p| g.iter().any(|g| holds(p, g))))
    };
    let hit = predicted.iter().filter(right).count() as u32;
    Counts { hit, wrong: predicted.len() as u32 - hit, missed: gold.len() as u32 - hit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::codiesp::CodedEvidence;

    fn set(codes: &[&str]) -> BTreeSet<String> {
        codes.iter().map(|c| (*c).to_owned()).collect()
    }

    fn ranking(codes: &[(&str, bool)]) -> Ranking {
        Ranking { codes: codes.iter().map(|(c, chosen)| ((*c).to_owned(), 0.5, *chosen)).collect(), seconds: 0.0 }
    }

    #[test]
    fn average_precision_by_hand() {
        // Right at ranks 1 and 3 of three gold codes: (1/1 + 2/3 + 0) / 3.
        let gold = set(&["A00", "B00", "C00"]);
        assert!((average_precision(&["A00", "X00", "B00"], &gold) - (1.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
        // A repeated code moves nothing down.
        assert!((average_precision(&["A00", "A00", "B00"], &gold) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(average_precision(&[], &gold), 0.0);
    }

    #[test]
    fn map_and_micro_f1_by_hand() {
        let report = |id: &str, codes: &[&str]| CaseReport { id: id.into(), diagnoses: set(codes), ..Default::default() };
        let reports = [report("a", &["A00", "B00"]), report("b", &["C00"]), report("c", &[])];
        let rankings = [ranking(&[("X00", true), ("A00", true), ("B00", false)]), ranking(&[]), ranking(&[("Z00", true)])];
        let scores = scores("set", "dev", Task::Diagnoses, &reports, &rankings, &["A00"].into());
        // a: (1/2 + 2/3) / 2, b: 0, c: no gold.
        assert!((scores.metrics["map"].value - (0.5 + 2.0 / 3.0) / 2.0 / 2.0).abs() < 1e-12);
        // One hit of three predictions and three gold codes.
        assert!((scores.metrics["f1"].value - 2.0 / 6.0).abs() < 1e-12);
        assert_eq!((scores.metrics["recall_seen"].value, scores.metrics["recall_unseen"].value), (1.0, 0.0));
        assert!((scores.metrics["candidate_recall"].value - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_place_may_stand_ten_characters_outside() {
        let evidence = |code: &str, ranges: &[(usize, usize)]| CodedEvidence {
            task: Task::Diagnoses,
            code: code.into(),
            ranges: ranges.to_vec(),
        };
        let report = CaseReport {
            evidence: vec![evidence("R05", &[(20, 23)]), evidence("R50.9", &[(40, 46), (60, 66)]), evidence("I10", &[(0, 3)])],
            ..Default::default()
        };
        let predicted = |list: &[(&str, (usize, usize))]| {
            let mut out: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
            list.iter().for_each(|(c, r)| out.entry((*c).to_owned()).or_default().push(*r));
            out
        };
        let found =
            place_counts(&report, &predicted(&[("R05", (10, 33)), ("R50.9", (40, 66)), ("I10", (1, 3)), ("J45", (0, 3))]));
        assert_eq!(found, Counts { hit: 2, wrong: 2, missed: 1 });
        assert_eq!(place_counts(&report, &predicted(&[("R05", (9, 23))])).hit, 0);
    }
}
