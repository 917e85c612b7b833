//! Where and how the patient was seen, weighed from the words of the whole note where the context does not say it.
//!
//! `codesets/em/settings.tsv` holds, for each word or pair of words, its weight for each setting; it is written by training
//! and meant to be read.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::setting_cues;
use super::view::View;
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
}

impl Setting {
    /// In the order of the weights.
    pub const ALL: [Setting; 7] = [
        Setting::Report,
        Setting::Established,
        Setting::New,
        Setting::HospitalInitial,
        Setting::HospitalSubsequent,
        Setting::Discharge,
        Setting::Emergency,
    ];
}

/// Weights by feature, one for each setting, and the offsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingWeights {
    /// Offset of each setting.
    pub offset: [f64; 7],
    /// By feature.
    pub weights: BTreeMap<String, [f64; 7]>,
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
            let numbers: Vec<f64> = fields.filter_map(|f| f.parse().ok()).collect();
            let Ok(row) = <[f64; 7]>::try_from(numbers) else { continue };
            if feature == "(offset)" {
                all.offset = row;
            } else {
                all.weights.insert(feature.to_owned(), row);
            }
        }
        all
    }

    /// The table as text.
    pub fn to_tsv(&self) -> String {
        let row = |r: &[f64; 7]| r.iter().map(|w| format!("{w:.2}")).collect::<Vec<_>>().join("\t");
        let mut out = String::from(
            "# Words of a note and their weight for each setting (^ in the first 600 bytes, # a heading, ! a cue, nt= np= the context).\n# feature\treport\testablished\tnew\thospital_initial\thospital_subsequent\tdischarge\temergency\n",
        );
        out.push_str(&format!("(offset)\t{}\n", row(&self.offset)));
        for (feature, r) in &self.weights {
            out.push_str(&format!("{feature}\t{}\n", row(r)));
        }
        out
    }

    /// Probability of each setting.
    pub fn probabilities(&self, view: &View, context: &Context) -> [f64; 7] {
        let mut score = self.offset;
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        each_feature(view, context, &mut |feature| {
            if let Some((name, row)) = self.weights.get_key_value(feature)
                && seen.insert(name)
            {
                score.iter_mut().zip(row).for_each(|(s, w)| *s += w);
            }
        });
        let top = score.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = score.iter().map(|s| (s - top).exp()).sum();
        score.map(|s| (s - top).exp() / total)
    }
}

/// How many bytes count as the opening of a note.
const OPENING: usize = 600;

/// Calls `see` for every feature of a note, repeated ones too.
pub fn each_feature(view: &View, context: &Context, see: &mut dyn FnMut(&str)) {
    let bytes = view.lower.as_bytes();
    let mut pair = String::new();
    let mut previous: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_lowercase() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_lowercase() || matches!(bytes[at], b'\'' | b'&' | b'-')) {
            at += 1;
        }
        let word = view.lower.get(start..at).unwrap_or("");
        see(word);
        let opening = start < OPENING;
        if opening {
            pair.clear();
            pair.push('^');
            pair.push_str(word);
            see(&pair);
        }
        if let Some((from, to)) = previous {
            pair.clear();
            pair.push('^');
            pair.push_str(view.lower.get(from..to).unwrap_or(""));
            pair.push(' ');
            pair.push_str(word);
            see(pair.get(1..).unwrap_or(""));
            if opening {
                see(&pair);
            }
        }
        previous = Some((start, at));
    }
    for heading in view.document.sections.iter().filter_map(|s| s.heading) {
        pair.clear();
        pair.push('#');
        pair.push_str(view.words(heading));
        see(&pair);
    }
    setting_cues::each(view, see);
    let origin = |field: &str| context.origins.get(field).map(|o| o.kind);
    see(&format!("nt={:?}", context.note_type).to_lowercase());
    let patient = match (context.patient.new_patient, origin("patient.new_patient")) {
        (Some(new), Some(OriginKind::Inferred)) => format!("np={new}"),
        _ => "np=unsaid".to_owned(),
    };
    see(&patient);
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
        let p = SettingWeights::embedded().probabilities(&View::new(&d), &context(kind));
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
