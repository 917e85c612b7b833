//! Where neither the context nor a title says what service it was, the words of the whole note do (`setting.rs`).
use std::sync::LazyLock;

use regex::Regex;

use super::category::Found;
use super::category_cues::{PROCEDURE_TOLD, VISIT_TOLD};
use super::codes::Category;
use super::setting::{BySetting, Setting};
use super::setting_words;
use super::view::{View, pattern};
use crate::note::NoteType;

/// How probable a report must be to take away a visit that rests on nothing but a default, one with words of its own, and one
/// of a family that words seldom name by chance.
const DEFAULT: f64 = 0.5;
const SAID: f64 = 0.75;
/// The same in a note of a line or two beside another service: of such notes without words of a visit, out of fold, four in five
/// tell none where a report is this probable; with words of one, two in three.
const DEFAULT_BESIDE: f64 = 0.3;
const SAID_BESIDE: f64 = 0.4;
const NAMED: f64 = 0.95;
/// What taught the words to tell short notes apart is shorter than this. A longer note of a procedure gives itself away by cues:
/// where they say nothing the words must be surer, and surer still where nothing else is on the claim.
pub(super) const LONGER: usize = 250;
const LONGER_BESIDE_LINES: f64 = 0.8;
const LONGER_ALONE: f64 = 0.95;
/// A short note that tells of somebody, or of a drug to take, and of nothing that was done.
const SOMEBODY_ALONE: f64 = 0.85;
static SOMEBODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:she|he|his|her|pt|patient|mom|dad|mother|father|\d+ ?(?:yo|y/o|[fm])\b|year[- ]old)\b|\bfor (?:\w+|\d+) (?:days?|weeks?|months?)\b|\bx ?\d+ ?(?:d|days?|wks?|weeks?|mo|months?|h|hrs?)\b|\b(?:prn|bid|tid|qid|qhs|q\d+h|rx|refill\w*)\b",
    )
});
/// The time of a visit is only told of a visit.
pub(super) static TIME_TOLD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:total (?:\w+ ){0,2}time\b|total (?:of )?\d+ min|\d+ ?min(?:ute)?s? total\b|\d+ ?min(?:ute)?s? (?:spent )?(?:by me )?on (?:the|this) (?:date|day)|time spent\b)",
    )
});
/// A new patient is one where the words say so by so many times; a longer note without cues is of a known one.
const NEW_SURELY: f64 = 2.0;
/// Between these it is asked whether there was a visit.
const ASK_FROM: f64 = 0.25;
const ASK_TO: f64 = 0.85;
/// A setting away from the office needs so much, and more where the note is no short one, whose cues would tell the place; a long
/// note goes by its cues before its words.
const LEAST: f64 = 0.15;
const LEAST_OF_LONGER: f64 = 0.65;
const LONG: usize = 900;
/// A setting away from the office is asked about below this.
const PLACE_SURE: f64 = 0.7;

/// The setting: by the given kind of note and place where they decide it, else the likeliest by the note's words.
pub fn setting(view: &View, kind: NoteType, told: bool, place: &str, weights: &BySetting) -> Setting {
    use Setting as S;
    let likeliest = |among: &[Setting]| {
        among.iter().copied().max_by(|a, b| weights[*a as usize].total_cmp(&weights[*b as usize])).unwrap_or(S::Established)
    };
    let office = [S::Established, S::New];
    let longer = (LONGER..LONG).contains(&view.lower.len());
    let likeliest = |among: &[Setting]| match likeliest(among) {
        S::New if longer && weights[S::New as usize] < NEW_SURELY * weights[S::Established as usize] => S::Established,
        other => other,
    };
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
            // Long notes, whose cues tell the rarer settings, are weighed among the frequent ones alone.
            let known = if view.lower.len() < LONG { Setting::ALL.len() } else { S::Emergency as usize + 1 };
            let best = likeliest(Setting::ALL.get(3..known).unwrap_or(&office));
            let least = if longer { LEAST_OF_LONGER } else { LEAST };
            let outside = (weights[S::Established as usize] + weights[S::New as usize]).max(least);
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
/// that a title or the context names; `beside` says that other services are on the claim.
pub fn weigh(view: &View, found: Found, weights: &BySetting, sure: bool, beside: bool) -> Found {
    use Category as C;
    let report = weights[Setting::Report as usize];
    let found = Found { report, ..found };
    let least = match (view.lower.len() < LONGER, beside) {
        (true, false) if tells_of_somebody(&view.lower) => SOMEBODY_ALONE,
        (true, _) => 0.0,
        (false, true) => LONGER_BESIDE_LINES,
        (false, false) => LONGER_ALONE,
    };
    let timed = if TIME_TOLD.is_match(&view.lower) { NAMED } else { 0.0 };
    let (default, told) = if beside && view.lower.len() < LONGER { (DEFAULT_BESIDE, SAID_BESIDE) } else { (DEFAULT, SAID) };
    let said = if found.evidence.is_empty() { default } else { told }.max(least).max(timed);
    let needed = match found.category {
        // A long note goes by its cues, but for one that also tells another service.
        _ if sure || (view.lower.len() >= LONG && !beside) => return found,
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

fn tells_of_somebody(lower: &str) -> bool {
    SOMEBODY.is_match(lower) || (VISIT_TOLD.is_match(lower) && !PROCEDURE_TOLD.is_match(lower))
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
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn report(probability: f64) -> BySetting {
        let mut weights = BySetting::default();
        weights[Setting::Report as usize] = probability;
        weights[Setting::Established as usize] = 1.0 - probability;
        weights
    }

    #[test]
    fn a_default_visit_gives_way_to_the_words_of_the_note() {
        let of = |text: &str, probability: f64, sure: bool| {
            let d = document(&[(S::Other, text)]);
            let visit = Found::new(Category::OfficeEstablished, "by default", Vec::new());
            weigh(&View::new(&d), visit, &report(probability), sure, false)
        };
        let told = "Wart on the thumb frozen.";
        assert_eq!(of(told, 0.6, false).category, Category::NotAVisit);
        assert_eq!(of(told, 0.6, true).category, Category::OfficeEstablished);
        assert_eq!(of("She has had a cough for three days.", 0.6, false).category, Category::OfficeEstablished);
        let asked = of(told, 0.4, false);
        assert!(asked.category == Category::OfficeEstablished && asked.visit_unsure);
        assert!(!of(told, 0.1, false).visit_unsure);
    }
}
