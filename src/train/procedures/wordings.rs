//! Written wordings of services as phrases of the procedure model.
use std::path::Path;

use super::rows::stems_of;
use crate::coding::procedures::index::LearnedPhrase;
use crate::coding::procedures::words::Words;
use crate::train::data::{DataError, wordings};

/// Fold of a phrase that no labelled note taught: notes have folds from 1 on, so it is never left out.
const OF_NO_NOTE: u8 = 0;

/// The phrases of a folder of own labels.
pub fn read(labels: &Path) -> Result<Vec<LearnedPhrase>, DataError> {
    Ok(phrases(wordings::read(labels, wordings::SERVICES)?))
}

fn phrases(wordings: Vec<(String, String)>) -> Vec<LearnedPhrase> {
    let words = Words::new();
    let phrase = |(code, text): (String, String)| LearnedPhrase { code, words: stems_of(&text, &words), fold: OF_NO_NOTE };
    let mut phrases: Vec<LearnedPhrase> = wordings.into_iter().map(phrase).filter(|p| !p.words.is_empty()).collect();
    phrases.sort();
    phrases.dedup();
    phrases
}

#[cfg(test)]
mod tests {
    use super::phrases;

    #[test]
    fn a_phrase_is_its_stems() {
        let wording = |code: &str, text: &str| (code.to_owned(), text.to_owned());
        let phrases = phrases(vec![wording("45331", "flexible sigmoidoscopy with cold biopsies"), wording("20610", "3")]);
        assert_eq!(phrases.len(), 1, "a phrase of numbers says nothing");
        assert_eq!((phrases[0].code.as_str(), phrases[0].fold), ("45331", 0));
        assert!(phrases[0].words.is_sorted() && phrases[0].words.len() >= 3, "{:?}", phrases[0].words);
    }
}
