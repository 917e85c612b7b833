//! What speaks for a diagnosis as the reason of a service: what stands where in the note, the words that both share, and
//! what such services are done for on labelled claims.
use std::collections::{BTreeMap, BTreeSet};

use super::PointerNote;
use super::classes::{of_diagnosis, of_service};
use crate::coding::procedures::affinity;
use crate::coding::procedures::statements::Role;
use crate::document::{SectionKind, Span};
use crate::extract::Laterality;

/// Features by name.
pub type Features = BTreeMap<String, f64>;

/// A diagnosis with what the features need.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The code.
    pub code: String,
    /// Stems of its title and evidence.
    pub words: BTreeSet<String>,
    /// The side that its title names.
    pub side: Option<Laterality>,
    /// Statements of its evidence.
    pub statements: Vec<usize>,
    /// Its evidence.
    pub places: Vec<Span>,
}

/// A service with what the features need.
#[derive(Clone, Debug)]
pub struct Service {
    /// The code.
    pub code: String,
    /// Stems of its descriptor.
    pub named: BTreeSet<String>,
    /// Stems of the statement that names it.
    pub said: BTreeSet<String>,
    /// The side of its modifiers.
    pub side: Option<Laterality>,
    /// Statements that name it.
    pub statements: Vec<usize>,
    /// Where it is named.
    pub places: Vec<Span>,
    /// Whether the claim has no line of another code.
    pub alone: bool,
}

/// The sum from which on a diagnosis has something to do with a service.
const ENOUGH: f64 = 2.6;
/// Share of the strongest sum that is as good.
const CLOSE: f64 = 0.75;

/// Between a service and a diagnosis in the name of a learned pair.
const PAIR: char = '>';

/// Whether a feature is a learned pair of codes.
pub fn is_pair(name: &str) -> bool {
    name.contains(PAIR)
}

/// Whether a stem tells what a thing is about.
pub(super) fn tells(stem: &str) -> bool {
    const GENERIC: [&str; 44] = [
        "right",
        "left",
        "bilater",
        "unspecifi",
        "other",
        "chronic",
        "acut",
        "diseas",
        "disord",
        "encount",
        "initi",
        "site",
        "type",
        "without",
        "upper",
        "lower",
        "limb",
        "specifi",
        "due",
        "elsewher",
        "classifi",
        "not",
        "subsequ",
        "part",
        "region",
        "multipl",
        "includ",
        "each",
        "first",
        "addit",
        "more",
        "less",
        "than",
        "no",
        "year",
        "old",
        "today",
        "given",
        "note",
        "post",
        "pre",
        "complic",
        "primari",
        "level",
    ];
    stem.len() > 2 && !stem.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !GENERIC.contains(&stem)
}

/// Features of the two codes alone: what such services are done for.
pub fn kinds(service: &str, reason: &str) -> Features {
    let (class, kind) = (of_service(service), of_diagnosis(reason));
    let (three, stem) = (service.get(..3).unwrap_or(service), reason.get(..3).unwrap_or(reason));
    let mut names = vec![
        format!("kind={kind}"),
        format!("{class}={kind}"),
        format!("{service}{PAIR}{stem}"),
        format!("{three}{PAIR}{stem}"),
        format!("{service}{PAIR}{kind}"),
    ];
    if affinity::reasons(service).iter().any(|s| reason.starts_with(s)) {
        names.push("usual".to_owned());
    }
    if affinity::chapters(service).iter().any(|s| reason.starts_with(s)) {
        names.push("chapter".to_owned());
    }
    names.into_iter().map(|name| (name, 1.0)).collect()
}

