//! What the first lines of a note call it. A title in so many words leads over the words of the whole note, which for a
//! short or terse note say little.
use std::sync::LazyLock;

use regex::Regex;

use super::setting::Setting;
use super::view::{View, pattern};

/// What a title says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    /// A visit in this setting; `Established` stands for any visit in an office.
    Visit(Setting),
    /// A consultation on a patient in hospital.
    HospitalConsult,
    /// First or later visit in a nursing facility.
    Nursing {
        /// The first.
        initial: bool,
    },
    /// The discharge from a nursing facility.
    NursingDischarge,
    /// A visit at the patient's home.
    Home,
    /// A psychiatric diagnostic evaluation.
    Psychiatric,
    /// A preventive visit.
    Preventive,
    /// A visit with clinical staff alone.
    Nurse,
    /// No visit of a physician, and why.
    NoVisit(&'static str),
}

/// Bytes in which a title must end, lines it may have, and bytes of one.
const LONGEST: usize = 400;
const LINES: usize = 3;
const LONGEST_LINE: usize = 140;

macro_rules! cue {
    ($name:ident, $($part:literal),+) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| pattern(concat!($($part),+)));
    };
}

cue!(
    DISCHARGE,
    r"\b(?:discharge|d/?c) (?:summary|note)\b|\bdeath summary\b|\bdischarge day\b|\bday of (?:discharge|d/c)\b|\b(?:hospital|obs(?:ervation)?|inpatient|newborn|nursery) (?:discharge|d/c)\b|\bdischarge (?:management|progress)\b"
);
cue!(
    AFTERWARDS,
    r"\b(?:f/?u|follow-? ?up|followup|after|post-?(?:hospital|discharge|ed|er)|tcm|transition\w*|re-?check|here for|seen today for|last (?:week|month)|ago)\b"
);
cue!(
    LATER_DAY,
    r"\bhosp(?:ital)? (?:day|progress|daily|rounds?|rounding)\b|\b(?:inpatient|inpt|icu|micu|sicu|ccu|ward|floor) (?:day|progress|daily|rounds?|rounding|follow-?up)\b|",
    r"\b(?:daily|hospital|inpatient|icu) (?:progress |rounding )?note\b|\b(?:rounds?|rounding) note\b|",
    r"\bprogress note\b[^\n]*\b(?:hd|pod|hosp(?:ital)? day) ?#?\d|\b(?:hd|hospital day|hosp day) ?#? ?\d[^\n]*\bprogress\b|^\W*(?:hd|pod) ?#? ?\d+\b[^\n]*\b(?:ward|floor|icu|inpatient|surgery|rounds?)\b"
);
cue!(
    ADMISSION,
    r"^\W*(?:direct |obs(?:ervation)? |(?:icu|micu|ccu|picu|nicu|sicu|medicine|medical|surgical|cardiology|pediatrics?|peds) )?admi(?:t|ssion)\b|\bobs(?:ervation)? (?:h&p|history|admission)\b|\badmission (?:history|h&p|note|h and p)\b|\badmit(?:ting)? (?:note|h&p|history)\b|\binpatient (?:h&p|history and physical|admission)\b|\bhospital(?:ist)? (?:h&p|history and physical|admission)\b"
);
// "ADMISSION DIAGNOSIS: ..." heads an item of a summary, most often of a discharge.
cue!(
    ADMISSION_ITEM,
    r"^\W*(?:date of )?admi(?:t|ssion|tting)(?:/discharge| and discharge)?\W+(?:diagnos[ei]s|dx|dates?|problems?|weight|medications?|meds)\b"
);
cue!(HISTORY_AND_PHYSICAL, r"\bhistory (?:and|&) physical\b|\bh&p\b|\bh ?and ?p\b");
cue!(
    ADMITTED_HERE,
    r"\badmitting\b|\badmit(?:ted)? to\b|\bhospital medicine\b|\bhospitalist\b|\binpatient\b|\bto be admitted\b|\bed:|\b(?:ed|er) (?:course|physician|provider)\b"
);
cue!(PREOPERATIVE, r"\bpre-?op\w*|\bsurgical h&p\b|\bfor (?:surgery|procedure)\b");
cue!(
    HOSPITAL_CONSULT,
    r"^\W*\w+(?: \w+)?\s*[-–—,]\s*inpatient\b[^\n]*\n(?:[^\n]*\n){0,2}\W*(?:reason|asked|requested)|\b(?:inpatient|inpt|hospital|icu|micu|ccu|bedside|floor|ward)\b[^\n]{0,25}\bconsult|\bconsult\w*\b[^\n]{0,40}\b(?:inpatient|hospital(?:ist)?|icu|micu|ccu|floor|ward|room \d+)\b"
);
cue!(
    EMERGENCY_CONSULT,
    r"\b(?:ed|er|emergency (?:department|dept|room))\b[^\n]{0,25}\bconsult|\bconsult\w*\b[^\n]{0,40}\b(?:in|ed|er|emergency) ?(?:the )?(?:ed|er|department|dept|room)\b"
);
cue!(
    ADMITS,
    r"\b(?:will|to|plan to|i|we|please) admit\b|\badmit(?:ted)? (?:to|under|for|overnight)\b|\b(?:recommend|requires?|needs?|agree with|for) admission\b|^\W*admit\b|\n\W*(?:\d\W+)?admit\b"
);
cue!(NOT_ADMITTED, r"\b(?:no|not|without|don't|doesn't|never|declin\w+|refus\w+)\b[^.;\n]{0,30}$");
cue!(
    EMERGENCY_LINE,
    r"\bseen in (?:the |our )?(?:emergency|ed\b|er\b)|^\W*(?:ed|er|e\.d\.|e\.r\.)\W+(?:md|do|pa|np|pa-c|doc\w*|physician|provider|attending|resident|visit|eval\w*|h&p|hpi|fast[- ]track|bed|rm|room|pod|triage|shift|chart|[-–—|:])|^\W*(?:ed|er)\s*$|^\W*fast[- ]track\W*$|\bemergency (?:department|dept|medicine)\b|\b(?:level (?:1|2|i|ii) )?trauma (?:bay|activation|alert)\b"
);
// "ED: 34M fell": what follows the visit is told in the same line.
cue!(EMERGENCY_HEADED, r"^\W*(?:ed|er)\s?[:–—-]\s*\d+ ?(?:yo|y/o|y\.o|[mf]\b)");
cue!(
    EMERGENCY,
    r"\b(?:emergency (?:department|room|dept)|e\.?d\.?|e\.?r\.?) (?:physician |provider |attending )?(?:note|visit|report|record|chart|encounter|course)\b"
);
cue!(
    NURSING_FIRST,
    r"\b(?:care|nursing|health(?:care)?)(?: center)? (?:&|and) rehab\w*\b[^\n]{0,30}\b(?:admission|admit|initial|h&p|history (?:and|&) physical)\b|\b(?:snf|nursing (?:home|facility)|skilled nursing(?: facility)?|ltc|rehab facility|tcu)\b[^\n]{0,20}\b(?:admission|admit|initial|h&p|history and physical)\b|\b(?:admission|initial)\b[^\n]{0,25}\b(?:snf|nursing (?:home|facility)|skilled nursing)\b"
);
cue!(
    NURSING_LATER,
    r"\bnh (?:visit|rounds?|note)\b|\b(?:snf|nursing (?:home|facility)|skilled nursing(?: facility)?|ltc|long[- ]term care)\b[^\n]{0,20}\b(?:visit|rounds?|note|follow|progress|monthly|recert\w*|acute|(?:30|60)[- ]day)\b|\b(?:visit|rounds|seen)\b[^\n]{0,20}\b(?:at|in) (?:the )?(?:snf|nursing (?:home|facility)|skilled nursing|ltc)\b|\bregulatory visit\b"
);
cue!(
    NURSING_DISCHARGE,
    r"\b(?:snf|nursing (?:home|facility)|skilled nursing(?: facility)?|sub-?acute(?: rehab)?|rehab facility|tcu|ltc)\b[^\n]{0,20}\b(?:discharge|d/c)\b|\b(?:discharged?|d/c'?d?)(?: \w+){0,2} from (?:the |our )?(?:snf|nursing|skilled|sub-?acute|tcu)\b"
);
cue!(
    HOME,
    r"\b(?:alf|assisted[- ]living)\b[^\n]{0,15}\b(?:visit|rounds?|note)\b|\bhbpc\b|\bseen at home\b|\bhome (?:medical|care) visit\b|\bhouse ?calls?\b|\bhome visit\b|\bhome[- ]based (?:primary care|visit)\b|\bdomiciliary visit\b"
);
cue!(
    PSYCHIATRIC,
    r"\b(?:psychiatric|psychiatry|psych|psychological|behavioral health)\b[^\n]{0,12}\b(?:diagnostic|initial|new patient|intake)\b[^\n]{0,12}\b(?:evaluation|eval|assessment|interview|intake)\b|\b(?:initial|diagnostic) (?:psychiatric|psych) (?:evaluation|eval|assessment|interview|intake)\b|^\W*psych(?:iatric)? (?:eval(?:uation)?|intake)\b"
);
cue!(
    LETTER,
    r"\bto whom it may concern\b|\bthis letter serves as\b|\bthank you for (?:agreeing to see|seeing|accepting) (?:mr|ms|mrs|miss|this|my|our)\b|\bletter of (?:medical necessity|appeal|support)\b|\bappeal of (?:the )?denial\b|\breferral letter\b"
);
cue!(
    PREVENTIVE,
    r"^\W*(?:[^\n]{0,30}\b)?(?:well[- ](?:child|baby|adolescent|woman|check|chk|visit|exam)|(?:month|mo|year|yr)s?[- ](?:old )?well\b|wcc\b|(?:annual|yearly|complete|adult|routine) (?:physical|gyn|gynecologic|preventive|health)|preventive (?:visit|exam|medicine)|newborn (?:f/?u|follow-?up|visit|check|exam|first)|first newborn|epsdt\b|(?:kindergarten|school|camp|sports|college) physical|cpe\b|wwe\b|annual (?:exam|gyn)|(?:[\w-]+ ){0,2}wellness (?:visit|exam)|awv\b|welcome to medicare|ippe\b|initial preventive|sports (?:form|physical))|^\W*(?:annual )?physical(?:\W*\n|[.,:])"
);
// With a service of its own (an injection, a vaccine) nothing else is billed for it.
cue!(NURSE_TITLE, r"\bnurse(?:-only| only)? visit\b|\b(?:rn|lpn|ma) visit\b");
cue!(
    TEST,
    r"^\W*(?:abnormal |awake |routine |video |ambulatory |overnight |diagnostic |baseline )*(?:eeg|electroencephalogra\w+|emg|nerve conduction|ncs|electrodiagnostic|electromyogra\w+|polysomnogra\w+|psg|sleep study|home sleep|pulmonary function|pfts?|spirometry|(?:2-?d |transthoracic |transesophageal |stress )*echo(?:cardiogra\w+)?|holter|event monitor|ambulatory (?:ecg|ekg|bp|blood pressure)|tilt[- ]table|dexa|dxa|bone (?:mineral )?densit\w+|mammogra\w+|(?:carotid|venous|arterial|renal) (?:duplex|doppler)|myocardial perfusion|nuclear stress|audiogram|vng|videonystagmogra\w+)\b|",
    r"^\W*(?:emergent |emergency |elective |urgent |attempted |screening |diagnostic )*(?:pci|colonoscopy|egd|esophagogastroduodenoscopy|colpo(?:scopy)?|cystoscopy|cysto|bronchoscopy|leep|cardioversion|tee|ercp|hysteroscopy|sigmoidoscopy|vasectomy|circumcision|thoracentesis|paracentesis|lumbar puncture)\b(?: note| report| record)?\W*(?:\([^)\n]*\))?\W*(?:\n|\. |$)|\bvestibular lab\w*\b|\b(?:dermato|surgical |cyto|hemato)?pathology (?:consult\w*|report|review)\b|\breview of (?:outside |submitted )?slides\b|\b(?:outside )?slide review\b|\b(?:pdt|photodynamic therapy)\b|",
    r"\b\d{1,3}[- ]?(?:hr|hour|day)s? (?:ambulatory (?:ecg|ekg|monitor\w*)|holter|event monitor|patch monitor)\b|\bneuropsycholog\w+ (?:evaluation|assessment|testing|consultation)\b|\b(?:simulation|dosimetry|treatment plan(?:ning)?) note\b|\bradiation (?:therapy|oncology) (?:simulation|treatment|planning|completion)\b|\bsimulation\b[^\n]*\bbeams?\b|\b(?:radiation|radio)therapy simulation\b"
);
cue!(
    OFFICE,
    r"\burgent care\b|\bwalk-?in\b|\b(?:office|clinic|outpatient|outpt) (?:visit|note|progress|consult\w*|f/?u|follow\w*)\b|\bclinic\W*$|\bnew (?:patient|pt)\b|\b(?:established|est\.?) (?:patient|pt)\b|\brov\b|\breturn visit\b"
);
/// Advance care planning as the whole of the encounter.
static PLANNING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:acp|advance(?:d)?[- ]care[- ]planning|goals[- ]of[- ]care) (?:conference|meeting|discussion|visit|note|only|session|conversation)\b",
    )
});
cue!(
    STAFF,
    r"\b(?:shot|allergy shot|immuni[sz]ation|vaccin\w+|injection|flu) (?:room|clinic)\b|\b(?:device|pacemaker|icd) clinic\b|\baudiolog\w+ (?:report|evaluation|note)\b|\b(?:lcsw|lpc|lmft)\b|\b(?:coumadin|warfarin|anticoag\w*|inr) (?:clinic|flow ?sheet|visit|encounter|management)\b|\bchiro\w*\b[^\n]{0,12}\b(?:tx|treatment|adjust\w*)\b|\b(?:physical|occupational|speech) therapy (?:initial |daily |progress )?(?:evaluation|eval|note|visit)\b|\b(?:pt|ot|slp) (?:initial )?eval(?:uation)?\b|\b(?:outpatient |home )?(?:pt|ot|slp|physical therapy|occupational therapy|speech therapy) (?:daily|progress|treatment|discharge|re-?eval\w*|session) ?(?:note|summary|visit)?\b|\bvisit \d+ of \d+ (?:on|per) poc\b|\b(?:nutrition|dietitian|dietary) (?:consult\w*|assessment|note|visit)\b|\bpatient (?:education|instructions|handout)\b"
);

