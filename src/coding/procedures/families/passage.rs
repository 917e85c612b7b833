//! The note as tokens, pieces of statements and passages that speak of a service; and whether they say it was done.
use std::ops::Range;

use crate::coding::procedures::statements::{Role, Statement};
use crate::coding::procedures::view::NoteView;
use crate::document::{SectionKind, Span};
use crate::extract::Assertion;
use crate::note::NoteType;

use super::pattern::{self, Pattern};

/// A lower-case word or number of the note.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Lower case.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// A punctuation mark, a line end or "and", "with", "plus" stands before it.
    pub cut: bool,
    /// Stands in a piece that says that nothing was done ("left ear not treated", "right side untouched").
    pub off: bool,
}

/// Words and numbers of a text that stands at byte `offset` of its document.
pub fn tokens(text: &str, offset: usize) -> Vec<Token> {
    let mut list: Vec<Token> = Vec::new();
    let mut word = String::new();
    let (mut start, mut cut) = (0, true);
    let bytes = text.as_bytes();
    let mut push = |word: &mut String, start: usize, end: usize, cut: &mut bool| {
        if word.is_empty() {
            return;
        }
        let text = std::mem::take(word);
        let joins = matches!(text.as_str(), "and" | "with" | "plus" | "then");
        list.push(Token { text, span: Span::new(start + offset, end + offset), cut: *cut || joins, off: false });
        *cut = joins;
    };
    for (i, c) in text.char_indices() {
        let digit_after = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
        let inner = c == '.' && digit_after && (word.is_empty() || word.bytes().all(|b| b.is_ascii_digit()));
        if c.is_alphanumeric() || inner {
            if word.is_empty() {
                start = i;
            }
            word.extend(c.to_lowercase());
            continue;
        }
        push(&mut word, start, i, &mut cut);
        cut |= matches!(c, ',' | ';' | ':' | '.' | '\n' | '(' | ')' | '+' | '&' | '?' | '!');
    }
    push(&mut word, start, text.len(), &mut cut);
    list
}

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

/// A passage that speaks of a service.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Its statement.
    pub statement: usize,
    /// The piece or pieces of the statement.
    pub range: Range<usize>,
    /// The words that name the service.
    pub words: Range<usize>,
    /// What it says about doing.
    pub status: Status,
}

/// The note's tokens by statement.
pub struct Passages<'a> {
    /// The note.
    pub view: &'a NoteView<'a>,
    /// All tokens, statement by statement.
    pub tokens: Vec<Token>,
    /// Tokens of each statement.
    pub statements: Vec<Range<usize>>,
    /// Parts of statements that may tell what was done here.
    pub account: Vec<(usize, Range<usize>)>,
}

impl<'a> Passages<'a> {
    /// Cuts a note.
    pub fn new(view: &'a NoteView<'a>) -> Self {
        let mut all = Vec::new();
        let mut ranges = Vec::with_capacity(view.statements.len());
        for statement in view.statements {
            let from = all.len();
            all.extend(tokens(statement.span.of(view.text), statement.span.start));
            ranges.push(from..all.len());
        }
        let mut passages = Self { view, tokens: all, statements: ranges, account: Vec::new() };
        for range in passages.statements.clone() {
            passages.switch_off(range);
        }
        passages.account = passages.parts_done();
        passages
    }

    /// Marks the pieces of a statement that say what was not done, with the pieces before them that wait for their verb.
    fn switch_off(&mut self, statement: Range<usize>) {
        let pieces = self.pieces(statement);
        for (k, piece) in pieces.iter().enumerate() {
            let lower = self.text(piece).to_lowercase();
            if !(withheld(&lower) || says_not(&self.tokens[piece.clone()])) {
                continue;
            }
            self.tokens[piece.clone()].iter_mut().for_each(|t| t.off = true);
            // "Left lobe felt smooth, not taken": what waits for its verb shares its denial.
            let late = self.tokens[piece.clone()].iter().take(3).any(|t| matches!(t.text.as_str(), "not" | "nothing" | "untouched" | "only"));
            for before in pieces[..k].iter().rev() {
                let joined = late || matches!(self.tokens[before.end].text.as_str(), "and" | "or" | "nor");
                let (end, next) = (self.tokens[before.end - 1].span.end, self.tokens[before.end].span.start);
                let closed = end <= next && self.view.text[end..next].contains(['.', ';', '\n']);
                if closed || !joined || self.tokens[before.clone()].iter().any(|t| is_doing(&t.text)) {
                    break;
                }
                self.tokens[before.clone()].iter_mut().for_each(|t| t.off = true);
            }
        }
    }

