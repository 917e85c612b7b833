//! The figures of a set for a person at a terminal.
use std::fmt::Write as _;

use super::scoring::Scores;

/// Columns of the table by group: name of the figure, heading.
const COLUMNS: [(&str, &str); 9] = [
    ("diagnosis_f1", "dx F1"),
    ("diagnosis_category_f1", "category"),
    ("primary_accuracy", "primary"),
    ("procedure_f1", "proc F1"),
    ("line_f1", "line F1"),
    ("em_accepted", "E/M"),
    ("encounter_right", "right"),
    ("ner_strict_f1", "strict"),
    ("ner_relaxed_f1", "relaxed"),
];

/// The whole table.
pub fn table(scores: &Scores) -> String {
    let mut out = format!("{} {} ({} documents)\n", scores.set, scores.split, scores.documents);
    let width = scores.metrics.keys().chain(scores.by_group.keys()).map(|n| n.chars().count()).max().unwrap_or(0).max(24);
    let _ = writeln!(out, "  {:width$}  value  [95% interval]       n", "figure");
    for (name, m) in &scores.metrics {
        let _ = writeln!(out, "  {name:width$}  {:>5.3}  [{:.3}, {:.3}]  {:>6}", m.value, m.low, m.high, m.n);
    }
    if let Some(losses) = &scores.losses {
        let _ = writeln!(out, "  errors of diagnoses by step");
        for (step, count) in losses.named() {
            let _ = writeln!(out, "  {step:width$}  {count:>5}");
        }
    }
    let columns: Vec<&(&str, &str)> =
        COLUMNS.iter().filter(|(name, _)| scores.by_group.values().any(|g| g.contains_key(*name))).collect();
    if columns.is_empty() {
        return out;
    }
    let _ = write!(out, "  {:width$}      n", "by group");
    columns.iter().for_each(|(_, heading)| out.push_str(&format!("  {heading:>8}")));
    out.push('\n');
    for (group, metrics) in &scores.by_group {
        let n = columns.iter().find_map(|(name, _)| metrics.get(*name)).map_or(0, |m| m.n);
        let _ = write!(out, "  {group:width$}  {n:>5}");
        for (name, _) in &columns {
            let figure = metrics.get(*name).map_or_else(|| "–".to_owned(), |m| format!("{:.3}", m.value));
            let _ = write!(out, "  {figure:>8}");
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::figures::Metric;

    #[test]
    fn a_group_without_a_figure_has_a_dash() {
        let metric = Metric { value: 0.5, low: 0.25, high: 0.75, n: 12 };
        let mut scores = Scores { set: "x".into(), split: "dev".into(), documents: 2, ..Default::default() };
        scores.metrics.insert("diagnosis_f1".into(), metric);
        scores.by_group.entry("note_type:office".into()).or_default().insert("em_accepted".into(), metric);
        scores.by_group.entry("note_type:report".into()).or_default().insert("diagnosis_f1".into(), metric);
        let text = table(&scores);
        assert!(text.contains("0.500  [0.250, 0.750]      12"), "{text}");
        let office = text.lines().find(|l| l.contains("office")).expect("row");
        assert!(office.contains('–') && office.contains("0.500"), "{text}");
    }
}
