//! The codes of a target, weighed by what is said.
use std::collections::{BTreeMap, BTreeSet};

use super::context::{AttributeContext, Zone};
use super::encounter::letters;
use crate::coding::lexicon::{CodeId, Concept, ConceptOption, Lexicon, Side, Target};
use crate::document::Span;
use crate::extract::Laterality;
use crate::note::Sex;

/// An attribute value that spoke for a code.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Attribute (`laterality`, `seventh`, `stage`, …).
    pub attribute: String,
    /// Its value.
    pub value: String,
    /// How near to the mention it is said.
    pub zone: Zone,
    /// The words; empty for values that follow from patient or note type.
    pub spans: Vec<Span>,
}

/// A code of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedCode {
    /// Which code.
    pub code: CodeId,
    /// How likely it is the one among the target's codes, as far as attributes tell; they add up to one.
    pub weight: f32,
    /// The target has no default and the note does not say enough: a coder has to be asked.
    pub ask: bool,
    /// What spoke for it.
    pub reasons: Vec<Reason>,
}

/// Options of one concept that are weighed; wider concepts (external causes) are cut after their order in the lexicon.
const MOST_OPTIONS: usize = 3000;

/// All codes of a target with their weights, best first (ties in the order of code).
pub fn resolve(lexicon: &Lexicon, target: Target, context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let one = |code, reasons| ResolvedCode { code, weight: 1.0, ask: false, reasons };
    match target {
        Target::Code(code) => {
            let (code, reasons) = within_family(lexicon, code, context);
            vec![one(code, reasons)]
        }
        Target::ConceptCode(concept, code) => {
            let (own, reasons) = within_family(lexicon, code, context);
            if own != code {
                return vec![one(own, reasons)];
            }
            lexicon
                .concept(concept)
                .and_then(|c| qualified(lexicon, c, code, context))
                .unwrap_or_else(|| vec![one(code, reasons)])
        }
        Target::Family(family) => family_codes(lexicon, lexicon.members(family), context),
        Target::Range(..) => range(lexicon, target, context),
        Target::Concept(id) => {
            lexicon.concept(id).map(|c| concept_codes(lexicon, c, &c.options, c.default.as_deref(), context)).unwrap_or_default()
        }
        Target::NotConcept(_) => Vec::new(),
    }
}

/// The member of a code's family that fits side and encounter; the code itself where nothing speaks for another.
pub fn specialise(lexicon: &Lexicon, code: CodeId, context: &AttributeContext<'_>) -> CodeId {
    within_family(lexicon, code, context).0
}

fn within_family(lexicon: &Lexicon, code: CodeId, context: &AttributeContext<'_>) -> (CodeId, Vec<Reason>) {
    let members = lexicon.family(code).map(|f| lexicon.members(f.0)).unwrap_or(&[]);
    if members.len() < 2 {
        return (code, Vec::new());
    }
    family_codes(lexicon, members, context).into_iter().next().map_or((code, Vec::new()), |r| (r.code, r.reasons))
}

