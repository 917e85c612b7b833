//! Visits by video or telephone: which codes and modifiers the payer wants.
use std::sync::LazyLock;

use regex::Regex;

use super::codes::Category;
use super::input::PayerTerms;
use super::view::{View, pattern};
use crate::document::Evidence;
use crate::note::{Context, NoteType};

/// How the visit was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Sound and picture.
    Video,
    /// Sound only.
    Audio,
}

static AUDIO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:audio[- ]only|telephone (?:visit|encounter|call|only|consult\w*|follow-?up)|(?:phone|tele-?phone) (?:visit|call|encounter|follow-?up)|(?:by|via|over the|on the) (?:tele-?)?phone|without (?:a )?video|no video|two-way audio (?:only|telephone)",
        r"|video (?:was |is |could )?(?:not (?:be )?(?:available|possible|used|established|work)|unavailable|failed|declined)|(?:unable|not able|declined) to (?:use|connect (?:by|via|to|with)|do) (?:the )?video|(?:does not|doesn't) have (?:a )?(?:video|camera|smartphone))"
    ))
});
static VIDEO: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:video|audio-?visual|audio and visual|zoom|facetime|doxy)\b"));
static CHECK_IN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:virtual|brief|phone|telephone|video) (?:telephone |phone |virtual )?check-?in\b"));

/// How a remote visit was held, with the words; none for a visit in person.
pub fn medium(view: &View, context: &Context) -> Option<(Medium, Option<Evidence>)> {
    let remote = context.note_type == NoteType::Telehealth || matches!(context.place_of_service.as_str(), "02" | "10");
    if !remote {
        return None;
    }
    let quote = |r: &Regex| view.first(r, |_| true).map(|(i, _)| view.quote(i));
    match (quote(&AUDIO), quote(&VIDEO)) {
        (Some(e), _) => Some((Medium::Audio, Some(e))),
        (None, e) => Some((Medium::Video, e)),
    }
}

/// The family of codes that the payer wants for an office visit held remotely, and its modifier.
pub fn family(
    view: &View,
    office: Category,
    medium: Medium,
    minutes: Option<u32>,
    payer: &PayerTerms,
) -> (Category, Option<String>) {
    let established = office == Category::OfficeEstablished;
    let brief = minutes.is_some_and(|m| (5..=10).contains(&m));
    // CPT's audio-only visits need more than ten minutes of medical discussion.
    let check_in = established
        && brief
        && (view.first(&CHECK_IN, |_| true).is_some() || (payer.telemedicine_codes && medium == Medium::Audio));
    if check_in {
        return (Category::BriefCheckIn, None);
    }
    if payer.telemedicine_codes {
        let family = match (medium, established) {
            (Medium::Video, false) => Category::VideoNew,
            (Medium::Video, true) => Category::VideoEstablished,
            (Medium::Audio, false) => Category::AudioNew,
            (Medium::Audio, true) => Category::AudioEstablished,
        };
        return (family, None);
    }
    let modifier = if medium == Medium::Audio { payer.audio_modifier.clone() } else { payer.video_modifier.clone() };
    (office, modifier)
}
