//! A disease that the note names only with a question mark or to rule it out is not coded, however well its symptoms fit it
//! (guidelines IV.H): what the patient has is. "Likely" and "probable" are left to the ranking, which knows how coders take them.
use super::Note;
use crate::coding::diagnoses::candidates::{LEARNED, Support};

/// Least share of a code in the words that name it.
const NAMED: f32 = 0.3;

/// A disease that would have stood on the claim leaves its place to the likeliest symptom, with this probability at most.
const SYMPTOM: f32 = 0.6;
/// From here on a disease would have stood.
const STOOD: f32 = 0.4;

/// Withholds what is only doubted; the likeliest symptom that the note states takes its place.
pub(super) fn to_symptoms(note: &Note<'_>, probabilities: &mut [f32]) {
    let mut gone: f32 = 0.0;
    for row in 0..probabilities.len().min(note.table.codes.len()) {
        if probabilities[row] > 0.0 && is_only(note, row) {
            gone = gone.max(probabilities[row]);
            probabilities[row] = 0.0;
        }
    }
    if gone < STOOD {
        return;
    }
    let is_stated = |row: &usize| {
        note.code(*row).starts_with('R') && named(note, *row).any(|s| note.candidates.places.list[s.place].present() > 0.5)
    };
    let rows = (0..probabilities.len()).filter(is_stated);
    if let Some(likeliest) = rows.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a))) {
        probabilities[likeliest] = probabilities[likeliest].max(gone.min(SYMPTOM));
    }
}

/// The words that name a code: a dictionary's, with enough of their meaning.
fn named<'a>(note: &Note<'a>, row: usize) -> impl Iterator<Item = &'a Support> {
    let supports = note.candidate(row).map(|c| c.supports.as_slice()).unwrap_or_default();
    supports.iter().filter(|s| s.source < LEARNED && s.share >= NAMED)
}

/// Whether every place that names the disease doubts it.
fn is_only(note: &Note<'_>, row: usize) -> bool {
    // A symptom is found, whatever its cause; a status or an encounter is no diagnosis.
    if note.code(row).starts_with(['R', 'Z']) {
        return false;
    }
    let mut named = named(note, row).peekable();
    named.peek().is_some()
        && named.all(|s| {
            let place = &note.candidates.places.list[s.place];
            let (before, behind) = note.around(place);
            let line = before.rsplit('\n').next().unwrap_or_default();
            is_doubted(&in_full(note, place.span.start, line), &behind)
        })
}

/// A sentence may end at the very question mark that doubts what follows: then what stands before it counts.
fn in_full(note: &Note<'_>, start: usize, line: &str) -> String {
    if !line.trim().is_empty() {
        return line.to_owned();
    }
    let before = note.document.text.get(..start).unwrap_or_default();
    let line: Vec<char> = before.rsplit('\n').next().unwrap_or_default().chars().rev().take(24).collect();
    line.into_iter().rev().collect::<String>().to_lowercase()
}

fn is_doubted(before: &str, behind: &str) -> bool {
    let before = before.trim_end();
    let bare = before.trim_end_matches(['?', ' ']);
    // "? gout", "imp: ?? MI"; not "knee? still sore", whose mark belongs to what it follows.
    let mark = &before[bare.len()..];
    let own = !mark.is_empty() && (mark.starts_with(' ') || !bare.ends_with(char::is_alphanumeric));
    let words = before.split(|c: char| !c.is_alphanumeric() && c != '/').filter(|w| !w.is_empty()).collect::<Vec<_>>();
    let last = |n: usize| words.get(words.len().saturating_sub(n)..).unwrap_or_default();
    let asked = matches!(last(1), ["r/o" | "query"])
        || matches!(last(2), ["rule" | "ruling", "out"] | ["r", "o"])
        || matches!(last(3), ["rule" | "ruling", "out", "a" | "an" | "any" | "the"]);
    let behind = behind.trim_start_matches([' ', ',', '-', '–', '—', ':', ';', '(']);
    let later = ["need to rule out", "needs to be ruled out", "to be ruled out", "to rule out", "not ruled out", "r/o"];
    own || asked || later.iter().any(|cue| behind.starts_with(cue) && ends(&behind[cue.len()..]))
}

/// "To rule out" ends what is doubted only where nothing else is named to be ruled out behind it.
fn ends(rest: &str) -> bool {
    !rest.trim_start().starts_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::is_doubted;

    #[test]
    fn a_question_mark_before_a_disease_doubts_it() {
        for before in ["?", "? ", "imp: ?? ", "left facial droop, ? ", "plan - r/o ", "need to rule out ", "to rule out a "] {
            assert!(is_doubted(before, ""), "{before}");
        }
        assert!(is_doubted("", " - need to rule out."));
    }

    #[test]
    fn a_question_that_ends_before_it_does_not() {
        for before in ["knee? ", "how is the ", "", "gout ruled out; "] {
            assert!(!is_doubted(before, ", stable"), "{before}");
        }
        assert!(!is_doubted("", " to rule out a fracture"));
    }
}
