//! Every output and input form against the JSON Schemas of `docs/schema/`.
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

fn validator(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("schema file")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn coded_encounters_follow_their_schema() {
    let engine = superbill::engine::Engine::open(&Default::default()).expect("opens");
    let validator = validator("coded_encounter.json");
    let notes = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/notes");
    let mut checked = 0;
    for entry in std::fs::read_dir(notes).expect("notes") {
        let entry = entry.expect("an entry");
        let note = std::fs::read_to_string(entry.path()).expect("note");
        checked += 1;
        let encounter = superbill::note::Encounter { note, ..Default::default() };
        let coded = engine.code(&encounter, jiff::civil::date(2026, 5, 4)).expect("codes");
        let value = serde_json::to_value(&coded).expect("serialises");
        assert_eq!(errors(&validator, &value), Vec::<String>::new(), "{}", entry.path().display());
    }
    assert!(checked >= 5, "{checked} notes");
}

#[test]
fn the_encounter_schema_says_what_the_program_accepts() {
    let validator = validator("encounter.json");
    let good = json!({"note": "Knee pain.", "date_of_service": "2026-05-04", "patient": {"age_years": 54, "sex": "F"},
        "prior_procedures": [{"code": "29881", "modifiers": ["RT"], "date": "2026-03-01"}], "note_type": "office"});
    let bad = [
        json!({"date_of_service": "2026-05-04"}),
        json!({"note": "x", "note_type": "surgery"}),
        json!({"note": "x", "payor": "medicare"}),
        json!({"note": "x", "patient": {"sex": "female"}}),
    ];
    assert_eq!(errors(&validator, &good), Vec::<String>::new());
    assert!(superbill::note::input::encounter_from_json(&good.to_string()).is_ok());
    for value in bad {
        assert!(!errors(&validator, &value).is_empty(), "{value}");
        let read = superbill::note::input::encounter_from_json(&value.to_string());
        assert!(read.is_err() || read.is_ok_and(|e| e.note.is_empty()), "{value}");
    }
}
