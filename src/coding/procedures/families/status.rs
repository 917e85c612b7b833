//! Whether a passage says that its service was done at this encounter.
use std::ops::Range;

use crate::coding::procedures::lines::is_facility;
use crate::coding::procedures::statements::{Role, Statement};
use crate::extract::Assertion;
use crate::note::NoteType;

use super::dates;
use super::doing::{ABANDONED, OWN_DAY, PAST, PLANNED, TO_COME, is_doing, is_here, is_timed_talk};
use super::elsewhere::elsewhere;
use super::passage::{Passages, Token};
use super::pattern;
use super::signs;

/// Whether a passage says that its service was done at this encounter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Said not to have been done.
    Denied,
    /// Of an earlier day.
    Past,
    /// Planned, ordered, advised, possible.
    Planned,
    /// A result is read; where it was done is not said.
    Read,
    /// Named without a word about doing.
    Named,
    /// Done.
    Done,
}

impl Passages<'_> {
    /// What a passage says about doing.
    pub fn status(&self, statement: usize, range: &Range<usize>, words: &Range<usize>, is_test: bool) -> Status {
        let of = &self.view.statements[statement];
        let assertion = self.view.assertion(self.span(words));
        let negated = pattern::is_negated(&self.tokens, self.statements[statement].start, words.start);
        let done = self.tokens[range.clone()].iter().any(|t| is_doing(&t.text));
        // "Rapid strep: NEG" is a result, not a test that was not done; a vasectomy without a scalpel was done too.
        // A heading ("Rapid strep:") ends before its result.
        let from = self.span(words).start;
        let on_line = |t: &&Token| self.view.text.get(from..t.span.start).is_some_and(|gap| !gap.contains('\n'));
        let until = (words.end + 4).min(self.tokens.len());
        let result = is_test && self.tokens[words.start..until].iter().take_while(on_line).any(|t| t.text.starts_with("neg"));
        let negative =
            is_test && self.tokens[range.clone()].iter().any(|t| matches!(t.text.as_str(), "negative" | "nonreactive"));
        let no_scalpel = self.tokens[range.clone()].windows(2).any(|t| t[0].text == "no" && t[1].text == "scalpel");
        let told = done || result || (negative && !negated) || no_scalpel;
        // A denial that stands in no word of the statement is another's.
        let denies = |t: &Token| {
            matches!(
                t.text.as_str(),
                "no" | "not" | "non" | "nor" | "none" | "never" | "without" | "absent" | "free" | "negative"
            ) || ["den", "declin", "refus", "defer", "unable", "cancel", "rule", "n't"].iter().any(|w| t.text.starts_with(w))
        };
        let denied = self.tokens[self.statements[statement].clone()].iter().any(denies);
        let absent =
            (assertion == Assertion::Absent && (denied || of.words.len() < 6) || assertion == Assertion::Family) && !told;
        if absent || negated && of.role != Role::Title {
            return Status::Denied;
        }
        let piece = self.piece_around(statement, range);
        let lower = self.text(&self.own_part(&piece, range)).to_lowercase();
        if self.tokens[words.clone()].iter().any(|t| t.off) || self.is_abandoned(statement) {
            return Status::Denied;
        }
        let report = is_report(self.view.context.note_type);
        let heads = of.role == Role::Title || of.role == Role::Lead && report;
        if !heads && (!report || is_test) && self.of_another_day(&piece, words) {
            return Status::Past;
        }
        match of.role {
            Role::History if self.is_history(statement) => Status::Past,
            Role::Title => Status::Done,
            Role::Description if is_report(self.view.context.note_type) => Status::Done,
            _ => self.status_in_visit(of, assertion, &lower, &piece, is_test),
        }
    }

    /// Whether this statement or the next says that it did not come to it ("chose to stop before any numbing").
    pub(super) fn is_abandoned(&self, statement: usize) -> bool {
        let report = is_report(self.view.context.note_type);
        let says = |s: usize| {
            let lower = self.view.statements[s].span.of(self.view.text).to_lowercase();
            ABANDONED.iter().any(|w| lower.contains(w))
        };
        let same_section = |s: usize| self.view.statements[s].section == self.view.statements[statement].section;
        !report
            && (says(statement) || statement + 1 < self.statements.len() && same_section(statement + 1) && says(statement + 1))
    }

    /// A sentence up to where it goes on to something else: "Prolia given in the arm, calcium was normal last week".
    fn own_part(&self, piece: &Range<usize>, passage: &Range<usize>) -> Range<usize> {
        const SAME: [&str; 10] = ["it", "this", "that", "which", "he", "she", "they", "both", "result", "results"];
        for next in self.pieces(passage.end.min(piece.end)..piece.end) {
            let words = &self.tokens[next.clone()];
            let verb = words.iter().position(|t| matches!(t.text.as_str(), "was" | "were" | "is" | "are" | "had" | "has"));
            let new = verb.is_some_and(|v| v > 0) && !words.iter().take(2).any(|t| SAME.contains(&t.text.as_str()));
            // "… and she will see us postpartum."
            let after = words.iter().any(|t| t.text == "will")
                && words.iter().any(|t| matches!(t.text.as_str(), "see" | "return" | "follow" | "call" | "come" | "recheck"));
            if (new || after) && next.start >= passage.end {
                return piece.start..next.start;
            }
        }
        piece.clone()
    }

    fn status_in_visit(&self, of: &Statement, assertion: Assertion, lower: &str, piece: &Range<usize>, is_test: bool) -> Status {
        let here = is_here(lower);
        let done = self.tokens[piece.clone()].iter().any(|t| is_doing(&t.text));
        // Of a story in one piece the cues of its first sentences reach too far: what was done with numbing, a route or a lot
        // is of this day where its own words do not say otherwise.
        let own_past = || PAST.iter().any(|w| lower.contains(w));
        // So is what its minutes are counted of.
        let timed = || lower.contains(" min") && lower.contains(|c: char| c.is_ascii_digit());
        let has_words =
            || self.has_signs(piece) || timed() || (is_test || done || lower.contains("20/")) && self.has_result(piece);
        let told_now = || !own_past() && has_words();
        if assertion == Assertion::Historical && !here && !told_now() {
            return Status::Past;
        }
        let talk = is_timed_talk(lower);
        let planned = matches!(assertion, Assertion::Planned | Assertion::Hypothetical | Assertion::Conditional) && !talk;
        // A list of what was done may stand under "Plan", "Rx" or "Tx"; a repeated film has its result beside it.
        let future = || PLANNED.iter().chain(&TO_COME).any(|w| lower.contains(w));
        let in_list = || self.was_carried_out(piece) && !future();
        let repeated = || is_test && lower.contains("repeat") && self.has_result(piece) && !future();
        if planned && !(done && here) && !(done && of.role == Role::Description) && !in_list() && !repeated() {
            return Status::Planned;
        }
        if PLANNED.iter().any(|w| lower.contains(w)) && !here && !talk {
            return Status::Planned;
        }
        let signed = || self.tokens[piece.clone()].iter().any(|t| !t.off && signs::is_sign(&t.text));
        let other = || elsewhere(lower, self.view.context) && (is_test || !signed());
        if !is_report(self.view.context.note_type) && !here && other() {
            return Status::Past;
        }
        if is_test {
            let report = is_report(self.view.context.note_type);
            let named = matches!(of.role, Role::Title | Role::Lead | Role::Description | Role::Result | Role::Other);
            // "Plan: TTE today" in hospital is an order.
            let own = OWN_DAY.iter().any(|w| lower.contains(w));
            let ordered = of.role == Role::Plan && !done && !own && is_of_hospital(self.view.context);
            return match () {
                _ if ordered => Status::Planned,
                _ if here && !lower.contains("outside") => Status::Done,
                // What gives its result within minutes is done where the patient is.
                _ if signs::is_point_of_care(lower) && !is_facility(&self.view.context.place_of_service) => Status::Done,
                _ if report && named => Status::Done,
                // A heading that names the study is the head of its report.
                _ if matches!(of.role, Role::Title | Role::Lead) && of.words.len() < 12 => Status::Done,
                _ if of.role == Role::Result => Status::Read,
                // A result in a visit says nothing of who did the test.
                _ => Status::Read,
            };
        }
        match of.role {
            _ if done || here => Status::Done,
            Role::Description => Status::Done,
            Role::Plan | Role::Assessment if is_report(self.view.context.note_type) && !self.has_signs(piece) => Status::Named,
            // A report tells what was done, whatever its verbs.
            Role::Lead | Role::Other | Role::Story | Role::Result if is_report(self.view.context.note_type) => Status::Done,
            _ if self.has_signs(piece) => Status::Done,
            // "Nasolaryngoscopy awake: larynx fine."
            Role::Exam if self.has_result(piece) => Status::Done,
            _ => Status::Named,
        }
    }

    /// Whether a sentence has a verb of doing that is none of changing drugs or of telling.
    fn was_carried_out(&self, piece: &Range<usize>) -> bool {
        const OTHER: [&str; 24] = [
            "continued",
            "increased",
            "decreased",
            "started",
            "restarted",
            "stopped",
            "changed",
            "refilled",
            "repeated",
            "prescribed",
            "counseled",
            "counselled",
            "educated",
            "encouraged",
            "instructed",
            "reassured",
            "resolved",
            "improved",
            "controlled",
            "authorized",
            "approved",
            "limited",
            "weighted",
            "sent",
        ];
        let words = &self.tokens[piece.clone()];
        words.iter().any(|t| !t.off && is_doing(&t.text) && !OTHER.contains(&t.text.as_str()))
    }

    /// Whether a finding follows behind a colon or a dash, or a score, within the sentence.
    fn has_result(&self, piece: &Range<usize>) -> bool {
        let span = self.span(piece);
        let rest = self.view.text.get(span.start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.get(..line.char_indices().nth(160).map_or(line.len(), |(i, _)| i)).unwrap_or(line);
        let behind = line.split_once(':').or_else(|| line.split_once(" - ")).or_else(|| line.split_once(" = "));
        let findings = behind.is_some_and(|(_, found)| found.split_whitespace().next().is_some_and(|w| !w.is_empty()));
        findings || line.contains("20/") && line.chars().any(|c| c.is_ascii_digit())
    }

    /// Whether the words say that the service lies behind ("s/p septoplasty", "duplex 3/26", "on 4/20/26").
    fn of_another_day(&self, piece: &Range<usize>, words: &Range<usize>) -> bool {
        let report = is_report(self.view.context.note_type);
        let before = &self.tokens[piece.start.max(words.start.saturating_sub(6)).min(words.start)..words.start];
        let is = |t: &Token, w: &str| t.text == w;
        // "s/p" is read as one word.
        let near = before.iter().enumerate().rev().take_while(|(i, _)| *i + 1 == before.len() || !before[*i + 1].cut).take(3);
        let after_it = before.windows(2).any(|w| is(&w[0], "status") && is(&w[1], "post"))
            || before.iter().any(|t| is(t, "pod"))
            || near.into_iter().any(|(_, t)| is(t, "history")) && !self.tokens.get(words.start).is_some_and(|t| t.cut);
        if after_it && !report {
            return true;
        }
        let end = self.span(piece).end;
        let (start, last) = (self.span(words).start, self.span(words).end);
        let Some(text) = self.view.text.get(start..end.max(last)) else { return false };
        dates::other_day(text, last - start, self.view.context.date_of_service, report)
    }

    /// Whether the words around a passage are those of doing: numbing, stopping blood, a specimen, a route, a lot.
    pub(super) fn has_signs(&self, piece: &Range<usize>) -> bool {
        let statement = self.statements.iter().position(|s| s.contains(&piece.start)).unwrap_or(0);
        let section = self.view.statements[statement].section;
        let near = (statement.saturating_sub(1)..(statement + 3).min(self.statements.len()))
            .filter(|s| self.view.statements[*s].section == section)
            .flat_map(|s| self.statements[s].clone());
        near.into_iter().any(|i| !self.tokens[i].off && signs::is_sign(&self.tokens[i].text))
    }
}

/// Whether a note is of a stay or of an emergency department, where a plan's tests are others' to do.
fn is_of_hospital(context: &crate::note::Context) -> bool {
    is_facility(&context.place_of_service)
        || matches!(context.note_type, NoteType::Inpatient | NoteType::Consult | NoteType::Emergency | NoteType::Discharge)
}

/// Notes that report one study or operation.
pub fn is_report(kind: NoteType) -> bool {
    matches!(kind, NoteType::Operative | NoteType::Procedure | NoteType::Imaging | NoteType::Pathology)
}
