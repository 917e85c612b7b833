//! Phrases that tell the setting of a note together: as features of the regression beside its words (`setting.rs`), each
//! once for the whole note, for its opening, its end, and for more than two places.
use std::sync::LazyLock;

use regex::Regex;

use super::view::{View, pattern};

/// Name and pattern of every cue; patterns see lower case.
static CUES: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        // Came to an emergency department.
        ("emergency", r"\b(?:presents?|presented|presenting|comes?|came|brought|taken|sent|arriv\w+|transport\w+|seen|evaluated|admitted|returns?|returned|walks?|walked|here) (?:[\w-]+ ){0,5}?(?:to|in|into|at|via) (?:the |our |this |an? )?(?:local )?(?:emergency|e\.?r\.?\b|e\.?d\.?\b|trauma bay)"),
        // The course of an emergency visit.
        ("emergency course", r"\b(?:(?:ed|er|emergency (?:department|room)) (?:course|visit|note|presentation|physician|attending|arrival)|course in the (?:ed|er|emergency)|(?:in|while in) (?:the |our )?(?:ed|er|emergency (?:department|room))\b|triage\w*|medical decision making|mdm\b|emergency department course|mode of arrival|(?:pulse ox\w*|saturation)[^.]{0,40}(?:which is|is) normal)"),
        // How an emergency visit ends.
        ("sent home", r"\b(?:discharged (?:to )?home|discharged in (?:\w+ )?(?:stable|good|improved)|(?:will be|was|is|patient) discharged|left (?:the (?:ed|er) )?against|return to the (?:ed|er|emergency)|return (?:here|immediately)|follow[- ]?up with (?:his|her|their|the|a) (?:own |primary|pcp|family|regular|private)|come (?:immediately )?(?:back )?here for)"),
        // Rescue services.
        ("rescue", r"\b(?:ems|paramedics?|ambulance|medics|by squad|c-collar|backboard|gcs)\b"),
        // Admission decided here.
        ("admit", r"\b(?:will (?:be )?(?:re-?)?admit(?:ted)?|(?:is|being|to be|be) (?:re-?)?admitted|admit (?:to|him|her|the|for|patient|this)|(?:plan|going|decided|like|elected|need|needs|recommend\w*|agreed|want) (?:\w+ ){0,3}(?:(?:re-?)?admit|admission|hospitaliz)|^(?:\d\W+)?admit\b|admitted for (?:observation|further|iv|overnight)|direct admission|requires? (?:hospital )?admission|admission orders|plan is to readmit)"),
        // An admission that has been.
        ("admitted", r"\b(?:was|been|were|got|had been) (?:\w+ )?(?:re-?)?admitted|admitted (?:to|with|for|on|from|through|by|because|after|overnight)|this admission|on admission|since admission|reason for admission|time of admission|admission (?:diagnos|date|interview|labs?|history)|date of admission|(?:currently|now) (?:hospitalized|intubated|inpatient)"),
        // What only a ward has.
        ("ward", r"\b(?:icu|ccu|nicu|picu|micu|sicu|telemetry|ventilator|intubated|npo|fio2|tpn|on the (?:floor|ward|unit|vent)|bedside|intensive care|iv (?:fluids|antibiotics|hydration)|foley|nasogastric|ng tube|hospital day|pod\s?#?\d|overnight|post-?op(?:erative)? day|prn iv)\b"),
        // Asked to see a patient of another clinician.
        ("consulted", r"\b(?:asked to (?:see|evaluate|consult)|(?:we|i) (?:were|was|am|are|have been|had been) (?:asked|consulted|called)|(?:reason|indication) for (?:the )?consult\w*|consult(?:ation)? (?:was )?(?:requested|called|obtained|placed)|requesting physician|consulting|in consultation|thank you (?:very much |so much )?for (?:\w+ ){0,4}(?:consult|allowing|asking|opportunity|letting|involving|this interesting)|will follow (?:along|with you)|follow (?:the patient |him |her |this patient )?(?:along )?with you)"),
        // A later day of a stay.
        ("daily", r"\b(?:progress note|hospital day|interval history|overnight|since yesterday|no acute events|no new complaints|today's (?:labs|date)|continue (?:current|present|iv)|patient seen and examined|remains (?:stable|afebrile|intubated)|(?:afebrile|stable) overnight)\b"),
        // The parts of a discharge summary.
        ("discharge", r"\b(?:discharge (?:summary|diagnos\w+|medications?|meds|instructions|condition|date|plan|disposition|status|activity|diet|followup|follow-up)|date of discharge|hospital course|course in (?:the )?hospital|condition (?:on|at|upon) discharge|(?:at|on|upon|time of|prior to|day of) discharge|discharged (?:to|home|on|in|with|from)|in the hospital from|final diagnos\w+|discharging)\b"),
        // Seen before.
        ("known", r"\b(?:follow[- ]?up|f/u|followup|returns?(?: today| for| to)|return visit|last (?:visit|seen|saw|office|clinic|appointment|time i)|known to (?:me|us)|re-?check|established|i have been|whom i|comes back|back (?:today|for|in)|refills?|previous visit|prior visit|since (?:his|her|the|our|i) last|interim)\b"),
        // Seen for the first time.
        ("first", r"\b(?:new patient|initial (?:clinic |office )?(?:visit|evaluation|consult\w*|exam\w*)|first (?:office |clinic )?visit|first time (?:i|we|in|seeing)|establish(?:ing|ed)? care|to establish|new to (?:me|us|this|our|the)|never been seen|pleasure (?:of|to) (?:meet|see|evaluat)\w*|opportunity to (?:see|meet|evaluate))"),
        // Sent by somebody.
        ("referred", r"\b(?:referred|referral|referring|at the request|second opinion|sent (?:here|to (?:me|us)|over|by)|seen in consultation|for (?:an? |further |surgical |medical |the )?(?:evaluation|consultation|opinion)|evaluation of|self-?referred|thank you for)\b"),
        // An office, and when to come back.
        ("office", r"\b(?:clinic|office|return (?:to|in)|see (?:him|her|them|you) (?:back|again|in)|(?:follow[- ]?up|back|return|recheck|see \w+) in (?:a |\d|one|two|three|four|six|about|approximately)|rtc|next visit|prn\b)"),
        // The parts of an operative or test report.
        ("report", r"\b(?:prepped|draped|informed consent|estimated blood loss|specimens?:|complications?:|procedure(?:s)?(?: performed| in detail| note)?:|description of (?:the )?procedure|operative|preoperative diagnosis|postoperative diagnosis|anesthesia:|technique:|findings:|comparison:|impression:|exam(?:ination)?:\s|indications?:|gross description|microscopic|interpretation:|sterile|tolerated the procedure)"),
        // A letter.
        ("letter", r"(?:\bdear (?:dr|doctor|sir|mr|ms)|sincerely|to whom it may concern|\bre:\s)"),
        // The parts of a visit.
        ("visit", r"\b(?:chief complaint|history of present illness|hpi|review of systems|vital signs|physical exam\w*|assessment|subjective|objective|social history|family history|allergies)\b"),
        // Therapists and dietitians.
        ("therapy", r"\b(?:short[- ]term goals?|long[- ]term goals?|rehab potential|therapeutic exercise|physical therapy (?:evaluation|to)|occupational therapy|kcal|calorie|meal plan|servings?|pt eval)\b"),
        // A psychiatric evaluation.
        ("psychiatry", r"\b(?:axis i|mental status exam\w*|gaf|psychiatric|psychological|beck|mmpi|wais)\b"),
    ]
    .into_iter()
    .map(|(name, source)| (name, pattern(source)))
    .collect()
});