fn family_codes(lexicon: &Lexicon, members: &[CodeId], context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let rows: Vec<(CodeId, Side, u8)> = members.iter().filter_map(|c| lexicon.family(*c).map(|r| (*c, r.1, r.2))).collect();
    let available: Vec<u8> = rows.iter().map(|r| r.2).filter(|l| *l != 0).collect::<BTreeSet<_>>().into_iter().collect();
    let encounter = if available.is_empty() { Vec::new() } else { letters(context, &available) };
    let sided = rows.iter().any(|r| r.1 != Side::None);
    let said = if sided { context.laterality() } else { None };
    let has_both = rows.iter().any(|r| r.1 == Side::Bilateral);
    let scored = rows
        .iter()
        .map(|(code, side, seventh)| {
            let mut score = 0.0;
            let mut reasons = Vec::new();
            if sided {
                let wanted = said.as_ref().map(|(side, _)| *side);
                let fits = match (side, wanted) {
                    (Side::Right, Some(Laterality::Right)) | (Side::Left, Some(Laterality::Left)) => true,
                    (Side::Bilateral, Some(Laterality::Bilateral)) => true,
                    // Both sides, and no code for both: one code a side.
                    (Side::Right | Side::Left, Some(Laterality::Bilateral)) => !has_both,
                    _ => false,
                };
                if let (true, Some((_, e))) = (fits, &said) {
                    score += 1.0 + e.zone.weight();
                    reasons.push(Reason {
                        attribute: "laterality".into(),
                        value: name(*side).into(),
                        zone: e.zone,
                        spans: e.spans.clone(),
                    });
                } else if matches!(side, Side::Unspecified | Side::None) {
                    score += 1.3;
                }
            }
            if let Some((letter, s, spans)) = encounter.iter().find(|e| e.0 == *seventh) {
                score += s;
                if *s > 2.0 {
                    let value = char::from(*letter).to_string();
                    reasons.push(Reason { attribute: "seventh".into(), value, zone: Zone::Sentence, spans: spans.clone() });
                }
            }
            (*code, score, reasons)
        })
        .collect();
    weigh(scored, false)
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Right => "right",
        Side::Left => "left",
        Side::Bilateral => "bilateral",
        Side::Unspecified | Side::None => "unspecified",
    }
}

/// Each family under a header with its best code, all alike; the header does not say which.
fn range(lexicon: &Lexicon, target: Target, context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let mut families: BTreeMap<_, CodeId> = BTreeMap::new();
    for (code, _) in lexicon.codes_of(target) {
        if let Some(row) = lexicon.family(code) {
            families.entry(row.0).or_insert(code);
        }
    }
    let share = 1.0 / families.len().max(1) as f32;
    let mut out: Vec<ResolvedCode> = families
        .keys()
        .filter_map(|f| family_codes(lexicon, lexicon.members(*f), context).into_iter().next())
        .map(|r| ResolvedCode { weight: share, ..r })
        .collect();
    out.sort_by_key(|r| r.code);
    out
}

