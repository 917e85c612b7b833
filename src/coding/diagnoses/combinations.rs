//! Codes that follow from two findings together: ICD-10-CM's "with" conventions (guidelines I.A.15, I.C.4.a, I.C.9.a).
use super::candidates::{COMBINATION, Candidates, Support};
use crate::coding::lexicon::{CodeId, Lexicon};

/// When a code of each list is present, the third is a candidate. A pattern ending in `-` stands for all codes below.
struct Combination {
    first: &'static [&'static str],
    second: &'static [&'static str],
    code: &'static str,
}

/// Diabetes of a category (E08–E13) with what it presumably caused; the code is completed by the category.
const DIABETES: &[(&[&str], &str)] = &[
    (&["N18.1", "N18.2", "N18.3-", "N18.4", "N18.5", "N18.6", "N18.9"], "22"),
    (&["N05.9", "N08", "R80.9"], "29"),
    (&["G62.9", "G63", "G60.9"], "42"),
    (&["G90.9", "G90.09", "K31.84"], "43"),
    (&["H35.00", "H35.0-"], "319"),
    (&["I73.9", "I70.20-", "I70.21-"], "51"),
    (&["L97.4-", "L97.5-"], "621"),
    (&["L98.4-", "L97.1-", "L97.2-", "L97.3-", "L97.8-", "L97.9-"], "622"),
    (&["R73.9"], "65"),
    (&["E16.2", "E16.A-"], "649"),
    (&["M14.6-"], "610"),
];

const BLEEDING: &[&str] = &["K62.5", "K92.1", "K92.2"];

const OTHERS: &[Combination] = &[
    Combination { first: &["I10", "I11.9"], second: &["I50.-"], code: "I11.0" },
    Combination { first: &["I10"], second: &["N18.1", "N18.2", "N18.3-", "N18.4", "N18.9"], code: "I12.9" },
    Combination { first: &["I10"], second: &["N18.5", "N18.6"], code: "I12.0" },
    Combination { first: &["I11.0"], second: &["N18.1", "N18.2", "N18.3-", "N18.4", "N18.9"], code: "I13.0" },
    Combination { first: &["I11.0"], second: &["N18.5", "N18.6"], code: "I13.2" },
    Combination { first: &["I25.10"], second: &["I20.0"], code: "I25.110" },
    Combination { first: &["I25.10"], second: &["I20.9", "I20.89"], code: "I25.119" },
    Combination { first: &["J44.9"], second: &["J20.9", "J18.9", "J22"], code: "J44.0" },
    Combination { first: &["K57.30", "K57.32"], second: &["K92.2", "K62.5", "K92.1"], code: "K57.31" },
    Combination { first: &["K80.20"], second: &["K81.9", "K81.1"], code: "K80.10" },
    Combination { first: &["K80.20"], second: &["K81.0"], code: "K80.00" },
    Combination { first: &["N40.0"], second: &["R35.0", "R35.1", "R39.1-", "R33.8", "R33.9", "R39.9"], code: "N40.1" },
    Combination { first: &["M81.0"], second: &["M48.5-", "S22.0-", "S32.0-", "M84.4-"], code: "M80.08XA" },
    Combination { first: &["K21.9"], second: &["K20.90", "K20.80"], code: "K21.00" },
    Combination { first: &["K29.70", "K29.50"], second: &["K92.2"], code: "K29.71" },
    Combination { first: &["M54.50", "M54.59"], second: &["M54.3-"], code: "M54.40" },
    Combination { first: &["K50.00"], second: BLEEDING, code: "K50.011" },
    Combination { first: &["K50.10"], second: BLEEDING, code: "K50.111" },
    Combination { first: &["K50.80"], second: BLEEDING, code: "K50.811" },
    Combination { first: &["K50.90"], second: BLEEDING, code: "K50.911" },
    Combination { first: &["K51.00"], second: BLEEDING, code: "K51.011" },
    Combination { first: &["K51.20"], second: BLEEDING, code: "K51.211" },
    Combination { first: &["K51.30"], second: BLEEDING, code: "K51.311" },
    Combination { first: &["K51.50"], second: BLEEDING, code: "K51.511" },
    Combination { first: &["K51.90"], second: BLEEDING, code: "K51.911" },
    Combination { first: &["I34.0", "I34.1", "I34.2", "I34.9", "I05.-"], second: &["I35.-", "I06.-"], code: "I08.0" },
    Combination { first: &["I34.0", "I34.2", "I34.9", "I05.-"], second: &["I36.-", "I07.-"], code: "I08.1" },
    Combination { first: &["I35.-", "I06.-"], second: &["I36.-", "I07.-"], code: "I08.2" },
    Combination { first: &["I08.0"], second: &["I36.-", "I07.-"], code: "I08.3" },
    Combination { first: &["M31.6"], second: &["M35.3"], code: "M31.5" },
    Combination { first: &["D64.9", "D63.8"], second: &["N18.-"], code: "D63.1" },
    Combination { first: &["D50.9", "D64.9"], second: &["K92.2", "K92.1", "N92.0", "N92.1", "N92.4"], code: "D50.0" },
    Combination { first: &["K70.30"], second: &["R18.8"], code: "K70.31" },
    Combination { first: &["K57.32"], second: &["K63.0", "K65.1"], code: "K57.20" },
    Combination { first: &["J18.9", "J22"], second: &["J44.9", "J44.1"], code: "J44.0" },
];

