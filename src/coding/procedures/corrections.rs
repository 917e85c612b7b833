//! Known corrections to the procedure lexicon (changes of 2025 and 2026 that its files miss or have wrong).
use super::table::{CodeEntry, Concept};

/// Applies all corrections; each names the fact it follows.
pub fn apply(concepts: &mut Vec<Concept>) {
    // Add-ons stated without their flag: scalp cooling after the infusion, behavioral health integration beside
    // advanced primary care management, multi-component COVID-19 vaccine administration.
    for code in ["97009", "G0568", "G0569", "G0570", "90481"] {
        for entry in entries(concepts, code) {
            entry.add_on = true;
        }
    }
    // 77401 was deleted for 2026 and nothing replaced it under the words "superficial radiation skin cancer".
    for concept in concepts.iter_mut() {
        concept.phrases.retain(|phrase| phrase != "superficial radiation skin cancer");
    }
    // Telephone visits 99441–99443 ended; a fixed 98013 would be arbitrary, since time and MDM decide.
    for concept in concepts.iter_mut() {
        for trap in &mut concept.traps {
            if trap.code.as_deref() == Some("98013") {
                trap.code = None;
            }
        }
    }
    // Bilateral rules that the files lack.
    for (code, rule) in [("66683", "50"), ("92137", "inherent")] {
        for entry in entries(concepts, code) {
            entry.attributes.insert("bilateral_indicator".to_owned(), rule.to_owned());
        }
    }
    // G0560 is counted in steps of twenty minutes.
    for entry in entries(concepts, "G0560") {
        entry.attributes.insert("duration_minutes".to_owned(), "each 20".to_owned());
    }
    // Later toxin, and the denosumab biosimilars by brand.
    add_code(concepts, "J0585", "J0589", &[("device", "daxibotulinumtoxinA (Daxxify)"), ("dose_unit", "1 unit")]);
    for (code, brand) in [
        ("Q5136", "denosumab-bbdz (Jubbonti, Wyost)"),
        ("Q5157", "denosumab-bmwo (Stoboclo, Osenvelt)"),
        ("Q5158", "denosumab-bnht (Conexxence, Bomyntra)"),
        ("Q5159", "denosumab-dssb (Ospomyv, Xbryk)"),
    ] {
        add_code(concepts, "J0897", code, &[("device", brand), ("dose_unit", "1 mg")]);
    }
    concepts.extend(new_concepts());
}

fn entries<'a>(concepts: &'a mut [Concept], code: &'a str) -> impl Iterator<Item = &'a mut CodeEntry> {
    concepts.iter_mut().flat_map(|concept| concept.codes.iter_mut()).filter(move |entry| entry.code == code)
}

/// Adds `code` wherever `beside` stands and it does not yet.
fn add_code(concepts: &mut [Concept], beside: &str, code: &str, attributes: &[(&str, &str)]) {
    for concept in concepts {
        let has = |wanted: &str| concept.codes.iter().any(|entry| entry.code == wanted);
        if has(beside) && !has(code) {
            concept.codes.push(entry(code, false, attributes));
        }
    }
}

fn entry(code: &str, add_on: bool, attributes: &[(&str, &str)]) -> CodeEntry {
    let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    CodeEntry { code: code.to_owned(), add_on, attributes }
}

/// Families without a concept in the files.
fn new_concepts() -> Vec<Concept> {
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    vec![
        Concept {
            concept: "genetic counseling".to_owned(),
            phrases: words(&["genetic counseling session", "genetic counselor visit", "counseled by genetic counselor"]),
            codes: vec![entry("96041", false, &[("duration_minutes", "each 30")])],
            default: Some("96041".to_owned()),
            descriptor: "Genetic counselor's service, each half hour".to_owned(),
            ..Concept::default()
        },
        Concept {
            concept: "ear tubes placed with an automated device".to_owned(),
            phrases: words(&["Tula tube system", "iontophoresis tympanostomy tube in office", "automated ear tube delivery"]),
            codes: vec![entry("0583T", false, &[("bilateral_indicator", "50")]), entry("G0561", true, &[])],
            default: Some("0583T".to_owned()),
            descriptor: "Ear tube put in by a delivery device under local anesthesia".to_owned(),
            ..Concept::default()
        },
    ]
}
