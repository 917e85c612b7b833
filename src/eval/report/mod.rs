//! One self-contained page: tables, plots, and every document with an error beside its gold. No script, nothing loaded.
pub mod claim_page;
mod highlight;
mod svg;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::run::Measured;
use super::scoring::Scores;
use crate::document::Span;

/// A document with an error.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Document id.
    pub id: String,
    /// What is wrong, in a few words.
    pub summary: String,
    /// The text.
    pub text: String,
    /// Places to highlight.
    pub marks: Vec<Mark>,
    /// Gold beside predicted.
    pub rows: Vec<Row>,
    /// Further remarks (reasons of the review decision).
    pub remarks: Vec<String>,
    /// Codes taken for another of their category.
    pub confusions: Vec<Confusion>,
}

/// A highlighted place.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// Whose evidence.
    pub side: Side,
    /// Code or kind.
    pub label: String,
}

/// Whose evidence a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Side {
    Gold,
    Predicted,
}

/// One row of gold beside predicted.
#[derive(Clone, Debug)]
pub struct Row {
    /// Diagnosis, line, E/M, …
    pub what: String,
    /// Gold.
    pub gold: String,
    /// Predicted.
    pub predicted: String,
    /// How they compare.
    pub verdict: Verdict,
}

/// How gold and prediction compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Verdict {
    Right,
    Missed,
    Wrong,
    Optional,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Missed => "missed",
            Self::Wrong => "wrong",
            Self::Optional => "optional",
        }
    }
}

/// A code taken for another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Confusion {
    /// Gold.
    pub gold: String,
    /// Predicted.
    pub predicted: String,
    /// Words of the note.
    pub words: String,
}

