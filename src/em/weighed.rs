//! Where neither the context nor a title says what service it was, the words of the whole note do (`setting.rs`).
use super::category::Found;
use super::codes::Category;
use super::setting::{BySetting, Setting};
use super::setting_words;
use super::view::View;
use crate::note::NoteType;

/// How probable a report must be to take away a visit that rests on nothing but a default, one with words of its own, and one
/// of a family that words seldom name by chance.
const DEFAULT: f64 = 0.5;
const SAID: f64 = 0.75;
const NAMED: f64 = 0.95;
/// Between these it is asked whether there was a visit.
const ASK_FROM: f64 = 0.25;
const ASK_TO: f64 = 0.85;
/// A setting away from the office is asked about below this.
const PLACE_SURE: f64 = 0.7;

/// The setting: by the given kind of note and place where they decide it, else the likeliest by the note's words.
pub fn setting(view: &View, kind: NoteType, told: bool, place: &str, weights: &BySetting) -> Setting {
    use Setting as S;
    let likeliest = |among: &[Setting]| {
        among.iter().copied().max_by(|a, b| weights[*a as usize].total_cmp(&weights[*b as usize])).unwrap_or(S::Established)
    };
    let office = [S::Established, S::New];
    match (kind, place) {
        (NoteType::Discharge, _) if told => S::Discharge,
        (_, "23") => S::Emergency,
        (NoteType::Inpatient, _) if told => likeliest(&[S::HospitalInitial, S::HospitalSubsequent]),
        (_, "21") => likeliest(&[S::HospitalInitial, S::HospitalSubsequent, S::Discharge]),
        (NoteType::Emergency, _) if told => S::Emergency,
        (NoteType::Consult, "11" | "02" | "10") if told => likeliest(&office),
        (NoteType::Consult, _) if told => {
            let inside = weights[S::HospitalInitial as usize] + weights[S::HospitalSubsequent as usize];
            let outside = weights[S::Established as usize] + weights[S::New as usize];
            if inside > outside { S::HospitalInitial } else { likeliest(&office) }
        }
        (NoteType::Office | NoteType::Preventive | NoteType::Telehealth, _) if told => likeliest(&office),
        (_, "11" | "02" | "10") => likeliest(&office),
        _ => {
            // Both kinds of office visit together against each other setting.
            let best = likeliest(&Setting::ALL[3..]);
            let outside = weights[S::Established as usize] + weights[S::New as usize];
            match best {
                // Without its thirty minutes it is a visit where it was given.
                S::CriticalCare if outside < weights[best as usize] => {
                    likeliest(&[S::HospitalInitial, S::HospitalSubsequent, S::Emergency])
                }
                _ if outside < weights[best as usize] => best,
                _ => setting_words::inside(view, weights).unwrap_or_else(|| likeliest(&office)),
            }
        }
    }
}

/// Takes a visit away where the words of the whole note tell of none, and asks where they leave it open. `sure` is a category
/// that a title or the context names.
pub fn weigh(found: Found, weights: &BySetting, sure: bool) -> Found {
    use Category as C;
    let report = weights[Setting::Report as usize];
    let said = if found.evidence.is_empty() { DEFAULT } else { SAID };
    let needed = match found.category {
        _ if sure => return found,
        C::OfficeNew | C::OfficeEstablished | C::OfficeConsult | C::HospitalInitial | C::HospitalSubsequent => said,
        C::Emergency | C::HomeNew | C::HomeEstablished | C::HospitalDischarge | C::Newborn => said,
        C::NursingSubsequent | C::NursingInitial | C::PreventiveNew | C::PreventiveEstablished | C::HospitalConsult => NAMED,
        _ => return found,
    };
    let away = place(found.category).map_or(1.0, |settings| settings.iter().map(|s| weights[*s as usize]).sum());
    let place_unsure = away + report < PLACE_SURE;
    let visit_unsure = (ASK_FROM..ASK_TO).contains(&report);
    if report < needed {
        return Found { visit_unsure, place_unsure, ..found };
    }
    let reason = "the words of the note as a whole tell of a procedure, a test or another service and of no visit beside it";
    Found { visit_unsure, ..Found::new(C::NotAVisit, reason, Vec::new()) }
}

/// The settings that a category away from the office rests on.
fn place(category: Category) -> Option<&'static [Setting]> {
    use Category as C;
    use Setting as S;
    Some(match category {
        C::Emergency => &[S::Emergency, S::CriticalCare],
        C::HospitalInitial | C::HospitalSubsequent | C::HospitalConsult => {
            &[S::HospitalInitial, S::HospitalSubsequent, S::Discharge, S::CriticalCare]
        }
        C::HospitalDischarge => &[S::Discharge],
        C::HomeNew | C::HomeEstablished => &[S::Home],
        C::Newborn => &[S::Newborn],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(probability: f64) -> BySetting {
        let mut weights = BySetting::default();
        weights[Setting::Report as usize] = probability;
        weights[Setting::Established as usize] = 1.0 - probability;
        weights
    }

    #[test]
    fn a_default_visit_gives_way_to_the_words_of_the_note() {
        let visit = || Found::new(Category::OfficeEstablished, "by default", Vec::new());
        assert_eq!(weigh(visit(), &report(0.6), false).category, Category::NotAVisit);
        assert_eq!(weigh(visit(), &report(0.6), true).category, Category::OfficeEstablished);
        let asked = weigh(visit(), &report(0.4), false);
        assert!(asked.category == Category::OfficeEstablished && asked.visit_unsure);
        assert!(!weigh(visit(), &report(0.1), false).visit_unsure);
    }
}
