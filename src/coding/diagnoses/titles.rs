//! Words of titles, and which of them the note says.
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::qualifiers::Qualifiers;
use crate::coding::lexicon::{CodeId, Lexicon, Word, stems};

/// Where a code's official title is found.
pub type TitleOf<'a> = &'a (dyn Fn(&str) -> String + Sync);

/// Title facts of a code, computed once a code.
pub(super) struct TitleFacts {
    pub stems: Vec<String>,
    pub unspecified: bool,
    pub other: bool,
    pub qualifiers: Qualifiers,
    /// The title up to its first comma or bracket, in lower case.
    pub name: String,
}

thread_local! {
    static TITLES: std::cell::RefCell<BTreeMap<u32, Rc<TitleFacts>>> = const { std::cell::RefCell::new(BTreeMap::new()) };
}

pub(super) fn title_facts(code: CodeId, lexicon: &Lexicon, title: TitleOf<'_>) -> Rc<TitleFacts> {
    let read = || {
        let text = title(lexicon.code(code));
        let lower = text.to_lowercase();
        let mut list = stems(&text);
        list.sort_unstable();
        list.dedup();
        let (unspecified, other) = (lower.contains("unspecified"), lower.contains("other "));
        let name = lower.split([',', '(', '[']).next().unwrap_or("").trim().to_owned();
        Rc::new(TitleFacts { stems: list, unspecified, other, qualifiers: Qualifiers::of_title(&text), name })
    };
    TITLES.with_borrow_mut(|cache| Rc::clone(cache.entry(code.0).or_insert_with(read)))
}

/// The stems of a note, numbered, and those of each sentence.
#[derive(Debug, Default)]
pub struct NoteStems {
    /// The text in lower case.
    lower: String,
    numbers: HashMap<String, u32>,
    /// Those below this number are stems of the whole text; the others arise where a sentence is read by itself.
    of_text: u32,
    /// Sorted.
    sentences: Vec<Vec<u32>>,
    /// Of each sentence.
    qualifiers: Vec<Qualifiers>,
}

impl NoteStems {
    /// Reads a text, and the words of its sentences.
    pub fn new(text: &str, sentences: &[Vec<Word>]) -> Self {
        let mut numbers: HashMap<String, u32> = stems(text).into_iter().zip(0..).collect();
        let of_text = numbers.len() as u32;
        let mut number = |stem: &String| match numbers.get(stem) {
            Some(number) => *number,
            None => {
                let next = numbers.len() as u32;
                numbers.insert(stem.clone(), next);
                next
            }
        };
        let mut all = Vec::with_capacity(sentences.len());
        let of = |words: &Vec<Word>| Qualifiers::of(words.iter().flat_map(|w| &w.stems).map(String::as_str));
        let qualifiers = sentences.iter().map(of).collect();
        for words in sentences {
            let mut own: Vec<u32> = words.iter().flat_map(|w| &w.stems).map(&mut number).collect();
            own.sort_unstable();
            own.dedup();
            all.push(own);
        }
        Self { lower: text.to_lowercase(), numbers, of_text, sentences: all, qualifiers }
    }

    /// Whether the text has these words as they stand: stems hold "conduct" and "conduction" to be the same.
    pub(super) fn verbatim(&self, words: &str) -> bool {
        !words.is_empty() && self.lower.contains(words)
    }

    /// How many of `stems` some of these sentences say, and how many the note says.
    pub(super) fn said(&self, stems: &[String], sentences: impl Iterator<Item = usize> + Clone) -> (f32, f32) {
        let (mut near, mut anywhere) = (0u32, 0u32);
        for number in stems.iter().filter_map(|s| self.numbers.get(s)) {
            anywhere += u32::from(*number < self.of_text);
            let says = |sentence: usize| self.sentences.get(sentence).is_some_and(|own| own.binary_search(number).is_ok());
            near += u32::from(sentences.clone().any(says));
        }
        (near as f32, anywhere as f32)
    }

    /// How a title's qualifiers stand to those of the sentence that fits it best (groups agreed, groups opposed), and how
    /// many groups of the title no sentence names.
    pub(super) fn qualified(&self, title: Qualifiers, sentences: impl Iterator<Item = usize>) -> [f32; 3] {
        let (mut best, mut all) = (None, Qualifiers::default());
        for own in sentences.filter_map(|s| self.qualifiers.get(s)) {
            let (agreed, opposed) = title.beside(*own);
            all = all.with(*own);
            let fit = agreed as i32 - opposed as i32;
            if best.is_none_or(|(b, _, _)| fit > b) {
                best = Some((fit, agreed, opposed));
            }
        }
        let (_, agreed, opposed) = best.unwrap_or_default();
        [agreed as f32, opposed as f32, title.unsaid(all) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::lexicon::sentence_words;

    #[test]
    fn a_stem_is_near_where_its_sentence_says_it() {
        let document = crate::document::read("Knee pain is worse. She has asthma.");
        let stems_of = NoteStems::new(&document.text, &sentence_words(&document));
        assert_eq!(stems_of.said(&stems("pain in knee"), [0].into_iter()), (2.0, 2.0));
        assert_eq!(stems_of.said(&stems("pain in knee"), [1].into_iter()), (0.0, 2.0));
        assert_eq!(stems_of.said(&stems("gout"), [0, 1].into_iter()), (0.0, 0.0));
    }
}