/// What the report draws.
#[derive(Clone, Debug, Default)]
pub struct Plots {
    /// Stated confidence of each judged diagnosis, and whether it is right.
    pub diagnoses: Vec<(f32, bool)>,
    /// Stated probability of each encounter, and whether it is right.
    pub encounters: Vec<(f32, bool)>,
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430;background:#fff}\
h1,h2,h3{line-height:1.2}table{border-collapse:collapse;margin:.7rem 0}th,td{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #d9dee6;vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}pre{white-space:pre-wrap;background:#f6f8fa;padding:1rem;border-radius:6px;font:13px/1.5 ui-monospace,monospace}\
mark{padding:0 .1em;border-radius:3px;color:inherit}mark.gold{background:#ffe8a3}mark.predicted{background:#cfe3ff}mark.both{background:#c6efc9}\
.right{color:#19692c}.missed{color:#9a5b00}.wrong{color:#b3261e}.optional{color:#667}details{border:1px solid #d9dee6;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}\
summary{cursor:pointer}svg{margin:.5rem 1rem .5rem 0}.plots{display:flex;flex-wrap:wrap}.wide{overflow-x:auto}";

/// The whole page.
pub fn render(sets: &[Measured]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>superbill eval</title><style>{STYLE}</style></head><body>\n<h1>superbill eval</h1>\n"
    );
    for measured in sets {
        set(&mut out, measured);
    }
    out.push_str("</body></html>\n");
    out
}

fn set(out: &mut String, measured: &Measured) {
    let scores = &measured.scores;
    let engine = &scores.engine;
    let _ = writeln!(
        out,
        "<h2>{} · {} · {} documents</h2>\n<p>superbill {}, model {} (<code>{}</code>), {}. Intervals are 95% bootstrap over documents.</p>",
        escape(&scores.set),
        escape(&scores.split),
        scores.documents,
        escape(&engine.version),
        escape(&engine.model),
        escape(engine.sha256.get(..12).unwrap_or(&engine.sha256)),
        escape(&engine.numerics)
    );
    figures(out, scores);
    plots(out, measured);
    groups(out, scores);
    confusions(out, &measured.pages);
    for refused in &measured.refused {
        let _ = writeln!(out, "<p class=\"wrong\">refused: {}</p>", escape(refused));
    }
    let _ = writeln!(out, "<h3>{} documents with an error</h3>", measured.pages.len());
    if !measured.pages.is_empty() {
        out.push_str(
            "<p>Words of gold are <mark class=\"gold\">yellow</mark>, evidence of the engine is \
             <mark class=\"predicted\">blue</mark>, what both point to is <mark class=\"both\">green</mark>.</p>\n",
        );
    }
    measured.pages.iter().for_each(|p| page(out, p));
}

fn figures(out: &mut String, scores: &Scores) {
    out.push_str("<h3>Figures</h3>\n<table><tr><th>figure</th><th class=\"n\">value</th><th class=\"n\">95%</th><th class=\"n\">n</th></tr>\n");
    for (name, m) in &scores.metrics {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{:.3}</td><td class=\"n\">{:.3}–{:.3}</td><td class=\"n\">{}</td></tr>",
            escape(name),
            m.value,
            m.low,
            m.high,
            m.n
        );
    }
    out.push_str("</table>\n");
    if let Some(losses) = &scores.losses {
        out.push_str("<h3>Errors of diagnoses by step</h3>\n<table>");
        for (step, count) in losses.named() {
            let _ = writeln!(out, "<tr><td>{}</td><td class=\"n\">{count}</td></tr>", escape(step));
        }
        out.push_str("</table>\n");
    }
}

fn plots(out: &mut String, measured: &Measured) {
    let plots = &measured.plots;
    let headline = headline(&measured.scores);
    out.push_str("<div class=\"plots\">");
    if !plots.diagnoses.is_empty() {
        out.push_str(&svg::calibration("Diagnoses: stated confidence and share right", &plots.diagnoses));
    }
    if !plots.encounters.is_empty() {
        out.push_str(&svg::calibration("Encounters: stated probability and share right", &plots.encounters));
        out.push_str(&svg::coverage("Encounters let out unseen, and how many of them are right", &plots.encounters));
    }
    let bars: Vec<_> = measured.scores.by_group.iter().filter_map(|(name, m)| Some((name.as_str(), *m.get(headline)?))).collect();
    if !bars.is_empty() {
        out.push_str(&svg::bars(headline, &bars));
    }
    out.push_str("</div>\n");
}

/// The figure that is drawn by group.
fn headline(scores: &Scores) -> &'static str {
    let known = ["diagnosis_f1", "ner_strict_f1", "assertion_macro_f1"];
    known.into_iter().find(|name| scores.metrics.contains_key(*name)).unwrap_or("diagnosis_f1")
}

fn groups(out: &mut String, scores: &Scores) {
    if scores.by_group.is_empty() {
        return;
    }
    let shown = [
        "diagnosis_f1",
        "diagnosis_precision",
        "diagnosis_recall",
        "diagnosis_category_f1",
        "primary_accuracy",
        "procedure_f1",
        "line_f1",
        "em_accepted",
        "em_within_one",
        "encounter_right",
        "ner_strict_f1",
        "ner_relaxed_f1",
    ];
    let columns: Vec<&str> = shown.into_iter().filter(|c| scores.by_group.values().any(|g| g.contains_key(*c))).collect();
    out.push_str("<h3>By group</h3>\n<div class=\"wide\"><table><tr><th>group</th>");
    columns.iter().for_each(|c| out.push_str(&format!("<th class=\"n\">{}</th>", escape(c))));
    out.push_str("</tr>\n");
    for (group, metrics) in &scores.by_group {
        let _ = write!(out, "<tr><td>{}</td>", escape(group));
        for column in &columns {
            let cell = metrics.get(*column).map_or_else(String::new, |m| format!("{:.3} <small>({})</small>", m.value, m.n));
            let _ = write!(out, "<td class=\"n\">{cell}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

/// Codes taken for another of their category, the most frequent first, with words of the notes.
fn confusions(out: &mut String, pages: &[Page]) {
    let mut by_pair: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for confusion in pages.iter().flat_map(|p| &p.confusions) {
        by_pair.entry((confusion.gold.as_str(), confusion.predicted.as_str())).or_default().push(&confusion.words);
    }
    if by_pair.is_empty() {
        return;
    }
    let mut pairs: Vec<_> = by_pair.into_iter().collect();
    pairs.sort_by_key(|(pair, words)| (std::cmp::Reverse(words.len()), *pair));
    out.push_str(
        "<h3>Confused codes</h3>\n<table><tr><th>gold</th><th>predicted</th><th class=\"n\">times</th><th>words</th></tr>\n",
    );
    for ((gold, predicted), words) in pairs {
        let shown: Vec<String> = words.iter().filter(|w| !w.is_empty()).take(5).map(|w| escape(w)).collect();
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            escape(gold),
            escape(predicted),
            words.len(),
            shown.join(" · ")
        );
    }
    out.push_str("</table>\n");
}

fn page(out: &mut String, page: &Page) {
    let _ = writeln!(
        out,
        "<details><summary><b>{}</b> {}</summary>\n<table><tr><th></th><th>gold</th><th>predicted</th><th></th></tr>",
        escape(&page.id),
        escape(&page.summary)
    );
    for row in &page.rows {
        let word = row.verdict.word();
        let _ = writeln!(
            out,
            "<tr class=\"{word}\"><td>{}</td><td>{}</td><td>{}</td><td>{word}</td></tr>",
            escape(&row.what),
            escape(&row.gold),
            escape(&row.predicted)
        );
    }
    out.push_str("</table>\n");
    for remark in &page.remarks {
        let _ = writeln!(out, "<p>{}</p>", escape(remark));
    }
    let _ = writeln!(out, "<pre>{}</pre></details>", highlight::highlight(&page.text, &page.marks));
}

/// Text as HTML: nothing of it is markup.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
