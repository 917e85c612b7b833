//! Procedures: which services does the note say were done, and how are they billed?
//!
//! Statements of the note are matched against the phrases of the procedure table ([`index`]); concepts become candidate
//! codes by their attributes ([`attributes`], [`features`]); three small models answer whether the service was done,
//! which of its codes it is, and whether the line stands beside the others ([`layers`], [`rivalry`]); what is chosen
//! becomes lines with modifiers, units and pointers ([`lines`]).
mod add_ons;
pub mod affinity;
pub mod attributes;
pub mod candidates;
pub mod components;
pub mod confidence;
mod corrections;
mod decided;
pub mod evidence;
pub mod families;
pub mod features;
pub mod index;
pub mod knowledge;
pub mod layers;
pub mod lines;
pub mod measures;
mod merging;
pub mod model;
pub mod named;
pub mod ncci;
pub mod pathology;
pub mod patient;
mod plausible;
pub mod pointers;
mod prescribed;
pub mod ranking;
pub mod rivalry;
pub mod sides;
pub mod statements;
pub mod table;
mod title_place;
pub mod units;
pub mod view;
pub mod vocabulary;
pub mod whole_note;
pub mod words;

use crate::claim::{Candidate, Diagnosis, Line, Query};
use crate::codeset::CodeSets;
use crate::coding::forest::Layout;
use crate::document::Document;
use crate::extract::Mention;
use crate::note::Context;

use candidates::CodeCandidate;
use families::FamilyTables;
use families::pattern::Vocabulary;
use knowledge::Knowledge;
use layers::Layers;
use lines::LineContext;
use model::ProcedureModel;
use named::Named;
use ncci::Entry;
use plausible::{FOREIGN, MAJOR_IN_VISIT, is_operating_room, least_alone, speaks_of_a_scope};
use pointers::{PointerModel, PointerNote};
use ranking::Verdict;
use table::ProcedureTable;
use view::NoteView;

/// File of the table in the code sets folder.
pub const TABLE_FILE: &str = "procedure_phrases.json.gz";
/// Folder of the decision tables in the code sets folder.
pub const FAMILIES_FOLDER: &str = "procedures";
/// File of the model in the model folder.
pub const MODEL_FILE: &str = "procedures.json.gz";

