//! Number and nature of the problems addressed: coded diagnoses and words of the assessment, each with a status.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::assessed;
use super::codes::Category;
use super::natures::{self, Nature, TERMS, nature_of_code};
use super::result::{Element, Level};
pub use super::status::Status;
use super::view::{Clause, View, Zone, around, pattern};
use super::{modality, status};
use crate::claim::Diagnosis;
use crate::document::Span;
use crate::extract::{Assertion, Mention, MentionKind};

/// A problem with nature and status.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What it is.
    pub element: Element,
    /// Nature.
    pub nature: Nature,
    /// Status.
    pub status: Status,
    /// Evaluated or treated at this encounter.
    pub addressed: bool,
}

/// "DVT prophylaxis" is no thrombosis.
static PREVENTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*(?:prophyla\w+|precautions?|screening|prevention|risk)\b"));
pub(super) static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no|not|denies|denied|without|negative for|never|ruled out|rules out|free of|absence of|history of|hx of|h/o|family|risks? (?:of|for|including|include)|return (?:if|for)|if (?:he|she|they|there|symptoms|any|the)|prevent\w*|such as|signs? (?:of|or)|should|develops?|in case|screen\w*|status post|s/p|call (?:if|for)|unlikely|doubt)\b[^.;]{0,45}$",
    )
});

/// What may kill is weighed before it is known.
static SUSPECTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:possible|probable|suspected|presumed|suspicious for|concern(?:ing)? for|rule out|r/o)\W+(?:\w+ )?$")
});

/// The level one problem reaches by itself.
pub fn level_of(nature: Nature, status: Status, category: Category) -> Level {
    use Nature as N;
    use Status as S;
    let acute_care = category.is_acute();
    match (nature, status) {
        (N::None, _) => Level::Minimal,
        (N::Minor, S::Severe | S::Worse) => Level::Low,
        (N::Minor, _) => Level::Minimal,
        (N::Acute | N::Injury, S::Severe) => Level::Moderate,
        (N::Acute, S::Worse) if acute_care => Level::Moderate,
        (N::Acute | N::Injury, _) => Level::Low,
        (N::Chronic, S::Severe) => Level::High,
        (N::Chronic, S::Worse) => Level::Moderate,
        (N::Chronic, _) => Level::Low,
        (N::Uncertain, S::Stable | S::Resolved) if !acute_care => Level::Low,
        (N::Uncertain, S::Severe) if acute_care => Level::High,
        (N::Uncertain, _) => Level::Moderate,
        // A stable acute illness: treated, better, not yet resolved.
        (N::Systemic | N::Complicated, S::Resolved) => Level::Low,
        (N::Systemic | N::Complicated, S::Severe) => Level::High,
        (N::Systemic | N::Complicated, S::Worse) if category.is_hospital() => Level::High,
        (N::Systemic | N::Complicated, _) => Level::Moderate,
        (N::Cancer, S::Stable | S::Resolved) => Level::Low,
        (N::Cancer, S::Unstated) => Level::Moderate,
        (N::Cancer, _) => Level::High,
        (N::Threat, S::Resolved) => Level::Low,
        (N::Threat, S::Stable) if !acute_care => Level::Moderate,
        (N::Threat, _) => Level::High,
    }
}

/// Cancer that a patient brings to a first visit or into hospital, its course not stated, threatens life in the near term
/// without treatment: of 30 such training visits on whose problems both readings agree, 23 are high. Not so skin cancer
/// other than melanoma.
fn threatens_at_first(nature: Nature, status: Status, category: Category, code: &str) -> bool {
    let first = category.is_new() || matches!(category, Category::HospitalInitial | Category::HospitalConsult);
    nature == Nature::Cancer && status == Status::Unstated && first && code.starts_with('C') && !code.starts_with("C44")
}

