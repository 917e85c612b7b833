//! What the guidelines put in the place of chosen codes, add to them, or leave out beside them.
use super::candidates::{Candidates, FACT};
use super::features::Table;
use super::select::{LEAST_SHARE, MOST, MUCH_LIKELIER, WhyNot};
use super::side_by_side::stand_together;
use crate::codeset::icd10cm::integral_symptoms::disease_of;
use crate::coding::lexicon::{CodeId, Lexicon, Side};
use crate::extract::Laterality;

/// Right and left of one disease are its bilateral code, where there is one (guidelines I.B.13).
pub(super) fn join_sides(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let side_of = |row: usize| lexicon.family(table.codes[row]);
    let pairs: Vec<(usize, usize)> = chosen
        .iter()
        .enumerate()
        .flat_map(|(i, a)| chosen[i + 1..].iter().map(move |b| (*a, *b)))
        .filter(|(a, b)| {
            let (x, y) = (side_of(*a), side_of(*b));
            x.zip(y).is_some_and(|(x, y)| x.0 == y.0 && is_pair(x.1, y.1))
        })
        .collect();
    for (a, b) in pairs {
        let family = side_of(a).map(|f| f.0);
        let both = (0..table.codes.len()).find(|r| {
            side_of(*r).is_some_and(|(f, side, _)| {
                Some(f) == family && side == Side::Bilateral && encounter_of(table.codes[*r], table.codes[a], lexicon)
            })
        });
        let Some(both) = both else { continue };
        for row in [a, b] {
            why_not[row] = Some(WhyNot::Combined(table.codes[both]));
        }
        why_not[both] = None;
        let at = chosen.iter().position(|c| *c == a).unwrap_or(0);
        chosen[at] = both;
        chosen.retain(|c| *c != b);
    }
}

/// What is said of both sides and has no bilateral code is reported with the code of each side (guidelines I.B.13).
pub(super) fn both_sides(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    candidates: &Candidates,
    lexicon: &Lexicon,
) {
    let family_of = |row: usize| lexicon.family(table.codes[row]);
    let said_of_both = |row: usize| {
        candidates.by_code.get(&table.codes[row]).is_some_and(|c| {
            c.supports
                .iter()
                .filter(|s| s.share >= LEAST_SHARE)
                .map(|s| &candidates.places.list[s.place])
                .any(|place| place.present() > 0.5 && place.side == Some(Laterality::Bilateral))
        })
    };
    for row in chosen.clone() {
        let Some((family, side, _)) = family_of(row) else { continue };
        let sides = |f: &CodeId| lexicon.family(*f).map_or(Side::None, |f| f.1);
        let has_both = lexicon.members(family).iter().any(|m| sides(m) == Side::Bilateral);
        if !matches!(side, Side::Right | Side::Left) || has_both || chosen.len() >= MOST || !said_of_both(row) {
            continue;
        }
        let other = (0..table.codes.len()).find(|r| {
            family_of(*r).is_some_and(|(f, of_other, _)| {
                f == family
                    && (is_pair(side, of_other) || is_pair(of_other, side))
                    && encounter_of(table.codes[*r], table.codes[row], lexicon)
            })
        });
        let Some(other) = other.filter(|o| !chosen.contains(o)) else { continue };
        why_not[other] = None;
        let at = chosen.iter().position(|c| *c == row).map_or(chosen.len(), |at| at + 1);
        chosen.insert(at, other);
    }
}

/// Signs and symptoms that are routinely part of a disease on the claim are not reported beside it (guidelines I.B.5); those
/// of the other side are. A disease that is much less likely than its symptom is not established: the symptom stands for it
/// (guidelines IV.H).
pub(super) fn leave_out_symptoms(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    probabilities: &[f32],
    lexicon: &Lexicon,
) {
    let side = |row: usize| lexicon.family(table.codes[row]).map_or(Side::None, |f| f.1);
    let other_side = |a: usize, b: usize| is_pair(side(a), side(b)) || is_pair(side(b), side(a));
    let code = |row: usize| lexicon.code(table.codes[row]);
    for symptom in chosen.clone() {
        if !chosen.contains(&symptom) {
            continue;
        }
        let of_disease = |d: &usize| !other_side(*d, symptom) && disease_of(code(symptom), std::iter::once(code(*d))).is_some();
        let diseases: Vec<usize> = chosen.iter().copied().filter(of_disease).collect();
        let holds = |d: &&usize| probabilities[**d] + MUCH_LIKELIER > probabilities[symptom];
        if let Some(disease) = diseases.iter().find(holds) {
            why_not[symptom] = Some(WhyNot::Integral(table.codes[*disease]));
            chosen.retain(|row| *row != symptom);
            continue;
        }
        for disease in diseases {
            why_not[disease] = Some(WhyNot::NotEstablished(table.codes[symptom]));
            chosen.retain(|row| *row != disease);
        }
    }
}