/// Why the procedure coder cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ProcedureError {
    /// The table.
    #[error(transparent)]
    Table(#[from] table::TableError),
    /// The model.
    #[error(transparent)]
    Model(#[from] model::ModelError),
    /// The decision tables.
    #[error(transparent)]
    Families(#[from] families::FamilyError),
    /// The weights of pointers.
    #[error(transparent)]
    Pointers(#[from] pointers::PointerError),
}

/// The procedure coder: table and model, ready to use.
pub struct ProcedureCoder {
    knowledge: Knowledge,
    families: FamilyTables,
    /// By family: concepts of the phrase table that share codes with it.
    family_concepts: Vec<std::collections::BTreeSet<usize>>,
    layers: Layers,
    model: ProcedureModel,
    pointers: PointerModel,
    /// The ensembles of the model as they are evaluated: concept, sibling, line.
    layouts: [Layout; 3],
}

/// What procedure coding reads.
pub struct ProcedureInput<'a> {
    /// The note.
    pub document: &'a Document,
    /// Date, payer, place, patient.
    pub context: &'a Context,
    /// Mentions of the note; may be empty.
    pub mentions: &'a [Mention],
    /// Diagnoses of the claim, with their pointers.
    pub diagnoses: &'a [Diagnosis],
    /// Reference tables.
    pub code_sets: &'a CodeSets,
}

/// What procedure coding found.
#[derive(Clone, Debug, Default)]
pub struct ProcedureCoding {
    /// In claim order, numbered from 1.
    pub lines: Vec<Line>,
    /// Considered and not chosen, most likely first.
    pub candidates: Vec<Candidate>,
    /// Questions for coder or provider.
    pub queries: Vec<Query>,
}

/// Probability of a code that the note states by its number.
const STATED: f32 = 0.9;
/// Candidates less likely than this are not shown.
const SHOWN: f32 = 0.03;
/// Most candidates shown.
const MOST_SHOWN: usize = 25;

impl ProcedureCoder {
    /// Reads table and model from the code sets folder and the model folder.
    pub fn open(codesets: &std::path::Path, model_folder: &std::path::Path) -> Result<Self, ProcedureError> {
        let table = ProcedureTable::read(&codesets.join(TABLE_FILE))?;
        let model = ProcedureModel::read(&model_folder.join(MODEL_FILE))?;
        let folder = codesets.join(FAMILIES_FOLDER);
        Ok(Self::new(table, model, FamilyTables::open(&folder)?, PointerModel::open(&folder)?))
    }

    /// Prepares phrase table, model, decision tables and the weights of pointers.
    pub fn new(table: ProcedureTable, model: ProcedureModel, families: FamilyTables, pointers: PointerModel) -> Self {
        let knowledge = model.knowledge(table);
        let index = &knowledge.index;
        let entries_of = |code: &str| index.code_id(code).map_or(&[][..], |id| index.codes[id].entries.as_slice());
        let concepts_of = |f: &families::Family| f.table.codes().flat_map(entries_of).map(|(concept, _)| *concept).collect();
        let family_concepts = families.families.iter().map(concepts_of).collect();
        Self { knowledge, families, family_concepts, layers: Layers::new(), model, pointers, layouts: Default::default() }
    }

    /// Codes the procedures of a note.
    pub fn code(&self, input: &ProcedureInput<'_>) -> ProcedureCoding {
        self.code_beside(input, || input.diagnoses, |diagnoses| diagnoses).0
    }

    /// The same while `diagnose` runs, whose `diagnoses` stand in for those of the input: candidates and their probabilities
    /// do not depend on them.
    pub fn code_beside<T: Send>(
        &self,
        input: &ProcedureInput<'_>,
        diagnose: impl FnOnce() -> T + Send,
        diagnoses: impl FnOnce(&T) -> &[Diagnosis],
    ) -> (ProcedureCoding, T) {
        let (document, code_sets) = (input.document, input.code_sets);
        let context = &title_place::with_title(input.context, &document.text);
        let statements = statements::statements(document, &self.knowledge.index.words);
        let view = NoteView::new(document, &statements, context);
        let find = || {
            let (mut candidates, named) = candidates::candidates_and_named(&self.knowledge, &view, None);
            // What is done through a scope is not done where the note has none.
            if !speaks_of_a_scope(&document.text) {
                candidates.retain(|c| !self.through_a_scope(c, code_sets));
            }
            candidates.retain(|c| patient::can_have_had(&self.knowledge.index.codes[c.code].code, &context.patient));
            let probabilities = self.probabilities(&view, &candidates);
            (candidates, probabilities, named)
        };
        let (diagnosed, (candidates, probabilities, named)) = rayon::join(diagnose, find);
        let input = ProcedureInput { diagnoses: diagnoses(&diagnosed), context, ..*input };
        (self.lines(&input, &view, candidates, probabilities, &named), diagnosed)
    }

    /// The lines that candidates with their probabilities come to.
    fn lines(
        &self,
        input: &ProcedureInput<'_>,
        view: &NoteView<'_>,
        candidates: Vec<CodeCandidate>,
        mut probabilities: Vec<f32>,
        named: &[Named],
    ) -> ProcedureCoding {
        // A code that the note itself states outweighs its neighbours.
        for (probability, candidate) in probabilities.iter_mut().zip(&candidates) {
            if *probability >= SHOWN && named::states_code(view.text, &self.knowledge.index.codes[candidate.code].code) {
                *probability = probability.max(STATED);
            }
        }
        let mut verdicts = ranking::choose(&self.knowledge, &candidates, &probabilities, self.model.threshold);
        ranking::pool_titles(view, &candidates, &probabilities, &mut verdicts);
        ranking::drop_not_done(view, &candidates, &mut verdicts);
        ranking::drop_bundled(&self.knowledge, &candidates, &mut verdicts);
        ncci::drop_included(&self.knowledge, view, input.code_sets, &candidates, &probabilities, &mut verdicts);
        let pathology = pathology::services(view);
        if !pathology.is_empty() {
            for (candidate, verdict) in candidates.iter().zip(verdicts.iter_mut()) {
                if pathology::decides(&self.knowledge.index.codes[candidate.code].code) {
                    *verdict = Verdict::Unlikely;
                }
            }
        }
        let context = LineContext {
            knowledge: &self.knowledge,
            document: input.document,
            view,
            context: input.context,
            code_sets: input.code_sets,
        };
        let mut coding = ProcedureCoding::default();
        let mut entries = self.decided(&context, (&candidates, &probabilities), named, &mut verdicts, &mut coding.queries);
        entries.retain(|entry| patient::can_have_had(&entry.line.code, &input.context.patient));
        if whole_note::is_leaflet(view.text) {
            entries.clear();
            verdicts.iter_mut().for_each(|v| *v = Verdict::NotDone);
            coding.queries.clear();
        }
        let own = |code: &str| {
            let same = |i: &usize| self.knowledge.index.codes[candidates[*i].code].code == code;
            (0..candidates.len()).filter(same).map(|i| probabilities[i]).fold(0.0, f32::max)
        };
        let visit = !families::status::is_report(input.context.note_type);
        // A table may take up what the model only half believes; a line of the model's alone needs more, and a discharge
        // summary retells what was billed with its own report.
        let least = least_alone(input.context.note_type);
        let vocabulary = Vocabulary::new(&families::passage::tokens(view.text, 0));
        // A laboratory value in a visit says nothing of who ran the test.
        let reported = !visit;
        for ((verdict, probability), candidate) in verdicts.iter_mut().zip(&probabilities).zip(&candidates) {
            let statement = &view.statements[candidate.statement];
            let elsewhere = || {
                let lower = statement.span.of(view.text).to_lowercase();
                let told_of = !reported
                    && !statement.cues.performed
                    && statement.role != statements::Role::Title
                    && families::elsewhere::elsewhere(&lower, input.context);
                !statement.cues.here && (self.is_laboratory(candidate) || told_of)
            };
            let needed = if self.is_foreign(&vocabulary, candidate) { least.max(FOREIGN) } else { least };
            if *verdict == Verdict::Chosen && (*probability < needed || !reported && elsewhere()) {
                *verdict = Verdict::Unlikely;
            }
        }
        for i in (0..candidates.len()).filter(|i| verdicts[*i] == Verdict::Chosen) {
            let line = context.line(&candidates[i], probabilities[i]);
            entries.push(Entry { line, concept: candidates[i].entry.map(|(c, _)| c), service: None, lesion: false });
            let rivals = self.rivals(&candidates, &probabilities, i);
            coding.queries.extend(context.query(&candidates[i], &rivals));
        }
        for service in &pathology {
            let line = context.pathology_line(service);
            entries.push(Entry { line, concept: None, service: None, lesion: false });
            coding.queries.extend(context.pathology_query(service));
        }
        let remote = whole_note::is_remote(input.context);
        let another_day = whole_note::operates_another_day(view.text);
        entries.retain(|entry| {
            let code = entry.line.code.as_str();
            !(whole_note::is_radiologists(code, input.context, view.text))
                && !(remote && whole_note::needs_presence(code))
                && !(visit && is_operating_room(code) && (own(code) < MAJOR_IN_VISIT || another_day))
                && !(code.starts_with('J') && prescribed::alone(&entry.line.evidence, view.text))
        });
        let mut bundled = ncci::settle(input.code_sets, input.context.date_of_service, &mut entries);
        bundled.extend(self.stand_beside(&context, &candidates, &probabilities, &mut verdicts, &mut entries));
        context.order(&mut entries);
        coding.lines = entries.into_iter().map(|entry| entry.line).collect();
        let words = &self.knowledge.index.words;
        let note = PointerNote { text: view.text, statements: view.statements, words, report: reported };
        pointers::point(&note, &self.pointers, &mut coding.lines, input.diagnoses, input.code_sets);
        for (i, line) in coding.lines.iter_mut().enumerate() {
            line.number = i as u32 + 1;
        }
        coding.candidates = self.left_out(&context, &candidates, &probabilities, &verdicts, input.code_sets);
        let on_claim = |code: &str| coding.lines.iter().any(|line| line.code == code);
        let bundled: Vec<Candidate> = bundled.into_iter().filter(|c| !on_claim(&c.code)).collect();
        coding.candidates.retain(|c| !bundled.iter().any(|b| b.code == c.code));
        coding.candidates.splice(0..0, bundled);
        coding
    }

    /// Whether the families of a candidate's code know no word of the note.
    fn is_foreign(&self, vocabulary: &Vocabulary, candidate: &CodeCandidate) -> bool {
        let families = self.families.of_code(&self.knowledge.index.codes[candidate.code].code);
        let knows = |f: &families::Family| f.find.iter().chain(&f.told).any(|pattern| pattern.may_fit(vocabulary));
        !families.is_empty() && !families.iter().any(|number| knows(&self.families.families[*number]))
    }

    /// A test of the laboratory section.
    fn is_laboratory(&self, candidate: &CodeCandidate) -> bool {
        let code = &self.knowledge.index.codes[candidate.code].code;
        code.len() == 5 && ("80047".."88000").contains(&code.as_str())
    }

    /// Whether our descriptor of a candidate's code speaks of a scope.
    fn through_a_scope(&self, candidate: &CodeCandidate, code_sets: &CodeSets) -> bool {
        let code = &self.knowledge.index.codes[candidate.code].code;
        let procedures = &code_sets.procedures;
        procedures.find(code).is_some_and(|i| procedures.descriptor(i).to_ascii_lowercase().contains("scop"))
    }

    /// Probability of each candidate to be a line.
    fn probabilities(&self, view: &NoteView<'_>, candidates: &[CodeCandidate]) -> Vec<f32> {
        let [concept, sibling, line] = &self.layouts;
        let answers = layers::answers_by(
            &self.layers,
            candidates,
            |rows| concept.predict(&self.model.concept, rows),
            |rows| sibling.predict(&self.model.sibling, rows),
        );
        let rows = rivalry::rows(&self.knowledge, view, candidates, &answers, None);
        let stays = |(done, code): &(f32, f32)| done * code >= layers::RULED_OUT;
        let kept: Vec<f32> = answers.iter().zip(&rows).filter(|(a, _)| stays(a)).flat_map(|(_, row)| row).copied().collect();
        let mut lines = line.predict(&self.model.line, &kept).into_iter();
        answers.iter().map(|a| if stays(a) { lines.next().unwrap_or(0.0) } else { 0.0 }).collect()
    }

    /// Entries of the same concept that are at least a third as likely as a chosen one.
    fn rivals(&self, candidates: &[CodeCandidate], probabilities: &[f32], chosen: usize) -> Vec<usize> {
        let Some((concept, own)) = candidates[chosen].entry else { return Vec::new() };
        let close = |i: &usize| probabilities[*i] >= probabilities[chosen] / 3.0;
        let entries = (0..candidates.len()).filter(close).filter_map(|i| candidates[i].entry);
        entries.filter(|(c, e)| *c == concept && *e != own).map(|(_, e)| e).collect()
    }

    fn left_out(
        &self,
        context: &LineContext<'_>,
        candidates: &[CodeCandidate],
        probabilities: &[f32],
        verdicts: &[Verdict],
        code_sets: &CodeSets,
    ) -> Vec<Candidate> {
        let mut order: Vec<usize> =
            (0..candidates.len()).filter(|i| verdicts[*i] != Verdict::Chosen && probabilities[*i] >= SHOWN).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(candidates[*a].code.cmp(&candidates[*b].code)));
        order.truncate(MOST_SHOWN);
        order
            .into_iter()
            .map(|i| {
                let code = self.knowledge.index.codes[candidates[i].code].code.clone();
                let statement = &context.view.statements[candidates[i].statement];
                let why_not = match verdicts[i] {
                    Verdict::SameService => "Another code explains the same words better.".to_owned(),
                    Verdict::Included => "Included in another service on this claim.".to_owned(),
                    _ if verdicts[i] == Verdict::NotDone || statement.cues.planned => {
                        "Planned or ordered here, not said to have been done.".to_owned()
                    }
                    _ if statement.cues.historical => "Said of the past, not of this encounter.".to_owned(),
                    _ => "The note does not clearly say that this was done.".to_owned(),
                };
                let system = match code_sets.procedures.find(&code) {
                    Some(index) => code_sets.procedures.system(index),
                    None if code.starts_with(|c: char| c.is_ascii_alphabetic()) => "hcpcs",
                    None => "cpt",
                };
                Candidate {
                    system: system.to_owned(),
                    code,
                    confidence: probabilities[i],
                    why_not,
                    evidence: vec![context.document.evidence(context.evidence_span(&candidates[i]))],
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
