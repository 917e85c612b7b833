//! The side of the body that a code's title states, and its sisters for the other sides.
use std::sync::atomic::{AtomicU8, Ordering};

use super::{Icd10cm, IcdIndex};

/// Side in a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IcdSide {
    /// Right.
    Right,
    /// Left.
    Left,
    /// Both.
    Bilateral,
    /// "unspecified" where right and left exist.
    Unspecified,
}

/// Answers of [`Icd10cm::laterality`], kept: comparing a code with its sisters costs more than all else that is asked of a
/// code. A byte a code: 0 not asked yet, 1 no side, then the sides.
#[derive(Default)]
pub(super) struct Sides(Vec<AtomicU8>);

const SIDES: [Option<IcdSide>; 5] =
    [None, Some(IcdSide::Right), Some(IcdSide::Left), Some(IcdSide::Bilateral), Some(IcdSide::Unspecified)];

impl Sides {
    /// Nothing known of so many codes.
    pub(super) fn of(codes: usize) -> Self {
        Self((0..codes).map(|_| AtomicU8::new(0)).collect())
    }

    fn get(&self, i: IcdIndex) -> Option<Option<IcdSide>> {
        let number = self.0.get(i.0 as usize)?.load(Ordering::Relaxed);
        SIDES.get(usize::from(number).checked_sub(1)?).copied()
    }

    fn set(&self, i: IcdIndex, side: Option<IcdSide>) {
        let number = SIDES.iter().position(|known| *known == side).map_or(0, |at| at as u8 + 1);
        if let Some(place) = self.0.get(i.0 as usize) {
            place.store(number, Ordering::Relaxed);
        }
    }
}

impl Icd10cm {
    /// The side that the title states, where a sister code states another: "right heart failure" is no side of its own.
    pub fn laterality(&self, i: IcdIndex) -> Option<IcdSide> {
        if let Some(known) = self.sides.get(i) {
            return known;
        }
        let side = self.siblings_by_side(i).into_iter().find(|(_, code)| *code == i).map(|(side, _)| side);
        self.sides.set(i, side);
        side
    }

    /// Right, left or both as a word of the title, without a look at sister codes (quick; for passes over all codes).
    pub fn stated_side(&self, i: IcdIndex) -> Option<IcdSide> {
        side_in(&self.title(i))
    }

    /// The codes that differ from this one in the side alone (itself included), by side; empty where the title has none.
    pub fn siblings_by_side(&self, i: IcdIndex) -> Vec<(IcdSide, IcdIndex)> {
        let Some((pattern, own)) = side_pattern(&self.title(i)) else { return Vec::new() };
        let mut root = self.parent(i);
        // The side stands at the fifth or sixth place, with more detail or a 7th character behind it.
        for _ in 0..3 {
            let Some(above) = root else { break };
            let found = self.sisters(above, i, &pattern, own);
            let sided = |wanted: &IcdSide| found.iter().any(|(side, _)| side == wanted);
            let other = match own {
                IcdSide::Right => sided(&IcdSide::Left),
                IcdSide::Left => sided(&IcdSide::Right),
                IcdSide::Bilateral | IcdSide::Unspecified => sided(&IcdSide::Right) && sided(&IcdSide::Left),
            };
            if other {
                return found;
            }
            root = self.parent(above);
        }
        Vec::new()
    }

    /// Codes below `root` of the same length whose titles differ from that of `i` in the side at most, one a side.
    fn sisters(&self, root: IcdIndex, i: IcdIndex, pattern: &[String], own: IcdSide) -> Vec<(IcdSide, IcdIndex)> {
        let (length, newest) = (self.undotted(i).len(), self.is_present_latest(i));
        let alike = |s: &IcdIndex| self.undotted(*s).len() == length && self.is_present_latest(*s) == newest;
        let mut found: Vec<(IcdSide, bool, IcdIndex)> = self
            .descendants(root)
            .filter(alike)
            .filter_map(|s| {
                let (other, side) = side_pattern(&self.title(s))?;
                let equal = other == pattern;
                let without_part = side == IcdSide::Bilateral && lacks_part(&other, pattern)
                    || own == IcdSide::Bilateral && side != own && lacks_part(pattern, &other);
                (equal || without_part).then_some((side, !equal, s))
            })
            .collect();
        // Of two codes for one side the asked one counts, then the one whose title is equal.
        found.sort_by_key(|(side, differs, code)| (*side, *code != i, *differs, *code));
        let mut found: Vec<(IcdSide, IcdIndex)> = found.into_iter().map(|(side, _, code)| (side, code)).collect();
        found.dedup_by_key(|(side, _)| *side);
        found
    }
}

/// Right, left or both as a word of the title; `None` where it names more than one side or something was left behind.
fn side_in(title: &str) -> Option<IcdSide> {
    let mut side = None;
    let mut before = "";
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        let this = match word {
            w if w.eq_ignore_ascii_case("right") => Some(IcdSide::Right),
            w if w.eq_ignore_ascii_case("left") && !before.ends_with("ally") => Some(IcdSide::Left),
            w if w.eq_ignore_ascii_case("bilateral") || w.eq_ignore_ascii_case("both") => Some(IcdSide::Bilateral),
            _ => None,
        };
        before = word;
        match (side, this) {
            (_, None) => {}
            (None, Some(_)) => side = this,
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => return None,
        }
    }
    side
}

/// The words of the title without its side, sorted, each once; and the side.
fn side_pattern(title: &str) -> Option<(Vec<String>, IcdSide)> {
    let stated = side_in(title);
    let lower = title.to_ascii_lowercase();
    let side = stated.or(lower.contains("unspecified").then_some(IcdSide::Unspecified))?;
    // A sister for an unspecified side says "unspecified" where this one says "right"; "of" moves with the word order.
    const PASSED_OVER: [&str; 7] = ["right", "left", "bilateral", "both", "unspecified", "side", "of"];
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !PASSED_OVER.contains(w));
    let mut words: Vec<String> = words.map(singular).collect();
    words.sort_unstable();
    words.dedup();
    Some((words, side))
}

/// "otitis media, bilateral" beside "otitis media, right ear": the title for both sides leaves the part of the body out.
fn lacks_part(bilateral: &[String], one_sided: &[String]) -> bool {
    const PARTS: [&str; 22] = [
        "ankle",
        "arm",
        "breast",
        "ear",
        "elbow",
        "eye",
        "eyelid",
        "foot",
        "hand",
        "hip",
        "kidney",
        "knee",
        "leg",
        "limb",
        "lung",
        "ovary",
        "shoulder",
        "testis",
        "thigh",
        "toe",
        "unilateral",
        "wrist",
    ];
    let mut rest = bilateral.iter().peekable();
    let mut missing = 0;
    for word in one_sided {
        if rest.next_if(|w| *w == word).is_none() {
            if !PARTS.contains(&word.as_str()) {
                return false;
            }
            missing += 1;
        }
    }
    missing == 1 && rest.peek().is_none()
}

/// "knees" and "knee" alike, for titles of bilateral codes.
fn singular(word: &str) -> String {
    match word {
        "feet" => "foot".into(),
        _ if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("is") => {
            word[..word.len() - 1].into()
        }
        _ => word.into(),
    }
}
