//! Candidate codes of a note and the features by which the model decides between them.
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Span};
use crate::extract::assertion_cues::CueIndex;
use crate::extract::{Assertion, MentionKind};
use crate::note::{Context, NoteType, OriginKind, Sex};

use super::attributes::{self, Agreement, Facts, Part, PreparedEntry};
use super::evidence::{self, Evidence, NoteEvidence, ROLE_GROUPS};
use super::index::{PhraseIndex, Target};
use super::measures::Measures;
use super::statements::{Role, Statement};
use super::table::ProcedureTable;
use super::vocabulary::Vocabulary;

/// What labelled notes taught about codes as such.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// By code: notes that carry it, by training fold.
    pub counts: BTreeMap<String, BTreeMap<u8, u32>>,
}

impl Prior {
    /// Notes with this code, without those of one fold.
    pub fn count(&self, code: &str, without_fold: Option<u8>) -> u32 {
        self.counts.get(code).map_or(0, |by_fold| by_fold.iter().filter(|(f, _)| Some(**f) != without_fold).map(|(_, n)| n).sum())
    }
}

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

/// Names of the features, in the order of a row.
pub fn feature_names() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for source in ["phrase", "learned", "composed"] {
        for role in ["title", "lead", "description", "result", "story", "assessment", "plan", "history"] {
            names.push(format!("{source}_{role}"));
        }
    }
    for name in [
        "phrase_rank",
        "phrase_coverage",
        "phrase_matched",
        "phrase_words",
        "phrase_ambiguity",
        "phrase_full",
        "phrase_any",
        "learned_rank",
        "learned_coverage",
        "learned_full",
        "composed_rank",
        "composed_coverage",
        "vote_title",
        "vote_all",
        "statement_share",
        "statement_words",
        "tightness",
        "position",
        "role",
        "cue_performed",
        "cue_here",
        "cue_planned",
        "cue_historical",
        "cue_negated",
        "cue_hypothetical",
        "nothing",
        "not_billed",
        "subsumed",
        "rank_in_statement",
        "concept_rank",
        "concept_rank_title",
        "site_statement",
        "site_title",
        "site_note",
        "technique_statement",
        "technique_title",
        "technique_note",
        "approach_statement",
        "approach_title",
        "approach_note",
        "unsupported",
        "amounts",
        "person",
        "component",
        "stated",
        "agreement",
        "sibling_place",
        "sibling_margin",
        "siblings",
        "is_default",
        "has_default",
        "further",
        "bundled_by",
        "prior",
        "prior_share",
        "prior_known",
        "class",
        "note_titles",
        "note_description",
        "note_results",
        "note_plan",
        "note_statements",
        "facility",
        "age",
        "prior_learned",
        "cosine_statement",
        "cosine_titles",
        "cosine_note",
        "cosine_place",
        "anatomy_both",
        "anatomy_statement",
        "anatomy_concept",
        "modality_both",
        "modality_statement",
        "modality_concept",
        "gain_statement",
        "gain_titles",
        "gain_note",
        "loss_statement",
        "loss_titles",
        "loss_note",
        "lacking",
        "clause_cosine",
        "clause_place",
        "clause_firsts",
        "unrivalled",
        "unrivalled_share",
        "assertion",
        "asserted_present",
        "asserted_planned",
        "asserted_historical",
        "asserted_absent",
        "type_operative",
        "type_procedure",
        "type_imaging",
        "type_office",
        "type_consult",
        "type_inpatient",
        "type_discharge",
        "type_emergency",
        "type_inferred",
    ] {
        names.push(name.to_owned());
    }
    names
}

/// A note prepared for the features.
pub struct NoteView<'a> {
    /// Its statements.
    pub statements: &'a [Statement],
    /// The text they stand in.
    pub text: &'a str,
    /// Date, payer, place, kind of note.
    pub context: &'a Context,
    /// Patient and place as far as codes depend on them.
    pub facts: Facts,
    /// All its words and measures.
    pub whole: Part,
    /// Those of titles and leads.
    pub titles: Part,
    cues: CueIndex<'a>,
}

