//! A service is done for something: where no diagnosis of the claim belongs to the organ or the usual reasons of a line, the
//! likeliest candidate that does is its indication (a claim line needs a diagnosis that supports it).
use super::service_diagnoses::letter;
use crate::claim::{Candidate, Diagnosis, Line};
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::diagnoses::TOO_LITTLE;
use crate::coding::diagnoses::select::MOST;
use crate::coding::procedures::affinity::{chapters, reasons};

/// A candidate is an indication from this probability on: of those added to labelled short encounters two in three are right.
const LEAST: f32 = 0.3;

/// A lump, a growth of unknown nature, a malformation or an encounter for the operation supports every service.
const ANY_SERVICE: &[&str] = &["D4", "Q", "R22", "Z4"];

/// Adds the indications and points their lines to them.
pub(super) fn add(diagnoses: &mut Vec<Diagnosis>, candidates: &mut Vec<Candidate>, lines: &mut [Line], icd10cm: &Icd10cm) {
    for line in lines.iter_mut() {
        let stems: Vec<&str> = reasons(&line.code).iter().chain(chapters(&line.code)).copied().collect();
        let belongs = |code: &str| stems.iter().any(|stem| code.starts_with(stem));
        let supports = |d: &Diagnosis| belongs(&d.code) || ANY_SERVICE.iter().any(|stem| d.code.starts_with(stem));
        if stems.is_empty() || diagnoses.len() >= MOST || diagnoses.iter().any(supports) {
            continue;
        }
        let found = candidates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.system == "icd10cm" && c.confidence >= LEAST && c.why_not == TOO_LITTLE)
            // Reasons that a service states by itself are known (`stated_reasons`).
            .filter(|(_, c)| belongs(&c.code) && !c.code.starts_with('Z'))
            .max_by(|a, b| a.1.confidence.total_cmp(&b.1.confidence).then(b.0.cmp(&a.0)));
        let Some((at, _)) = found else { continue };
        let candidate = candidates.remove(at);
        diagnoses.push(Diagnosis {
            title: icd10cm.find(&candidate.code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default(),
            code: candidate.code,
            confidence: candidate.confidence,
            source: vec!["service".to_owned()],
            evidence: candidate.evidence,
            reason: "the likeliest indication of a service that no other diagnosis supports".to_owned(),
            ..Diagnosis::default()
        });
        letter(diagnoses);
        let pointer = diagnoses.last().map(|d| d.pointer.clone());
        line.pointers.splice(0..0, pointer);
        line.pointers.truncate(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeset::CodeSets;

    /// Codes and the line's pointers after candidates of these probabilities.
    fn after(chosen: &[&str], left: &[(&str, f32)], service: &str) -> (Vec<String>, String) {
        let tables =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let mut diagnoses: Vec<Diagnosis> =
            chosen.iter().map(|c| Diagnosis { code: (*c).to_owned(), ..Diagnosis::default() }).collect();
        letter(&mut diagnoses);
        let candidate = |(code, confidence): &(&str, f32)| Candidate {
            system: "icd10cm".to_owned(),
            code: (*code).to_owned(),
            confidence: *confidence,
            why_not: TOO_LITTLE.to_owned(),
            evidence: Vec::new(),
        };
        let mut candidates: Vec<Candidate> = left.iter().map(candidate).collect();
        let mut lines = [Line { code: service.to_owned(), pointers: vec!["A".to_owned()], ..Line::default() }];
        add(&mut diagnoses, &mut candidates, &mut lines, &tables.icd10cm);
        (diagnoses.into_iter().map(|d| d.code).collect(), lines[0].pointers.concat())
    }

    #[test]
    fn an_operation_that_nothing_supports_brings_its_indication() {
        let (codes, pointers) = after(&["R20.0"], &[("M54.2", 0.45), ("L02.411", 0.35)], "10061");
        assert_eq!(codes, ["R20.0", "L02.411"]);
        assert_eq!(pointers, "BA");
    }

    #[test]
    fn a_supported_line_or_a_weak_candidate_brings_none() {
        assert_eq!(after(&["L02.212"], &[("L02.411", 0.45)], "10061").0, ["L02.212"]);
        assert_eq!(after(&["R20.0"], &[("L02.411", 0.25)], "10061").0, ["R20.0"]);
        assert_eq!(after(&["R20.0"], &[("L02.411", 0.45)], "99213").0, ["R20.0"]);
        assert_eq!(after(&["D49.4"], &[("C67.2", 0.45)], "52235").0, ["D49.4"]);
        assert_eq!(after(&["R19.7"], &[("Z12.11", 0.45)], "82270").0, ["R19.7"]);
    }
}
