//! Phrases that decide the setting where the words of the whole note leave it open: a patient lying in a hospital, or
//! brought to an emergency department, is not seen in an office, however much of the note reads like it.
use std::sync::LazyLock;

use regex::Regex;

use super::setting::{BySetting, Setting};
use super::view::{View, pattern};

/// Admitted, or to be admitted now.
static INSIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\bplan\W+(?:\d\W+)?(?:was |is )?(?:to )?admit\b|\b(?:will|to) (?:be )?(?:re-?)?admit(?:ted)?\b|\b(?:is|are|being) (?:being )?admitted\b|\bpatient (?:was )?admitted to\b|\badmission (?:orders|for)\b|\brevocation admission\b",
        r"|\b(?:who|patient|he|she|female|male|man|woman|boy|girl) (?:was|has been|is) (?:re-?)?admitted (?:to|with|for|on|here|through|in|from|under|at|because|secondary|due)\b|\breason for (?:hospitalization|admission)\b|\b(?:prior to|before|until) (?:discharge|dismissal)\b|\bcame to the hospital\b"
    ))
});
/// A later day of a stay.
static LATER_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bhospital day\b|\bdays? in the hospital\b|\b(?:post-?operative|post-?op) (?:day\b|night\b)|\bdays? post-?op\b|\bday post-?op",
    )
});
/// Brought to an emergency department.
static BROUGHT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:left the ed|presents? to the (?:ed|er|emergency)|(?:brought|came|comes|transported|taken) (?:\w+ ){0,6}(?:to|into) (?:the |our |this )?(?:ed|er|emergency)|brought in (?:by|via)|emergency department course|ed course|er course|ejected from)\b",
    )
});
/// A stay that ended.
static STAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"hospital course|this hospitalization|brief hospital|discharged? (?:home|to|on|instructions|medic|diagnos)|discharge (?:instructions|medic|diagnos)",
    )
});

/// The emergency department as a place where others treated the patient.
pub(super) static TREATED_THERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:in|at) the (?:emergency (?:room|department)|er|ed),? (?:he|she|the patient|patient|pt|they|his|her) (?:was|were|is|had|received|got|has)\b|\b(?:given|received|got|started|treated)\b[^.;]{0,60}\bin the (?:emergency|ed\b|er\b)|\bthey (?:started|gave|did|called)\b|\b(?:and )?called me\b|\bi was (?:called|asked) (?:by the (?:ed|er|emergency)|to admit)|\b(?:ed|er|emergency) (?:physician|doctor|attending|team|doc) (?:called|asked|gave|started)",
    )
});
/// Orders of a stay.
pub(super) static ORDERS_OF_STAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:dvt|vte) prophylaxis\b|\bincentive spirometry\b|\bcode status\b|\bfull code\b|\b(?:enoxaparin|lovenox) (?:40|30)\b|\bheparin (?:5,?000|sub)|\bsliding scale\b|\btelemetry\b|\bwill be admitted\b|\badmit(?:ted)? (?:to|him|her|for|under)\b|\bplace (?:him|her|in) (?:in )?observation\b|\bobservation status\b|\biv q ?\d",
    )
});
/// A colleague asks.
pub(super) static ASKED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bconsult|\brequest(?:ed|ing) (?:by|physician|provider)|\breason for (?:asking|consult|referral)|\bthank you for asking|\basked (?:to|by|us|me)\b",
    )
});
/// Words of a patient who lies in hospital.
pub(super) static IN_A_BED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bin[- ]house\b|\bhospital day\b|\b(?:hd|pod) ?#?\d|\bday \d+ (?:of|for|lap|after|post)|\bpost-?op(?:erative)? day\b|\bdays? out from\b|\bwill follow (?:daily|along|with you)\b|\btransfer to (?:\w+ )?(?:icu|stepdown|step-down|tele|floor)|\bnight team\b|\bthe (?:floor|ward)\b|\binpatient\b|\bdrip\b|\bgtt\b|\biv bolus\b|\bnpo\b|\bthis admission\b|\bicu\b|\bprimary team\b|\bsign(?:ing)? off\b|\bheparin\b",
    )
});

/// The note reads like one of the emergency department, but speaks of it as of a place where others treated the patient, and gives
/// the orders of a stay. Of the training notes with a visit of either kind eleven are so, all of them first hospital days.
pub fn admitted_from_there(view: &View) -> bool {
    TREATED_THERE.is_match(&view.lower) && ORDERS_OF_STAY.is_match(&view.lower)
}

