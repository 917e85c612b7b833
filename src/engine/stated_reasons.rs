//! Reasons for an encounter that a service states by itself (guidelines I.C.21.c: contraception, attention to devices, screening,
//! sterilization; I.C.2.e.2: encounters for chemotherapy and radiation; I.C.15.a.5: outcome of delivery).
use super::service_diagnoses::{EXAMINATION_CONFIDENCE, diagnosis, lead, letter, retain};
use crate::claim::{Diagnosis, Line};
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::diagnoses::select::MOST;

/// Whether a reason comes first on the claim.
#[derive(Clone, Copy, PartialEq)]
enum Leads {
    /// The encounter is for it.
    Always,
    /// Where the claim has no line of another service.
    Alone,
    /// It stands behind the others, and no line points to it.
    Never,
}
use Leads::{Alone, Always, Never};

/// A service and its reason.
struct Stated {
    services: &'static [&'static str],
    reason: &'static str,
    /// Beginnings of codes that say it or another reason already.
    said: &'static [&'static str],
    /// Beginnings of codes of which the claim must have one.
    beside: &'static [&'static str],
    leads: Leads,
}

const fn stated(
    services: &'static [&'static str],
    reason: &'static str,
    said: &'static [&'static str],
    beside: &'static [&'static str],
    leads: Leads,
) -> Stated {
    Stated { services, reason, said, beside, leads }
}

/// Immune checkpoint inhibitors.
const IMMUNOTHERAPY: &[&str] = &["J9271", "J9299", "J9022", "J9173", "J9228", "J9119", "J9023"];
const CHEMOTHERAPY: &[&str] = &["96401", "96409", "96413", "96416"];
const RADIATION: &[&str] = &["77373", "77385", "77386", "77402", "77407", "77412"];
const DELIVERY: &[&str] =
    &["59400", "59409", "59410", "59510", "59514", "59515", "59610", "59612", "59614", "59618", "59620", "59622"];
const PACEMAKER: &[&str] = &["93279", "93280", "93281", "93286", "93288", "93294"];
const DEFIBRILLATOR: &[&str] = &["93282", "93283", "93284", "93287", "93289", "93295", "33262", "33263", "33264"];

/// What a biopsy of the skin may be done for, beside lesions that are treated without one.
const SKIN: &[&str] = &[
    "B", "C", "D0", "D2", "D3", "D4", "D69", "L0", "L1", "L2", "L3", "L4", "L50", "L51", "L52", "L53", "L56", "L80", "L81",
    "L83", "L9", "M3", "M79.3", "Q82", "R2", "S", "T", "Z48",
];

