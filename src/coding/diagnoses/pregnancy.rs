//! Diseases of a pregnant patient: the code of chapter 15 that says so, by trimester (guidelines I.C.15.a: chapter 15 codes have
//! sequencing priority; a condition is presumed to complicate the pregnancy unless the provider says that it is incidental).
use super::candidates::{Candidates, FACT};
use super::combinations::join;
use super::gather::Material;
use crate::note::Sex;

/// Chapter 15 stem without its trimester, and the diseases it stands for.
const DISEASES: &[(&str, &[&str])] = &[
    ("O10.01", &["I10"]),
    ("O12.0", &["R60.0"]),
    ("O13.", &["R03.0"]),
    ("O23.0", &["N10", "N12"]),
    ("O23.1", &["N30.-"]),
    ("O23.4", &["N39.0"]),
    ("O23.59", &["N76.0", "B37.31", "A59.01"]),
    ("O24.01", &["E10.-"]),
    ("O24.11", &["E11.-"]),
    ("O26.89", &["R10.-", "M54.5-"]),
    ("O98.31", &["A56.-", "A54.-"]),
    ("O98.51", &["A60.-", "B00.-", "U07.1"]),
    ("O98.71", &["B20"]),
    ("O99.01", &["D50.-", "D64.9"]),
    ("O99.11", &["D69.6", "D68.-"]),
    ("O99.21", &["E66.-"]),
    ("O99.28", &["E03.-", "E05.-", "E06.-"]),
    ("O99.32", &["F11.-", "F12.-", "F14.-", "F15.-", "F19.-"]),
    ("O99.33", &["F17.-"]),
    ("O99.34", &["F32.-", "F33.-", "F41.-", "F31.-", "F43.-"]),
    ("O99.35", &["G40.-", "G43.-"]),
    ("O99.41", &["I34.-", "I47.-", "I48.-", "I42.-"]),
    ("O99.51", &["J45.-", "J06.9", "J18.9"]),
    ("O99.61", &["K21.-", "K59.-", "K80.-"]),
    ("O99.71", &["L29.-", "L30.9", "L40.-"]),
    ("O99.84", &["Z98.84"]),
];

/// Adds the candidates of a pregnant patient: one whose note states weeks of gestation.
pub(super) fn add(candidates: &mut Candidates, material: &Material<'_>) {
    if material.context.patient.sex == Some(Sex::M) || material.context.patient.age_years.is_some_and(|a| a < 10) {
        return;
    }
    let lexicon = material.lexicon;
    let Some((weeks, _)) = material.attributes.weeks_of_gestation() else { return };
    let stated = candidates
        .by_code
        .iter()
        .find(|(code, c)| lexicon.code(**code).starts_with("Z3A") && c.supports.iter().any(|s| s.source == FACT));
    let Some(stated) = stated.map(|(code, _)| lexicon.code(*code).to_owned()) else { return };
    // Trimesters: up to 13 weeks and 6 days, up to 27 weeks and 6 days, later (chapter 15, first note).
    let trimester = match weeks {
        w if w < 14.0 => '1',
        w if w < 28.0 => '2',
        _ => '3',
    };
    for (stem, diseases) in DISEASES {
        let Some(code) = lexicon.code_id(&format!("{stem}{trimester}")) else { continue };
        join(candidates, lexicon, &[stated.as_str()], diseases, code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stem_has_three_trimesters() {
        let sets = crate::codeset::CodeSets::open(std::path::Path::new("codesets")).expect("the tables");
        for (stem, diseases) in DISEASES {
            // The second trimester is the earliest of edema and of what is told of the later pregnancy only.
            assert!((1..=3).any(|t| sets.icd10cm.find(&format!("{stem}{t}")).is_some()), "{stem}");
            for code in *diseases {
                assert!(sets.icd10cm.find(code.trim_end_matches('-').trim_end_matches('.')).is_some(), "{code}");
            }
        }
    }
}
