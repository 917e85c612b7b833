//! NCCI procedure-to-procedure edits between the chosen services: what another one includes is dropped, what is listed
//! by itself at another place is marked as distinct.
use jiff::civil::Date;

use crate::claim::Line;
use crate::codeset::CodeSets;

use super::candidates::CodeCandidate;
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

/// Adds modifier 59 to the column 2 code of a pair that a modifier may part, unless sides, digits or eyelids part it.
pub fn distinguish(code_sets: &CodeSets, date: Date, lines: &mut [(Line, Option<usize>)]) {
    let places = |line: &Line| -> Vec<String> {
        let anatomical = |m: &&String| matches!(m.as_bytes(), [b'R' | b'L', b'T'] | [b'F' | b'T' | b'E', _]);
        line.modifiers.iter().filter(anatomical).cloned().collect()
    };
    let mut distinct: Vec<usize> = Vec::new();
    for (a, (first, _)) in lines.iter().enumerate() {
        for (b, (second, _)) in lines.iter().enumerate() {
            let edit = code_sets.ptp.edit(&first.code, &second.code, date);
            if a == b || !edit.is_some_and(|e| e.indicator == 1) {
                continue;
            }
            let (here, there) = (places(first), places(second));
            if here.is_empty() || there.is_empty() || here.iter().any(|m| there.contains(m)) {
                distinct.push(b);
            }
        }
    }
    distinct.sort_unstable();
    distinct.dedup();
    for i in distinct {
        let modifiers = &mut lines[i].0.modifiers;
        if modifiers.len() < 4 && !modifiers.iter().any(|m| m == "59" || m.starts_with('X')) {
            modifiers.push("59".to_owned());
        }
    }
}
