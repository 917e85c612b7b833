//! How many places of the body a service is told of, where no number is stated.
use std::collections::BTreeSet;

use crate::coding::procedures::statements::Role;

use super::passage::{Passage, Passages};

/// Words for places of the body as notes on skin name them.
const PLACES: [&str; 56] = [
    "scalp",
    "forehead",
    "temple",
    "brow",
    "eyebrow",
    "eyelid",
    "nose",
    "nasal",
    "ala",
    "cheek",
    "jaw",
    "jawline",
    "lip",
    "chin",
    "ear",
    "helix",
    "neck",
    "nape",
    "shoulder",
    "clavicle",
    "chest",
    "breast",
    "abdomen",
    "flank",
    "back",
    "axilla",
    "arm",
    "forearm",
    "elbow",
    "wrist",
    "hand",
    "finger",
    "thumb",
    "hip",
    "groin",
    "buttock",
    "thigh",
    "knee",
    "shin",
    "calf",
    "leg",
    "ankle",
    "foot",
    "toe",
    "heel",
    "sole",
    "palm",
    "sternum",
    "scapula",
    "vertex",
    "occiput",
    "glabella",
    "preauricular",
    "postauricular",
    "dorsum",
    "deltoid",
];

/// Words that say that one more follows.
const FURTHER: [&str; 4] = ["second", "another", "additional", "2nd"];

/// The number of places that share no word with each other, sides told apart; titles only name what the account tells again.
pub(super) fn places(passages: &Passages<'_>, of: &[Passage]) -> Option<u32> {
    let told: Vec<&Passage> = of.iter().filter(|p| passages.role(p.statement) != Role::Title).collect();
    let list = if told.is_empty() { of.iter().collect() } else { told };
    let mut known: Vec<(BTreeSet<&str>, Option<&str>)> = Vec::new();
    let mut further = false;
    for passage in list {
        let words = || passages.tokens[passage.range.clone()].iter().filter(|t| !t.off).map(|t| t.text.as_str());
        let here: BTreeSet<&str> = words().filter(|w| PLACES.contains(w)).collect();
        let side = words().find_map(|w| match w {
            "left" | "lt" | "l" => Some("left"),
            "right" | "rt" | "r" => Some("right"),
            _ => None,
        });
        further |= words().any(|w| FURTHER.contains(&w));
        if here.is_empty() {
            continue;
        }
        let same = |(places, s): &(BTreeSet<&str>, Option<&str>)| {
            !places.is_disjoint(&here) && (s.is_none() || side.is_none() || *s == side)
        };
        if !known.iter().any(same) {
            known.push((here, side));
        }
    }
    let number = known.len().max(if further { 2 } else { 0 });
    (number > 1).then_some(number as u32)
}
