//! Which diagnoses a service is done for: a regression learned from labelled lines (`training/recipes/pointers.toml`), with
//! its weights in a table that can be read.
mod classes;
mod features;
mod model;

use std::collections::BTreeSet;

pub use features::{Features, Reason, Service, features, is_pair, kinds};
pub use model::{FILE, PointerError, PointerModel};

use super::affinity;
use super::sides;
use super::statements::Statement;
use super::words::Words;
use crate::claim::{Diagnosis, Line};
use crate::codeset::CodeSets;
use crate::document::{SectionKind, Span};
use crate::extract::Laterality;

/// Sections that say why an operation was done.
const HEADINGS_OF_REASONS: &[SectionKind] =
    &[SectionKind::PostoperativeDiagnosis, SectionKind::PreoperativeDiagnosis, SectionKind::Indications];
/// Sections that tell what is known from before.
const BACKGROUND: &[SectionKind] = &[
    SectionKind::PastMedicalHistory,
    SectionKind::PastSurgicalHistory,
    SectionKind::SocialHistory,
    SectionKind::FamilyHistory,
    SectionKind::Medications,
    SectionKind::Allergies,
];

/// A note as pointers see it.
pub struct PointerNote<'a> {
    /// The text.
    pub text: &'a str,
    /// Its statements, in order of place.
    pub statements: &'a [Statement],
    /// What turns words into stems.
    pub words: &'a Words,
    /// Whether it is a report of what was done, not of a visit.
    pub report: bool,
}

impl PointerNote<'_> {
    /// A diagnosis with its words.
    pub fn reason(&self, code: &str, title: &str, places: Vec<Span>) -> Reason {
        let quoted = || places.iter().filter_map(|p| self.text.get(p.start..p.end));
        let mut words = self.stems(title);
        words.extend(quoted().flat_map(|text| self.stems(text)));
        let side = sides::sides(title).filter(|_| !title.is_empty());
        Reason { code: code.to_owned(), words, side, statements: self.statements_of(&places), places }
    }

    /// A service with its words; `places` are where the note names it.
    pub fn service(&self, code: &str, descriptor: &str, modifiers: &[String], places: Vec<Span>) -> Service {
        let has = |m: &str| modifiers.iter().any(|own| own == m);
        let side = match (has("RT"), has("LT"), has("50")) {
            (_, _, true) | (true, true, _) => Some(Laterality::Bilateral),
            (true, ..) => Some(Laterality::Right),
            (_, true, _) => Some(Laterality::Left),
            _ => None,
        };
        let statements = self.statements_of(&places[..places.len().min(1)]);
        let said = statements.iter().flat_map(|i| self.statements[*i].words.iter().map(|w| w.stem.clone()));
        let said: BTreeSet<String> = said.filter(|s| features::tells(s)).collect();
        Service { code: code.to_owned(), named: self.stems(descriptor), said, side, statements, places, alone: false }
    }

    fn stems(&self, text: &str) -> BTreeSet<String> {
        self.words.of(text, 0).into_iter().map(|w| w.stem).filter(|s| features::tells(s)).collect()
    }

    /// Whether a diagnosis stands in such sections alone.
    fn all_in(&self, reason: &Reason, sections: &[SectionKind]) -> bool {
        !reason.statements.is_empty() && reason.statements.iter().all(|i| sections.contains(&self.statements[*i].section))
    }

    /// Numbers of the statements that some places stand in.
    fn statements_of(&self, places: &[Span]) -> Vec<usize> {
        let at = |p: &Span| self.statements.partition_point(|s| s.span.start <= p.start).checked_sub(1);
        let found: BTreeSet<usize> = places.iter().filter_map(at).collect();
        found.into_iter().collect()
    }
}

/// The line for whose reasons a line stands: a drug is given for what the only injection on the claim treats, guidance for what
/// the only operation beside it; every other line for its own.
pub fn leader(codes: &[&str], line: usize) -> usize {
    const INJECTIONS: [&str; 9] = ["2052", "2055", "2060", "2061", "1190", "644", "6232", "6702", "6461"];
    const GUIDANCE: [&str; 6] = ["76942", "77002", "77003", "77012", "77021", "76937"];
    let code = codes[line];
    let is_led = |c: &str| c.starts_with(['J', '7', '8', '9']) || c == "36415";
    let others =
        |fits: &dyn Fn(&str) -> bool| -> Vec<usize> { (0..codes.len()).filter(|i| *i != line && fits(codes[*i])).collect() };
    let of_drug = || others(&|c| INJECTIONS.iter().any(|stem| c.starts_with(stem)));
    let found = match () {
        _ if code.starts_with('J') => of_drug(),
        _ if GUIDANCE.contains(&code) => others(&|c| !is_led(c)),
        _ => Vec::new(),
    };
    match found.as_slice() {
        [one] => *one,
        _ => line,
    }
}

