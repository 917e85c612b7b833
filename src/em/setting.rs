//! Where and how the patient was seen, weighed from the words of the whole note where the context does not say it.
//!
//! `codesets/em/settings.tsv` holds, for each word, pair of words, cue or procedure found, its weight for each setting; it is
//! written by training and meant to be read.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::setting_cues;
use super::view::View;
use crate::claim::Line;
use crate::note::{Context, OriginKind};

/// Settings told apart by words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// A report of a procedure or test, or another text that is no visit.
    Report,
    /// Office, known patient.
    Established,
    /// Office, new patient or outpatient consultation.
    New,
    /// First hospital visit or inpatient consultation.
    HospitalInitial,
    /// A later day in hospital.
    HospitalSubsequent,
    /// Discharge.
    Discharge,
    /// Emergency department.
    Emergency,
    /// Critical care, in a hospital or emergency department.
    CriticalCare,
    /// Nursing facility.
    Nursing,
    /// Home or assisted living.
    Home,
    /// Preventive or wellness visit.
    Preventive,
    /// A newborn in nursery or intensive care.
    Newborn,
    /// Psychiatric diagnostic evaluation.
    Psychiatric,
}

/// Number of settings.
pub const SETTINGS: usize = 13;
/// A number for each setting, in the order of [`Setting::ALL`].
pub type BySetting = [f64; SETTINGS];

impl Setting {
    /// In the order of the weights.
    pub const ALL: [Setting; SETTINGS] = [
        Setting::Report,
        Setting::Established,
        Setting::New,
        Setting::HospitalInitial,
        Setting::HospitalSubsequent,
        Setting::Discharge,
        Setting::Emergency,
        Setting::CriticalCare,
        Setting::Nursing,
        Setting::Home,
        Setting::Preventive,
        Setting::Newborn,
        Setting::Psychiatric,
    ];
}

/// Weights by feature, one for each setting, and the offsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingWeights {
    /// Offset of each setting.
    pub offset: BySetting,
    /// By feature.
    pub weights: BTreeMap<String, BySetting>,
}

impl SettingWeights {
    /// The embedded weights.
    pub fn embedded() -> &'static SettingWeights {
        static WEIGHTS: LazyLock<SettingWeights> =
            LazyLock::new(|| SettingWeights::parse(include_str!("../../codesets/em/settings.tsv")));
        &WEIGHTS
    }

    /// Reads the table; malformed rows are left out (a test holds the embedded one complete).
    fn parse(text: &str) -> SettingWeights {
        let mut all = SettingWeights::default();
        for line in text.lines().filter(|l| !l.starts_with("# ")) {
            let mut fields = line.split('\t');
            let Some(feature) = fields.next() else { continue };
            let mut row = [0.0; SETTINGS];
            for (weight, field) in row.iter_mut().zip(fields) {
                *weight = field.parse::<f64>().unwrap_or(0.0) / 10.0;
            }
            if feature == "(offset)" {
                all.offset = row;
            } else {
                all.weights.insert(feature.to_owned(), row);
            }
        }
        all
    }

    /// The table as text: weights in tenths, none where it is zero.
    pub fn to_tsv(&self) -> String {
        let tenths = |w: &f64| match (w * 10.0).round() as i64 {
            0 => String::new(),
            n => n.to_string(),
        };
        let row = |r: &BySetting| r.iter().map(tenths).collect::<Vec<_>>().join("\t").trim_end().to_owned();
        let mut out = String::from(
            "# Words of a note and their weight, in tenths, for each setting (digits are 0; ^ at first, $ at last, 1: the first word, # a heading, ! a cue, nt= np= age= the context, L: a procedure).\n# feature\treport\testablished\tnew\thospital_initial\thospital_subsequent\tdischarge\temergency\tcritical_care\tnursing\thome\tpreventive\tnewborn\tpsychiatric\n",
        );
        out.push_str(&format!("(offset)\t{}\n", row(&self.offset)));
        for (feature, r) in &self.weights {
            out.push_str(&format!("{feature}\t{}\n", row(r)));
        }
        out
    }

    /// Probability of each setting; `lines` are the procedures found.
    pub fn probabilities(&self, view: &View, context: &Context, lines: &[Line]) -> BySetting {
        let mut score = self.offset;
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        each_feature(view, context, lines, &mut |feature| {
            if let Some((name, row)) = self.weights.get_key_value(feature)
                && seen.insert(name)
            {
                score.iter_mut().zip(row).for_each(|(s, w)| *s += w);
            }
        });
        softmax(score)
    }
}

/// Probabilities of scores.
pub fn softmax(score: BySetting) -> BySetting {
    let top = score.iter().copied().fold(f64::MIN, f64::max);
    let total: f64 = score.iter().map(|s| (s - top).exp()).sum();
    score.map(|s| (s - top).exp() / total)
}

