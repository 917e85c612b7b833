//! Add-on codes stand only beside one of their primary codes (the NCCI add-on table).
use jiff::civil::Date;

use super::ProcedureCoder;
use super::candidates::CodeCandidate;
use super::lines::LineContext;
use super::ncci::{Entry, left_off};
use super::ranking::Verdict;
use crate::claim::Candidate;
use crate::codeset::CodeSets;
use crate::codeset::add_on::AddOn;

/// A primary code that the model holds for this likely stands beside an add-on that the note is known to tell of.
const LEAST_PRIMARY: f32 = 0.08;

/// What an add-on code on the claim lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lone {
    /// Position of its line.
    pub line: usize,
    /// Its primary codes.
    pub primaries: Vec<String>,
}

/// Visits and their like stand on the claim later than procedures.
fn is_visit(code: &str) -> bool {
    code.starts_with("99") || code.starts_with('G')
}

/// The edit of an add-on code whose list of primary codes is complete and has no visit among them.
fn listed<'a>(code_sets: &'a CodeSets, code: &str, date: Date) -> Option<AddOn<'a>> {
    let edit = code_sets.add_ons.get(code, date)?;
    (!edit.is_open() && !edit.primaries().any(is_visit)).then_some(edit)
}

/// Lines with an add-on code that no line on the claim is a primary of.
pub fn lone(code_sets: &CodeSets, date: Date, codes: &[&str]) -> Vec<Lone> {
    let mut list = Vec::new();
    for (line, code) in codes.iter().enumerate() {
        let Some(edit) = listed(code_sets, code, date) else { continue };
        if !codes.iter().any(|other| edit.lists(other)) {
            list.push(Lone { line, primaries: edit.primaries().map(str::to_owned).collect() });
        }
    }
    list
}

impl ProcedureCoder {
    /// Gives lone add-on codes their likeliest primary code, and takes off the claim those that have none; the latter.
    pub(super) fn stand_beside(
        &self,
        context: &LineContext<'_>,
        candidates: &[CodeCandidate],
        probabilities: &[f32],
        verdicts: &mut [Verdict],
        entries: &mut Vec<Entry>,
    ) -> Vec<Candidate> {
        let date = context.context.date_of_service;
        let name = |i: usize| self.knowledge.index.codes[candidates[i].code].code.as_str();
        let mut dropped = Vec::new();
        // From the last, so that positions hold; a primary that is given may serve a further add-on.
        let codes: Vec<String> = entries.iter().map(|e| e.line.code.clone()).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        for add_on in lone(context.code_sets, date, &codes).into_iter().rev() {
            let fits = |code: &str| add_on.primaries.iter().any(|p| p == code);
            if entries.iter().any(|e| fits(&e.line.code)) {
                continue;
            }
            let open = |i: &usize| fits(name(*i)) && probabilities[*i] >= LEAST_PRIMARY && verdicts[*i] != Verdict::NotDone;
            let best = (0..candidates.len()).filter(open).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
            if let Some(i) = best {
                verdicts[i] = Verdict::Chosen;
                let line = context.line(&candidates[i], probabilities[i]);
                entries.push(Entry { line, concept: candidates[i].entry.map(|(c, _)| c), service: None, lesion: false });
            } else {
                let entry = entries.remove(add_on.line);
                let why_not = "An add-on code: the note does not clearly tell the service that it adds to.";
                dropped.push(left_off(context.code_sets, &entry.line, why_not.to_owned()));
            }
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn add_on_codes_need_a_primary() {
        let sets = CodeSets::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets")).expect("code sets");
        let day = date(2026, 5, 4);
        assert!(lone(&sets, day, &["64642", "64643"]).is_empty());
        let alone = lone(&sets, day, &["64643", "20610"]);
        assert_eq!(alone.len(), 1);
        assert!(alone[0].line == 0 && alone[0].primaries.iter().any(|c| c == "64642"));
        // Psychotherapy beside a visit: the visit's line comes later.
        assert!(lone(&sets, day, &["90833"]).is_empty());
    }
}
