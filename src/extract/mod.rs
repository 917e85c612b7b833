//! What the note says: mentions with kind, assertion, attributes, and relations between them.
pub mod assertion_cues;
pub mod decode;
pub mod features;
mod gestation;
pub mod heads;
pub mod laterality;
pub mod measurements;
pub mod relations;
pub mod spans;
pub mod tagger;

pub use heads::Heads;
pub use tagger::{Extraction, extract};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{Evidence, SectionKind, Span};

/// What a mention is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum MentionKind {
    Problem,
    Procedure,
    Test,
    Medication,
    Device,
    Anatomy,
}

/// How the note holds a mention. Several can hold at once; the first in this order leads:
/// absent > family > historical > hypothetical > conditional > possible > planned > present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Assertion {
    Absent,
    Family,
    Historical,
    Hypothetical,
    Conditional,
    Possible,
    Planned,
    Present,
}

impl Assertion {
    /// All of them, in order of precedence; the index is the class number of the assertion head.
    pub const ALL: [Assertion; 8] = [
        Self::Absent,
        Self::Family,
        Self::Historical,
        Self::Hypothetical,
        Self::Conditional,
        Self::Possible,
        Self::Planned,
        Self::Present,
    ];
}

/// Side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Laterality {
    Right,
    Left,
    Bilateral,
}

/// Something the note speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// Position in the list of mentions.
    pub id: usize,
    /// What it is about.
    pub kind: MentionKind,
    /// Where it stands.
    #[serde(flatten)]
    pub span: Span,
    /// The words there.
    pub text: String,
    /// Kind of the section it stands in.
    pub section: SectionKind,
    /// The leading assertion.
    pub assertion: Assertion,
    /// All that hold, in order of precedence.
    pub assertions: Vec<Assertion>,
    /// The words that decided the assertion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cue: Option<Evidence>,
    /// Side.
    pub laterality: Option<Laterality>,
    /// What decides a code, by the keys of the phrase lexicon (severity, stage, encounter, …).
    pub attributes: BTreeMap<String, String>,
    /// Measured value (BMI, A1c, ejection fraction, weeks, cm, minutes, mg).
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: Option<String>,
    /// Probability that this is a mention of this kind.
    pub score: f32,
}

/// How two mentions hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RelationKind {
    DueTo,
    Treats,
    FindingOf,
    Complicates,
}

/// A relation between two mentions, by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Kind.
    pub kind: RelationKind,
    /// Mention id.
    pub from: usize,
    /// Mention id.
    pub to: usize,
    /// Probability.
    pub score: f32,
}
