//! Second look at the candidates: how likely is each beside the others of the same words, clause, concept and note?
use std::collections::{BTreeMap, BTreeSet};

use super::candidates::CodeCandidate;
use super::knowledge::Knowledge;
use super::statements::Role;
use super::view::NoteView;

/// How often two codes stand on the same labelled claim, by training fold.
#[derive(Clone, Debug, Default)]
pub struct Companions {
    /// By (code, other code) in ascending order: notes with both.
    pub counts: BTreeMap<(String, String), BTreeMap<u8, u32>>,
}

impl Companions {
    /// Notes with both codes, without those of one fold.
    pub fn count(&self, a: &str, b: &str, without_fold: Option<u8>) -> u32 {
        let key = if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) };
        self.counts.get(&key).map_or(0, |by| by.iter().filter(|(f, _)| Some(**f) != without_fold).map(|(_, n)| n).sum())
    }
}

/// Names of the second look's features.
const NAMES: &str = "first place_in_note lead_in_note sum_in_note place_same_words best_same_words place_in_clause best_in_clause \
place_in_statement best_in_statement place_in_concept best_in_concept includes_this included_in_this companion \
companion_share clauses title role class prior further phrase_rank cosine_titles sibling_place sibling_margin \
statement_words note_titles note_statements coverage clause_share further_of_best learned_rank component \
unsupported service code_if_done unexplained unexplained_share unrivalled unrivalled_share clause_cosine \
clause_place assertion type_operative type_procedure type_imaging type_office type_consult type_inpatient \
type_discharge type_emergency type_inferred position cue_here facility";

/// Features of the first look that the second looks at again.
const CARRIED: &str = "role class prior further phrase_rank cosine_titles sibling_place sibling_margin statement_words note_titles \
note_statements phrase_coverage learned_rank component unsupported unrivalled unrivalled_share clause_cosine \
clause_place assertion type_operative type_procedure type_imaging type_office type_consult type_inpatient \
type_discharge type_emergency type_inferred position cue_here facility";

/// Names of the second look's features, in the order of a row.
pub fn feature_names() -> Vec<String> {
    NAMES.split_whitespace().map(str::to_owned).collect()
}

/// Where a candidate's words stand: statement and clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    statement: usize,
    clause: usize,
}

impl Clause {
    /// Statement and clause, for maps.
    pub fn key(self) -> (usize, usize) {
        (self.statement, self.clause)
    }
}

/// Features of the second look; `answers` are those of the first two questions (service done, this code if done), in
/// the order of `candidates`.
pub fn rows(
    knowledge: &Knowledge,
    view: &NoteView<'_>,
    candidates: &[CodeCandidate],
    answers: &[(f32, f32)],
    without_fold: Option<u8>,
) -> Vec<Vec<f32>> {
    let first: Vec<f32> = answers.iter().map(|(done, code)| done * code).collect();
    let names = super::features::feature_names();
    let column = |name: &str| names.iter().position(|n| n == name).unwrap_or(0);
    let columns: Vec<usize> = CARRIED.split_whitespace().map(column).collect();
    let clauses: Vec<(Clause, f32)> = candidates.iter().map(|c| clause_of(view, c)).collect();
    let words: Vec<BTreeSet<u16>> = candidates.iter().map(|c| c.positions.iter().copied().collect()).collect();
    let sum: f32 = first.iter().filter(|p| **p > 0.02).sum();
    let code = |i: usize| knowledge.index.codes[candidates[i].code].code.as_str();
    let likely: Vec<usize> = (0..candidates.len()).filter(|&i| first[i] > 0.05).collect();
    (0..candidates.len())
        .map(|i| {
            let concept = candidates[i].entry.map(|(c, _)| c);
            let further = |j: usize| candidates[j].entry.is_some_and(|(c, e)| knowledge.entries[c][e].further);
            let mut place = [0.0f32; 5];
            let mut best = [0.0f32; 5];
            let mut includes_this = 0.0f32;
            let mut included_in_this = 0.0f32;
            let mut companion = 0.0f32;
            let mut companion_share = 0.0f32;
            let mut further_of_best = 0.0f32;
            let own = knowledge.prior.count(code(i), without_fold);
            for &j in likely.iter().filter(|&&j| j != i) {
                let shared = words[i].intersection(&words[j]).count();
                let same_statement = candidates[i].statement == candidates[j].statement;
                let same_words = same_statement && 2 * shared > words[i].len().min(words[j].len());
                let same_concept = concept.is_some() && concept == candidates[j].entry.map(|(c, _)| c);
                let groups = [true, same_words, clauses[i].0 == clauses[j].0, same_statement, same_concept];
                for (g, belongs) in groups.into_iter().enumerate() {
                    if belongs {
                        if first[j] > first[i] {
                            place[g] += 1.0;
                        }
                        best[g] = best[g].max(first[j]);
                    }
                }
                if same_concept && further(i) && !further(j) {
                    further_of_best = further_of_best.max(first[j]);
                }
                let bundled = |a: usize, b: usize| {
                    candidates[a]
                        .entry
                        .is_some_and(|(c, _)| knowledge.table.concepts[c].bundled_into.iter().any(|x| x == code(b)))
                };
                if bundled(i, j) {
                    includes_this = includes_this.max(first[j]);
                }
                if bundled(j, i) {
                    included_in_this = included_in_this.max(first[j]);
                }
                let other = knowledge.prior.count(code(j), without_fold);
                let both = knowledge.companions.count(code(i), code(j), without_fold);
                if other >= 2 {
                    let given = both as f32 / (other as f32 + 2.0);
                    companion = companion.max(given * first[j]);
                }
                if own >= 2 && both > 0 {
                    companion_share = companion_share.max(both as f32 / (own as f32 + 1.0) * first[j]);
                }
            }
            let row = &candidates[i].row;
            let value = |k: usize| row.get(columns[k]).copied().unwrap_or(0.0);
            let role = view.statements[candidates[i].statement].role;
            let in_clause = candidates.iter().zip(&clauses).filter(|(_, c)| c.0 == clauses[i].0).count();
            let unexplained = unexplained(knowledge, view, candidates, &first, &likely, i);
            let mut values = vec![
                first[i],
                place[0],
                first[i] / best[0].max(0.01),
                sum,
                place[1],
                best[1],
                place[2],
                best[2],
                place[3],
                best[3],
                place[4],
                best[4],
                includes_this,
                included_in_this,
                companion,
                companion_share,
                in_clause as f32,
                f32::from(u8::from(role == Role::Title)),
                value(0),
                value(1),
                value(2),
                value(3),
                value(4),
                value(5),
                value(6),
                value(7),
                value(8),
                value(9),
                value(10),
                value(11),
                clauses[i].1,
                further_of_best,
                value(12),
                value(13),
                value(14),
                answers[i].0,
                answers[i].1,
                unexplained[0],
                unexplained[1],
            ];
            values.extend((15..columns.len()).map(value));
            values
        })
        .collect()
}

