//! What a whole note rules out: instructions to a patient, a visit over the wire, a fracture handed to another.
use std::sync::LazyLock;

use regex::Regex;

use super::families::immunization::lacks_its_vaccine;
use crate::document::published;
use crate::note::{Context, NoteType};

/// Least words "you" and "your", and their least share of all words, of a leaflet.
const ADDRESSED: usize = 8;
const SHARE: f32 = 0.04;

/// Instructions handed to a patient tell of no service: they speak to the reader, and no author says "I".
pub fn is_leaflet(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).collect();
    let you = words.iter().filter(|w| matches!(**w, "you" | "your" | "yours")).count();
    let own = words.iter().any(|w| matches!(*w, "i" | "pt" | "patient" | "my"));
    you >= ADDRESSED && you as f32 >= SHARE * words.len() as f32 && !own
}

/// Whether a text is the record of no encounter: a leaflet or a published article.
pub fn tells_no_encounter(text: &str) -> bool {
    is_leaflet(text) || published::is_article(text)
}

/// Bytes of a note of a few lines.
const FEW_LINES: usize = 700;
/// Words of a visit before or after an operation.
static ANOTHER_DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\bpod\s?#?\d|\bpost[- ]?op|\bs/p\b|\bschedul|\bwait(?:ing)? list|\bpre-?op\b|\bclearance|\bcandidate|\brecommend|\bdecided on|\bbooked|\b(?:wks?|weeks?|mos?|months?|yrs?|years?)\s(?:\w+\s){0,3}(?:check|out|post|recheck|f/u|ago)").ok()
});

/// Whether a visit tells of an operation that was or will be on another day.
pub fn operates_another_day(text: &str) -> bool {
    // A long note speaks of other days beside its own.
    text.len() <= FEW_LINES && LazyLock::force(&ANOTHER_DAY).as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Whether clinician and patient were in different places.
pub fn is_remote(context: &Context) -> bool {
    context.note_type == NoteType::Telehealth || matches!(context.place_of_service.as_str(), "02" | "10")
}

/// Whether a service needs patient and staff in one place: operations, films, tests, vaccines, drugs, devices.
pub fn needs_presence(code: &str) -> bool {
    match code.as_bytes().first() {
        Some(b'J' | b'L' | b'Q' | b'A' | b'E') => true,
        Some(b'0'..=b'8') => code.ends_with(|c: char| c.is_ascii_digit()),
        // Vaccines, eyes and ears, heart tracings and echo, lungs, allergy and nerves, infusions.
        _ => [
            "902", "904", "906", "907", "920", "921", "922", "925", "926", "930", "933", "934", "935", "940", "950", "958", "959",
        ]
        .iter()
        .chain(&["963", "964", "965"])
        .any(|stem| code.starts_with(stem)),
    }
}

/// Films and sections that an emergency clinician looks at are the radiologist's, unless he wrote their report.
pub fn is_radiologists(code: &str, context: &Context, text: &str) -> bool {
    const OWN_REPORT: [&str; 4] = ["separate report", "formal report by me", "no radiologist", "final read by me"];
    context.note_type == NoteType::Emergency
        && ("70010".."75600").contains(&code)
        && code.len() == 5
        && !OWN_REPORT.iter().any(|w| text.to_lowercase().contains(w))
}

static SEDATED_MINUTES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)sedat\w*[^.\n]{0,80}\d+ ?min|\d+ ?min[^.\n]{0,80}sedat").ok());

/// Moderate sedation (99151-99157) is reported by its minutes, ten at least: sedation without them is part of the procedure.
pub fn lacks_its_minutes(code: &str, text: &str) -> bool {
    let told = || LazyLock::force(&SEDATED_MINUTES).as_ref().is_some_and(|pattern| pattern.is_match(text));
    code.len() == 5 && ("99151"..="99157").contains(&code) && !told()
}

static NEEDLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)inject|\binj\b|\bshots?\b|needle|aspirat|\btap(?:ped)?\b|drain|drawn off|trigger|arthrocentesis|\bcsi\b|viscos|\d ?(?:cc|ml|ga?)\b|\bprp\b",
        r"|kenalog|\bken\b|depo|triamcin|methylpred|betameth|celestone|dexameth|\bdex\b|cortisone|steroid|lido|xylo|caine|bupiv|ropiv|hyaluron|synvisc|euflexxa|visc\b|durolane|gel-?one|supartz|hyalgan"
    ))
    .ok()
});

/// An injection into a tendon, trigger point or joint (20526-20612) of which the note names neither needle nor drug: words of the
/// disease alone are no support for it. Of 10,274 coded training notes none that lacks them carries one.
fn lacks_its_needle(code: &str, text: &str) -> bool {
    let told = || LazyLock::force(&NEEDLE).as_ref().is_none_or(|pattern| pattern.is_match(text));
    code.len() == 5 && ("20526"..="20612").contains(&code) && !told()
}

static UPPER_TRACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)o?esoph|\begd|gastr|stomach|duoden|upper|antr|pylor|\bogd\b|\bpeg\b|swallow|barrett|throat|dysphag|hiatal|g-?tube|\bge junction|z-line",
    )
    .ok()
});

