//! Place of service as far as the note says it.
use std::sync::LazyLock;

use regex::Regex;

use super::Inferred;
use crate::document::{Document, Span};
use crate::note::NoteType;

static PLACES: LazyLock<Vec<(Regex, &'static str, Applies)>> = LazyLock::new(|| {
    use Applies::{Report, Telehealth, Visit};
    let rows: [(&str, &str, Applies); 16] = [
        (
            r"(?:ambulatory surg(?:ery|ical) center|\bASC\b|surgicenter|surgery center|surgical center|endoscopy center)",
            "24",
            Report,
        ),
        (
            r"(?:telehealth|video|phone|call|visit|patient|pt)[^.\n]{0,60}\b(?:at|in|from) (?:(?:her|his|their|own|the|patient's|pt's) )*home\b|patient (?:location|at)\s*:?\s*home",
            "10",
            Telehealth,
        ),
        (r"(?:telehealth|telemedicine|video visit|audio)", "02", Telehealth),
        (
            r"(?:in (?:the|our|my) office|office procedure|\(office\)|in[- ]office|in (?:the )?clinic|clinic procedure|office setting|\boffice (?:lab|suite|procedure)|(?:our|own) (?:lab|equipment|office)\b)",
            "11",
            Report,
        ),
        (r"(?:same[- ]day surgery|outpatient surgery|hospital outpatient|day surgery|outpatient basis)", "22", Report),
        (
            r"(?:transferred to the (?:icu|intensive care|floor|ward)|to the intensive care unit|\bICU\b|hospital(?:ized)? (?:day|ward|floor)|inpatient|was admitted|admitted (?:for|to))",
            "21",
            Report,
        ),
        (
            r"(?:operating room|operating suite|operating theat|endoscopy suite|cath(?:eterization)? lab(?:oratory)?|recovery room|\bPACU\b|general (?:endotracheal )?anesthesia|interventional (?:suite|radiology)|taken to the OR\b)",
            "22",
            Report,
        ),
        (
            r"(?:(?:spinal|epidural|regional|endotracheal|general|monitored) an(?:a)?esthe(?:sia|tic)|an(?:a)?esthesia\s*:\s*(?:general|spinal|epidural|GETA|MAC)\b|\b(?:extubated|anesthesiologist|craniotomy|burr hole)\b|(?:sponge|needle|instrument)[a-z, ]{0,30} counts?)",
            "22",
            Report,
        ),
        (r"(?:urgent care (?:visit|center|clinic|note)|\burgent care\b[^.\n]{0,20}(?:,| -)|walk-in clinic)", "20", Visit),
        (r"(?:assisted living (?:visit|facility))", "13", Visit),
        (
            r"(?:skilled nursing (?:facility|visit)|\bSNF (?:visit|note)|nursing facility (?:initial|subsequent|visit|note)|part a stay)",
            "31",
            Nursing,
        ),
        (r"(?:nursing home|long[- ]term care|nursing facility)", "32", Nursing),
        (r"(?:home visit|house call|seen (?:at|in) (?:her|his|the patient's) home)", "12", Home),
        (r"(?:emergency (?:department|room)|\bED\b|\bER\b)", "23", Emergency),
        (r"(?:observation status|placed in observation|admit(?:ted)? to observation|outpatient observation)", "22", Inpatient),
        (r"(?:admit|hospital|floor|\bICU\b|inpatient|discharge)", "21", Inpatient),
    ];
    use Applies::{Emergency, Home, Inpatient, Nursing};
    rows.into_iter().filter_map(|(text, code, applies)| Some((Regex::new(&format!("(?i){text}")).ok()?, code, applies))).collect()
});

/// Kinds of note in which words are taken for the place (an office note may speak of the emergency room).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applies {
    Report,
    Visit,
    Telehealth,
    Nursing,
    Home,
    Emergency,
    Inpatient,
}

static STATED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:POS|place of service)\s*[:=\-]?\s*(?P<code>\d{2})\b").ok());

/// CMS place-of-service code. A code that the note states leads; otherwise words count only in notes of the fitting kind.
///
/// A report from an operating room, endoscopy suite or catheterization laboratory is a facility service. Without more
/// it is read as outpatient hospital (22): the rules need facility or not, and 22 is the commonest facility.
pub(super) fn place_of_service(document: &Document, note_type: Option<NoteType>) -> Option<Inferred<String>> {
    let text = &*document.text;
    if let Some(found) = STATED.as_ref().and_then(|r| r.captures(text))
        && let (Some(whole), Some(code)) = (found.get(0), found.name("code"))
    {
        return Some(Inferred { value: code.as_str().to_owned(), span: Span::new(whole.start(), whole.end()) });
    }
    let kind = note_type.unwrap_or(NoteType::Office);
    PLACES.iter().filter(|(_, code, applies)| fits(*applies, kind) || own_imaging(code, *applies, kind)).find_map(
        |(regex, code, _)| {
            let found = regex.find(text)?;
            Some(Inferred { value: (*code).to_owned(), span: Span::new(found.start(), found.end()) })
        },
    )
}

/// An imaging report may name the office whose own equipment was used.
fn own_imaging(code: &str, applies: Applies, kind: NoteType) -> bool {
    code == "11" && applies == Applies::Report && kind == NoteType::Imaging
}

fn fits(applies: Applies, kind: NoteType) -> bool {
    match applies {
        Applies::Report => matches!(kind, NoteType::Operative | NoteType::Procedure),
        Applies::Visit => matches!(kind, NoteType::Office),
        Applies::Telehealth => kind == NoteType::Telehealth,
        Applies::Nursing => kind == NoteType::NursingFacility,
        Applies::Home => kind == NoteType::Home,
        Applies::Emergency => kind == NoteType::Emergency,
        Applies::Inpatient => matches!(kind, NoteType::Inpatient | NoteType::Discharge),
    }
}
