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
mod circumstances;
pub mod components;
pub mod confidence;
mod corrections;
mod counted;
mod decided;
mod draft;
pub mod evidence;
pub mod families;
pub mod features;
pub mod index;
pub mod knowledge;
pub mod last_look;
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
use crate::coding::bag_of_words::NoteWords;
use crate::coding::forest::Layout;
use crate::coding::said_once::{said_already, say_one_service};
use crate::document::Document;
use crate::extract::Mention;
use crate::note::Context;

use candidates::CodeCandidate;
use draft::{Draft, FoundCandidates};
use families::FamilyTables;
use knowledge::Knowledge;
use last_look::LastLook;
use layers::Layers;
use lines::LineContext;
use model::ProcedureModel;
use ncci::left_off;
use plausible::speaks_of_a_scope;
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
    /// The last look.
    #[error("{0}")]
    LastLook(String),
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
    /// Where the model has it.
    look: Option<LastLook>,
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
        let look = model_folder.join(last_look::FILE).is_file().then(|| LastLook::open(model_folder)).transpose();
        let look = look.map_err(ProcedureError::LastLook)?;
        Ok(Self::new(table, model, FamilyTables::open(&folder)?, PointerModel::open(&folder)?, look))
    }

    /// Prepares phrase table, model, decision tables and the weights of pointers.
    pub fn new(
        table: ProcedureTable,
        model: ProcedureModel,
        families: FamilyTables,
        pointers: PointerModel,
        look: Option<LastLook>,
    ) -> Self {
        let knowledge = model.knowledge(table);
        let index = &knowledge.index;
        let entries_of = |code: &str| index.code_id(code).map_or(&[][..], |id| index.codes[id].entries.as_slice());
        let concepts_of = |f: &families::Family| f.table.codes().flat_map(entries_of).map(|(concept, _)| *concept).collect();
        let family_concepts = families.families.iter().map(concepts_of).collect();
        let (layers, layouts) = (Layers::new(), Default::default());
        Self { knowledge, families, family_concepts, layers, model, pointers, look, layouts }
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
        let context = &title_place::with_title(input.context, &input.document.text);
        let statements = statements::statements(input.document, &self.knowledge.index.words);
        let view = NoteView::new(input.document, &statements, context);
        let (diagnosed, found) = rayon::join(diagnose, || self.find(&view, input.code_sets));
        let input = ProcedureInput { diagnoses: diagnoses(&diagnosed), context, ..*input };
        (self.lines(&input, &view, found), diagnosed)
    }

    /// The candidates of a note with their probabilities.
    fn find(&self, view: &NoteView<'_>, code_sets: &CodeSets) -> FoundCandidates {
        let (mut candidates, named) = candidates::candidates_and_named(&self.knowledge, view, None);
        // What is done through a scope is not done where the note has none.
        if !speaks_of_a_scope(view.text) {
            candidates.retain(|c| !self.through_a_scope(c, code_sets));
        }
        candidates.retain(|c| patient::can_have_had(&self.knowledge.index.codes[c.code].code, &view.context.patient));
        let mut probabilities = self.probabilities(view, &candidates);
        // A code that the note itself states outweighs its neighbours.
        for (probability, candidate) in probabilities.iter_mut().zip(&candidates) {
            if *probability >= SHOWN && named::states_code(view.text, &self.knowledge.index.codes[candidate.code].code) {
                *probability = probability.max(STATED);
            }
        }
        FoundCandidates { candidates, probabilities, named }
    }

    /// What the words of a note say of procedures and visits, where the model has it.
    pub fn note_words(&self, text: &str) -> Option<NoteWords<'_>> {
        Some(self.look.as_ref()?.words(text))
    }

    /// What the last look would see of a note whose words say `words`: codes, and one row of [`last_look::FEATURES`] each; for
    /// training.
    pub fn last_look_rows(&self, input: &ProcedureInput<'_>, words: &NoteWords<'_>) -> (Vec<String>, Vec<f32>) {
        let context = &title_place::with_title(input.context, &input.document.text);
        let statements = statements::statements(input.document, &self.knowledge.index.words);
        let view = NoteView::new(input.document, &statements, context);
        let found = self.find(&view, input.code_sets);
        let context = self.line_context(&ProcedureInput { context, ..*input }, &view);
        let draft = self.draft(&context, &found, &mut Vec::new());
        last_look::rows_of(&context, (&found.candidates, &found.probabilities), &draft, words)
    }

    fn line_context<'a>(&'a self, input: &ProcedureInput<'a>, view: &'a NoteView<'a>) -> LineContext<'a> {
        let ProcedureInput { document, context, code_sets, .. } = *input;
        LineContext { knowledge: &self.knowledge, document, view, context, code_sets }
    }

    /// The lines of a note in claim order.
    fn lines(&self, input: &ProcedureInput<'_>, view: &NoteView<'_>, found: FoundCandidates) -> ProcedureCoding {
        let context = self.line_context(input, view);
        let mut coding = ProcedureCoding::default();
        let mut draft = self.draft(&context, &found, &mut coding.queries);
        let FoundCandidates { candidates, probabilities, .. } = found;
        if let Some(look) = &self.look {
            self.look_again(look, &context, (&candidates, &probabilities), &look.words(view.text), &mut draft);
        }
        say_once(&mut draft, input.code_sets);
        let Draft { mut entries, mut bundled, mut verdicts } = draft;
        bundled.extend(self.stand_beside(&context, &candidates, &probabilities, &mut verdicts, &mut entries));
        context.order(&mut entries);
        coding.lines = entries.into_iter().map(|entry| entry.line).collect();
        circumstances::modify(&mut coding.lines, view.text, input.context, input.code_sets);
        counted::settle(&mut coding.lines, view.text, input.context, &self.families, input.code_sets);
        let words = &self.knowledge.index.words;
        let note = PointerNote {
            text: view.text,
            statements: view.statements,
            words,
            report: families::status::is_report(input.context.note_type),
        };
        pointers::point(&note, &self.pointers, &mut coding.lines, input.diagnoses, input.code_sets);
        for (i, line) in coding.lines.iter_mut().enumerate() {
            line.number = i as u32 + 1;
        }
        coding.candidates = self.left_out(&context, &candidates, &probabilities, &verdicts, input.code_sets);
        let on_claim = |code: &str| coding.lines.iter().any(|line| line.code == code);
        let mut told = std::collections::BTreeSet::new();
        let bundled: Vec<Candidate> = bundled.into_iter().filter(|c| !on_claim(&c.code) && told.insert(c.code.clone())).collect();
        coding.candidates.retain(|c| !bundled.iter().any(|b| b.code == c.code));
        coding.candidates.splice(0..0, bundled);
        coding
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

/// Leaves out the line of a service that a likelier line says already. Counted on 10,274 training notes without the note at hand: 52
/// lines too many go, and 8 that were right.
fn say_once(draft: &mut Draft, code_sets: &CodeSets) {
    let places: Vec<usize> = (0..draft.entries.len()).collect();
    let code = |i: usize| draft.entries[i].line.code.as_str();
    let said = said_already(&places, |i| draft.entries[i].line.confidence, |a, b| say_one_service(code(a), code(b)));
    let left = said.iter().map(|(one, with)| {
        left_off(code_sets, &draft.entries[*one].line, format!("{} says the same service better.", code(*with)))
    });
    draft.bundled.extend(left.collect::<Vec<_>>());
    let mut place = 0..;
    draft.entries.retain(|_| place.next().is_none_or(|at| said.iter().all(|(one, _)| *one != at)));
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