/// "Unspecified" beside a specified code of its category says nothing more (guidelines I.B.18): C71.9 beside C71.3. Counted on what is
/// left after all else: of 8 such codes in notes that nobody read 7 were wrong, and of 10,848 training notes three require both.
pub(super) fn leave_out_unspecified(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    // Mental disorders, pregnancy and injuries often stand several of a category.
    let unspecified = |row: usize| {
        let code = code(row);
        code.len() == 5 && code.ends_with(".9") && code.starts_with(|c| ('A'..='N').contains(&c) && c != 'F')
    };
    for row in chosen.clone().into_iter().filter(|row| unspecified(*row)) {
        let is_specified = |other: &&usize| **other != row && code(**other).get(..3) == code(row).get(..3);
        let beside = chosen.iter().find(|other| is_specified(other) && !stand_together(code(row), code(**other)));
        if let Some(specified) = beside.copied() {
            why_not[row] = Some(WhyNot::Sibling(table.codes[specified]));
            chosen.retain(|r| *r != row);
        }
    }
}

/// A complication of pregnancy stands with the weeks of gestation where the note states them (Z3A: guidelines I.C.21.c.11;
/// not with abortive outcomes, O00–O08). "Not specified" gives way to a number.
pub(super) fn weeks_of_pregnancy(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    probabilities: &[f32],
    candidates: &Candidates,
    lexicon: &Lexicon,
) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let needs_weeks = |row: &usize| code(*row).starts_with('O') && !code(*row).starts_with("O0") || code(*row).starts_with("O09");
    if !chosen.iter().any(needs_weeks) {
        return;
    }
    let stated = |row: &usize| {
        code(*row).starts_with("Z3A")
            && candidates.by_code.get(&table.codes[*row]).is_some_and(|c| c.supports.iter().any(|s| s.source == FACT))
    };
    let likelier = |a: &usize, b: &usize| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a));
    let Some(weeks) = (0..table.codes.len()).filter(stated).max_by(likelier) else { return };
    for other in chosen.iter().copied().filter(|r| code(*r).starts_with("Z3A") && *r != weeks).collect::<Vec<_>>() {
        chosen.retain(|c| *c != other);
        why_not[other] = Some(WhyNot::Sibling(table.codes[weeks]));
    }
    if !chosen.contains(&weeks) && chosen.len() < MOST {
        why_not[weeks] = None;
        chosen.push(weeks);
    }
}

/// Codes of pregnancy, delivery and weeks of gestation are the mother's (guidelines I.C.15.a.2, I.C.21.c.11): a newborn's claim, which
/// has its birth (Z38) or a perinatal condition, has none.
pub(super) fn record_of_the_newborn(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let has = |start: &str| chosen.iter().any(|r| code(*r).starts_with(start));
    let (born_here, perinatal) = (has("Z38"), has("P"));
    let mothers = |row: usize| {
        let of_birth = ["O", "Z37"].iter().any(|start| code(row).starts_with(start));
        (born_here || perinatal) && code(row).starts_with("Z3A") || born_here && of_birth
    };
    for row in chosen.iter().copied().filter(|r| mothers(*r)) {
        why_not[row] = Some(WhyNot::Mothers);
    }
    chosen.retain(|row| !mothers(*row));
}

