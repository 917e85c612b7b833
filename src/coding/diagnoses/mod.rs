//! Diagnosis codes: candidates from every source, ranked by a small trained model, chosen and ordered.
//!
//! | file | question |
//! | --- | --- |
//! | [`gather`] | which codes could the words of this note mean? |
//! | [`places`] | where do those words stand, and does the note hold them as true? |
//! | [`combinations`], `pregnancy`, [`facts`] | which codes follow from two findings, or from a number? |
//! | [`circumstances`], [`drug_effects`] | what was done, what was the reason to come, what did a drug do? |
//! | [`note_words`] | what do its words as a whole speak for? |
//! | [`attention`] | what do the codes' titles see in the note? |
//! | [`features`], `competition`, `titles` | what does the model see? |
//! | [`model`] | how likely does each belong on the claim? |
//! | [`recheck`] | and beside the words of the note as a whole? |
//! | `beside` | what does a chosen code drive out, or bring with it? |
//! | `judgement` | which of them does the sense of the note not bear out? |
//! | [`select`] | which go on it? |
//! | [`claim_order`] | in which order? |
//! | [`whole`] | how likely are they all right? |
//! | [`documented`] | the same for case reports, coded as shared tasks do |
pub mod attention;
mod beside;
pub mod candidates;
mod circumstances;
pub mod claim_order;
mod combinations;
mod competition;
pub mod documented;
mod drug_effects;
mod facts;
pub mod features;
pub mod gather;
mod guidelines;
mod judgement;
pub mod model;
pub mod note_words;
pub mod places;
mod pregnancy;
mod qualifiers;
pub mod recheck;
pub mod select;
pub mod side_by_side;
mod titles;
pub mod whole;

use std::collections::BTreeMap;

use candidates::{Candidate as CodeCandidate, Candidates, source_name};
use features::{NoteFacts, NoteStems};
use gather::Material;
use model::DiagnosisModel;
use recheck::Recheck;
use select::WhyNot;
use whole::WholeSet;

use crate::claim::{Candidate, Diagnosis};
use crate::codeset::drugs::Drugs;
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::document::{Document, Evidence, SectionKind};
use crate::note::Completeness;

/// Why most candidates are left out: nothing speaks against them, and too little for them.
pub const TOO_LITTLE: &str = "too little support for this claim";

/// Diagnoses of a note.
#[derive(Debug, Default)]
pub struct DiagnosisCoding {
    /// In claim order; pointers A, B, ….
    pub diagnoses: Vec<Diagnosis>,
    /// Considered and not chosen, ranked, at most 100.
    pub candidates: Vec<Candidate>,
    /// Probability that all of them are right and none is missing.
    pub all_right: f32,
}

/// Facts that every candidate's row repeats.
pub fn note_facts<'a>(material: &Material<'a>, candidates: &Candidates) -> NoteFacts<'a> {
    let lexicon = material.lexicon;
    let mut drug_uses: BTreeMap<String, u32> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for hit in Drugs::embedded().find(&material.document.text) {
        if seen.insert(hit.drug.name) {
            for stem in &hit.drug.uses {
                *drug_uses.entry((*stem).to_owned()).or_default() += 1;
            }
        }
    }
    let (mut integral, mut also) = (Vec::new(), Vec::new());
    // A concept says the same wherever it is found.
    let mut concepts = std::collections::BTreeSet::new();
    for hit in &candidates.hits {
        for posting in lexicon.postings(hit.entry) {
            let concept = match posting.target {
                crate::coding::lexicon::Target::Concept(c) | crate::coding::lexicon::Target::ConceptCode(c, _) => c,
                _ => continue,
            };
            if !concepts.insert(concept) {
                continue;
            }
            let Some(concept) = lexicon.concept(concept) else { continue };
            let Some(code) =
                concept.options.iter().filter_map(|o| lexicon.code_id(&o.code)).find(|c| candidates.strength(*c) > 0.5)
            else {
                continue;
            };
            integral.extend(concept.integral.iter().map(|s| (s.clone(), code)));
            also.extend(concept.also.iter().map(|s| (s.clone(), code)));
        }
    }
    for list in [&mut integral, &mut also] {
        list.sort();
        list.dedup();
    }
    let (titles, document) = (material.titles.as_ref(), material.document);
    let sentences = material.attributes.words();
    let (titles, note_stems) = rayon::join(
        || titles.map(|titles| attention::score(candidates, titles)).unwrap_or_default(),
        || NoteStems::new(&document.text, sentences),
    );
    NoteFacts { titles, document: material.document, context: material.context, drug_uses, note_stems, integral, also }
}

/// Every candidate of a note and how likely each belongs on the claim, before any is chosen.
struct Weighed {
    candidates: Candidates,
    table: features::Table,
    probabilities: Vec<f32>,
    thresholds: model::Thresholds,
    whole: WholeSet,
}

