//! Which diagnosis comes first: conventions of the classification before the order model.
use super::candidates::Candidates;
use super::features::Table;
use super::model::{DiagnosisModel, first_rows};
use crate::coding::lexicon::Lexicon;

/// Codes that are never first-listed: external causes, what a drug did or did not do, BMI, weeks, long-term drugs and
/// the like (guidelines I.C.20, I.C.21.c).
pub fn may_lead(code: &str) -> bool {
    let never = [
        "Z68", "Z79", "Z3A", "Z37", "Z16", "Z67", "Z72", "Z73", "Z86", "Z87", "Z88", "Z91", "Z92", "Z93", "Z94", "Z95", "Z96",
        "Z97", "Z98", "Z99",
    ];
    !matches!(code.as_bytes().first(), Some(b'V' | b'W' | b'X' | b'Y'))
        && !never.iter().any(|n| code.starts_with(n))
        && !is_drug_effect(code)
}

/// An adverse effect stands behind its nature, an underdosing behind the disease (guidelines I.C.19.e.5). The sixth character says
/// so, the fifth where a drug is not specified (T38.3X5A, T36.95XA).
fn is_drug_effect(code: &str) -> bool {
    let intent = match code.as_bytes() {
        [b'T', _, _, b'.', _, fifth, b'X', ..] => *fifth,
        [b'T', _, _, b'.', _, _, sixth, ..] => *sixth,
        _ => return false,
    };
    matches!(intent, b'5' | b'6') && code.get(..3).is_some_and(|c| ("T36".."T51").contains(&c))
}

/// Stems of codes that stand behind others ("code first", "use additional code" notes of the tabular list, guidelines of the
/// chapters), with the stems of those that come before them where they are on the claim; nothing named: every code that may
/// lead and is no encounter's reason.
const BEHIND: &[(&[&str], &[&str])] = &[
    (&["I50."], &["I11.0", "I13.0", "I13.2"]),
    (&["N18."], &["I12.", "I13.", "E08.22", "E09.22", "E10.22", "E11.22", "E13.22"]),
    (&["L97."], &["E08.62", "E09.62", "E10.62", "E11.62", "E13.62", "I70.23", "I70.24", "I83.0"]),
    (&["R65.2"], &["A40.", "A41."]),
    (&["D63.1"], &["N18."]),
    (&["B95.", "B96.", "B97.", "F17.2"], &[]),
    // What COVID-19 does stands behind it (I.C.1.g.1.b), a local infection and a failing organ behind sepsis (I.C.1.d.4).
    (&["J12.82", "J20.8", "J22", "J40", "J80", "J96."], &["U07.1"]),
    (LOCAL_INFECTIONS, &["A40.", "A41."]),
    (&["N17.", "J96.", "G93.41"], &["A40.", "A41."]),
    // What a myocardial infarction brought about, and the disease behind it, give way to it.
    (&["I25.", "I46.", "I49.0", "R57.0"], &["I21.0", "I21.1", "I21.2", "I21.3", "I21.4", "I21.9"]),
    // Manifestations.
    (&["K31.84", "G63", "G99.", "H36", "N08"], &["E08.", "E09.", "E10.", "E11.", "E13."]),
    (&["F05"], &["A40.", "A41.", "E86.", "E87.", "G30.", "J18.", "K72.", "N17.", "N30.", "N39.0", "T83.5"]),
    (&["F02."], &["G10", "G20", "G30", "G31"]),
    // A complication of care, then the infection or the pain that it is (I.C.19.g).
    (&["A41.", "L03.", "M00.", "N30.", "N39.0", "R10.", "R78.81"], &["T80.2", "T81.4", "T82.7", "T83.5", "T84.", "T85.7"]),
    // Chapter 15 comes before other chapters (I.C.15.a.1).
    (&["Z30.2", "Z39."], &["O"]),
    // Aftercare is not for what is injured now, and stands behind a complication (I.C.21.c.7).
    (&["Z47.", "Z48."], &["S", "T80.", "T81.", "T82.", "T83.", "T84.", "T85."]),
    // The adenoma that is the cause.
    (&["E21."], &["D35.1"]),
];

