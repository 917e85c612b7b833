//! Number and nature of the problems addressed: coded diagnoses and words of the assessment, each with a status.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::codes::Category;
use super::natures::{Nature, TERMS, nature_of_code};
use super::result::{Element, Level};
use super::view::{View, Zone, around, pattern};
use crate::claim::Diagnosis;
use crate::document::Span;
use crate::extract::{Assertion, Mention, MentionKind};

/// How the note says it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Stable, at goal, improved.
    Stable,
    /// Nothing said.
    Unstated,
    /// Worsening, uncontrolled, exacerbated, side effects, not at goal.
    Worse,
    /// Severe exacerbation, decompensated, unstable.
    Severe,
}

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

static SEVERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:severe(?:ly)? (?:exacerbat\w+|decompensat\w+|symptomatic|progress\w+)|decompensat\w+|life[- ]threatening|unstable|critical(?:ly)? (?:ill|condition)|very ill|acute on chronic|impending|rapidly progress\w+|crisis|refractory|extremely high risk|guarded|poor prognosis|end[- ]stage|terminal|moribund|hemodynamically unstable|severe)\b",
    )
});
static WORSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:exacerbat\w+|worse\w*|uncontrolled|poorly controlled|not (?:well |adequately |optimally |under )?(?:good )?control\w*|(?:not|isn't) at goal|above goal|sub-?optimal\w*|progress(?:ive|ing|ion|ively|ed)|flare\w*|deteriorat\w+|intractable|inadequate\w*|fail(?:ed|ing|ure of|s to)|persist\w*|recurr\w+|symptomatic|not (?:been )?(?:improv\w+|respond\w+|help\w+|tolerat\w+|better)",
        r"|no (?:improvement|better|relief)|side effects?|adverse|elevated|still (?:having|has|with|symptomatic)|breakthrough|increas(?:ed|ing) (?:pain|symptoms|swelling|dyspnea|frequency)|out of control|non-?compliant|noncompliance|ongoing|continued (?:pain|symptoms)|continues to have|despite|severe|significant|new[- ]onset|newly diagnosed|new diagnosis|complicated by|difficult\w*|chronic and|debilitating|declin\w+|non-?healing|relapse\w*|high|too high|low|plateau\w*|troublesome|disabling)\b"
    ))
});
static STABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:stable|well[- ]controlled|under (?:good |excellent )?control|at goal|controlled|doing (?:very |quite |fairly |relatively |extremely )?well|asymptomatic|unchanged|compensated|in remission|remission|resolv\w+|improv\w+|no evidence of (?:disease|recurrence|recurrent|active)|healed|healing (?:well|nicely)|excellent|good control|normal|benign|mild|quiescent|no change|better|recover\w+|routine|no (?:complaints|problems|symptoms|recurrence))\b",
    )
});
static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no|not|denies|denied|without|negative for|never|ruled out|rules out|free of|absence of|history of|hx of|h/o|family|risks? (?:of|for|including|include)|return (?:if|for)|if (?:he|she|they|there|symptoms|any|the)|prevent\w*|such as|signs? (?:of|or)|should|develops?|in case|screen\w*|status post|s/p|call (?:if|for)|unlikely|doubt)\b[^.;]{0,45}$",
    )
});

fn status_of(words: &str) -> Status {
    if SEVERE.is_match(words) {
        Status::Severe
    } else if WORSE.is_match(words) {
        Status::Worse
    } else if STABLE.is_match(words) {
        Status::Stable
    } else {
        Status::Unstated
    }
}

/// The level one problem reaches by itself.
pub fn level_of(nature: Nature, status: Status, category: Category) -> Level {
    use Nature as N;
    use Status as S;
    let acute_care = category.is_hospital() || matches!(category, Category::Emergency | Category::CriticalCare);
    match (nature, status) {
        (N::None, _) => Level::Minimal,
        (N::Minor, S::Severe | S::Worse) => Level::Low,
        (N::Minor, _) => Level::Minimal,
        (N::Acute | N::Injury, S::Severe) => Level::Moderate,
        (N::Acute, S::Worse) => Level::Moderate,
        (N::Acute | N::Injury, _) => Level::Low,
        (N::Chronic, S::Severe) if acute_care => Level::High,
        (N::Chronic, S::Severe | S::Worse) => Level::Moderate,
        (N::Chronic, _) => Level::Low,
        (N::Uncertain, S::Stable) if !acute_care => Level::Low,
        (N::Uncertain, S::Severe) if acute_care => Level::High,
        (N::Uncertain, _) => Level::Moderate,
        (N::Systemic | N::Complicated, S::Severe) => Level::High,
        (N::Systemic | N::Complicated, S::Worse) if category.is_hospital() => Level::High,
        (N::Systemic | N::Complicated, _) => Level::Moderate,
        (N::Cancer, S::Stable) => Level::Low,
        (N::Cancer, S::Unstated) => Level::Moderate,
        (N::Cancer, _) => Level::High,
        (N::Threat, S::Stable) if !acute_care => Level::Moderate,
        (N::Threat, _) => Level::High,
    }
}