/// An upper endoscopy (43180-43259) of which the note has no word: a snare or a forceps alone was another scope's. Every training note
/// that carries one has such a word.
fn lacks_its_tract(code: &str, text: &str) -> bool {
    let told = || LazyLock::force(&UPPER_TRACT).as_ref().is_none_or(|pattern| pattern.is_match(text));
    code.len() == 5 && ("43180"..="43259").contains(&code) && !told()
}

/// Whether the whole note lacks a word without which the service is not told.
pub fn lacks_its_words(code: &str, text: &str) -> bool {
    lacks_its_needle(code, text) || lacks_its_tract(code, text) || lacks_its_vaccine(code, text)
}

static HANDED_OVER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:ortho\w*|hand surg\w*|fracture clinic)\b[^;\n]{0,40}\b(?:takes? over|will (?:follow|take|treat)|appt|appointment|referral|f/u|follow[- ]?up)|\b(?:refer\w*|f/u|follow[- ]?up|appt|appointment|sees?)\s+(?:(?:to|with|w/|by|in|the|an?)\s*){0,3}(?:ortho\w*|hand surg\w*|fracture clinic)").ok()
});
static BEGUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:still in|in the|within the|within) global\b|fracture care (?:was )?(?:begun|started|billed)").ok()
});

/// Whether fracture care is another's: begun before, or handed on by an emergency or urgent-care clinician.
pub fn fracture_care_elsewhere(text: &str, context: &Context) -> bool {
    let has = |pattern: &LazyLock<Option<Regex>>| LazyLock::force(pattern).as_ref().is_some_and(|p| p.is_match(text));
    let first_aid = context.note_type == NoteType::Emergency
        || matches!(context.place_of_service.as_str(), "20" | "23")
        || text.chars().take(120).collect::<String>().to_lowercase().contains("urgent care");
    has(&BEGUN) || first_aid && has(&HANDED_OVER)
}

/// Closed treatment of a fracture without manipulation: care over the following weeks.
pub fn is_closed_care(code: &str) -> bool {
    const CODES: [&str; 48] = [
        "21310", "22310", "23500", "23540", "23570", "23600", "23620", "24500", "24530", "24560", "24576", "24650", "24670",
        "25500", "25530", "25560", "25600", "25622", "25630", "25650", "26600", "26720", "26740", "26750", "27197", "27230",
        "27238", "27246", "27267", "27500", "27501", "27508", "27516", "27520", "27530", "27538", "27750", "27760", "27767",
        "27780", "27786", "27808", "27816", "27824", "28400", "28470", "28490", "28510",
    ];
    CODES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, facts::resolve_context};
    use crate::note::Encounter;

    #[test]
    fn a_leaflet_speaks_to_its_reader() {
        let leaflet = "AFTER YOUR COLONOSCOPY. You were given medicine to make you sleepy. Do not drive until your nurse says so. \
                       If you bleed call your doctor. You will get a letter. Check your sugar.";
        assert!(is_leaflet(leaflet));
        assert!(!is_leaflet("Pt had a colonoscopy. You asked whether your patient may drive."));
        assert!(needs_presence("92557") && needs_presence("72148") && needs_presence("J1885"));
        assert!(!needs_presence("96127") && !needs_presence("90833") && !needs_presence("99406"));
    }

    #[test]
    fn a_vaccine_needs_its_name() {
        assert!(lacks_its_words("90651", "Dose given L deltoid, lot 22."));
        assert!(!lacks_its_words("90651", "Gardasil #2 given L deltoid.") && !lacks_its_words("90662", "Dose given L deltoid."));
    }

    #[test]
    fn sedation_needs_its_minutes() {
        assert!(lacks_its_minutes("99152", "Moderate sedation by the nurse. Ten minutes later"));
        assert!(!lacks_its_minutes("99152", "Moderate sedation, 24 minutes face to face"));
        assert!(!lacks_its_minutes("45378", "Sedation was given"));
        assert!(lacks_its_needle("20610", "L knee pain after fall. xr 3v neg. contusion. ice"));
        assert!(!lacks_its_needle("20610", "L knee swollen, 30cc drawn off"));
        assert!(!lacks_its_needle("73562", "xr 3v neg"));
        assert!(lacks_its_tract("43251", "Colonoscopy. 12 mm polyp ascending removed hot snare."));
        assert!(!lacks_its_tract("43251", "EGD. Gastric polyp removed by hot snare."));
        assert!(!lacks_its_tract("45385", "12 mm polyp removed hot snare."));
    }

    #[test]
    fn a_fracture_is_handed_over_by_urgent_care() {
        let text = "Urgent Care. Buckle fx distal radius, volar splint. Ortho Dr. B appt 5/11 takes over.";
        let context = resolve_context(&Encounter::default(), &document::read(text), jiff::civil::date(2026, 5, 4));
        assert!(fracture_care_elsewhere(text, &context));
        let own = "Orthopedics. Fifth metacarpal fracture, gutter splint, follow up in ortho clinic.";
        let context = resolve_context(&Encounter::default(), &document::read(own), jiff::civil::date(2026, 5, 4));
        assert!(!fracture_care_elsewhere(own, &context));
        assert!(is_closed_care("25600") && !is_closed_care("25605"));
    }
}