/// What is presumed to belong together (guidelines I.A.15, I.C.9.a; "in (due to)" of the index): a code, one that stands beside it, and
/// the combination that takes the first one's place.
const PRESUMED: &[(&str, &[&str], &str)] = &[
    ("I10", &["I50."], "I11.0"),
    ("I10", &["N18.5", "N18.6"], "I12.0"),
    ("I10", &["N18."], "I12.9"),
    ("I11.0", &["N18.5", "N18.6"], "I13.2"),
    ("I11.0", &["N18."], "I13.0"),
    ("I12.0", &["I50."], "I13.2"),
    ("I12.9", &["I50."], "I13.0"),
    ("E11.9", &["N18."], "E11.22"),
    ("E10.9", &["N18."], "E10.22"),
];

/// Puts the combination in the place of hypertension or diabetes beside heart failure or chronic kidney disease, where the
/// combination is a candidate at all.
pub(super) fn presumed(chosen: &mut [usize], why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    for (first, beside, combination) in PRESUMED {
        let Some(at) = chosen.iter().position(|r| code(*r) == *first) else { continue };
        if !chosen.iter().any(|r| beside.iter().any(|b| code(*r).starts_with(b))) {
            continue;
        }
        let Some(row) = (0..table.codes.len()).find(|r| code(*r) == *combination).filter(|r| !chosen.contains(r)) else {
            continue;
        };
        why_not[chosen[at]] = Some(WhyNot::Combined(table.codes[row]));
        why_not[row] = None;
        chosen[at] = row;
    }
}

/// A patient has one type of diabetes: where type 1 is on the claim, what came out as type 2, which stands for a type that is not
/// said (guidelines I.C.4.a.2), is the same complication of type 1, and "without complications" gives way to it.
pub(super) fn one_type_of_diabetes(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let Some(first) = chosen.iter().copied().find(|r| code(*r).starts_with("E10.")) else { return };
    for row in chosen.clone() {
        let Some(complication) = code(row).strip_prefix("E11.") else { continue };
        let same = (0..table.codes.len()).find(|r| code(*r).strip_prefix("E10.") == Some(complication));
        let Some(same) = same else { continue };
        why_not[row] = Some(WhyNot::Sibling(table.codes[first]));
        why_not[same] = None;
        match chosen.iter().position(|r| *r == row) {
            Some(at) if !chosen.contains(&same) => chosen[at] = same,
            _ => chosen.retain(|r| *r != row),
        }
    }
    let complicated = chosen.iter().copied().find(|r| code(*r).starts_with("E10.") && code(*r) != "E10.9");
    if let Some(complicated) = complicated {
        for plain in chosen.iter().copied().filter(|r| code(*r) == "E10.9").collect::<Vec<_>>() {
            why_not[plain] = Some(WhyNot::Sibling(table.codes[complicated]));
        }
        chosen.retain(|r| code(*r) != "E10.9");
    }
}

/// A fracture with osteoporosis is one code of M80, and no code of an injury stands beside it for the same bone (guidelines
/// I.C.13.d.2). Each row: what M80 calls the site, and the injuries of its bones.
const OSTEOPOROTIC: &[(&str, &[&str])] = &[
    ("M80.-1", &["S42"]),
    ("M80.-2", &["S42"]),
    ("M80.-3", &["S52"]),
    ("M80.-4", &["S62"]),
    ("M80.-5", &["S72"]),
    ("M80.-6", &["S82"]),
    ("M80.-7", &["S82", "S92"]),
    ("M80.-8", &["S12", "S22", "S32", "M48.5", "M84.4"]),
    ("M80.-A", &["S22", "S32"]),
];

/// Leaves out the injury beside the osteoporotic fracture of its bone.
pub(super) fn osteoporotic_fractures(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let all = chosen.clone();
    chosen.retain(|row| {
        let injury = lexicon.code(table.codes[*row]);
        let with = all.iter().copied().find(|other| {
            let code = lexicon.code(table.codes[*other]);
            code.starts_with("M80.")
                && OSTEOPOROTIC.iter().any(|(site, injuries)| {
                    code.as_bytes().get(5) == site.as_bytes().get(5) && injuries.iter().any(|i| injury.starts_with(i))
                })
        });
        if let Some(with) = with {
            why_not[*row] = Some(WhyNot::Combined(table.codes[with]));
        }
        with.is_none()
    });
}

