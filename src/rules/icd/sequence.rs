//! "Code first" and "use additional code" notes put together from their lines, and what decides the order of diagnoses.
use crate::codeset::icd10cm::{IcdIndex, Note, NoteKind};
use crate::rules::ClaimView;

/// One note: its heading and the lines under it.
pub struct SequenceNote<'a> {
    lines: Vec<Note<'a>>,
    kind: NoteKind,
}

/// "Code first" notes.
pub struct CodeFirst;
/// "Use additional code" notes.
pub struct UseAdditional;

/// What a "use additional code" note asks for in every case; others depend on what is known of the patient.
const ALWAYS: &[&str] = &["stage of", "type of heart failure", "site of ulcer", "acute organ dysfunction"];

impl CodeFirst {
    /// The notes that hold for a code, own and inherited.
    pub fn of<'a>(view: &ClaimView<'a>, index: IcdIndex) -> Vec<SequenceNote<'a>> {
        grouped(view.notes(index, NoteKind::CodeFirst), NoteKind::CodeFirst)
    }
}

impl UseAdditional {
    /// The notes of a code and of the codes above it; those of sections and chapters are left out.
    pub fn of<'a>(view: &ClaimView<'a>, index: IcdIndex) -> Vec<SequenceNote<'a>> {
        let own = view.notes(index, NoteKind::UseAdditional).filter(|note| note.carried_by.is_some());
        grouped(own, NoteKind::UseAdditional)
    }
}

/// "Code also" notes, which give no order.
pub struct CodeAlso;

impl CodeAlso {
    /// The notes of a code and of the codes above it.
    pub fn of<'a>(view: &ClaimView<'a>, index: IcdIndex) -> Vec<SequenceNote<'a>> {
        let own = view.notes(index, NoteKind::CodeAlso).filter(|note| note.carried_by.is_some());
        grouped(own, NoteKind::CodeAlso)
    }
}

fn grouped<'a>(lines: impl Iterator<Item = Note<'a>>, kind: NoteKind) -> Vec<SequenceNote<'a>> {
    let mut notes: Vec<SequenceNote<'a>> = Vec::new();
    for line in lines {
        // A line that begins anew is a note of its own; others continue the heading before them.
        let begins = ["Code first", "Code, ", "Use additional", "Code also"].iter().any(|word| line.text.starts_with(word));
        match notes.last_mut() {
            Some(note) if !begins && note.lines.last().is_some_and(|last| last.carried_by == line.carried_by) => {
                note.lines.push(line)
            }
            _ => notes.push(SequenceNote { lines: vec![line], kind }),
        }
    }
    notes
}

impl SequenceNote<'_> {
    fn says(&self, words: &[&str]) -> bool {
        self.lines.iter().any(|line| words.iter().any(|word| line.text.contains(word)))
    }
    /// Whether the note under a code holds only where the other condition exists ("if applicable", "any associated").
    pub fn is_conditional(&self, code: &str) -> bool {
        match self.kind {
            NoteKind::CodeFirst => {
                self.says(&["if applicable", "if known", "if present", "any ", "complicating", " due to "])
                    || (self.says(&["for adverse effect", "or adverse effect"]) && !is_adverse_effect(code))
            }
            NoteKind::CodeAlso => self.says(&["if applicable", "if known", "any "]),
            _ => !self.says(ALWAYS) || self.says(&["if applicable", "any "]),
        }
    }
    /// The codes of a "code first" note are examples ("such as").
    pub fn gives_examples(&self) -> bool {
        self.kind == NoteKind::CodeFirst && self.says(&["such as", "for adverse effect"])
    }
    /// The note names this code.
    pub fn names(&self, code: &str) -> bool {
        self.lines.iter().any(|line| line.covers(code))
    }
    /// The note names codes at all.
    pub fn has_codes(&self) -> bool {
        self.lines.iter().any(|line| !line.ranges.is_empty())
    }
    /// The note in one line, shortened.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, line) in self.lines.iter().take(4).enumerate() {
            if index > 0 {
                text.push_str(if text.ends_with(':') { " " } else { "; " });
            } else if !line.text.to_ascii_lowercase().starts_with("code") && !line.text.to_ascii_lowercase().starts_with("use") {
                text.push_str(match self.kind {
                    NoteKind::CodeFirst => "Code first ",
                    NoteKind::CodeAlso => "Code also ",
                    _ => "Use additional code ",
                });
            }
            text.push_str(line.text.trim());
        }
        if self.lines.len() > 4 {
            text.push_str("; …");
        }
        text
    }
}

/// The codes in order, with one moved to an earlier position.
pub fn moved_to(view: &ClaimView<'_>, code: &str, position: usize) -> Vec<String> {
    let mut codes: Vec<String> = view.diagnoses.iter().map(|d| d.code.clone()).collect();
    if let Some(from) = codes.iter().position(|c| c == code).filter(|from| *from > position) {
        let moved = codes.remove(from);
        codes.insert(position, moved);
    }
    codes
}

/// T36–T50: what the fifth or sixth character says.
fn drug_character(code: &str) -> Option<u8> {
    if !("T36".."T51").contains(&code) {
        return None;
    }
    // T36.0X5A: the sixth character; T36.95XA: the fifth, with X behind it.
    let bytes = code.as_bytes();
    match (bytes.get(5), bytes.get(6)) {
        (Some(fifth), Some(b'X')) if *fifth != b'X' => Some(*fifth),
        (_, sixth) => sixth.copied(),
    }
}

/// An adverse effect of a drug rightly used.
pub fn is_adverse_effect(code: &str) -> bool {
    drug_character(code) == Some(b'5')
}

/// A drug taken less than prescribed.
pub fn is_underdosing(code: &str) -> bool {
    drug_character(code) == Some(b'6')
}

/// A code that states how another disease shows itself and is never listed first.
pub fn is_manifestation(view: &ClaimView<'_>, index: IcdIndex) -> bool {
    let icd = view.tables.icd;
    icd.edits(index).manifestation || icd.title(index).contains("in diseases classified elsewhere")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drugs() {
        assert!(is_adverse_effect("T36.0X5A") && is_adverse_effect("T36.95XA") && is_underdosing("T38.3X6A"));
        assert!(!is_adverse_effect("T36.0X1A") && !is_adverse_effect("T15.01XA") && !is_underdosing("T51.0X1A"));
    }
}
