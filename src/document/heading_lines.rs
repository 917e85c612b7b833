//! Where headings stand: at the start of a line, alone on it, or within it after a full stop.
use super::headings::{Role, by_keyword, lookup, lookup_bare, normalise};
use super::sections::floor_boundary;
use super::{SectionKind, Span};

/// Longest heading, in bytes.
const LONGEST_HEADING: usize = 80;

/// How a heading is set off from what follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Colon,
    /// ` - ` or a full stop after capitals.
    Dash,
    /// Alone on its line.
    Line,
    /// An abbreviation that leads the line.
    Bare,
}

/// A heading that was found, before its role is resolved in context.
pub(super) struct Found {
    pub(super) role: Role,
    pub(super) heading: Span,
    pub(super) body_start: usize,
    pub(super) capitals: bool,
}

/// The heading that leads a line, if one does.
pub(super) fn heading_of_line(text: &str, line_start: usize, line_end: usize, after_break: bool) -> Option<Found> {
    let line = &text[line_start..line_end];
    let body = line.trim_start_matches([' ', '\t', '\u{feff}', '\u{a0}']);
    let mut at = line_end - body.len();
    let unmarked = body.trim_start_matches(['#', '*', '_', '=', '<', '[', ' ']);
    let marked = unmarked.len() < body.len();
    let hash = body.starts_with('#') || body.starts_with("**") || body.starts_with("__");
    if (body.starts_with("* ") || body.starts_with("- ") || body.starts_with('•')) && !hash {
        return None;
    }
    at += body.len() - unmarked.len();
    let rest = enumerator(unmarked).map_or(unmarked, |n| &unmarked[n..]);
    let numbered = rest.len() < unmarked.len();
    at += unmarked.len() - rest.len();
    let window = &rest[..floor_boundary(rest, LONGEST_HEADING)];
    let first = window.chars().next()?;
    if !first.is_alphabetic() && first != '+' {
        return None;
    }
    let (length, ending, skip) = heading_length(window, rest.len())?;
    let phrase = window[..length].trim_end_matches([' ', '*', '_', '\t', '\r', '=', ']', '>']);
    if ending != Ending::Bare
        && let Some((role, capitals)) = judge(phrase, ending, hash || marked && body.starts_with('*'), numbered)
    {
        let heading = Span::new(at, at + phrase.len());
        return Some(Found { role, heading, body_start: at + length + skip, capitals: capitals || hash });
    }
    if !after_break || numbered {
        return None;
    }
    let word = &window[..window.find([' ', '\t', ':', ',']).unwrap_or(window.len())];
    if normalise(word) == "ap" && goes_on_with_a_projection(&window[word.len()..]) {
        return None;
    }
    let role = first.is_uppercase().then(|| lookup_bare(&normalise(word))).flatten()?;
    Some(Found { role, heading: Span::new(at, at + word.len()), body_start: at + word.len(), capitals: is_capitals(word) })
}

/// "AP, lateral and sunrise views": a film, not assessment and plan.
fn goes_on_with_a_projection(rest: &str) -> bool {
    let rest = rest.trim_start().to_ascii_lowercase();
    let words = [
        ",",
        "/",
        "&",
        "and ",
        "lat",
        "view",
        "pelvis",
        "chest",
        "film",
        "radiograph",
        "x-ray",
        "xr",
        "axillary",
        "oblique",
        "mortise",
    ];
    words.iter().any(|w| rest.starts_with(w))
}

/// Where a heading ends within the first bytes of a line: its length, how it ends, and the bytes of the separator.
fn heading_length(window: &str, rest_length: usize) -> Option<(usize, Ending, usize)> {
    let bytes = window.as_bytes();
    let ends_here = window.len() == rest_length;
    let colon = bytes.iter().position(|&b| b == b':');
    if let Some(i) = colon {
        let clock = i > 0 && bytes[i - 1].is_ascii_digit() && bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
        let dash = dash_before(window, i);
        if !clock && dash.is_none() {
            return Some((i, Ending::Colon, 1));
        }
    }
    if let Some((i, skip)) = dash_before(window, window.len()) {
        return Some((i, Ending::Dash, skip));
    }
    if ends_here && !window.trim_end().ends_with(['.', ',', ';', '?']) {
        return Some((window.len(), Ending::Line, 0));
    }
    if let Some(i) = window.find(". ")
        && i > 5
        && is_capitals(&window[..i])
    {
        return Some((i, Ending::Dash, 1));
    }
    Some((0, Ending::Bare, 0))
}

fn dash_before(window: &str, limit: usize) -> Option<(usize, usize)> {
    [" - ", " – ", " — ", "—", "  ", "\t"].iter().filter_map(|d| window[..limit].find(d).map(|i| (i, d.len()))).min()
}

