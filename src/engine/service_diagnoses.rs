//! Diagnoses that a service states by itself: a vaccine given is an encounter for immunization (guidelines I.C.21.c.2), a
//! preventive visit one for a general examination (I.C.21.c.13). The ranking weighs words, and short notes often have none
//! for these.
use crate::claim::{Diagnosis, Line};
use crate::codeset::CodeSets;
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::diagnoses::select::MOST;
use crate::coding::procedures::ProcedureCoding;
use crate::coding::procedures::named::states_code;
use crate::coding::procedures::ncci::left_off;
use crate::document::Evidence;
use crate::em::EmResult;

/// How often such a code stood on the labelled claims where its service did.
const CONFIDENCE: f32 = 0.9;
/// Where a general examination's findings are weighed, the choice between its two codes is less sure.
pub(super) const EXAMINATION_CONFIDENCE: f32 = 0.75;

/// Why a vaccine is taken off.
const NO_IMMUNIZATION: &str = "Nothing in the note as a whole says that the patient was immunized here (no Z23).";

/// Takes vaccines off the claim where the diagnoses, which weigh the whole note, have no immunization (Z23), unless the note states the
/// code: of 28 such lines of training notes and unread ones 25 were wrong, vaccines of a record, of a refusal, of another's doing.
pub(super) fn vaccines_without_reason(diagnoses: &[Diagnosis], services: &mut ProcedureCoding, text: &str, code_sets: &CodeSets) {
    if diagnoses.is_empty() || diagnoses.iter().any(|d| d.code == "Z23") {
        return;
    }
    take_off(services, code_sets, NO_IMMUNIZATION, |code| is_vaccination(code) && !states_code(text, code));
}

/// Takes lines off the claim with their questions; they stay among the candidates, with the reason.
pub(super) fn take_off(services: &mut ProcedureCoding, code_sets: &CodeSets, why: &str, is_off: impl Fn(&str) -> bool) {
    let (off, kept): (Vec<Line>, Vec<Line>) = std::mem::take(&mut services.lines).into_iter().partition(|l| is_off(&l.code));
    services.lines = kept;
    services.queries.retain(|q| !off.iter().any(|l| q.about == format!("line:{}", l.code)));
    services.candidates.extend(off.iter().map(|l| left_off(code_sets, l, why.to_owned())));
}

/// Adds Z23 where a vaccine was given, and points its lines to it.
pub(super) fn immunization(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], icd10cm: &Icd10cm) {
    let given: Vec<usize> = (0..lines.len()).filter(|i| is_vaccination(&lines[*i].code)).collect();
    let Some(first) = given.first().map(|i| &lines[*i]) else { return };
    if !diagnoses.iter().any(|d| d.code == "Z23") {
        if diagnoses.len() >= MOST {
            return;
        }
        let evidence = first.evidence.clone();
        let new = diagnosis("Z23", CONFIDENCE, evidence, "a vaccine was given at this encounter", icd10cm);
        diagnoses.push(new);
        letter(diagnoses);
    }
    let Some(pointer) = diagnoses.iter().find(|d| d.code == "Z23").map(|d| d.pointer.clone()) else { return };
    for i in given {
        lines[i].pointers = vec![pointer.clone()];
    }
}

