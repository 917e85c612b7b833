//! Pairs of diagnoses that a note sets apart, found by reading each code's notes once.
use crate::codeset::icd10cm::{IcdIndex, IcdRange, Note, NoteKind};
use crate::rules::ClaimView;

/// A pair and the first note that sets it apart.
pub struct Exclusion<'a> {
    /// Position of the diagnosis whose note it is (own or inherited).
    pub by: usize,
    /// Position of the diagnosis that the note names.
    pub named: usize,
    /// The note.
    pub note: Note<'a>,
}

/// The pairs of a claim's diagnoses that notes of a kind set apart, each pair once.
pub fn exclusions<'a>(view: &ClaimView<'a>, kind: NoteKind, counts: impl Fn(&Note<'a>) -> bool) -> Vec<Exclusion<'a>> {
    let mut found: Vec<Exclusion<'a>> = Vec::new();
    let letters: Vec<u8> = view.diagnoses.iter().map(|d| letter(&d.code)).collect();
    for (by, (diagnosis, facts)) in view.coded_diagnoses().enumerate() {
        let Some(index) = facts.index else { continue };
        // Most notes name codes of chapters that no other diagnosis is of.
        let others = set_of(letters.iter().enumerate().filter(|(at, _)| *at != by).map(|(_, letter)| *letter));
        for note in view.notes(index, kind) {
            if !note.ranges.iter().any(|range| spans(range, others)) || !counts(&note) {
                continue;
            }
            for (named, other) in view.diagnoses.iter().enumerate() {
                let may = named != by && other.code != diagnosis.code && may_name(&note, letters[named]);
                if !may || found.iter().any(|e| (e.by, e.named) == (by, named) || (e.by, e.named) == (named, by)) {
                    continue;
                }
                if view.icd.get(named).is_some_and(|facts| facts.index.is_some()) && note.covers(&other.code) {
                    found.push(Exclusion { by, named, note });
                }
            }
        }
    }
    found
}

/// The first letter of a code; a code without one has none that a note names.
fn letter(code: &str) -> u8 {
    code.as_bytes().first().map_or(0, u8::to_ascii_uppercase)
}

/// Letters as a set of bits, A the lowest; other characters are left out.
fn set_of(letters: impl Iterator<Item = u8>) -> u32 {
    letters.filter(u8::is_ascii_uppercase).fold(0, |set, letter| set | 1 << (letter - b'A'))
}

/// Whether a range spans one of the letters of a set.
fn spans(range: &IcdRange, set: u32) -> bool {
    let (first, last) = range.letters();
    let below = |letter: u8| (1_u32 << letter.saturating_sub(b'A').min(26)) - 1;
    below(last.saturating_add(1)) & !below(first) & set != 0
}

fn may_name(note: &Note<'_>, letter: u8) -> bool {
    note.ranges.iter().any(|range| {
        let (first, last) = range.letters();
        (first..=last).contains(&letter)
    })
}

/// The Excludes1 note of a code, own or inherited, that names another code.
pub fn excluding_note<'a>(view: &ClaimView<'a>, index: IcdIndex, other: &str) -> Option<Note<'a>> {
    view.tables.icd.excludes1(index).find(|note| may_name(note, letter(other)) && note.covers(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_letters() {
        let set = set_of([b'E', b'I', b'9', 0].into_iter());
        assert_eq!(set, 1 << 4 | 1 << 8);
        assert_eq!((letter("e11.9"), letter("")), (b'E', 0));
    }
}
