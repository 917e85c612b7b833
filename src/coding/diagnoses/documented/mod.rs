//! Policy `documented`: every diagnosis that the text supports, as published shared tasks code case reports.
//!
//! A model of its own, learned from a corpus that was coded so: its habits differ from a claim's (symptoms beside their
//! disease, some findings that are denied, codes that are not billable). Candidates are those of the claim, and what the
//! corpus called with the same words ([`statistics`]) or with words that look alike ([`prototypes`]); features are those of the claim, and what the corpus says about
//! these words ([`features`]).
pub mod candidates;
pub mod features;
pub mod model;
pub mod prototypes;
pub mod statistics;

use candidates::Found;
use features::Table;
use model::DocumentedModel;

use super::claim_order::may_lead;
use super::gather::Material;
use super::select::{MOST, Selection, WhyNot, choose};
use super::{DiagnosisCoding, coding_of, note_facts};
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::lexicon::CodeId;

/// A code of the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedCode {
    /// With its dot; may be a header that is not billable.
    pub code: String,
    /// Probability that the corpus' coders list it.
    pub probability: f32,
    /// Above the line.
    pub chosen: bool,
}

/// Candidates, rows and probabilities of a note.
fn judge(material: &Material<'_>, model: &DocumentedModel, icd10cm: &Icd10cm) -> (Found, Table, Vec<f32>) {
    let found = candidates::gather(material, &model.statistics);
    let facts = note_facts(material, &found.candidates);
    let title = |code: &str| icd10cm.find(code).map(|i| icd10cm.title(i).into_owned()).unwrap_or_default();
    let table = features::table(&found, &facts, material.lexicon, &model.statistics, &title, false);
    let probabilities = model.probabilities(&table, &found.candidates, material.lexicon);
    (found, table, probabilities)
}

/// All candidate codes of a note, likeliest first.
pub fn rank(material: &Material<'_>, model: &DocumentedModel, icd10cm: &Icd10cm) -> Vec<RankedCode> {
    let (_, table, probabilities) = judge(material, model, icd10cm);
    let ranked = |(code, probability): (&CodeId, &f32)| RankedCode {
        code: model.statistics.code(material.lexicon, *code).to_owned(),
        probability: *probability,
        chosen: *probability >= model.threshold,
    };
    let mut out: Vec<RankedCode> = table.codes.iter().zip(&probabilities).map(ranked).collect();
    out.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.code.cmp(&b.code)));
    out
}

/// The diagnoses of a claim under this policy: billable codes that the note holds as present somewhere, however the
/// corpus coded what is denied.
pub fn code(material: &Material<'_>, model: &DocumentedModel, icd10cm: &Icd10cm) -> DiagnosisCoding {
    let (found, table, mut probabilities) = judge(material, model, icd10cm);
    let candidates = &found.candidates;
    for (code, probability) in table.codes.iter().zip(&mut probabilities) {
        let held = candidates
            .by_code
            .get(code)
            .is_some_and(|c| c.supports.iter().any(|s| candidates.places.list.get(s.place).is_some_and(|p| p.present() > 0.3)));
        if !held || material.lexicon.code(*code).is_empty() {
            *probability = 0.0;
        }
    }
    let (mut chosen, why_not) = choose(&table, &probabilities, candidates, material.lexicon, Some(icd10cm), model.threshold);
    debug_assert!(chosen.len() <= MOST);
    chosen.sort_by(|a, b| {
        let leads = |row: &usize| may_lead(material.lexicon.code(table.codes[*row]));
        leads(b).cmp(&leads(a)).then(probabilities[*b].total_cmp(&probabilities[*a])).then(a.cmp(b))
    });
    let why_not = why_not
        .into_iter()
        .zip(&table.codes)
        .map(|(why, code)| if material.lexicon.code(*code).is_empty() { None } else { why })
        .collect::<Vec<Option<WhyNot>>>();
    coding_of(material, icd10cm, candidates, &table, &probabilities, &Selection { chosen, why_not })
}