impl<'a> NoteView<'a> {
    /// Prepares a note.
    pub fn new(document: &'a Document, statements: &'a [Statement], context: &'a Context) -> Self {
        let text: &'a str = &document.text;
        let mut whole = Part::default();
        let mut titles = Part::default();
        for statement in statements {
            if statement.role == Role::History {
                continue;
            }
            let part = part(statement, text);
            if matches!(statement.role, Role::Title | Role::Lead) {
                titles.stems.extend(part.stems.iter().cloned());
                titles.measures.extend(&part.measures);
            }
            whole.stems.extend(part.stems);
            whole.measures.extend(&part.measures);
        }
        let of = |wanted: fn(Role) -> bool| statements.iter().filter(move |s| wanted(s.role)).map(move |s| s.span.of(text));
        let named: Vec<&str> = of(|r| matches!(r, Role::Title | Role::Lead)).collect();
        let mut interspaces = super::units::interspaces(&named);
        if interspaces == 0 {
            interspaces = super::units::interspaces(&of(|r| r == Role::Description).collect::<Vec<_>>());
        }
        let facts = Facts {
            age: context.patient.age_years.map(f64::from),
            sex: context.patient.sex.map(|s| if s == Sex::F { "female" } else { "male" }),
            facility: super::lines::professional_only(context),
            interspaces,
            guidance: super::measures::guidance(of(|r| r != Role::History)),
        };
        Self { statements, text, context, facts, whole, titles, cues: CueIndex::new(document) }
    }

    /// What the cues around some words say of a service named there.
    pub fn assertion(&self, span: Span) -> Assertion {
        self.cues.assess_as(span, Some(MentionKind::Procedure)).leading()
    }

    /// The place of some words of a statement.
    pub fn span(&self, statement: usize, positions: &[u16]) -> Span {
        let of = &self.statements[statement];
        let place = |p: Option<&u16>| p.and_then(|p| of.words.get(usize::from(*p))).map(|w| w.span);
        match (place(positions.first()), place(positions.last())) {
            (Some(first), Some(last)) if first.start < last.end => Span::new(first.start, last.end.max(first.end)),
            _ => of.span,
        }
    }
}

fn part(statement: &Statement, text: &str) -> Part {
    let text = statement.span.of(text);
    Part {
        stems: statement.words.iter().map(|w| w.stem.clone()).collect(),
        measures: Measures::of_text(text),
        repetitions: super::units::repetitions(text),
    }
}

/// What is prepared once for all notes.
pub struct Knowledge {
    /// Concepts.
    pub table: ProcedureTable,
    /// Phrases.
    pub index: PhraseIndex,
    /// Words of the concepts.
    pub vocabulary: Vocabulary,
    /// By concept and entry.
    pub entries: Vec<Vec<PreparedEntry>>,
    /// By concept: words in the attributes of some of its codes and not of all; by entry: which of them are its own.
    distinguishing: Vec<(BTreeSet<u32>, Vec<BTreeSet<u32>>)>,
    /// What labelled notes taught.
    pub prior: Prior,
    /// Codes that stand together on labelled claims.
    pub companions: super::rivalry::Companions,
}

impl Knowledge {
    /// Prepares table and learned phrases.
    pub fn new(
        table: ProcedureTable,
        learned: &[super::index::LearnedPhrase],
        prior: Prior,
        companions: super::rivalry::Companions,
    ) -> Self {
        let index = PhraseIndex::build(&table, learned);
        let entries = table
            .concepts
            .iter()
            .map(|concept| concept.codes.iter().map(|entry| attributes::prepare(entry, &index.words)).collect())
            .collect();
        let vocabulary = Vocabulary::new(&table, &index);
        let distinguishing = table.concepts.iter().map(|concept| distinguishing(concept, &index)).collect();
        Self { table, index, vocabulary, entries, distinguishing, prior, companions }
    }

