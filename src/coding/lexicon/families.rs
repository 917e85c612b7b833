//! Codes that differ only by side or by encounter (seventh character).
use std::collections::BTreeMap;

use super::entry::{CodeId, FamilyId};
use super::normalise::stems;

/// Side that a code's title states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Side {
    /// The title speaks of no side.
    None = 0,
    /// Right.
    Right = 1,
    /// Left.
    Left = 2,
    /// Both.
    Bilateral = 3,
    /// A sided code for when the side is not known.
    Unspecified = 4,
}

impl Side {
    pub(super) fn of(number: u8) -> Side {
        match number {
            1 => Side::Right,
            2 => Side::Left,
            3 => Side::Bilateral,
            4 => Side::Unspecified,
            _ => Side::None,
        }
    }
}

/// The part of a title before its encounter: "…, initial encounter for closed fracture" is left out.
pub(super) fn without_encounter(title: &str) -> &str {
    let cut = [", initial encounter", ", subsequent encounter", ", sequela"].iter().filter_map(|m| title.find(m)).min();
    cut.map_or(title, |at| &title[..at])
}

/// Whether a title stands for the rest of its category.
pub(super) fn is_other(title: &str) -> bool {
    title.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case("other"))
}

/// The side that a title names first: "visual loss, right eye, normal vision left eye" is of the right.
fn side_of(title: &str) -> Side {
    let side = |word: &str| match word.to_ascii_lowercase().as_str() {
        "right" => Some(Side::Right),
        "left" => Some(Side::Left),
        "bilateral" | "both" => Some(Side::Bilateral),
        _ => None,
    };
    title.split(|c: char| !c.is_alphanumeric()).find_map(side).unwrap_or(Side::None)
}

/// Whether two sides of one disease make a laterality group: only then is an "unspecified" sibling a side.
fn has_sides(members: &[(usize, Side)]) -> bool {
    [Side::Right, Side::Left].iter().all(|side| members.iter().any(|(_, s)| s == side))
}

/// For each billable code, in the order of code: family, side, seventh character (0 where it has none).
pub(super) struct FamilyRow {
    pub family: FamilyId,
    pub side: Side,
    pub seventh: u8,
}

/// Families of all billable codes, given with their titles in the order of code; and each family's key.
pub(super) fn families(codes: &[(&str, &str)]) -> (Vec<FamilyRow>, Vec<Vec<String>>) {
    // By category and title.
    type Groups<'a> = BTreeMap<(&'a str, Vec<String>), Vec<(usize, Side)>>;
    let mut groups = Groups::new();
    for (n, (code, title)) in codes.iter().enumerate() {
        let plain = without_encounter(title);
        groups.entry((code.get(..3).unwrap_or(code), title_words(plain))).or_default().push((n, side_of(plain)));
    }
    let mut rows: Vec<FamilyRow> =
        codes.iter().map(|_| FamilyRow { family: FamilyId(0), side: Side::None, seventh: 0 }).collect();
    let mut keys = Vec::new();
    for members in groups.into_values() {
        let sided = has_sides(&members);
        // "Right heart failure" has no left sibling: there the side is part of what it is, and it stands alone.
        let mut parts: BTreeMap<Side, Vec<(usize, Side)>> = BTreeMap::new();
        for (n, side) in members {
            parts.entry(if sided { Side::None } else { side }).or_default().push((n, side));
        }
        for part in parts.into_values() {
            let family = FamilyId(keys.len() as u32);
            keys.push(part.first().map(|(n, _)| stems(without_encounter(codes[*n].1))).unwrap_or_default());
            for (n, side) in part {
                let (code, title) = codes[n];
                let encounter = title.len() != without_encounter(title).len();
                let seventh = code.as_bytes().get(7).copied().filter(|_| encounter).unwrap_or(0);
                let side = if sided && side == Side::None { Side::Unspecified } else { side };
                rows[n] = FamilyRow { family, side, seventh };
            }
        }
    }
    (rows, keys)
}