const REASONS: &[Stated] = &[
    // Sterilization (I.C.21.c.11); salpingectomy for disease has other codes.
    stated(&["55250", "58600", "58605", "58611", "58615", "58670", "58671"], "Z30.2", &["Z30.2"], &[], Alone),
    stated(&["54150", "54160", "54161"], "Z41.2", &["Z41.2", "N47", "N48", "Q5"], &[], Alone),
    // Contraception.
    stated(&["11982", "11983"], "Z30.46", &["Z30"], &[], Alone),
    stated(&["J7307"], "Z30.017", &["Z30"], &[], Always),
    stated(&["58300"], "Z30.430", &["Z30.43", "N8", "N9", "D25", "T83"], &[], Alone),
    stated(&["58301"], "Z30.432", &["Z30", "T83"], &[], Alone),
    stated(&["J1050"], "Z30.42", &["Z30", "N8", "N9", "O", "C", "E28"], &[], Alone),
    // Screening.
    stated(&["77067"], "Z12.31", &["Z12.3"], &[], Alone),
    stated(&["G0121", "82270", "82274", "81528"], "Z12.11", &["Z12.1", "K", "R19", "D50", "Z86.010", "Z09"], &[], Alone),
    stated(&["86580"], "Z11.1", &["Z11", "Z02", "Z20", "R76.1"], &[], Alone),
    stated(&["77080"], "Z13.820", &["Z13.82", "M8", "E2", "N95", "Z79", "Z09"], &[], Alone),
    stated(&["71271"], "Z12.2", &["Z12.2"], &[], Always),
    stated(&["76706"], "Z13.6", &["Z13.6", "I71"], &[], Always),
    stated(&["G0444"], "Z13.31", &["Z13.3", "F32", "F33"], &[], Alone),
    stated(&["G0442"], "Z13.39", &["Z13.39", "F10"], &[], Alone),
    stated(&["Q0091", "G0101"], "Z12.4", &["Z12.4", "Z12.7", "Z01.41", "N87", "R87"], &[], Alone),
    stated(&["90378", "90380", "90381"], "Z29.11", &["Z29"], &[], Alone),
    // Attention to devices.
    stated(PACEMAKER, "Z45.018", &["Z45", "T82"], &[], Alone),
    stated(DEFIBRILLATOR, "Z45.02", &["Z45", "T82"], &[], Alone),
    stated(&["33227", "33228", "33229"], "Z45.010", &["Z45", "T82"], &[], Always),
    stated(&["93285", "93291", "93298"], "Z45.09", &["Z45", "T82"], &[], Always),
    stated(&["96523", "36589", "36590"], "Z45.2", &["Z45", "T80", "T82"], &[], Always),
    stated(&["20670", "20680"], "Z47.2", &["Z47", "T84", "T85", "M96"], &[], Always),
    stated(&["52310", "52315"], "Z46.6", &["Z46", "T83", "T19"], &[], Alone),
    // Drugs: the level is watched beside the drug's own status.
    stated(&["85610", "93793"], "Z51.81", &["Z51.81"], &["Z79.01"], Always),
    // Treatment of a neoplasm.
    stated(IMMUNOTHERAPY, "Z51.12", &["Z51"], &["C"], Always),
    stated(CHEMOTHERAPY, "Z51.11", &["Z51"], &["C"], Always),
    stated(RADIATION, "Z51.0", &["Z51"], &["C", "D0"], Always),
    // A lesion that is biopsied has no nature yet (I.C.2: D49); a growth, a rash or a scar that is known says more.
    stated(&["11102", "11104", "11106"], "D49.2", SKIN, &[], Alone),
    stated(&["95115", "95117", "95165"], "J30.9", &["J30", "J45", "H10", "L50", "T63", "Z91"], &[], Alone),
    stated(&["88720"], "P59.9", &["P55", "P57", "P58", "P59"], &[], Never),
    stated(&["99188", "D1206"], "Z29.3", &["Z29.3"], &[], Never),
    // The extent of a burn of less than a tenth of the body (I.C.19.d.6).
    stated(&["16000", "16020"], "T31.0", &["T31", "T32"], &["T20", "T21", "T22", "T23", "T24", "T25"], Never),
    stated(DELIVERY, "Z37.0", &["Z37", "Z38", "O30", "O36.4"], &[], Never),
];

/// Which encounter of contraceptive management today's services make (Z30.43-, Z30.46, Z30.017).
fn contraception(lines: &[Line]) -> Option<&'static str> {
    let has = |codes: &[&str]| lines.iter().any(|l| codes.contains(&l.code.as_str()));
    match (has(&["58300"]), has(&["58301"])) {
        (true, true) => Some("Z30.433"),
        (true, false) => Some("Z30.430"),
        (false, true) => Some("Z30.432"),
        (false, false) if has(&["11982", "11983"]) => Some("Z30.46"),
        (false, false) if has(&["J7307"]) => Some("Z30.017"),
        (false, false) => None,
    }
}

/// Puts the encounter that today's services make in the place of others of contraceptive management.
pub(super) fn agree(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], icd10cm: &Icd10cm) {
    let Some(right) = contraception(lines) else { return };
    let is_other =
        |d: &Diagnosis| d.code != right && ["Z30.43", "Z30.46", "Z30.017", "Z30.014"].iter().any(|s| d.code.starts_with(s));
    if !diagnoses.iter().any(|d| d.code == right)
        && let Some(found) = diagnoses.iter_mut().find(|d| is_other(d))
    {
        found.code = right.to_owned();
        found.title = icd10cm.find(right).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default();
        found.reason = "what the service of today says".to_owned();
    }
    let stays: Vec<bool> = diagnoses.iter().map(|d| !is_other(d)).collect();
    if stays.iter().any(|s| !*s) {
        retain(diagnoses, lines, &stays);
    }
}

