//! An instrument that carries a disease's name does not find the disease: "GAD-7 of 11" is no generalized anxiety disorder.
use std::sync::LazyLock;

use regex::Regex;

use super::Note;

/// The disease (F41.1), or the instrument.
static ANXIETY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(generali[sz]ed anx|anxiety disorder)|\bgad\b(\W?[27]\b)?|\bgad[27]\b").ok());

/// Whether a note names the instrument of the code's disease and never the disease.
pub(super) fn is_only(note: &Note<'_>, row: usize) -> bool {
    note.code(row) == "F41.1" && names_the_instrument_alone(&note.document.text)
}

fn names_the_instrument_alone(text: &str) -> bool {
    let Some(pattern) = LazyLock::force(&ANXIETY) else { return false };
    let mut instrument = false;
    for found in pattern.captures_iter(text) {
        let of_instrument = found.get(2).is_some() || found.get(0).is_some_and(|m| m.as_str().ends_with(['2', '7']));
        if !of_instrument {
            return false;
        }
        instrument = true;
    }
    instrument
}

#[cfg(test)]
mod tests {
    use super::names_the_instrument_alone;

    #[test]
    fn a_score_is_no_disease() {
        assert!(names_the_instrument_alone("Depression. PHQ-9 14, GAD-7 11, both scored."));
        assert!(names_the_instrument_alone("anxious at times, GAD7 6"));
        assert!(!names_the_instrument_alone("GAD, stable. GAD-7 5."));
        assert!(!names_the_instrument_alone("Generalized anxiety disorder, GAD 7 of 12"));
        assert!(!names_the_instrument_alone("Worries all day."));
    }
}
