//! What a chosen code drives out, and what it brings with it: notes of the tabular list and chapters of the guidelines.
use super::features::Table;
use super::select::{MOST, WhyNot};
use crate::coding::lexicon::Lexicon;

/// Codes (beginnings) that do not stand beside others: what is driven out, what drives it out.
const DRIVEN_OUT: &[(&[&str], &[&str])] = &[
    // A status of an opening does not stand beside attention to it or its complication (Excludes1 at Z93).
    (&["Z93.0"], &["Z43.0", "J95.0"]),
    (&["Z93.1"], &["Z43.1", "K94.2"]),
    (&["Z93.2"], &["Z43.2", "K94.1"]),
    (&["Z93.3"], &["Z43.3", "K94.0"]),
    (&["Z93.5", "Z93.6"], &["Z43.5", "Z43.6", "N99.5"]),
    // Type 1 diabetes is treated with insulin (I.C.4.a.3).
    (&["Z79.4"], &["E10."]),
    // "Without complications" beside a complication.
    (&["E11.9"], &["E11.0", "E11.1", "E11.2", "E11.3", "E11.4", "E11.5", "E11.6"]),
    (&["E10.9"], &["E10.1", "E10.2", "E10.3", "E10.4", "E10.5", "E10.6"]),
    // Hypertension with heart failure and kidney disease is one code (I.C.9.a.3).
    (&["I10", "I11.", "I12."], &["I13."]),
    (&["I10"], &["I11.", "I12."]),
    // A growth of unknown nature in an organ whose cancer is known (D49: "mass" and "lesion" of the note's own cancer).
    (&["D49.0"], &["C15", "C16", "C17", "C18", "C19", "C20", "C21", "C22", "C23", "C24", "C25", "C26"]),
    (&["D49.1"], &["C32", "C33", "C34", "C37", "C38"]),
    (&["D49.3"], &["C50", "D05"]),
    (&["D49.4"], &["C67", "D09.0"]),
    (&["D49.51"], &["C64", "C65"]),
    (&["D49.6"], &["C71"]),
    // A place that is not said beside one that is.
    (&["R10.9"], &["R10.0", "R10.1", "R10.2", "R10.3", "R10.8"]),
    (&["M25.50"], &["M25.51", "M25.52", "M25.53", "M25.54", "M25.55", "M25.56", "M25.57"]),
    (&["M79.60"], &["M79.62", "M79.63", "M79.64", "M79.65", "M79.66", "M79.67"]),
];

/// Leaves out what another code of the claim drives out.
pub(super) fn drive_out(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let all = chosen.clone();
    let code = |row: usize| lexicon.code(table.codes[row]);
    chosen.retain(|row| {
        let begins = |stems: &[&str], row: usize| stems.iter().any(|stem| code(row).starts_with(stem));
        let by = DRIVEN_OUT
            .iter()
            .filter(|(out, _)| begins(out, *row))
            .find_map(|(_, by)| all.iter().copied().find(|other| other != row && begins(by, *other)));
        if let Some(by) = by {
            why_not[*row] = Some(WhyNot::Combined(table.codes[by]));
        }
        by.is_none()
    });
}

/// "Use additional code" for what the chosen code leaves open: the code, beginnings of those that say it, and how likely the
/// best of them must be.
const BROUGHT: &[(&[&str], &[&str], f32)] =
    &[(&["I11.0", "I13.0", "I13.2"], &["I50."], 0.1), (&["I12.", "I13.", "E10.22", "E11.22", "E13.22"], &["N18."], 0.1)];

/// Adds what the chosen codes bring with them where the note gives it.
pub(super) fn bring(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    probabilities: &[f32],
    lexicon: &Lexicon,
) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let begins = |stems: &[&str], row: usize| stems.iter().any(|stem| code(row).starts_with(stem));
    for (with, additional, least) in BROUGHT {
        let wanted = chosen.iter().any(|row| begins(with, *row)) && !chosen.iter().any(|row| begins(additional, *row));
        let rows = (0..table.codes.len()).filter(|row| begins(additional, *row) && probabilities[*row] >= *least);
        let best = rows.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a)));
        if let Some(best) = best.filter(|_| wanted && chosen.len() < MOST) {
            why_not[best] = None;
            chosen.push(best);
        }
    }
    retention(chosen, why_not, table, probabilities, lexicon);
}

