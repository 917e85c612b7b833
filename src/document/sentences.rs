//! Sentences and list items, inside sections.
use std::collections::HashMap;
use std::sync::LazyLock;

use super::heading_lines::enumerator;
use super::sections::floor_boundary;
use super::{Section, Sentence, Span};

/// Longest sentence, in bytes; longer ones are cut at a comma or blank.
const LONGEST_SENTENCE: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Abbreviation {
    Always,
    Lower,
    Number,
    Title,
}

static ABBREVIATIONS: LazyLock<HashMap<&'static str, Abbreviation>> = LazyLock::new(|| {
    let rows = include_str!("abbreviations.tsv").lines().filter(|line| !line.starts_with('#'));
    let words = rows.filter_map(|row| row.split_once('\t')).flat_map(|(kind, words)| {
        let kind = match kind {
            "always" => Abbreviation::Always,
            "lower" => Abbreviation::Lower,
            "number" => Abbreviation::Number,
            _ => Abbreviation::Title,
        };
        words.split_whitespace().map(move |word| (word, kind))
    });
    words.collect()
});

/// Cuts the bodies of `sections` into sentences.
pub(super) fn sentences(text: &str, sections: &[Section]) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut paragraphs = Paragraphs::new(text);
    for (index, section) in sections.iter().enumerate() {
        for segment in segments(text, section.body) {
            cut_segment(text, segment, &mut |span, list_item| {
                push(text, span, list_item, index, &mut paragraphs, &mut out);
            });
        }
    }
    out
}

/// Adds a span as one sentence, or as several where it is too long.
fn push(text: &str, span: Span, list_item: bool, section: usize, paragraphs: &mut Paragraphs<'_>, out: &mut Vec<Sentence>) {
    let mut rest = trim(text, span);
    while rest.len() > LONGEST_SENTENCE {
        let piece = &text[rest.start..rest.start + floor_boundary(rest.of(text), LONGEST_SENTENCE)];
        let near = floor_boundary(piece, LONGEST_SENTENCE / 2);
        let cut =
            [", ", "; ", " "].iter().find_map(|mark| piece[near..].rfind(mark).map(|i| near + i + 1)).unwrap_or(piece.len());
        let head = trim(text, Span::new(rest.start, rest.start + cut));
        if !head.is_empty() {
            out.push(Sentence { span: head, section, list_item, paragraph: paragraphs.at(head.start) });
        }
        rest = trim(text, Span::new(rest.start + cut, rest.end));
    }
    if rest.of(text).chars().any(char::is_alphanumeric) {
        out.push(Sentence { span: rest, section, list_item, paragraph: paragraphs.at(rest.start) });
    }
}

/// Without blanks, markup and separating commas at both ends.
fn trim(text: &str, span: Span) -> Span {
    let words = span.of(text);
    let left = words
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '*' | '#' | '_' | '|' | '\u{feff}'));
    let both = left.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '#' | '_' | '|' | ',' | '\u{feff}'));
    let start = span.start + (words.len() - left.len());
    Span::new(start, start + both.len())
}

/// Counts blank-line separated blocks while the text is read from front to back.
struct Paragraphs<'t> {
    text: &'t str,
    at: usize,
    count: usize,
    newlines: usize,
    seen_text: bool,
}

impl<'t> Paragraphs<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, count: 0, newlines: 0, seen_text: false }
    }
    fn at(&mut self, byte: usize) -> usize {
        while self.at < byte {
            match self.text.as_bytes()[self.at] {
                b'\n' => self.newlines += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => {
                    self.count += usize::from(self.newlines >= 2 && self.seen_text);
                    self.newlines = 0;
                    self.seen_text = true;
                }
            }
            self.at += 1;
        }
        self.count + usize::from(self.newlines >= 2 && self.seen_text)
    }
}

/// Joins hard-wrapped lines and parts the others: spans in which only punctuation ends a sentence.
fn segments(text: &str, body: Span) -> Vec<Span> {
    let mut lines: Vec<Span> = Vec::new();
    let mut start = body.start;
    for piece in body.of(text).split_inclusive('\n') {
        lines.push(Span::new(start, start + piece.len()));
        start += piece.len();
    }
    let mut out: Vec<Span> = Vec::new();
    let mut i = 0;
    while i < lines.len() {
        // One block up to a blank line; its widest line tells where a wrapped line would have ended.
        let block_end = (i..lines.len()).find(|&j| lines[j].of(text).trim().is_empty()).unwrap_or(lines.len());
        let width = lines[i..block_end].iter().map(|l| l.of(text).trim_end().len()).max().unwrap_or(0);
        let mut current: Option<Span> = None;
        for line in &lines[i..block_end] {
            current = Some(match current {
                Some(open) if continues(text, open, *line, width) => Span::new(open.start, line.end),
                Some(open) => {
                    out.push(open);
                    *line
                }
                None => *line,
            });
        }
        out.extend(current);
        i = block_end + 1;
    }
    out
}

