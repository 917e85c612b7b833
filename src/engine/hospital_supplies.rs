//! What a hospital supplies in its emergency department is on the hospital's claim, not on the physician's: drugs, their injection and
//! infusion by its nurses, vaccines (42 CFR 410.26(b)(1): incident-to services are those of a place that is no institution).
//! Known only once the visit is leveled: before, the note's first words of a place are wrong too often.
use super::service_diagnoses::{self, is_vaccination};
use crate::codeset::CodeSets;
use crate::coding::procedures::ProcedureCoding;
use crate::coding::procedures::named::states_code;
use crate::em::EmResult;

/// In an entry of a line or two the vaccine is often what was done, wherever: of 17 in training notes 12 were right; in longer notes none of 7.
const ENTRY: usize = 300;

const WHY: &str = "The hospital supplies it in its emergency department: not on the physician's claim.";

/// Takes them off where the visit is one of an emergency department, unless the note states the code.
pub(super) fn take_off(em: &EmResult, services: &mut ProcedureCoding, text: &str, code_sets: &CodeSets) {
    if !em.code.as_deref().is_some_and(|code| ("99281"..="99285").contains(&code)) {
        return;
    }
    let supplied = |code: &str| is_drug_or_infusion(code) || text.len() >= ENTRY && is_vaccination(code);
    service_diagnoses::take_off(services, code_sets, WHY, |code| supplied(code) && !states_code(text, code));
}

fn is_drug_or_infusion(code: &str) -> bool {
    code.starts_with('J') || ("96360".."96380").contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Line;

    fn after(visit: &str, codes: &[&str], text: &str) -> Vec<String> {
        let sets =
            CodeSets::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets").as_path()).expect("code sets");
        let em = EmResult { code: Some(visit.to_owned()), ..EmResult::default() };
        let line = |code: &&str| Line { code: (*code).to_owned(), ..Line::default() };
        let mut services = ProcedureCoding { lines: codes.iter().map(line).collect(), ..ProcedureCoding::default() };
        take_off(&em, &mut services, text, &sets);
        assert_eq!(services.lines.len() + services.candidates.len(), codes.len());
        services.lines.into_iter().map(|l| l.code).collect()
    }

    #[test]
    fn the_physician_bills_what_he_did_himself() {
        let codes = ["12001", "J1885", "96372", "90715", "90471"];
        assert_eq!(after("99283", &codes, &"word ".repeat(80)), ["12001"]);
        assert_eq!(after("99283", &codes, "Tdap given, lac closed."), ["12001", "90715", "90471"]);
    }

    #[test]
    fn an_office_supplies_its_own() {
        assert_eq!(after("99213", &["J1885", "96372"], &"word ".repeat(80)), ["J1885", "96372"]);
    }

    #[test]
    fn a_stated_code_stays() {
        assert_eq!(after("99284", &["J1885"], "Ketorolac 30 mg (HCPCS J1885)."), ["J1885"]);
    }
}
