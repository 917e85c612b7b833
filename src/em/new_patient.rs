//! New or established patient, in the office and in consultation.
use std::sync::LazyLock;

use regex::Regex;

use super::category::{Found, given, opening};
use super::category_cues::*;
use super::codes::Category;
use super::dates;
use super::input::PayerTerms;
use super::setting::{BySetting, Setting};
use super::view::{View, Zone, pattern};
use crate::document::Evidence;
use crate::note::Context;

/// How likely a first visit must be beside a later one where nothing tells of a return, and where somebody sent the patient.
const NO_RETURN: f64 = 0.6;
const REFERRED_NO_RETURN: f64 = 0.3;
/// Bytes from which a note's words say so much.
const LONG: usize = 1500;

/// A visit of the family `new` or `established`: by the context, else by what the note says of earlier visits, else by
/// its phrases, else established with a question.
pub fn office(view: &View, context: &Context, weights: &BySetting, new: Category, established: Category) -> Found {
    if let (Some(is_new), true) = (context.patient.new_patient, given(context, "patient.new_patient")) {
        let reason = if is_new { "new patient by the context" } else { "established patient by the context" };
        let category = if is_new { new } else { established };
        return Found::new(category, reason, Vec::new());
    }
    let opening = opening(view);
    if let Some(is_new) = titled(view) {
        let reason = if is_new { "new patient by the title" } else { "established patient by the title" };
        return Found::new(if is_new { new } else { established }, reason, Vec::new());
    }
    if let Some(found) = STATED_NEW.find(&view.lower) {
        let word = found.start() + found.as_str().find(char::is_alphabetic).unwrap_or(0);
        let at = view.clauses.iter().position(|c| c.span.end > word);
        return Found::new(new, "new patient by the note", at.map(|i| view.quote(i)).into_iter().collect());
    }
    if let Some((i, _)) = view.first(&LAST_VISIT, |z| z != Zone::Plan) {
        let words = view.clauses.get(i).map_or("", |c| view.words(c.span));
        let year = LAST_VISIT.captures(words).and_then(|c| c.get(1)?.as_str().parse::<i16>().ok()).unwrap_or_default();
        // Old notes under a new date tell of years long gone.
        if (4..12).contains(&(context.date_of_service.year() - year)) {
            return Found::new(new, "last seen here more than three years ago: a new patient", vec![view.quote(i)]);
        }
    }
    // What the note says of earlier visits to this group and specialty leads over phrases of first and later visits.
    let said = |cue: &Regex| view.first(cue, |z| !matches!(z, Zone::Background | Zone::Plan));
    let never = said(&NEVER_SEEN);
    if let Some((i, _)) = said(&SEEN_HERE).filter(|_| never.is_none()) {
        let words = view.clauses.get(i).map_or("", |c| view.words(c.span));
        // "'I'm new here', he says, but …": what the note sets against it counts.
        if FIRST_TIME.is_match(words.rsplit(" but ").next().unwrap_or(words)) {
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
    let (first, known) = (NEW.is_match(&opening), ESTABLISHED.is_match(&opening));
    // A first visit takes the whole history, and a note that speaks of a return is none, whatever its other words.
    let full = histories(view) >= 4 && !known;
    let ratio = if full { 1.0 } else { 3.0 };
    let weighed_new = weights[Setting::New as usize] > ratio * weights[Setting::Established as usize];
    let is_new = match (first, known) {
        (true, false) => true,
        (false, true) => weighed_new && REFERRED.is_match(&opening),
        (true, true) => weighed_new,
        (false, false) => {
            let share = weights[Setting::New as usize] / weights[Setting::Established as usize].max(f64::MIN_POSITIVE);
            let referred = REFERRED.is_match(&opening) || FIRST_WORDS.is_match(&opening);
            // A short note says too little by its words.
            let open = view.lower.len() >= LONG
                && !RETURN.is_match(&opening)
                && (share > NO_RETURN || (referred && share > REFERRED_NO_RETURN));
            weighed_new || open || (full && referred)
        }
    };
    let cue: &Regex = match (is_new, first) {
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
    let unsure = evidence.is_empty() || (REFERRED.is_match(&opening) && !first);
    let category = if is_new { new } else { established };
    Found { new_or_established_unsure: unsure, ..Found::new(category, reason, evidence) }
}

/// Said in a word of its own: "Walk-in, new.", "UHC. New.", "first time here". Not "cubital tunnel, new", which is the disease. Of training notes
/// with an office visit that say so all but one have a new patient's; 13 of them were read as known.
static STATED_NEW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:^|[.;\n]\s*)new\s*(?:[.;\n]|$)",
        r"|\b(?:medicaid|medicare|uhc|aetna|cigna|bcbs|anthem|humana|tricare|self[- ]?pay|hmo|ppo|commercial|insurance|walk[- ]?in),? new\s*(?:[.;,\n|]|$)",
        r"|\b(?:new here|first time here|no prior visits?)\b",
        r"|\bnew (?:derm|ent|ortho|cardiology|cards|gyn|neuro|uro|urology|gi|peds|eye|psych|pain|podiatry|surgery|surgical|rheum|endo|allergy|pulm|dermatology|clinic|office) (?:pt|patient)\b",
    ))
});

