//! Relations between mentions.
//!
//! Directions as in the labels: an effect is `due_to` its cause, a treatment `treats` a problem, a finding is
//! `finding_of` the test that showed it, a complication `complicates` what it came from. Words between two neighbours
//! state some ([`words`]); a trained head ([`model`]) weighs those words beside place, section, distance and the words of
//! both ([`pairs`]), and also finds relations across sentences.
use crate::document::Span;

pub mod model;
pub mod pairs;
mod words;

pub use model::RelationModel;
pub use words::by_words;

/// Where a run of words states a cause within itself ("epistaxis secondary to telangiectasia"): the two parts.
pub fn split_at_cause(text: &str, span: Span) -> Option<(Span, Span)> {
    const CAUSES: [&str; 6] = [" secondary to ", " due to ", " caused by ", " because of ", " 2/2 ", " resulting from "];
    let words = span.of(text).to_ascii_lowercase();
    let (at, cause) = CAUSES.iter().filter_map(|c| words.find(c).map(|at| (at, c))).min_by_key(|(at, _)| *at)?;
    let (left, right) = (Span::new(span.start, span.start + at), Span::new(span.start + at + cause.len(), span.end));
    let trim = |s: Span| {
        let w = s.of(text);
        let start = s.start + (w.len() - w.trim_start().len());
        Span::new(start, start + w.trim().len())
    };
    let (left, right) = (trim(left), trim(right));
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::document::{self, SectionKind};
    use crate::extract::{Assertion, Mention, MentionKind, RelationKind};

    pub fn mentions(text: &str, list: &[(&str, MentionKind)]) -> Vec<Mention> {
        let of = |(id, (words, kind)): (usize, &(&str, MentionKind))| {
            let start = text.find(words).expect("words stand in the text");
            Mention {
                id,
                kind: *kind,
                span: Span::new(start, start + words.len()),
                text: (*words).to_owned(),
                section: SectionKind::Other,
                assertion: Assertion::Present,
                assertions: vec![Assertion::Present],
                cue: None,
                laterality: None,
                attributes: BTreeMap::new(),
                value: None,
                unit: None,
                score: 1.0,
            }
        };
        list.iter().enumerate().map(of).collect()
    }

    fn found(text: &str, list: &[(&str, MentionKind)]) -> Vec<(RelationKind, usize, usize)> {
        let document = document::read(text);
        by_words(&document, &mentions(text, list)).into_iter().map(|r| (r.kind, r.from, r.to)).collect()
    }

    #[test]
    fn cause_treatment_and_finding() {
        use MentionKind::{Medication, Problem, Test};
        let text = "Recurrent epistaxis secondary to hereditary hemorrhagic telangiectasia.";
        let list = [("Recurrent epistaxis", Problem), ("hereditary hemorrhagic telangiectasia", Problem)];
        assert_eq!(found(text, &list), [(RelationKind::DueTo, 0, 1)]);
        let text = "Gout, treated with allopurinol; lisinopril for hypertension. CT showed a mass.";
        let list = [
            ("Gout", Problem),
            ("allopurinol", Medication),
            ("lisinopril", Medication),
            ("hypertension", Problem),
            ("CT", Test),
            ("mass", Problem),
        ];
        assert_eq!(
            found(text, &list),
            [(RelationKind::Treats, 1, 0), (RelationKind::Treats, 2, 3), (RelationKind::FindingOf, 5, 4)]
        );
    }

    #[test]
    fn a_cause_inside_a_run_of_words_splits_it() {
        let text = "acute kidney injury due to dehydration";
        let (left, right) = split_at_cause(text, Span::new(0, text.len())).expect("splits");
        assert_eq!((left.of(text), right.of(text)), ("acute kidney injury", "dehydration"));
        assert_eq!(split_at_cause("pain", Span::new(0, 4)), None);
    }
}
