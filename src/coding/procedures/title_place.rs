//! Kind of note and place of service that the first lines of a note say, as far as services depend on them: a short note
//! has little else. What the caller gave and what the note's words were found to say of the place stand.
use std::sync::LazyLock;

use regex::Regex;

use crate::note::{Context, NoteType, Origin, OriginKind};

/// Lines of a title, and bytes that one may have.
const LINES: usize = 2;
const LONGEST_LINE: usize = 140;

static OFFICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:office|clinic|visit|nurse|check|f/u|follow[- ]?up|est(?:ablished)? p(?:atien)?t|pos 11)\b").ok()
});
static AFTERWARDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bs/p\b|\bpost-?op\b|\bpod ?#?\d|\bpov\b|\bwound check\b|\bf/u\b|\bfollow[- ]?up\b").ok());
static EMERGENCY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bemergency (?:department|dept|room|medicine|physician)\b|^\W*e\.?[dr]\.?\b(?:\W|$)|\b(?:ED|ER) (?:md|do|pa|np|attending|physician|provider|consult|note|visit|record|chart|course|report)\b")
        .ok()
});
/// "ER f/u" is a visit to an office.
static LATER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bf/u\b|\bfollow[- ]?up\b|\b(?:office|clinic)\b").ok());
static WARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:[mscnp]?icu|ccu|ccm|hospitalist|inpatient|inpt|(?:hd|hospital day) ?#? ?\d|bed ?#? ?\d+|ward|stepdown|step-down)\b").ok()
});
static HOSPITAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bcath(?:eterization)? lab(?:oratory)?\b|\b(?:electrophysiology|ep) lab\b|\bendoscopy suite\b|\bday surgery\b|\bsame[- ]day surgery\b|\bsds unit\b|\bpacu\b|\binterventional radiology\b|\bmain or\b|\bmedical center\b|(?:^|[-–—/]\s*)(?-i:OR)\s*$")
        .ok()
});
static OUTPATIENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bshort[- ]stay\b|\bhosp(?:ital)?\.?[- ](?:outpt|outpatient|based)\b|\boutpatient hosp(?:ital)?\b").ok()
});
static CENTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\basc\b|\bsurg(?:ery|ical|i)[- ]?center\b|\bambulatory surg\w+ (?:center|suite)\b|\bendoscopy center\b").ok()
});
static REPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\boperative (?:report|note|dictation|record|summary)\b|\bop(?:erative)? (?:note|report|dictation)\b|\bprocedure (?:note|report)\b|\b(?:cath|pci|stemi cath|ablation|pacemaker|implant) (?:report|note)\b|\b(?:eeg|emg|ncs|tee|echo|holter|bronchoscopy|colonoscopy|egd|ercp|cystoscopy|polysomnogra\w+|sleep study|pft|spirometry|audiology|duplex) (?:report|note|interpretation)\b|^\W*(?:bronchoscopy|colonoscopy|egd|ercp|cystoscopy|hysteroscopy|cardioversion)\W*$")
        .ok()
});

/// Longer notes have titles and headings that say where they belong.
const SHORT: usize = 700;
/// Words of a visit to an office, or of a stay that is over.
static OF_OFFICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:est(?:ab(?:lished|'d)?)?|new (?:pt|patient|to)|rtc|clinic|office|ofc|urgent care|uc|walk-in|tcm|home (?:since|from)|er f/u|hosp(?:ital)? f/u|post[- ]hosp|asc|return|recheck|transition|last (?:week|month)|yesterday|awv|wellness|annual|pcp f/u|nurse (?:visit|only))\b").ok()
});
/// Words of a stay.
static OF_STAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:inpatient|inpt|hospitalist|admit(?:ted)?|admission|[mscnp]?icu|cvicu|ccu|tele|hd ?#?\d|hospital day|pod ?#?\d|rounds|rounding|dol ?\d|nursery|nbn|snf|nf|observation|obs|stepdown|ward|floor bed|discharge (?:day|summary)|d/c day|bedside|primary team|gtt|pressors?|vent(?:ilator)?|hospice|ltac\w*|rehab unit)\b").ok()
});
/// Words of an emergency department.
static OF_EMERGENCY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:critical care|cc time|cc \d+ min|ems|ed|er|emergency|stemi alert|stroke alert|level \d trauma|mvc|trauma team|ottawa|d/c home|dc home|dispo|ama|lwbs|resus|triage|ambulance|brought in|bibems|ortho aware|to (?:or|icu|ccu|cvicu|picu)|transfer(?:red)? to|obs(?:erved)? \d+ ?h)\b").ok()
});

/// Place of a short note of a hospital, by its words: 21 for a stay, 23 for an emergency department.
fn of_hospital(text: &str) -> Option<&'static str> {
    let count = |pattern: &LazyLock<Option<Regex>>| LazyLock::force(pattern).as_ref().map_or(0, |p| p.find_iter(text).count());
    if text.len() > SHORT || count(&OF_OFFICE) > 0 {
        return None;
    }
    match (count(&OF_STAY), count(&OF_EMERGENCY)) {
        (0, 0) => None,
        (stay, emergency) => Some(if stay > emergency { "21" } else { "23" }),
    }
}