    /// Distinguishing words: those of one entry, and of all entries of its concept.
    fn distinguishing(&self, concept: usize, entry: usize) -> (&BTreeSet<u32>, &BTreeSet<u32>) {
        let (all, by_entry) = &self.distinguishing[concept];
        (&by_entry[entry], all)
    }
}

fn distinguishing(concept: &super::table::Concept, index: &PhraseIndex) -> (BTreeSet<u32>, Vec<BTreeSet<u32>>) {
    let words_of = |entry: &super::table::CodeEntry| -> BTreeSet<u32> {
        let wordings = entry.attributes.iter().filter(|(key, _)| attributes::is_wording(key) && *key != "without");
        wordings.flat_map(|(_, value)| index.ids(&index.words.of(value, 0))).flatten().collect()
    };
    let by_entry: Vec<BTreeSet<u32>> = concept.codes.iter().map(words_of).collect();
    let all: BTreeSet<u32> = by_entry.iter().flatten().copied().filter(|w| !by_entry.iter().all(|e| e.contains(w))).collect();
    let own = by_entry.iter().map(|e| e.intersection(&all).copied().collect()).collect();
    (all, own)
}

/// Most candidates of a note.
const MOST_CANDIDATES: usize = 160;
/// Most codes of one concept.
const MOST_OF_CONCEPT: usize = 8;
/// Most concepts considered.
const MOST_CONCEPTS: usize = 100;

