//! Codes of one category that stand beside each other though the same words tell them: each says another finding, vein, level, bone,
//! allergen or deficit. Elsewhere the likelier of two such codes says the disease.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::coding::said_once::pairs;

/// File of the pairs of subcategories that training notes report together.
pub const FILE: &str = "side_by_side.tsv";

/// The pairs, the lesser first.
static REPORTED_TOGETHER: LazyLock<HashSet<(&str, &str)>> =
    LazyLock::new(|| pairs(include_str!("../../../codesets/side_by_side.tsv")));

/// The subcategories (four characters) of two codes of one category, where they differ and the first is the lesser.
pub fn subcategories<'c>(a: &'c str, b: &'c str) -> Option<(&'c str, &'c str)> {
    let (x, y) = (a.get(..5)?, b.get(..5)?);
    (a.get(..3) == b.get(..3) && x < y).then_some((x, y))
}

/// Whether both are reported: by their meaning, or because training notes report their subcategories together (counted without the
/// note at hand, of 57 such pairs 46 were both right).
pub(super) fn stand_together(a: &str, b: &str) -> bool {
    let pair = subcategories(a, b).or_else(|| subcategories(b, a));
    say_different_things(a, b) || pair.is_some_and(|pair| REPORTED_TOGETHER.contains(&pair))
}

/// By the tabular list of FY2026: "code first coronary atherosclerosis" at I25.84; hypoxia and hypercapnia,
/// veins, disc levels, bones of the forearm and leg, regions of somatic dysfunction, allergens, deficits after a stroke and
/// complications of diabetes (guidelines I.C.4.a: as many codes as are needed) each have a code of their own.
pub(super) fn say_different_things(a: &str, b: &str) -> bool {
    if a == b || a.get(..3) != b.get(..3) {
        return false;
    }
    let (Some(category), Some(x), Some(y)) = (a.get(..3), a.get(4..), b.get(4..)) else { return false };
    let at = |code: &str, i: usize| code.as_bytes().get(i).copied().unwrap_or(b'0');
    let same = |i: usize| at(x, i) == at(y, i);
    let both = |i: usize, among: &[u8]| among.contains(&at(x, i)) && among.contains(&at(y, i));
    match category {
        "I25" => !same(0) && both(0, b"12458"),
        "J30" => [x, y].iter().all(|c| matches!(*c, "1" | "5" | "81" | "89")),
        "J96" => same(0) && !same(1) && both(1, b"12"),
        "I82" => {
            let named = |c: &str| at(c, 0).is_ascii_alphabetic() || matches!(at(c, 1), b'1'..=b'6');
            // Deep veins of the leg ("4" acute, "5" chronic), axillary, subclavian and jugular veins.
            named(x) && named(y) && (same(0) && !same(1) || !same(0) && both(0, b"4ABC"))
        }
        "I69" => {
            // The kind of stroke, then the deficit; "other" and "unspecified" say nothing beside a named one.
            let named = |c: &str| !matches!(c.get(1..3), None | Some("00" | "10" | "19" | "28" | "90" | "98"));
            let deficit = |c: &str| if matches!(at(c, 1), b'1' | b'2' | b'9') { at(c, 2) } else { b'0' };
            same(0) && named(x) && named(y) && (!same(1) || deficit(x) != deficit(y))
        }
        "M50" => {
            // High cervical, or one of three discs of the middle; "20" names none.
            let level = |c: &str| if at(c, 1) == b'2' { (at(c, 1), at(c, 2)) } else { (at(c, 1), b'0') };
            let named = |c: &str| at(c, 1) == b'1' || matches!(level(c), (b'2', b'1'..=b'3'));
            same(0) && named(x) && named(y) && level(x) != level(y)
        }
        "M51" => same(0) && !same(1) && both(1, b"4567"),
        "M65" => at(x, 0) == b'3' && same(0) && !same(1) && at(x, 1) != b'0' && at(y, 1) != b'0',
        "M99" => same(0) && !same(1),
        "S52" => !same(0) && (both(0, b"23") || both(0, b"56")),
        "S82" => !same(0) && both(0, b"24"),
        "E08" | "E09" | "E10" | "E11" | "E13" if !same(0) => both(0, b"12345678"),
        "E10" | "E11" | "E13" => both(0, b"6") && !same(1) && both(1, b"12359"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stand_together;

    #[test]
    fn findings_of_their_own() {
        for (a, b) in [
            ("I25.10", "I25.84"),
            ("I25.10", "I25.2"),
            ("J96.01", "J96.02"),
            ("J30.1", "J30.81"),
            ("I82.411", "I82.431"),
            ("I82.A11", "I82.B11"),
            ("I69.351", "I69.320"),
            ("I69.320", "I69.322"),
            ("M50.122", "M50.123"),
            ("M50.01", "M50.021"),
            ("M51.16", "M51.17"),
            ("M51.369", "M51.379"),
            ("M65.331", "M65.341"),
            ("M99.03", "M99.04"),
            ("S52.201A", "S52.301A"),
            ("S52.601A", "S52.501A"),
            ("E11.621", "E11.69"),
            ("E11.65", "E11.621"),
            ("E11.65", "E11.42"),
            ("E11.22", "E11.319"),
            ("D25.1", "D25.2"),
        ] {
            assert!(stand_together(a, b) && stand_together(b, a), "{a} {b}");
        }
    }

    #[test]
    fn one_disease_said_twice() {
        for (a, b) in [
            ("I25.10", "I25.10"),
            ("I25.118", "I25.119"),
            ("J96.00", "J96.01"),
            ("J96.11", "J96.22"),
            ("J30.1", "J30.2"),
            ("I82.401", "I82.411"),
            ("I69.320", "I69.328"),
            ("I69.351", "I69.354"),
            ("M50.122", "M50.222"),
            ("M51.26", "M51.16"),
            ("M51.360", "M51.362"),
            ("S52.501A", "S52.551A"),
            ("E11.40", "E11.42"),
            ("E11.9", "E11.65"),
            ("E11.649", "E11.65"),
        ] {
            assert!(!stand_together(a, b) && !stand_together(b, a), "{a} {b}");
        }
    }
}