/// Infections of one organ, as they stand beside sepsis.
const LOCAL_INFECTIONS: &[&str] = &[
    "J13", "J14", "J15.", "J18.", "J44.0", "J69.0", "K57.", "K61.", "K65.", "K81.", "K83.", "L02.", "L03.", "L08.", "M00.",
    "M86.", "N10", "N12", "N30.", "N39.0",
];

/// Whether another code of the claim comes before this one by convention.
fn follows(code: &str, claim: &[&str]) -> bool {
    let rows = BEHIND.iter().filter(|(stems, _)| stems.iter().any(|s| code.starts_with(s)));
    let is_superficial = superficial(code) && claim.iter().any(|other| other.starts_with('S') && !superficial(other));
    // An encounter before an operation is first, then the reason for the operation (IV.M).
    let before_operation = !code.starts_with("Z01.81") && claim.iter().any(|other| other.starts_with("Z01.81"));
    is_superficial
        || before_operation
        || rows.flat_map(|(_, before)| claim.iter().filter(|other| **other != code).map(move |other| (before, other))).any(
            |(before, other)| match before {
                [] => may_lead(other) && !other.starts_with('Z') && other.get(..3) != code.get(..3),
                stems => stems.iter().any(|s| other.starts_with(s)),
            },
        )
}

/// Superficial injuries (S00, S10, … S90), which stand behind more serious ones (guidelines I.C.19.b).
fn superficial(code: &str) -> bool {
    matches!(code.as_bytes(), [b'S', _, b'0', ..])
}

/// Puts the chosen rows in claim order: what may lead first, then by the order model.
pub fn order(
    chosen: &mut Vec<usize>,
    table: &Table,
    probabilities: &[f32],
    candidates: &Candidates,
    lexicon: &Lexicon,
    model: &DiagnosisModel,
) {
    let rows = first_rows(table, probabilities, chosen, candidates);
    let width = model.first.features.len();
    if chosen.is_empty() || rows.len() != width * chosen.len() {
        return;
    }
    let scores = model.layouts.first.predict(&model.first, &rows);
    let codes: Vec<&str> = chosen.iter().map(|row| lexicon.code(table.codes[*row])).collect();
    let key = |i: usize| (may_lead(codes[i]), !follows(codes[i], &codes), scores[i]);
    let mut ranked: Vec<usize> = (0..chosen.len()).collect();
    ranked.sort_by(|a, b| {
        let (x, y) = (key(*a), key(*b));
        (y.0, y.1).cmp(&(x.0, x.1)).then(y.2.total_cmp(&x.2)).then(a.cmp(b))
    });
    *chosen = ranked.into_iter().map(|i| chosen[i]).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additional_codes_stand_behind_what_they_add_to() {
        assert!(follows("I50.23", &["I50.23", "I13.0", "N18.32"]) && follows("N18.32", &["N18.32", "E11.22"]));
        assert!(follows("F17.210", &["F17.210", "J44.1"]) && follows("B96.20", &["N39.0", "B96.20"]));
        assert!(!follows("I50.23", &["I50.23", "E11.9"]) && !follows("F17.210", &["F17.210", "Z71.6"]));
        assert!(!follows("N18.4", &["N18.4"]) && !follows("I13.0", &["I13.0", "I50.9"]));
    }

    #[test]
    fn causes_and_chapters_come_before_what_they_bring() {
        for (code, before) in [
            ("J12.82", "U07.1"),
            ("J18.9", "A41.9"),
            ("R57.0", "I21.02"),
            ("N39.0", "T83.511A"),
            ("K31.84", "E11.43"),
            ("F05", "N39.0"),
            ("Z39.2", "O10.03"),
            ("Z47.2", "S42.411A"),
            ("S90.121A", "S92.514A"),
            ("M17.11", "Z01.810"),
        ] {
            assert!(follows(code, &[code, before]) && !follows(before, &[code, before]), "{code} {before}");
        }
        assert!(!follows("J12.82", &["J12.82"]) && !follows("S90.121A", &["S90.121A", "S80.01XA"]));
    }

    #[test]
    fn what_a_drug_did_stands_behind() {
        for code in ["T38.3X5A", "T46.6X6A", "T36.95XA", "W19.XXXA", "Z79.4"] {
            assert!(!may_lead(code), "{code}");
        }
        for code in ["T38.3X1A", "T36.91XA", "T81.41XA", "I10", "Z23"] {
            assert!(may_lead(code), "{code}");
        }
    }
}
