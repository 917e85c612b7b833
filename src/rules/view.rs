//! What a rule sees: the claim, its context, the tables on the date of service, the payer, and the note if there is one.
use super::Payer;
use super::tables::{IcdFacts, LineFacts, Tables};
use crate::claim::{Diagnosis, Line};
use crate::codeset::CodeSets;
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
        Self {
            context,
            diagnoses,
            lines,
            code_sets,
            payer,
            note,
            supported_visit: None,
            icd: diagnoses.iter().map(|diagnosis| tables.icd(&diagnosis.code)).collect(),
            procedures: lines.iter().map(|line| tables.line(&line.code)).collect(),
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