/// Headings of histories and other parts; the first five count as histories of a first visit.
static PARTS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("past", r"past medical history|past history|medical history|pmh|illnesses|past medical problems"),
        ("operations", r"past surgical history|surgical history|past surgeries|operations|psh"),
        ("family", r"family (?:medical |social )?history|fhx?|family/social history"),
        ("social", r"(?:personal and |personal |psycho)?social history|habits|shx?"),
        ("review", r"review of systems|ros|systems? review"),
        ("allergies", r"allergies|allergy"),
        ("medications", r"(?:current |home |present )?(?:medications?|meds)"),
        ("complaint", r"chief complaint|cc|reason for (?:visit|consult\w*|referral)|presenting complaint"),
        ("examination", r"(?:physical )?exam(?:ination)?|vital signs|vitals|objective"),
    ]
    .into_iter()
    .map(|(name, words)| (name, pattern(&format!(r"(?:^|\n|\. |\s{{2,}})\W*(?:{words})\b[^\n:.]{{0,15}}:"))))
    .collect()
});

/// Bytes of the opening and of the end.
const OPENING: usize = 1000;
const END: usize = 900;
/// Longest length told apart, in steps of bytes.
const LONGEST: usize = 6;
const STEP: usize = 800;

/// Calls `see` for every cue of a note; names begin with `!`.
pub fn each(view: &View, see: &mut dyn FnMut(&str)) {
    let text = view.lower.as_str();
    let opening = text.get(..boundary(text, OPENING)).unwrap_or(text);
    let end = text.get(boundary(text, text.len().saturating_sub(END))..).unwrap_or(text);
    let (mut known, mut referred) = (false, false);
    for (name, cue) in CUES.iter() {
        let places = cue.find_iter(text).take(3).count();
        if places == 0 {
            continue;
        }
        see(&format!("!{name}"));
        if places > 2 {
            see(&format!("!{name}, often"));
        }
        if cue.is_match(opening) {
            see(&format!("!{name}, at first"));
            known |= *name == "known";
            referred |= *name == "referred";
        }
        if cue.is_match(end) {
            see(&format!("!{name}, at last"));
        }
    }
    let mut histories = 0;
    for (i, (name, cue)) in PARTS.iter().enumerate() {
        if cue.is_match(text) {
            see(&format!("!part {name}"));
            histories += usize::from(i < 5);
        }
    }
    see(&format!("!histories {histories}"));
    if histories >= 4 {
        see("!full history");
        if !known {
            see("!full history, not known");
            if referred {
                see("!full history, referred, not known");
            }
        }
    }
    see(&format!("!length {}", (text.len() / STEP).min(LONGEST)));
    if text.len() < STEP {
        see(&format!("!hundreds {}", text.len() / 100));
    }
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

    fn cues(text: &str) -> Vec<String> {
        let d = document(&[(S::Other, text)]);
        let mut all = Vec::new();
        each(&View::new(&d), &mut |c| all.push(c.to_owned()));
        all
    }

    #[test]
    fn phrases_of_settings() {
        let has = |text: &str, cue: &str| cues(text).iter().any(|c| c == cue);
        assert!(has("He came to the emergency room with chest pain.", "!emergency, at first"));
        assert!(has("She is brought by ambulance to our ED.", "!rescue"));
        assert!(has("Patient is admitted for IV hydration.", "!admit"));
        assert!(has("I was asked to see the patient for fever.", "!consulted"));
        assert!(has("Discharge medications: Coreg.", "!discharge"));
        assert!(!has("He returns to the office.", "!emergency"));
        let full = "PAST MEDICAL HISTORY: None.\nFAMILY HISTORY: None.\nSOCIAL HISTORY: None.\nREVIEW OF SYSTEMS: None.";
        assert!(has(full, "!full history, not known") && !has("FAMILY HISTORY: None.", "!full history"));
    }
}
