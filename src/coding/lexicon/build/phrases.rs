//! The phrase lexicon: phrases, qualified wordings and traps, and the concepts they point to.
use std::path::PathBuf;

use serde_json::Value;

use super::super::container::LexiconError;
use super::super::entry::{ConceptId, Source, Target};
use super::{Builder, read_text};

/// Adds all phrases; gives the concepts as JSON lines without their phrases, in the order of their numbers.
pub(super) fn read(builder: &mut Builder, paths: &[PathBuf]) -> Result<String, LexiconError> {
    let mut out = String::new();
    let mut count = 0u32;
    for path in paths {
        for (n, line) in read_text(path)?.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let wrong = |what: String| LexiconError::Source { path: path.clone(), what: format!("line {}: {what}", n + 1) };
            let mut concept: Value = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
            add(builder, &concept, ConceptId(count));
            if let Some(fields) = concept.as_object_mut() {
                for key in ["phrases", "qualified", "traps"] {
                    fields.shift_remove(key);
                }
            }
            out.push_str(&concept.to_string());
            out.push('\n');
            count += 1;
        }
    }
    Ok(out)
}

fn add(builder: &mut Builder, concept: &Value, id: ConceptId) {
    let name = concept.get("concept").and_then(Value::as_str).unwrap_or("");
    if let Some(default) = concept.get("default").and_then(Value::as_str).and_then(|c| builder.target(c)) {
        builder.name(name, default);
        strings(concept.get("phrases")).filter(|p| !p.ends_with('?')).for_each(|p| builder.name(p, default));
    }
    builder.add(name, Source::Phrase, Target::Concept(id));
    for phrase in strings(concept.get("phrases")) {
        match phrase.strip_suffix('?') {
            Some(p) => builder.add(p, Source::PhraseAmbiguous, Target::Concept(id)),
            None => builder.add(phrase, Source::Phrase, Target::Concept(id)),
        }
    }
    let qualified = concept.get("qualified").and_then(Value::as_object);
    for (code, phrases) in qualified.into_iter().flatten() {
        let Some(Target::Code(code)) = builder.target(code) else { continue };
        for phrase in strings(Some(phrases)) {
            builder.add(phrase.trim_end_matches('?'), Source::PhraseQualified, Target::ConceptCode(id, code));
        }
    }
    for trap in concept.get("traps").and_then(Value::as_array).into_iter().flatten() {
        let Some(phrase) = trap.get("phrase").and_then(Value::as_str) else { continue };
        builder.add(phrase, Source::Trap, Target::NotConcept(id));
        if let Some(target) = trap.get("code").and_then(Value::as_str).and_then(|c| builder.target(c)) {
            builder.add(phrase, Source::Trap, target);
        }
    }
}

fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
