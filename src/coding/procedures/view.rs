//! A note prepared for procedure coding: its statements with what codes depend on.
use crate::document::{Document, Span};
use crate::extract::assertion_cues::CueIndex;
use crate::extract::{Assertion, MentionKind};
use crate::note::{Context, Sex};

use super::attributes::{Facts, Part};
use super::measures::Measures;
use super::statements::{Role, Statement};

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

/// Words and measures of a statement.
pub fn part(statement: &Statement, text: &str) -> Part {
    let text = statement.span.of(text);
    Part {
        stems: statement.words.iter().map(|w| w.stem.clone()).collect(),
        measures: Measures::of_text(text),
        repetitions: super::units::repetitions(text),
    }
}