/// Finds the candidate codes of a note with their features.
pub fn candidates(knowledge: &Knowledge, view: &NoteView<'_>, without_fold: Option<u8>) -> Vec<CodeCandidate> {
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
    ranked
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
        .collect()
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

#[derive(Clone, Copy)]
struct SiblingPlace {
    place: usize,
    margin: f32,
    agreement: f32,
}

impl SiblingPlace {
    fn unknown() -> Self {
        Self { place: 99, margin: 0.0, agreement: 0.0 }
    }
}

/// How a code came to be a candidate.
struct Choice {
    entry: Option<(usize, usize)>,
    rank: f32,
    sibling: SiblingPlace,
    /// Its best match in the concept's phrases.
    best: Option<evidence::Best>,
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

struct RowContext<'a> {
    knowledge: &'a Knowledge,
    view: &'a NoteView<'a>,
    evidence: &'a NoteEvidence,
    concept_rank: BTreeMap<usize, usize>,
    title_rank: BTreeMap<usize, usize>,
    cosine_rank: BTreeMap<usize, usize>,
    /// By concept: best likeness to a clause of the titles, its place there, clauses it is first in.
    clauses: BTreeMap<usize, (f32, f32, f32)>,
    /// Word ids of the titles and of the whole note.
    words: [BTreeSet<u32>; 2],
    strong: BTreeSet<&'a str>,
    without_fold: Option<u8>,
}

impl RowContext<'_> {
    fn candidate(
        &self,
        code: usize,
        choice: Choice,
        concept_prior: f32,
        parts: &mut BTreeMap<usize, Part>,
    ) -> Option<CodeCandidate> {
        let Choice { entry, rank, sibling, best: own_best } = choice;
        let none = Evidence::default();
        let concept = entry.map(|(c, _)| c);
        let phrase = concept.and_then(|c| self.evidence.concepts.get(&c)).unwrap_or(&none);
        let learned = self.evidence.learned.get(&code).unwrap_or(&none);
        let composed = self.evidence.composed.get(&code).unwrap_or(&none);
        // The phrase evidence leads unless a learned or composed phrase matches clearly better.
        let best = [(phrase, 1.0f32), (learned, 0.9), (composed, 0.8)]
            .into_iter()
            .enumerate()
            .filter_map(|(k, (e, f))| {
                let best = if k == 0 { own_best.as_ref().or(e.best.as_ref()) } else { e.best.as_ref() };
                best.map(|b| (b, b.rank * f))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))?
            .0;
        let statement = &self.view.statements[best.statement];
        let part = parts.entry(best.statement).or_insert_with(|| part(statement, self.view.text));
        let agreement = entry.map_or(Agreement { wording: [[-1.0; 3]; 3], ..Agreement::default() }, |(c, e)| {
            attributes::agreement(&self.knowledge.entries[c][e], [part, &self.view.titles, &self.view.whole], &self.view.facts)
        });
        let mut row = Vec::with_capacity(24 + 62);
        for evidence in [phrase, learned, composed] {
            row.extend_from_slice(&evidence.by_role[..ROLE_GROUPS]);
        }
        self.evidence_features(&mut row, phrase, learned, composed, code);
        self.statement_features(&mut row, statement, best);
        self.rivals(&mut row, best, concept);
        for group in agreement.wording {
            row.extend_from_slice(&group);
        }
        row.extend([agreement.unsupported, agreement.amounts, agreement.person, agreement.component, agreement.stated]);
        self.table_features(&mut row, code, entry, sibling);
        self.prior_features(&mut row, code, concept_prior);
        self.vocabulary_features(&mut row, concept, statement);
        self.distinguishing_features(&mut row, entry, statement);
        let clause = concept.and_then(|c| self.clauses.get(&c)).copied().unwrap_or((0.0, 99.0, 0.0));
        row.extend([clause.0, clause.1, clause.2]);
        row.extend(self.unrivalled(best, concept));
        self.asserted_features(&mut row, best);
        Some(CodeCandidate { code, entry, statement: best.statement, positions: best.hit.positions.clone(), row, rank })
    }

    fn evidence_features(&self, row: &mut Vec<f32>, phrase: &Evidence, learned: &Evidence, composed: &Evidence, code: usize) {
        let rank = |e: &Evidence| e.best.as_ref().map_or(0.0, |b| b.rank);
        let coverage = |e: &Evidence| e.best.as_ref().map_or(0.0, |b| b.hit.coverage);
        let hit = phrase.best.as_ref().map(|b| &b.hit);
        row.extend([
            rank(phrase),
            coverage(phrase),
            hit.map_or(0.0, |h| h.matched),
            hit.map_or(0.0, |h| h.positions.len() as f32),
            hit.map_or(0.0, |h| f32::from(self.knowledge.index.phrases[h.phrase].ambiguity)),
            phrase.full.min(20) as f32,
            phrase.any.min(40) as f32,
            rank(learned),
            coverage(learned),
            learned.full.min(20) as f32,
            rank(composed),
            coverage(composed),
        ]);
        row.extend(self.evidence.votes.get(&code).copied().unwrap_or_default());
    }

    fn statement_features(&self, row: &mut Vec<f32>, statement: &Statement, best: &evidence::Best) {
        let total: f32 = statement.words.len() as f32;
        let flag = |b: bool| f32::from(u8::from(b));
        row.extend([
            best.hit.positions.len() as f32 / total.max(1.0),
            total.min(60.0),
            evidence::tightness(&best.hit),
            best.statement as f32 / self.view.statements.len().max(1) as f32,
            evidence::role_group(statement.role) as f32,
            flag(statement.cues.performed),
            flag(statement.cues.here),
            flag(statement.cues.planned),
            flag(statement.cues.historical),
            flag(statement.cues.negated),
            flag(statement.cues.hypothetical),
        ]);
    }

    fn asserted_features(&self, row: &mut Vec<f32>, best: &evidence::Best) {
        let flag = |b: bool| f32::from(u8::from(b));
        let assertion = self.view.assertion(self.view.span(best.statement, &best.hit.positions));
        let number = Assertion::ALL.iter().position(|a| *a == assertion).unwrap_or(0);
        row.push(number as f32);
        for wanted in [Assertion::Present, Assertion::Planned, Assertion::Historical, Assertion::Absent] {
            row.push(flag(assertion == wanted));
        }
        let kind = self.view.context.note_type;
        row.extend([
            flag(kind == NoteType::Operative),
            flag(kind == NoteType::Procedure),
            flag(matches!(kind, NoteType::Imaging | NoteType::Pathology)),
            flag(matches!(kind, NoteType::Office | NoteType::Preventive | NoteType::Telehealth)),
            flag(kind == NoteType::Consult),
            flag(kind == NoteType::Inpatient),
            flag(kind == NoteType::Discharge),
            flag(kind == NoteType::Emergency),
            flag(self.view.context.origins.get("note_type").is_some_and(|o| o.kind == OriginKind::Inferred)),
        ]);
    }

    /// Weight (and share) of the matched words that no other service's phrase explains better in this statement.
    fn unrivalled(&self, best: &evidence::Best, concept: Option<usize>) -> [f32; 2] {
        let statement = &self.view.statements[best.statement];
        let index = &self.knowledge.index;
        let own = best.hit.score();
        let mut taken: BTreeSet<u16> = BTreeSet::new();
        for (target, hit) in self.evidence.hits.get(best.statement).into_iter().flatten() {
            let other = match target {
                Target::Concept(other) => Some(*other) != concept,
                Target::Code(code) => !index.codes[*code].entries.iter().any(|(c, _)| Some(*c) == concept),
                Target::Nothing(_) => false,
            };
            if other && hit.score() > own + 0.01 {
                taken.extend(&hit.positions);
            }
        }
        let (mut free, mut all) = (0.0f32, 0.0f32);
        for position in &best.hit.positions {
            let word = statement.words.get(usize::from(*position)).and_then(|w| index.id(&w.stem));
            let weight = word.map_or(0.0, |w| index.weight(w));
            all += weight;
            if !taken.contains(position) {
                free += weight;
            }
        }
        [free, if all > 0.0 { free / all } else { 0.0 }]
    }

    /// What else the same words may mean.
    fn rivals(&self, row: &mut Vec<f32>, best: &evidence::Best, concept: Option<usize>) {
        let nothing =
            concept.and_then(|c| self.evidence.nothing.get(&c)).and_then(|e| e.best.as_ref()).map_or(0.0, |b| b.hit.score());
        let mut not_billed = 0.0f32;
        let mut subsumed = 0.0f32;
        let mut place = 0usize;
        let mine: BTreeSet<u16> = best.hit.positions.iter().copied().collect();
        for (target, hit) in self.evidence.hits.get(best.statement).into_iter().flatten() {
            let Target::Concept(other) = target else { continue };
            if Some(*other) == concept || !hit.positions.iter().any(|p| mine.contains(p)) {
                continue;
            }
            let score = hit.score();
            if self.knowledge.table.concepts[*other].not_billed {
                not_billed = not_billed.max(score);
                continue;
            }
            if score > best.hit.score() {
                place += 1;
            }
            let covers = mine.iter().all(|p| hit.positions.contains(p)) && hit.positions.len() > mine.len();
            if covers && hit.coverage > 0.75 {
                subsumed = subsumed.max(score - best.hit.score());
            }
        }
        let rank = |ranks: &BTreeMap<usize, usize>| concept.and_then(|c| ranks.get(&c)).map_or(99.0, |r| (*r).min(60) as f32);
        row.extend([nothing, not_billed, subsumed, place as f32, rank(&self.concept_rank), rank(&self.title_rank)]);
    }

    fn table_features(&self, row: &mut Vec<f32>, code: usize, entry: Option<(usize, usize)>, sibling: SiblingPlace) {
        let flag = |b: bool| f32::from(u8::from(b));
        let name = self.knowledge.index.codes[code].code.as_str();
        let concept = entry.map(|(c, _)| &self.knowledge.table.concepts[c]);
        let further = entry.is_some_and(|(c, e)| self.knowledge.entries[c][e].further);
        let bundled = concept.map_or(0, |c| c.bundled_into.iter().filter(|b| self.strong.contains(b.as_str())).count());
        row.extend([
            sibling.agreement,
            sibling.place.min(20) as f32,
            sibling.margin,
            concept.map_or(0.0, |c| c.codes.len() as f32),
            flag(concept.is_some_and(|c| c.default.as_deref() == Some(name))),
            flag(concept.is_some_and(|c| c.default.is_some())),
            flag(further),
            bundled as f32,
        ]);
    }

    fn prior_features(&self, row: &mut Vec<f32>, code: usize, concept_prior: f32) {
        let name = self.knowledge.index.codes[code].code.as_str();
        let count = self.knowledge.prior.count(name, self.without_fold) as f32;
        let share = |role: Role| {
            let n = self.view.statements.iter().filter(|s| s.role == role).count();
            n as f32 / self.view.statements.len().max(1) as f32
        };
        row.extend([
            (1.0 + count).ln(),
            if concept_prior > 0.0 { count / concept_prior } else { 0.0 },
            f32::from(u8::from(count > 0.0)),
            code_class(name),
            self.view.statements.iter().filter(|s| s.role == Role::Title).count().min(20) as f32,
            share(Role::Description),
            share(Role::Result),
            share(Role::Plan),
            (self.view.statements.len() as f32).min(200.0),
            f32::from(u8::from(self.view.facts.facility)),
            self.view.facts.age.map_or(-1.0, |a| a as f32),
            concept_prior.ln_1p(),
        ]);
    }
}

