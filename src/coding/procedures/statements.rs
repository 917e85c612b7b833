//! A note as a list of statements: sentences and headings with their role, their words, and what they say about whether
//! a service was done.
use std::sync::LazyLock;

use regex::Regex;

use crate::document::{Document, SectionKind, Span};

use super::words::{Word, Words};

/// What a statement is for, as far as services are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Names the operation performed.
    Title,
    /// A heading, or the first lines of the text.
    Lead,
    /// Tells how it was done, or what was found.
    Description,
    /// Laboratory, imaging, tracings.
    Result,
    /// Complaint, history of present illness, indications, hospital course.
    Story,
    /// Exam and vital signs.
    Exam,
    /// Assessment and diagnoses.
    Assessment,
    /// Plan and instructions.
    Plan,
    /// Past, family and social history, lists, review of systems.
    History,
    /// Anything else.
    Other,
}

impl Role {
    /// Number of roles.
    pub const COUNT: usize = 10;
}

/// Words in or beside a statement that say whether its services were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cues {
    /// "was performed", "underwent", "obtained", "were injected".
    pub performed: bool,
    /// "today", "in the office", "in clinic", "here".
    pub here: bool,
    /// "will", "recommend", "schedule", "consider", "order", "return for".
    pub planned: bool,
    /// "status post", "history of", "years ago", "previous", "in 1998".
    pub historical: bool,
    /// "no", "not", "denies", "declined", "without".
    pub negated: bool,
    /// "risks", "benefits", "consent", "discussed", "options", "if".
    pub hypothetical: bool,
}

/// A sentence or heading.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// Kind of its section.
    pub section: SectionKind,
    /// What it is for.
    pub role: Role,
    /// Its normalised words.
    pub words: Vec<Word>,
    /// What it says about doing.
    pub cues: Cues,
}

/// The beginning of a line with vital signs, an examination or what was done at the visit.
static EXAMINATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:bp[:\s]*\d|vs\b|vitals?\b|t(?:emp)?[:\s]*(?:9\d|10\d)|afebrile|hr[:\s]*\d|p(?:ulse)?[:\s]*\d\d|wt[:\s]*\d|(?:spo2|o2 sat)\b|pe[:\s]|exam\b|ex[:\s]|o:|objective\b|on exam|proc(?:edure)?s?\b|tx[:\s]|advance care|acp\b|depression screen|phq|vision\b|in (?:the )?(?:office|clinic)\b)").ok()
});

/// A title longer than this many words is a description that stands under the heading of a title.
const LONGEST_TITLE: usize = 100;
/// A long title section's later sentences are description.
const TITLE_SENTENCES: usize = 14;

/// Cuts a document into statements.
pub fn statements(document: &Document, words: &Words) -> Vec<Statement> {
    let mut list = Vec::with_capacity(document.sentences.len() + document.sections.len());
    let mut headings = document.sections.iter().enumerate().filter_map(|(i, s)| Some((i, s.heading?))).peekable();
    let mut titles_in_section = (usize::MAX, 0usize, false);
    let mut examined_from = usize::MAX;
    for (i, sentence) in document.sentences.iter().enumerate() {
        while let Some((section, heading)) = headings.next_if(|(_, h)| h.start <= sentence.span.start) {
            list.push(heading_statement(document, words, heading, kind(document, section)));
        }
        let section = kind(document, sentence.section);
        let mut statement = statement(document, words, sentence.span, section, role(section));
        // A list of drugs ends where vital signs begin, though no heading says so.
        if statement.role == Role::History && section != SectionKind::ReviewOfSystems {
            let text = statement.span.of(&document.text);
            let own_line = document.text[..statement.span.start].trim_end_matches([' ', '\t']).ends_with('\n');
            if own_line && EXAMINATION.as_ref().is_some_and(|begins| begins.is_match(text)) {
                examined_from = sentence.section;
            }
            if examined_from == sentence.section {
                statement.role = Role::Exam;
            }
        }
        let named = statement.role == Role::Title
            || section == SectionKind::ProcedureDescription && heading_names_procedure(document, sentence.section);
        if !named && is_labelled_title(statement.span.of(&document.text)) {
            statement.role = Role::Title;
        } else if named {
            if titles_in_section.0 != sentence.section {
                titles_in_section = (sentence.section, 0, false);
            }
            titles_in_section.1 += 1;
            // Once a title section turns into prose, it stays prose.
            titles_in_section.2 |= statement.words.len() > LONGEST_TITLE
                || titles_in_section.1 > TITLE_SENTENCES
                || reads_as_prose(statement.span.of(&document.text));
            statement.role = if titles_in_section.2 { Role::Description } else { Role::Title };
        } else if i < 2 && matches!(statement.role, Role::Other) {
            statement.role = Role::Lead;
        }
        list.push(statement);
    }
    for (section, heading) in headings {
        list.push(heading_statement(document, words, heading, kind(document, section)));
    }
    list
}

/// A heading that names what its section is for says nothing of services; others may name the study itself.
fn heading_statement(document: &Document, words: &Words, heading: Span, section: SectionKind) -> Statement {
    use SectionKind::*;
    let telling = matches!(section, Header | Other | Results | ProcedurePerformed | ProcedureDescription | Findings);
    statement(document, words, heading, section, if telling { Role::Lead } else { Role::Other })
}