/// The features of each diagnosis, in their order.
pub fn features(note: &PointerNote<'_>, service: &Service, reasons: &[Reason]) -> Vec<Features> {
    let class = of_service(&service.code);
    let said = |r: &Reason| r.words.intersection(&service.said).count();
    let named = |r: &Reason| r.words.intersection(&service.named).count();
    let (most_said, most_named) = (best(reasons, said), best(reasons, named));
    let usual = |r: &Reason| affinity::reasons(&service.code).iter().any(|s| r.code.starts_with(s));
    let chapter = |r: &Reason| affinity::chapters(&service.code).iter().any(|s| r.code.starts_with(s));
    let far = |r: &Reason| distance(service, r);
    // One sum of words, place and organ, by which the diagnoses of a claim compare.
    let score = |i: usize, r: &Reason| {
        let words = (said(r).max(named(r)) as f64).min(3.0) * 1.5;
        let near = if far(r) == Some(0) { 3.0 } else { 0.0 };
        words + near + if usual(r) { 3.0 } else { 0.0 } + if chapter(r) { 2.0 } else { 0.0 } + if i == 0 { 0.7 } else { 0.0 }
    };
    let strongest = reasons.iter().enumerate().map(|(i, r)| score(i, r)).fold(0.0, f64::max);
    let (any_usual, any_chapter) = (reasons.iter().any(usual), reasons.iter().any(chapter));
    let nearest = reasons.iter().filter_map(far).min();
    let of_kind: Vec<&str> = reasons.iter().map(|r| of_diagnosis(&r.code)).collect();
    let first_kind = of_kind.first().copied().unwrap_or_default();
    let setting = if note.report { "report" } else { "visit" };
    let alone = if service.alone { "alone" } else { "beside" };
    let count = reasons.len().min(6);
    let mut rows = Vec::with_capacity(reasons.len());
    for (i, reason) in reasons.iter().enumerate() {
        let mut row = kinds(&service.code, &reason.code);
        let mut has = |name: String| {
            row.insert(name, 1.0);
        };
        let kind = of_kind[i];
        has("always".to_owned());
        has(setting.to_owned());
        has(format!("kind={kind},{setting}"));
        let stem = reason.code.get(..3).unwrap_or(&reason.code);
        let rank = ["first", "second", "third", "later"][i.min(3)];
        has(format!("rank={rank},{setting},{alone}"));
        has(format!("rank={rank},of={count}"));
        has(format!("rank={rank},{class}"));
        if reasons.len() == 1 {
            has("only".to_owned());
        }
        let same_kind = of_kind.iter().filter(|k| **k == kind).count();
        has(format!("same-kind={}", same_kind.min(3)));
        if i > 0 && kind == first_kind {
            has(format!("kind-of-first,{setting}"));
        }
        if i > 0 && reasons[0].code.get(..3) == Some(stem) {
            has("category-of-first".to_owned());
        }
        let shared = said(reason);
        has(format!("said={}", shared.min(3)));
        if shared > 0 && shared == most_said {
            has("said-most".to_owned());
        } else if most_said > 0 {
            has(format!("said-less={}", (most_said - shared).min(3)));
        }
        let shared = named(reason);
        has(format!("named={}", shared.min(2)));
        if shared > 0 && shared == most_named {
            has("named-most".to_owned());
        } else if most_named > shared {
            has("named-less".to_owned());
        }
        if any_usual && !usual(reason) {
            has("other-usual".to_owned());
        }
        if any_chapter && !chapter(reason) {
            has("other-chapter".to_owned());
        }
        match far(reason) {
            Some(d) => {
                let step = match d {
                    0 => "same",
                    1 => "next",
                    2..=4 => "near",
                    5..=12 => "away",
                    _ => "far",
                };
                has(format!("distance={step},{setting}"));
                if Some(d) == nearest {
                    has(format!("nearest,{setting}"));
                }
            }
            None => has("distance=unknown".to_owned()),
        }
        let own = score(i, reason);
        has(match () {
            _ if strongest < ENOUGH => "score=none".to_owned(),
            _ if own >= strongest => "score=best".to_owned(),
            _ if own >= CLOSE * strongest => "score=close".to_owned(),
            _ if own < ENOUGH => "score=weak".to_owned(),
            _ => "score=less".to_owned(),
        });
        if same_section(note, service, reason) {
            has("same-section".to_owned());
        }
        for place in stands_in(note, reason) {
            has(format!("in={place},{setting}"));
        }
        match (service.side, reason.side) {
            (Some(a), Some(b)) if a == b => has("side=same".to_owned()),
            (Some(Laterality::Bilateral), Some(_)) | (Some(_), Some(Laterality::Bilateral)) => has("side=part".to_owned()),
            (Some(_), Some(_)) => has("side=other".to_owned()),
            _ => {}
        }
        rows.push(row);
    }
    rows
}

fn best(reasons: &[Reason], of: impl Fn(&Reason) -> usize) -> usize {
    reasons.iter().map(of).max().unwrap_or(0)
}

/// Statements between the first that names the service and the nearest of the diagnosis.
fn distance(service: &Service, reason: &Reason) -> Option<usize> {
    let from = *service.statements.first()?;
    reason.statements.iter().map(|to| from.abs_diff(*to)).min()
}

fn same_section(note: &PointerNote<'_>, service: &Service, reason: &Reason) -> bool {
    let section = |i: &usize| note.statements[*i].section;
    let Some(own) = service.statements.first().map(section) else { return false };
    own != SectionKind::Other && reason.statements.iter().any(|i| section(i) == own)
}

/// The kinds of places that a diagnosis is taken from.
fn stands_in(note: &PointerNote<'_>, reason: &Reason) -> BTreeSet<&'static str> {
    let name = |i: &usize| {
        let statement = &note.statements[*i];
        match (statement.section, statement.role) {
            (SectionKind::PostoperativeDiagnosis, _) => "postoperative",
            (SectionKind::PreoperativeDiagnosis, _) => "preoperative",
            (SectionKind::Indications, _) => "indications",
            (_, Role::Title) => "title",
            (_, Role::Assessment) => "assessment",
            (_, Role::Plan) => "plan",
            (_, Role::History) => "history",
            (_, Role::Story) => "story",
            (_, Role::Result) => "results",
            (_, Role::Description) => "description",
            (_, Role::Exam) => "exam",
            _ => "elsewhere",
        }
    };
    reason.statements.iter().map(name).collect()
}
