//! Category of service: from note type, place of service, payer and the words of the note.
use regex::Regex;

use super::category_cues::*;
use super::codes::Category;
use super::input::{Input, PayerTerms};
use super::new_patient::{consult, office};
use super::nursing_facility::{nursing, nursing_visit};
use super::setting::{BySetting, Setting, SettingWeights};
use super::time::StatedTime;
use super::title::{self, Title};
use super::view::{View, Zone};
use super::weighed::{setting, weigh};
use super::{dates, global, reports, setting_words, telehealth, transitional};
use crate::claim::{Diagnosis, Line};
use crate::document::Evidence;
use crate::note::{Context, NoteType, OriginKind};

/// The category with what decided it.
pub struct Found {
    /// Category of service.
    pub category: Category,
    /// Why, in one sentence.
    pub reason: String,
    /// The words that decided, where words did.
    pub evidence: Vec<Evidence>,
    /// New or established could not be told from context or note.
    pub new_or_established_unsure: bool,
    /// An evaluation of disability by the treating clinician.
    pub treating: bool,
    /// The words of the note leave open whether there was a visit, and where it was.
    pub visit_unsure: bool,
    pub place_unsure: bool,
    /// How probable the words of the note make that there was no visit.
    pub report: f64,
}

impl Found {
    /// A visit read from the note alone, for a problem: without one it is a template or an instruction sheet.
    pub fn needs_diagnosis(&self) -> bool {
        matches!(
            self.category,
            Category::OfficeNew | Category::OfficeEstablished | Category::HospitalInitial | Category::HospitalSubsequent
        )
    }

    pub fn new(category: Category, reason: &str, evidence: Vec<Evidence>) -> Found {
        Found {
            category,
            reason: reason.to_owned(),
            evidence,
            new_or_established_unsure: false,
            treating: false,
            visit_unsure: false,
            place_unsure: false,
            report: 1.0,
        }
    }
}

pub(super) fn given(context: &Context, field: &str) -> bool {
    context.origins.get(field).is_some_and(|o| o.kind == OriginKind::Given)
}

/// Number of different sentences that match.
pub(super) fn count(view: &View, cue: &Regex) -> usize {
    view.clauses.iter().filter(|c| c.zone != Zone::Background && cue.is_match(view.words(c.span))).count()
}

/// Decides the category of service by kind of note, place, payer and words.
/// The claim's other lines count: an evaluation that has a code of its own leaves no E/M service.
pub fn infer(view: &View, input: &Input, times: &[StatedTime], settings: &SettingWeights) -> Found {
    let Input { context, payer, lines, diagnoses, .. } = input;
    let told = given(context, "note_type");
    let weights = settings.probabilities(view, context, lines);
    let titled = if told || given(context, "place_of_service") { None } else { title::says(view) };
    let found = by_cues(view, context, times, payer, (lines, diagnoses), &weights, titled);
    weigh(view, found, &weights, told || titled.is_some(), !lines.is_empty())
}

