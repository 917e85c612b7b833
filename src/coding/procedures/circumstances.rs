//! Modifiers that the circumstances of the whole note put on its services: a return to the operating room, a further stage, two
//! surgeons, a procedure broken off, a therapist's plan of care, advance care planning beside a wellness visit, the one side that a
//! note speaks of.
//!
//! Sources: CPT appendix A (33, 53, 58, 62, 78); Medicare Claims Processing Manual, chapter 5, section 20.1 (GN, GO, GP) and chapter
//! 12, sections 40.2 and 40.8; National Coverage Determination 20.32 (valves by catheter: Q0).
use std::sync::LazyLock;

use regex::Regex;

use crate::claim::Line;
use crate::codeset::CodeSets;
use crate::coding::procedures::sides;
use crate::extract::Laterality;
use crate::note::{Context, NoteType};

/// Characters at the beginning of a report in which it says why it was made.
const BEGINNING: usize = 500;
/// And of another note, in its first words.
const TITLE: usize = 60;

static RETURN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\breturn(?:s|ed|ing)? to (?:the )?(?:or|operating room|operating theat\w+|ep lab|cath lab)\b|\b(?:taken|took|brought) back to (?:the )?(?:or|operating room)\b|\btake[- ]?back\b|\bunplanned (?:return|re-?operation)").ok()
});
static STAGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bstaged\b|\bplanned second look|\bstage (?:2|ii|two)\b").ok());
static SAME_SURGEON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bby me\b|\(me\b|\bby (?:the )?same\b|\b(?:same|original) surgeon\b|\bmy\b").ok());
static TWO_SURGEONS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bco-?(?:surg(?:eons?|ery)|operators?)\b(?P<none>[:\s]*(?:none|no\b|n/a))?|\bboth scrubbed\b").ok()
});
static ATTEMPTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\battempt\w*|\btried\b|\btries\b").ok());
static BROKEN_OFF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\babort\w*|\bterminated\b|\babandoned\b|(?:->|→|[,;]|\band|\bpt \w+|\bwas|\bexam)\s*stopped\b|\bstopped (?:there|at|before)\b").ok()
});
static OCCUPATIONAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bOT\b|(?i:\boccupational therap)").ok());
static WELLNESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bAWV\b|(?i:\bannual wellness|G0438|G0439)").ok());

/// Whether a report begins with a return to the operating room that took place.
fn returned(text: &str, report: bool) -> bool {
    let head = if report { BEGINNING } else { TITLE };
    let beginning = text.char_indices().nth(head).map_or(text, |(end, _)| &text[..end]);
    let found = LazyLock::force(&RETURN).as_ref().and_then(|p| p.find(beginning));
    found.is_some_and(|m| {
        let next: String = text[m.end()..].chars().take(45).collect::<String>().to_lowercase();
        !["planned", "if ", "will"].iter().any(|w| next.replace("unplanned", "").contains(w))
    })
}

/// Whether a report names a second surgeon.
fn two_surgeons(text: &str) -> bool {
    let pattern = LazyLock::force(&TWO_SURGEONS).as_ref();
    pattern.is_some_and(|p| p.captures_iter(text).any(|c| c.name("none").is_none()))
}

fn says(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    LazyLock::force(pattern).as_ref().is_some_and(|p| p.is_match(text))
}

/// Puts them on the lines of a claim, which stand in its order.
pub(super) fn modify(lines: &mut [Line], text: &str, context: &Context, code_sets: &CodeSets) {
    let medicare = context.payer == "medicare";
    let report = matches!(context.note_type, NoteType::Operative | NoteType::Procedure);
    let back = returned(text, report);
    let mohs = lines.iter().any(|l| l.code.starts_with("1731"));
    // The stages of Mohs surgery are of one session.
    let staged = report && !back && !mohs && says(&STAGE, text) && says(&SAME_SURGEON, text);
    if back || staged {
        for line in lines.iter_mut().filter(|l| is_surgery(&l.code)) {
            put(line, if back { "78" } else { "58" });
        }
    }
    let shared = |code: &str| {
        let facts = code_sets.procedures.facts(code, context.date_of_service);
        facts.is_some_and(|f| matches!(f.co_surgeon, '1' | '2'))
    };
    if report
        && two_surgeons(text)
        && let Some(line) = lines.iter_mut().find(|l| shared(&l.code))
    {
        put(line, "62");
    }
    let side = match sides::only_side(text) {
        Some(Laterality::Right) => Some("RT"),
        Some(Laterality::Left) => Some("LT"),
        _ => None,
    };
    if let Some(side) = side {
        let both = lines.iter_mut().flat_map(|l| l.modifiers.iter_mut()).filter(|m| *m == "50");
        both.for_each(|m| *m = side.to_owned());
    }
    let broken_off = says(&ATTEMPTED, text) && says(&BROKEN_OFF, text);
    let wellness = says(&WELLNESS, text);
    for line in lines.iter_mut() {
        let code = line.code.clone();
        match code.as_str() {
            _ if broken_off && MAY_BE_BROKEN_OFF.contains(&code.as_str()) => put(line, "53"),
            "33361" | "33362" | "33363" | "33364" | "33365" | "33366" if medicare => put(line, "Q0"),
            "99497" | "99498" if medicare && wellness => put(line, "33"),
            _ if medicare => {
                if let Some(modifier) = plan_of_care(&code, text) {
                    put(line, modifier);
                }
            }
            _ => {}
        }
    }
}

