//! A note that states type 1 diabetes states it of every complication: what came out as type 2, which stands for a type that is
//! not said (guidelines I.C.4.a.2), is the same complication of type 1.
use std::sync::LazyLock;

use regex::Regex;

use super::Note;

static TYPE_1: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:t1dm?|dm ?(?:type )?1|dm1|dm ?- ?1|iddm1|type ?(?:1|i|one)\b|juvenile|lada|t1)\b")
        .expect("constant pattern")
});
static TYPE_2: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:t2dm?|dm ?(?:type )?2|dm2|dm ?- ?2|type ?(?:2|ii|two)\b|niddm|t2)\b").expect("constant pattern")
});

/// Gives the probabilities of type 2 to the same codes of type 1 where the note states the latter of this patient.
pub(super) fn to_stated_type(note: &Note<'_>, probabilities: &mut [f32]) {
    let rows = || 0..note.table.codes.len();
    let stated = rows()
        .filter(|row| note.code(*row).starts_with("E10."))
        .any(|row| note.places(row, 0.3).any(|place| place.present() > 0.5 && TYPE_1.is_match(&note.words(place))));
    if !stated || TYPE_2.is_match(&note.document.text.to_lowercase()) {
        return;
    }
    for row in rows() {
        let Some(complication) = note.code(row).strip_prefix("E11.") else { continue };
        if let Some(same) = note.row(&format!("E10.{complication}")) {
            probabilities[same] = probabilities[same].max(probabilities[row]);
            probabilities[row] = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_the_words_of_notes() {
        for words in ["t1dm", "dm1", "dm type 1", "type 1 diabetes", "diabetes mellitus type i", "lada"] {
            assert!(TYPE_1.is_match(words) && !TYPE_2.is_match(words), "{words}");
        }
        for words in ["t2dm", "type ii diabetes", "dm2"] {
            assert!(TYPE_2.is_match(words) && !TYPE_1.is_match(words), "{words}");
        }
    }
}
