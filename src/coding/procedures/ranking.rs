//! Which candidates become lines: the model's probabilities, then a choice among candidates that explain the same words.
use std::collections::BTreeSet;

use crate::extract::Assertion;

use super::candidates::CodeCandidate;
use super::knowledge::Knowledge;
use super::statements::Role;
use super::view::NoteView;

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Becomes a line.
    Chosen,
    /// Less likely than not, by the threshold.
    Unlikely,
    /// Another code of the same service explains the same words better.
    SameService,
    /// Part of another service on the claim.
    Included,
    /// Planned, feared, denied or another person's.
    NotDone,
}

/// Decides for every candidate; `probabilities` stand in the order of `candidates`.
pub fn choose(knowledge: &Knowledge, candidates: &[CodeCandidate], probabilities: &[f32], threshold: f32) -> Vec<Verdict> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]).then(candidates[a].code.cmp(&candidates[b].code)));
    let mut verdicts = vec![Verdict::Unlikely; candidates.len()];
    let mut chosen: Vec<usize> = Vec::new();
    for i in order {
        if probabilities[i] < threshold {
            break;
        }
        if chosen.iter().any(|&c| same_service(knowledge, &candidates[i], &candidates[c])) {
            verdicts[i] = Verdict::SameService;
            continue;
        }
        verdicts[i] = Verdict::Chosen;
        chosen.push(i);
    }
    verdicts
}

/// Two codes of one concept, neither an add-on to the other, that rest on the same words.
fn same_service(knowledge: &Knowledge, a: &CodeCandidate, b: &CodeCandidate) -> bool {
    let further = |c: &CodeCandidate| c.entry.is_some_and(|(concept, e)| knowledge.entries[concept][e].further);
    let concept = |c: &CodeCandidate| c.entry.map(|(concept, _)| concept);
    if further(a) != further(b) {
        return false;
    }
    let same_concept = concept(a).is_some() && concept(a) == concept(b);
    let words: BTreeSet<u16> = a.positions.iter().copied().collect();
    let shared = b.positions.iter().filter(|p| words.contains(p)).count();
    let same_words = a.statement == b.statement && 2 * shared > a.positions.len().min(b.positions.len());
    same_words || (same_concept && a.statement == b.statement)
}

/// Drops chosen candidates that the table says another chosen code includes.
pub fn drop_bundled(knowledge: &Knowledge, candidates: &[CodeCandidate], verdicts: &mut [Verdict]) {
    let code = |i: usize| knowledge.index.codes[candidates[i].code].code.as_str();
    let chosen: Vec<usize> = (0..candidates.len()).filter(|i| verdicts[*i] == Verdict::Chosen).collect();
    for &i in &chosen {
        let Some((concept, _)) = candidates[i].entry else { continue };
        let includes = &knowledge.table.concepts[concept].bundled_into;
        if chosen.iter().any(|&other| other != i && includes.iter().any(|c| c == code(other))) {
            verdicts[i] = Verdict::Included;
        }
    }
}

/// Drops chosen candidates whose words the note holds as planned, conditional, hypothetical, absent or another person's.
/// The name of the operation and the account of how it was done are not subject to it.
pub fn drop_not_done(view: &NoteView<'_>, candidates: &[CodeCandidate], verdicts: &mut [Verdict]) {
    for (candidate, verdict) in candidates.iter().zip(verdicts.iter_mut()) {
        let statement = &view.statements[candidate.statement];
        let told = matches!(statement.role, Role::Title | Role::Lead | Role::Description | Role::Result);
        if *verdict != Verdict::Chosen || told {
            continue;
        }
        let assertion = view.assertion(view.span(candidate.statement, &candidate.positions));
        let plain_plan = statement.cues.planned && !statement.cues.performed && !statement.cues.here;
        let not_done = match assertion {
            Assertion::Absent | Assertion::Family | Assertion::Hypothetical | Assertion::Conditional => true,
            Assertion::Planned => !statement.cues.performed && !statement.cues.here,
            Assertion::Historical | Assertion::Possible | Assertion::Present => plain_plan && statement.role == Role::Plan,
        };
        if not_done {
            *verdict = Verdict::NotDone;
        }
    }
}

/// Codes of one named clause must together be this likely.
const POOL: f32 = 0.3;
/// Below this a code does not stand in for its clause.
const LEAST_OF_CLAUSE: f32 = 0.06;

/// A service named as the operation, or as the study in a report's heading, may lose all its codes because they share its
/// probability. Where the codes that rest on one clause of a title together pass `POOL` and no chosen code speaks for it,
/// the likeliest is chosen.
pub fn pool_titles(view: &NoteView<'_>, candidates: &[CodeCandidate], probabilities: &[f32], verdicts: &mut [Verdict]) {
    let mut clauses: std::collections::BTreeMap<(usize, usize), Vec<usize>> = std::collections::BTreeMap::new();
    let clause_of = |i: usize| super::rivalry::clause_of(view, &candidates[i]).0.key();
    for i in 0..candidates.len() {
        let named = matches!(view.statements[candidates[i].statement].role, Role::Title | Role::Lead);
        if named && probabilities[i] >= 0.02 {
            clauses.entry(clause_of(i)).or_default().push(i);
        }
    }
    for (key, members) in clauses {
        let spoken = (0..candidates.len()).any(|i| verdicts[i] == Verdict::Chosen && clause_of(i) == key);
        let none: f32 = members.iter().map(|i| 1.0 - probabilities[*i]).product();
        let open = members.iter().copied().filter(|i| verdicts[*i] == Verdict::Unlikely);
        let best = open.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a)));
        if let Some(best) = best.filter(|b| !spoken && 1.0 - none >= POOL && probabilities[*b] >= LEAST_OF_CLAUSE) {
            verdicts[best] = Verdict::Chosen;
        }
    }
}
