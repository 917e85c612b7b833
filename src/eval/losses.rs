//! At which step of the way each error arose.
use serde::Serialize;

use super::gold::Gold;
use super::predicted::Predicted;
use super::scoring::{Outcome, category};
use crate::document::Span;

/// Errors of diagnoses by step: the first five kinds are the missed concepts, the last two the false codes that stand in no
/// missed concept's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Losses {
    /// No mention stands where gold's words stand.
    pub mention_missed: u32,
    /// The words were seen (or gold quotes none), but no acceptable code was a candidate.
    pub candidate_missed: u32,
    /// An acceptable code was a candidate and was not chosen.
    pub not_chosen: u32,
    /// A code of the same category (three characters: the disease, with another side, type, stage or encounter) was chosen in its
    /// place.
    pub wrong_attribute: u32,
    /// A code of another category was chosen on its words.
    pub wrong_concept: u32,
    /// A false code.
    pub wrongly_chosen: u32,
    /// A second code of a concept that was already hit.
    pub chosen_twice: u32,
}

impl Losses {
    /// Adds another document's.
    pub fn add(&mut self, other: &Losses) {
        self.mention_missed += other.mention_missed;
        self.candidate_missed += other.candidate_missed;
        self.not_chosen += other.not_chosen;
        self.wrong_attribute += other.wrong_attribute;
        self.wrong_concept += other.wrong_concept;
        self.wrongly_chosen += other.wrongly_chosen;
        self.chosen_twice += other.chosen_twice;
    }

    /// Name and count, in the order of the way.
    pub fn named(&self) -> [(&'static str, u32); 7] {
        [
            ("mention_missed", self.mention_missed),
            ("candidate_missed", self.candidate_missed),
            ("not_chosen", self.not_chosen),
            ("wrong_attribute", self.wrong_attribute),
            ("wrong_concept", self.wrong_concept),
            ("wrongly_chosen", self.wrongly_chosen),
            ("chosen_twice", self.chosen_twice),
        ]
    }
}

/// One error of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Which step, by the names of [`Losses`].
    pub step: &'static str,
    /// Index of the required concept that was missed.
    pub concept: Option<usize>,
    /// Index of the false prediction.
    pub predicted: Option<usize>,
}

/// The errors of one document. `outcomes` are those of its predicted diagnoses.
pub fn losses(gold: &Gold, predicted: &Predicted, outcomes: &[Outcome]) -> (Losses, Vec<Loss>) {
    let mut counts = Losses::default();
    let mut list = Vec::new();
    // False codes that stand in a missed concept's place.
    let mut in_place = vec![false; outcomes.len()];
    let missed = || gold.diagnoses.iter().enumerate().filter(|(i, _)| !outcomes.contains(&Outcome::Hit(*i)));
    let mut siblings: Vec<Option<usize>> = vec![None; gold.diagnoses.len()];
    for (i, concept) in missed() {
        let categories: Vec<String> = concept.codes.iter().map(|c| category(c)).collect();
        siblings[i] = (0..outcomes.len()).find(|&p| {
            outcomes[p] == Outcome::Wrong && !in_place[p] && categories.contains(&category(&predicted.diagnoses[p].code))
        });
        siblings[i].into_iter().for_each(|p| in_place[p] = true);
    }
    for (i, concept) in missed() {
        let on_its_words = || {
            (0..outcomes.len()).find(|&p| {
                let evidence = &predicted.diagnoses[p].evidence;
                outcomes[p] == Outcome::Wrong
                    && !in_place[p]
                    && concept.places.iter().any(|place| evidence.iter().any(|e| Span::new(e.start, e.end).overlaps(*place)))
            })
        };
        let beside = siblings[i].or_else(on_its_words);
        let step = if siblings[i].is_some() {
            counts.wrong_attribute += 1;
            "wrong_attribute"
        } else if let Some(p) = beside {
            in_place[p] = true;
            counts.wrong_concept += 1;
            "wrong_concept"
        } else if predicted.ranked.iter().any(|(code, _)| concept.codes.contains(code)) {
            counts.not_chosen += 1;
            "not_chosen"
        } else if !concept.places.is_empty()
            && !concept.places.iter().any(|place| predicted.mentions.iter().any(|(span, _)| span.overlaps(*place)))
        {
            counts.mention_missed += 1;
            "mention_missed"
        } else {
            counts.candidate_missed += 1;
            "candidate_missed"
        };
        list.push(Loss { step, concept: Some(i), predicted: beside });
    }
    for p in (0..outcomes.len()).filter(|&p| outcomes[p] == Outcome::Wrong && !in_place[p]) {
        let twice = gold.diagnoses.iter().any(|d| d.codes.contains(&predicted.diagnoses[p].code));
        let step = if twice {
            counts.chosen_twice += 1;
            "chosen_twice"
        } else {
            counts.wrongly_chosen += 1;
            "wrongly_chosen"
        };
        list.push(Loss { step, concept: None, predicted: Some(p) });
    }
    (counts, list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Evidence;
    use crate::eval::gold::GoldConcept;
    use crate::eval::predicted::PredictedDiagnosis;
    use crate::eval::scoring::match_codes;
    use crate::extract::MentionKind;

    #[test]
    fn every_error_has_its_step() {
        let concept = |code: &str, at: Option<usize>| GoldConcept {
            codes: vec![code.to_owned()],
            primary: false,
            places: at.map(|a| Span::new(a, a + 4)).into_iter().collect(),
        };
        let gold = Gold {
            diagnoses: vec![
                concept("I10", Some(0)),     // hit
                concept("M17.11", Some(10)), // M17.12 chosen in its place
                concept("E78.5", Some(20)),  // candidate
                concept("J30.9", Some(30)),  // words not seen
                concept("Z79.4", Some(40)),  // words seen, no candidate
                concept("Z68.35", None),     // no words quoted
                concept("J18.9", Some(60)),  // another disease chosen on its words
            ],
            ..Default::default()
        };
        let evidence = Evidence { document: None, start: 60, end: 64, text: "CAP,".into() };
        let chosen = ["I10", "M17.12", "R05.9", "C61"];
        let predicted = Predicted {
            diagnoses: chosen
                .map(|c| PredictedDiagnosis {
                    code: c.into(),
                    evidence: if c == "C61" { vec![evidence.clone()] } else { Vec::new() },
                    ..Default::default()
                })
                .into(),
            ranked: chosen.iter().chain(&["E78.5"]).map(|c| ((*c).to_owned(), 0.5)).collect(),
            mentions: vec![(Span::new(42, 50), MentionKind::Problem)],
            ..Default::default()
        };
        let required: Vec<Vec<String>> = gold.diagnoses.iter().map(|d| d.codes.clone()).collect();
        let (_, outcomes) = match_codes(&required, &[], &predicted.codes());
        let (counts, list) = losses(&gold, &predicted, &outcomes);
        let expected = Losses {
            mention_missed: 1,
            candidate_missed: 2,
            not_chosen: 1,
            wrong_attribute: 1,
            wrong_concept: 1,
            wrongly_chosen: 1,
            chosen_twice: 0,
        };
        assert_eq!(counts, expected);
        assert_eq!(list[0], Loss { step: "wrong_attribute", concept: Some(1), predicted: Some(1) });
        assert_eq!(list.last().map(|l| (l.step, l.predicted)), Some(("wrongly_chosen", Some(2))));
    }
}