/// Options of a concept that share everything but side and encounter with the code that the wording decided.
fn qualified(lexicon: &Lexicon, concept: &Concept, code: CodeId, context: &AttributeContext<'_>) -> Option<Vec<ResolvedCode>> {
    let plain = |o: &ConceptOption| -> BTreeMap<String, String> {
        let kept = o.attributes.iter().filter(|(k, _)| !matches!(k.as_str(), "laterality" | "side" | "seventh" | "encounter"));
        kept.map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let code = lexicon.code(code);
    let fixed = plain(concept.options.iter().find(|o| o.code == code)?);
    let group: Vec<ConceptOption> = concept.options.iter().filter(|o| plain(o) == fixed).cloned().collect();
    (group.len() > 1).then(|| concept_codes(lexicon, concept, &group, Some(code), context))
}

/// What is said for each value of one attribute.
struct Said {
    score: f32,
    reason: Option<Reason>,
}

fn concept_codes(
    lexicon: &Lexicon,
    concept: &Concept,
    options: &[ConceptOption],
    default: Option<&str>,
    context: &AttributeContext<'_>,
) -> Vec<ResolvedCode> {
    let options = options.get(..MOST_OPTIONS).unwrap_or(options);
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for o in options {
        for (k, v) in &o.attributes {
            values.entry(k).or_default().insert(v);
        }
    }
    let mut table: BTreeMap<(&str, &str), Said> = BTreeMap::new();
    for (key, set) in &values {
        judge(concept, key, set, context, &mut table);
    }
    let decided = table.values().any(|s| s.reason.is_some());
    let mut best: BTreeMap<CodeId, (f32, Vec<Reason>)> = BTreeMap::new();
    for o in options {
        let Some(code) = lexicon.code_id(&o.code) else { continue };
        let mut score = 0.0;
        let mut reasons = Vec::new();
        for (key, set) in &values {
            match o.attributes.get(*key) {
                Some(v) => {
                    if let Some(said) = table.get(&(*key, v.as_str())) {
                        score += said.score;
                        reasons.extend(said.reason.clone());
                    }
                }
                // The option does not speak of this attribute: less good than one that does when a value is said.
                None if set.iter().any(|v| table.get(&(*key, *v)).is_some_and(|s| s.reason.is_some())) => score -= 0.4,
                None => score += 0.3,
            }
        }
        if default == Some(o.code.as_str()) {
            score += 1.0;
        }
        let slot = best.entry(code).or_insert((f32::MIN, Vec::new()));
        if score > slot.0 {
            *slot = (score, reasons);
        }
    }
    if let Some(code) = default.and_then(|c| lexicon.code_id(c)) {
        best.entry(code).or_insert((0.5, Vec::new()));
    }
    weigh(best.into_iter().map(|(c, (s, r))| (c, s, r)).collect(), default.is_none() && !decided)
}

/// Softmax over scores, best first.
fn weigh(mut scored: Vec<(CodeId, f32, Vec<Reason>)>, ask: bool) -> Vec<ResolvedCode> {
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let top = scored.first().map_or(0.0, |s| s.1);
    let total: f32 = scored.iter().map(|s| (s.1 - top).exp()).sum();
    scored
        .into_iter()
        .map(|(code, score, reasons)| ResolvedCode {
            code,
            weight: (score - top).exp() / total.max(f32::MIN_POSITIVE),
            ask,
            reasons,
        })
        .collect()
}

/// Scores every value of an attribute by what is said.
fn judge<'v>(
    concept: &Concept,
    key: &'v str,
    values: &BTreeSet<&'v str>,
    context: &AttributeContext<'_>,
    table: &mut BTreeMap<(&'v str, &'v str), Said>,
) {
    let mut add = |value: &'v str, score: f32, found: Option<(Zone, Vec<Span>)>| {
        let reason = found.map(|(zone, spans)| Reason { attribute: key.to_owned(), value: value.to_owned(), zone, spans });
        table.insert((key, value), Said { score, reason });
    };
    match key {
        "laterality" | "side" => {
            let said = context.laterality();
            for v in values {
                let wanted = said.as_ref().map(|(side, _)| match side {
                    // Both sides, and no code for both: one code a side.
                    Laterality::Bilateral if !values.contains("bilateral") && matches!(*v, "right" | "left") => v,
                    Laterality::Right => "right",
                    Laterality::Left => "left",
                    Laterality::Bilateral => "bilateral",
                });
                match (&said, wanted) {
                    (Some((_, e)), Some(w)) if *v == w || v.starts_with(&format!("{w} ")) => {
                        let dominant = if v.ends_with(" dominant") && w == "right" || v.ends_with("nondominant") && w == "left" {
                            0.3
                        } else {
                            0.0
                        };
                        add(v, 1.0 + e.zone.weight() + dominant, Some((e.zone, e.spans.clone())));
                    }
                    (_, Some("right" | "left")) if *v == "unilateral" => add(v, 1.0, None),
                    _ if *v == "unspecified" => add(v, 1.3, None),
                    _ => add(v, 0.0, None),
                }
            }
        }
        "seventh" if values.iter().all(|v| v.len() == 1) => {
            let available: Vec<u8> = values.iter().filter_map(|v| v.bytes().next()).collect();
            for (letter, score, spans) in letters(context, &available) {
                if let Some(v) = values.iter().find(|v| v.as_bytes() == [letter]) {
                    add(v, score, (!spans.is_empty()).then_some((Zone::Sentence, spans)));
                }
            }
        }
        "sex" => {
            let sex = context.facts().patient.sex.map(|s| if s == Sex::F { "female" } else { "male" });
            for v in values {
                add(v, if sex == Some(*v) { 2.0 } else { -1.0 }, None);
            }
        }
        "age" => age(values, context, &mut add),
        "trimester" => trimester(values, context, &mut add),
        _ => by_words(concept, key, values, context, &mut add),
    }
}

type Found = Option<(Zone, Vec<Span>)>;

fn age<'v>(values: &BTreeSet<&'v str>, context: &AttributeContext<'_>, add: &mut impl FnMut(&'v str, f32, Found)) {
    let years = context.facts().patient.age_years;
    for v in values {
        let fits = years.and_then(|y| match *v {
            "adult" => Some(y >= 18),
            "child" | "juvenile" => Some((1..18).contains(&y)),
            "infantile" => Some(y < 2),
            _ => None,
        });
        add(v, fits.map_or(0.0, |f| if f { 1.5 } else { -1.5 }), None);
    }
}

