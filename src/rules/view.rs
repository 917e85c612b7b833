//! What a rule sees: the claim, its context, the tables on the date of service, the payer, and the note if there is one.
use super::Payer;
use super::tables::{IcdFacts, LineFacts, Tables};
use crate::claim::{Diagnosis, Line};
use crate::codeset::CodeSets;
use crate::codeset::icd10cm::{IcdIndex, Note, NoteKind};
use crate::codeset::ptp::{PtpIndex, PtpPair};
use crate::extract::{Mention, Relation};
use crate::note::{Context, Policy};

/// A claim with everything that rules read; lookups are done once, when it is built.
pub struct ClaimView<'a> {
    /// Date, place, payer, patient, provider, prior procedures.
    pub context: &'a Context,
    /// In claim order.
    pub diagnoses: &'a [Diagnosis],
    /// In claim order.
    pub lines: &'a [Line],
    /// All tables.
    pub code_sets: &'a CodeSets,
    /// What the payer's file says.
    pub payer: &'a Payer,
    /// What the note says, when the note was read.
    pub note: Option<NoteView<'a>>,
    /// The visit code that the note supports, where the level was worked out.
    pub supported_visit: Option<&'a str>,
    /// What the tables say of each diagnosis, in the same order.
    pub icd: Vec<IcdFacts>,
    /// What the tables say of each line's code, in the same order.
    pub procedures: Vec<LineFacts>,
    /// The tables on the date of service.
    pub tables: Tables<'a>,
    /// The NCCI pairs of the lines' codes that are active on the date of service, each once.
    pairs: Vec<PtpPair<'a>>,
    /// Notes of the diagnoses, one after the other, and where each diagnosis' run ends.
    notes: Vec<Note<'a>>,
    note_ends: Vec<usize>,
}

/// What the note says, for rules that compare it with the claim. Evidence of a diagnosis stands in the diagnosis.
#[derive(Clone, Copy)]
pub struct NoteView<'a> {
    /// All mentions.
    pub mentions: &'a [Mention],
    /// Relations between them.
    pub relations: &'a [Relation],
    /// Which diagnoses may be reported at all.
    pub policy: Policy,
}

impl<'a> ClaimView<'a> {
    /// A view of a claim; `note` only where the note was read.
    pub fn new(
        context: &'a Context,
        diagnoses: &'a [Diagnosis],
        lines: &'a [Line],
        code_sets: &'a CodeSets,
        payer: &'a Payer,
        note: Option<NoteView<'a>>,
    ) -> Self {
        let tables = Tables::on(code_sets, context.date_of_service);
        let icd: Vec<IcdFacts> = diagnoses.iter().map(|diagnosis| tables.icd(&diagnosis.code)).collect();
        let procedures: Vec<LineFacts> = lines.iter().map(|line| tables.line(&line.code)).collect();
        let (notes, note_ends) = notes_of(&tables, &icd);
        Self {
            context,
            diagnoses,
            lines,
            code_sets,
            payer,
            note,
            supported_visit: None,
            pairs: pairs_of(&tables, &procedures),
            icd,
            procedures,
            notes,
            note_ends,
            tables,
        }
    }

    /// The view with the visit code that the note supports.
    pub fn supporting(mut self, visit: Option<&'a str>) -> Self {
        self.supported_visit = visit;
        self
    }

    /// Diagnoses with what the tables say of their codes.
    pub fn coded_diagnoses(&self) -> impl Iterator<Item = (&'a Diagnosis, &IcdFacts)> + Clone {
        self.diagnoses.iter().zip(&self.icd)
    }

    /// Lines with what the tables say of their codes.
    pub fn coded_lines(&self) -> impl Iterator<Item = (&'a Line, &LineFacts)> + Clone {
        self.lines.iter().zip(&self.procedures)
    }