/// The context with what the title adds.
pub(super) fn with_title(context: &Context, text: &str) -> Context {
    let mut context = context.clone();
    let unknown = |context: &Context, field: &str| context.origins.get(field).is_none_or(|o| o.kind == OriginKind::Default);
    let given = |field: &str| context.origins.get(field).is_some_and(|o| o.kind == OriginKind::Given);
    if given("note_type") {
        return context;
    }
    let title: Vec<&str> =
        text.lines().map(str::trim).filter(|l| !l.is_empty()).take(LINES).take_while(|l| l.len() <= LONGEST_LINE).collect();
    let has = |pattern: &LazyLock<Option<Regex>>| {
        LazyLock::force(pattern).as_ref().is_some_and(|p| title.iter().any(|line| p.is_match(line)))
    };
    let placed = !unknown(&context, "place_of_service");
    let place = |context: &mut Context, code: &str| {
        if !placed {
            code.clone_into(&mut context.place_of_service);
            let origin = Origin { kind: OriginKind::Inferred, start: None, end: None, text: None };
            context.origins.insert("place_of_service".to_owned(), origin);
        }
    };
    let visit = matches!(context.note_type, NoteType::Office | NoteType::Consult | NoteType::Imaging);
    if has(&EMERGENCY) && !has(&LATER) && (visit || matches!(context.note_type, NoteType::Operative | NoteType::Procedure)) {
        context.note_type = NoteType::Emergency;
        if context.place_of_service != "23" && !given("place_of_service") {
            "23".clone_into(&mut context.place_of_service);
            let origin = Origin { kind: OriginKind::Inferred, start: None, end: None, text: None };
            context.origins.insert("place_of_service".to_owned(), origin);
        }
        return context;
    }
    let office = has(&OFFICE) && !has(&OUTPATIENT);
    if has(&CENTER) {
        place(&mut context, "24");
    } else if office {
        // An operation told under the title of a visit was done there, with the practice's own staff and supplies.
        if matches!(context.note_type, NoteType::Operative | NoteType::Procedure) {
            place(&mut context, "11");
            if has(&AFTERWARDS) {
                context.note_type = NoteType::Office;
            }
        }
    } else if has(&WARD) {
        place(&mut context, "21");
        if context.note_type == NoteType::Office && !has(&REPORT) {
            context.note_type = NoteType::Inpatient;
        }
    } else if has(&HOSPITAL) || has(&OUTPATIENT) {
        place(&mut context, "22");
    }
    let report = has(&REPORT) || (has(&HOSPITAL) || has(&OUTPATIENT) || has(&CENTER)) && !office;
    if report && !office && matches!(context.note_type, NoteType::Office | NoteType::Imaging | NoteType::Consult) {
        context.note_type = if context.note_type == NoteType::Imaging { NoteType::Imaging } else { NoteType::Procedure };
    }
    // What is done in a hospital is done with its supplies and by its laboratory; short notes hardly say more of it.
    if context.note_type == NoteType::Office
        && context.place_of_service == "11"
        && !placed
        && unknown(&context, "note_type")
        && let Some(code) = of_hospital(text)
    {
        place(&mut context, code);
        context.note_type = NoteType::Emergency;
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::document::facts::resolve_context;
    use crate::note::Encounter;

    fn of(text: &str) -> (NoteType, String) {
        let read = resolve_context(&Encounter::default(), &document::read(text), jiff::civil::date(2026, 5, 4));
        let context = with_title(&read, text);
        (context.note_type, context.place_of_service)
    }

    #[test]
    fn titles_say_where() {
        assert_eq!(of("ER MD\n73 yo fell, deformity R wrist."), (NoteType::Emergency, "23".to_owned()));
        assert_eq!(of("ED CONSULT - ENT\n45M sore throat"), (NoteType::Emergency, "23".to_owned()));
        assert_eq!(of("CCM ATTENDING NOTE   MICU bed 7\n63F septic").1, "21");
        assert_eq!(of("BRONCHOSCOPY\nIndication nodule"), (NoteType::Procedure, "11".to_owned()));
        assert_eq!(of("MYRINGOTOMY TUBES - OR\nChild 18 months").1, "22");
        assert_eq!(of("ER f/u, wrist\nsplint on").0, NoteType::Office);
        assert_eq!(of("Knee pain f/u\nwas in the ER last week").0, NoteType::Office);
        assert_eq!(of("Sore throat or ear pain OR both").1, "11");
        assert_eq!(of("Chest pressure 2h. STEMI alert, CC time 35 min. EKG read by me.").1, "23");
        assert_eq!(of("Radial arterial line by me, MICU, on pressors.").1, "21");
        assert_eq!(of("Est pt, in the ED last week for asthma.").1, "11");
    }
}
