//! What the last look sees of each code.
use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::bag_of_words::NoteWords;
use crate::coding::last_look::Competitors;
use crate::coding::procedures::candidates::CodeCandidate;
use crate::coding::procedures::evidence::role_group;
use crate::coding::procedures::lines::LineContext;
use crate::coding::procedures::ranking::Verdict;
use crate::coding::procedures::statements::{Cues, Statement};
use crate::document::{Evidence, Span};

use super::NO_VISIT;
use crate::coding::procedures::draft::Draft;

/// Names of the features, in the order of a row.
pub const FEATURES: [&str; 34] = [
    "confidence",
    "line",
    "candidate",
    "words",
    "words_rank",
    "confidence_rank",
    "lines",
    "bytes",
    "other_confidence",
    "other_words",
    "section_other_confidence",
    "section_other_words",
    "other_line_words",
    "confidence_sum",
    "words_sum",
    "visit_words",
    "no_visit_words",
    "note_type",
    "section",
    "table",
    "units",
    "not_done",
    "same_service",
    "included",
    "further_words",
    "labelled_notes",
    "role",
    "cue_performed",
    "cue_here",
    "cue_planned",
    "cue_historical",
    "cue_negated",
    "cue_hypothetical",
    "work",
];

/// Codes by words that are considered, and the least score of one.
const MOST_BY_WORDS: usize = 14;
const LEAST_WORDS: f32 = 0.03;
/// Least probability of a candidate that is considered.
const LEAST_CANDIDATE: f32 = 0.02;
/// A code that is looked at again.
pub(super) struct Considered {
    /// The code.
    pub code: String,
    /// Where it comes from.
    pub origin: Origin,
    /// How sure it was before.
    pub confidence: f32,
    /// What became of it, where it is no line.
    pub verdict: Option<Verdict>,
    /// The words that speak for it.
    pub place: Option<Span>,
    /// A line of a decision table.
    table: bool,
    units: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// An entry of the draft.
    Line(usize),
    /// A candidate of the model.
    Candidate(usize),
    /// What an edit took off the draft.
    Bundled(usize),
    /// The words of the note alone.
    Words,
}

/// The codes that are looked at again, by code: lines, then what edits took off, then candidates, then words alone.
pub(super) fn considered(
    context: &LineContext<'_>,
    candidates: &[CodeCandidate],
    probabilities: &[f32],
    draft: &Draft,
    words: &NoteWords<'_>,
) -> Vec<Considered> {
    let mut list: Vec<Considered> = Vec::new();
    let mut add = |code: &str, origin: Origin, confidence: f32, verdict: Option<Verdict>, place: Option<Span>| {
        let known = list.iter().any(|c| c.code == code);
        if !known && !is_evaluation_and_management(code) {
            let line = match origin {
                Origin::Line(i) => draft.entries.get(i).map(|e| &e.line),
                _ => None,
            };
            let table = line.is_some_and(|l| l.source.iter().any(|s| s == "decision_table"));
            let units = line.map_or(0, |l| l.units);
            list.push(Considered { code: code.to_owned(), origin, confidence, verdict, place, table, units });
        }
    };
    for (i, entry) in draft.entries.iter().enumerate() {
        let place = entry.line.evidence.first().map(place_of);
        add(&entry.line.code, Origin::Line(i), entry.line.confidence, None, place);
    }
    for (i, left) in draft.bundled.iter().enumerate() {
        let place = left.evidence.first().map(place_of);
        add(&left.code, Origin::Bundled(i), left.confidence, Some(Verdict::Included), place);
    }
    let mut order: Vec<usize> = (0..candidates.len()).filter(|i| probabilities[*i] >= LEAST_CANDIDATE).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    for i in order {
        let code = &context.knowledge.index.codes[candidates[i].code].code;
        let place = context.evidence_span(&candidates[i]);
        add(code, Origin::Candidate(i), probabilities[i], Some(draft.verdicts[i]), Some(place));
    }
    let of_services = words.scores.best(usize::MAX).into_iter().filter(|(code, _)| is_service(code));
    for (code, score) in of_services.take(MOST_BY_WORDS) {
        if score >= LEAST_WORDS {
            add(code, Origin::Words, 0.0, None, words.evidence(code, 1).first().copied());
        }
    }
    list.sort_by(|a, b| a.code.cmp(&b.code));
    list
}