/// Whether a service is a talk about what a diagnosis names: tobacco, alcohol, drugs, weight, diabetes, food.
fn is_talk_about(service: &str, reason: &str) -> bool {
    const TALKS: [&str; 10] = ["97802", "97803", "97804", "99406", "99407", "99408", "99409", "G0443", "G0447", "G0108"];
    TALKS.contains(&service) && affinity::reasons(service).iter().any(|stem| reason.starts_with(stem))
}

/// Points the lines of a claim to its diagnoses.
pub fn point(note: &PointerNote<'_>, model: &PointerModel, lines: &mut [Line], diagnoses: &[Diagnosis], code_sets: &CodeSets) {
    let lettered: Vec<&Diagnosis> = diagnoses.iter().filter(|d| !d.pointer.is_empty()).collect();
    let spans = |evidence: &[crate::document::Evidence]| -> Vec<Span> {
        evidence.iter().filter(|e| e.document.is_none()).map(|e| Span::new(e.start, e.end)).collect()
    };
    let reasons: Vec<Reason> = lettered.iter().map(|d| note.reason(&d.code, &d.title, spans(&d.evidence))).collect();
    let alone = lines.windows(2).all(|pair| pair[0].code == pair[1].code);
    let codes: Vec<&str> = lines.iter().map(|l| l.code.as_str()).collect();
    let of_line = |i: usize| {
        let line = &lines[leader(&codes, i)];
        let found = code_sets.procedures.find(&line.code);
        let descriptor = found.map_or("", |i| code_sets.procedures.descriptor(i));
        let service = note.service(&line.code, descriptor, &line.modifiers, spans(&line.evidence));
        let service = Service { alone, ..service };
        let mut chosen = model.choose(&features(note, &service, &reasons));
        // What an operation's own headings name is its reason; a disease of the history alone is none beside it.
        if chosen.iter().any(|i| note.all_in(&reasons[*i], HEADINGS_OF_REASONS)) {
            chosen.retain(|i| !note.all_in(&reasons[*i], BACKGROUND));
        }
        // A talk is about what it is about.
        let about: Vec<usize> = (0..reasons.len()).filter(|i| is_talk_about(&line.code, &reasons[*i].code)).collect();
        let chosen = if about.is_empty() { chosen } else { about };
        chosen.into_iter().take(4).map(|i| lettered[i].pointer.clone()).collect()
    };
    let pointers: Vec<Vec<String>> = (0..lines.len()).map(of_line).collect();
    lines.iter_mut().zip(pointers).for_each(|(line, pointers)| line.pointers = pointers);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    #[test]
    fn a_drug_stands_for_the_reasons_of_its_injection() {
        let codes = ["20610", "J3301", "36415", "76942"];
        assert_eq!((0..4).map(|i| leader(&codes, i)).collect::<Vec<_>>(), [0, 0, 2, 0]);
        assert_eq!(leader(&["20610", "64483", "J1010"], 2), 2);
    }

    #[test]
    fn a_talk_points_to_what_it_is_about() {
        assert!(is_talk_about("99406", "F17.210") && is_talk_about("99408", "F10.20") && is_talk_about("G0447", "Z68.41"));
        assert!(!is_talk_about("99406", "M75.51") && !is_talk_about("99213", "F17.210"));
    }

    #[test]
    fn a_test_points_to_its_usual_reason_and_a_side_to_its_own() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codesets");
        let model = PointerModel::open(&folder.join("procedures")).expect("weights");
        let sets = CodeSets::open(&folder).expect("code sets");
        let text = "ASSESSMENT:\n1. Hypertension, stable.\n2. Type 2 diabetes. A1c here 7.2.\n3. Primary osteoarthritis of the left knee, injected today.\n";
        let (document, words) = (document::read(text), Words::new());
        let statements = crate::coding::procedures::statements::statements(&document, &words);
        let note = PointerNote { text, statements: &statements, words: &words, report: false };
        let evidence = |words: &str| {
            let start = text.find(words).expect("stands there");
            vec![document.evidence(Span::new(start, start + words.len()))]
        };
        let diagnosis = |pointer: &str, code: &str, words: &str| Diagnosis {
            pointer: pointer.into(),
            code: code.into(),
            title: sets.icd10cm.find(code).map(|i| sets.icd10cm.title(i).into_owned()).unwrap_or_default(),
            evidence: evidence(words),
            ..Diagnosis::default()
        };
        let diagnoses = [
            diagnosis("A", "I10", "Hypertension"),
            diagnosis("B", "E11.9", "Type 2 diabetes"),
            diagnosis("C", "M17.12", "Primary osteoarthritis of the left knee"),
        ];
        let line = |code: &str, modifiers: &[&str], words: &str| Line {
            code: code.into(),
            modifiers: modifiers.iter().map(|m| (*m).to_owned()).collect(),
            evidence: evidence(words),
            ..Line::default()
        };
        let mut lines = [line("20610", &["LT"], "injected"), line("83036", &["QW"], "A1c here")];
        point(&note, &model, &mut lines, &diagnoses, &sets);
        assert_eq!(lines.map(|l| l.pointers.concat()), ["C", "B"]);
    }
}
