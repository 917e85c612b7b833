//! From probabilities to the diagnoses of a claim: which, and in which order.
use std::collections::BTreeMap;

use super::beside::{bring, drive_out};
use super::candidates::{Candidate, Candidates, Support};
use super::claim_order::{may_lead, order};
use super::features::Table;
use super::guidelines::{
    abnormal_findings, both_sides, encounter_of, is_pair, join_sides, leave_out_symptoms, leave_out_unspecified,
    one_type_of_diabetes, osteoporotic_fractures, presumed, record_of_the_newborn, weeks_of_pregnancy,
};
use super::model::DiagnosisModel;
use super::places::Place;
use super::side_by_side::{say_different_things, stand_together};
use crate::codeset::icd10cm::Icd10cm;
use crate::coding::attributes::{HistoryOf, history_code};
use crate::coding::lexicon::{CodeId, Lexicon};
use crate::coding::said_once::{said_already, say_one_finding};
use crate::document::{SectionKind, Span};

/// Most diagnoses of a professional claim.
pub const MOST: usize = 12;

/// Why a candidate was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// Its probability is below the line.
    Unlikely,
    /// Another code of the same disease says it better.
    Sibling(CodeId),
    /// A chosen code and this one cannot stand together (Excludes1).
    Excluded(CodeId),
    /// A chosen combination code contains it.
    Combined(CodeId),
    /// A symptom that is part of a chosen disease.
    Integral(CodeId),
    /// A disease much less likely than its chosen symptom.
    NotEstablished(CodeId),
    /// The mother's, on a newborn's claim.
    Mothers,
    /// The claim is full.
    Full,
}

/// Rows chosen, in claim order, and why the others were not.
pub struct Selection {
    /// Row numbers of the table, in claim order.
    pub chosen: Vec<usize>,
    /// For every row: why not, or `None` where chosen.
    pub why_not: Vec<Option<WhyNot>>,
}

/// Chooses and orders.
pub fn select(
    table: &Table,
    probabilities: &[f32],
    candidates: &Candidates,
    lexicon: &Lexicon,
    icd10cm: &Icd10cm,
    model: &DiagnosisModel,
    threshold: f32,
) -> Selection {
    let (mut chosen, why_not) = choose(table, probabilities, candidates, lexicon, Some(icd10cm), threshold);
    order(&mut chosen, table, probabilities, candidates, lexicon, model);
    Selection { chosen, why_not }
}

/// Chooses by probability; a code that cannot stand beside one already chosen is left out.
pub fn choose(
    table: &Table,
    probabilities: &[f32],
    candidates: &Candidates,
    lexicon: &Lexicon,
    icd10cm: Option<&Icd10cm>,
    threshold: f32,
) -> (Vec<usize>, Vec<Option<WhyNot>>) {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let mut chosen: Vec<usize> = Vec::new();
    let mut why_not = vec![None; probabilities.len()];
    for row in order {
        why_not[row] = if probabilities[row] < threshold {
            Some(WhyNot::Unlikely)
        } else if chosen.len() >= MOST {
            Some(WhyNot::Full)
        } else {
            let against = |other: &usize| conflict(row, *other, table, candidates, lexicon, icd10cm).map(|why| (*other, why));
            match chosen.iter().find_map(against) {
                // A disease is told from its symptom by the coder, not by the likelier of the two, unless that is much likelier.
                Some((other, WhyNot::Excluded(_)))
                    if is_symptom(table.codes[other], lexicon)
                        && !is_symptom(table.codes[row], lexicon)
                        && probabilities[row] + MUCH_LIKELIER > probabilities[other] =>
                {
                    chosen.retain(|c| *c != other);
                    why_not[other] = Some(WhyNot::Excluded(table.codes[row]));
                    None
                }
                // Nor a combination from one of the two it is made of (guidelines I.B.9).
                Some((other, WhyNot::Excluded(_))) if is_part(table.codes[other], table.codes[row], candidates) => {
                    chosen.retain(|c| *c != other);
                    why_not[other] = Some(WhyNot::Combined(table.codes[row]));
                    None
                }
                found => found.map(|(_, why)| why),
            }
        };
        if why_not[row].is_none() {
            chosen.push(row);
        }
    }
    pool_places(&mut chosen, &mut why_not, table, probabilities, candidates, POOL);
    join_sides(&mut chosen, &mut why_not, table, lexicon);
    both_sides(&mut chosen, &mut why_not, table, candidates, lexicon);
    leave_out_symptoms(&mut chosen, &mut why_not, table, probabilities, lexicon);
    weeks_of_pregnancy(&mut chosen, &mut why_not, table, probabilities, candidates, lexicon);
    record_of_the_newborn(&mut chosen, &mut why_not, table, lexicon);
    one_type_of_diabetes(&mut chosen, &mut why_not, table, lexicon);
    presumed(&mut chosen, &mut why_not, table, lexicon);
    osteoporotic_fractures(&mut chosen, &mut why_not, table, lexicon);
    abnormal_findings(&mut chosen, &mut why_not, table, lexicon);
    drive_out(&mut chosen, &mut why_not, table, lexicon);
    bring(&mut chosen, &mut why_not, table, probabilities, lexicon);
    say_once(&mut chosen, &mut why_not, table, probabilities, lexicon);
    leave_out_unspecified(&mut chosen, &mut why_not, table, lexicon);
    let leads = |row: &usize| may_lead(lexicon.code(table.codes[*row]));
    if !chosen.iter().any(leads) && chosen.len() < MOST {
        // A claim needs a diagnosis that may come first, and a status is none: the likeliest that is one stands for review.
        let rows = (0..probabilities.len()).filter(leads);
        let likeliest = rows.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a)));
        if let Some(row) = likeliest.filter(|row| probabilities[*row] >= LEAST_OF_PLACE) {
            why_not[row] = None;
            chosen.push(row);
        }
    }
    (chosen, why_not)
}

