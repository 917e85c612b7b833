//! Lines of one code: both sides, further places, once more, and the first of several skin biopsies.
use super::ncci::Entry;
use crate::codeset::CodeSets;

/// First and further codes of skin biopsies, the deepest technique first.
const BIOPSIES: [(&str, &str); 3] = [("11106", "11107"), ("11104", "11105"), ("11102", "11103")];

/// Of several techniques of skin biopsy the deepest has the one first code; what is left of the others is further ones.
pub(super) fn one_first_biopsy(entries: &mut Vec<Entry>, code_sets: &CodeSets) {
    let has = |entries: &[Entry], code: &str| entries.iter().position(|e| e.line.code == code);
    let Some(deepest) = BIOPSIES.iter().position(|(first, _)| has(entries, first).is_some()) else { return };
    for (first, further) in &BIOPSIES[deepest + 1..] {
        let Some(at) = has(entries, first) else { continue };
        match has(entries, further) {
            Some(more) => {
                entries[more].line.units += entries[at].line.units;
                entries.remove(at);
            }
            None => {
                let line = &mut entries[at].line;
                (*further).clone_into(&mut line.code);
                if let Some(index) = code_sets.procedures.find(further) {
                    code_sets.procedures.descriptor(index).clone_into(&mut line.title);
                }
            }
        }
    }
}

/// The value of a key that says that a test was done once more.
const AGAIN: &str = "again";

/// Adds a line; the same code on the other side becomes both sides, the same code at another place another unit.
pub(super) fn add(entries: &mut Vec<Entry>, entry: Entry) {
    let Some(same) = entries.iter_mut().find(|e| e.line.code == entry.line.code) else {
        entries.push(entry);
        return;
    };
    let has = |e: &Entry, m: &str| e.line.modifiers.iter().any(|x| x == m);
    let sides = |e: &Entry| has(e, "RT") || has(e, "LT");
    if same.line.modifiers == entry.line.modifiers {
        let places = |e: &Entry| e.service.as_ref().map(|s| (s.family, s.place.clone()));
        let one_place = same.line.evidence.iter().any(|a| entry.line.evidence.iter().any(|b| a.start < b.end && b.start < a.end));
        let again = |e: &Entry| e.service.as_ref().is_some_and(|s| s.place.iter().any(|p| p == AGAIN));
        if again(same) != again(&entry) {
            // The same film after a reduction is the same service again.
            let mut entry = entry;
            entry.line.modifiers.push("76".to_owned());
            entries.push(entry);
        } else if !one_place && places(same) != places(&entry) && !entry.service.as_ref().is_some_and(|s| s.place.is_empty()) {
            same.line.units += entry.line.units;
            same.line.evidence.extend(entry.line.evidence);
        }
    } else if sides(same) && sides(&entry) {
        same.line.modifiers.retain(|m| m != "RT" && m != "LT");
        same.line.modifiers.insert(0, "50".to_owned());
        same.line.evidence.extend(entry.line.evidence);
    } else {
        entries.push(entry);
    }
}
