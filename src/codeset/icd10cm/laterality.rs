//! The side of the body that a code's title states, and its sisters for the other sides.
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

impl Icd10cm {
    /// The side that the title states; `Unspecified` only where a sister code states right or left.
    pub fn laterality(&self, i: IcdIndex) -> Option<IcdSide> {
        match side_in(&self.title(i)) {
            Some(side) => Some(side),
            None if self.siblings_by_side(i).len() > 1 => Some(IcdSide::Unspecified),
            None => None,
        }
    }

    /// The codes that differ from this one in the side alone (itself included), by side; empty where the title has none.
    pub fn siblings_by_side(&self, i: IcdIndex) -> Vec<(IcdSide, IcdIndex)> {
        let Some((pattern, _)) = side_pattern(&self.title(i)) else { return Vec::new() };
        let built_on = self.siblings_root(i);
        let Some(root) = built_on else { return Vec::new() };
        let newest = self.is_present_latest(i);
        let mut found: Vec<(IcdSide, IcdIndex)> = self
            .descendants(root)
            .filter(|s| self.undotted(*s).len() == self.undotted(i).len() && (!newest || self.is_present_latest(*s)))
            .filter_map(|s| {
                let (other, side) = side_pattern(&self.title(s))?;
                (other == pattern).then_some((side, s))
            })
            .collect();
        // "unspecified" alone is no side: "unspecified fracture of …" has no right or left of its own.
        if found.iter().all(|(side, _)| *side == IcdSide::Unspecified) {
            return Vec::new();
        }
        found.sort_unstable();
        found.dedup_by_key(|(side, _)| *side);
        found
    }

    /// Two levels above the side's character: the side stands at the fifth or sixth place, a 7th character behind it.
    fn siblings_root(&self, i: IcdIndex) -> Option<IcdIndex> {
        let parent = self.parent(i)?;
        if self.undotted(i).len() == 7 { self.parent(parent).or(Some(parent)) } else { Some(parent) }
    }
}

/// Right, left or bilateral as a word of the title.
fn side_in(title: &str) -> Option<IcdSide> {
    let mut side = None;
    for word in title.split(|c: char| !c.is_alphanumeric()) {
        let this = match word {
            w if w.eq_ignore_ascii_case("right") => IcdSide::Right,
            w if w.eq_ignore_ascii_case("left") => IcdSide::Left,
            w if w.eq_ignore_ascii_case("bilateral") => IcdSide::Bilateral,
            _ => continue,
        };
        match side {
            None => side = Some(this),
            Some(before) if before == this => {}
            // "right and left" names no one side.
            Some(_) => return None,
        }
    }
    side
}

/// The title with its side taken out, and the side.
fn side_pattern(title: &str) -> Option<(String, IcdSide)> {
    let side = side_in(title);
    let mut words: Vec<String> = Vec::new();
    let mut unspecified = false;
    for word in title.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
        match bare.as_str() {
            "right" | "left" | "bilateral" => {}
            "unspecified" if side.is_none() => unspecified = true,
            _ => words.push(singular(&bare)),
        }
    }
    if side.is_some() {
        // The sister for an unspecified side drops the same word; other "unspecified" words must stay equal.
        words.retain(|w| w != "unspecified" && w != "side");
    }
    words.retain(|w| w != "side");
    let side = side.or(unspecified.then_some(IcdSide::Unspecified))?;
    Some((words.join(" "), side))
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