/// Whether `phrase`, set off like this, is a heading; and whether it is written in capitals.
fn judge(phrase: &str, ending: Ending, marked: bool, numbered: bool) -> Option<(Role, bool)> {
    let capitals = is_capitals(phrase);
    let normalised = normalise(phrase);
    if normalised.is_empty() || normalised.split(' ').count() > 8 {
        return None;
    }
    let upper_first = phrase.chars().next().is_some_and(char::is_uppercase);
    if normalised.len() == 1 && (ending == Ending::Line || !upper_first) {
        return None;
    }
    let values = phrase.bytes().filter(u8::is_ascii_digit).count() > 4;
    if numbered && !capitals && !marked || ending == Ending::Line && values {
        return None;
    }
    if let Some(role) = lookup(&normalised) {
        let accepted = match ending {
            Ending::Colon => true,
            Ending::Dash => {
                upper_first
                    && normalised.len() > 1
                    && (capitals || marked || normalised.len() >= 4)
                    && !matches!(role, Role::Part)
            }
            Ending::Line => upper_first || marked,
            Ending::Bare => false,
        };
        return accepted.then_some((role, capitals));
    }
    let trusted =
        marked || capitals || (ending == Ending::Colon && upper_first && normalised.split(' ').count() <= 5 && !numbered);
    if !trusted || ending == Ending::Dash {
        return None;
    }
    by_keyword(&normalised).map(|role| (role, capitals))
}

/// Headings after the start of a line: `…today. PLAN: …`, `…,PAST MEDICAL HISTORY:,  …`.
pub(super) fn inline_headings(text: &str, from: usize, line_end: usize, comma_transcript: bool, open: &mut impl FnMut(Found)) {
    let bytes = text.as_bytes();
    let mut search = from;
    while let Some(i) = text[search..line_end].find(':') {
        let colon = search + i;
        let floor = search.max(colon.saturating_sub(LONGEST_HEADING));
        search = colon + 1;
        let mut start = colon;
        while start > floor
            && matches!(bytes[start - 1], b'A'..=b'Z' | b'a'..=b'z' | b' ' | b'&' | b'/' | b'\'' | b'-' | b'(' | b')')
        {
            start -= 1;
        }
        if start == floor && floor > from {
            // A run that reaches the floor has no boundary before it.
            if !text.is_char_boundary(start) || bytes[start - 1] != b':' {
                continue;
            }
        }
        let phrase = text[start..colon].trim_start();
        let start = colon - phrase.len();
        let before = text[from..start].trim_end();
        let boundary = before.chars().next_back();
        let capitals = is_capitals(phrase);
        let separated = match boundary {
            Some('.' | ';' | '!' | '?' | '*' | '|') => true,
            Some(',') => comma_transcript && capitals,
            _ => false,
        };
        let normalised = normalise(phrase);
        if !separated || normalised.len() < 2 || !phrase.starts_with(|c: char| c.is_ascii_uppercase()) {
            continue;
        }
        let role = match lookup(&normalised) {
            Some(Role::Section(SectionKind::Header)) if !capitals => None,
            Some(role @ (Role::Section(_) | Role::Procedure | Role::Exam)) => Some(role),
            Some(_) => None,
            None if capitals && normalised.split(' ').count() <= 6 => by_keyword(&normalised),
            None => None,
        };
        if let Some(role) = role {
            open(Found { role, heading: Span::new(start, colon), body_start: colon + 1, capitals });
        }
    }
}

/// Length of a leading `1.`, `2)`, `A.` or `IV.` with its blanks.
pub(super) fn enumerator(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let open = usize::from(bytes.first() == Some(&b'('));
    let digits = bytes[open..].iter().take_while(|b| b.is_ascii_digit()).count();
    let letters = bytes[open..].iter().take_while(|b| matches!(b, b'I' | b'V' | b'X')).count();
    let length = if (1..=2).contains(&digits) {
        digits
    } else if digits == 0 && (1..=4).contains(&letters) {
        letters
    } else if digits == 0 && bytes.get(open).is_some_and(u8::is_ascii_alphabetic) && bytes.get(open + 1) == Some(&b')') {
        1
    } else {
        return None;
    };
    let mark = *bytes.get(open + length)?;
    let closes = if open == 1 { mark == b')' } else { mark == b'.' || mark == b')' };
    if !closes {
        return None;
    }
    let rest = &text[open + length + 1..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\u{a0}']).len();
    (blanks > 0).then_some(open + length + 1 + blanks)
}

/// At least two letters, all of them capitals.
fn is_capitals(phrase: &str) -> bool {
    let mut letters = 0;
    let mut depth = 0usize;
    for c in phrase.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 && c.is_lowercase() => return false,
            c => letters += usize::from(c.is_alphabetic()),
        }
    }
    letters >= 2
}
