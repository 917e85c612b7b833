//! Category of service: from note type, place of service, payer and the words of the note.
use std::sync::LazyLock;

use regex::Regex;

use super::codes::Category;
use super::setting::{Setting, SettingWeights};
use super::time::StatedTime;
use super::view::{View, Zone, pattern};
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
}

static HOSPITAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(?:was|is|been|being|will be|were|to be) (?:\w+ )?(?:re-?)?admitted|admitted (?:to|with|for|on|from|through|here|by|because|after|overnight|yesterday)|admitting|this admission|on admission|since admission|reason for admission|during (?:this|the|his|her) (?:hospital|admission)|hospital (?:course|day|stay|medications|bed|room)|hospitaliz(?:ed|ation) (?:for|with|on|here)|(?:currently|now|remains?) (?:hospitalized|intubated|in the (?:icu|hospital))|inpatient",
        r"|intensive care|icu\b|ccu\b|nicu|picu|micu|sicu|telemetry|ventilator|intubated|npo\b|on the (?:floor|ward|unit)|bedside|(?:presented|came|brought|taken|transferred|sent|seen|evaluated) (?:\w+ ){0,3}(?:to|in|into|from|by) (?:\w+ ){0,3}(?:emergency|er\b|ed\b|hospital)|emergency (?:room|department)|transferred (?:to|from)|thank you for (?:this|the) (?:interesting )?consult|will (?:continue to )?follow (?:along|with you|the patient with you|closely|him|her)|asked to (?:see|evaluate|consult)|we (?:were|are) (?:asked|consulted)|i (?:was|am) (?:asked|called|being consulted)|continue (?:iv|intravenous|present|current) \w+|iv (?:fluids|antibiotics)|prn\b.*\biv\b|postoperative day|pod ?#?\d|hospital consult|discharge planning|attending physician)"
    ))
});
static NEW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:new patient|new[- ]patient|initial (?:clinic |office )?(?:visit|evaluation|consultation|consult|exam(?:ination)?)|first (?:office |clinic )?visit|first time (?:i|we|in|seeing)|establish(?:ing|ed)? care|here to establish|to establish (?:with|as)|new to (?:me|us|this|our|the)|never been seen|previously followed by)\b"
    ))
});
/// Signs of a first visit that leave the question open.
static REFERRED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:kindly )?referred (?:by|to (?:me|us|our|the clinic)|here|from)|referral (?:from|by)|at the request of|thank you (?:very much |so much )?for (?:referring|the (?:kind )?referral)|self-?referred|second opinion)\b",
    )
});
static ESTABLISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:follow[- ]?up(?: visit| of| for| on| appointment)?|followup|returns|return(?:ed)? (?:today|for|to (?:the |our |my )?(?:clinic|office))|return visit|last (?:visit|seen|office|clinic|saw|appointment|time i)|since (?:his|her|the|our) last|(?:i|we) (?:last )?saw (?:him|her)|(?:well|is) known to (?:me|us|our)|known to (?:me|us)|re-?check|established patient|whom i (?:have been|have|saw)|i (?:have|had) (?:seen|been (?:seeing|following))|previous visit|prior visit|at (?:his|her|the|our) last|in for (?:a )?(?:follow|recheck)|routine (?:visit|follow)|(?:3|6|three|six)[- ]month (?:follow|visit|check)|continues to be followed|comes back|back (?:today|for)|refills|refill (?:of|on|for|request))"
    ))
});
/// A consultant who already knows the patient.
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:follow[- ]?up (?:visit|of|for|on|appointment|consult\w*)|followup|returns|return visit|last (?:visit|saw|seen (?:by me|in))|(?:well )?known to (?:me|us|our)|re-?check|established patient|i (?:last )?saw (?:him|her)|comes back|back (?:today|for))\b",
    )
});
static PREVENTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:well[- ]child|well[- ](?:baby|woman|adolescent|infant)|wellness (?:visit|exam|check)|(?:here|presents?|comes? in|in|seen)(?: today)? for (?:an? |her |his )?(?:\w+ ){0,2}(?:physical(?: exam(?:ination)?)?|exam(?:ination)? and pap|check-?up)|annual (?:physical|exam|examination|check|checkup|wellness|well|gyn|gynecologic|pelvic|health)|yearly (?:physical|exam|checkup|check-up)|health maintenance (?:exam|visit)|(?:school|sports|camp|college|pre-?employment|dot) physical|(?:month|year|week)(?:ly)?(?:-old)? (?:well )?check-?up|(?:routine|well) check-?up|preventive (?:visit|health|exam)|health supervision|annual pap|exam and pap)\b"
    ))
});
/// The preventive visit is of another day, or the visit has another reason.
static NOT_PREVENTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:was in for|as part of|at (?:his|her|the) (?:last|recent|annual)|during (?:his|her|a)|last (?:physical|annual)|post-?partum|not been feeling well|found (?:on|at|during))\b",
    )
});
static WELLNESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:annual wellness visit|medicare wellness|awv\b|welcome to medicare|initial preventive physical|ippe\b)")
});
static POSTOPERATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:post-?op(?:erative)? (?:visit|check|appointment|follow-?up|recheck|evaluation)|postsurgical (?:visit|follow)|(?:first|second|initial|routine|final) post-?op\w*|(?:one|two|three|four|five|six|seven|eight|ten|\d{1,2}) (?:days?|weeks?) (?:status post|s/p|post-?op\w*|out (?:from|after)|following (?:his|her|the) (?:surgery|operation|procedure)|after (?:his|her|the) (?:surgery|operation)|after surgery|from surgery)|(?:suture|staple|stitch) removal|here for (?:suture|staple) removal)"
    ))
});
/// How a note on a later day of a stay opens.
static DAILY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:progress note|hospital day|postoperative day|post-?op(?:erative)? day|pod ?#?\d|days? post-?op|icu follow-?up|interval (?:history|events)|overnight|since yesterday|(?:is|feels|feeling|states|doing) (?:\w+ ){0,3}(?:better|well)|no (?:new|other) complaints|not in acute distress|no acute events|evaluated this a|was admitted approximately|is admitted|has been admitted|was seen and examined|going to see the patient|review of the medical record)",
    )
});
static INITIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:history and physical|h&p|admission (?:history|diagnos|note|date)|will (?:be )?admit|admit(?:ted)? (?:to|him|her|the|for|with)|reason for admission|presents? to (?:the )?(?:emergency|er\b|ed\b|hospital)|presented to|presents with|past medical history|family history|chief complaint)",
    )
});
static DISABILITY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:independent medical (?:evaluation|examination|exam)|disability (?:evaluation|examination|exam|determination)|qualified medical (?:evaluation|examiner)|agreed medical|impairment rating|maximum medical improvement|permanent (?:and stationary|disability|impairment)|social security disability|workers'? compensation (?:evaluation|examination))",
    )
});
static NURSING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:seen|visited|evaluated|resident|resides|staying|rounds?|admitted) (?:\w+ ){0,4}(?:nursing (?:home|facility)|skilled nursing|long[- ]term care|snf)|nursing home (?:visit|rounds|resident|note)|snf (?:visit|note|admission)|skilled nursing facility (?:visit|admission|note))",
    )
});
static HOME_VISIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:home visit|house call|seen at (?:his|her) home|assisted living (?:visit|facility visit)|visited at home)")
});
static SAME_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:admitted and discharged (?:on )?(?:the )?same (?:day|date)|same[- ]day (?:admission and )?discharge|discharged (?:later )?(?:the |on the )?same (?:day|date))",
    )
});

