//! Competition between the candidates of one note, and what their places have in common.
use std::collections::BTreeMap;

use super::candidates::{Candidates, Support};
use super::features::SECTIONS;
use crate::coding::lexicon::Lexicon;
use crate::document::SectionKind;
use crate::extract::Laterality;

/// Competition between candidates of one note.
pub(super) struct NoteLevel<'a> {
    /// Best weight in a category (first three characters).
    pub category: BTreeMap<&'a str, f32>,
    /// Best weight at a place, and how many codes claim it.
    pub place: Vec<(f32, u32)>,
    /// Best weight of the note.
    pub best: f32,
    /// Sides said anywhere.
    pub sides: [u32; 3],
    /// Of each place: probability that it is present.
    pub present: Vec<f32>,
    /// Of each place: the rows of [`SECTIONS`] that its section belongs to.
    pub sections: Vec<Vec<usize>>,
}

/// The first three characters of a code.
pub(super) fn category(code: &str) -> &str {
    code.get(..3).unwrap_or(code)
}

pub(super) fn weight(s: &Support) -> f32 {
    s.share * (1.0 + f32::from(s.words)) * if s.subsumed { 0.5 } else { 1.0 }
}

impl<'a> NoteLevel<'a> {
    pub fn new(candidates: &Candidates, lexicon: &'a Lexicon) -> Self {
        let mut by_category: BTreeMap<&str, f32> = BTreeMap::new();
        let mut place = vec![(0f32, 0u32); candidates.places.list.len()];
        let mut best = 0f32;
        for c in candidates.by_code.values() {
            let top = c.supports.iter().map(weight).fold(0.0, f32::max);
            let entry = by_category.entry(category(lexicon.code(c.code))).or_default();
            *entry = entry.max(top);
            best = best.max(top);
            let mut seen = Vec::new();
            for s in &c.supports {
                place[s.place].0 = place[s.place].0.max(weight(s));
                if !seen.contains(&s.place) {
                    place[s.place].1 += 1;
                    seen.push(s.place);
                }
            }
        }
        let mut sides = [0u32; 3];
        for p in &candidates.places.list {
            match p.side {
                Some(Laterality::Right) => sides[0] += 1,
                Some(Laterality::Left) => sides[1] += 1,
                Some(Laterality::Bilateral) => sides[2] += 1,
                None => {}
            }
        }
        let places = &candidates.places.list;
        let present = places.iter().map(|p| p.present()).collect();
        let rows = |kind: &SectionKind| (0..SECTIONS.len()).filter(|s| SECTIONS[*s].1.contains(kind)).collect();
        let sections = places.iter().map(|p| rows(&p.section)).collect();
        Self { category: by_category, place, best, sides, present, sections }
    }
}