/// Puts the code of a general examination first where the visit is a preventive one and no diagnosis says so.
pub(super) fn examination(
    diagnoses: &mut Vec<Diagnosis>,
    lines: &mut [Line],
    em: &EmResult,
    age_years: Option<u16>,
    icd10cm: &Icd10cm,
) {
    let preventive =
        em.code.as_deref().is_some_and(|c| ("99381".."99398").contains(&c) || matches!(c, "G0402" | "G0438" | "G0439"));
    let states = |d: &Diagnosis| ["Z00", "Z01", "Z02", "Z38", "Z76.1"].iter().any(|p| d.code.starts_with(p));
    if preventive && !diagnoses.first().is_some_and(states) {
        to_front(diagnoses, lines, |d| d.code.starts_with("Z00.0") || d.code.starts_with("Z00.1"));
    }
    if !preventive || diagnoses.iter().any(states) || diagnoses.len() >= MOST {
        return;
    }
    // A problem that got a visit of its own is an abnormal finding of the examination.
    let abnormal = !em.additional.is_empty();
    let child = age_years.map(|a| a < 18).or_else(|| em.code.as_deref().and_then(of_child)).unwrap_or(false);
    let code = match (child, abnormal) {
        (true, true) => "Z00.121",
        (true, false) => "Z00.129",
        (false, true) => "Z00.01",
        (false, false) => "Z00.00",
    };
    let reason = "the visit is a preventive one";
    let new = diagnosis(code, EXAMINATION_CONFIDENCE, em.category_evidence.clone(), reason, icd10cm);
    lead(diagnoses, lines, new);
}

/// Puts the encounter for immunization first where the claim has vaccines and nothing else.
pub(super) fn vaccination_alone(diagnoses: &mut [Diagnosis], lines: &mut [Line]) {
    if !lines.is_empty() && lines.iter().all(|l| is_vaccination(&l.code)) {
        to_front(diagnoses, lines, |d| d.code == "Z23");
    }
}

/// Puts the first diagnosis that is meant in front of the others; the lines' pointers follow.
fn to_front(diagnoses: &mut [Diagnosis], lines: &mut [Line], is_meant: impl Fn(&Diagnosis) -> bool) {
    let Some(at) = diagnoses.iter().position(is_meant).filter(|at| *at > 0) else { return };
    let before: Vec<(String, String)> = diagnoses.iter().map(|d| (d.pointer.clone(), d.code.clone())).collect();
    diagnoses[..=at].rotate_right(1);
    letter(diagnoses);
    for pointer in lines.iter_mut().flat_map(|l| &mut l.pointers) {
        let code = before.iter().find(|(letter, _)| letter == pointer).map(|(_, code)| code);
        if let Some(moved) = code.and_then(|code| diagnoses.iter().find(|d| d.code == *code)) {
            pointer.clone_from(&moved.pointer);
        }
    }
}

/// Puts a new diagnosis first; the lines' pointers go on to name what they named.
pub(super) fn lead(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], new: Diagnosis) {
    let before: Vec<String> = diagnoses.iter().map(|d| d.pointer.clone()).collect();
    diagnoses.insert(0, new);
    letter(diagnoses);
    for pointer in lines.iter_mut().flat_map(|l| &mut l.pointers) {
        if let Some(moved) = before.iter().position(|b| b == pointer).and_then(|at| diagnoses.get(at + 1)) {
            *pointer = moved.pointer.clone();
        }
    }
}

/// Puts the screening first where a colonoscopy was begun as one (modifier 33 or PT), whatever it found (guidelines
/// I.C.21.c.5), and no diagnosis names it or a surveillance.
pub(super) fn screening_colonoscopy(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], icd10cm: &Icd10cm) {
    let screening = |l: &&Line| {
        ("45378".."45399").contains(&l.code.as_str()) && l.modifiers.iter().any(|m| matches!(m.as_str(), "33" | "PT"))
    };
    let said = |d: &Diagnosis| ["Z12.1", "Z86.010", "Z80.0", "Z85.0", "Z08", "Z09"].iter().any(|s| d.code.starts_with(s));
    let Some(evidence) = lines.iter().find(screening).map(|l| l.evidence.clone()) else { return };
    if diagnoses.len() >= MOST || diagnoses.iter().any(said) {
        return;
    }
    let new = diagnosis("Z12.11", EXAMINATION_CONFIDENCE, evidence, "the colonoscopy was begun as a screening", icd10cm);
    let before: Vec<String> = diagnoses.iter().map(|d| d.pointer.clone()).collect();
    diagnoses.insert(0, new);
    letter(diagnoses);
    for line in lines.iter_mut() {
        for pointer in &mut line.pointers {
            if let Some(moved) = before.iter().position(|b| b == pointer).and_then(|at| diagnoses.get(at + 1)) {
                *pointer = moved.pointer.clone();
            }
        }
        if screening(&&*line) {
            line.pointers.insert(0, "A".to_owned());
            line.pointers.truncate(4);
        }
    }
}