fn weigh(material: &Material<'_>, model: &DiagnosisModel, recheck: Option<&Recheck>, icd10cm: &Icd10cm) -> Weighed {
    let lexicon = material.lexicon;
    let candidates = gather::gather(material);
    let facts = note_facts(material, &candidates);
    let title = |code: &str| icd10cm.find(code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default();
    let table = features::table(&candidates, &facts, lexicon, &model.priors, &title, false);
    let mut probabilities = model.probabilities(&table, &candidates, lexicon);
    let (mut thresholds, mut whole) = (model.thresholds, model.whole);
    if let (Some(recheck), Some(words)) = (recheck, material.words) {
        probabilities = recheck.probabilities(&table, probabilities, words, lexicon);
        (thresholds, whole) = (recheck.thresholds, recheck.whole);
    }
    judgement::judge(&table, &mut probabilities, &candidates, material);
    keep_treated_symptoms(&table, &mut probabilities, &candidates, lexicon, thresholds.standard);
    Weighed { candidates, table, probabilities, thresholds, whole }
}

/// How likely each candidate of a note belongs on its claim, before any is chosen.
pub fn likelihoods(
    material: &Material<'_>,
    model: &DiagnosisModel,
    recheck: Option<&Recheck>,
    icd10cm: &Icd10cm,
) -> BTreeMap<CodeId, f32> {
    let weighed = weigh(material, model, recheck, icd10cm);
    weighed.table.codes.iter().copied().zip(weighed.probabilities).collect()
}

/// Codes the diagnoses of a note.
pub fn code(
    material: &Material<'_>,
    model: &DiagnosisModel,
    recheck: Option<&Recheck>,
    icd10cm: &Icd10cm,
    completeness: Completeness,
) -> DiagnosisCoding {
    let lexicon = material.lexicon;
    let Weighed { candidates, table, probabilities, thresholds, whole } = weigh(material, model, recheck, icd10cm);
    let threshold = match completeness {
        Completeness::Terse => thresholds.terse,
        Completeness::Standard => thresholds.standard,
        Completeness::Complete => thresholds.complete,
    };
    let selection = select::select(&table, &probabilities, &candidates, lexicon, icd10cm, model, threshold);
    let mut coding = coding_of(material, icd10cm, &candidates, &table, &probabilities, &selection);
    coding.all_right = rounded(whole.probability(whole::signs(&probabilities, &selection.why_not)));
    coding
}

/// The claim's diagnoses and the candidates left out, with their words and reasons.
fn coding_of(
    material: &Material<'_>,
    icd10cm: &Icd10cm,
    candidates: &Candidates,
    table: &features::Table,
    probabilities: &[f32],
    selection: &select::Selection,
) -> DiagnosisCoding {
    let lexicon = material.lexicon;
    let title = |code: &str| icd10cm.find(code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default();
    let all_right = WholeSet::default().probability(whole::signs(probabilities, &selection.why_not));
    let mut coding = DiagnosisCoding { all_right: rounded(all_right), ..DiagnosisCoding::default() };
    for (position, row) in selection.chosen.iter().enumerate() {
        let Some(candidate) = candidates.by_code.get(&table.codes[*row]) else { continue };
        let code = lexicon.code(candidate.code).to_owned();
        coding.diagnoses.push(Diagnosis {
            pointer: char::from(b'A' + position.min(25) as u8).to_string(),
            title: title(&code),
            confidence: rounded(probabilities[*row]),
            source: sources(candidate),
            evidence: evidence(candidate, candidates, material.document, 3),
            reason: reason(candidate, candidates, lexicon),
            code,
        });
    }
    let mut left: Vec<usize> = (0..table.codes.len()).filter(|r| selection.why_not[*r].is_some()).collect();
    left.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    for row in left.into_iter().take(100) {
        let (Some(candidate), Some(why)) = (candidates.by_code.get(&table.codes[row]), &selection.why_not[row]) else { continue };
        coding.candidates.push(Candidate {
            system: "icd10cm".into(),
            code: lexicon.code(candidate.code).to_owned(),
            confidence: rounded(probabilities[row]),
            why_not: explain(why, candidate, candidates, lexicon),
            evidence: evidence(candidate, candidates, material.document, 1),
        });
    }
    coding
}

/// A symptom that usually belongs to its cause is still reported where the note both assesses it and treats it by the
/// procedure performed (guidelines I.B.5: only symptoms *routinely* associated with a disease are left out): epistaxis
/// that is cauterised stands beside the telangiectasia that causes it.
fn keep_treated_symptoms(
    table: &features::Table,
    probabilities: &mut [f32],
    candidates: &Candidates,
    lexicon: &Lexicon,
    line: f32,
) {
    for (code, probability) in table.codes.iter().zip(probabilities) {
        let Some(candidate) = candidates.by_code.get(code) else { continue };
        if !lexicon.code(*code).starts_with('R') || *probability >= line || *probability < line / 4.0 {
            continue;
        }
        let stands_in = |kinds: &[SectionKind]| {
            candidate.supports.iter().any(|s| {
                let place = &candidates.places.list[s.place];
                s.share >= 0.5 && !s.subsumed && place.present() > 0.4 && kinds.contains(&place.section)
            })
        };
        let assessed = stands_in(&[SectionKind::Assessment, SectionKind::AssessmentAndPlan, SectionKind::PostoperativeDiagnosis]);
        if assessed && stands_in(&[SectionKind::ProcedurePerformed, SectionKind::ProcedureDescription]) {
            *probability = line;
        }
    }
}

/// Four decimals: what is printed is what is compared.
fn rounded(p: f32) -> f32 {
    (p * 10_000.0).round() / 10_000.0
}

fn sources(candidate: &CodeCandidate) -> Vec<String> {
    let mut list: Vec<usize> = candidate.supports.iter().map(|s| s.source).collect();
    list.sort_unstable();
    list.dedup();
    list.into_iter().map(|s| source_name(s).to_owned()).collect()
}

/// The best places, in order of weight, at most `most`.
fn evidence(candidate: &CodeCandidate, candidates: &Candidates, document: &Document, most: usize) -> Vec<Evidence> {
    let mut places: Vec<(f32, usize)> = candidate
        .supports
        .iter()
        .map(|s| (s.share * (1.0 + f32::from(s.words)) * (0.05 + candidates.places.list[s.place].present()), s.place))
        .collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut out: Vec<Evidence> = Vec::new();
    for (_, place) in places {
        let span = candidates.places.list[place].span;
        let inside = |e: &Evidence| e.start <= span.start && span.end <= e.end;
        if out.len() < most && !out.iter().any(inside) {
            out.push(document.evidence(span));
        }
    }
    out
}

fn best_place(candidate: &CodeCandidate, candidates: &Candidates) -> Option<(usize, usize)> {
    candidate
        .supports
        .iter()
        .max_by(|a, b| {
            let w = |s: &candidates::Support| {
                s.share * (1.0 + f32::from(s.words)) * (0.05 + candidates.places.list[s.place].present())
            };
            w(a).total_cmp(&w(b)).then(b.place.cmp(&a.place))
        })
        .map(|s| (s.source, s.place))
}

fn section_words(candidates: &Candidates, place: usize) -> String {
    let kind = candidates.places.list[place].section;
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(|s| s.replace('_', " "))).unwrap_or_default()
}

fn reason(candidate: &CodeCandidate, candidates: &Candidates, lexicon: &Lexicon) -> String {
    if candidate.supports.iter().all(|s| s.source == candidates::COMBINATION) && !candidate.parts.is_empty() {
        let parts: Vec<&str> = candidate.parts.iter().map(|p| lexicon.code(*p)).collect();
        return format!("combination of {}", parts.join(" and "));
    }
    let Some((source, place)) = best_place(candidate, candidates) else { return String::new() };
    let what = match source {
        candidates::LEARNED => "wording coded so in labelled notes",
        candidates::DENSE => "wording close to the code's title",
        candidates::FACT => "a fact stated in the note",
        candidates::COMBINATION => "follows from two findings together",
        candidates::WORDS => "the words of the note as a whole, as on labelled claims",
        candidates::HISTORY => "the history code of a condition that is past or a relative's",
        8..=11 => "clinical wording of the phrase lexicon",
        2 => "an official inclusion term",
        3 | 4 => "an entry of the official alphabetic index",
        5 => "an entry of the official neoplasm table",
        6 | 7 => "a synonym of an open ontology",
        _ => "the official title",
    };
    format!("{what}, in {}", section_words(candidates, place))
}

fn explain(why: &WhyNot, candidate: &CodeCandidate, candidates: &Candidates, lexicon: &Lexicon) -> String {
    match why {
        WhyNot::Sibling(with) => format!("{} says the same disease better", lexicon.code(*with)),
        WhyNot::Mothers => "of the mother's record, not of the newborn's (guidelines I.C.15.a.2)".to_owned(),
        WhyNot::Excluded(with) => format!("cannot be reported beside {} (Excludes1)", lexicon.code(*with)),
        WhyNot::Combined(with) => format!("contained in {}", lexicon.code(*with)),
        WhyNot::NotEstablished(with) => format!("much less likely than {}, its symptom (guidelines IV.H)", lexicon.code(*with)),
        WhyNot::Integral(with) => format!("part of {} (guidelines I.B.5)", lexicon.code(*with)),
        WhyNot::Full => "the claim holds at most 12 diagnoses".into(),
        WhyNot::Unlikely => {
            let Some((_, place)) = best_place(candidate, candidates) else { return "too little support".into() };
            let place = &candidates.places.list[place];
            // A history code says that the condition is past, or a relative's; that is no reason against it.
            let is_history =
                lexicon.code(candidate.code).get(..2) == Some("Z8") || lexicon.code(candidate.code).get(..2) == Some("Z9");
            let held = if is_history { 0.0 } else { 1.0 }
                * place.cues[..7].iter().chain(&place.head[..7]).copied().fold(0.0f32, f32::max);
            if held > 0.5 {
                let i = (0..7).max_by(|a, b| {
                    place.held(crate::extract::Assertion::ALL[*a]).total_cmp(&place.held(crate::extract::Assertion::ALL[*b]))
                });
                let name = i.map(|i| format!("{:?}", crate::extract::Assertion::ALL[i]).to_lowercase()).unwrap_or_default();
                format!("the note holds it as {name}")
            } else {
                TOO_LITTLE.into()
            }
        }
    }
}
