//! Short notes say little by the cues that the elements are found with: their words are weighed beside the elements.
//!
//! `codesets/em/weights_short.toml` holds, for each column, the weights of the elements and of words, learnt from short
//! encounters. A column is read at most one step away from the table's level, risk up to moderate where a prescription drug is
//! named; the sentence whose words speak loudest is then shown as the element.
use super::codes::Category;
use super::features::{All, Features};
use super::model::Ordinal;
use super::result::{Element, Level};
use super::setting::each_word;
use super::view::{View, Zone};
use super::weighed::LONGER;

/// A column goes one step up where that is at least so probable, and one down where its level is less probable than this
/// (chosen out of fold: right levels less those too high).
pub(super) const RAISE: f64 = 0.6;
pub(super) const LOWER: f64 = 0.4;
/// What a word counts beside an element.
const WORD: f64 = 0.5;

/// Whether the words of a note are weighed: it is a line or two. In longer ones headings and sentences show the elements, and
/// visits written from the rules lose by the words.
pub(super) fn is_short(view: &View) -> bool {
    view.lower.len() < LONGER
}

/// The features of the elements with the table's levels, the kind of service and the words of the note.
pub(super) fn features(view: &View, mut all: All, levels: [Level; 3], category: Category) -> All {
    let mut words = Features::new();
    each_word(&view.lower, &mut |w| {
        if !w.starts_with(['^', '$']) && !w.starts_with("1:") {
            words.insert(format!("w:{w}"), WORD);
        }
    });
    words.insert(format!("visit: {}", category.name()), 1.0);
    for (features, level) in [(&mut all.problems, levels[0]), (&mut all.data, levels[1]), (&mut all.risk, levels[2])] {
        features.extend(words.iter().map(|(k, v)| (k.clone(), *v)));
        features.insert(format!("table: {}", level.word()), 1.0);
    }
    all
}

/// The table's level, one step up or down where the words and elements as a whole make that probable.
pub(super) fn weighed(probabilities: [f64; 3], table: Level) -> Level {
    let at_least = |level: usize| level.checked_sub(1).and_then(|i| probabilities.get(i)).copied();
    let here = table.index();
    if at_least(here).is_some_and(|p| p < LOWER) {
        return Level::from_index(here - 1);
    }
    if at_least(here + 1).is_some_and(|p| p >= RAISE) { Level::from_index(here + 1) } else { table }
}

/// The sentence whose words speak loudest for a higher level, as an element of that level.
pub(super) fn loudest(view: &View, column: &Ordinal, kind: &str, level: Level) -> Option<Element> {
    let weight = |text: &str| {
        let mut sum = 0.0;
        each_word(text, &mut |w| sum += column.weights.get(&format!("w:{w}")).copied().unwrap_or(0.0));
        sum
    };
    let mut best: Option<(f64, usize)> = None;
    for (i, clause) in view.clauses.iter().enumerate().filter(|(_, c)| c.zone != Zone::Background) {
        let sum = weight(view.words(clause.span));
        if best.is_none_or(|(b, _)| sum > b) {
            best = Some((sum, i));
        }
    }
    let (_, clause) = best?;
    Some(Element {
        kind: kind.to_owned(),
        name: level.word().to_owned(),
        status: None,
        level: Some(level),
        counted: true,
        reason: format!("weighed as {} by the words of the short note as a whole; to be confirmed", level.word()),
        evidence: vec![view.quote(clause)],
    })
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    #[test]
    fn one_step_at_most() {
        assert_eq!(weighed([0.9, 0.8, 0.7], Level::Minimal), Level::Low);
        assert_eq!(weighed([0.9, 0.3, 0.0], Level::Moderate), Level::Low);
        assert_eq!(weighed([0.9, 0.5, 0.5], Level::Moderate), Level::Moderate);
        assert_eq!(weighed([0.0, 0.0, 0.0], Level::Minimal), Level::Minimal);
    }

    #[test]
    fn the_element_is_the_sentence_that_speaks() {
        let d = document(&[(S::Other, "Foot hurts.\nPred burst sent.")]);
        let column = Ordinal { weights: [("w:pred".to_owned(), 1.0)].into(), ..Ordinal::default() };
        let element = loudest(&View::new(&d), &column, "management", Level::Low).expect("an element");
        assert_eq!((element.evidence[0].text.as_str(), element.level), ("Pred burst sent.", Some(Level::Low)));
    }
}
