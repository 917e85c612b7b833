//! Whether a passage says that its service was done at this encounter.
use std::ops::Range;

use crate::coding::procedures::lines::is_facility;
use crate::coding::procedures::statements::{Role, Statement};
use crate::extract::Assertion;
use crate::note::NoteType;

use super::dates;
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
        let until = (words.end + 4).min(self.statements[statement].end);
        let result = is_test && self.tokens[words.start..until].iter().any(|t| t.text.starts_with("neg"));
        let negative =
            is_test && self.tokens[range.clone()].iter().any(|t| matches!(t.text.as_str(), "negative" | "nonreactive"));
        let no_scalpel = self.tokens[range.clone()].windows(2).any(|t| t[0].text == "no" && t[1].text == "scalpel");
        let told = done || result || (negative && !negated) || no_scalpel;
        let absent = matches!(assertion, Assertion::Absent | Assertion::Family) && !told;
        if absent || negated && of.role != Role::Title {
            return Status::Denied;
        }
        let piece = self.piece_around(statement, range);
        let lower = self.text(&self.own_part(&piece, range)).to_lowercase();
        if self.tokens[words.clone()].iter().any(|t| t.off) {
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
        if assertion == Assertion::Historical && !here {
            return Status::Past;
        }
        let planned = matches!(assertion, Assertion::Planned | Assertion::Hypothetical | Assertion::Conditional);
        if planned && !(done && here) && !(done && of.role == Role::Description) {
            return Status::Planned;
        }
        if PLANNED.iter().any(|w| lower.contains(w)) && !here {
            return Status::Planned;
        }
        let other = || elsewhere(lower, self.view.context) && (is_test || !self.has_signs(piece));
        if !is_report(self.view.context.note_type) && !here && other() {
            return Status::Past;
        }
        if is_test {
            let report = is_report(self.view.context.note_type);
            let named = matches!(of.role, Role::Title | Role::Lead | Role::Description | Role::Result | Role::Other);
            return match () {
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
            Role::Plan | Role::Assessment if is_report(self.view.context.note_type) => Status::Named,
            // A report tells what was done, whatever its verbs.
            Role::Lead | Role::Other | Role::Story | Role::Result if is_report(self.view.context.note_type) => Status::Done,
            _ if self.has_signs(piece) => Status::Done,
            _ => Status::Named,
        }
    }

    /// Whether the words say that the service lies behind ("s/p septoplasty", "duplex 3/26", "on 4/20/26").
    fn of_another_day(&self, piece: &Range<usize>, words: &Range<usize>) -> bool {
        let report = is_report(self.view.context.note_type);
        let before = &self.tokens[piece.start.max(words.start.saturating_sub(6)).min(words.start)..words.start];
        let is = |t: &Token, w: &str| t.text == w;
        let after_it = before.windows(2).any(|w| is(&w[0], "s") && is(&w[1], "p") || is(&w[0], "status") && is(&w[1], "post"))
            || before.iter().any(|t| is(t, "pod"));
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

/// Notes that report one study or operation.
pub fn is_report(kind: NoteType) -> bool {
    matches!(kind, NoteType::Operative | NoteType::Procedure | NoteType::Imaging | NoteType::Pathology)
}

/// Words that place a service at this encounter.
const HERE: [&str; 33] = [
    " here",
    "done now",
    "just now",
    "shot here",
    "from stock",
    "our stock",
    "our lab",
    "our own",
    "our office",
    "our clinic",
    "my read",
    "read by me",
    "i read",
    "in the room",
    "in this office",
    "in the exam room",
    "office films",
    "our technician",
    "our treatment room",
    "today",
    "in the office",
    "in office",
    "in-office",
    "in clinic",
    "in the clinic",
    "in our office",
    "this visit",
    "at bedside",
    "in-house",
    "in house",
    "on site",
    "interpreted by me",
    "my interpretation",
];
/// "here for", "not today": neither says that something was done at this encounter.
const NOT_HERE: [&str; 13] = [
    "not today",
    "none today",
    "not done today",
    "not given today",
    "here to ",
    "here for ",
    "here because",
    "here with ",
    "here w/",
    "comes today",
    "before today",
    "not repeated today",
    "until today",
];

/// Whether words place a service at this encounter.
pub(super) fn is_here(lower: &str) -> bool {
    if !HERE.iter().any(|w| lower.contains(w)) {
        return false;
    }
    let rest = NOT_HERE.iter().fold(lower.to_owned(), |text, w| text.replace(w, " "));
    HERE.iter().any(|w| rest.contains(w))
}

/// Words of what is still to be done.
pub(super) const PLANNED: [&str; 30] = [
    "we will ",
    "will be",
    "she will",
    "he will",
    "will need",
    "will get",
    "recommend",
    "schedul",
    "consider",
    "plan to",
    "plan for",
    "would like",
    "would benefit",
    "return for",
    "refer",
    "next visit",
    "next month",
    "next week",
    "candidate",
    "to be done",
    "going to",
    "if needed",
    "if back",
    "offered",
    "discussed ",
    "we talked",
    "booked",
    "wants to",
    "in a month",
    "not yet planned",
];

/// "declined", "deferred", "not done": nothing happened.
pub(super) fn withheld(lower: &str) -> bool {
    [
        "declined",
        "refused",
        "deferred",
        "not done",
        "not performed",
        "was not ",
        "were not ",
        "cancelled",
        "canceled",
        "unable to perform",
        "held off",
        "untouched",
        "left alone",
        "left in place",
        "examined only",
        "looked at",
        "nothing there",
        "nothing else",
        "not needed",
        "not required",
        "not indicated",
        "at the pharmacy",
        "in the nursery",
        "at the hospital lab",
        "hospital labs",
        "was administered today they",
        "prescription for",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

/// "not opened", "was not treated", "nothing was taken": the words of a piece deny its verb.
pub(super) fn says_not(piece: &[Token]) -> bool {
    let at = piece.iter().position(|t| matches!(t.text.as_str(), "not" | "nothing" | "neither" | "never"));
    at.is_some_and(|at| {
        piece[at + 1..].iter().take(3).any(|t| is_doing(&t.text) || matches!(t.text.as_str(), "used" | "reached"))
    })
}

/// A word that says something was done: the past tense of doing.
pub fn is_doing(word: &str) -> bool {
    const OTHERS: [&str; 30] = [
        "went",
        "slid",
        "sewn",
        "sewed",
        "dug",
        "swept",
        "slipped",
        "did",
        "ran",
        "run",
        "gave",
        "took",
        "drew",
        "made",
        "done",
        "given",
        "taken",
        "drawn",
        "froze",
        "frozen",
        "cut",
        "placed",
        "put",
        "underwent",
        "sent",
        "obtained",
        "injected",
        "tolerated",
        "repaired",
        "ran",
    ];
    const NOT: [&str; 34] = [
        "recommended",
        "discussed",
        "advised",
        "scheduled",
        "planned",
        "needed",
        "ordered",
        "indicated",
        "offered",
        "referred",
        "declined",
        "deferred",
        "reviewed",
        "noted",
        "related",
        "located",
        "associated",
        "diagnosed",
        "reported",
        "elected",
        "agreed",
        "consented",
        "suspected",
        "concerned",
        "displaced",
        "nondisplaced",
        "comminuted",
        "affected",
        "based",
        "followed",
        "healed",
        "raised",
        "described",
        "presented",
    ];
    OTHERS.contains(&word) || word.len() > 4 && word.ends_with("ed") && !NOT.contains(&word)
}