/// The year of the last visit: "last visit 2019", "last seen here in 2021".
static LAST_VISIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:last (?:visit|seen|appointment)|(?:was|been) a patient of this)(?: (?:here|with us|was|in|by \w+))*,? (?:in )?((?:19|20)\d\d)\b",
    )
});

/// The first line says it as a label: "SLEEP SURGERY - NEW", "Derm clinic, est pt".
fn titled(view: &View) -> Option<bool> {
    let title = view.lower.trim_start().lines().next().unwrap_or("").trim();
    if title.len() > 90 {
        return None;
    }
    match (TITLED_NEW.is_match(title), TITLED_ESTABLISHED.is_match(title)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

static TITLED_NEW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*\d{1,3} ?(?:y/?o ?|yo ?)?[mf],? new\b|(?:^|[-–—|/:,(\[]\s*|\b(?:clinic|visit|note|office|consult)\s+)(?:new|np|npv)(?: (?:patient|pt|visit|consult\w*|eval\w*|referral))*\s*(?:$|[)\]|,.;:/–—-])|\bnew (?:patient|pt)\b",
    )
});
static TITLED_ESTABLISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[-–—|/:,(\[]\s*|\b(?:clinic|visit|note|office)\s+)(?:est(?:ab(?:lished)?)?\.?|return|rov)(?: (?:patient|pt|visit))*\s*(?:$|[)\]|,.;:/–—-])|\b(?:established|est\.?|return) (?:patient|pt|visit)\b",
    )
});

/// How many parts of a full history the note has: past illnesses, operations, family, social, review of systems.
pub(super) fn histories(view: &View) -> usize {
    use crate::document::SectionKind as S;
    let parts = [S::PastMedicalHistory, S::PastSurgicalHistory, S::FamilyHistory, S::SocialHistory, S::ReviewOfSystems];
    parts.into_iter().filter(|p| view.document.sections.iter().any(|s| s.kind == *p)).count()
}

/// An outpatient consultation: its own codes where the payer takes them, else by new and established.
pub fn consult(view: &View, context: &Context, weights: &BySetting, payer: &PayerTerms) -> Found {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_behind_a_disease_is_the_disease() {
        for text in ["cubital tunnel syndrome, new. splint.", "lost her insurance, new job.", "new rash on the arm."] {
            assert!(!STATED_NEW.is_match(text), "{text}");
        }
        for text in ["walk-in, new. ear pain", "uhc. new", "new derm pt, acne", "self pay, new"] {
            assert!(STATED_NEW.is_match(text), "{text}");
        }
    }
}
