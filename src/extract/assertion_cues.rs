//! Assertion by cue words: does the note say that a problem is there, absent, past, another person's, feared or planned?
//!
//! The method is that of NegEx and ConText (Chapman 2001, Harkema 2009): a cue word opens a scope in its sentence, and
//! what stands in the scope takes its assertion. The cues are our own list, `assertion_cues.tsv`.
mod scopes;
mod table;

use std::sync::Arc;

use scopes::{Reading, Scope, read_sentence};
use table::{LASTING, Of};

use super::{Assertion, MentionKind};
use crate::document::tokens::words;
use crate::document::{Document, SectionKind, Span};

/// What the cues around a mention say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CueFinding {
    /// All assertions that hold, in order of precedence; `[Present]` where no cue reaches the mention.
    pub assertions: Vec<Assertion>,
    /// The words that decided the first assertion; absent where the section alone did, or nothing.
    pub cue: Option<Span>,
}

impl CueFinding {
    /// The assertion that leads.
    pub fn leading(&self) -> Assertion {
        self.assertions.first().copied().unwrap_or(Assertion::Present)
    }
}

/// The assertion of one mention by the cues around it. For many mentions of one document use a [`CueIndex`].
pub fn assess(document: &Document, span: Span) -> CueFinding {
    CueIndex::new(document).assess(span)
}

/// The cues of a document, found once.
pub struct CueIndex<'d> {
    document: &'d Document,
    readings: Vec<Reading>,
}

impl<'d> CueIndex<'d> {
    /// Finds every cue and its scope; time linear in the text.
    pub fn new(document: &'d Document) -> Self {
        let mut readings: Vec<Reading> = Vec::with_capacity(document.sentences.len());
        // Scopes that an introducing line ("He denies:") opens over the list below it.
        let mut carried: Arc<[Scope]> = Arc::default();
        for sentence in &document.sentences {
            let mut reading = read_sentence(&document.text, sentence.span);
            if sentence.list_item {
                reading.inherited = carried.clone();
            } else if sentence.span.of(&document.text).ends_with(':') {
                let end = reading.words.len();
                carried = reading.scopes.iter().filter(|s| s.to == end && s.from > s.cue_word).copied().collect();
            } else {
                carried = Arc::default();
            }
            readings.push(reading);
        }
        Self { document, readings }
    }

    /// The assertion of the mention at `span`.
    pub fn assess(&self, span: Span) -> CueFinding {
        self.assess_as(span, None)
    }

    /// As [`CueIndex::assess`], knowing what is mentioned: a problem is never planned, a test that was negative was done.
    pub fn assess_as(&self, span: Span, kind: Option<MentionKind>) -> CueFinding {
        let mut found = self.scopes_over(span, kind);
        let section = self.document.section_kind_at(span.start);
        match section {
            SectionKind::FamilyHistory => found.push((Assertion::Family, None)),
            SectionKind::PastSurgicalHistory => found.push((Assertion::Historical, None)),
            _ => {}
        }
        match kind {
            Some(MentionKind::Anatomy) => found.clear(),
            Some(MentionKind::Problem) => {
                let lasts = self.is_lasting(span);
                found.retain(|(assertion, cue)| match assertion {
                    Assertion::Planned => false,
                    Assertion::Historical => !(lasts && cue.is_some_and(|c| self.is_history(c))),
                    _ => true,
                });
            }
            Some(_) => found.retain(|(assertion, _)| *assertion != Assertion::Possible),
            None => {}
        }
        if matches!(kind, None | Some(MentionKind::Problem)) {
            // A problem under "if" is one that is feared.
            let feared = found.iter().find(|(assertion, _)| *assertion == Assertion::Conditional).copied();
            found.extend(feared.map(|(_, cue)| (Assertion::Hypothetical, cue)));
        }
        if found.is_empty() {
            found.extend(self.assertion_of_service(span, kind, section).map(|assertion| (assertion, None)));
        }
        found.sort_by_key(|(assertion, cue)| (*assertion, cue.map_or(usize::MAX, |c| c.start.abs_diff(span.start))));
        let cue = found.first().and_then(|(_, cue)| *cue);
        let mut assertions: Vec<Assertion> = found.into_iter().map(|(assertion, _)| assertion).collect();
        assertions.dedup();
        if assertions.is_empty() {
            assertions.push(Assertion::Present);
        }
        CueFinding { assertions, cue }
    }