impl RowContext<'_> {
    /// Words that set this code apart from its siblings and are there; words that speak for a sibling instead; words of
    /// its own that are nowhere.
    fn distinguishing_features(&self, row: &mut Vec<f32>, entry: Option<(usize, usize)>, statement: &Statement) {
        let index = &self.knowledge.index;
        let statement: BTreeSet<u32> = index.ids(&statement.words).into_iter().flatten().collect();
        let mut gain = [0.0f32; 3];
        let mut loss = [0.0f32; 3];
        let mut lacking = 0.0;
        if let Some((concept, e)) = entry {
            let (own, all) = self.knowledge.distinguishing(concept, e);
            for word in all {
                let weight = index.weight(*word);
                for (k, words) in [&statement, &self.words[0], &self.words[1]].into_iter().enumerate() {
                    if words.contains(word) {
                        if own.contains(word) {
                            gain[k] += weight;
                        } else {
                            loss[k] += weight;
                        }
                    } else if k == 2 && own.contains(word) {
                        lacking += weight;
                    }
                }
            }
        }
        row.extend(gain);
        row.extend(loss);
        row.push(lacking);
    }

    fn vocabulary_features(&self, row: &mut Vec<f32>, concept: Option<usize>, statement: &Statement) {
        let Some(concept) = concept else {
            row.extend([-1.0; 10]);
            return;
        };
        let (vocabulary, index) = (&self.knowledge.vocabulary, &self.knowledge.index);
        let words: BTreeSet<u32> = index.ids(&statement.words).into_iter().flatten().collect();
        row.extend([
            vocabulary.cosine(index, concept, &words),
            vocabulary.cosine(index, concept, &self.words[0]),
            vocabulary.cosine(index, concept, &self.words[1]),
            self.cosine_rank.get(&concept).map_or(99.0, |r| *r as f32),
        ]);
        row.extend(vocabulary.overlap(concept, &words, &self.words[1]));
    }
}

/// Coarse class of a code: surgery by body system, radiology, laboratory, medicine, drugs, supplies, other HCPCS.
pub fn code_class(code: &str) -> f32 {
    let Some(first) = code.chars().next() else { return 0.0 };
    if let Ok(number) = code.parse::<u32>() {
        return match number {
            10004..=19999 => 1.0,
            20000..=29999 => 2.0,
            30000..=32999 => 3.0,
            33000..=37799 => 4.0,
            38000..=39999 => 5.0,
            40000..=49999 => 6.0,
            50000..=55999 => 7.0,
            56000..=59999 => 8.0,
            60000..=64999 => 9.0,
            65000..=69999 => 10.0,
            70000..=79999 => 11.0,
            80000..=87999 => 12.0,
            88000..=89999 => 13.0,
            90281..=90759 => 14.0,
            90785..=90899 => 15.0,
            92920..=93799 => 16.0,
            _ => 17.0,
        };
    }
    match first {
        'J' => 18.0,
        'G' => 19.0,
        'A' | 'E' | 'K' | 'L' => 20.0,
        'Q' => 21.0,
        _ => 22.0,
    }
}