    /// The parts of the note that may tell what was done here: no history, no plan, nothing denied.
    fn parts_done(&self) -> Vec<(usize, Range<usize>)> {
        let mut list = Vec::new();
        let report = is_report(self.view.context.note_type);
        let active: Vec<SectionKind> = (0..self.statements.len())
            .filter(|s| !matches!(self.role(*s), Role::History | Role::Plan))
            .filter(|s| self.tokens[self.statements[*s].clone()].iter().any(|t| !t.off && is_doing(&t.text)))
            .map(|s| self.view.statements[s].section)
            .collect();
        for s in 0..self.statements.len() {
            let of = &self.view.statements[s];
            if of.role == Role::History {
                continue;
            }
            for part in self.parts(s) {
                let lower = self.text(&part).to_lowercase();
                let here = HERE.iter().any(|w| lower.contains(w));
                let planned = PLANNED.iter().any(|w| lower.contains(w)) && !here;
                let done = self.tokens[part.clone()].iter().any(|t| is_doing(&t.text));
                let told = match of.role {
                    Role::Title | Role::Description | Role::Lead | Role::Result => true,
                    Role::Plan => done || here,
                    // In a visit without headings one sentence says "frozen" and another what.
                    _ => report || done || here || active.contains(&of.section) || self.has_signs(&part),
                };
                if told && !planned {
                    list.push((s, part));
                }
            }
        }
        list
    }