    /// What the section says of a service without a cue: done before, where the past is told; planned, in a plan.
    fn assertion_of_service(&self, span: Span, kind: Option<MentionKind>, section: SectionKind) -> Option<Assertion> {
        use SectionKind as K;
        match (kind?, section) {
            (MentionKind::Procedure, K::HistoryOfPresentIllness | K::PastMedicalHistory | K::ProblemList | K::Indications) => {
                Some(Assertion::Historical)
            }
            (MentionKind::Procedure | MentionKind::Test, K::Plan | K::Instructions | K::AssessmentAndPlan) => {
                const DONE: [&str; 22] = [
                    "performed",
                    "done",
                    "today",
                    "tolerated",
                    "injected",
                    "removed",
                    "excised",
                    "applied",
                    "completed",
                    "reviewed",
                    "showed",
                    "shows",
                    "revealed",
                    "demonstrates",
                    "demonstrated",
                    "was",
                    "were",
                    "obtained",
                    "treated",
                    "given",
                    "administered",
                    "normal",
                ];
                let sentence = self.document.sentence_at(span.start).and_then(|i| self.readings.get(i))?;
                let is_done = sentence.words.iter().any(|w| DONE.contains(&&*w.lower(&self.document.text)));
                (!is_done).then_some(Assertion::Planned)
            }
            _ => None,
        }
    }

    /// Whether a mention names a condition that lasts.
    fn is_lasting(&self, span: Span) -> bool {
        words(&self.document.text, span).iter().any(|w| LASTING.contains(&*w.lower(&self.document.text)))
    }

    fn is_history(&self, cue: Span) -> bool {
        let cue = cue.of(&self.document.text).to_ascii_lowercase();
        cue.contains("history") || cue.starts_with("h/o") || cue.starts_with("hx")
    }

    fn scopes_over(&self, span: Span, kind: Option<MentionKind>) -> Vec<(Assertion, Option<Span>)> {
        let sentences = &self.document.sentences;
        let index = sentences.partition_point(|s| s.span.end <= span.start);
        let mut found = Vec::new();
        let (Some(sentence), Some(reading)) = (sentences.get(index), self.readings.get(index)) else { return found };
        if sentence.span.start >= span.end {
            // A heading with "none" under it.
            let answered =
                reading.all_scopes().find(|s| s.assertion == Assertion::Absent && s.cue_word == 0 && reading.words.len() <= 2);
            let bare =
                reading.words.first().filter(|w| matches!(&*w.lower(&self.document.text), "none" | "nil" | "no" | "negative"));
            let cue = answered.map(|s| s.cue).or(bare.map(|w| w.span));
            let under = self.document.sections.get(sentence.section).and_then(|s| s.heading).is_some_and(|h| h.overlaps(span));
            found.extend(cue.filter(|_| under && reading.words.len() <= 3).map(|cue| (Assertion::Absent, Some(cue))));
            return found;
        }
        let first = reading.words.partition_point(|w| w.span.end <= span.start);
        let last = reading.words.partition_point(|w| w.span.start < span.end);
        let is_problem = matches!(kind, None | Some(MentionKind::Problem));
        for scope in reading.all_scopes() {
            let excluded = match (scope.of, kind) {
                (Of::Problems, Some(MentionKind::Problem)) | (Of::All, _) => false,
                (Of::Problems, _) => true,
                (Of::Services, kind) => matches!(kind, None | Some(MentionKind::Problem)),
            };
            let follows = scope.from <= first && first < scope.to && scope.cue.end <= span.start;
            let precedes = scope.from <= first && last <= scope.to && scope.cue.start >= span.end;
            // "denies headaches" or "kidney stones two years ago" marked as one mention.
            let within = scope.from > first && scope.from < last && scope.cue_word <= first + 2 && scope.cue.start >= span.start
                || scope.from <= first && scope.to > first && scope.cue_word > first && scope.cue.end <= span.end
                || scope.from == scope.cue_word && is_problem && scope.cue.start >= span.start && scope.cue.end <= span.end;
            // "no acute | distress": the cue phrase runs into the mention.
            let straddles = scope.cue.start < span.start && span.start < scope.cue.end && scope.from > scope.cue_word;
            if excluded || !(follows || precedes || within || straddles) {
                continue;
            }
            if !is_problem && scope.assertion == Assertion::Absent {
                // A service is undone only where the word stands beside it; a negative test was done.
                let result = scope.cue.of(&self.document.text).to_ascii_lowercase().contains("neg");
                if (follows && first > scope.from + 3) || (result && kind == Some(MentionKind::Test)) {
                    continue;
                }
            }
            found.push((scope.assertion, Some(scope.cue)));
        }
        found
    }
}

#[cfg(test)]
mod tests;