/// The kind of element as the MDM table names it.
fn kind_of(nature: Nature, status: Status) -> &'static str {
    match (nature, status) {
        (Nature::None, _) => "no_problem",
        (Nature::Minor, _) => "self_limited",
        (Nature::Acute | Nature::Systemic, Status::Resolved) => "stable_acute",
        (Nature::Acute, _) => "acute_uncomplicated",
        (Nature::Injury, _) => "acute_uncomplicated_injury",
        (Nature::Chronic | Nature::Cancer, Status::Resolved | Status::Stable | Status::Unstated) => "stable_chronic",
        (Nature::Chronic | Nature::Cancer, Status::Worse) => "chronic_with_exacerbation",
        (Nature::Chronic | Nature::Cancer, Status::Severe) => "chronic_with_severe_exacerbation",
        (Nature::Uncertain, _) => "undiagnosed_new_problem",
        (Nature::Systemic, _) => "acute_with_systemic_symptoms",
        (Nature::Complicated, _) => "acute_complicated_injury",
        (Nature::Threat, _) => "threat_to_life_or_function",
    }
}

/// The level that the addressed problems reach together: the highest one, two stable chronic ones make moderate, two
/// minor ones make low.
pub fn level(problems: &[Problem]) -> Level {
    let addressed = || problems.iter().filter(|p| p.addressed && p.nature != Nature::None);
    let top = addressed().filter_map(|p| p.element.level).max().unwrap_or(Level::Minimal);
    let chronic = addressed().filter(|p| matches!(p.nature, Nature::Chronic | Nature::Cancer)).count();
    let minor = addressed().count();
    let together = if chronic >= 2 {
        Level::Moderate
    } else if minor >= 2 {
        Level::Low
    } else {
        Level::Minimal
    };
    top.max(together)
}

/// Whether the problems leave room for judgement: the weightiest has no stated status, and it is not a single one whose
/// nature settles it (self-limited, uncomplicated).
pub fn open(problems: &[Problem]) -> bool {
    let addressed = || problems.iter().filter(|p| p.addressed && p.nature != Nature::None);
    let top = addressed().filter_map(|p| p.element.level).max();
    let unsaid = addressed().any(|p| {
        let worse_acute = p.nature == Nature::Acute && p.status == Status::Worse;
        p.element.level == top && (p.status == Status::Unstated || worse_acute)
    });
    let settled = addressed().count() == 1
        && addressed().all(|p| matches!(p.nature, Nature::Minor | Nature::Acute | Nature::Injury) && p.status != Status::Worse);
    unsaid && !settled
}

/// Finds the problems of a note.
pub fn find(view: &View, diagnoses: &[Diagnosis], mentions: &[Mention], category: Category) -> Vec<Problem> {
    let mut problems = Vec::new();
    for d in diagnoses {
        problems.push(coded(view, d, diagnoses, category));
    }
    // A coded problem that only the history names counts when nothing is assessed anywhere.
    let any = problems.iter().any(|p| p.addressed && p.nature != Nature::None);
    if !any {
        for p in problems.iter_mut().filter(|p| p.element.status.as_deref() != Some("background")) {
            p.addressed = true;
            p.element.counted = true;
        }
    }
    if let Some(chief) = problems.iter_mut().find(|p| p.addressed && p.nature != Nature::None) {
        worse_by_story(view, chief, category);
    }
    named(view, diagnoses, mentions, category, &mut problems);
    problems
}

/// The chief problem, chronic and assessed without a word of how it is doing, has the course that the patient tells.
fn worse_by_story(view: &View, chief: &mut Problem, category: Category) {
    if chief.nature != Nature::Chronic || chief.status != Status::Unstated || category.is_acute() {
        return;
    }
    let told = |c: &Clause| c.zone == Zone::Story && status::flares(view.words(c.span));
    if view.clauses.iter().any(told) {
        chief.status = Status::Worse;
        chief.element.kind = kind_of(chief.nature, chief.status).to_owned();
        chief.element.status = Some(status_word(chief.status).to_owned());
        chief.element.level = Some(level_of(chief.nature, chief.status, category));
    }
}