    /// A statement cut at full stops, semicolons and line ends.
    pub fn parts(&self, statement: usize) -> Vec<Range<usize>> {
        let range = self.statements[statement].clone();
        let mut list = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let part = self.piece_around(statement, &(start..start + 1));
            let end = part.end.max(start + 1);
            list.push(start..end);
            start = end;
        }
        list
    }

    /// The pieces of a token range between punctuation marks and joining words.
    pub fn pieces(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut list = Vec::new();
        let mut start = range.start;
        for at in range.clone().skip(1) {
            if self.tokens[at].cut {
                list.push(start..at);
                start = at;
            }
        }
        if start < range.end {
            list.push(start..range.end);
        }
        list
    }

    /// Text from the first to the last token.
    pub fn span(&self, range: &Range<usize>) -> Span {
        match (self.tokens.get(range.start), range.end.checked_sub(1).and_then(|e| self.tokens.get(e))) {
            (Some(first), Some(last)) if first.span.start <= last.span.end => Span::new(first.span.start, last.span.end),
            _ => Span::new(0, 0),
        }
    }

    /// Text of a range.
    pub fn text(&self, range: &Range<usize>) -> &'a str {
        self.span(range).of(self.view.text)
    }

    /// The statement's role.
    pub fn role(&self, statement: usize) -> Role {
        self.view.statements[statement].role
    }

    /// Passages that one of `find` fits and none of `unless`: pieces of statements where one piece says it all, else whole
    /// statements. History sections are left out.
    pub fn find(&self, find: &[Pattern], unless: &[Pattern], is_test: bool) -> Vec<Passage> {
        let mut list = Vec::new();
        let mut other = Vec::new();
        for (s, range) in self.statements.iter().enumerate() {
            if self.role(s) == Role::History || range.is_empty() {
                continue;
            }
            let fits = |r: &Range<usize>| -> Option<Range<usize>> {
                let words = find.iter().find_map(|p| p.find(&self.tokens, r.clone()))?;
                unless.iter().all(|p| p.find(&self.tokens, r.clone()).is_none()).then_some(words)
            };
            if fits(range).is_none() && !find.iter().any(|p| p.find(&self.tokens, range.clone()).is_some()) {
                continue;
            }
            let pieces: Vec<(Range<usize>, Range<usize>)> =
                self.pieces(range.clone()).into_iter().filter_map(|r| fits(&r).map(|w| (r, w))).collect();
            if pieces.is_empty() {
                match fits(range) {
                    Some(words) => list.push((s, range.clone(), words)),
                    // Another service, or the same at another time.
                    None => other.push(s),
                }
            } else {
                list.extend(pieces.into_iter().map(|(r, w)| (s, r, w)));
            }
        }
        list.into_iter()
            .map(|(statement, range, words)| {
                let status = self.status(statement, &range, &words, is_test);
                Passage { statement, range, words, status }
            })
            .chain(other.into_iter().map(|s| {
                let range = self.statements[s].clone();
                Passage { statement: s, words: range.start..range.start + 1, range, status: Status::Denied }
            }))
            .collect()
    }

    /// What a passage says about doing.
    pub fn status(&self, statement: usize, range: &Range<usize>, words: &Range<usize>, is_test: bool) -> Status {
        let of = &self.view.statements[statement];
        let assertion = self.view.assertion(self.span(words));
        let negated = pattern::is_negated(&self.tokens, self.statements[statement].start, words.start);
        let done = self.tokens[range.clone()].iter().any(|t| is_doing(&t.text));
        let absent = matches!(assertion, Assertion::Absent | Assertion::Family) && !done;
        if absent || negated && of.role != Role::Title {
            return Status::Denied;
        }
        let piece = self.piece_around(statement, range);
        let lower = self.text(&piece).to_lowercase();
        if self.tokens[words.clone()].iter().any(|t| t.off) {
            return Status::Denied;
        }
        match of.role {
            Role::History => Status::Past,
            Role::Title => Status::Done,
            Role::Description if is_report(self.view.context.note_type) => Status::Done,
            _ => self.status_in_visit(of, assertion, &lower, &piece, is_test),
        }
    }

    fn status_in_visit(&self, of: &Statement, assertion: Assertion, lower: &str, piece: &Range<usize>, is_test: bool) -> Status {
        let here = HERE.iter().any(|w| lower.contains(w)) || of.cues.here && HERE.iter().any(|w| lower.contains(w));
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
        if is_test {
            let report = matches!(self.view.context.note_type, NoteType::Imaging | NoteType::Pathology);
            let named = matches!(of.role, Role::Title | Role::Lead | Role::Description | Role::Result);
            return match () {
                _ if here && !lower.contains("outside") => Status::Done,
                _ if report && named => Status::Done,
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

    /// Whether the words around a passage are those of doing: numbing, stopping blood, a specimen, a route, a lot.
    fn has_signs(&self, piece: &Range<usize>) -> bool {
        let statement = self.statements.iter().position(|s| s.contains(&piece.start)).unwrap_or(0);
        let section = self.view.statements[statement].section;
        let near = (statement.saturating_sub(1)..(statement + 3).min(self.statements.len()))
            .filter(|s| self.view.statements[*s].section == section)
            .flat_map(|s| self.statements[s].clone());
        near.into_iter().any(|i| !self.tokens[i].off && SIGNS.contains(&self.tokens[i].text.as_str()))
    }

    /// The sentence part that governs a passage: the statement cut at semicolons and full stops only.
    fn piece_around(&self, statement: usize, range: &Range<usize>) -> Range<usize> {
        let whole = self.statements[statement].clone();
        let text = |a: usize, b: usize| {
            let (from, to) = (self.tokens[a].span.end, self.tokens[b].span.start);
            if from <= to { &self.view.text[from..to] } else { "" }
        };
        let strong = |gap: &str| gap.contains([';', '.', '\n']);
        let mut start = range.start.max(whole.start);
        while start > whole.start && !strong(text(start - 1, start)) {
            start -= 1;
        }
        let mut end = range.end.min(whole.end);
        while end > whole.start && end < whole.end && !strong(text(end - 1, end)) {
            end += 1;
        }
        start..end
    }
}

/// Notes that report one study or operation.
pub fn is_report(kind: NoteType) -> bool {
    matches!(kind, NoteType::Operative | NoteType::Procedure | NoteType::Imaging | NoteType::Pathology)
}

const SIGNS: [&str; 45] = [
    "lidocaine", "lido", "anesthesia", "anesthetic", "hemostasis", "specimen", "specimens", "sterile", "prepped", "prep", "wheal", "intradermal",
    "gauge", "25g", "22g", "27g", "tolerated", "cautery", "cryo", "thaw", "freeze", "nylon", "vicryl", "prolene", "chromic", "im", "sc",
    "deltoid", "thigh", "lot", "vis", "tech", "path", "pathology", "sutures", "blade", "forceps", "curette", "clamp", "needle",
    "dressing", "proparacaine", "vaccines", "immunizations", "bandage",
];
const HERE: [&str; 28] = [
    " here",
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
const PLANNED: [&str; 30] = [
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
fn withheld(lower: &str) -> bool {
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
fn says_not(piece: &[Token]) -> bool {
    let at = piece.iter().position(|t| matches!(t.text.as_str(), "not" | "nothing" | "neither" | "never"));
    at.is_some_and(|at| piece[at + 1..].iter().take(3).any(|t| is_doing(&t.text) || matches!(t.text.as_str(), "used" | "reached")))
}

/// A word that says something was done: the past tense of doing.
pub fn is_doing(word: &str) -> bool {
    const OTHERS: [&str; 23] = [
        "did", "ran", "run", "gave", "took", "drew", "made", "done", "given", "taken", "drawn", "froze", "frozen", "cut", "placed", "put", "underwent", "sent", "obtained", "injected",
        "tolerated", "repaired", "ran",
    ];
    const NOT: [&str; 34] = [
        "recommended", "discussed", "advised", "scheduled", "planned", "needed", "ordered", "indicated", "offered", "referred",
        "declined", "deferred", "reviewed", "noted", "related", "located", "associated", "diagnosed", "reported", "elected",
        "agreed", "consented", "suspected", "concerned", "displaced", "nondisplaced", "comminuted", "affected", "based",
        "followed", "healed", "raised", "described", "presented",
    ];
    OTHERS.contains(&word) || word.len() > 4 && word.ends_with("ed") && !NOT.contains(&word)
}