/// The kind of element as the MDM table names it.
fn kind_of(nature: Nature, status: Status) -> &'static str {
    match (nature, status) {
        (Nature::None, _) => "no_problem",
        (Nature::Minor, _) => "self_limited",
        (Nature::Acute, _) => "acute_uncomplicated",
        (Nature::Injury, _) => "acute_uncomplicated_injury",
        (Nature::Chronic | Nature::Cancer, Status::Stable | Status::Unstated) => "stable_chronic",
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

/// Whether the problems leave room for judgement: not a single one whose nature or stated stability settles it
/// (self-limited, uncomplicated, stable).
pub fn open(problems: &[Problem]) -> bool {
    let mut addressed = problems.iter().filter(|p| p.addressed && p.nature != Nature::None);
    match (addressed.next(), addressed.next()) {
        (Some(only), None) => {
            only.status > Status::Stable && !matches!(only.nature, Nature::Minor | Nature::Acute | Nature::Injury)
        }
        _ => true,
    }
}

/// Finds the problems of a note.
pub fn find(view: &View, diagnoses: &[Diagnosis], mentions: &[Mention], category: Category) -> Vec<Problem> {
    let mut problems = Vec::new();
    for d in diagnoses {
        problems.push(coded(view, d, category));
    }
    // A coded problem that only the history names counts when nothing is assessed anywhere.
    let any = problems.iter().any(|p| p.addressed && p.nature != Nature::None);
    if !any {
        for p in problems.iter_mut().filter(|p| p.element.status.as_deref() != Some("background")) {
            p.addressed = true;
            p.element.counted = true;
        }
    }
    named(view, diagnoses, mentions, category, &mut problems);
    problems
}

fn coded(view: &View, d: &Diagnosis, category: Category) -> Problem {
    let nature = nature_of_code(&d.code);
    let mut best: Option<(usize, Zone)> = None;
    let mut scope = String::new();
    for e in d.evidence.iter().filter(|e| e.document == view.document.id) {
        let Some(i) = view.document.sentence_at(e.start) else { continue };
        let Some(clause) = view.clauses.get(i) else { continue };
        if best.is_none_or(|(_, z)| clause.zone > z) {
            best = Some((i, clause.zone));
        }
        if clause.zone != Zone::Background {
            scope.push_str(&item(view, i, e.start));
            scope.push(' ');
        }
    }
    let status = status_of(&scope);
    let zone = best.map_or(Zone::Assessment, |(_, z)| z);
    let addressed = nature != Nature::None && (zone.is_decision() || (!view.has_decision && zone != Zone::Background));
    let level = level_of(nature, status, category);
    let reason = match (addressed, nature) {
        (_, Nature::None) => "a status or history, no problem by itself",
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
    let element = if zone == Zone::Background { Element { status: Some("background".into()), ..element } } else { element };
    Problem { element, nature, status, addressed }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Stable => "stable",
        Status::Unstated => "not stated",
        Status::Worse => "not at goal or worsening",
        Status::Severe => "severe",
    }
}

/// The words of the list item or paragraph around a clause, from that clause on (at most five sentences).
fn item(view: &View, clause: usize, at: usize) -> String {
    let Some(first) = view.clauses.get(clause) else { return String::new() };
    let place = at.saturating_sub(first.span.start);
    let mut words = around(view.words(first.span), place, place, 1000).to_owned();
    for next in view.clauses.iter().skip(clause + 1).take(4) {
        if next.list_item || next.section != first.section {
            break;
        }
        words.push(' ');
        words.push_str(around(view.words(next.span), 0, 0, 1000));
    }
    words
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
                || NEGATED.is_match(around(words, m.start(), m.start(), 120))
                || denied(span)
                || covered(span, word)
            {
                continue;
            }
            seen.insert(word, ());
            let status = status_of(around(words, m.start(), m.end(), 600));
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