/// Words of a title in order, without sides, "unspecified" and small words; plurals joined. "right eye" and "bilateral"
/// name the same part, so an eye or ear that follows its side goes with it.
fn title_words(title: &str) -> Vec<String> {
    const SIDES: [&str; 6] = ["right", "left", "bilateral", "both", "unilateral", "unspecified"];
    const SMALL: [&str; 6] = ["of", "the", "in", "on", "and", "side"];
    let mut out = Vec::new();
    let mut after_side = false;
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase) {
        let side = SIDES.contains(&word.as_str());
        let part_of_side = after_side && matches!(word.as_str(), "eye" | "eyes" | "ear" | "ears");
        after_side = side;
        if side || part_of_side || SMALL.contains(&word.as_str()) {
            continue;
        }
        out.push(if word.len() > 3 && !word.ends_with("ss") { word.trim_end_matches('s').to_owned() } else { word });
    }
    out
}

/// The table of families in an open lexicon.
pub(super) struct Families {
    rows: Vec<(FamilyId, Side, u8)>,
    /// Members of family `f`: `members[starts[f]..starts[f + 1]]`.
    starts: Vec<u32>,
    members: Vec<CodeId>,
}

impl Families {
    /// From six bytes a code.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let rows: Vec<(FamilyId, Side, u8)> = bytes
            .chunks_exact(6)
            .map(|c| (FamilyId(u32::from_le_bytes([c[0], c[1], c[2], c[3]])), Side::of(c[4]), c[5]))
            .collect();
        let count = rows.iter().map(|r| r.0.0 as usize + 1).max().unwrap_or(0);
        if count > rows.len() {
            return None;
        }
        let mut starts = vec![0u32; count + 1];
        for r in &rows {
            starts[r.0.0 as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut members = vec![CodeId(0); rows.len()];
        for (n, r) in rows.iter().enumerate() {
            let slot = &mut next[r.0.0 as usize];
            members[*slot as usize] = CodeId(n as u32);
            *slot += 1;
        }
        Some(Self { rows, starts, members })
    }

    pub(super) fn bytes(rows: &[FamilyRow]) -> Vec<u8> {
        rows.iter().flat_map(|r| r.family.0.to_le_bytes().into_iter().chain([r.side as u8, r.seventh])).collect()
    }

    pub(super) fn members(&self, family: FamilyId) -> &[CodeId] {
        let at = family.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(a), Some(b)) => self.members.get(*a as usize..*b as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    pub(super) fn row(&self, code: CodeId) -> Option<(FamilyId, Side, u8)> {
        self.rows.get(code.0 as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_and_encounters_make_a_family() {
        let codes = [
            ("M17.0", "Bilateral primary osteoarthritis of knee"),
            ("M17.10", "Unilateral primary osteoarthritis, unspecified knee"),
            ("M17.11", "Unilateral primary osteoarthritis, right knee"),
            ("M17.12", "Unilateral primary osteoarthritis, left knee"),
            ("M17.4", "Other bilateral secondary osteoarthritis of knee"),
            ("S42.021A", "Displaced fracture of shaft of right clavicle, initial encounter for closed fracture"),
            ("S42.022D", "Displaced fracture of shaft of left clavicle, subsequent encounter for fracture with routine healing"),
            ("H40.001", "Preglaucoma, unspecified, right eye"),
            ("H40.002", "Preglaucoma, unspecified, left eye"),
            ("H40.003", "Preglaucoma, unspecified, bilateral"),
            ("H54.61", "Unqualified visual loss, right eye, normal vision left eye"),
            ("H54.62", "Unqualified visual loss, left eye, normal vision right eye"),
            ("I50.810", "Right heart failure, unspecified"),
            ("I50.9", "Heart failure, unspecified"),
        ];
        let (rows, _) = families(&codes);
        let table = Families::parse(&Families::bytes(&rows)).unwrap();
        let of = |n: u32| table.row(CodeId(n)).unwrap();
        assert_eq!(table.members(of(0).0), [CodeId(0), CodeId(1), CodeId(2), CodeId(3)]);
        assert_eq!((of(0).1, of(1).1, of(2).1), (Side::Bilateral, Side::Unspecified, Side::Right));
        assert_ne!(of(4).0, of(0).0);
        assert_eq!(of(5).0, of(6).0);
        assert_eq!((of(5).2, of(6).2), (b'A', b'D'));
        // Without a left sibling the side is part of the disease.
        assert_ne!(of(12).0, of(13).0);
        // The side named first is the code's.
        assert_eq!((of(10).1, of(11).1, of(10).0), (Side::Right, Side::Left, of(11).0));
        assert_eq!((of(7).0, of(9).1), (of(9).0, Side::Bilateral));
        assert!(table.members(FamilyId(99)).is_empty());
    }
}
