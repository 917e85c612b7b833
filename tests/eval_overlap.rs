//! No sentence of an authored encounter stands in a text that a model may learn from. Skipped where those texts are not
//! present (`../shared`, or the folder that SUPERBILL_SHARED names).
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use superbill::document;
use superbill::eval::encounters;
use superbill::eval::sets::Part;
use superbill::train::data::{Split, corpora, labels};

/// Words in a row that count as the same words.
const WINDOW: usize = 8;

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn windows(text: &str) -> Vec<u64> {
    let words = words(text);
    let digest = |window: &[String]| {
        let mut hasher = DefaultHasher::new();
        window.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(WINDOW).map(digest).collect()
}

fn training_texts(corpora_folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for name in corpora::NAMES {
        let documents = corpora::load(corpora_folder, name, Split::Train).expect("a training corpus");
        texts.extend(documents.iter().map(|d| d.text.to_string()));
    }
    for name in ["mtsamples", "aci-bench", "codiesp"] {
        texts.extend(labels::unlabelled(corpora_folder, name).expect("an unlabelled corpus").iter().map(|t| t.to_string()));
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/labels");
    for folder in ["authored", "charts", "clinic_notes", "encounters"] {
        texts.extend(labels::load_authored(&own.join(folder)).expect("own notes").iter().map(|d| d.text.to_string()));
    }
    texts
}

fn corpora_folder() -> Option<PathBuf> {
    let shared = std::env::var_os("SUPERBILL_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    Some(shared.join("data/corpora")).filter(|folder| folder.join("labels").is_dir())
}

#[test]
fn no_sentence_of_an_encounter_stands_in_a_training_source() {
    let Some(folder) = corpora_folder() else {
        eprintln!("skipped: no training corpora in ../shared");
        return;
    };
    let known: HashSet<u64> = training_texts(&folder).iter().flat_map(|t| windows(t)).collect();
    assert!(known.len() > 1_000_000, "the corpora are there");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/encounters");
    for part in [Part::Dev, Part::Test] {
        let (mut all, mut shared, mut copied) = (0usize, 0usize, Vec::new());
        for case in encounters::load(&root, part).expect("encounters") {
            let note = &case.encounter.note;
            for sentence in document::read(note).sentences {
                let own = windows(sentence.span.of(note));
                let same = own.iter().filter(|w| known.contains(w)).count();
                all += own.len();
                shared += same;
                // Eight words alone are a turn of phrase of the trade; a sentence that goes on in another's words is not.
                if own.len() > 1 && same == own.len() {
                    copied.push(case.gold.id.clone());
                }
            }
        }
        assert!(copied.is_empty(), "{} sentences stand in a training source: {copied:?}", part.name());
        assert!(shared * 200 < all, "{}: {shared} of {all} runs of eight words stand in training sources", part.name());
    }
}

#[test]
fn no_assessment_line_is_a_training_chart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Without the heading, which is one of a few.
    let plain = |text: &str| {
        let own = words(text);
        let heading = ["assessment and plan", "assessment", "a p", "impression"];
        let start = heading.iter().find_map(|h| own.join(" ").starts_with(&format!("{h} ")).then(|| h.split(' ').count()));
        own[start.unwrap_or(0)..].join(" ")
    };
    let charts = labels::load_authored(&root.join("training/labels/charts")).expect("charts");
    let known: HashSet<String> = charts.iter().map(|d| plain(&d.text)).collect();
    let lines = labels::load_authored(&root.join("eval/assessments")).expect("assessments");
    assert!(known.len() > 4_000 && lines.len() > 500);
    for line in &lines {
        assert!(!known.contains(&plain(&line.text)), "{} is a training chart", line.id);
    }
}

#[test]
fn no_short_encounter_to_measure_by_is_a_training_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plain = |text: &str| words(text).join(" ");
    let taught: HashSet<String> = ["encounters", "charts", "authored", "clinic_notes"]
        .iter()
        .flat_map(|folder| labels::load_authored(&root.join("training/labels").join(folder)).expect("own notes"))
        .map(|d| plain(&d.text))
        .collect();
    for (folder, least) in [("eval/short_encounters", 700), ("eval/clinic_notes", 600)] {
        let measured = labels::load_authored(&root.join(folder)).expect("notes to measure by");
        assert!(taught.len() > 6_000 && measured.len() > least);
        for encounter in &measured {
            assert!(!taught.contains(&plain(&encounter.text)), "{} is a training text", encounter.id);
        }
    }
}

#[test]
fn the_same_words_are_seen_whatever_their_case_and_signs() {
    let one = windows("The patient was seen, today, for a follow-up of KNEE pain.");
    let two = windows("the patient was seen today for a follow up of knee pain and more");
    assert_eq!(one.len(), 5);
    assert!(one.iter().all(|w| two.contains(w)));
    assert!(windows("Seven words are never enough for this").is_empty());
}
