//! Whether the modifiers of two lines name different places of the body.
use crate::claim::Line;
use crate::rules::codes::{is_anatomic_modifier, side_of_modifier};

/// What the modifiers of two lines say about where they were done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sites {
    /// Neither names a place.
    Unstated,
    /// Only the first does.
    OnlyFirst,
    /// Only the second does.
    OnlySecond,
    /// They share a place.
    Same,
    /// They name different places.
    Different,
}

/// Compares the places of two lines.
pub fn sites(first: &Line, second: &Line) -> Sites {
    match (names_site(first), names_site(second)) {
        (false, false) => Sites::Unstated,
        (true, false) => Sites::OnlyFirst,
        (false, true) => Sites::OnlySecond,
        (true, true) if shares_site(first, second) => Sites::Same,
        (true, true) => Sites::Different,
    }
}

fn names_site(line: &Line) -> bool {
    line.modifiers.iter().any(|modifier| modifier == "50" || is_anatomic_modifier(modifier))
}

fn shares_site(first: &Line, second: &Line) -> bool {
    let places = |line: &Line| -> Vec<String> {
        let named = line.modifiers.iter().filter(|modifier| is_anatomic_modifier(modifier)).cloned();
        let both = line.modifiers.iter().any(|modifier| modifier == "50");
        named.chain(both.then(|| ["RT".to_owned(), "LT".to_owned()]).into_iter().flatten()).collect()
    };
    let second = places(second);
    places(first).iter().any(|a| second.iter().any(|b| overlap(a, b)))
}

/// The same place, or a whole side and something on it: RT with a right toe is no separation.
fn overlap(a: &str, b: &str) -> bool {
    let whole_side = |modifier: &str| matches!(modifier, "RT" | "LT");
    a == b || ((whole_side(a) || whole_side(b)) && side_of_modifier(a).is_some() && side_of_modifier(a) == side_of_modifier(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(modifiers: &[&str]) -> Line {
        Line { modifiers: modifiers.iter().map(|m| (*m).to_owned()).collect(), ..Line::default() }
    }

    #[test]
    fn places_of_two_lines() {
        assert_eq!(sites(&line(&["RT"]), &line(&["LT"])), Sites::Different);
        assert_eq!(sites(&line(&["RT"]), &line(&["RT", "59"])), Sites::Same);
        assert_eq!(sites(&line(&["RT"]), &line(&["T5"])), Sites::Same, "a right toe lies on the right");
        assert_eq!(sites(&line(&["F5"]), &line(&["F6"])), Sites::Different);
        assert_eq!(sites(&line(&["50"]), &line(&["LT"])), Sites::Same);
        assert_eq!(sites(&line(&["LD"]), &line(&["RC"])), Sites::Different);
        assert_eq!(sites(&line(&[]), &line(&["LT"])), Sites::OnlySecond);
    }
}
