//! Of two chosen codes that say one finding the likelier stays. Which codes do is learned from labelled notes: those whose coders accept
//! either code for one finding, and seldom report both ("anemia" beside the anemia of blood loss, an unspecified cataract beside an
//! age-related one).
use std::collections::HashSet;
use std::sync::LazyLock;

use super::features::Table;
use super::select::WhyNot;
use super::side_by_side::say_different_things;
use crate::coding::lexicon::Lexicon;

/// File of the pairs.
pub const FILE: &str = "said_once.tsv";

/// The pairs, the lesser code first.
static ONE_FINDING: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| {
    let table: &str = include_str!("../../../codesets/said_once.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t')).filter_map(|(a, rest)| Some((a, rest.split_once('\t')?.0))).collect()
});

/// Whether two codes say one finding.
fn say_one_finding(a: &str, b: &str) -> bool {
    let pair = if a < b { (a, b) } else { (b, a) };
    ONE_FINDING.contains(&pair) && !say_different_things(a, b)
}

/// Leaves out what a likelier chosen code says already. Counted on 10,400 training notes without the note at hand: 535 codes too many
/// go, and 65 that were right.
pub(super) fn say_once(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    probabilities: &[f32],
    lexicon: &Lexicon,
) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let mut likeliest = chosen.clone();
    likeliest.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let mut kept: Vec<usize> = Vec::new();
    for row in likeliest {
        match kept.iter().find(|k| say_one_finding(code(row), code(**k))) {
            Some(with) => why_not[row] = Some(WhyNot::Sibling(table.codes[*with])),
            None => kept.push(row),
        }
    }
    chosen.retain(|row| kept.contains(row));
}

#[cfg(test)]
mod tests {
    use super::say_one_finding;

    #[test]
    fn names_of_one_finding() {
        for (a, b) in [("D64.9", "D50.0"), ("H25.9", "H26.9"), ("J44.9", "J43.9"), ("Z00.00", "Z00.01")] {
            assert!(say_one_finding(a, b) && say_one_finding(b, a), "{a} {b}");
        }
        for (a, b) in [("I10", "E11.9"), ("I25.10", "I25.84"), ("E11.22", "E11.65"), ("J44.0", "J44.1")] {
            assert!(!say_one_finding(a, b) && !say_one_finding(b, a), "{a} {b}");
        }
    }
}