/// What a stroke left behind (guidelines I.C.9.d): the code after its category, with what it is found as. Right-handedness is
/// assumed where nothing is said (I.C.6.a).
const STROKES: &[(&str, &[&str])] =
    &[("I69.3", &["I63.9", "I63.-", "Z86.73", "I69.30"]), ("I69.1", &["I61.-", "I69.10"]), ("I69.0", &["I60.-", "I69.00"])];
const LEFT_BEHIND: &[(&[&str], &str)] = &[
    (&["G81.91"], "51"),
    (&["G81.92"], "52"),
    (&["G81.93"], "53"),
    (&["G81.94"], "54"),
    (&["G81.90"], "59"),
    (&["R47.01"], "20"),
    (&["R47.1"], "22"),
    (&["R13.1-"], "91"),
    (&["R29.810"], "92"),
    (&["R27.0", "R27.8", "R27.9", "R26.0"], "93"),
    (&["R41.3"], "11"),
];

/// Adds combination candidates and marks their parts.
pub fn add(candidates: &mut Candidates, lexicon: &Lexicon) {
    for combination in OTHERS {
        let Some(code) = lexicon.code_id(combination.code) else { continue };
        join(candidates, lexicon, combination.first, combination.second, code);
    }
    for (category, stroke) in STROKES {
        for (left, suffix) in LEFT_BEHIND {
            let Some(code) = lexicon.code_id(&format!("{category}{suffix}")) else { continue };
            join(candidates, lexicon, stroke, left, code);
        }
    }
    for category in ["E08", "E09", "E10", "E11", "E13"] {
        let base = format!("{category}.-");
        for (with, suffix) in DIABETES {
            let Some(code) = lexicon.code_id(&format!("{category}.{suffix}")) else { continue };
            join(candidates, lexicon, &[base.as_str()], with, code);
        }
    }
}

/// Where a present code of each list is known, `code` is a candidate on the places of both.
pub(super) fn join(candidates: &mut Candidates, lexicon: &Lexicon, first: &[&str], second: &[&str], code: CodeId) {
    let (Some(a), Some(b)) = (strongest(candidates, lexicon, first, code), strongest(candidates, lexicon, second, code)) else {
        return;
    };
    let weight = candidates.strength(a).min(candidates.strength(b));
    // Quote the places of both parts.
    for part in [a, b] {
        let Some(best) = best_support(candidates, part) else { continue };
        candidates.add(code, Support { source: COMBINATION, share: weight, subsumed: false, count: 0.0, ..best });
    }
    if let Some(c) = candidates.by_code.get_mut(&code) {
        c.parts.extend([a, b]);
    }
    for part in [a, b] {
        if let Some(c) = candidates.by_code.get_mut(&part) {
            c.in_combinations.push(code);
        }
    }
}

/// The best supported present code of a pattern list.
fn strongest(candidates: &Candidates, lexicon: &Lexicon, patterns: &[&str], not: CodeId) -> Option<CodeId> {
    let mut best: Option<(f32, CodeId)> = None;
    for pattern in patterns {
        let (from, to) = match pattern.strip_suffix('-') {
            Some(stem) => lexicon.codes_under(stem.trim_end_matches('.')),
            None => match lexicon.code_id(pattern) {
                Some(c) => (c, CodeId(c.0 + 1)),
                None => continue,
            },
        };
        for (&code, _) in candidates.by_code.range(from..to) {
            let weight = candidates.strength(code);
            if code != not && weight > 0.3 && best.is_none_or(|(w, _)| weight > w) {
                best = Some((weight, code));
            }
        }
    }
    best.map(|(_, code)| code)
}

fn best_support(candidates: &Candidates, code: CodeId) -> Option<Support> {
    let supports = &candidates.by_code.get(&code)?.supports;
    supports
        .iter()
        .max_by(|x, y| {
            let weight = |s: &Support| s.share * candidates.places.list[s.place].present();
            weight(x).total_cmp(&weight(y)).then(y.place.cmp(&x.place))
        })
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_a_code() {
        let sets = crate::codeset::CodeSets::open(std::path::Path::new("codesets")).expect("the tables");
        for combination in OTHERS {
            for code in combination.first.iter().chain(combination.second).chain([&combination.code]) {
                let stem = code.trim_end_matches('-').trim_end_matches('.');
                assert!(sets.icd10cm.find(stem).is_some(), "{code}");
            }
        }
        for (category, strokes) in STROKES {
            for (left, suffix) in LEFT_BEHIND {
                for code in strokes.iter().chain(*left).map(|c| (*c).to_owned()).chain([format!("{category}{suffix}")]) {
                    let stem = code.trim_end_matches('-').trim_end_matches('.');
                    assert!(sets.icd10cm.find(stem).is_some(), "{code}");
                }
            }
        }
        for (_, suffix) in DIABETES {
            assert!(sets.icd10cm.find(&format!("E11.{suffix}")).is_some(), "{suffix}");
        }
    }
}
