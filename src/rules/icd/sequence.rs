//! "Code first" notes put together from their lines, for the rules about order.
use crate::codeset::icd10cm::{IcdIndex, Note};
use crate::rules::ClaimView;

/// One "code first" note: its heading and the lines under it.
pub struct CodeFirst<'a> {
    lines: Vec<Note<'a>>,
    /// Holds only where the other condition exists ("if applicable", "any associated").
    pub conditional: bool,
    /// The codes are examples ("such as").
    pub examples_only: bool,
}

impl<'a> CodeFirst<'a> {
    /// The notes that hold for a code, own and inherited.
    pub fn of(view: &ClaimView<'a>, index: IcdIndex, code: &str) -> Vec<Self> {
        let mut notes: Vec<Self> = Vec::new();
        let icd = view.tables.icd;
        for line in icd.code_first(index) {
            match notes.last_mut() {
                Some(note) if note.lines.last().is_some_and(|last| last.carried_by == line.carried_by) => note.lines.push(line),
                _ => notes.push(Self { lines: vec![line], conditional: false, examples_only: false }),
            }
        }
        for note in &mut notes {
            let says = |words: &[&str]| note.lines.iter().any(|line| words.iter().any(|word| line.text.contains(word)));
            note.conditional = says(&["if applicable", "if known", "if present", "any associated", "any underlying", "any causal", ", if any"])
                || (says(&["for adverse effect", "or adverse effect"]) && !is_adverse_effect(code));
            note.examples_only = says(&["such as", "for adverse effect"]);
        }
        notes
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
        let mut text = String::from("Code first ");
        for (index, line) in self.lines.iter().take(4).enumerate() {
            if index > 0 {
                text.push_str("; ");
            }
            let words = line.text.trim();
            text.push_str(words.strip_prefix("Code first ").or_else(|| words.strip_prefix("code first ")).unwrap_or(words));
        }
        if self.lines.len() > 4 {
            text.push_str("; …");
        }
        text
    }
}

/// T36–T50 with 5 in the place that says adverse effect.
pub fn is_adverse_effect(code: &str) -> bool {
    let bytes = code.as_bytes();
    code >= "T36" && code < "T51" && (bytes.get(6) == Some(&b'5') || (bytes.get(5) == Some(&b'5') && bytes.get(6) == Some(&b'X')))
}

/// A code that states how another disease shows itself and is never listed first.
pub fn is_manifestation(view: &ClaimView<'_>, index: IcdIndex) -> bool {
    let icd = view.tables.icd;
    icd.edits(index).manifestation || icd.title(index).contains("in diseases classified elsewhere")
}
