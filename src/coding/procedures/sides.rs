//! Sides, digits and eyelids of a service, and the modifiers that say them.
use std::sync::LazyLock;

use regex::Regex;

use crate::document::Span;
use crate::extract::Laterality;

use super::candidates::CodeCandidate;
use super::statements::{Role, Statement};
use super::view::NoteView;

/// Services of one side of the body though no indicator of the fee schedule says so (`0`, `2` or none): operations on limbs,
/// lungs, breasts, dialysis accesses and the scrotum, removal of implants, casts and braces, a hip's films, an ear's wax. Coders name the
/// side there on nearly all labelled lines; never on spine, skull and skin.
pub fn is_of_one_side(code: &str) -> bool {
    let within = |first: &str, last: &str| (first..=last).contains(&code);
    let surgery =
        [("11010", "11012"), ("20551", "20551"), ("20612", "20612"), ("20680", "20694"), ("23000", "28899"), ("32035", "32674")];
    let other = [("36818", "36838"), ("36901", "36909"), ("55040", "55060"), ("69210", "69210"), ("73501", "73503")];
    let pairs =
        [("19000", "19001"), ("19081", "19086"), ("30905", "30905"), ("76881", "76882"), ("77065", "77065"), ("93971", "93971")];
    let supplies = [("L1800", "L2999"), ("L3650", "L4631"), ("Q4001", "Q4048")];
    code.len() == 5 && surgery.iter().chain(&other).chain(&pairs).chain(&supplies).any(|(first, last)| within(first, last))
}

/// Whether "right" or "left" between two words names no side of the patient: the verb, the chambers of the heart, the lobes and
/// quadrants of one organ, the hand that somebody writes with.
fn names_no_side(before: &str, word: &str, after: &str, second: &str) -> bool {
    const OF_ONE: [&str; 21] = [
        "atrium",
        "atrial",
        "ventricle",
        "ventricular",
        "heart",
        "circumflex",
        "coronary",
        "bundle",
        "axis",
        "sternal",
        "colon",
        "hepatic",
        "handed",
        "hander",
        "gastric",
        "angle",
        "angles",
        "angled",
        "away",
        "now",
        "gutter",
    ];
    let artery = after == "anterior" && second == "descending" || after == "main" && !second.starts_with("bronch");
    let quadrant = matches!(after, "upper" | "lower") && (second.starts_with("quadrant") || second.starts_with("abd"));
    let dominant = after == "hand" && second == "dominant";
    // The verb: "was left in place", "she left the room", "left open to drain".
    let verb = word == "left"
        && (matches!(before, "was" | "were" | "been" | "being" | "be" | "and" | "then" | "he" | "she" | "patient" | "is")
            && matches!(after, "in" | "at" | "to" | "on" | "the" | "with" | "without" | "as" | "for" | "a" | "over")
            || matches!(after, "intact" | "open" | "alone" | "undisturbed" | "behind" | "untouched" | "unrepaired"));
    verb || dominant || artery || quadrant || OF_ONE.contains(&after)
}

/// Sides named in a piece of text; both, or "bilateral", is bilateral.
pub fn sides(text: &str) -> Option<Laterality> {
    let (mut right, mut left) = (false, false);
    let mut both = text.to_ascii_lowercase().contains("b/l");
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|w| w.to_ascii_lowercase()).collect();
    let at = |i: Option<usize>| i.and_then(|i| lower.get(i)).map_or("", String::as_str);
    for (i, word) in words.iter().copied().enumerate() {
        match lower[i].as_str() {
            side @ ("right" | "left") if names_no_side(at(i.checked_sub(1)), side, at(Some(i + 1)), at(Some(i + 2))) => {}
            "right" | "rt" | "rle" | "rue" | "rih" | "rij" => right = true,
            "left" | "lt" | "lle" | "lue" | "lih" | "lij" => left = true,
            "r" if word == "R" => right = true,
            "l" if word == "L" => left = true,
            // Of eyes, and only as the short forms that they are.
            "od" if word == "OD" => right = true,
            "os" if word == "OS" => left = true,
            "ou" if word == "OU" => both = true,
            "bilateral" | "bilaterally" | "bilat" | "ble" | "bue" | "bih" => both = true,
            _ => {}
        }
    }
    match (right, left, both) {
        (_, _, true) | (true, true, _) => Some(Laterality::Bilateral),
        (true, false, _) => Some(Laterality::Right),
        (false, true, _) => Some(Laterality::Left),
        _ => None,
    }
}