/// Services that are told under the name of the whole although they were broken off.
const MAY_BE_BROKEN_OFF: [&str; 8] = ["31231", "31575", "45378", "58100", "58300", "58558", "G0105", "G0121"];

/// Codes of the section of surgery.
fn is_surgery(code: &str) -> bool {
    code.len() == 5 && ("10004"..="69990").contains(&code)
}

/// Under whose plan of care Medicare has a service that is always therapy.
fn plan_of_care(code: &str, text: &str) -> Option<&'static str> {
    match code {
        "97161" | "97162" | "97163" | "97164" => Some("GP"),
        "97165" | "97166" | "97167" | "97168" => Some("GO"),
        "92507" | "92508" | "92521" | "92522" | "92523" | "92524" | "92526" | "92610" | "92611" => Some("GN"),
        "97012" | "97032" | "97035" | "97110" | "97112" | "97113" | "97116" | "97140" | "97150" | "97530" | "97535" | "97542"
        | "97750" | "97760" | "97761" | "97763" => Some(if says(&OCCUPATIONAL, text) { "GO" } else { "GP" }),
        _ => None,
    }
}

/// Before the sides, unless it is there or another of its kind is.
fn put(line: &mut Line, modifier: &'static str) {
    const KINDS: [&[&str]; 2] = [&["GN", "GO", "GP"], &["58", "78", "79"]];
    let kind = KINDS.iter().find(|kind| kind.contains(&modifier));
    let told = |m: &String| m == modifier || kind.is_some_and(|kind| kind.contains(&m.as_str()));
    if !line.modifiers.iter().any(told) && line.modifiers.len() < 4 {
        let place = if modifier == "Q0" { line.modifiers.len() } else { 0 };
        line.modifiers.insert(place, modifier.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::{self, facts::resolve_context};
    use crate::note::Encounter;

    fn modified(text: &str, codes: &[&str], note_type: NoteType) -> Vec<Vec<String>> {
        let sets = CodeSets::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets")).expect("code sets");
        let office = resolve_context(&Encounter::default(), &document::read("A visit."), jiff::civil::date(2026, 5, 4));
        let context = Context { note_type, payer: "medicare".to_owned(), ..office };
        let line = |c: &&str| Line { code: (*c).to_owned(), units: 1, ..Line::default() };
        let mut lines: Vec<Line> = codes.iter().map(line).collect();
        modify(&mut lines, text, &context, &sets);
        lines.into_iter().map(|l| l.modifiers).collect()
    }

    #[test]
    fn operations_again() {
        let back = modified("RETURN TO OR. POD 2 after my hemicolectomy, bleeding.", &["35840"], NoteType::Operative);
        assert_eq!(back, [["78"]]);
        let staged = modified("Staged flap division, 3 weeks after reconstruction by me.", &["15630"], NoteType::Operative);
        assert_eq!(staged, [["58"]]);
        let mohs = modified("Mohs, tumor and pathology by me. Stage II: clear. Flap.", &["17311", "14060"], NoteType::Operative);
        assert!(mohs.iter().all(Vec::is_empty));
        assert!(modified("Staged at T2. Lumpectomy.", &["19301"], NoteType::Operative)[0].is_empty());
        assert!(modified("Debridement. Return to the OR in 24 hours is planned.", &["11004"], NoteType::Operative)[0].is_empty());
        assert!(modified("No return to OR so far. Wound fine.", &["99024"], NoteType::Office)[0].is_empty());
    }

    #[test]
    fn two_surgeons_and_what_was_broken_off() {
        let valve = modified("TAVR with Dr. Vance as co-surgeon.", &["33361", "33210"], NoteType::Operative);
        assert_eq!(valve, [vec!["62", "Q0"], vec![]]);
        assert!(modified("Aneurysm repair. CO-SURGEON: none.", &["34705"], NoteType::Operative)[0].is_empty());
        let stopped = modified("Endometrial biopsy attempted, stenotic os, aborted.", &["58100"], NoteType::Office);
        assert_eq!(stopped, [["53"]]);
        assert!(modified("Endometrial biopsy done. Smoking stopped.", &["58100"], NoteType::Office)[0].is_empty());
    }

    #[test]
    fn therapy_and_planning() {
        let therapy = modified("PT evaluation, moderate", &["97162", "97110"], NoteType::Office);
        assert_eq!(therapy, [["GP"], ["GP"]]);
        assert_eq!(modified("OT visit, hand", &["97110"], NoteType::Office), [["GO"]]);
        assert_eq!(modified("AWV today, proxy form, 18 min", &["99497"], NoteType::Office), [["33"]]);
    }
}