fn trimester<'v>(values: &BTreeSet<&'v str>, context: &AttributeContext<'_>, add: &mut impl FnMut(&'v str, f32, Found)) {
    let weeks = context.facts().weeks_of_gestation();
    let by_weeks = weeks.map(|(w, span)| {
        (
            if w < 14.0 {
                "first"
            } else if w < 28.0 {
                "second"
            } else {
                "third"
            },
            span,
        )
    });
    for v in values {
        let words = context.said(&format!("{v} trimester"));
        match (by_weeks, words) {
            (Some((name, span)), _) if name == *v => add(v, 3.0, Some((Zone::Note, vec![span]))),
            (None, Some(e)) if *v != "unspecified" => add(v, 2.0, Some((e.zone, e.spans))),
            _ => add(v, if *v == "unspecified" { 0.8 } else { 0.0 }, None),
        }
    }
}

/// Values that say that nothing was said.
fn is_open(value: &str) -> bool {
    matches!(value, "unspecified" | "other" | "none" | "other specified" | "uncomplicated" | "unknown")
        || value.starts_with("unspecified")
}

fn by_words<'v>(
    concept: &Concept,
    key: &str,
    values: &BTreeSet<&'v str>,
    context: &AttributeContext<'_>,
    add: &mut impl FnMut(&'v str, f32, Found),
) {
    let stems = |v: &str| concept.value_stems.get(v).map(Vec::as_slice).unwrap_or_default();
    let mut found = BTreeMap::new();
    for v in values {
        if !is_open(v)
            && let Some(e) = said_value(key, v, stems(v), context)
        {
            found.insert(*v, e);
        }
    }
    // "foreign body" is also said where "magnetic foreign body" is: a value inside a longer one that is said yields.
    let longest = |v: &str| found.keys().any(|o| o.len() > v.len() && stems(v).iter().all(|s| stems(o).contains(s)));
    let any = found.values().any(|e: &super::Evidence| e.zone <= Zone::Near);
    for v in values {
        match found.get(v) {
            Some(e) => {
                let score = 0.5 + e.zone.weight() - if longest(v) { 1.0 } else { 0.0 };
                add(v, score, Some((e.zone, e.spans.clone())));
            }
            None if key == "without" => add(v, if said_value("with", v, stems(v), context).is_some() { -1.5 } else { 0.8 }, None),
            None if is_open(v) => add(
                v,
                if any {
                    -0.3
                } else if *v == "other" {
                    0.2
                } else {
                    0.9
                },
                None,
            ),
            None if matches!(*v, "displaced") => add(v, 0.5, None),
            None => add(v, -0.6, None),
        }
    }
}

/// Where a value is said, not negated (for `without`: negated or with its own "without").
fn said_value(key: &str, value: &str, stems: &[String], context: &AttributeContext<'_>) -> Option<super::Evidence> {
    if key == "without" {
        return context.said_stems(stems).filter(|e| e.negated && e.zone <= Zone::Near);
    }
    if matches!(key, "score" | "weeks") {
        return None;
    }
    let negative = value.starts_with("not ") || value.starts_with("no ") || value.starts_with("without ");
    let affirmed = |e: &super::Evidence| negative || !e.negated;
    if !value.starts_with(|c: char| c.is_ascii_digit()) {
        return context.said_stems(stems).filter(affirmed);
    }
    // A bare number would meet any number of the note: it counts with its word, or inside the mention.
    let with_word = match key {
        "type" => Some(vec![format!("type{value}")]),
        "stage" | "severity" => Some(stems.iter().cloned().chain(["stage".to_owned()]).collect()),
        _ => None,
    };
    let named = with_word.and_then(|w| context.said_stems(&w)).filter(|e| e.zone <= Zone::Sentence);
    named.or_else(|| context.said_stems(stems).filter(|e| e.zone == Zone::Mention)).filter(affirmed)
}