/// A note of fewer bytes is short: its opening and end are its first and last words.
const SHORT: usize = 900;
/// How many bytes count as the opening of a note, of a short one, and as its end.
const OPENING: usize = 600;
const SHORT_OPENING: usize = 50;
const SHORT_END: usize = 60;

/// Calls `see` for every feature of a note, repeated ones too. A short note shows each a second time, behind a `~`: what a word
/// tells there beside what it tells in any note.
pub fn each_feature(view: &View, context: &Context, lines: &[Line], see: &mut dyn FnMut(&str)) {
    if view.lower.len() >= SHORT {
        return each_of(view, context, lines, see);
    }
    let mut own = String::new();
    each_of(view, context, lines, &mut |feature| {
        see(feature);
        own.clear();
        own.push('~');
        own.push_str(feature);
        see(&own);
    });
}

fn each_of(view: &View, context: &Context, lines: &[Line], see: &mut dyn FnMut(&str)) {
    each_word(&view.lower, see);
    let mut name = String::new();
    for heading in view.document.sections.iter().filter_map(|s| s.heading) {
        name.clear();
        name.push('#');
        name.push_str(view.words(heading));
        see(&name);
    }
    setting_cues::each(view, see);
    for line in lines {
        for end in [1, 2, 3, line.code.len()] {
            name.clear();
            name.push_str("L:");
            name.push_str(line.code.get(..end).unwrap_or(&line.code));
            see(&name);
        }
    }
    see(&format!("L:number {}", lines.len().min(3)));
    if context.patient.age_years == Some(0) {
        see("age=0");
    }
    let origin = |field: &str| context.origins.get(field).map(|o| o.kind);
    see(&format!("nt={:?}", context.note_type).to_lowercase());
    let patient = match (context.patient.new_patient, origin("patient.new_patient")) {
        (Some(new), Some(OriginKind::Inferred)) => format!("np={new}"),
        _ => "np=unsaid".to_owned(),
    };
    see(&patient);
}

/// Words and pairs of words; a run of digits is one 0.
pub(super) fn each_word(text: &str, see: &mut dyn FnMut(&str)) {
    let bytes = text.as_bytes();
    let short = bytes.len() < SHORT;
    let opening = if short { SHORT_OPENING } else { OPENING };
    let (mut word, mut previous, mut name) = (String::new(), String::new(), String::new());
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_lowercase() && !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        word.clear();
        while at < bytes.len() {
            match bytes[at] {
                b'0'..=b'9' if word.ends_with('0') => {}
                b'0'..=b'9' => word.push('0'),
                b @ (b'a'..=b'z' | b'\'' | b'&' | b'#' | b'/' | b'+' | b'-') => word.push(char::from(b)),
                _ => break,
            }
            at += 1;
        }
        see(&word);
        let mut marked = |mark: &str, words: [&str; 2], see: &mut dyn FnMut(&str)| {
            name.clear();
            name.push_str(mark);
            name.push_str(words[0]);
            if !words[0].is_empty() {
                name.push(' ');
            }
            name.push_str(words[1]);
            see(&name);
        };
        if previous.is_empty() {
            marked("1:", ["", &word], see);
        }
        if start < opening {
            marked("^", ["", &word], see);
        }
        if short && start + SHORT_END > bytes.len() {
            marked("$", ["", &word], see);
        }
        if !previous.is_empty() {
            marked("", [&previous, &word], see);
            if start < opening {
                marked("^", [&previous, &word], see);
            }
        }
        std::mem::swap(&mut word, &mut previous);
    }
}

#[cfg(test)]
mod tests {
    use super::super::category::tests::context;
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;
    use crate::note::NoteType;

    fn most(text: &str, kind: NoteType) -> Setting {
        let d = document(&[(S::Other, text)]);
        let p = SettingWeights::embedded().probabilities(&View::new(&d), &context(kind), &[]);
        Setting::ALL.into_iter().zip(p).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(Setting::Report, |s| s.0)
    }

    #[test]
    fn words_tell_the_setting() {
        assert!(SettingWeights::embedded().weights.len() > 300);
        assert_eq!(
            most(
                "The patient returns to the clinic for follow-up of hypertension. She is doing well. We will see her back in three months.",
                NoteType::Office
            ),
            Setting::Established
        );
        assert_eq!(
            most(
                "ADMISSION DIAGNOSIS: Pneumonia. HOSPITAL COURSE: He was admitted and treated. DISCHARGE MEDICATIONS: Levofloxacin. He was discharged home.",
                NoteType::Discharge
            ),
            Setting::Discharge
        );
    }

    #[test]
    fn table_round_trips() {
        let w = SettingWeights::embedded();
        assert_eq!(&SettingWeights::parse(&w.to_tsv()), w);
    }
}
