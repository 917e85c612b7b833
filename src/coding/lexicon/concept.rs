//! Concepts of the phrase lexicon: their codes and the attribute values that choose among them.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A code of a concept and the values that lead to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConceptOption {
    /// Billable code with its dot.
    pub code: String,
    /// Attribute (`laterality`, `severity`, `seventh`, …) → value as the phrase lexicon words it; for `seventh` of
    /// injuries the letter itself.
    pub attributes: BTreeMap<String, String>,
}

/// A concept: what clinicians would call one diagnosis, with the codes it can have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Concept {
    /// Name.
    pub name: String,
    /// Codes, in the lexicon's order; only billable ones.
    pub options: Vec<ConceptOption>,
    /// Code when nothing more is said; `None` where a coder must be asked.
    pub default: Option<String>,
    /// Symptoms that usually belong to it; a trailing `-` marks a stem.
    pub integral: Vec<String>,
    /// Codes normally reported with it.
    pub also: Vec<String>,
    /// Stems of every attribute value, by value.
    pub value_stems: BTreeMap<String, Vec<String>>,
}

impl Concept {
    /// From a line of the lexicon; `billable` says whether a code (with dot) is one. `None` where it is no concept.
    pub fn parse(line: &str, billable: impl Fn(&str) -> bool) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let strings = |key: &str| -> Vec<String> {
            let list = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut options = Vec::new();
        for rule in value.get("codes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
            expand(rule, &billable, &mut options);
        }
        let values: BTreeSet<&String> = options.iter().flat_map(|o| o.attributes.values()).collect();
        let value_stems = values.into_iter().map(|v| (v.clone(), super::stems(v))).collect();
        Some(Self {
            value_stems,
            name: value.get("concept").and_then(Value::as_str)?.to_owned(),
            options,
            default: value.get("default").and_then(Value::as_str).filter(|c| billable(c)).map(str::to_owned),
            integral: strings("integral"),
            also: strings("also"),
        })
    }
}

fn expand(rule: &Value, billable: &impl Fn(&str) -> bool, out: &mut Vec<ConceptOption>) {
    let Some(fields) = rule.as_object() else { return };
    let mut attributes = BTreeMap::new();
    for (key, value) in fields {
        if let (false, Some(text)) = (matches!(key.as_str(), "code" | "pattern" | "seventh"), value.as_str()) {
            attributes.insert(key.clone(), text.to_owned());
        }
    }
    if let Some(code) = fields.get("code").and_then(Value::as_str) {
        if billable(code) {
            out.push(ConceptOption { code: code.to_owned(), attributes });
        }
        return;
    }
    let Some(pattern) = fields.get("pattern").and_then(Value::as_str) else { return };
    let mut partial = vec![ConceptOption { code: pattern.to_owned(), attributes }];
    // One place after another; the number of places is bounded by the length of a code.
    for _ in 0..7 {
        let Some((start, key)) = place(&partial) else { break };
        let values: Vec<(String, String)> = match fields.get(&key) {
            Some(Value::String(kind)) if key == "seventh" => {
                letters(kind).chars().map(|c| (c.to_string(), c.to_string())).collect()
            }
            Some(Value::Object(map)) => map.iter().filter_map(|(name, v)| Some((name.clone(), v.as_str()?.to_owned()))).collect(),
            _ => return,
        };
        let end = start + key.len() + 2;
        partial = partial
            .iter()
            .flat_map(|p| {
                let key = &key;
                values.iter().filter_map(move |(name, text)| {
                    let code = format!("{}{text}{}", p.code.get(..start)?, p.code.get(end..)?);
                    let mut attributes = p.attributes.clone();
                    attributes.insert(key.clone(), name.clone());
                    Some(ConceptOption { code, attributes })
                })
            })
            .collect();
        // The places of one pattern stand at different bytes once values differ in length; do those code by code.
        if partial.iter().any(|p| p.code.len() != partial[0].code.len()) {
            let rest = std::mem::take(&mut partial);
            for p in rest {
                finish_one(p, fields, &mut partial);
            }
            break;
        }
    }
    out.extend(partial.into_iter().filter(|p| billable(&p.code)));
}

/// Expands what is left of one code.
fn finish_one(option: ConceptOption, fields: &serde_json::Map<String, Value>, out: &mut Vec<ConceptOption>) {
    let one = [option];
    let Some((start, key)) = place(&one) else {
        out.extend(one);
        return;
    };
    let [option] = one;
    let values: Vec<(String, String)> = match fields.get(&key) {
        Some(Value::String(kind)) if key == "seventh" => letters(kind).chars().map(|c| (c.to_string(), c.to_string())).collect(),
        Some(Value::Object(map)) => map.iter().filter_map(|(n, v)| Some((n.clone(), v.as_str()?.to_owned()))).collect(),
        _ => return,
    };
    let end = start + key.len() + 2;
    for (name, text) in values {
        let (Some(head), Some(tail)) = (option.code.get(..start), option.code.get(end..)) else { continue };
        let mut attributes = option.attributes.clone();
        attributes.insert(key.clone(), name);
        finish_one(ConceptOption { code: format!("{head}{text}{tail}"), attributes }, fields, out);
    }
}

/// First open place `{key}` of the first pattern.
fn place(partial: &[ConceptOption]) -> Option<(usize, String)> {
    let code = &partial.first()?.code;
    let start = code.find('{')?;
    let len = code.get(start..)?.find('}')?;
    Some((start, code.get(start + 1..start + len)?.to_owned()))
}

/// Seventh characters by kind of rule; those that the tabular list does not define for a code fall away later.
fn letters(kind: &str) -> &'static str {
    match kind {
        "fracture" => "ABCDEFGHJKMNPQRS",
        "fracture_closed_only" => "ADGKPS",
        _ => "ADS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_unfold() {
        let line = r#"{"concept":"x","codes":[{"code":"A00.1","type":"one"},
            {"pattern":"S52.50{laterality}{seventh}","laterality":{"right":"1","left":"2"},"seventh":"injury"},
            {"pattern":"T80.{status}{seventh}","status":{"short":"1XX","long":"22X"},"seventh":"injury"}],"default":null}"#;
        let concept = Concept::parse(line, |c| c != "S52.502S").unwrap();
        let codes: Vec<&str> = concept.options.iter().map(|o| o.code.as_str()).collect();
        assert_eq!(codes[..6], ["A00.1", "S52.501A", "S52.501D", "S52.501S", "S52.502A", "S52.502D"]);
        assert!(codes.contains(&"T80.22XS") && codes.len() == 12);
        assert_eq!(concept.options[3].attributes["seventh"], "S");
        assert_eq!(concept.options[4].attributes["laterality"], "left");
        assert!(concept.default.is_none());
        assert!(Concept::parse("{}", |_| true).is_none());
    }
}