/// Retention of urine by an enlarged prostate is R33.8, which stands beside N40.1 ("use additional code"), whichever code of
/// retention the words brought.
fn retention(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, probabilities: &[f32], lexicon: &Lexicon) {
    /// From this probability on of either code; all of 18 that labelled short encounters had were right.
    const LEAST: f32 = 0.1;
    let row = |code: &str| (0..table.codes.len()).find(|row| lexicon.code(table.codes[*row]) == code);
    let (Some(prostate), Some(other)) = (row("N40.1"), row("R33.8")) else { return };
    let unspecified = row("R33.9");
    let likely = probabilities[other].max(unspecified.map_or(0.0, |row| probabilities[row]));
    if !chosen.contains(&prostate) || likely < LEAST {
        return;
    }
    if let Some(unspecified) = unspecified.filter(|row| chosen.contains(row)) {
        chosen.retain(|row| *row != unspecified);
        why_not[unspecified] = Some(WhyNot::Sibling(table.codes[other]));
    }
    if !chosen.contains(&other) && chosen.len() < MOST {
        why_not[other] = None;
        chosen.push(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::lexicon::Lexicon;

    fn lexicon() -> Lexicon {
        Lexicon::open(std::path::Path::new("codesets/lexicon.bin")).expect("the dictionary")
    }

    /// The codes that remain of those with a probability of at least a half.
    fn after(codes: &[(&str, f32)]) -> Vec<String> {
        let lexicon = lexicon();
        let ids = codes.iter().map(|(code, _)| lexicon.code_id(code).expect("a code")).collect();
        let table = Table { codes: ids, values: Vec::new(), width: 0, names: None };
        let probabilities: Vec<f32> = codes.iter().map(|(_, p)| *p).collect();
        let mut chosen: Vec<usize> = (0..codes.len()).filter(|row| probabilities[*row] >= 0.5).collect();
        let mut why_not = vec![None; codes.len()];
        drive_out(&mut chosen, &mut why_not, &table, &lexicon);
        bring(&mut chosen, &mut why_not, &table, &probabilities, &lexicon);
        chosen.iter().map(|row| codes[*row].0.to_owned()).collect()
    }

    #[test]
    fn a_status_gives_way_to_attention_and_a_part_to_its_combination() {
        assert_eq!(after(&[("Z43.1", 0.6), ("Z93.1", 0.9)]), ["Z43.1"]);
        assert_eq!(after(&[("E10.65", 0.9), ("Z79.4", 0.9)]), ["E10.65"]);
        assert_eq!(after(&[("E11.65", 0.9), ("Z79.4", 0.9), ("E11.9", 0.6)]), ["E11.65", "Z79.4"]);
        assert_eq!(after(&[("I13.0", 0.9), ("I12.9", 0.9), ("N18.32", 0.9), ("I50.9", 0.2)]), ["I13.0", "N18.32", "I50.9"]);
        assert_eq!(after(&[("R10.33", 0.9), ("R10.9", 0.9)]), ["R10.33"]);
        assert_eq!(after(&[("M25.511", 0.9), ("M25.561", 0.9)]), ["M25.511", "M25.561"]);
    }

    #[test]
    fn retention_stands_beside_its_prostate() {
        assert_eq!(after(&[("N40.1", 0.9), ("R33.8", 0.05), ("R33.9", 0.6)]), ["N40.1", "R33.8"]);
        assert_eq!(after(&[("N40.1", 0.9), ("R33.8", 0.27)]), ["N40.1", "R33.8"]);
        assert_eq!(after(&[("N40.1", 0.9), ("R33.8", 0.02)]), ["N40.1"]);
        assert_eq!(after(&[("N31.9", 0.9), ("R33.8", 0.27)]), ["N31.9"]);
    }
}
