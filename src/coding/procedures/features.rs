//! The features by which the model decides between candidates.
use std::collections::{BTreeMap, BTreeSet};

use crate::extract::Assertion;
use crate::note::{NoteType, OriginKind};

use super::attributes::{self, Agreement, Part};
use super::candidates::{Choice, CodeCandidate, SiblingPlace};
use super::evidence::{self, Evidence, NoteEvidence, ROLE_GROUPS};
use super::index::Target;
use super::knowledge::Knowledge;
use super::statements::{Role, Statement};
use super::view::{NoteView, part};

/// Names of the features after the evidence by source and role.
const NAMES: &str = "phrase_rank phrase_coverage phrase_matched phrase_words phrase_ambiguity phrase_full phrase_any learned_rank \
learned_coverage learned_full composed_rank composed_coverage vote_title vote_all statement_share \
statement_words tightness position role cue_performed cue_here cue_planned cue_historical cue_negated \
cue_hypothetical nothing not_billed subsumed rank_in_statement concept_rank concept_rank_title site_statement \
site_title site_note technique_statement technique_title technique_note approach_statement approach_title \
approach_note unsupported amounts person component stated agreement sibling_place sibling_margin siblings \
is_default has_default further bundled_by prior prior_share prior_known class note_titles note_description \
note_results note_plan note_statements facility age prior_learned cosine_statement cosine_titles cosine_note \
cosine_place anatomy_both anatomy_statement anatomy_concept modality_both modality_statement modality_concept \
gain_statement gain_titles gain_note loss_statement loss_titles loss_note lacking clause_cosine clause_place \
clause_firsts unrivalled unrivalled_share assertion asserted_present asserted_planned asserted_historical \
asserted_absent type_operative type_procedure type_imaging type_office type_consult type_inpatient \
type_discharge type_emergency type_inferred";

/// Names of the features, in the order of a row.
pub fn feature_names() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for source in ["phrase", "learned", "composed"] {
        for role in ["title", "lead", "description", "result", "story", "assessment", "plan", "history"] {
            names.push(format!("{source}_{role}"));
        }
    }
    names.extend(NAMES.split_whitespace().map(str::to_owned));
    names
}

/// What the features of a note's candidates are computed from.
pub(super) struct RowContext<'a> {
    pub knowledge: &'a Knowledge,
    pub view: &'a NoteView<'a>,
    pub evidence: &'a NoteEvidence,
    pub concept_rank: BTreeMap<usize, usize>,
    pub title_rank: BTreeMap<usize, usize>,
    pub cosine_rank: BTreeMap<usize, usize>,
    /// By concept: best likeness to a clause of the titles, its place there, clauses it is first in.
    pub clauses: BTreeMap<usize, (f32, f32, f32)>,
    /// Word ids of the titles and of the whole note.
    pub words: [BTreeSet<u32>; 2],
    pub strong: BTreeSet<&'a str>,
    pub without_fold: Option<u8>,
}

impl RowContext<'_> {
    /// A candidate with its row.
    pub fn candidate(
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