/// A colleague asks where the note begins, and two different words of it tell of a patient who lies in hospital: of such training
/// notes 85 are first hospital visits, one a first visit in an office (with one such word 167 and 12).
pub fn asked_into_hospital(view: &View) -> bool {
    let words: std::collections::BTreeSet<&str> = IN_A_BED.find_iter(&view.lower).map(|m| m.as_str()).take(9).collect();
    words.len() >= 2 && ASKED.is_match(head(&view.lower, LONG_OPENING))
}

/// Above this an office is sure enough.
const OFFICE_SURE: f64 = 0.75;
/// Above this a discharge is possible.
const DISCHARGE_POSSIBLE: f64 = 0.3;
/// Bytes of the opening and of the end in which the phrases count; elsewhere they tell of other stays.
const OPENING: usize = 450;
const LONG_OPENING: usize = 700;
const END: usize = 500;

/// The setting by such a phrase, where the weights favour an office without being sure of it.
pub fn inside(view: &View, weights: &BySetting) -> Option<Setting> {
    use Setting as S;
    if weights[S::Established as usize] + weights[S::New as usize] > OFFICE_SURE {
        return None;
    }
    let (opening, long, end) = (head(&view.lower, OPENING), head(&view.lower, LONG_OPENING), tail(&view.lower, END));
    let either = |cue: &Regex| cue.is_match(opening) || cue.is_match(end);
    let likeliest = |among: &[S]| among.iter().copied().max_by(|a, b| weights[*a as usize].total_cmp(&weights[*b as usize]));
    if either(&LATER_DAY) {
        return Some(S::HospitalSubsequent);
    }
    if either(&INSIDE) {
        return likeliest(&[S::HospitalInitial, S::HospitalSubsequent, S::Discharge, S::Emergency]);
    }
    BROUGHT.is_match(long).then(|| likeliest(&[S::HospitalInitial, S::Emergency])).flatten()
}

/// The note tells of a stay that ended, though it also reads like an operative report.
pub fn stay_ended(view: &View, weights: &BySetting) -> bool {
    weights[Setting::Discharge as usize] >= DISCHARGE_POSSIBLE && STAY.is_match(&view.lower)
}

fn head(text: &str, bytes: usize) -> &str {
    text.get(..boundary(text, bytes)).unwrap_or(text)
}

fn tail(text: &str, bytes: usize) -> &str {
    text.get(boundary(text, text.len().saturating_sub(bytes))..).unwrap_or(text)
}

/// The next place at or before `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn weights(some: &[(Setting, f64)]) -> BySetting {
        let mut all = BySetting::default();
        some.iter().for_each(|(s, w)| all[*s as usize] = *w);
        all
    }

    fn of(text: &str, office: f64) -> Option<Setting> {
        let rest = (1.0 - office) / 2.0;
        let d = document(&[(S::Other, text)]);
        inside(
            &View::new(&d),
            &weights(&[(Setting::Established, office), (Setting::HospitalInitial, rest), (Setting::Emergency, rest / 2.0)]),
        )
    }

    #[test]
    fn phrases_decide_where_the_office_is_not_sure() {
        assert_eq!(of("The patient is admitted for pleural effusion.", 0.5), Some(Setting::HospitalInitial));
        assert_eq!(of("Third postoperative day, doing well.", 0.5), Some(Setting::HospitalSubsequent));
        assert_eq!(of("He was brought by ambulance to the ED after a fall.", 0.5), Some(Setting::HospitalInitial));
        assert_eq!(of("The patient is admitted for pleural effusion.", 0.9), None);
        assert_eq!(of("She returns for follow-up of asthma.", 0.5), None);
    }

    #[test]
    fn a_discharge_may_read_like_an_operation() {
        let d = document(&[(S::Other, "PROCEDURE: Thoracotomy. HOSPITAL COURSE: Uneventful. Discharged home.")]);
        assert!(stay_ended(&View::new(&d), &weights(&[(Setting::Report, 0.4), (Setting::Discharge, 0.5)])));
        assert!(!stay_ended(&View::new(&d), &weights(&[(Setting::Report, 0.9), (Setting::Discharge, 0.1)])));
    }
}