/// Leaves out what a likelier chosen code says already. Counted on 10,274 training notes without the note at hand: 535 codes too many
/// go, and 65 that were right.
fn say_once(chosen: &mut Vec<usize>, why_not: &mut [Option<WhyNot>], table: &Table, probabilities: &[f32], lexicon: &Lexicon) {
    let one = |a: usize, b: usize| {
        let (a, b) = (lexicon.code(table.codes[a]), lexicon.code(table.codes[b]));
        say_one_finding(a, b) && !say_different_things(a, b)
    };
    for (row, with) in said_already(chosen, |row| probabilities[row], one) {
        why_not[row] = Some(WhyNot::Sibling(table.codes[with]));
        chosen.retain(|c| *c != row);
    }
}

fn is_part(part: CodeId, combination: CodeId, candidates: &Candidates) -> bool {
    candidates.by_code.get(&combination).is_some_and(|c| c.parts.contains(&part))
}

fn is_symptom(code: CodeId, lexicon: &Lexicon) -> bool {
    lexicon.code(code).starts_with('R')
}

/// How much likelier a symptom must be to stand in the place of its disease. Of training notes where it was and the disease excludes it,
/// one of the two alone was right in fifteen: fourteen times the symptom. Where it is part of the disease (29 notes), it was
/// required in fifteen, fourteen accept either, and three want the disease too.
pub(super) const MUCH_LIKELIER: f32 = 0.1;

/// Share of a code in its words from which it speaks for them.
pub(super) const LEAST_SHARE: f32 = 0.3;
/// Codes of one place must together be this likely.
const POOL: f32 = 0.55;
/// The same for what opens an item of the assessment, which is a problem that was addressed.
const HEADING_POOL: f32 = 0.35;
/// Below this a code does not stand in for its place, or for the note.
const LEAST_OF_PLACE: f32 = 0.15;

/// A problem stated in a diagnosis section may lose all its codes because they share its probability. Where the codes of
/// one place together pass `line` and no chosen code speaks for that place, the likeliest of them is chosen.
fn pool_places(
    chosen: &mut Vec<usize>,
    why_not: &mut [Option<WhyNot>],
    table: &Table,
    probabilities: &[f32],
    candidates: &Candidates,
    line: f32,
) {
    let mut groups: BTreeMap<Span, (Vec<usize>, bool)> = BTreeMap::new();
    for (row, code) in table.codes.iter().enumerate() {
        if why_not[row] != Some(WhyNot::Unlikely) || probabilities[row] < 0.02 {
            continue;
        }
        let Some(place) = candidates.by_code.get(code).and_then(|c| top_place(c, candidates)) else { continue };
        let place = &candidates.places.list[place];
        if place.present() > 0.5 && is_diagnosis_section(place.section) {
            let group = groups.entry(place.span).or_default();
            group.0.push(row);
            group.1 |= is_problem_heading(place);
        }
    }
    for (span, (rows, heading)) in groups {
        let line = if heading { HEADING_POOL } else { line };
        let sum: f32 = rows.iter().map(|r| probabilities[*r]).sum();
        let best = rows.iter().copied().max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a)));
        let Some(best) = best.filter(|b| probabilities[*b] >= LEAST_OF_PLACE && sum >= line) else { continue };
        let spoken_for = chosen.iter().any(|c| {
            candidates.by_code.get(&table.codes[*c]).is_some_and(|c| {
                c.supports.iter().any(|s| s.share >= LEAST_SHARE && candidates.places.list[s.place].span.overlaps(span))
            })
        });
        if !spoken_for && chosen.len() < MOST {
            why_not[best] = None;
            chosen.push(best);
        }
    }
}