fn given(context: &Context, field: &str) -> bool {
    context.origins.get(field).is_some_and(|o| o.kind == OriginKind::Given)
}

/// Number of different sentences that match.
fn count(view: &View, cue: &Regex) -> usize {
    view.clauses.iter().filter(|c| c.zone != Zone::Background && cue.is_match(view.words(c.span))).count()
}

/// Decides the category of service. `recognises_consults`: whether the payer pays consultation codes (Medicare does not).
pub fn infer(view: &View, context: &Context, times: &[StatedTime], recognises_consults: bool) -> Found {
    let found = |category: Category, reason: &str, cue: Option<&Regex>| Found {
        category,
        reason: reason.to_owned(),
        evidence: cue.and_then(|c| view.first(c, |_| true)).map(|(i, _)| view.quote(i)).into_iter().collect(),
        new_or_established_unsure: false,
    };
    let kind = context.note_type;
    let told = given(context, "note_type");
    if told && kind.is_report() {
        return found(Category::NotAVisit, "a report of a procedure or test has no E/M level", None);
    }
    let weights = SettingWeights::embedded().probabilities(view, context);
    let p = |s: Setting| weights[s as usize];
    if !told && (p(Setting::Report) > 0.9 || (kind.is_report() && p(Setting::Report) > 0.1)) {
        return found(Category::NotAVisit, "the note reads as a report of a procedure or test, which has no E/M level", None);
    }
    let critical: u32 = times.iter().filter(|t| t.critical).map(|t| t.minutes).max().unwrap_or(0);
    let place = if given(context, "place_of_service") { context.place_of_service.as_str() } else { "" };
    let nursing_place = matches!(place, "31" | "32" | "54");
    let setting = setting(kind, told, place, &weights);
    if critical >= 30 && setting != Setting::Discharge {
        let evidence = times.iter().filter(|t| t.critical).map(|t| t.evidence.clone()).take(1).collect();
        return Found { evidence, ..found(Category::CriticalCare, "critical care of at least 30 minutes is documented", None) };
    }
    if kind == NoteType::NursingFacility || nursing_place {
        return if setting == Setting::Discharge {
            found(Category::NursingDischarge, "a discharge from a nursing facility: chosen by time alone", None)
        } else {
            nursing(view)
        };
    }
    if kind == NoteType::Home || matches!(place, "12" | "13" | "14" | "33") {
        return office(view, context, &weights, Category::HomeNew, Category::HomeEstablished);
    }
    match setting {
        Setting::Discharge if count(view, &SAME_DAY) > 0 => {
            return found(Category::HospitalSameDay, "admitted and discharged on one date", Some(&SAME_DAY));
        }
        Setting::Discharge => return found(Category::HospitalDischarge, "a discharge: chosen by time alone", None),
        Setting::Emergency => return found(Category::Emergency, "an emergency department visit: decision making alone", None),
        Setting::HospitalInitial | Setting::HospitalSubsequent => {
            let consult = kind == NoteType::Consult;
            return hospital(view, consult, setting == Setting::HospitalSubsequent && !consult, recognises_consults);
        }
        Setting::Report | Setting::New | Setting::Established => {}
    }
    if count(view, &DISABILITY) >= 2 {
        return found(Category::DisabilityExam, "an evaluation of disability or impairment for a third party", Some(&DISABILITY));
    }
    if kind == NoteType::Consult {
        let mut f = office(view, context, &weights, Category::OfficeNew, Category::OfficeEstablished);
        let known = f.category == Category::OfficeEstablished && KNOWN.is_match(&opening(view));
        if context.patient.new_patient != Some(false) || !given(context, "patient.new_patient") {
            f.category = if known { Category::OfficeEstablished } else { Category::OfficeNew };
        }
        if recognises_consults && f.category == Category::OfficeNew {
            return found(Category::OfficeConsult, "an outpatient consultation", None);
        }
        f.reason = "an outpatient consultation; this payer takes office codes instead".to_owned();
        return f;
    }
    if count(view, &WELLNESS) > 0 {
        return found(Category::WellnessVisit, "a Medicare wellness visit", Some(&WELLNESS));
    }
    let opening = opening(view);
    if kind == NoteType::Preventive || (PREVENTIVE.is_match(&opening) && !NOT_PREVENTIVE.is_match(&opening)) {
        let f = office(view, context, &weights, Category::PreventiveNew, Category::PreventiveEstablished);
        let cue = found(f.category, "a preventive visit", Some(&PREVENTIVE));
        return Found { new_or_established_unsure: f.new_or_established_unsure, ..cue };
    }
    if POSTOPERATIVE.is_match(&opening) {
        return found(Category::PostoperativeGlobal, "a visit in the global period of an operation", Some(&POSTOPERATIVE));
    }
    if place.is_empty() && count(view, &HOME_VISIT) > 0 {
        return office(view, context, &weights, Category::HomeNew, Category::HomeEstablished);
    }
    if place.is_empty() && !told && count(view, &NURSING) > 0 {
        return nursing(view);
    }
    office(view, context, &weights, Category::OfficeNew, Category::OfficeEstablished)
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
        (_, "21") => likeliest(&[S::HospitalInitial, S::HospitalSubsequent, S::Discharge]),
        (NoteType::Emergency, _) if told => S::Emergency,
        (NoteType::Inpatient, _) if told => likeliest(&[S::HospitalInitial, S::HospitalSubsequent]),
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
        return Found { category, reason: reason.into(), evidence: Vec::new(), new_or_established_unsure: false };
    }
    let opening = opening(view);
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
    Found { category: if is_new { new } else { established }, reason: reason.into(), evidence, new_or_established_unsure: unsure }
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
    Found { category, reason: reason.into(), evidence, new_or_established_unsure: false }
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
    let initial = count(view, &INITIAL) > count(view, &ESTABLISHED) + 1;
    let (category, reason) = if initial {
        (Category::NursingInitial, "the first visit in a nursing facility")
    } else {
        (Category::NursingSubsequent, "a later visit in a nursing facility")
    };
    let evidence = view.first(&NURSING, |_| true).map(|(i, _)| view.quote(i)).into_iter().collect();
    Found { category, reason: reason.into(), evidence, new_or_established_unsure: false }
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
        infer(&View::new(d), &context(kind), &[], consults).category
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
        let f = infer(&View::new(&plain), &context(NoteType::Office), &[], false);
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
