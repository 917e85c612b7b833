//! NCCI procedure-to-procedure edits between the chosen services: what another one includes is dropped, what is listed
//! by itself at another place is marked as distinct.
use jiff::civil::Date;

use crate::claim::{Candidate, Line};
use crate::codeset::CodeSets;

use super::candidates::CodeCandidate;
use super::families::Service;
use super::knowledge::Knowledge;
use super::ranking::Verdict;
use super::rivalry;
use super::view::NoteView;

/// Drops the column 2 code of a pair of chosen candidates where no modifier may part them, or where both rest on the same
/// clause of the note.
pub fn drop_included(
    knowledge: &Knowledge,
    view: &NoteView<'_>,
    code_sets: &CodeSets,
    candidates: &[CodeCandidate],
    probabilities: &[f32],
    verdicts: &mut [Verdict],
) {
    let date = view.context.date_of_service;
    let mut chosen: Vec<usize> = (0..candidates.len()).filter(|i| verdicts[*i] == Verdict::Chosen).collect();
    chosen.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(candidates[*a].code.cmp(&candidates[*b].code)));
    let code = |i: usize| knowledge.index.codes[candidates[i].code].code.as_str();
    for (n, &a) in chosen.iter().enumerate() {
        for &b in &chosen[n + 1..] {
            if verdicts[a] != Verdict::Chosen || verdicts[b] != Verdict::Chosen {
                continue;
            }
            let Some(pair) = code_sets.ptp.any(code(a), code(b), date) else { continue };
            let same_clause = rivalry::clause_of(view, &candidates[a]).0 == rivalry::clause_of(view, &candidates[b]).0;
            if pair.edit.indicator == 0 || same_clause {
                let included = if pair.column2 == code(a) { a } else { b };
                verdicts[included] = Verdict::Included;
            }
        }
    }
}

/// A line with what the choice between lines rests on.
pub struct Entry {
    /// The line.
    pub line: Line,
    /// Concept of the phrase table, where it came from there.
    pub concept: Option<usize>,
    /// The decision table's service, where it came from there.
    pub service: Option<Service>,
    /// Whether its family treats lesions of their own.
    pub lesion: bool,
}