fn coded(view: &View, d: &Diagnosis, all: &[Diagnosis], category: Category) -> Problem {
    let mut best: Option<(usize, Zone)> = None;
    let mut places: Vec<(usize, usize)> = Vec::new();
    for e in d.evidence.iter().filter(|e| e.document == view.document.id) {
        let Some(i) = view.document.sentence_at(e.start) else { continue };
        let Some(clause) = view.clauses.get(i) else { continue };
        if best.is_none_or(|(_, z)| clause.zone > z) {
            best = Some((i, clause.zone));
        }
        if clause.zone != Zone::Background {
            places.push((i, e.start));
        }
    }
    if !places.iter().any(|(i, _)| view.clauses.get(*i).is_some_and(|c| c.zone.is_decision()))
        && let Some((i, at)) = assessed::elsewhere(view, d)
    {
        best = view.clauses.get(i).map(|c| (i, c.zone));
        places.push((i, at));
    }
    // Where it is assessed decides; the story speaks only where no assessment names it.
    if places.iter().any(|(i, _)| view.clauses.get(*i).is_some_and(|c| c.zone.is_decision())) {
        places.retain(|(i, _)| view.clauses.get(*i).is_some_and(|c| c.zone.is_decision()));
    }
    let others: Vec<usize> = all
        .iter()
        .filter(|o| o.code != d.code)
        .flat_map(|o| o.evidence.iter())
        .filter(|e| e.document == view.document.id)
        .map(|e| e.start)
        .collect();
    let (mut naming, mut rest) = (String::new(), String::new());
    for (i, at) in &places {
        let (first, after) = item(view, *i, *at, &others);
        naming.push_str(&first);
        naming.push_str(". ");
        rest.push_str(&after);
    }
    let nature = natures::refine(nature_of_code(&d.code), &d.code, &naming);
    let status = status::read(&naming, &rest, nature, category);
    let zone = best.map_or(Zone::Assessment, |(_, z)| z);
    let elsewhere = status::managed_elsewhere(&naming);
    let addressed = nature != Nature::None && zone.is_decision() && !elsewhere;
    let level = match level_of(nature, status, category) {
        Level::Moderate if threatens_at_first(nature, status, category, &d.code) => Level::High,
        level => level,
    };
    let reason = match (addressed, nature) {
        (_, Nature::None) => "a status or history, no problem by itself",
        (false, _) if elsewhere => "left to another clinician, not evaluated or treated here",
        (false, _) => "named in the note, not shown to be addressed",
        _ => "addressed in assessment or plan",
    };
    let element = Element {
        kind: kind_of(nature, status).to_owned(),
        name: if d.title.is_empty() { d.code.clone() } else { format!("{} ({})", d.title, d.code) },
        status: Some(status_word(status).to_owned()),
        level: Some(level),
        counted: addressed,
        reason: reason.to_owned(),
        evidence: d.evidence.iter().take(3).cloned().collect(),
    };
    let background = zone == Zone::Background || elsewhere;
    let element = if background { Element { status: Some("background".into()), ..element } } else { element };
    Problem { element, nature, status, addressed }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Resolved => "resolving or resolved",
        Status::Stable => "stable",
        Status::Unstated => "not stated",
        Status::Worse => "not at goal or worsening",
        Status::Severe => "severe",
    }
}

/// The words that name a problem (to the end of its sentence, or to the next problem) and those that follow in its list
/// item or paragraph, at most four sentences.
fn item(view: &View, clause: usize, at: usize, others: &[usize]) -> (String, String) {
    let Some(first) = view.clauses.get(clause) else { return Default::default() };
    let next = others.iter().copied().filter(|o| *o > at + 2).min().unwrap_or(usize::MAX);
    let before = others.iter().copied().filter(|o| *o < at && *o >= first.span.start).max().unwrap_or(first.span.start);
    let from = at.saturating_sub(160).max(before).max(first.span.start);
    let start = (from..=at).find(|i| view.lower.is_char_boundary(*i)).unwrap_or(at);
    let end =
        (first.span.start..=first.span.end.min(next).min(at + 500)).rev().find(|i| view.lower.is_char_boundary(*i)).unwrap_or(at);
    let naming = view.lower.get(start..end.max(start)).unwrap_or("").to_owned();
    let mut rest = String::new();
    for c in view.clauses.iter().skip(clause + 1).take(4) {
        if c.list_item || c.section != first.section || c.span.start >= next {
            break;
        }
        rest.push_str(around(view.words(c.span), 0, 0, 600));
        rest.push_str(" . ");
    }
    (naming, rest)
}

