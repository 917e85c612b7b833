//! A coded encounter for a person at a terminal.
use std::fmt::Write;

use crate::claim::{Diagnosis, Line};
use crate::document::Evidence;
use crate::engine::CodedEncounter;
use crate::note::OriginKind;
use crate::rules::Severity;

/// The whole encounter as text, at most `width` columns.
pub fn coded_encounter(coded: &CodedEncounter, width: usize) -> String {
    let mut out = String::new();
    let width = width.clamp(60, 140);
    let c = &coded.context;
    let origin = |field: &str| match c.origins.get(field).map(|o| o.kind) {
        Some(OriginKind::Inferred) => " (from the note)",
        Some(OriginKind::Default) => " (default)",
        _ => "",
    };
    let _ = writeln!(
        out,
        "Encounter {}\n  {} on {}{}, place of service {}{}, payer {}{}",
        coded.encounter_id,
        word(&c.note_type),
        c.date_of_service,
        origin("date_of_service"),
        c.place_of_service,
        origin("place_of_service"),
        c.payer,
        origin("payer"),
    );
    let _ = writeln!(out, "\nDiagnoses");
    if coded.claim.diagnoses.is_empty() {
        let _ = writeln!(out, "  none with enough support in the note");
    }
    for d in &coded.claim.diagnoses {
        diagnosis(&mut out, d, width);
    }
    let _ = writeln!(out, "\nLines");
    if coded.claim.lines.is_empty() {
        let _ = writeln!(out, "  none");
    }
    for l in &coded.claim.lines {
        line(&mut out, l, width);
    }
    level(&mut out, coded, width);
    if !coded.findings.is_empty() {
        let _ = writeln!(out, "\nFindings");
    }
    for f in &coded.findings {
        let mark = match f.severity {
            Severity::Error => "ERROR  ",
            Severity::Warning => "warning",
            Severity::Info => "info   ",
        };
        wrapped(&mut out, &format!("  {mark} {}: {}", f.rule, f.message), 10, width);
    }
    if !coded.queries.is_empty() {
        let _ = writeln!(out, "\nQuestions");
    }
    for q in &coded.queries {
        wrapped(&mut out, &format!("  {}: {}", q.about, q.question), 6, width);
    }
    let _ = writeln!(out, "\nReview: {} (expected accuracy {:.2})", word(&coded.review.decision), coded.review.expected_accuracy);
    for reason in &coded.review.reasons {
        wrapped(&mut out, &format!("  - {reason}"), 4, width);
    }
    out
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default().replace('_', " ")
}

fn diagnosis(out: &mut String, d: &Diagnosis, width: usize) {
    wrapped(out, &format!("  {}  {:<9} {:.2}  {}", d.pointer, d.code, d.confidence, d.title), 22, width);
    evidence(out, &d.evidence, width);
}

fn line(out: &mut String, l: &Line, width: usize) {
    let mut code = l.code.clone();
    for m in &l.modifiers {
        let _ = write!(code, "-{m}");
    }
    let pointers = l.pointers.concat();
    wrapped(
        out,
        &format!("  {}  {:<12} x{:<3} [{pointers}]  {:.2}  {}", l.number, code, l.units, l.confidence, l.title),
        22,
        width,
    );
    if !l.reason.is_empty() {
        wrapped(out, &format!("       {}", l.reason), 7, width);
    }
    evidence(out, &l.evidence, width);
}

fn evidence(out: &mut String, evidence: &[Evidence], width: usize) {
    for e in evidence.iter().take(3) {
        let place = e.document.as_ref().map_or(String::new(), |d| format!("{d}:"));
        let words = e.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = match words.char_indices().nth(160) {
            Some((cut, _)) => format!("{} …", &words[..cut]),
            None => words,
        };
        wrapped(out, &format!("       “{words}” [{place}{}–{}]", e.start, e.end), 8, width);
    }
}

fn level(out: &mut String, coded: &CodedEncounter, width: usize) {
    let Some(code) = &coded.em.code else {
        let _ = writeln!(out, "\nE/M level: none (a report of a procedure or test, or no visit found)");
        return;
    };
    let _ = writeln!(out, "\nE/M level: {code} by {}", word(&coded.em.basis));
    for (name, element) in [("problems", &coded.em.problems), ("data", &coded.em.data), ("risk", &coded.em.risk)] {
        let Ok(value) = serde_json::to_value(element) else { continue };
        let level = value.get("level").and_then(|l| l.as_str()).unwrap_or("not documented").to_owned();
        let _ = writeln!(out, "  {name:<9} {level}");
        for e in value.get("elements").and_then(|e| e.as_array()).into_iter().flatten().take(4) {
            let what = e.get("what").or_else(|| e.get("kind")).and_then(|w| w.as_str()).unwrap_or_default();
            let quote = e.pointer("/evidence/0/text").and_then(|t| t.as_str()).unwrap_or_default();
            let quote = quote.split_whitespace().collect::<Vec<_>>().join(" ");
            wrapped(out, &format!("            {} “{quote}”", what.replace('_', " ")), 14, width);
        }
    }
}

/// Writes `text` wrapped at `width`; further lines are indented.
fn wrapped(out: &mut String, text: &str, indent: usize, width: usize) {
    let lead: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut column = 0;
    out.push_str(&lead);
    column += lead.len();
    let mut first = true;
    for word in text[lead.len()..].split(' ') {
        let length = word.chars().count();
        if !first && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        first = false;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_wrap_with_indent() {
        let mut out = String::new();
        wrapped(&mut out, "  one two three four", 4, 12);
        assert_eq!(out, "  one two\n    three\n    four\n");
    }
}