/// The side of a candidate: in its clause, its statement, the titles, the diagnoses after the operation.
pub fn side_of(view: &NoteView<'_>, candidate: &CodeCandidate) -> Option<Laterality> {
    let statement = &view.statements[candidate.statement];
    let clause = clause_text(view, statement, candidate);
    if let Some(side) = sides(clause) {
        return Some(side);
    }
    // A longer statement that names one side here and the other there leaves it to the titles.
    let said = statement.span.of(view.text);
    let whole = sides(said);
    if whole.is_some_and(|side| side != Laterality::Bilateral || says_both(said)) {
        return whole;
    }
    let of_role = |wanted: fn(&Statement) -> bool| -> Option<Laterality> {
        let found: Vec<Laterality> =
            view.statements.iter().filter(|s| wanted(s)).filter_map(|s| sides(s.span.of(view.text))).collect();
        let first = *found.first()?;
        found.iter().all(|side| *side == first).then_some(first)
    };
    of_role(|s| s.role == Role::Title)
        .or_else(|| of_role(|s| s.section == crate::document::SectionKind::PostoperativeDiagnosis))
        .or_else(|| of_role(|s| s.role == Role::Lead))
        .or(whole)
        .or_else(|| of_role(|s| matches!(s.role, Role::Description | Role::Assessment)))
}

/// Whether a text says "both sides" in as many words, not by naming each.
fn says_both(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["bilat", "both", "b/l", "each side", "left and right", "right and left"].iter().any(|w| lower.contains(w))
}

/// The one side of a note that nowhere speaks of both: that which it names oftener, else first. "Right eye 20/30, left 20/20" makes
/// nothing bilateral.
pub fn only_side(text: &str) -> Option<Laterality> {
    static OF_BOTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)bilat|\bboth\b|\bb/l\b|\beach\b|\bou\b|\b(?:left|l) ?(?:and|&|then|\+|/) ?(?:right|r)\b|\b(?:right|r) ?(?:and|&|then|\+|/) ?(?:left|l)\b|\b(?:other|two|2) sides?\b|\blikewise\b|\bsame on\b|\brepeat|\bears\b|\bknees\b|\bshoulders\b").ok()
    });
    if LazyLock::force(&OF_BOTH).as_ref().is_none_or(|p| p.is_match(text)) {
        return None;
    }
    let named: Vec<Laterality> = text.split(|c: char| !c.is_alphanumeric()).filter_map(sides).collect();
    if named.contains(&Laterality::Bilateral) {
        return None;
    }
    let right = named.iter().filter(|s| **s == Laterality::Right).count();
    match (2 * right).cmp(&named.len()) {
        std::cmp::Ordering::Greater => Some(Laterality::Right),
        std::cmp::Ordering::Less => Some(Laterality::Left),
        std::cmp::Ordering::Equal => named.first().copied(),
    }
}

/// The text between the commas, semicolons and line ends around a candidate's words.
pub fn clause_text<'a>(view: &NoteView<'a>, statement: &Statement, candidate: &CodeCandidate) -> &'a str {
    let place = |p: Option<&u16>| p.and_then(|p| statement.words.get(usize::from(*p))).map(|w| w.span);
    let (Some(first), Some(last)) = (place(candidate.positions.first()), place(candidate.positions.last())) else {
        return statement.span.of(view.text);
    };
    let text = statement.span.of(view.text);
    let (from, to) = (first.start - statement.span.start, last.end.max(first.end) - statement.span.start);
    let is_cut = |c: char| matches!(c, ',' | ';' | '\n');
    let start = text[..from].rfind(is_cut).map_or(0, |i| i + 1);
    let end = text[to..].find(is_cut).map_or(text.len(), |i| to + i);
    Span::new(statement.span.start + start, statement.span.start + end).of(view.text)
}