/// Between lines of which one comes from a decision table: drops the column 2 code of a pair that no modifier may part, or
/// whose services are not told of different sides or lesions; those that are get modifier 59. Lines that both come from
/// the phrase table get 59 where sides, digits or eyelids do not part them. Returns what was left off, with the edit.
pub fn settle(code_sets: &CodeSets, date: Date, entries: &mut Vec<Entry>) -> Vec<Candidate> {
    let places = |line: &Line| -> Vec<String> {
        let anatomical = |m: &&String| matches!(m.as_bytes(), [b'R' | b'L', b'T'] | [b'F' | b'T' | b'E', _]);
        line.modifiers.iter().filter(anatomical).cloned().collect()
    };
    let apart = |a: &Entry, b: &Entry| {
        let (here, there) = (places(&a.line), places(&b.line));
        !here.is_empty() && !there.is_empty() && !here.iter().any(|m| there.contains(m))
    };
    let marked = |e: &Entry| e.line.modifiers.iter().any(|m| m == "59" || m.starts_with('X'));
    // A service of much more work keeps its place beside its own part: a graft repair beside the closing of the skin.
    let work = |e: &Entry| code_sets.procedures.facts(&e.line.code, date).map_or(0.0, |f| f.work_rvu);
    let chief = |whole: &Entry, part: &Entry| work(part) > 0.0 && work(whole) >= CHIEF * work(part);
    let mut included: Vec<usize> = Vec::new();
    let mut reasons: Vec<(usize, String)> = Vec::new();
    let mut distinct: Vec<usize> = Vec::new();
    let mut parts: Vec<(usize, String)> = Vec::new();
    for (a, first) in entries.iter().enumerate() {
        for (b, second) in entries.iter().enumerate() {
            let Some(edit) = code_sets.ptp.edit(&first.line.code, &second.line.code, date) else { continue };
            if a == b || first.line.code == second.line.code {
                continue;
            }
            let tables = first.service.is_some() || second.service.is_some();
            // What a table decides stands before what the model alone proposes.
            let lesser = match (first.service.is_some(), second.service.is_some()) {
                (false, true) if first.line.confidence < SURE && !chief(first, second) => a,
                _ => b,
            };
            let other = if lesser == a { second } else { first };
            let because = |may: &str| format!("NCCI bundles it with {}: {may}", other.line.code);
            if edit.indicator == 0 {
                if tables {
                    included.push(lesser);
                    reasons.push((lesser, because("no modifier parts the two.")));
                }
            } else if !(apart(first, second) || marked(first) || marked(second)) {
                let lesions = first.lesion && second.lesion && other_lesion(first, second);
                if !tables || lesions || has_own_minutes(&entries[lesser].line.code) {
                    distinct.push(b);
                } else {
                    included.push(lesser);
                    reasons.push((
                        lesser,
                        because("a modifier needs another site, session or lesion, which the note does not state."),
                    ));
                }
            }
        }
    }
    for (i, entry) in entries.iter().enumerate().filter(|(i, _)| !included.contains(i)) {
        let main = entries.iter().enumerate().find(|(k, other)| {
            *k != i && !included.contains(k) && is_part(&entry.line.code, &other.line.code) && 2.0 * work(other) >= work(entry)
        });
        if let Some((_, main)) = main {
            parts.push((i, format!("A step of the operation {}.", main.line.code)));
        }
    }
    included.extend(parts.iter().map(|(i, _)| *i));
    reasons.extend(parts);
    distinct.retain(|i| !included.contains(i));
    distinct.sort_unstable();
    distinct.dedup();
    for i in distinct {
        let modifiers = &mut entries[i].line.modifiers;
        if modifiers.len() < 4 {
            modifiers.push("59".to_owned());
        }
    }
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    for (i, entry) in std::mem::take(entries).into_iter().enumerate() {
        let reason = reasons.iter().find(|(k, _)| *k == i).map(|(_, reason)| reason.clone());
        match reason.filter(|_| included.contains(&i)) {
            Some(why_not) => dropped.push(left_off(code_sets, &entry.line, why_not)),
            None => kept.push(entry),
        }
    }
    *entries = kept;
    dropped
}

/// A talk that is coded by its own minutes (tobacco, alcohol, advance care planning, psychotherapy) takes none of another service's
/// time.
pub(super) fn has_own_minutes(code: &str) -> bool {
    matches!(code, "99406" | "99407" | "99408" | "99409" | "99497" | "90832" | "90833" | "90834" | "90836" | "90837" | "90838")
}

/// A line that is taken off the claim, as a candidate that says why.
pub fn left_off(code_sets: &CodeSets, line: &Line, why_not: String) -> Candidate {
    let system = code_sets.procedures.find(&line.code).map(|i| code_sets.procedures.system(i)).unwrap_or("cpt");
    Candidate {
        system: system.to_owned(),
        code: line.code.clone(),
        confidence: line.confidence,
        why_not,
        evidence: line.evidence.clone(),
    }
}

/// Opening the belly and freeing adhesions are steps of whatever is done there, closing a wound that came apart of the
/// operation that closes it.
fn is_part(code: &str, other: &str) -> bool {
    const BELLY: [&str; 4] = ["44005", "44180", "49000", "49013"];
    let operation = |from: &str, to: &str| !BELLY.contains(&other) && (from..=to).contains(&other);
    match code {
        _ if BELLY.contains(&code) => operation("43279", "51999") || operation("57000", "58999"),
        "12020" | "12021" => operation("13160", "69990"),
        _ => false,
    }
}

/// A line of the model that is at least this likely keeps its place beside what a table decides.
const SURE: f32 = 0.7;

/// How many times the work of its part makes a service the chief one.
const CHIEF: f64 = 3.0;

/// Whether two lesion services rest on different places of the note or different named places.
fn other_lesion(a: &Entry, b: &Entry) -> bool {
    let (Some(a), Some(b)) = (&a.service, &b.service) else { return false };
    let named = !a.place.is_empty() && !b.place.is_empty();
    if named && a.place == b.place { false } else { !a.span.overlaps(b.span) }
}