/// Whether `next` goes on with the sentence of the line before it.
fn continues(text: &str, open: Span, next: Span, width: usize) -> bool {
    let so_far = open.of(text).trim_end();
    let last_line = so_far.rsplit('\n').next().unwrap_or(so_far).trim();
    let following = next.of(text).trim();
    let Some(first) = following.chars().next() else { return false };
    if list_marker(following).is_some() || last_line.ends_with(['.', '!', '?', ':', ';']) {
        return false;
    }
    if following[..floor_boundary(following, 45)].contains(':') && !first.is_lowercase() {
        return false;
    }
    let last_word = last_line.rsplit(' ').next().unwrap_or("").to_ascii_lowercase();
    let open_ended = last_line.ends_with([',', '-'])
        || matches!(last_word.as_str(), "and" | "or" | "of" | "the" | "with" | "a" | "an" | "to" | "for" | "in" | "by");
    if open_ended && (first.is_lowercase() || last_line.len() > 30) {
        return true;
    }
    let first_word = following.split(' ').next().map_or(0, str::len);
    let least_width = if first.is_lowercase() { 50 } else { 66 };
    let wrapped = (least_width..=160).contains(&width)
        && last_line.len() + 1 + first_word > width.saturating_sub(2)
        && last_line.len() * 4 > width * 3;
    wrapped && (first.is_alphanumeric() || first == '(')
}

