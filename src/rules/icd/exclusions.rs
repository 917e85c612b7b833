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
    for (by, (diagnosis, facts)) in view.coded_diagnoses().enumerate() {
        let Some(index) = facts.index else { continue };
        for note in view.notes(index, kind) {
            if !counts(&note) {
                continue;
            }
            for (named, other) in view.diagnoses.iter().enumerate() {
                let may = named != by
                    && other.code != diagnosis.code
                    && note.ranges.iter().any(|range| same_letters(range, &other.code));
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

/// A cheap look before the whole comparison: the code's letter lies between those of the range.
fn same_letters(range: &IcdRange, code: &str) -> bool {
    let letter = |text: &str| text.as_bytes().first().copied();
    letter(range.first()) <= letter(code) && letter(code) <= letter(range.last())
}

/// The Excludes1 note of a code, own or inherited, that names another code.
pub fn excluding_note<'a>(view: &ClaimView<'a>, index: IcdIndex, other: &str) -> Option<Note<'a>> {
    view.tables.icd.excludes1(index).find(|note| note.ranges.iter().any(|range| same_letters(range, other)) && note.covers(other))
}
