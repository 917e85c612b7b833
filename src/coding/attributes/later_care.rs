//! The phase and kind of an injury as a note tells them: grades of open fractures, and where it says that an injury is past its active treatment: follow-up visits, casts and stitches that come off,
//! weeks since the operation, healing on films (ICD-10-CM guidelines I.C.19.a: routine care during healing or recovery).
use std::sync::OnceLock;

use regex::Regex;

use crate::document::{Document, SectionKind, Span};

/// A place that speaks of later care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LaterCare {
    /// Number of its sentence.
    pub sentence: usize,
    /// The words.
    pub span: Span,
    /// Its sentence also names the injury, or the operation that treated it: then it speaks for the whole note.
    pub names_injury: bool,
}

/// Unambiguous: what was put on comes off, time since the treatment, healing.
const SAID: &str = concat!(
    r"(?i)\b(?:(?:long|short)[ -](?:arm|leg) )?(?:cast|splint|pins?|sutures?|staples?|stitches|k-?wires?|ex-?fix|fixator)\s(?:(?:is|was|are|were|now|all|has been|have been)\s){0,2}(?:today\s)?(?:off|out|came off|taken off|removed|removal|check|change[ds]?|d/?c'?d)\b",
    r"|\b(?:remov(?:ed?|ing|al of)|took (?:off|out)|out of)\s(?:the\s|his\s|her\s|all\s)?(?:cast|splint|sling|boot|brace|pins|sutures|staples|stitches|k-?wires)\b",
    r"|\b(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve)\s?-?(?:wks?|weeks?|mos?|months?|w|m)\.?\s(?:out|(?:s/p|status post|post[- ]?op\w*|post[- ]?(?:injury|fx|fracture|fall)|after (?:her |his |the )?(?:injury|surgery|fracture|fall|accident|orif|fixation|reduction)|from (?:injury|surgery|doi|date of injury|fracture))\b)",
    r"|\b(?:pod|post-?op(?:erative)? (?:day|week|wk)|wk|week)\s?#?\s?\d{1,3}\b",
    r"|\b(?:s/p|status post)\s(?:[\w-]+\s){0,3}?(?:orif|crpp|im ?n(?:ail(?:ing)?)?|(?:percutaneous )?pinning|fixation|plating|tension band|stsg|skin graft(?:ing)?|closed reduction)\b",
    r"|\b(?:healing|healed|callus|consolidat(?:ed|ing|ion)|bridging bone|routine healing|clinically united)\b",
);

/// A visit to follow up; not the next one that is planned, nor the first one after an emergency room.
const FOLLOW_UP: &str = r"(?i)(?:\b(?:fracture|fx|injury|wound|burn|routine|(?:\d{1,2}|two|three|four|six|eight|ten|twelve)[ -]?(?:wks?|weeks?|w|mos?|months?))\s(?:f/?u|follow[- ]?up|re-?check)\b|^\W*(?:cc:?\s|chief complaint:?\s)?(?:here for\s|seen (?:today )?(?:for|in)\s|returns (?:today )?for\s|re-?check\s)?(?:f/u|follow[- ]?up|fu|re-?check)\b)";

const INJURY: &str = r"(?i)\b(?:fx|fxs|fractures?|fractured|sprain|strain|injury|lac|laceration|burn|wound|dislocation|rupture|tear|orif|crpp|fixation|cast|pinning)\b";

/// First seen elsewhere, or not healing: says nothing about later care here.
const FIRST: &str = r"(?i)\b(?:e\.?d\.?|er|emergency|urgent care|ucc?|not heal\w*|non-?healing|without healing|no (?:signs? of |evidence of )?(?:healing|callus)|poor(?:ly)? healing|heal(?:ing)? poorly|wound healing|healing time|new (?:patient|pt))\b";