/// Administration of vaccines and the vaccines themselves; immune globulins and counselling without a vaccine (90482–90484) are none.
pub(super) fn is_vaccination(code: &str) -> bool {
    if ("90482"..="90484").contains(&code) {
        return false;
    }
    ("90460".."90475").contains(&code)
        || ("90476".."90760").contains(&code)
        || matches!(code, "G0008" | "G0009" | "G0010" | "90480")
}

/// Whether a preventive code is a child's, where it tells.
fn of_child(code: &str) -> Option<bool> {
    match code {
        "99381" | "99382" | "99383" | "99384" | "99391" | "99392" | "99393" | "99394" => Some(true),
        _ => Some(false),
    }
}

pub(super) fn diagnosis(code: &str, confidence: f32, evidence: Vec<Evidence>, reason: &str, icd10cm: &Icd10cm) -> Diagnosis {
    Diagnosis {
        pointer: String::new(),
        code: code.to_owned(),
        title: icd10cm.find(code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default(),
        confidence,
        source: vec!["service".to_owned()],
        evidence,
        reason: reason.to_owned(),
    }
}

/// Keeps the diagnoses that stay; pointers follow them, and a line that pointed to others alone points to the first.
pub(super) fn retain(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], stays: &[bool]) {
    let before: Vec<String> = diagnoses.iter().map(|d| d.pointer.clone()).collect();
    let mut kept = stays.iter();
    diagnoses.retain(|_| kept.next().copied().unwrap_or(true));
    letter(diagnoses);
    let mut now = diagnoses.iter().map(|d| d.pointer.clone());
    let moved: Vec<Option<String>> = stays.iter().map(|stays| if *stays { now.next() } else { None }).collect();
    for line in lines.iter_mut() {
        let pointers = line.pointers.iter().filter_map(|p| moved[before.iter().position(|b| b == p)?].clone());
        line.pointers = pointers.collect();
        if line.pointers.is_empty() {
            line.pointers = diagnoses.first().map(|d| d.pointer.clone()).into_iter().collect();
        }
    }
}

