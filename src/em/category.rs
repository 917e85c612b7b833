//! Category of service: from note type, place of service, payer and the words of the note.
use regex::Regex;

use super::category_cues::*;
use super::codes::Category;
use super::input::PayerTerms;
use super::setting::{Setting, SettingWeights};
use super::time::StatedTime;
use super::view::{View, Zone};
use super::{dates, telehealth, transitional};
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
}

impl Found {
    /// A visit read from the note alone, for a problem: without one it is a template or an instruction sheet.
    pub fn needs_diagnosis(&self) -> bool {
        matches!(
            self.category,
            Category::OfficeNew | Category::OfficeEstablished | Category::HospitalInitial | Category::HospitalSubsequent
        )
    }

    fn new(category: Category, reason: &str, evidence: Vec<Evidence>) -> Found {
        Found { category, reason: reason.to_owned(), evidence, new_or_established_unsure: false, treating: false }
    }
}

fn given(context: &Context, field: &str) -> bool {
    context.origins.get(field).is_some_and(|o| o.kind == OriginKind::Given)
}

/// Number of different sentences that match.
fn count(view: &View, cue: &Regex) -> usize {
    view.clauses.iter().filter(|c| c.zone != Zone::Background && cue.is_match(view.words(c.span))).count()
}

/// Decides the category of service by kind of note, place, payer and words.
/// `lines` are the claim's other lines: an evaluation that has a code of its own leaves no E/M service.
pub fn infer(
    view: &View,
    context: &Context,
    times: &[StatedTime],
    payer: &PayerTerms,
    lines: &[Line],
    diagnoses: &[Diagnosis],
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
    let weights = SettingWeights::embedded().probabilities(view, context);
    let p = |s: Setting| weights[s as usize];
    // A short note says little by its words alone.
    let short = view.lower.len() < 1000 && count(view, &REPORT) == 0 && count(view, &VISIT) > 0;
    if !told && !short && (p(Setting::Report) > 0.9 || (kind.is_report() && p(Setting::Report) > 0.1)) {
        return found(Category::NotAVisit, "the note reads as a report of a procedure or test, which has no E/M level", None);
    }
    if let Some(line) = lines.iter().find(|l| instead_of_visit(&l.code)) {
        let reason = format!("the encounter is reported as {}, which takes the place of an E/M service", line.code);
        return found(Category::NotAVisit, &reason, None);
    }
    let open = !told && !given(context, "place_of_service");
    let imaging = |l: &Line| ["7", "93", "94"].iter().any(|p| l.code.starts_with(p));
    if open
        && !lines.is_empty()
        && lines.iter().all(imaging)
        && p(Setting::Report) > 0.5
        && count(view, &VISIT) == 0
        && !tells_a_visit(view)
    {
        return found(Category::NotAVisit, "the note reads as the report of a test, which has no E/M level", None);
    }
    if open && (count(view, &THERAPIST) >= 2 || count(view, &DIETITIAN) >= 4) {
        return found(
            Category::NotAVisit,
            "the note reads as a therapist's or dietitian's, who report no E/M service",
            Some(&THERAPIST),
        );
    }
    let axes = view.clauses.iter().map(|c| AXIS.find_iter(view.words(c.span)).count()).sum::<usize>();
    let examined = view.first(&MENTAL_STATUS, |_| true).is_some() || view.lower.contains("mental status exam");
    if (axes >= 3 && examined) || (PSYCHIATRIC.is_match(&opening(view)) && examined) {
        let cue = if axes >= 3 { &AXIS } else { &PSYCHIATRIC };
        return found(
            Category::PsychiatricEvaluation,
            "a psychiatric diagnostic evaluation, which has a code of its own",
            Some(cue),
        );
    }
    let critical: u32 = times.iter().filter(|t| t.critical).map(|t| t.minutes).max().unwrap_or(0);
    let place = if given(context, "place_of_service") { context.place_of_service.as_str() } else { "" };
    let setting = setting(kind, told, place, &weights);
    if critical >= 30 && setting != Setting::Discharge {
        let evidence = times.iter().filter(|t| t.critical).map(|t| t.evidence.clone()).take(1).collect();
        return Found::new(Category::CriticalCare, "critical care of at least 30 minutes is documented", evidence);
    }
    if kind == NoteType::NursingFacility || matches!(place, "31" | "32" | "54") {
        return if setting == Setting::Discharge {
            found(Category::NursingDischarge, "a discharge from a nursing facility: chosen by time alone", None)
        } else {
            nursing(view)
        };
    }
    if kind == NoteType::Home || matches!(place, "04" | "12" | "13" | "14" | "16" | "33" | "55" | "56") {
        return office(view, context, &weights, Category::HomeNew, Category::HomeEstablished);
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
        Setting::Report | Setting::New | Setting::Established => {}
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
    if kind == NoteType::Consult {
        return consult(view, context, &weights, payer);
    }
    if NURSE.is_match(&opening(view)) {
        return found(Category::NurseVisit, "a visit with clinical staff alone, which has no level", Some(&NURSE));
    }
    let remote = telehealth::medium(view, context);
    if let (Some((medium, words)), true) = (remote, place.is_empty() || matches!(place, "02" | "10")) {
        let mut f = office(view, context, &weights, Category::OfficeNew, Category::OfficeEstablished);
        let minutes = times.iter().filter(|t| !t.critical).map(|t| t.minutes).max();
        (f.category, _) = telehealth::family(view, f.category, medium, minutes, payer);
        let how = if medium == telehealth::Medium::Audio { "by sound only" } else { "by video" };
        f.reason = format!("a visit {how}; {}", f.reason);
        f.evidence.extend(words);
        return f;
    }
    ambulatory(view, context, &weights, payer, place.is_empty() && !told, diagnoses)
}

/// Evaluations with codes of their own: psychiatric, eye, therapy, nutrition, psychological testing, dialysis month.
fn instead_of_visit(code: &str) -> bool {
    matches!(
        code,
        "90791" | "90792" | "92002" | "92004" | "92012" | "92014" | "97802" | "97803" | "97804" | "96130" | "96132" | "97542"
    ) || ("97161"..="97168").contains(&code)
        || ("90951"..="90970").contains(&code)
}

/// Visits in an office or at home, in person: wellness, preventive, postoperative, or by new and established.
fn ambulatory(
    view: &View,
    context: &Context,
    weights: &[f64; 7],
    payer: &PayerTerms,
    open: bool,
    diagnoses: &[Diagnosis],
) -> Found {
    let found = |category: Category, reason: &str, cue: &Regex| {
        let evidence = view.first(cue, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
        Found::new(category, reason, evidence)
    };
    let opening = opening(view);
    // Other payers call a yearly preventive visit a wellness visit too.
    if count(view, &WELLNESS) > 0 && (payer.medicare || opening.contains("medicare")) {
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
    if context.note_type == NoteType::Preventive
        || (examined && PREVENTIVE.is_match(&opening) && !NOT_PREVENTIVE.is_match(&opening))
    {
        let f = office(view, context, weights, Category::PreventiveNew, Category::PreventiveEstablished);
        let cue = found(f.category, "a preventive visit", &PREVENTIVE);
        return Found { new_or_established_unsure: f.new_or_established_unsure, ..cue };
    }
    if POSTOPERATIVE.is_match(&opening) && !late_after_surgery(&opening) && !OTHER_THAN_SURGERY.is_match(&opening) {
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

/// An outpatient consultation: its own codes where the payer takes them, else by new and established.
fn consult(view: &View, context: &Context, weights: &[f64; 7], payer: &PayerTerms) -> Found {
    let mut f = office(view, context, weights, Category::OfficeNew, Category::OfficeEstablished);
    let known = f.category == Category::OfficeEstablished && KNOWN.is_match(&opening(view));
    if context.patient.new_patient != Some(false) || !given(context, "patient.new_patient") {
        f.category = if known { Category::OfficeEstablished } else { Category::OfficeNew };
    }
    if payer.consultation_codes && !known {
        return Found::new(Category::OfficeConsult, "an outpatient consultation", f.evidence);
    }
    f.reason = "an outpatient consultation; this payer takes office codes instead".to_owned();
    f
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

/// More weeks after the operation than a global period lasts.
fn late_after_surgery(opening: &str) -> bool {
    WEEKS_AFTER.captures_iter(opening).any(|c| {
        let amount = c.get(1).and_then(|m| dates::number(m.as_str())).unwrap_or(0);
        match c.get(2).map(|m| m.as_str()) {
            Some("day") => amount > 90,
            Some("week") => amount > 12,
            Some("month") => amount > 3,
            _ => true,
        }
    })
}

/// The setting: by the given kind of note and place where they decide it, else the likeliest by the note's words.
fn setting(kind: NoteType, told: bool, place: &str, weights: &[f64; 7]) -> Setting {
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
        _ => likeliest(&Setting::ALL[1..]),
    }
}

/// The first sentences of the story, where a visit says what it is for.
fn opening(view: &View) -> String {
    let mut words = String::new();
    for c in view.clauses.iter().filter(|c| matches!(c.zone, Zone::Frame | Zone::Story)).take(8) {
        words.push_str(view.words(c.span));
        words.push_str(". ");
    }
    words
}

fn office(view: &View, context: &Context, weights: &[f64; 7], new: Category, established: Category) -> Found {
    if let (Some(is_new), true) = (context.patient.new_patient, given(context, "patient.new_patient")) {
        let reason = if is_new { "new patient by the context" } else { "established patient by the context" };
        let category = if is_new { new } else { established };
        return Found::new(category, reason, Vec::new());
    }
    let opening = opening(view);
    // What the note says of earlier visits to this group and specialty leads over phrases of first and later visits.
    let said = |cue: &Regex| view.first(cue, |z| !matches!(z, Zone::Background | Zone::Plan));
    let never = said(&NEVER_SEEN);
    if let Some((i, _)) = said(&SEEN_HERE).filter(|_| never.is_none()) {
        let words = view.clauses.get(i).map_or("", |c| view.words(c.span));
        if FIRST_TIME.is_match(words) {
            return Found::new(new, "seen for the first time", vec![view.quote(i)]);
        }
        // A date of long ago is one of another calendar (old notes under a new date), no gap in care.
        let long_ago = dates::days_since(words, context.date_of_service).is_some_and(|d| (3 * 365 + 1..12 * 365).contains(&d));
        let reason = if long_ago {
            "last seen here more than three years ago: a new patient"
        } else {
            "seen by this group within three years"
        };
        return Found::new(if long_ago { new } else { established }, reason, vec![view.quote(i)]);
    }
    if let Some((i, _)) = never {
        return Found::new(new, "never seen by this group and specialty", vec![view.quote(i)]);
    }
    let weighed_new = weights[Setting::New as usize] > 2.0 * weights[Setting::Established as usize];
    let is_new = (NEW.is_match(&opening) && !ESTABLISHED.is_match(&opening)) || weighed_new;
    let cue: &Regex = match (is_new, NEW.is_match(&opening)) {
        (true, true) => &NEW,
        (true, false) => &REFERRED,
        _ => &ESTABLISHED,
    };
    let evidence: Vec<Evidence> = view.first(cue, |z| z != Zone::Background).map(|(i, _)| view.quote(i)).into_iter().collect();
    let reason = match (is_new, evidence.is_empty()) {
        (true, false) => "new patient by the note",
        (true, true) => "new patient by the note as a whole",
        (false, false) => "established patient by the note",
        (false, true) => "established patient by default: the note does not say",
    };
    let unsure = evidence.is_empty() || (REFERRED.is_match(&opening) && !NEW.is_match(&opening));
    let category = if is_new { new } else { established };
    Found { new_or_established_unsure: unsure, ..Found::new(category, reason, evidence) }
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
    let evidence = view.first(cue, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    Found::new(category, reason, evidence)
}

/// Sections that a report of a test does not have.
fn tells_a_visit(view: &View) -> bool {
    use crate::document::SectionKind as S;
    let told = |k| {
        matches!(
            k,
            S::ChiefComplaint
                | S::HistoryOfPresentIllness
                | S::Plan
                | S::AssessmentAndPlan
                | S::PhysicalExam
                | S::Vitals
                | S::SocialHistory
                | S::Medications
        )
    };
    view.document.sections.iter().any(|s| told(s.kind))
}

/// A first visit takes past, family or social history; a daily note does not.
fn has_background(view: &View) -> bool {
    use crate::document::SectionKind as S;
    view.document
        .sections
        .iter()
        .any(|s| matches!(s.kind, S::PastMedicalHistory | S::FamilyHistory | S::SocialHistory | S::PastSurgicalHistory))
}

fn nursing(view: &View) -> Found {
    let initial = NURSING_ADMISSION.is_match(&opening(view)) || count(view, &INITIAL) > count(view, &ESTABLISHED) + 1;
    let (category, reason) = if initial {
        (Category::NursingInitial, "the first visit in a nursing facility")
    } else {
        (Category::NursingSubsequent, "a later visit in a nursing facility")
    };
    let evidence = view.first(&NURSING, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    Found::new(category, reason, evidence)
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
        infer(
            &View::new(d),
            &context(kind),
            &[],
            &PayerTerms { consultation_codes: consults, ..PayerTerms::medicare() },
            &[],
            &[],
        )
        .category
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
        let f = infer(&View::new(&plain), &context(NoteType::Office), &[], &PayerTerms::medicare(), &[], &[]);
        assert_eq!(f.category, Category::OfficeEstablished);
        assert!(f.new_or_established_unsure);
        let new = document(&[(S::HistoryOfPresentIllness, "This new patient has had a cough for three days.")]);
        assert_eq!(category(&new, NoteType::Office, false), Category::OfficeNew);
    }

    #[test]
    fn a_report_is_no_visit() {
        let d = document(&[(S::ProcedurePerformed, "Colonoscopy.")]);
        assert_eq!(category(&d, NoteType::Procedure, false), Category::NotAVisit);
    }
}
