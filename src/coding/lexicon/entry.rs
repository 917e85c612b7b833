//! What a found phrase stands for.
use super::container::{push_number, read_number};
use crate::document::Span;

/// Number of a billable ICD-10-CM code: its rank among the billable codes of the lexicon's edition in the order of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeId(pub u32);

/// Number of a family: codes of one category whose titles differ only by side or encounter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId(pub u32);

/// Number of a concept of the phrase lexicon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConceptId(pub u32);

/// Number of a phrase; see [`Lexicon::postings`](super::Lexicon::postings).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub u32);

/// Where a phrase comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Source {
    /// Official title.
    Title = 0,
    /// Official title that begins or continues with "other": the rest of a category.
    TitleOther = 1,
    /// Official inclusion term.
    Inclusion = 2,
    /// Alphabetic index, as printed.
    Index = 3,
    /// Alphabetic index with a non-essential modifier, or reached through See / See also.
    IndexSee = 4,
    /// Table of neoplasms.
    Neoplasm = 5,
    /// Disease Ontology.
    DiseaseOntology = 6,
    /// Mondo.
    Mondo = 7,
    /// Phrase lexicon.
    Phrase = 8,
    /// Phrase lexicon, wording that already decides the code.
    PhraseQualified = 9,
    /// Phrase lexicon, ambiguous outside its specialty or section.
    PhraseAmbiguous = 10,
    /// Phrase lexicon: looks like the concept and is not; points to the code it means, if any.
    Trap = 11,
}

impl Source {
    /// All, by number.
    pub const ALL: [Source; 12] = [
        Self::Title,
        Self::TitleOther,
        Self::Inclusion,
        Self::Index,
        Self::IndexSee,
        Self::Neoplasm,
        Self::DiseaseOntology,
        Self::Mondo,
        Self::Phrase,
        Self::PhraseQualified,
        Self::PhraseAmbiguous,
        Self::Trap,
    ];

    /// Name in explanations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::TitleOther => "title_other",
            Self::Inclusion => "inclusion",
            Self::Index => "index",
            Self::IndexSee => "index_see",
            Self::Neoplasm => "neoplasm",
            Self::DiseaseOntology => "doid",
            Self::Mondo => "mondo",
            Self::Phrase => "phrase",
            Self::PhraseQualified => "phrase_qualified",
            Self::PhraseAmbiguous => "phrase_ambiguous",
            Self::Trap => "trap",
        }
    }
}

/// What a phrase points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// One billable code.
    Code(CodeId),
    /// The billable codes under a header: from the first, up to and without the second.
    Range(CodeId, CodeId),
    /// Codes that differ only by side or encounter.
    Family(FamilyId),
    /// A concept of the phrase lexicon, code by its attributes.
    Concept(ConceptId),
    /// A concept whose code the wording already decides.
    ConceptCode(ConceptId, CodeId),
    /// Not this concept (a trap that means no code).
    NotConcept(ConceptId),
}

/// One source's reading of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Posting {
    /// Who says so.
    pub source: Source,
    /// What it means.
    pub target: Target,
}

/// A phrase found in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hit {
    /// From the first to the last word of the phrase.
    pub span: Span,
    /// Content words of the phrase in the text.
    pub words: u8,
    /// Words inside the span that are no part of the phrase (0 or 1).
    pub skipped: u8,
    /// Commas and brackets inside the span.
    pub commas: u8,
    /// Index into [`Document::sentences`](crate::document::Document::sentences).
    pub sentence: u32,
    /// Which phrase.
    pub entry: EntryId,
    /// Stands strictly inside a longer find.
    pub subsumed: bool,
}

/// Bytes of a phrase's readings.
pub(super) fn encode(postings: &[Posting]) -> Vec<u8> {
    let mut out = Vec::new();
    push_number(&mut out, postings.len() as u64);
    for p in postings {
        let (tag, first, second) = match p.target {
            Target::Code(c) => (0, c.0, None),
            Target::Range(a, b) => (1, a.0, Some(b.0.saturating_sub(a.0))),
            Target::Family(f) => (2, f.0, None),
            Target::Concept(c) => (3, c.0, None),
            Target::ConceptCode(c, code) => (4, c.0, Some(code.0)),
            Target::NotConcept(c) => (5, c.0, None),
        };
        out.push((p.source as u8) << 4 | tag);
        push_number(&mut out, u64::from(first));
        if let Some(n) = second {
            push_number(&mut out, u64::from(n));
        }
    }
    out
}

/// The readings that stand at `at`; what is damaged is left out.
pub(super) fn decode(bytes: &[u8], mut at: usize) -> Vec<Posting> {
    let count = read_number(bytes, &mut at).unwrap_or(0).min(bytes.len() as u64);
    let mut out = Vec::new();
    for _ in 0..count {
        let Some(tag) = bytes.get(at).copied() else { break };
        at += 1;
        let mut number = || read_number(bytes, &mut at).and_then(|n| u32::try_from(n).ok());
        let Some(first) = number() else { break };
        let target = match tag & 0x0f {
            0 => Some(Target::Code(CodeId(first))),
            1 => number().map(|n| Target::Range(CodeId(first), CodeId(first.saturating_add(n)))),
            2 => Some(Target::Family(FamilyId(first))),
            3 => Some(Target::Concept(ConceptId(first))),
            4 => number().map(|n| Target::ConceptCode(ConceptId(first), CodeId(n))),
            5 => Some(Target::NotConcept(ConceptId(first))),
            _ => None,
        };
        let (Some(target), Some(source)) = (target, Source::ALL.get(usize::from(tag >> 4)).copied()) else { break };
        out.push(Posting { source, target });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postings_survive_the_file() {
        let all = vec![
            Posting { source: Source::Title, target: Target::Family(FamilyId(70_000)) },
            Posting { source: Source::Index, target: Target::Range(CodeId(3), CodeId(400)) },
            Posting { source: Source::Trap, target: Target::NotConcept(ConceptId(2900)) },
            Posting { source: Source::PhraseQualified, target: Target::ConceptCode(ConceptId(1), CodeId(74_000)) },
        ];
        let mut bytes = vec![9, 9];
        bytes.extend(encode(&all));
        assert_eq!(decode(&bytes, 2), all);
        assert!(decode(&bytes, bytes.len() + 5).is_empty());
        assert!(decode(&bytes[..6], 2).len() < all.len());
    }
}
