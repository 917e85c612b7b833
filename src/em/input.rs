//! What leveling reads: the note, its context, what was coded, and the payer's terms.
use super::result::Fee;
use crate::claim::{Diagnosis, Line};
use crate::document::Document;
use crate::extract::Mention;
use crate::note::Context;

/// What leveling reads.
pub struct Input<'a> {
    /// The note.
    pub document: &'a Document,
    /// Context as used.
    pub context: &'a Context,
    /// Mentions, used where they are there.
    pub mentions: &'a [Mention],
    /// Diagnoses chosen, with evidence.
    pub diagnoses: &'a [Diagnosis],
    /// The claim's other lines (procedures): a test whose interpretation stands there does not count as data.
    pub lines: &'a [Line],
    /// The E/M code that the practice's coder chose.
    pub documented: Option<&'a str>,
    /// How the payer wants visits reported.
    pub payer: PayerTerms,
    /// Work units and payment of a code on the date of service ([`super::fee`] reads them from the code sets).
    pub fee: &'a dyn Fn(&str) -> Option<Fee>,
    /// Global days of a code on the date of service (`000`, `010`, `090`, …).
    pub global_days: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Input<'a> {
    /// A note by Medicare's rules, with nothing else on the claim and no fee schedule.
    pub fn of_note(document: &'a Document, context: &'a Context, diagnoses: &'a [Diagnosis]) -> Input<'a> {
        Input {
            document,
            context,
            mentions: &[],
            diagnoses,
            lines: &[],
            documented: None,
            payer: PayerTerms::medicare(),
            fee: &|_| None,
            global_days: &|_| None,
        }
    }
}

/// A payer's terms for visits (`codesets/payers/*.toml`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerTerms {
    /// Follows Medicare's rules for prolonged and critical care, same-day stays and wellness visits.
    pub medicare: bool,
    /// Pays consultation codes (Medicare does not).
    pub consultation_codes: bool,
    /// Pays the telemedicine codes 98000–98015 (Medicare does not).
    pub telemedicine_codes: bool,
    /// Modifier of an audio-video visit; `None` where the place of service alone says it.
    pub video_modifier: Option<String>,
    /// Modifier of an audio-only visit.
    pub audio_modifier: Option<String>,
}

impl PayerTerms {
    /// Medicare Part B.
    pub fn medicare() -> Self {
        Self {
            medicare: true,
            consultation_codes: false,
            telemedicine_codes: false,
            video_modifier: None,
            audio_modifier: Some("93".to_owned()),
        }
    }
}