/// Adds the reasons, where no diagnosis gives one, and points their services' lines to them.
pub(super) fn add(diagnoses: &mut Vec<Diagnosis>, lines: &mut [Line], icd10cm: &Icd10cm) {
    for row in REASONS {
        let its = |l: &Line| row.services.contains(&l.code.as_str());
        let begins = |all: &[&str]| diagnoses.iter().any(|d| all.iter().any(|s| d.code.starts_with(s)));
        let Some(evidence) = lines.iter().find(|l| its(l)).map(|l| l.evidence.clone()) else { continue };
        if diagnoses.len() >= MOST || begins(row.said) || !(row.beside.is_empty() || begins(row.beside)) {
            continue;
        }
        let why = "the service is done for this reason";
        let new = diagnosis(row.reason, EXAMINATION_CONFIDENCE, evidence, why, icd10cm);
        if row.leads == Always || (row.leads == Alone && lines.iter().all(its)) {
            lead(diagnoses, lines, new);
        } else {
            diagnoses.push(new);
            letter(diagnoses);
        }
        let added = diagnoses.iter().find(|d| d.code == row.reason).map(|d| d.pointer.clone());
        let Some(pointer) = added.filter(|_| row.leads != Never) else { continue };
        for line in lines.iter_mut().filter(|l| its(l)) {
            line.pointers.insert(0, pointer.clone());
            line.pointers.truncate(4);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeset::CodeSets;

    fn line(code: &str, pointers: &[&str]) -> Line {
        Line { code: code.to_owned(), pointers: pointers.iter().map(|p| (*p).to_owned()).collect(), ..Line::default() }
    }

    fn found(codes: &[&str]) -> Vec<Diagnosis> {
        let mut all: Vec<Diagnosis> = codes.iter().map(|c| Diagnosis { code: (*c).to_owned(), ..Diagnosis::default() }).collect();
        letter(&mut all);
        all
    }

    /// Codes and each line's pointers after the reasons.
    fn after(codes: &[&str], mut lines: Vec<Line>) -> (Vec<String>, Vec<String>) {
        let tables =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let mut diagnoses = found(codes);
        add(&mut diagnoses, &mut lines, &tables.icd10cm);
        (diagnoses.into_iter().map(|d| d.code).collect(), lines.iter().map(|l| l.pointers.concat()).collect())
    }

    #[test]
    fn a_service_states_its_reason_once() {
        let (codes, pointers) = after(&["E78.5"], vec![line("77067", &["A"]), line("G0121", &["A"])]);
        assert_eq!(codes, ["E78.5", "Z12.31", "Z12.11"]);
        assert_eq!(pointers, ["BA", "CA"]);
        let (codes, _) = after(&["K63.5"], vec![line("82274", &["A"])]);
        assert_eq!(codes, ["K63.5"], "a finding is the reason");
    }

    #[test]
    fn the_reason_of_the_only_service_leads() {
        let (codes, pointers) = after(&["Z80.3"], vec![line("77067", &["A"])]);
        assert_eq!(codes, ["Z12.31", "Z80.3"]);
        assert_eq!(pointers, ["AB"]);
        let (codes, pointers) = after(&["I49.5"], vec![line("93280", &["A"])]);
        assert_eq!(codes, ["Z45.018", "I49.5"]);
        assert_eq!(pointers, ["AB"]);
        let (codes, pointers) = after(&["I49.5"], vec![line("93280", &["A"]), line("93000", &["A"])]);
        assert_eq!(codes, ["I49.5", "Z45.018"]);
        assert_eq!(pointers, ["BA", "A"]);
    }

    #[test]
    fn the_encounter_for_contraception_is_that_of_the_service() {
        let tables =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let mut diagnoses = found(&["Z30.431"]);
        agree(&mut diagnoses, &mut [line("58301", &["A"])], &tables.icd10cm);
        assert_eq!(diagnoses[0].code, "Z30.432");
        agree(&mut diagnoses, &mut [line("58301", &["A"]), line("58300", &["A"])], &tables.icd10cm);
        assert_eq!(diagnoses[0].code, "Z30.433");
        agree(&mut diagnoses, &mut [line("99213", &["A"])], &tables.icd10cm);
        assert_eq!(diagnoses[0].code, "Z30.433");
    }

    #[test]
    fn chemotherapy_needs_its_neoplasm_and_a_delivery_points_to_no_outcome() {
        let (codes, _) = after(&["C50.911"], vec![line("96413", &["A"]), line("J9271", &["A"])]);
        assert_eq!(codes, ["Z51.12", "C50.911"]);
        let (codes, _) = after(&["M06.9"], vec![line("96413", &["A"])]);
        assert_eq!(codes, ["M06.9"]);
        let (codes, pointers) = after(&["O80"], vec![line("59409", &["A"])]);
        assert_eq!(codes, ["O80", "Z37.0"]);
        assert_eq!(pointers, ["A"]);
        let (codes, _) = after(&["D68.51"], vec![line("85610", &["A"])]);
        assert_eq!(codes, ["D68.51"]);
    }
}
