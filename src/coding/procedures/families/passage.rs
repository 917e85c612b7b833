//! The note as tokens, pieces of statements and passages that speak of a service.
use std::ops::Range;

use crate::coding::procedures::statements::Role;
use crate::coding::procedures::view::NoteView;
use crate::document::{SectionKind, Span};

use super::doing::{self, is_doing};
use super::pattern::{Pattern, Vocabulary};
use super::short_forms;
use super::status::{Status, is_report};

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
    /// Its first and its last eight bytes, as patterns compare them.
    pub(super) head: u64,
    pub(super) tail: u64,
}

impl Token {
    fn new(text: String, span: Span, cut: bool) -> Self {
        let (head, tail) = super::pattern::ends(&text);
        Self { text, span, cut, off: false, head, tail }
    }
}

/// Words and numbers of a text that stands at byte `offset` of its document, short forms spelled out.
pub fn tokens(text: &str, offset: usize) -> Vec<Token> {
    let mut list: Vec<Token> = Vec::new();
    let mut word = String::new();
    let (mut start, mut cut, mut passed) = (0, true, 0);
    let bytes = text.as_bytes();
    let mut push = |word: &mut String, start: usize, end: usize, cut: &mut bool| {
        if word.is_empty() {
            return;
        }
        let mut text = std::mem::take(word);
        if let Some(whole) = short_forms::full(&text) {
            whole.clone_into(&mut text);
        }
        let joins = matches!(text.as_str(), "and" | "with" | "plus" | "then");
        list.push(Token::new(text, Span::new(start + offset, end + offset), *cut || joins));
        *cut = joins;
    };
    for (i, c) in text.char_indices() {
        let digit_after = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
        let inner = c == '.' && digit_after && (word.is_empty() || word.bytes().all(|b| b.is_ascii_digit()));
        // "inj'd" is one word; its d is passed over below.
        if matches!(c, '\'' | '\u{2019}') {
            let mut rest = text[i + c.len_utf8()..].chars();
            let ends =
                rest.next().is_some_and(|d| d.eq_ignore_ascii_case(&'d')) && rest.next().is_none_or(|n| !n.is_alphanumeric());
            if let Some(past) = short_forms::past(&word).filter(|_| ends) {
                word = past;
                push(&mut word, start, i + c.len_utf8() + 1, &mut cut);
                passed = i + c.len_utf8();
                continue;
            }
        }
        if passed == i && i > 0 {
            continue;
        }
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
    join_slashed(&mut list, text, offset);
    list
}

/// Makes one word of "b/l" and the like.
fn join_slashed(list: &mut Vec<Token>, text: &str, offset: usize) {
    let mut i = 0;
    while i + 1 < list.len() {
        let (first, second) = (list[i].span, list[i + 1].span);
        let slash = first.end + 1 == second.start && text.as_bytes().get(first.end - offset) == Some(&b'/');
        if let Some(whole) = short_forms::slashed(&list[i].text, &list[i + 1].text).filter(|_| slash) {
            list[i] = Token::new(whole.to_owned(), Span::new(first.start, second.end), list[i].cut);
            list.remove(i + 1);
        }
        i += 1;
    }
}

/// Words of an author who did or read something personally.
const OWN: [&str; 15] = [
    " by me",
    "i got a",
    "myself",
    "interpreted by me",
    "my interpretation",
    "my read",
    "read by me",
    "i read",
    "i performed",
    "i interpreted",
    "performed by me",
    "personally",
    "i did ",
    "i placed",
    "today by me",
];

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
    /// Its words.
    pub vocabulary: Vocabulary,
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
        let mut passages = Self { view, vocabulary: Vocabulary::new(&all), tokens: all, statements: ranges, account: Vec::new() };
        for range in passages.statements.clone() {
            passages.switch_off(range);
        }
        passages.account = passages.parts_done();
        passages
    }

    /// Marks the pieces of a statement that say what was not done, with the pieces before them that wait for their verb.
    fn switch_off(&mut self, statement: Range<usize>) {
        let number = self.statements.iter().position(|s| *s == statement).unwrap_or(0);
        if self.is_abandoned(number) {
            self.tokens[statement.clone()].iter_mut().for_each(|t| t.off = true);
            return;
        }
        let pieces = self.pieces(statement);
        for (k, piece) in pieces.iter().enumerate() {
            let lower = self.text(piece).to_lowercase();
            if !(doing::withheld(&lower) || doing::says_not(&self.tokens[piece.clone()])) {
                continue;
            }
            self.tokens[piece.clone()].iter_mut().for_each(|t| t.off = true);
            // "Left lobe felt smooth, not taken": what waits for its verb shares its denial.
            let late = self.tokens[piece.clone()]
                .iter()
                .take(3)
                .any(|t| matches!(t.text.as_str(), "not" | "nothing" | "untouched" | "only"))
                || self.text(piece).to_lowercase().starts_with("left alone");
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
            if self.is_history(s) {
                continue;
            }
            let whole = of.span.of(self.view.text).to_lowercase();
            let here_as_whole = doing::is_here(&whole);
            for part in self.parts(s) {
                let lower = self.text(&part).to_lowercase();
                let here = doing::is_here(&lower);
                let planned = (doing::PLANNED.iter().any(|w| lower.contains(w)) || lower.starts_with("plan ")) && !here;
                let done = self.tokens[part.clone()].iter().any(|t| is_doing(&t.text));
                let told = match of.role {
                    Role::Title | Role::Description | Role::Lead | Role::Result => true,
                    Role::Plan => done || here,
                    // In a visit without headings one sentence says "frozen" and another what.
                    _ => report || done || here || here_as_whole || active.contains(&of.section) || self.has_signs(&part),
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

    /// Whether a statement tells the past only. "Vaccines:" and "Immunizations:" may head what is given today, and "Tobacco:" a talk of
    /// so many minutes.
    pub fn is_history(&self, statement: usize) -> bool {
        if self.role(statement) != Role::History {
            return false;
        }
        let section = self.view.statements[statement].section;
        let first = (0..=statement).rev().take_while(|s| self.view.statements[*s].section == section).last().unwrap_or(statement);
        let head = self.text(&self.statements[first]).to_lowercase();
        let given =
            ["vaccines", "immunizations today", "vaccines given", "immunizations given"].iter().any(|w| head.starts_with(w));
        !given && !doing::is_timed_talk(&self.text(&self.statements[statement]).to_lowercase())
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
        let find: Vec<&Pattern> = find.iter().filter(|p| p.may_fit(&self.vocabulary)).collect();
        if find.is_empty() {
            return Vec::new();
        }
        for (s, range) in self.statements.iter().enumerate() {
            if self.is_history(s) || range.is_empty() {
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

    /// Whether a statement says that its author did it, or read it, on this day.
    pub fn says_own(&self, statement: usize) -> bool {
        let lower = self.view.statements[statement].span.of(self.view.text).to_lowercase();
        OWN.iter().any(|w| lower.contains(w))
    }

    /// Whether a statement speaks of shots as given: a route, a limb, a dose.
    pub fn lists_shots(&self, statement: usize) -> bool {
        const WORDS: [&str; 11] =
            ["injection", "mouth", "oral", "thigh", "thighs", "arm", "left", "right", "dose", "shots", "vaccines"];
        self.tokens[self.statements[statement].clone()].iter().any(|t| !t.off && WORDS.contains(&t.text.as_str()))
    }

    /// Whether a statement places what it tells at this encounter.
    pub fn says_here(&self, statement: usize) -> bool {
        let lower = self.view.statements[statement].span.of(self.view.text).to_lowercase();
        doing::is_here(&lower) || OWN.iter().any(|w| lower.contains(w)) || super::signs::is_point_of_care(&lower)
    }

    /// Whether a statement names the operation or study that the note reports.
    pub fn is_titled(&self, statement: usize) -> bool {
        let of = &self.view.statements[statement];
        match of.role {
            Role::Title => true,
            Role::Lead => is_report(self.view.context.note_type) && of.words.len() < 12,
            _ => false,
        }
    }

    /// The sentence part that governs a passage: the statement cut at semicolons and full stops only.
    pub fn piece_around(&self, statement: usize, range: &Range<usize>) -> Range<usize> {
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
