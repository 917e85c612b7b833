//! The one line of a report for which no table, no candidate and no word of the note was sure enough.
use super::{Draft, LineContext, is_of_another_place, may_stand};
use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::procedures::candidates::CodeCandidate;
use crate::coding::procedures::families::status::is_report;
use crate::coding::procedures::ncci::Entry;

/// Least probability of the service of a report: of 9 such candidates in clinic notes and short encounters, which had not taught the model,
/// 8 were right; from 0.2 on it cost notes that nobody had read.
const LEAST: f32 = 0.5;
/// Intubation, which anesthesia does.
const INTUBATION: &str = "31500";

/// A report tells of a service: the likeliest candidate stands where no line does. It keeps its low confidence, so that the claim
/// goes to review.
pub(super) fn only_line(
    context: &LineContext<'_>,
    (candidates, probabilities): (&[CodeCandidate], &[f32]),
    draft: &Draft,
) -> Option<Entry> {
    if !draft.entries.is_empty() || !is_report(context.context.note_type) {
        return None;
    }
    let procedures = &context.code_sets.procedures;
    let may = |i: &usize| {
        let code = &context.knowledge.index.codes[candidates[*i].code].code;
        probabilities[*i] >= LEAST
            && code.starts_with(|c: char| c.is_ascii_digit())
            && code != INTUBATION
            && !is_evaluation_and_management(code)
            && !procedures.find(code).is_some_and(|p| procedures.is_add_on(p))
            && may_stand(context, code)
            && !is_of_another_place(context, context.evidence_span(&candidates[*i]))
    };
    let likelier = |a: &usize, b: &usize| {
        probabilities[*a].total_cmp(&probabilities[*b]).then(candidates[*b].code.cmp(&candidates[*a].code))
    };
    let best = (0..candidates.len()).filter(may).max_by(likelier)?;
    let line = context.line(&candidates[best], probabilities[best]);
    Some(Entry { line, concept: candidates[best].entry.map(|(c, _)| c), service: None, lesion: false })
}
