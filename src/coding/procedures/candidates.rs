//! Candidate codes of a note: concepts by their evidence, codes of a concept by their attributes.
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{self, Part};
use super::evidence::{self, Evidence, NoteEvidence};
use super::features::RowContext;
use super::knowledge::Knowledge;
use super::named::{self, Named};
use super::statements::Role;
use super::view::{NoteView, part};

/// A code that the note may support.
#[derive(Clone, Debug)]
pub struct CodeCandidate {
    /// Position in the index's codes.
    pub code: usize,
    /// Concept and entry that best explain it, where the table has it.
    pub entry: Option<(usize, usize)>,
    /// The statement that speaks for it most.
    pub statement: usize,
    /// Word positions in that statement.
    pub positions: Vec<u16>,
    /// One value a feature.
    pub row: Vec<f32>,
    /// Order before the model has spoken.
    pub rank: f32,
}

/// Most candidates of a note.
const MOST_CANDIDATES: usize = 160;
/// Most codes of one concept.
const MOST_OF_CONCEPT: usize = 8;
/// Most concepts considered.
const MOST_CONCEPTS: usize = 100;

/// Finds the candidate codes of a note with their features.
pub fn candidates(knowledge: &Knowledge, view: &NoteView<'_>, without_fold: Option<u8>) -> Vec<CodeCandidate> {
    candidates_and_named(knowledge, view, without_fold).0
}

/// The same, with the services that a whole phrase of the lexicon names.
pub fn candidates_and_named(
    knowledge: &Knowledge,
    view: &NoteView<'_>,
    without_fold: Option<u8>,
) -> (Vec<CodeCandidate>, Vec<Named>) {
    let evidence = evidence::gather(&knowledge.index, view.statements, without_fold);
    let order = concept_order(&evidence);
    let mut chosen: BTreeMap<usize, Choice> = BTreeMap::new();
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    for &(concept, _) in order.iter().take(MOST_CONCEPTS) {
        let Some(found) = evidence.concepts.get(&concept) else { continue };
        let bests: Vec<&evidence::Best> = found.leading().collect();
        for best in &bests {
            parts.entry(best.statement).or_insert_with(|| part(&view.statements[best.statement], view.text));
        }
        let places: Vec<(&evidence::Best, &Part)> = bests.iter().filter_map(|b| Some((*b, parts.get(&b.statement)?))).collect();
        for (place, sibling) in siblings(knowledge, view, concept, &places).into_iter().enumerate() {
            let code_name = &knowledge.table.concepts[concept].codes[sibling.entry].code;
            let Some(code) = knowledge.index.code_id(code_name) else { continue };
            let rank_of = |e: Option<&Evidence>| e.and_then(|e| e.best.as_ref()).map_or(0.0, |b| b.rank);
            let own = rank_of(evidence.learned.get(&code));
            let composed = rank_of(evidence.composed.get(&code));
            if place >= MOST_OF_CONCEPT && own < 1.0 && composed < 1.5 {
                continue;
            }
            let rank = sibling.best.rank + 0.3 * sibling.agreement + 0.7 * own + 0.3 * composed;
            let choice = Choice {
                entry: Some((concept, sibling.entry)),
                rank,
                sibling: SiblingPlace { place, margin: sibling.margin, agreement: sibling.agreement },
                best: Some(sibling.best.clone()),
            };
            match chosen.entry(code) {
                Entry::Vacant(slot) => drop(slot.insert(choice)),
                Entry::Occupied(mut slot) if rank > slot.get().rank => drop(slot.insert(choice)),
                Entry::Occupied(_) => {}
            }
        }
    }
    for (map, factor) in [(&evidence.learned, 1.0f32), (&evidence.composed, 0.8)] {
        for (&code, found) in map {
            let Some(best) = &found.best else { continue };
            chosen.entry(code).or_insert_with(|| Choice {
                entry: knowledge.index.codes[code].entries.first().copied(),
                rank: factor * best.rank,
                sibling: SiblingPlace::unknown(),
                best: None,
            });
        }
    }
    let mut ranked: Vec<_> = chosen.into_iter().collect();
    ranked.sort_by(|a, b| b.1.rank.total_cmp(&a.1.rank).then(a.0.cmp(&b.0)));
    ranked.truncate(MOST_CANDIDATES);
    let concept_rank: BTreeMap<usize, usize> = order.iter().enumerate().map(|(i, (c, _))| (*c, i)).collect();
    let mut by_title: Vec<(usize, f32)> =
        evidence.concepts.iter().map(|(c, e)| (*c, e.by_role[0].max(e.by_role[1]))).filter(|(_, s)| *s > 0.0).collect();
    by_title.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let title_rank: BTreeMap<usize, usize> = by_title.iter().enumerate().map(|(i, (c, _))| (*c, i)).collect();
    let strong: BTreeSet<&str> = ranked.iter().take(12).map(|(code, _)| knowledge.index.codes[*code].code.as_str()).collect();
    let mut prior_of_concept: BTreeMap<usize, f32> = BTreeMap::new();
    let ids =
        |stems: &std::collections::HashSet<String>| stems.iter().filter_map(|s| knowledge.index.id(s)).collect::<BTreeSet<u32>>();
    let words = [ids(&view.titles.stems), ids(&view.whole.stems)];
    let mut cosines: Vec<(usize, f32)> = order
        .iter()
        .take(MOST_CONCEPTS)
        .map(|(c, _)| {
            let title = knowledge.vocabulary.cosine(&knowledge.index, *c, &words[0]);
            (*c, title + 0.3 * knowledge.vocabulary.cosine(&knowledge.index, *c, &words[1]))
        })
        .collect();
    cosines.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let cosine_rank = cosines.iter().enumerate().map(|(i, (c, _))| (*c, i)).collect();
    let listed: Vec<usize> = order.iter().take(MOST_CONCEPTS).map(|(c, _)| *c).collect();
    let clauses = clause_places(knowledge, view, &listed);
    let context = RowContext {
        knowledge,
        view,
        evidence: &evidence,
        concept_rank,
        title_rank,
        cosine_rank,
        clauses,
        words,
        strong,
        without_fold,
    };
    let named = named::named(&knowledge.index, view.statements, &evidence);
    let candidates = ranked
        .into_iter()
        .filter_map(|(code, choice)| {
            let shared = choice.entry.map_or(0.0, |(concept, _)| {
                *prior_of_concept.entry(concept).or_insert_with(|| {
                    let codes = knowledge.table.concepts[concept].codes.iter();
                    codes.map(|e| knowledge.prior.count(&e.code, without_fold) as f32).sum()
                })
            });
            context.candidate(code, choice, shared, &mut parts)
        })
        .collect();
    (candidates, named)
}

