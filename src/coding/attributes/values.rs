//! Scores of attribute values: what is said near the mention, for each value that a concept's codes know.
use std::collections::{BTreeMap, BTreeSet};

use super::context::{AttributeContext, Zone};
use super::encounter::letters;
use super::resolve::Reason;
use crate::coding::lexicon::Concept;
use crate::document::Span;
use crate::extract::Laterality;
use crate::note::Sex;

/// What is said for each value of one attribute.
pub(super) struct Said {
    pub score: f32,
    pub reason: Option<Reason>,
}

/// Scores every value of an attribute by what is said.
pub(super) fn judge<'v>(
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
            let code = concept.options.first().map_or("", |o| o.code.as_str());
            for (letter, score, spans) in letters(context, &available, code) {
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

/// Further words that say a value which notes seldom call by its name.
fn ways_to_say(value: &str) -> &'static [&'static str] {
    match value {
        v if v.contains("foreign body") && !v.contains("without") && !v.contains("no ") => &[
            "retained glass",
            "glass removed",
            "piece of glass",
            "fish hook",
            "fishhook",
            "embedded splinter",
            "splinter removed",
            "metal fragment",
            "gravel embedded",
            "needle fragment",
            "thorn removed",
            "FB removed",
        ],
        "LOC 30 minutes or less" => {
            &["LOC min", "brief LOC", "LOC seconds", "LOC sec", "knocked out seconds", "blacked out seconds"]
        }
        // "Equivalent to intractable" by the notes at G40 and G43.
        "intractable" => {
            &["refractory", "pharmacoresistant", "pharmacologically resistant", "drug resistant", "treatment resistant"]
        }
        "no LOC" => &["denies LOC", "without LOC", "no loss consciousness"],
        _ => &[],
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
        let otherwise = || ways_to_say(value).iter().find_map(|cue| context.said_cue(cue).filter(|e| e.zone <= Zone::Sentence));
        return context.said_stems(stems).or_else(otherwise).filter(affirmed);
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
