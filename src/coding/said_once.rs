//! Of two chosen codes that say one finding or one service the likelier stays. Which codes do is learned from labelled notes: those
//! whose coders accept either code for one diagnosis or line, and seldom report both ("anemia" beside the anemia of blood loss, an
//! unspecified cataract beside an age-related one, a wet mount by its CPT and its HCPCS code).
use std::collections::HashSet;
use std::sync::LazyLock;

/// File of the pairs of diagnoses.
pub const DIAGNOSES: &str = "diagnoses_said_once.tsv";
/// File of the pairs of services.
pub const SERVICES: &str = "services_said_once.tsv";

type Pairs = HashSet<(&'static str, &'static str)>;

static OF_DIAGNOSES: LazyLock<Pairs> = LazyLock::new(|| pairs(include_str!("../../codesets/diagnoses_said_once.tsv")));
static OF_SERVICES: LazyLock<Pairs> = LazyLock::new(|| pairs(include_str!("../../codesets/services_said_once.tsv")));

/// Pairs of a table as training writes it: two codes, the lesser first, and a number of notes.
pub fn pairs(table: &'static str) -> Pairs {
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.filter_map(|(a, rest)| Some((a, rest.split_once('\t')?.0))).collect()
}

/// Whether two diagnoses say one finding.
pub fn say_one_finding(a: &str, b: &str) -> bool {
    OF_DIAGNOSES.contains(&in_order(a, b))
}

/// Whether two codes say one service.
pub fn say_one_service(a: &str, b: &str) -> bool {
    OF_SERVICES.contains(&in_order(a, b))
}

fn in_order<'c>(a: &'c str, b: &'c str) -> (&'c str, &'c str) {
    if a < b { (a, b) } else { (b, a) }
}

/// What of `chosen` a likelier one says already, each with the one that says it.
pub fn said_already<T: Copy>(chosen: &[T], likelihood: impl Fn(T) -> f32, say_one: impl Fn(T, T) -> bool) -> Vec<(T, T)> {
    let mut likeliest = chosen.to_vec();
    likeliest.sort_by(|a, b| likelihood(*b).total_cmp(&likelihood(*a)));
    let mut kept: Vec<T> = Vec::new();
    let mut said = Vec::new();
    for one in likeliest {
        match kept.iter().find(|k| say_one(one, **k)) {
            Some(with) => said.push((one, *with)),
            None => kept.push(one),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_finding() {
        for (a, b) in [("D64.9", "D50.0"), ("H25.9", "H26.9"), ("J44.9", "J43.9"), ("Z00.00", "Z00.01")] {
            assert!(say_one_finding(a, b) && say_one_finding(b, a), "{a} {b}");
        }
        for (a, b) in [("I10", "E11.9"), ("E11.22", "E11.65"), ("J44.0", "J44.1")] {
            assert!(!say_one_finding(a, b) && !say_one_finding(b, a), "{a} {b}");
        }
    }

    #[test]
    fn names_of_one_service() {
        assert!(say_one_service("Q0111", "87210") && say_one_service("90384", "J2790"));
        assert!(!say_one_service("20610", "J3301") && !say_one_service("90471", "90472"));
    }

    #[test]
    fn the_likelier_stays() {
        let chosen = [("D64.9", 0.9), ("I10", 0.8), ("D50.0", 0.95), ("E11.9", 0.5)];
        let said = said_already(&chosen, |c| c.1, |a, b| say_one_finding(a.0, b.0));
        assert_eq!(said, [(("D64.9", 0.9), ("D50.0", 0.95))]);
    }
}
