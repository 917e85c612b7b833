//! Kind of note, from its headings and turns of phrase.
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Inferred;
use crate::document::sections::floor_boundary;
use crate::document::{Document, SectionKind, Span};
use crate::note::NoteType;

/// Weight that an office visit starts with: what a practice codes most.
const OFFICE_PRIOR: i32 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Heading,
    Opening,
    Start,
    Text,
}

struct Clue {
    kind: NoteType,
    weight: i32,
    place: Place,
}

struct Clues {
    finder: AhoCorasick,
    clues: Vec<Clue>,
}

static CLUES: LazyLock<Option<Clues>> = LazyLock::new(|| {
    let mut phrases: Vec<&'static str> = Vec::new();
    let mut clues = Vec::new();
    for row in include_str!("note_types.tsv").lines().filter(|l| !l.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [kind, weight, place, list] = cells[..] else { continue };
        let Ok(kind) = serde_json::from_value::<NoteType>(serde_json::Value::from(kind)) else { continue };
        let place = match place {
            "heading" => Place::Heading,
            "opening" => Place::Opening,
            "start" => Place::Start,
            _ => Place::Text,
        };
        for phrase in list.split(';').map(|p| p.trim_start_matches(' ')).filter(|p| !p.is_empty()) {
            phrases.push(phrase);
            clues.push(Clue { kind, weight: weight.parse().unwrap_or(1), place });
        }
    }
    let finder = AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(phrases).ok()?;
    Some(Clues { finder, clues })
});

/// "From a telehealth visit": an earlier one, of which the note only tells.
fn is_of_earlier(text: &str, start: usize) -> bool {
    let before = text[floor_boundary(text, start.saturating_sub(24))..start].to_lowercase();
    let mut words = before.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).rev();
    let earlier = ["from", "after", "since", "last", "prior", "previous", "earlier", "had", "recent", "at", "through"];
    words.by_ref().take(2).any(|w| earlier.contains(&w))
}

/// The kind of note with most evidence; `None` where nothing at all speaks (the caller's default is office).
pub(super) fn note_type(document: &Document) -> Option<Inferred<NoteType>> {
    let clues = CLUES.as_ref()?;
    let text = &document.text;
    let mut seen: Vec<Option<Span>> = vec![None; clues.clues.len()];
    // Phrases overlap ("mri " in "mri shoulder"), so every match counts, each phrase once.
    for found in clues.finder.find_overlapping_iter(text.as_bytes()) {
        let index = found.pattern().as_usize();
        let clue = &clues.clues[index];
        let span = Span::new(found.start(), found.end());
        let starts_word = found.start() == 0 || !text.as_bytes()[found.start() - 1].is_ascii_alphanumeric();
        let holds = match clue.place {
            Place::Heading => in_heading(document, span),
            Place::Opening => found.start() < 60,
            Place::Start => found.start() < 500,
            Place::Text => true,
        };
        let elsewhere = clue.kind == NoteType::Telehealth && is_of_earlier(text, found.start());
        if seen[index].is_none() && starts_word && holds && !elsewhere {
            seen[index] = Some(span);
        }
    }
    // Kind, gathered weight, and the strongest clue with its weight.
    type Gathered = (NoteType, i32, Option<(i32, Span)>);
    let mut kinds: Vec<Gathered> = Vec::new();
    for (clue, span) in clues.clues.iter().zip(&seen) {
        let Some(span) = span else { continue };
        let entry = match kinds.iter_mut().find(|(kind, ..)| *kind == clue.kind) {
            Some(entry) => entry,
            None => {
                kinds.push((clue.kind, if clue.kind == NoteType::Office { OFFICE_PRIOR } else { 0 }, None));
                kinds.last_mut()?
            }
        };
        entry.1 += clue.weight;
        if entry.2.is_none_or(|(weight, _)| clue.weight > weight) {
            entry.2 = Some((clue.weight, *span));
        }
    }
    let best = kinds.iter().max_by_key(|(kind, weight, _)| (*weight, std::cmp::Reverse(*kind)));
    let Some(best) = best.filter(|best| best.1 > OFFICE_PRIOR) else {
        return super::short_report::operation(text).map(|span| Inferred { value: operative_or_procedure(document), span });
    };
    let kind = if best.0 == NoteType::Operative { operative_or_procedure(document) } else { best.0 };
    best.2.map(|(_, span)| Inferred { value: kind, span })
}

fn in_heading(document: &Document, span: Span) -> bool {
    let index = document.sections.partition_point(|s| s.heading.unwrap_or(s.body).start <= span.start);
    let heading = index.checked_sub(1).and_then(|i| document.sections.get(i)).and_then(|s| s.heading);
    heading.is_some_and(|h| h.contains(span))
}

/// Endoscopies, catheterizations, injections, biopsies and bedside work are procedures, the rest operations.
fn operative_or_procedure(document: &Document) -> NoteType {
    const ENDOSCOPIES: [&str; 17] = [
        "colonoscop",
        "gastroscop",
        "egd",
        "sigmoidoscop",
        "bronchoscop",
        "catheterization",
        "angiogra",
        "angioplasty",
        "esophagogastro",
        "ercp",
        "endoscopy",
        "injection",
        "nerve block",
        "cardioversion",
        "lumbar puncture",
        "biopsy",
        "biopsies",
    ];
    const PROCEDURES: [&str; 36] = [
        "block",
        "aspiration",
        "thoracentesis",
        "paracentesis",
        "central line",
        "chest tube",
        "pacemaker",
        "cystoscop",
        "stress",
        "epidural",
        "botox",
        "botulinum",
        "shave",
        "cryo",
        "punch",
        "nerve conduction",
        "electromyogra",
        "eeg",
        "sleep study",
        "polysomnogra",
        "tube placement",
        "intubation",
        "picc",
        "stent",
        "ablation",
        "radiofrequency",
        "echocardiogram",
        "colposcop",
        "iud",
        "cautery",
        "debridement",
        "mohs",
        "infusion",
        "catheter",
        "circumcision",
        "laser",
    ];
    const OPERATIONS: [&str; 25] = [
        "ectomy",
        "otomy",
        "ostomy",
        "plasty",
        "arthroscop",
        "repair",
        "open reduction",
        "fixation",
        "fusion",
        "excision",
        "laparoscop",
        "bypass",
        "graft",
        "transplant",
        "amputation",
        "cesarean",
        "removal of",
        "release",
        "implantation",
        "exploration",
        "laryngoscopy",
        "craniot",
        "myringotomy",
        "cataract",
        "thoracoscop",
    ];
    let text = &document.text;
    let names = document.sections.iter().filter(|s| s.kind == SectionKind::ProcedurePerformed).map(|s| s.body.of(text).trim());
    let name = names.filter(|n| !n.is_empty()).map(|n| &n[..floor_boundary(n, 160)]).next();
    let first = name.unwrap_or(&text[..floor_boundary(text, 300)]).to_lowercase();
    let at = |list: &[&str]| list.iter().filter_map(|w| first.find(w)).min().unwrap_or(usize::MAX);
    let (endoscopy, operation, procedure) = (at(&ENDOSCOPIES), at(&OPERATIONS), at(&PROCEDURES));
    let is_procedure = endoscopy < operation || (operation == usize::MAX && procedure < usize::MAX);
    if is_procedure { NoteType::Procedure } else { NoteType::Operative }
}
