//! Lines that belong together: the sentences of one line, and lines of the same letter ("A. Nevus of the left abdomen" above,
//! "A: ellipse to fat, closed in layers" below).
use std::ops::Range;

use super::passage::Passages;

/// Longest line, in bytes, that is taken for the account of one lesion.
const LONGEST_LINE: usize = 420;

impl Passages<'_> {
    /// Where the line of a statement begins and ends.
    fn line_span(&self, statement: usize) -> (usize, usize) {
        let text = self.view.text;
        let at = self.view.statements[statement].span.start;
        (text[..at].rfind('\n').map_or(0, |i| i + 1), text[at..].find('\n').map_or(text.len(), |i| at + i))
    }

    /// The statements of the line that a statement stands in; none where it is long.
    pub(super) fn line(&self, statement: usize) -> Vec<Range<usize>> {
        let (from, to) = self.line_span(statement);
        if to - from > LONGEST_LINE {
            return Vec::new();
        }
        let on_line = |o: &usize| {
            let span = self.view.statements[*o].span;
            span.start >= from && span.end <= to && !self.statements[*o].is_empty()
        };
        (0..self.statements.len()).filter(on_line).map(|o| self.statements[o].clone()).collect()
    }

    /// The letter that heads the line of a statement.
    fn letter(&self, statement: usize) -> Option<char> {
        let (from, to) = self.line_span(statement);
        let line = self.view.text[from..to].trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let mut chars = line.chars();
        let letter = chars.next().filter(|c| ('A'..='H').contains(c))?;
        matches!((chars.next(), chars.next()), (Some(':' | '.' | ')'), Some(' '))).then_some(letter)
    }

    /// The statements of other lines that the same letter heads.
    pub(super) fn labelled(&self, statement: usize) -> Vec<Range<usize>> {
        let Some(letter) = self.letter(statement) else { return Vec::new() };
        let own = self.line_span(statement);
        let same = |s: &usize| self.line_span(*s) != own && !self.statements[*s].is_empty() && self.letter(*s) == Some(letter);
        (0..self.statements.len()).filter(same).map(|s| self.statements[s].clone()).collect()
    }
}