    /// The active NCCI pair of two lines, in either order.
    pub fn pair(&self, one: &Line, other: &Line) -> Option<&PtpPair<'a>> {
        let (one, other) = (one.code.as_str(), other.code.as_str());
        self.pairs
            .iter()
            .find(|pair| (pair.column1 == one && pair.column2 == other) || (pair.column1 == other && pair.column2 == one))
    }

    /// Whether any two lines form an active NCCI pair.
    pub fn has_pairs(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// Notes of a kind that hold for a diagnosis of the claim, as [`crate::codeset::Icd10cm::notes`] gives them.
    pub fn notes(&self, index: IcdIndex, kind: NoteKind) -> impl Iterator<Item = Note<'a>> + use<'a, '_> {
        let position = self.icd.iter().position(|facts| facts.index == Some(index));
        let run = position.and_then(|position| {
            let start = position.checked_sub(1).map_or(0, |before| self.note_ends[before]);
            self.notes.get(start..*self.note_ends.get(position)?)
        });
        run.unwrap_or_default().iter().copied().filter(move |note| note.kind == kind)
    }

    /// Numbers of the lines that point to a diagnosis.
    pub fn lines_pointing_to(&self, diagnosis: &Diagnosis) -> Vec<u32> {
        self.lines.iter().filter(|line| line.pointers.contains(&diagnosis.pointer)).map(|line| line.number).collect()
    }

    /// Codes of the patient's other procedures on the same day by the same provider.
    pub fn same_day_procedures(&self) -> impl Iterator<Item = &'a str> {
        let (date, context) = (self.context.date_of_service, self.context);
        let prior = context.prior_procedures.iter();
        prior
            .filter(move |prior| prior.date == date && same_provider(context, prior.provider_npi.as_deref()))
            .map(|prior| prior.code.as_str())
    }

    /// Mentions that the evidence of a diagnosis overlaps.
    pub fn mentions_behind(&self, diagnosis: &Diagnosis) -> Vec<&'a Mention> {
        let Some(note) = self.note else { return Vec::new() };
        let behind = |mention: &&Mention| {
            diagnosis.evidence.iter().any(|evidence| {
                evidence.document.is_none() && evidence.start < mention.span.end && mention.span.start < evidence.end
            })
        };
        note.mentions.iter().filter(behind).collect()
    }
}

fn pairs_of<'a>(tables: &Tables<'a>, procedures: &[LineFacts]) -> Vec<PtpPair<'a>> {
    let mut pairs: Vec<PtpPair<'a>> = Vec::new();
    let mut numbers: Vec<PtpIndex> = Vec::with_capacity(procedures.len());
    for number in procedures.iter().filter_map(|facts| facts.ptp) {
        // A code on several lines is looked up once.
        if !numbers.contains(&number) {
            pairs.extend(numbers.iter().filter_map(|earlier| tables.pair_by_number(*earlier, number)));
            numbers.push(number);
        }
    }
    pairs
}

/// The notes that rules ask for, read once a diagnosis.
fn notes_of<'a>(tables: &Tables<'a>, icd: &[IcdFacts]) -> (Vec<Note<'a>>, Vec<usize>) {
    use NoteKind::{CodeAlso, CodeFirst, Excludes1, Excludes2, UseAdditional};
    let (mut notes, mut ends) = (Vec::with_capacity(icd.len() * 24), Vec::with_capacity(icd.len()));
    for facts in icd {
        if let Some(index) = facts.index {
            let wanted = |note: &Note<'_>| matches!(note.kind, Excludes1 | Excludes2 | CodeFirst | UseAdditional | CodeAlso);
            notes.extend(tables.icd.all_notes(index).filter(wanted));
        }
        ends.push(notes.len());
    }
    (notes, ends)
}

/// A missing NPI on either side means the same provider.
pub fn same_provider(context: &Context, other: Option<&str>) -> bool {
    match (context.provider.npi.as_deref(), other) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    }
}

/// A line has one of these modifiers.
pub fn has_any(line: &Line, modifiers: &[&str]) -> bool {
    line.modifiers.iter().any(|modifier| modifiers.contains(&modifier.as_str()))
}