/// What the title says, where it says it; the caller has checked that neither kind of note nor place was given.
pub fn says(view: &View) -> Option<Title> {
    let title = title(&view.lower);
    let has = |cue: &Regex| cue.is_match(title);
    if has(&LETTER) || LETTER.is_match(head(&view.lower, LONGEST)) {
        return Some(Title::NoVisit("a letter that tells of no visit"));
    }
    if has(&PLANNING) && !view.lower.contains("exam:") {
        return Some(Title::NoVisit("advance care planning alone is reported by its time, without an E/M level"));
    }
    let line = title.lines().next().unwrap_or("");
    let afterwards = AFTERWARDS.is_match(line);
    if has(&NURSING_DISCHARGE) && !has(&NURSING_FIRST) && !afterwards {
        return Some(Title::NursingDischarge);
    }
    if has(&NURSING_FIRST) || has(&NURSING_LATER) {
        return Some(Title::Nursing { initial: has(&NURSING_FIRST) });
    }
    if has(&HOME) {
        return Some(Title::Home);
    }
    if has(&DISCHARGE) && !(afterwards && !line.contains("summary")) {
        return Some(Title::Visit(Setting::Discharge));
    }
    if has(&PSYCHIATRIC) && !has(&HOSPITAL_CONSULT) {
        return Some(Title::Psychiatric);
    }
    if has(&STAFF) {
        return Some(Title::NoVisit("the title names work of clinical staff or therapists, which has no E/M level"));
    }
    if has(&NURSE_TITLE) {
        return Some(Title::Nurse);
    }
    if has(&TEST) {
        return Some(Title::NoVisit("the title names a test, whose report has no E/M level"));
    }
    if has(&HOSPITAL_CONSULT) || (has(&EMERGENCY_CONSULT) && admits(&view.lower)) {
        return Some(Title::HospitalConsult);
    }
    if has(&LATER_DAY) {
        return Some(Title::Visit(Setting::HospitalSubsequent));
    }
    let admitted = ADMITTED_HERE.is_match(head(&view.lower, 900));
    let summary = has(&ADMISSION_ITEM);
    if ((has(&ADMISSION) && !summary) || (has(&HISTORY_AND_PHYSICAL) && admitted)) && !has(&PREOPERATIVE) {
        return Some(Title::Visit(Setting::HospitalInitial));
    }
    let emergency = has(&EMERGENCY) || EMERGENCY_LINE.is_match(line) || has(&EMERGENCY_CONSULT);
    if (emergency && !afterwards) || EMERGENCY_HEADED.is_match(line) {
        return Some(Title::Visit(Setting::Emergency));
    }
    if has(&PREVENTIVE) {
        return Some(Title::Preventive);
    }
    OFFICE.is_match(line).then_some(Title::Visit(Setting::Established))
}