const FINGERS: [(&str, [&str; 2]); 13] = [
    ("thumb", ["FA", "F5"]),
    ("index", ["F1", "F6"]),
    ("second finger", ["F1", "F6"]),
    ("long finger", ["F2", "F7"]),
    ("middle", ["F2", "F7"]),
    ("third finger", ["F2", "F7"]),
    ("ring", ["F3", "F8"]),
    ("fourth finger", ["F3", "F8"]),
    ("little finger", ["F4", "F9"]),
    ("small finger", ["F4", "F9"]),
    ("fifth finger", ["F4", "F9"]),
    ("pinky", ["F4", "F9"]),
    ("long trigger", ["F2", "F7"]),
];
const TOES: [(&str, [&str; 2]); 12] = [
    ("great toe", ["TA", "T5"]),
    ("hallux", ["TA", "T5"]),
    ("big toe", ["TA", "T5"]),
    ("first toe", ["TA", "T5"]),
    ("second toe", ["T1", "T6"]),
    ("2nd toe", ["T1", "T6"]),
    ("third toe", ["T2", "T7"]),
    ("3rd toe", ["T2", "T7"]),
    ("fourth toe", ["T3", "T8"]),
    ("4th toe", ["T3", "T8"]),
    ("fifth toe", ["T4", "T9"]),
    ("5th toe", ["T4", "T9"]),
];

/// The modifier of one finger or toe, where exactly one is named.
pub fn digit(text: &str, side: Option<Laterality>) -> Option<&'static str> {
    let column = match side? {
        Laterality::Left => 0,
        Laterality::Right => 1,
        Laterality::Bilateral => return None,
    };
    let lower = text.to_lowercase();
    let table: &[(&str, [&str; 2])] = if lower.contains("toe") || lower.contains("hallux") { &TOES } else { &FINGERS };
    let mut found: Vec<&'static str> = table.iter().filter(|(name, _)| lower.contains(name)).map(|(_, m)| m[column]).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether a clause is about the hand or foot behind its digits: the thumb's basal joint, the sole, the heel.
pub fn is_of_hand_or_foot(clause: &str) -> bool {
    const BEHIND: [&str; 7] = ["cmc", "carpometacarpal", "basal joint", "plantar", "fascia", "heel", "midfoot"];
    let lower = clause.to_lowercase();
    BEHIND.iter().any(|word| lower.contains(word))
}

/// The modifier of one eyelid, where exactly one is named.
pub fn eyelid(text: &str, side: Option<Laterality>) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let (upper, under) = (lower.contains("upper"), lower.contains("lower"));
    match (side?, upper, under) {
        (Laterality::Left, true, false) => Some("E1"),
        (Laterality::Left, false, true) => Some("E2"),
        (Laterality::Right, true, false) => Some("E3"),
        (Laterality::Right, false, true) => Some("E4"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_one_side() {
        assert_eq!(only_side("FB right eye. VA R 20/30 L 20/20."), Some(Laterality::Right));
        assert_eq!(only_side("Left inguinal hernia. Exam: reducible L groin, R none."), Some(Laterality::Left));
        assert_eq!(only_side("Wax in both canals, R worse"), None);
        assert_eq!(only_side("Wax removed, L then R"), None);
        assert_eq!(only_side("Wax removed"), None);
    }

    #[test]
    fn sides_and_digits() {
        assert_eq!(sides("Release of the left ring finger pulley"), Some(Laterality::Left));
        assert_eq!(sides("left and right knees"), Some(Laterality::Bilateral));
        assert_eq!(sides("x-ray of the chest"), None);
        assert_eq!(sides("a drain was left in place, the right atrium was seen"), None);
        assert_eq!(sides("right lower extremity, packed on the left"), Some(Laterality::Bilateral));
        assert_eq!(sides("the incision on the left was closed"), Some(Laterality::Left));
        assert!(is_of_one_side("32480") && is_of_one_side("Q4012") && !is_of_one_side("63047") && !is_of_one_side("J3301"));
        assert_eq!(sides("Eylea OS"), Some(Laterality::Left));
        assert_eq!(sides("cervical os, B/L tubes"), Some(Laterality::Bilateral));
        assert_eq!(digit("left ring finger", Some(Laterality::Left)), Some("F3"));
        assert_eq!(digit("right great toe", Some(Laterality::Right)), Some("T5"));
        assert_eq!(digit("index and middle fingers", Some(Laterality::Right)), None);
        assert!(is_of_hand_or_foot("injected the right thumb CMC joint") && is_of_hand_or_foot("Plantar fascia, left"));
        assert!(!is_of_hand_or_foot("A1 pulley of the left thumb"));
        assert_eq!(eyelid("lower lid", Some(Laterality::Right)), Some("E4"));
    }
}