/// Letters by place.
pub(super) fn letter(diagnoses: &mut [Diagnosis]) {
    for (position, d) in diagnoses.iter_mut().enumerate() {
        d.pointer = char::from(b'A' + position.min(25) as u8).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Query;

    fn line(code: &str, pointers: &[&str]) -> Line {
        Line { code: code.to_owned(), pointers: pointers.iter().map(|p| (*p).to_owned()).collect(), ..Line::default() }
    }

    fn tables() -> CodeSets {
        CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets")
    }

    #[test]
    fn a_vaccine_is_pointed_to_immunization() {
        let icd10cm = &tables().icd10cm;
        let mut diagnoses = vec![Diagnosis { pointer: "A".into(), code: "I10".into(), ..Diagnosis::default() }];
        let mut lines = [line("90715", &["A"]), line("90471", &[]), line("93000", &["A"])];
        immunization(&mut diagnoses, &mut lines, icd10cm);
        assert_eq!(diagnoses.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["I10", "Z23"]);
        assert_eq!(lines.map(|l| l.pointers.concat()), ["B", "B", "A"]);
    }

    #[test]
    fn a_vaccine_without_immunization_comes_off_with_its_question() {
        let sets = tables();
        let of = |code: &str| Diagnosis { code: code.into(), ..Diagnosis::default() };
        let query = Query { about: "line:90471".into(), question: String::new(), options: Vec::new(), evidence: Vec::new() };
        let services = || ProcedureCoding {
            lines: vec![line("90715", &[]), line("90471", &[]), line("12001", &[]), line("90483", &[])],
            queries: vec![query.clone()],
            ..ProcedureCoding::default()
        };
        let after = |diagnoses: &[Diagnosis], text: &str| {
            let mut services = services();
            vaccines_without_reason(diagnoses, &mut services, text, &sets);
            let lines: Vec<String> = services.lines.into_iter().map(|l| l.code).collect();
            (lines, services.queries.len(), services.candidates.len())
        };
        let code = |codes: &[&str]| codes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        assert_eq!(after(&[of("S61.011A")], "Tdap by the hospital."), (code(&["12001", "90483"]), 0, 2));
        assert_eq!(after(&[of("S61.011A")], "Tdap (CPT 90715)."), (code(&["90715", "12001", "90483"]), 0, 1));
        assert_eq!(after(&[of("S61.011A"), of("Z23")], "Tdap given.").0.len(), 4);
        assert_eq!(after(&[], "Tdap given.").0.len(), 4);
    }

    #[test]
    fn a_screening_colonoscopy_is_one_whatever_it_found() {
        let icd10cm = &tables().icd10cm;
        let polyp = || Diagnosis { pointer: "A".into(), code: "K63.5".into(), ..Diagnosis::default() };
        let colonoscopy = |modifier: &str| Line { modifiers: vec![modifier.to_owned()], ..line("45385", &["A"]) };
        let (mut diagnoses, mut lines) = (vec![polyp()], [colonoscopy("PT")]);
        screening_colonoscopy(&mut diagnoses, &mut lines, icd10cm);
        assert_eq!(diagnoses.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["Z12.11", "K63.5"]);
        assert_eq!(lines.map(|l| l.pointers.concat()), ["AB"]);
        let mut diagnostic = vec![polyp()];
        screening_colonoscopy(&mut diagnostic, &mut [colonoscopy("59")], icd10cm);
        assert_eq!(diagnostic.len(), 1);
    }

    #[test]
    fn a_preventive_visit_states_its_examination_first() {
        let icd10cm = &tables().icd10cm;
        let mut diagnoses = vec![Diagnosis { pointer: "A".into(), code: "Z23".into(), ..Diagnosis::default() }];
        let mut lines = [line("90707", &["A"])];
        let em = EmResult { code: Some("99392".into()), ..EmResult::default() };
        examination(&mut diagnoses, &mut lines, &em, Some(1), icd10cm);
        assert_eq!(diagnoses.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["Z00.129", "Z23"]);
        assert_eq!(lines[0].pointers, ["B"]);
        let visit = EmResult { code: Some("99213".into()), ..EmResult::default() };
        let mut none = Vec::new();
        examination(&mut none, &mut [], &visit, None, icd10cm);
        assert!(none.is_empty());
        let of = |code: &str, pointer: &str| Diagnosis { pointer: pointer.into(), code: code.into(), ..Diagnosis::default() };
        let mut stated = vec![of("E78.5", "A"), of("Z00.00", "B")];
        let mut lines = [line("93000", &["A", "B"])];
        let em = EmResult { code: Some("99396".into()), ..EmResult::default() };
        examination(&mut stated, &mut lines, &em, Some(52), icd10cm);
        assert_eq!(stated.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["Z00.00", "E78.5"]);
        assert_eq!(lines[0].pointers, ["B", "A"]);
    }

    #[test]
    fn a_claim_of_vaccines_is_led_by_immunization() {
        let of = |code: &str, pointer: &str| Diagnosis { pointer: pointer.into(), code: code.into(), ..Diagnosis::default() };
        let mut diagnoses = [of("N18.6", "A"), of("Z23", "B")];
        vaccination_alone(&mut diagnoses, &mut [line("90739", &["B"]), line("G0010", &["B"])]);
        assert_eq!(diagnoses[0].code, "Z23");
        let mut diagnoses = [of("J45.40", "A"), of("Z23", "B")];
        vaccination_alone(&mut diagnoses, &mut [line("90739", &["B"]), line("94010", &["A"])]);
        assert_eq!(diagnoses[0].code, "J45.40");
    }
}