/// Finds them, in the order of the note.
pub(super) fn later_care(document: &Document) -> Vec<LaterCare> {
    static PATTERNS: OnceLock<Option<[Regex; 4]>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        Some([Regex::new(SAID).ok()?, Regex::new(FOLLOW_UP).ok()?, Regex::new(INJURY).ok()?, Regex::new(FIRST).ok()?])
    });
    let Some([said, follow_up, injury, first]) = patterns else { return Vec::new() };
    let mut out = Vec::new();
    for (number, sentence) in document.sentences.iter().enumerate() {
        let kind = document.sections.get(sentence.section).map(|s| s.kind);
        if matches!(kind, Some(SectionKind::PastMedicalHistory | SectionKind::PastSurgicalHistory | SectionKind::FamilyHistory)) {
            continue;
        }
        let text = document.text.get(sentence.span.start..sentence.span.end).unwrap_or("");
        if first.is_match(text) {
            continue;
        }
        let plan = matches!(kind, Some(SectionKind::Plan));
        let found = said.find(text).or_else(|| follow_up.find(text).filter(|_| !plan));
        if let Some(found) = found {
            let span = Span { start: sentence.span.start + found.start(), end: sentence.span.start + found.end() };
            out.push(LaterCare { sentence: number, span, names_injury: injury.is_match(text) });
        }
    }
    out
}

/// Injuries called old ("old pilon fracture", "remote injury"; not "78 year old woman with a fracture"): sentence, words.
pub(super) fn old_injuries(document: &Document) -> Vec<(usize, Span)> {
    const OLD: &str = r"(?i)\b(?:old|remote)\s(?:(?:healed|pilon|ankle|wrist|hip|knee|elbow|shoulder|tibial?|tibial plateau|femur|femoral|radius|distal radius|radial|humerus|clavicle|calcaneal|calcaneus|pelvic|rib|nasal|acetabular|patella|scaphoid|r|l|rt|lt|right|left|closed|open|traumatic)\s){0,4}(?:fx|fxs|fractures?|injury|injuries|dislocation|burn)\b";
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(pattern) = PATTERN.get_or_init(|| Regex::new(OLD).ok()) else { return Vec::new() };
    let mut out = Vec::new();
    for (number, sentence) in document.sentences.iter().enumerate() {
        let text = document.text.get(sentence.span.start..sentence.span.end).unwrap_or("");
        for found in pattern.find_iter(text) {
            let before = text[..found.start()].trim_end().to_ascii_lowercase();
            if !["year", "years", "yr", "yo", "y/o", "month", "months", "week", "weeks", "day", "days"]
                .iter()
                .any(|w| before.ends_with(w))
            {
                let span = Span { start: sentence.span.start + found.start(), end: sentence.span.start + found.end() };
                out.push((number, span));
            }
        }
    }
    out
}

/// Grades of open fractures ("type II open", "open grade IIIA", "Gustilo 3B"): sentence, words, whether it is the third.
pub(super) fn open_grades(document: &Document) -> Vec<(usize, Span, bool)> {
    const GRADE: &str = r"(?i)\b(?:(?:(?:type|grade|gustilo(?:[ -]anderson)?)\s){1,2}(?P<a>i{1,3}[abc]?|[123][abc]?)\s(?:open|compound)|(?:open|compound)(?:\s(?:type|grade|gustilo))?\s(?P<b>i{1,3}[abc]?|[123][abc]?)|gustilo(?:[ -]anderson)?(?:\s(?:type|grade))?\s(?P<c>i{1,3}[abc]?|[123][abc]?))\b";
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(pattern) = PATTERN.get_or_init(|| Regex::new(GRADE).ok()) else { return Vec::new() };
    let mut out = Vec::new();
    for (number, sentence) in document.sentences.iter().enumerate() {
        let text = document.text.get(sentence.span.start..sentence.span.end).unwrap_or("");
        for found in pattern.captures_iter(text) {
            let (Some(whole), Some(grade)) = (found.get(0), ["a", "b", "c"].iter().find_map(|n| found.name(n))) else { continue };
            let grade = grade.as_str().to_ascii_lowercase();
            let span = Span { start: sentence.span.start + whole.start(), end: sentence.span.start + whole.end() };
            out.push((number, span, grade.starts_with("iii") || grade.starts_with('3')));
        }
    }
    out
}
