//! What a note names only under "DDx" is weighed and not found (guidelines IV.H): the symptom that it would explain is coded.
use super::Note;

/// Whether all words of the code stand under the heading of a differential diagnosis.
pub(super) fn is_only(note: &Note<'_>, row: usize) -> bool {
    let mut places = note.places(row, 0.0).peekable();
    places.peek().is_some()
        && places.all(|place| {
            let heading = note.document.sections.get(place.section_index).and_then(|section| section.heading);
            heading.is_some_and(|heading| is_differential(heading.of(&note.document.text)))
        })
}

fn is_differential(heading: &str) -> bool {
    let words: String = heading.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    matches!(words.as_str(), "dd" | "ddx" | "ddxs" | "ddxincludes") || words.starts_with("differential")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_a_differential() {
        for heading in ["DDx", "DD", "Differential Diagnosis", "D/Dx"] {
            assert!(is_differential(heading), "{heading}");
        }
        assert!(!is_differential("Dx") && !is_differential("Diagnosis"));
    }
}