/// The category by context, title and cues, and by the weights of the note's words where those say nothing.
fn by_cues(
    view: &View,
    context: &Context,
    times: &[StatedTime],
    payer: &PayerTerms,
    (lines, diagnoses): (&[Line], &[Diagnosis]),
    weights: &BySetting,
    titled: Option<Title>,
) -> Found {
    let found = |category: Category, reason: &str, cue: Option<&Regex>| {
        let evidence = cue.and_then(|c| view.first(c, |_| true)).map(|(i, _)| view.quote(i)).into_iter().collect();
        Found::new(category, reason, evidence)
    };
    let kind = context.note_type;
    let told = given(context, "note_type");
    if told && kind.is_report() {
        return found(Category::NotAVisit, "a report of a procedure or test has no E/M level", None);
    }
    if let Some(Title::NoVisit(reason)) = titled {
        return found(Category::NotAVisit, reason, None);
    }
    let nurse = titled == Some(Title::Nurse) || (!told && NURSE.is_match(&opening(view)));
    if nurse && lines.is_empty() {
        return found(Category::NurseVisit, "a visit with clinical staff alone, which has no level", Some(&NURSE));
    }
    if titled == Some(Title::Nurse) {
        let reason = "what clinical staff did has a code of its own, so there is no E/M service";
        return found(Category::NotAVisit, reason, None);
    }
    let visit = titled.is_some_and(|t| !matches!(t, Title::Visit(Setting::Discharge | Setting::Established)));
    if let Some(reason) = reports::no_visit(view, context, weights, lines).filter(|_| !visit) {
        return found(Category::NotAVisit, &reason, None);
    }
    if let Some(cue) = reports::psychiatric(view, weights) {
        let reason = if std::ptr::eq(cue, &*INTAKE) {
            "a psychiatric diagnostic evaluation without medical services, which has a code of its own"
        } else {
            "a psychiatric diagnostic evaluation, which has a code of its own"
        };
        return found(Category::PsychiatricEvaluation, reason, Some(cue));
    }
    if titled == Some(Title::Psychiatric) {
        let reason = "a psychiatric diagnostic evaluation, which has a code of its own";
        return Found::new(Category::PsychiatricEvaluation, reason, Vec::new());
    }
    let critical: u32 = times.iter().filter(|t| t.critical).map(|t| t.minutes).max().unwrap_or(0);
    let place = if given(context, "place_of_service") { context.place_of_service.as_str() } else { "" };
    let setting = match titled {
        Some(Title::Visit(setting)) => setting,
        Some(Title::HospitalConsult) => Setting::HospitalInitial,
        _ => setting(view, kind, told, place, weights),
    };
    let untold = titled.is_none() && !told && place.is_empty();
    let setting = match setting {
        Setting::Emergency if untold && setting_words::admitted_from_there(view) => Setting::HospitalInitial,
        other => other,
    };
    if critical >= 30 && setting != Setting::Discharge {
        let evidence = times.iter().filter(|t| t.critical).map(|t| t.evidence.clone()).take(1).collect();
        return Found::new(Category::CriticalCare, "critical care of at least 30 minutes is documented", evidence);
    }
    match titled {
        Some(Title::HospitalConsult) => return hospital(view, true, false, payer.consultation_codes),
        Some(Title::Nursing { initial }) => {
            let (category, reason) = nursing_visit(initial);
            return Found::new(category, reason, Vec::new());
        }
        Some(Title::NursingDischarge) => {
            let reason = "a discharge from a nursing facility: chosen by time alone";
            return Found::new(Category::NursingDischarge, reason, Vec::new());
        }
        Some(Title::Home) => return office(view, context, weights, Category::HomeNew, Category::HomeEstablished),
        _ => {}
    }
    let resident = kind == NoteType::NursingFacility && (told || !BROUGHT_IN.is_match(&opening(view)));
    if resident || matches!(place, "31" | "32" | "54") {
        return if setting == Setting::Discharge {
            found(Category::NursingDischarge, "a discharge from a nursing facility: chosen by time alone", None)
        } else {
            nursing(view)
        };
    }
    if kind == NoteType::Home || matches!(place, "04" | "12" | "13" | "14" | "16" | "33" | "55" | "56") {
        return office(view, context, weights, Category::HomeNew, Category::HomeEstablished);
    }
    // Who was discharged days ago and is seen now tells of the stay as a discharge summary does.
    let after_stay = if place.is_empty() && setting == Setting::Discharge && !told {
        transitional::find(view, context.date_of_service)
    } else {
        None
    };
    if let Some(t) = after_stay {
        return Found::new(Category::TransitionalCare, "transitional care after a discharge", t.evidence);
    }
    match setting {
        Setting::Discharge if count(view, &SAME_DAY) > 0 => return same_day(view, payer),
        Setting::Discharge => return found(Category::HospitalDischarge, "a discharge: chosen by time alone", None),
        Setting::Emergency => return found(Category::Emergency, "an emergency department visit: decision making alone", None),
        Setting::HospitalInitial | Setting::HospitalSubsequent if count(view, &SAME_DAY) > 0 => return same_day(view, payer),
        Setting::HospitalInitial | Setting::HospitalSubsequent => {
            let consult = kind == NoteType::Consult;
            return hospital(view, consult, setting == Setting::HospitalSubsequent && !consult, payer.consultation_codes);
        }
        Setting::Nursing => return nursing(view),
        Setting::Home => return office(view, context, weights, Category::HomeNew, Category::HomeEstablished),
        Setting::Newborn => {
            return Found::new(Category::Newborn, "the care of a newborn in nursery or intensive care", Vec::new());
        }
        Setting::Psychiatric => {
            let reason = "a psychiatric diagnostic evaluation, which has a code of its own";
            return Found::new(Category::PsychiatricEvaluation, reason, Vec::new());
        }
        Setting::Report | Setting::New | Setting::Established | Setting::Preventive | Setting::CriticalCare => {}
    }
    if count(view, &DISABILITY) >= 2 || DISABILITY.is_match(&opening(view)) {
        let mut f =
            found(Category::DisabilityExam, "an evaluation of disability or impairment for a third party", Some(&DISABILITY));
        f.treating = count(view, &TREATING) > 0;
        return f;
    }
    if let Some(t) = transitional::find(view, context.date_of_service) {
        return Found::new(Category::TransitionalCare, "transitional care after a discharge", t.evidence);
    }
    if untold && setting_words::asked_into_hospital(view) {
        return hospital(view, true, false, payer.consultation_codes);
    }
    if kind == NoteType::Consult {
        return consult(view, context, weights, payer);
    }
    if NURSE.is_match(&opening(view)) {
        return found(Category::NurseVisit, "a visit with clinical staff alone, which has no level", Some(&NURSE));
    }
    let remote = telehealth::medium(view, context);
    if let (Some((medium, words)), true) = (remote, place.is_empty() || matches!(place, "02" | "10")) {
        let mut f = office(view, context, weights, Category::OfficeNew, Category::OfficeEstablished);
        let minutes = times.iter().filter(|t| !t.critical).map(|t| t.minutes).max();
        (f.category, _) = telehealth::family(view, f.category, medium, minutes, payer);
        let how = if medium == telehealth::Medium::Audio { "by sound only" } else { "by video" };
        f.reason = format!("a visit {how}; {}", f.reason);
        f.evidence.extend(words);
        return f;
    }
    let open = place.is_empty() && !told;
    ambulatory(
        view,
        context,
        weights,
        payer,
        open,
        titled == Some(Title::Preventive) || setting == Setting::Preventive,
        diagnoses,
    )
}