/// Weight of a candidate's words that likelier candidates of other services leave unexplained, and its share.
fn unexplained(
    knowledge: &Knowledge,
    view: &NoteView<'_>,
    candidates: &[CodeCandidate],
    first: &[f32],
    likely: &[usize],
    i: usize,
) -> [f32; 2] {
    let own = &candidates[i];
    let statement = &view.statements[own.statement];
    let concept = own.entry.map(|(c, _)| c);
    let (mut free, mut all) = (0.0f32, 0.0f32);
    for position in &own.positions {
        let word = statement.words.get(usize::from(*position)).and_then(|w| knowledge.index.id(&w.stem));
        let weight = word.map_or(0.0, |w| knowledge.index.weight(w));
        let mut left = 1.0f32;
        for &j in likely {
            let other = &candidates[j];
            if other.statement == own.statement
                && first[j] > first[i]
                && (concept.is_none() || concept != other.entry.map(|(c, _)| c))
                && other.positions.contains(position)
            {
                left *= 1.0 - first[j];
            }
        }
        all += weight;
        free += weight * left;
    }
    [free, if all > 0.0 { free / all } else { 0.0 }]
}

/// A statement's words by clause, cut at commas, semicolons, colons, full stops, line ends, "and", "with" and "plus".
pub fn clauses<'a>(statement: &'a super::statements::Statement, text: &str) -> Vec<&'a [super::words::Word]> {
    let words = &statement.words;
    let mut list = Vec::new();
    let mut start = 0;
    for i in 1..=words.len() {
        let cut = i == words.len() || {
            let (left, right) = (words[i - 1].span, words[i].span);
            left.end <= right.start
                && text.get(left.end..right.start).is_some_and(|gap| {
                    gap.contains([',', ';', ':', '\n', '.', '+'])
                        || gap.split_whitespace().any(|w| ["and", "with", "plus", "AND", "WITH", "&"].contains(&w))
                })
        };
        if cut {
            list.push(&words[start..i]);
            start = i;
        }
    }
    list
}

/// The clause that holds most of a candidate's words, and the share of the clause's words that are the candidate's.
pub fn clause_of(view: &NoteView<'_>, candidate: &CodeCandidate) -> (Clause, f32) {
    let mut best = (0, 0usize, 1usize);
    let mut start = 0usize;
    for (number, clause) in clauses(&view.statements[candidate.statement], view.text).into_iter().enumerate() {
        let held = candidate.positions.iter().filter(|p| (start..start + clause.len()).contains(&usize::from(**p))).count();
        if held > best.1 {
            best = (number, held, clause.len());
        }
        start += clause.len();
    }
    (Clause { statement: candidate.statement, clause: best.0 }, best.1 as f32 / best.2 as f32)
}