/// Length of a list marker with its blanks: `1. `, `a) `, `- `, `• `, `[x] `.
fn list_marker(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let bullet = match first {
        '-' | '*' | '•' | '·' | '–' | '—' | '●' | '▪' | '◦' | '○' | '‣' | '>' | '§' | '□' | '☐' | '☑' | '\u{f0b7}' => {
            first.len_utf8()
        }
        _ => return enumerator(text),
    };
    let rest = &text[bullet..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\u{a0}']).len();
    (blanks > 0 || first.len_utf8() > 1).then_some(bullet + blanks)
}

/// Cuts one segment at full stops, inline enumerations and inline bullets.
fn cut_segment(text: &str, segment: Span, emit: &mut impl FnMut(Span, bool)) {
    let mut start = segment.start + (segment.len() - segment.of(text).trim_start().len());
    let mut list_item = false;
    if let Some(marker) = list_marker(&text[start..segment.end]) {
        start += marker;
        list_item = true;
    }
    let bytes = text.as_bytes();
    let mut expected = leading_number(&text[segment.start..start]).map_or(1, |n| n + 1);
    let mut at = start;
    while at < segment.end {
        let byte = bytes[at];
        if matches!(byte, b'.' | b'!' | b'?')
            && let Some(next) = sentence_end(text, start, at, segment.end)
        {
            emit(Span::new(start, next), list_item);
            start = next
                + (segment.end - next - text[next..segment.end].trim_start_matches([' ', '\t', '\r', '\n', ',', '\u{a0}']).len());
            if let Some(marker) = list_marker(&text[start..segment.end]) {
                expected = leading_number(&text[start..start + marker]).map_or(expected, |n| n + 1);
                start += marker;
                list_item = true;
            } else {
                list_item = false;
            }
            at = start.max(at + 1);
            continue;
        }
        // `1. this 2. that` and `1) this, 2) that` without full stops between.
        if byte.is_ascii_digit()
            && at > start
            && matches!(bytes[at - 1], b' ' | b',' | b'(' | b'\t')
            && let Some(marker) = enumerator(&text[at..segment.end])
            && leading_number(&text[at..at + marker]) == Some(expected)
            && (expected > 1 || text[at + marker..segment.end].starts_with(char::is_alphabetic))
        {
            let cut = if bytes[at - 1] == b'(' { at - 1 } else { at };
            if cut > start {
                emit(Span::new(start, cut), list_item);
            }
            start = at + marker;
            list_item = true;
            expected += 1;
            at = start;
            continue;
        }
        at += 1;
    }
    if start < segment.end {
        emit(Span::new(start, segment.end), list_item);
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches([' ', '\t', '(', '\n', '\r']);
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    if end > 2 { None } else { digits[..end].parse().ok() }
}

/// Whether a question mark behind these words of a sentence opens what is doubted ("Imp: ? Gout", "?? MI") instead of ending it.
fn is_doubt(before: &str, after: &str) -> bool {
    let words = before.trim_end_matches('?').trim_end();
    let doubled = after.starts_with('?') || before.ends_with('?');
    words.is_empty() || words.ends_with([':', ',', '(', '-']) || doubled && before.trim_end_matches('?').ends_with(' ')
}

/// If the mark at `at` ends the sentence that began at `start`: the byte after it and any closing quote.
fn sentence_end(text: &str, start: usize, at: usize, limit: usize) -> Option<usize> {
    let after = &text[at + 1..limit];
    let closed = after.trim_start_matches(['"', '\'', ')', '”', '’', '.', '!', '?']);
    let end = limit - closed.len();
    let next = closed.trim_start_matches([' ', '\t', '\r', '\n', ',', '\u{a0}']);
    let Some(first) = next.chars().next() else { return Some(end) };
    let gap = next.len() < closed.len();
    let word = last_word(&text[start..at]);
    if !gap {
        // "pain.He" lacks the blank; "2.5", "p.o.", "www.x" do not.
        let mut following = closed.chars();
        let glued = word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) && first.is_uppercase();
        return (glued && following.nth(1).is_some_and(char::is_lowercase)).then_some(end);
    }
    let comma = closed.starts_with(',');
    if text.as_bytes()[at] == b'?' && is_doubt(&text[start..at], after) {
        return None;
    }
    if text.as_bytes()[at] != b'.' {
        return (!first.is_lowercase()).then_some(end);
    }
    let lower = word.to_lowercase();
    let next_word = next.split([' ', '\n', ',', '\r']).next().unwrap_or("");
    let capital_word = first.is_uppercase() && next_word.chars().nth(1).is_none_or(|c| c.is_lowercase() || c == '\'' || c == ' ');
    match ABBREVIATIONS.get(lower.as_str()) {
        Some(Abbreviation::Always) => return None,
        Some(Abbreviation::Lower) if first.is_ascii_digit() || first.is_lowercase() => return None,
        Some(Abbreviation::Number) if first.is_ascii_digit() => return None,
        Some(Abbreviation::Title) if capital_word && !is_sentence_starter(next_word) => return None,
        _ => {}
    }
    if comma && first.is_lowercase() {
        return None;
    }
    if word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_alphabetic() && pair[1] == b'.') {
        // p.o., b.i.d., a.m.: the sentence ends only where a new one clearly begins.
        return (capital_word && !next_word.contains('.') || list_marker(next).is_some()).then_some(end);
    }
    let single = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    if single && first.is_uppercase() && !comma {
        let before = last_word(text[start..at - word.len()].trim_end());
        let class =
            ["hepatitis", "vitamin", "type", "group", "grade", "class", "influenza", "stage", "plan", "factor", "antigen"];
        if !class.contains(&before.to_lowercase().as_str()) && !is_sentence_starter(next_word) {
            return None;
        }
    }
    if word.is_empty() || !first.is_lowercase() {
        return Some(end);
    }
    // Terse notes go on in lower case: "no fever. taking meds".
    let long_word = word.chars().count() >= 4 && word.chars().all(char::is_alphabetic);
    (long_word || word.bytes().all(|b| b.is_ascii_digit() || b == b'/' || b == b'%')).then_some(end)
}

/// The letters, digits and inner stops just before the end of `text`.
fn last_word(text: &str) -> &str {
    let from =
        text.char_indices().rev().take(24).take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | '%')).last();
    from.map_or("", |(i, _)| text[i..].trim_start_matches(['.', '-']))
}

fn is_sentence_starter(word: &str) -> bool {
    const STARTERS: [&str; 27] = [
        "The",
        "She",
        "He",
        "His",
        "Her",
        "Patient",
        "There",
        "No",
        "I",
        "We",
        "This",
        "It",
        "A",
        "An",
        "In",
        "On",
        "At",
        "They",
        "Patient's",
        "Denies",
        "Pt",
        "Mild",
        "Will",
        "After",
        "Follow",
        "Also",
        "These",
    ];
    STARTERS.contains(&word)
}