/// Visits in an office or at home, in person: wellness, preventive, postoperative, or by new and established.
fn ambulatory(
    view: &View,
    context: &Context,
    weights: &BySetting,
    payer: &PayerTerms,
    open: bool,
    titled_preventive: bool,
    diagnoses: &[Diagnosis],
) -> Found {
    let found = |category: Category, reason: &str, cue: &Regex| {
        let evidence = view.first(cue, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
        Found::new(category, reason, evidence)
    };
    let opening = opening(view);
    // Other payers call a yearly preventive visit a wellness visit too.
    let young = context.patient.age_years.is_some_and(|a| a < 64) && !view.lower.contains("medicare");
    if count(view, &WELLNESS) > 0 && (payer.medicare || opening.contains("medicare")) && !young {
        let kind = if FIRST_WELLNESS.is_match(&opening) {
            "a first Medicare annual wellness visit"
        } else if WELCOME.is_match(&opening) {
            "a welcome to Medicare visit"
        } else {
            "a Medicare wellness visit"
        };
        return found(Category::WellnessVisit, kind, &WELLNESS);
    }
    let general = |d: &Diagnosis| PREVENTIVE_CODE.iter().any(|p| d.code.starts_with(p));
    let examined = diagnoses.is_empty() || diagnoses.iter().any(general);
    let assessed = || view.first(&ASSESSED_PREVENTIVE, Zone::is_decision).is_some();
    if titled_preventive
        || context.note_type == NoteType::Preventive
        || ((examined || assessed()) && PREVENTIVE.is_match(&opening) && !NOT_PREVENTIVE.is_match(&opening))
        || diagnoses.iter().any(|d| d.code.starts_with("Z00.11"))
    {
        let f = office(view, context, weights, Category::PreventiveNew, Category::PreventiveEstablished);
        let cue = found(f.category, "a preventive visit", &PREVENTIVE);
        return Found { new_or_established_unsure: f.new_or_established_unsure, ..cue };
    }
    if open && global::own_work(view, context.date_of_service) && count(view, &SEPARATE_PROBLEM) == 0 {
        let reason = "a visit after an operation or fracture care of one's own";
        return found(Category::PostoperativeGlobal, reason, &POSTOPERATIVE);
    }
    if POSTOPERATIVE.is_match(&opening)
        && !global::late_after_surgery(&opening)
        && !OTHER_THAN_SURGERY.is_match(&opening)
        && count(view, &SEPARATE_PROBLEM) == 0
    {
        return found(Category::PostoperativeGlobal, "a visit in the global period of an operation", &POSTOPERATIVE);
    }
    if context.place_of_service == "11" && count(view, &HOME_VISIT) > 0 && open {
        return office(view, context, weights, Category::HomeNew, Category::HomeEstablished);
    }
    if open && count(view, &NURSING) > 0 {
        return nursing(view);
    }
    office(view, context, weights, Category::OfficeNew, Category::OfficeEstablished)
}

/// A stay that began and ended on one date. Medicare wants at least eight hours for it, else the initial visit alone.
fn same_day(view: &View, payer: &PayerTerms) -> Found {
    let evidence = view.first(&SAME_DAY, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    let hours = view.clauses.iter().find_map(|c| {
        let stay = STAY_HOURS.captures(view.words(c.span))?;
        dates::number(stay.get(1).or_else(|| stay.get(2))?.as_str())
    });
    if payer.medicare && hours.is_some_and(|h| h < 8) {
        let reason = "a stay of less than eight hours on one date: the initial visit alone for this payer";
        return Found::new(Category::HospitalInitial, reason, evidence);
    }
    Found::new(Category::HospitalSameDay, "admitted and discharged on one date", evidence)
}

/// The first sentences of the story, where a visit says what it is for.
pub(super) fn opening(view: &View) -> String {
    let mut words = String::new();
    // A title that became a heading: "POST OP VISIT", "INITIAL PREVENTIVE PHYSICAL EXAM".
    let title = view.lower.trim_start().lines().next().unwrap_or("");
    if title.len() < 120 {
        words.push_str(title);
        words.push_str(". ");
    }
    for c in view.clauses.iter().filter(|c| matches!(c.zone, Zone::Frame | Zone::Story)).take(8) {
        words.push_str(view.words(c.span));
        words.push_str(". ");
    }
    words
}

fn hospital(view: &View, consult: bool, later: bool, recognises_consults: bool) -> Found {
    let daily = later || (!consult && !has_background(view) && DAILY.is_match(&opening(view)));
    let (category, reason, cue): (_, _, &Regex) = if consult && recognises_consults {
        (Category::HospitalConsult, "a consultation in the hospital", &HOSPITAL)
    } else if consult {
        let reason = "a consultation in the hospital; this payer takes initial hospital codes instead";
        (Category::HospitalInitial, reason, &HOSPITAL)
    } else if daily {
        (Category::HospitalSubsequent, "a later day of a hospital stay", &DAILY)
    } else {
        (Category::HospitalInitial, "the first visit of a hospital stay", &INITIAL)
    };
    if daily && let Some(i) = global::surgeons_day(view) {
        let reason = "a day in hospital in the global period of an operation";
        return Found::new(Category::PostoperativeGlobal, reason, vec![view.quote(i)]);
    }
    let evidence = view.first(cue, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    Found::new(category, reason, evidence)
}

/// A first visit takes past, family or social history; a daily note does not.
fn has_background(view: &View) -> bool {
    use crate::document::SectionKind as S;
    view.document
        .sections
        .iter()
        .any(|s| matches!(s.kind, S::PastMedicalHistory | S::FamilyHistory | S::SocialHistory | S::PastSurgicalHistory))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::{Document, SectionKind as S};

    pub(crate) fn context(note_type: NoteType) -> Context {
        Context {
            date_of_service: jiff::civil::date(2026, 5, 4),
            place_of_service: "11".into(),
            payer: "medicare".into(),
            note_type,
            patient: Default::default(),
            provider: Default::default(),
            prior_procedures: Vec::new(),
            origins: Default::default(),
        }
    }

    fn category(d: &Document, kind: NoteType, consults: bool) -> Category {
        let context = context(kind);
        let payer = PayerTerms { consultation_codes: consults, ..PayerTerms::medicare() };
        let input = Input { payer, ..Input::of_note(d, &context, &[]) };
        infer(&View::new(d), &input, &[], SettingWeights::embedded()).category
    }

    #[test]
    fn consultations_by_payer_and_place() {
        let inside =
            document(&[(S::HistoryOfPresentIllness, "He was admitted with pneumonia.\nI was asked to see him in the ICU.")]);
        assert_eq!(category(&inside, NoteType::Consult, true), Category::HospitalConsult);
        assert_eq!(category(&inside, NoteType::Consult, false), Category::HospitalInitial);
        let outside = document(&[(
            S::HistoryOfPresentIllness,
            "She was referred by Dr. Alder for knee pain.\nShe is seen in the clinic today.",
        )]);
        assert_eq!(category(&outside, NoteType::Consult, true), Category::OfficeConsult);
        assert_eq!(category(&outside, NoteType::Consult, false), Category::OfficeNew);
    }

    #[test]
    fn office_visits_are_established_unless_the_note_says_otherwise() {
        let plain = document(&[(S::HistoryOfPresentIllness, "She has had a cough for three days.")]);
        let context = context(NoteType::Office);
        let f = infer(&View::new(&plain), &Input::of_note(&plain, &context, &[]), &[], SettingWeights::embedded());
        assert_eq!(f.category, Category::OfficeEstablished);
        assert!(f.new_or_established_unsure);
        let new = document(&[(S::HistoryOfPresentIllness, "This new patient has had a cough for three days.")]);
        assert_eq!(category(&new, NoteType::Office, false), Category::OfficeNew);
    }

    #[test]
    fn new_in_a_word_of_its_own_is_the_patient() {
        let of = |text: &str| category(&document(&[(S::HistoryOfPresentIllness, text)]), NoteType::Office, false);
        for text in
            ["Hives after shrimp. Epipen rx. New.", "Cough for a week.\nMedicaid, new.", "Tick on the back. First time here."]
        {
            assert_eq!(of(text), Category::OfficeNew, "{text}");
        }
        let alone = document(&[(S::HistoryOfPresentIllness, "Cough for a week.\nNew\nLungs clear.")]);
        let context = context(NoteType::Office);
        let found = infer(&View::new(&alone), &Input::of_note(&alone, &context, &[]), &[], SettingWeights::embedded());
        assert_eq!(
            found.evidence.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(),
            ["New"],
            "its own words, not the next line's"
        );
    }

    #[test]
    fn a_report_is_no_visit() {
        let d = document(&[(S::ProcedurePerformed, "Colonoscopy.")]);
        assert_eq!(category(&d, NoteType::Procedure, false), Category::NotAVisit);
    }
}