/// Neither a visit nor the want of one.
fn is_service(code: &str) -> bool {
    !matches!(code, NO_VISIT | "99024") && !is_evaluation_and_management(code)
}

/// One row of [`FEATURES`] a code.
pub(super) fn values(context: &LineContext<'_>, list: &[Considered], lines: usize, words: &NoteWords<'_>) -> Vec<f32> {
    let confidence: Vec<f32> = list.iter().map(|c| c.confidence).collect();
    let score: Vec<f32> = list.iter().map(|c| words.scores.of(&c.code)).collect();
    let sections: Vec<&str> = list.iter().map(|c| c.code.get(..3).unwrap_or(&c.code)).collect();
    let (by_confidence, by_words) = (Competitors::new(&confidence, &sections), Competitors::new(&score, &sections));
    let is_line = |c: &Considered| matches!(c.origin, Origin::Line(_));
    let line_words = |row: usize| {
        let others = (0..list.len()).filter(|i| *i != row && is_line(&list[*i]));
        others.map(|i| score[i]).fold(0.0, f32::max)
    };
    let visits = words.scores.best(usize::MAX).into_iter().filter(|(code, _)| is_evaluation_and_management(code));
    let visit = visits.map(|(_, s)| s).fold(0.0, f32::max);
    let (no_visit, bytes) = (words.scores.of(NO_VISIT), context.document.text.len() as f32);
    let flag = |b: bool| f32::from(u8::from(b));
    let mut values = Vec::with_capacity(list.len() * FEATURES.len());
    for (row, code) in list.iter().enumerate() {
        let statement = code.place.and_then(|place| statement_at(context, place));
        let cues = statement.map_or(Cues::default(), |s| s.cues);
        let verdict = |v: Verdict| flag(code.verdict == Some(v));
        let facts = context.code_sets.procedures.facts(&code.code, context.context.date_of_service);
        values.extend([
            code.confidence,
            flag(is_line(code)),
            flag(code.origin != Origin::Words),
            score[row],
            by_words.rank[row],
            by_confidence.rank[row],
            lines as f32,
            bytes,
            by_confidence.other(row),
            by_words.other(row),
            by_confidence.other_of_group(row),
            by_words.other_of_group(row),
            line_words(row),
            by_confidence.sum,
            by_words.sum,
            visit,
            no_visit,
            context.context.note_type as usize as f32,
            section(&code.code),
            flag(code.table),
            code.units as f32,
            verdict(Verdict::NotDone),
            verdict(Verdict::SameService),
            verdict(Verdict::Included),
            score[row] - by_words.other_of_group(row),
            context.knowledge.prior.count(&code.code, None).min(50) as f32,
            statement.map_or(-1.0, |s| role_group(s.role) as f32),
            flag(cues.performed),
            flag(cues.here),
            flag(cues.planned),
            flag(cues.historical),
            flag(cues.negated),
            flag(cues.hypothetical),
            facts.map_or(-1.0, |f| f.work_rvu as f32),
        ]);
    }
    values
}

fn place_of(evidence: &Evidence) -> Span {
    Span::new(evidence.start, evidence.end)
}

fn section(code: &str) -> f32 {
    let letter = code.bytes().next().filter(u8::is_ascii_alphabetic);
    letter.map_or_else(|| code.get(..2).and_then(|d| d.parse().ok()).unwrap_or(0.0), |l| 100.0 + f32::from(l - b'A'))
}

/// The statement that holds most of a place's beginning.
pub(super) fn statement_at<'a>(context: &'a LineContext<'_>, place: Span) -> Option<&'a Statement> {
    context.view.statements.iter().find(|s| s.span.start <= place.start && place.start < s.span.end)
}
