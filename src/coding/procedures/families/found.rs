//! What is known of a family's codes before its tables read the note, and what they come to.
use crate::coding::procedures::confidence::Told;
use crate::document::Span;
use crate::extract::Laterality;

use super::passage::Passage;

/// A line that a decision table proposes.
#[derive(Clone, Debug)]
pub struct Service {
    /// Position of its family.
    pub family: usize,
    /// CPT or HCPCS code.
    pub code: String,
    /// Modifiers that the table names.
    pub modifiers: Vec<String>,
    /// Units.
    pub units: u32,
    /// Side or sides.
    pub side: Option<Laterality>,
    /// The statement that names it.
    pub statement: usize,
    /// The words that name it.
    pub span: Span,
    /// Text around it, for digits and eyelids.
    pub clause: String,
    /// Values that chose the code, as `name value`.
    pub because: Vec<String>,
    /// Which of several like services it is (a lesion, a vessel); empty where there is one.
    pub place: Vec<String>,
    /// Whether the note names it by name; else it is told in other words.
    pub named: bool,
    /// Whether it is named as the operation or study that the note reports.
    pub titled: bool,
    /// Whether its statement places it at this encounter ("in-house", "read by me").
    pub here: bool,
    /// How sure it is; 0 until it is weighed.
    pub confidence: f32,
}

impl Service {
    /// How the note tells it.
    pub fn told(&self) -> Told {
        match () {
            _ if self.titled => Told::Titled,
            _ if self.named => Told::Named,
            _ => Told::Account,
        }
    }
}

/// A question about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The code it is about.
    pub code: String,
    /// The question.
    pub text: String,
    /// Answers that the table knows.
    pub options: Vec<String>,
    /// Where it arises.
    pub span: Span,
}

/// What a family comes to.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Lines.
    pub services: Vec<Service>,
    /// Questions.
    pub questions: Vec<Question>,
    /// The note speaks of the service, and only as denied, past or planned.
    pub ruled_out: bool,
    /// Only the model points to a passage: its words are none of the family's.
    pub offered: bool,
    /// Only phrases of the lexicon name it.
    pub lexical: bool,
}

/// What the phrase lexicon and the model know of a family's codes in a note.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The model's probability that any of the family's codes is on the claim.
    pub mass: f32,
    /// Passages that the model points to.
    pub offered: Vec<Passage>,
    /// Passages that a whole phrase of the lexicon names.
    pub named: Vec<Passage>,
}