/// A routine examination at which something acute or a sign was found is one with abnormal findings (guidelines
/// I.C.21.c.13: Z00.01, Z00.121); known chronic diseases are none.
pub(super) fn abnormal_findings(chosen: &mut [usize], why_not: &mut [Option<WhyNot>], table: &Table, lexicon: &Lexicon) {
    let code = |row: usize| lexicon.code(table.codes[row]);
    let acute = |code: &str| {
        let within = |from: &str, to: &str| (from..to).contains(&code);
        within("A00", "B20")
            || within("H10", "H11")
            || within("H60", "H61")
            || within("H65", "H68")
            || within("J00", "J07")
            || within("J10", "J23")
            || within("L00", "L09")
            || within("N30", "N31")
            || code == "N39.0"
            || within("R00", "R98")
            || within("S00", "T35")
    };
    if !chosen.iter().any(|r| acute(code(*r))) {
        return;
    }
    for (normal, abnormal) in [("Z00.129", "Z00.121"), ("Z00.00", "Z00.01")] {
        let Some(at) = chosen.iter().position(|r| code(*r) == normal) else { continue };
        let Some(other) = (0..table.codes.len()).find(|r| code(*r) == abnormal) else { continue };
        if !chosen.contains(&other) {
            why_not[chosen[at]] = Some(WhyNot::Sibling(table.codes[other]));
            why_not[other] = None;
            chosen[at] = other;
        }
    }
}

pub(super) fn is_pair(a: Side, b: Side) -> bool {
    matches!((a, b), (Side::Right, Side::Left) | (Side::Left, Side::Right))
}

/// Both codes are of the same encounter (or have none).
pub(super) fn encounter_of(a: CodeId, b: CodeId, lexicon: &Lexicon) -> bool {
    let seventh = |code: CodeId| lexicon.code(code).as_bytes().get(7).copied();
    seventh(a) == seventh(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that remain when symptoms, then unspecified codes are left out.
    fn after(codes: &[(&str, f32)]) -> Vec<String> {
        let lexicon = Lexicon::open(std::path::Path::new("codesets/lexicon.bin")).expect("the dictionary");
        let ids = codes.iter().map(|(code, _)| lexicon.code_id(code).expect("a code")).collect();
        let table = Table { codes: ids, values: Vec::new(), width: 0, names: None };
        let probabilities: Vec<f32> = codes.iter().map(|(_, p)| *p).collect();
        let (mut chosen, mut why_not): (Vec<usize>, _) = ((0..codes.len()).collect(), vec![None; codes.len()]);
        leave_out_symptoms(&mut chosen, &mut why_not, &table, &probabilities, &lexicon);
        leave_out_unspecified(&mut chosen, &mut why_not, &table, &lexicon);
        chosen.iter().map(|row| codes[*row].0.to_owned()).collect()
    }

    #[test]
    fn unspecified_beside_specified_says_nothing_more() {
        assert_eq!(after(&[("C71.9", 0.9), ("C71.3", 0.6)]), ["C71.3"]);
        assert_eq!(after(&[("C71.9", 0.9), ("G40.909", 0.6)]), ["C71.9", "G40.909"]);
        assert_eq!(after(&[("F17.210", 0.9), ("F43.9", 0.6), ("F43.10", 0.6)]).len(), 3, "mental disorders stand together");
    }

    #[test]
    fn a_symptom_gives_way_to_its_disease_unless_it_is_much_likelier() {
        assert_eq!(after(&[("G43.909", 0.9), ("R51.9", 0.6)]), ["G43.909"]);
        assert_eq!(after(&[("G43.909", 0.7), ("R51.9", 0.75)]), ["G43.909"]);
        assert_eq!(after(&[("G43.909", 0.5), ("R51.9", 0.76)]), ["R51.9"]);
        assert_eq!(after(&[("M17.11", 0.5), ("M25.562", 0.9)]), ["M17.11", "M25.562"], "the other knee");
        // Back pain goes with the disc that holds, though it is likelier than the doubtful one.
        assert_eq!(after(&[("M48.061", 0.9), ("M51.26", 0.5), ("M54.50", 0.8)]), ["M48.061", "M51.26"]);
        // What gave way does not drive out its own disease.
        assert_eq!(after(&[("M54.9", 0.9), ("M54.50", 0.7), ("M51.26", 0.5)]), ["M54.9"]);
    }
}
