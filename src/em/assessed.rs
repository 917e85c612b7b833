//! Where the assessment takes up a problem that was coded from another part of the note.
use super::problems::NEGATED;
use super::view::{View, Zone};
use crate::claim::Diagnosis;

/// Where assessment or plan takes up a problem whose evidence stands in story or findings: a telling word of that
/// evidence or of the title stands there too.
pub fn elsewhere(view: &View, d: &Diagnosis) -> Option<(usize, usize)> {
    const GENERAL: [&str; 24] = [
        "acute",
        "chronic",
        "right",
        "left",
        "other",
        "unspecified",
        "without",
        "disease",
        "disorder",
        "history",
        "current",
        "initial",
        "encounter",
        "complication",
        "complications",
        "pain",
        "severe",
        "essential",
        "primary",
        "upper",
        "lower",
        "elsewhere",
        "classified",
        "specified",
    ];
    let mut words: Vec<String> = Vec::new();
    let evidence = d.evidence.iter().filter(|e| e.document == view.document.id).map(|e| e.text.as_str());
    for text in evidence.chain([d.title.as_str()]) {
        words.extend(
            text.to_ascii_lowercase()
                .split(|c: char| !c.is_ascii_alphabetic())
                .filter(|w| w.len() >= 6 && !GENERAL.contains(w))
                .map(str::to_owned),
        );
    }
    let mut clauses = view.clauses.iter().enumerate().filter(|(_, c)| matches!(c.zone, Zone::Assessment | Zone::Plan));
    clauses.find_map(|(i, c)| {
        let said = view.words(c.span);
        let at = words.iter().find_map(|w| said.find(w.as_str()))?;
        (!NEGATED.is_match(said.get(..at)?)).then_some((i, c.span.start + at))
    })
}