/// Opens an item or a paragraph of the assessment, or of what an operation found.
fn is_problem_heading(place: &Place) -> bool {
    use SectionKind::{Assessment, AssessmentAndPlan, PostoperativeDiagnosis};
    place.leads_sentence && matches!(place.section, Assessment | AssessmentAndPlan | PostoperativeDiagnosis)
}

fn is_diagnosis_section(section: SectionKind) -> bool {
    matches!(
        section,
        SectionKind::Assessment
            | SectionKind::AssessmentAndPlan
            | SectionKind::PostoperativeDiagnosis
            | SectionKind::PreoperativeDiagnosis
            | SectionKind::ChiefComplaint
    )
}

/// The place that speaks loudest for a candidate.
fn top_place(candidate: &Candidate, candidates: &Candidates) -> Option<usize> {
    let weight = |s: &Support| s.share * (1.0 + f32::from(s.words)) * (0.05 + candidates.places.list[s.place].present());
    candidate.supports.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.place.cmp(&a.place))).map(|s| s.place)
}

fn conflict(
    row: usize,
    other: usize,
    table: &Table,
    candidates: &Candidates,
    lexicon: &Lexicon,
    icd10cm: Option<&Icd10cm>,
) -> Option<WhyNot> {
    let (code, with) = (table.codes[row], table.codes[other]);
    if stand_together(lexicon.code(code), lexicon.code(with)) {
        return None;
    }
    let (family, of_other) = (lexicon.family(code).map(|f| f.0), lexicon.family(with).map(|f| f.0));
    let top = |code: CodeId| {
        candidates.by_code.get(&code).and_then(|c| top_place(c, candidates)).map(|p| candidates.places.list[p].span)
    };
    let same_words = top(code).zip(top(with)).is_some_and(|(a, b)| a.overlaps(b));
    if family.is_some() && family == of_other {
        // Said of each side in its own words: both stand (and may become the bilateral code).
        let sides = lexicon.family(code).zip(lexicon.family(with)).is_some_and(|(a, b)| is_pair(a.1, b.1));
        return (!sides || same_words || !encounter_of(code, with, lexicon)).then_some(WhyNot::Sibling(with));
    }
    // What has one value at a time: weeks of gestation, body mass index, stage of kidney disease, outcome of delivery.
    let (a, b) = (lexicon.code(code), lexicon.code(with));
    if ["Z3A", "Z68", "N18", "Z37"].iter().any(|one| a.starts_with(one) && b.starts_with(one)) {
        return Some(WhyNot::Sibling(with));
    }
    // A condition is present or past: of a code and its own history code the likelier stays.
    let past = |x: CodeId, y: CodeId| history_code(lexicon.code(x), HistoryOf::Patient) == Some(lexicon.code(y));
    if past(code, with) || past(with, code) {
        return Some(WhyNot::Sibling(with));
    }
    // One disease of each side, told by codes of two families ("wet OD, dry OS"; stages of two ulcers).
    if lexicon.family(code).zip(lexicon.family(with)).is_some_and(|(a, b)| is_pair(a.1, b.1)) && !same_words {
        return None;
    }
    // End-stage, biventricular and right heart failure are coded with the type (notes at I50.8-).
    if (a.starts_with("I50.8") || b.starts_with("I50.8")) && a.get(..5) != b.get(..5) && a.get(..3) == b.get(..3) {
        return [a, b].contains(&"I50.9").then_some(WhyNot::Sibling(with));
    }
    // Two codes of one category from the same words: the likelier says it.
    if lexicon.code(code).get(..3) == lexicon.code(with).get(..3)
        && same_words
        && candidates.by_code.get(&code).is_some_and(|c| c.parts.is_empty())
    {
        return Some(WhyNot::Sibling(with));
    }
    // Hypertension disappears in its combination; heart failure and kidney disease are still reported beside it.
    let replaced = |part: CodeId, combination: CodeId| {
        let (p, c) = (lexicon.code(part), lexicon.code(combination));
        is_part(part, combination, candidates) && (p.get(..3) == c.get(..3) || p == "I10")
    };
    if replaced(code, with) || replaced(with, code) {
        return Some(WhyNot::Combined(with));
    }
    // "Unspecified" beside a specified code of the same subcategory says nothing more; an allergy has many causes.
    let alike = a.get(..5).is_some() && a.get(..5) == b.get(..5) && !a.starts_with("J30.8");
    if alike && !matches!(a.as_bytes()[0], b'Z' | b'R' | b'S' | b'T') {
        return Some(WhyNot::Sibling(with));
    }
    let icd = icd10cm?;
    let excludes = |x: &str, y: &str| icd.find(x).is_some_and(|i| icd.excludes1(i).any(|n| n.covers(y)));
    (excludes(a, b) || excludes(b, a)).then_some(WhyNot::Excluded(with))
}
