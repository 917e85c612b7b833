//! A text cut into sections and sentences, every piece with byte offsets into the original text.
pub mod facts;
mod heading_lines;
mod headings;
pub mod numerals;
pub mod published;
mod sections;
mod sentences;
pub mod tokens;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Half-open byte range into the original text; always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }
    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.end - self.start
    }
    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
    /// Whether `other` lies within.
    pub fn contains(&self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
    /// Whether the two share a byte.
    pub fn overlaps(&self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
    /// The words at this place.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}

/// The words of a note that support a decision, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// Id of the side document; absent for the note itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The words there.
    pub text: String,
}

/// What a section of a note is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SectionKind {
    /// Name, date, facility and other administrative lines; also text before the first heading that reads so.
    Header,
    ChiefComplaint,
    /// Subjective, interval history.
    HistoryOfPresentIllness,
    ProblemList,
    PastMedicalHistory,
    PastSurgicalHistory,
    FamilyHistory,
    SocialHistory,
    ReviewOfSystems,
    Medications,
    Allergies,
    Vitals,
    PhysicalExam,
    /// Laboratory, imaging, ECG.
    Results,
    /// Impression, diagnoses, final or discharge diagnosis.
    Assessment,
    AssessmentAndPlan,
    Plan,
    PreoperativeDiagnosis,
    PostoperativeDiagnosis,
    /// Name of the operation performed.
    ProcedurePerformed,
    /// How it was done.
    ProcedureDescription,
    Indications,
    Findings,
    Anesthesia,
    /// Specimens, blood loss, complications, drains, implants, counts.
    OperativeDetails,
    HospitalCourse,
    /// Patient instructions, disposition, follow-up.
    Instructions,
    /// Signature, dictation data, attestation.
    Attestation,
    Other,
}

/// A section: its heading (if it has one) and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is for.
    pub kind: SectionKind,
    /// The heading's words without the colon.
    pub heading: Option<Span>,
    /// Everything after the heading up to the next one.
    pub body: Span,
}

/// A sentence or list item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands, without surrounding blanks.
    pub span: Span,
    /// Index into [`Document::sections`].
    pub section: usize,
    /// Stands in a numbered or bulleted list, or in an inline enumeration.
    pub list_item: bool,
    /// Counts blank-line separated blocks from the start of the text.
    pub paragraph: usize,
}

/// A text with its structure.
#[derive(Clone, Debug)]
pub struct Document {
    /// Id of a side document; `None` for the note itself.
    pub id: Option<String>,
    /// The original text.
    pub text: Arc<str>,
    /// In order, together covering the whole text.
    pub sections: Vec<Section>,
    /// In order; headings are not in sentences.
    pub sentences: Vec<Sentence>,
}

impl Document {
    /// Evidence for a place in this document.
    pub fn evidence(&self, span: Span) -> Evidence {
        Evidence { document: self.id.clone(), start: span.start, end: span.end, text: span.of(&self.text).to_owned() }
    }
    /// Kind of the section in which a byte stands.
    pub fn section_kind_at(&self, byte: usize) -> SectionKind {
        let i = self.sections.partition_point(|s| s.heading.unwrap_or(s.body).start.min(s.body.start) <= byte);
        i.checked_sub(1).and_then(|i| self.sections.get(i)).map_or(SectionKind::Other, |s| s.kind)
    }
    /// Index of the sentence that contains a byte, if one does.
    pub fn sentence_at(&self, byte: usize) -> Option<usize> {
        let i = self.sentences.partition_point(|s| s.span.start <= byte).checked_sub(1)?;
        (byte < self.sentences[i].span.end).then_some(i)
    }
}

/// Reads the structure of a text: sections by heading, sentences and list items. Takes time linear in the text.
pub fn read(text: &str) -> Document {
    let sections = sections::sections(text);
    let sentences = sentences::sentences(text, &sections);
    Document { id: None, text: Arc::from(text), sections, sentences }
}

#[cfg(test)]
mod tests;