/// "PROCEDURES", "OPERATION": a heading under which the name stands first, though the description may follow.
fn heading_names_procedure(document: &Document, section: usize) -> bool {
    let Some(heading) = document.sections.get(section).and_then(|s| s.heading) else { return false };
    let lower = heading.of(&document.text).to_lowercase();
    let narrative = ["detail", "descri", "technique", "narrative", "note", "report", "course", "findings"];
    ["procedure", "operation", "surgery"].iter().any(|w| lower.contains(w)) && !narrative.iter().any(|w| lower.contains(w))
}

/// "Procedure: …", "Ops: …" at the beginning of a sentence.
fn is_labelled_title(text: &str) -> bool {
    const LABELS: [&str; 14] = [
        "procedure",
        "procedures",
        "operation",
        "operations",
        "ops",
        "op",
        "surgery",
        "proc",
        "procedure performed",
        "procedures performed",
        "operation performed",
        "procedure today",
        "procedure in brief",
        "procedure done",
    ];
    let Some((label, rest)) = text.split_once(':') else { return false };
    label.len() <= 24 && !rest.trim().is_empty() && LABELS.contains(&label.trim().to_lowercase().as_str())
}

fn kind(document: &Document, section: usize) -> SectionKind {
    document.sections.get(section).map_or(SectionKind::Other, |s| s.kind)
}

fn statement(document: &Document, words: &Words, span: Span, section: SectionKind, role: Role) -> Statement {
    let text = span.of(&document.text);
    Statement { span, section, role, words: words.of(text, span.start), cues: cues(text) }
}

/// "The patient was taken to the operating room …": a description, whatever its heading says.
fn reads_as_prose(text: &str) -> bool {
    const OPENINGS: [&str; 9] = [
        "patient was",
        "patient is",
        "informed consent",
        "after ",
        "under ",
        "was brought",
        "was taken",
        "was placed",
        "the risks",
    ];
    let lower = text.to_lowercase();
    let finite = [" was ", " were "].iter().any(|verb| lower.contains(verb));
    finite && (OPENINGS.iter().any(|o| lower.contains(o)) || lower.split_whitespace().count() > 12)
}

fn role(section: SectionKind) -> Role {
    use SectionKind::*;
    match section {
        ProcedurePerformed => Role::Title,
        ProcedureDescription | Findings | Anesthesia | OperativeDetails => Role::Description,
        Results => Role::Result,
        ChiefComplaint | HistoryOfPresentIllness | Indications | HospitalCourse => Role::Story,
        PhysicalExam | Vitals => Role::Exam,
        Assessment | PreoperativeDiagnosis | PostoperativeDiagnosis => Role::Assessment,
        Plan | AssessmentAndPlan | Instructions => Role::Plan,
        PastMedicalHistory | PastSurgicalHistory | FamilyHistory | SocialHistory | ReviewOfSystems | Allergies | Medications
        | ProblemList => Role::History,
        Header | Attestation | Other => Role::Other,
    }
}

fn cues(text: &str) -> Cues {
    const PERFORMED: [&str; 34] = [
        "performed",
        "underwent",
        "obtained",
        "was injected",
        "were injected",
        "was given",
        "were given",
        "administered",
        "was done",
        "were done",
        "was placed",
        "were placed",
        "was removed",
        "were removed",
        "was applied",
        "were taken",
        "was taken",
        "tolerated",
        "was excised",
        "was inserted",
        "was repaired",
        "was drained",
        "was closed",
        "completed",
        "was carried out",
        "we did",
        "i did",
        "i performed",
        "interpreted by me",
        "read by me",
        "reviewed by myself",
        "was incised",
        "was advanced",
        "was prepped",
    ];
    const HERE: [&str; 8] =
        ["today", "in the office", "in office", "in clinic", "in the clinic", "here", "this visit", "at bedside"];
    const PLANNED: [&str; 27] = [
        "will ",
        "recommend",
        "schedul",
        "consider",
        "order",
        " plan",
        "would ",
        "should ",
        "return for",
        "refer",
        "follow up with",
        "follow-up with",
        "pending",
        "going to",
        "is to ",
        "candidate",
        "to be done",
        "to obtain",
        "repeat",
        "would like",
        "advised",
        "set up for",
        "needs to",
        "need for",
        "next visit",
        "we'll",
        "i'll",
    ];
    const HISTORICAL: [&str; 17] = [
        "status post",
        "s/p",
        "history of",
        " ago",
        "previous",
        "prior ",
        "last year",
        "last month",
        "last week",
        "in the past",
        "had undergone",
        "has undergone",
        "has had",
        "had a ",
        "had an ",
        "outside hospital",
        "remote",
    ];
    const NEGATED: [&str; 10] =
        [" no ", " not ", "denies", "declined", "refused", "without", "deferred", "never", "cancelled", "unable to"];
    const HYPOTHETICAL: [&str; 12] = [
        "risk",
        "benefit",
        "consent",
        "discussed",
        "option",
        " if ",
        "alternative",
        "possible",
        "may need",
        "might",
        "explained",
        "understand",
    ];
    let lower = format!(" {} ", text.to_lowercase());
    let has = |list: &[&str]| list.iter().any(|cue| lower.contains(cue));
    Cues {
        performed: has(&PERFORMED),
        here: has(&HERE),
        planned: has(&PLANNED),
        historical: has(&HISTORICAL),
        negated: has(&NEGATED),
        hypothetical: has(&HYPOTHETICAL),
    }
}
