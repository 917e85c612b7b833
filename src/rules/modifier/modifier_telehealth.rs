//! `modifier-telehealth`
use jiff::civil::{Date, date};

use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Fix, Rule, Source, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Place of service and telehealth modifiers (95, 93, GT, GQ) agree with each other, with what the payer takes, and with
    /// the date: place 10 and modifier 93 exist since 2022.
    /// # Why it matters
    /// A visit by video billed as an office visit, or the other way round, is paid at the wrong rate or denied.
    /// # Example
    /// 99213-95 with place of service 11.
    /// # What to do
    /// Place 10 when the patient is at home, 02 elsewhere; 93 for sound only; 95 where the payer wants it.
    /// # When it does not apply
    /// Medicare takes the place of service for video and needs no 95, but a 95 that is there is no error. Codes 98000 to
    /// 98016 say telehealth themselves. From 2020-03-01 to 2023-12-31 a visit by video stood at the place where it would
    /// have been in person, with 95.
    /// # Source
    /// CMS Transmittal 12671 (2024); CMS place-of-service code set (10, 2022-01-01); CMS rules of the public health
    /// emergency and their extension to the end of 2023; payer file, telehealth modifiers.
    ModifierTelehealth, "modifier-telehealth",
    "Place of service and telehealth modifiers agree with each other and the payer."
}

impl Rule for ModifierTelehealth {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let place = view.context.place_of_service.as_str();
        let remote = matches!(place, "02" | "10");
        let date = view.context.date_of_service;
        if place == "10" && date < HOME_AND_AUDIO_FROM {
            let message = format!("Place of service 10 (telehealth at home) exists since {HOME_AND_AUDIO_FROM}; then it was 02.");
            findings.push(
                Finding::warning(&Self::INFO, message, place_of_service_set())
                    .on_lines(view.lines.iter().map(|line| line.number))
                    .asking("Which place of service held on that day?"),
            );
        }
        for (line, facts) in view.coded_lines() {
            let finding = |message: String| {
                Finding::warning(&Self::INFO, message, sources::payer(view, "telehealth_video_modifier"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
            };
            let marked = line.modifiers.iter().find(|m| matches!(m.as_str(), "95" | "93" | "GT" | "GQ"));
            if has_any(line, &["95"]) && has_any(line, &["93"]) {
                let message = format!("{} (line {}) has 95 (video) and 93 (sound only).", line.code, line.number);
                findings.push(finding(message).asking("Was the visit by video or by sound only?"));
            } else if has_any(line, &["93"]) && date < HOME_AND_AUDIO_FROM {
                let message = format!("{} (line {}): modifier 93 exists since {HOME_AND_AUDIO_FROM}.", line.code, line.number);
                findings.push(finding(message).mended_by(Fix::RemoveModifier { line: line.number, modifier: "93".to_owned() }));
            } else if let Some(modifier) = marked.filter(|m| !remote && matches!(m.as_str(), "95" | "93") && !is_hospital(place))
            {
                if (AS_IN_PERSON_FROM..=AS_IN_PERSON_THROUGH).contains(&date) {
                    continue;
                }
                let message = format!(
                    "{} (line {}) has modifier {modifier}, but place of service {place} is not telehealth (02 or 10).",
                    line.code, line.number
                );
                findings.push(finding(message).asking("Where was the patient at the visit?"));
            } else if marked.is_none() && remote && facts.is_visit && !says_telehealth(&line.code) {
                // Without the note it is not known whether there was a picture.
                let Some(video) = &view.payer.telehealth_video_modifier else { continue };
                let message = format!(
                    "{} (line {}) at place of service {place}: {} wants {video} (video) or 93 (sound only).",
                    line.code, line.number, view.payer.name
                );
                findings.push(finding(message).mended_by(Fix::AddModifier { line: line.number, modifier: video.clone() }));
            }
        }
    }
}

/// Since this day there are place of service 10 and modifier 93.
const HOME_AND_AUDIO_FROM: Date = date(2022, 1, 1);
/// First and last day on which a visit by video was billed at the place where it would have been in person, with 95.
const AS_IN_PERSON_FROM: Date = date(2020, 3, 1);
const AS_IN_PERSON_THROUGH: Date = date(2023, 12, 31);

fn place_of_service_set() -> Source {
    Source::new("CMS place-of-service code set", "2022-01-01", "10")
}

/// A clinician in the hospital may see a patient at home and mark it with 95.
fn is_hospital(place: &str) -> bool {
    matches!(place, "19" | "21" | "22" | "23")
}

fn says_telehealth(code: &str) -> bool {
    ("98000"..="98016").contains(&code)
}