/// Admission is decided: a consultant's visit in the emergency department becomes one of the hospital.
fn admits(lower: &str) -> bool {
    ADMITS.find_iter(lower).any(|m| !NOT_ADMITTED.is_match(lower.get(..m.start()).unwrap_or("")))
}

/// The first lines, as far as they are short.
fn title(lower: &str) -> &str {
    let text = lower.trim_start();
    let mut end = 0;
    for line in text.split_inclusive('\n').filter(|l| !l.trim().is_empty()).take(LINES) {
        if line.len() > LONGEST_LINE {
            break;
        }
        let Some(at) = text.get(end..).and_then(|rest| rest.find(line)) else { break };
        end += at + line.len();
    }
    head(text, end.min(LONGEST))
}

fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn of(text: &str) -> Option<Title> {
        says(&View::new(&document(&[(S::Other, text)])))
    }

    #[test]
    fn titles_in_so_many_words() {
        use Setting as T;
        assert_eq!(of("DISCHARGE SUMMARY -- medicine\nAdmit 3/1"), Some(Title::Visit(T::Discharge)));
        assert_eq!(of("Hosp day 3   PROGRESS NOTE\nS: better"), Some(Title::Visit(T::HospitalSubsequent)));
        assert_eq!(of("Surgery progress note HD#2\nS: better"), Some(Title::Visit(T::HospitalSubsequent)));
        assert_eq!(of("HISTORY AND PHYSICAL\nAdmitting: Dr. Alder\nCC: fever"), Some(Title::Visit(T::HospitalInitial)));
        assert_eq!(of("HISTORY AND PHYSICAL\nCC: fever, seen in the office"), None);
        assert_eq!(of("ADMISSION DIAGNOSIS: Gallstones.\nDISCHARGE DIAGNOSIS: The same."), None);
        assert_eq!(of("Admission note\nCC: fever"), Some(Title::Visit(T::HospitalInitial)));
        assert_eq!(of("NEPHROLOGY INPATIENT CONSULT\nRequested by Dr. Alder"), Some(Title::HospitalConsult));
        assert_eq!(of("ED PHYSICIAN NOTE\ncc: fall"), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("SNF ADMISSION H&P\nDay 1"), Some(Title::Nursing { initial: true }));
        assert_eq!(of("Nursing home visit, monthly"), Some(Title::Nursing { initial: false }));
        assert_eq!(of("ED CONSULT - ENT\nNo admission. Home today."), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("ED CONSULT - ENT\nCC: fever\nPlan: will admit"), Some(Title::HospitalConsult));
        assert_eq!(of("Cardiology, seen in emergency department\nChest pain."), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("ED: 34M fell off a ladder, ortho f/u."), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("ED: on sildenafil, works well."), None);
        assert_eq!(of("ER MD\nFell at home."), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("ER follow-up visit\nFell at home."), None);
        assert_eq!(of("SNF discharge, day of d/c\nHere since May."), Some(Title::NursingDischarge));
        assert_eq!(of("Discharge day note\nGoing home."), Some(Title::Visit(T::Discharge)));
        assert_eq!(of("Hospital discharge follow-up\nShe was in for pneumonia."), None);
        assert!(matches!(of("ACP meeting in the office\nWife present."), Some(Title::NoVisit(_))));
        assert_eq!(of("URGENT CARE\nFell at home."), Some(Title::Visit(T::Established)));
        assert_eq!(of("Hospital follow-up\nHome since Monday."), None);
        assert_eq!(of("6 month well check\nMother has no concerns"), Some(Title::Preventive));
        assert_eq!(of("Physical. 50 yo man"), Some(Title::Preventive));
        assert_eq!(of("House call for Mr. Alder, 90"), Some(Title::Home));
        assert_eq!(of("Psychiatric diagnostic evaluation\nShe is 30."), Some(Title::Psychiatric));
        assert!(matches!(of("To whom it may concern:\nMy patient needs"), Some(Title::NoVisit(_))));
        assert_eq!(of("RN VISIT - BP recheck per order\n57F, 138/84"), Some(Title::Nurse));
        assert_eq!(of("fast track\nS: runny nose"), Some(Title::Visit(T::Emergency)));
        assert_eq!(of("RIVERVIEW CARE & REHAB  ADMISSION HISTORY\nAdm 5/2"), Some(Title::Nursing { initial: true }));
        assert_eq!(of("Dermatology - inpatient\n\nReason for asking: rash"), Some(Title::HospitalConsult));
        assert!(matches!(of("BONE MINERAL DENSITY (DXA) - Hologic\n72-year-old"), Some(Title::NoVisit(_))));
        assert!(matches!(of("DERMATOPATHOLOGY CONSULTATION\nReceived: 5 slides"), Some(Title::NoVisit(_))));
        assert!(matches!(of("EEG #12\nAwake and drowsy"), Some(Title::NoVisit(_))));
        assert!(matches!(of("Anticoagulation clinic\nINR 2.4"), Some(Title::NoVisit(_))));
    }

    #[test]
    fn the_story_is_no_title() {
        assert_eq!(of("She comes for follow-up. An EEG was done last month and was normal."), None);
        let long = "He was seen after his discharge summary had arrived, and he tells at length of his stay, of the nurses and of the food that he was given there every day.";
        assert_eq!(of(long), None);
        assert_eq!(of(""), None);
    }
}