/// Problems that the assessment names in words of the term list and no diagnosis covers.
fn named(view: &View, diagnoses: &[Diagnosis], mentions: &[Mention], category: Category, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    let covered = |span: Span, word: &str| {
        diagnoses.iter().any(|d| {
            d.title.to_ascii_lowercase().contains(word)
                || d.evidence.iter().any(|e| {
                    e.document == view.document.id
                        && (Span { start: e.start, end: e.end.max(e.start) }.overlaps(span)
                            || e.text.to_ascii_lowercase().contains(word))
                })
        })
    };
    let denied = |span: Span| {
        mentions.iter().any(|m| {
            m.kind == MentionKind::Problem
                && m.span.overlaps(span)
                && !matches!(m.assertion, Assertion::Present | Assertion::Possible)
        })
    };
    for (i, clause) in view.clauses.iter().enumerate() {
        if !clause.zone.is_decision() {
            continue;
        }
        let words = view.words(clause.span);
        let bytes = words.as_bytes();
        let word_byte = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        for m in TERMS.words.find_iter(words) {
            if word_byte(m.start().checked_sub(1).and_then(|k| bytes.get(k))) || word_byte(bytes.get(m.end())) {
                continue;
            }
            let (Some(&nature), Some(word)) = (TERMS.natures.get(m.pattern().as_usize()), words.get(m.start()..m.end())) else {
                continue;
            };
            let span = Span::new(clause.span.start + m.start(), clause.span.start + m.end());
            if seen.contains_key(word)
                || NEGATED.is_match(words.get(..m.start()).unwrap_or(""))
                || PREVENTED.is_match(words.get(m.end()..).unwrap_or(""))
                || status::managed_elsewhere(words)
                || status::is_precaution(words)
                || !(modality::of(words, m.start(), m.end(), "").counts()
                    || (nature == Nature::Threat && SUSPECTED.is_match(words.get(..m.start()).unwrap_or(""))))
                || denied(span)
                || covered(span, word)
            {
                continue;
            }
            seen.insert(word, ());
            let status = status::read(around(words, m.start(), m.end(), 200), "", nature, category);
            let level = level_of(nature, status, category);
            problems.push(Problem {
                element: Element {
                    kind: kind_of(nature, status).to_owned(),
                    name: word.to_owned(),
                    status: Some(status_word(status).to_owned()),
                    level: Some(level),
                    counted: true,
                    reason: "named in assessment or plan".to_owned(),
                    evidence: vec![view.quote(i)],
                },
                nature,
                status,
                addressed: true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    #[test]
    fn natures_by_longest_stem() {
        assert_eq!(nature_of_code("I10"), Nature::Chronic);
        assert_eq!(nature_of_code("I21.4"), Nature::Threat);
        assert_eq!(nature_of_code("E87.1"), Nature::Systemic);
        assert_eq!(nature_of_code("S52.501D"), Nature::Injury);
        assert_eq!(nature_of_code("S52.501A"), Nature::Complicated);
        assert_eq!(nature_of_code("Z79.4"), Nature::None);
    }

    fn problems(plan: &str, codes: &[(&str, &str)]) -> Level {
        let d = document(&[(S::PastMedicalHistory, "Gout, asthma, migraine."), (S::AssessmentAndPlan, plan)]);
        let diagnoses: Vec<Diagnosis> = codes
            .iter()
            .filter_map(|(code, words)| {
                let start = d.text.find(words)?;
                let evidence = vec![d.evidence(Span::new(start, start + words.len()))];
                Some(Diagnosis { code: (*code).into(), evidence, ..Diagnosis::default() })
            })
            .collect();
        level(&find(&View::new(&d), &diagnoses, &[], Category::OfficeEstablished))
    }

    #[test]
    fn status_decides_a_chronic_problem() {
        assert_eq!(problems("1. Hypertension, at goal.", &[("I10", "Hypertension")]), Level::Low);
        assert_eq!(problems("1. Hypertension, uncontrolled.", &[("I10", "Hypertension")]), Level::Moderate);
        assert_eq!(
            problems("1. Hypertension, at goal.\n2. Diabetes, stable.", &[("I10", "Hypertension"), ("E11.9", "Diabetes")]),
            Level::Moderate
        );
    }

    #[test]
    fn listed_history_is_not_addressed() {
        assert_eq!(
            problems("1. Common cold.", &[("M10.9", "Gout"), ("J45.909", "asthma"), ("J00", "Common cold")]),
            Level::Minimal
        );
    }
}