/// Most clauses of the titles that are compared with the concepts.
const MOST_CLAUSES: usize = 40;

/// Likeness of concepts to the clauses of titles and leads: best cosine, its place in that clause, clauses led.
fn clause_places(knowledge: &Knowledge, view: &NoteView<'_>, concepts: &[usize]) -> BTreeMap<usize, (f32, f32, f32)> {
    let mut places: BTreeMap<usize, (f32, f32, f32)> = BTreeMap::new();
    let named = view.statements.iter().filter(|s| matches!(s.role, Role::Title | Role::Lead));
    for clause in named.flat_map(|s| super::rivalry::clauses(s, view.text)).take(MOST_CLAUSES) {
        let words: BTreeSet<u32> = clause.iter().filter_map(|w| knowledge.index.id(&w.stem)).collect();
        if words.is_empty() {
            continue;
        }
        let mut likeness: Vec<(usize, f32)> = concepts
            .iter()
            .map(|c| (*c, knowledge.vocabulary.cosine(&knowledge.index, *c, &words)))
            .filter(|(_, cosine)| *cosine > 0.05)
            .collect();
        likeness.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (place, (concept, cosine)) in likeness.into_iter().enumerate() {
            let slot = places.entry(concept).or_insert((0.0, 99.0, 0.0));
            slot.0 = slot.0.max(cosine);
            slot.1 = slot.1.min(place as f32);
            slot.2 += f32::from(u8::from(place == 0));
        }
    }
    places
}

/// Concepts by the rank of their best evidence.
fn concept_order(evidence: &NoteEvidence) -> Vec<(usize, f32)> {
    let mut order: Vec<(usize, f32)> = evidence.concepts.iter().filter_map(|(c, e)| Some((*c, e.best.as_ref()?.rank))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    order
}

/// How a code stands among the codes of its concept.
#[derive(Clone, Copy)]
pub(super) struct SiblingPlace {
    pub place: usize,
    pub margin: f32,
    pub agreement: f32,
}

impl SiblingPlace {
    fn unknown() -> Self {
        Self { place: 99, margin: 0.0, agreement: 0.0 }
    }
}

/// How a code came to be a candidate.
pub(super) struct Choice {
    pub entry: Option<(usize, usize)>,
    pub rank: f32,
    pub sibling: SiblingPlace,
    /// Its best match in the concept's phrases.
    pub best: Option<evidence::Best>,
}

/// An entry of a concept with the statement that suits it best.
struct Sibling<'a> {
    entry: usize,
    agreement: f32,
    margin: f32,
    best: &'a evidence::Best,
}

/// Entries of a concept by agreement, best first, with the lead over (or distance to) the best other one.
fn siblings<'a>(
    knowledge: &Knowledge,
    view: &NoteView<'_>,
    concept: usize,
    places: &[(&'a evidence::Best, &Part)],
) -> Vec<Sibling<'a>> {
    let default = knowledge.table.concepts[concept].default.as_deref();
    let strongest = places.first().map_or(0.0, |p| p.0.rank);
    let mut list: Vec<Sibling<'a>> = knowledge.entries[concept]
        .iter()
        .enumerate()
        .filter_map(|(e, entry)| {
            let is_default = default == Some(knowledge.table.concepts[concept].codes[e].code.as_str());
            let bonus = if is_default { 0.3 } else { 0.0 } - if entry.further { 0.2 } else { 0.0 };
            places
                .iter()
                .map(|(best, part)| {
                    let total = attributes::agreement(entry, [part, &view.titles, &view.whole], &view.facts).total() + bonus;
                    (total - 1.5 * (1.0 - best.rank / strongest.max(0.01)), total, *best)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.2.statement.cmp(&a.2.statement)))
                .map(|(_, agreement, best)| Sibling { entry: e, agreement, margin: 0.0, best })
        })
        .collect();
    list.sort_by(|a, b| b.agreement.total_cmp(&a.agreement).then(a.entry.cmp(&b.entry)));
    let best = list.first().map_or(0.0, |s| s.agreement);
    let second = list.get(1).map_or(best, |s| s.agreement);
    for (i, sibling) in list.iter_mut().enumerate() {
        sibling.margin = if i == 0 { best - second } else { sibling.agreement - best };
    }
    list
}
