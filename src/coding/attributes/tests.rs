use std::io::Write;

use super::*;
use crate::coding::lexicon::{CodeRow, ConceptId, Lexicon, Sources, Target, build};
use crate::document::{Document, Section, SectionKind, Sentence, Span};
use crate::note::{NoteType, Sex};

/// A document of one section with a sentence a line.
fn document(text: &str) -> Document {
    let mut sentences = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        sentences.push(Sentence { span: Span { start, end }, section: 0, list_item: false, paragraph: 0 });
        start += line.len();
    }
    let body = Span { start: 0, end: text.len() };
    let sections = vec![Section { kind: SectionKind::Other, heading: None, body }];
    Document { id: None, text: text.into(), sections, sentences }
}

fn lexicon() -> Lexicon {
    let mut codes = Vec::new();
    let mut row = |code: String, title: String| codes.push(CodeRow { code, title, billable: true, inclusion: Vec::new() });
    for (digit, side) in [("1", "right clavicle"), ("2", "left clavicle"), ("9", "unspecified clavicle")] {
        for (letter, encounter) in [
            ("A", "initial encounter for closed fracture"),
            ("B", "initial encounter for open fracture"),
            ("D", "subsequent encounter for fracture with routine healing"),
            ("G", "subsequent encounter for fracture with delayed healing"),
            ("K", "subsequent encounter for fracture with nonunion"),
            ("S", "sequela"),
        ] {
            row(format!("S42.00{digit}{letter}"), format!("Fracture of unspecified part of {side}, {encounter}"));
        }
    }
    for (code, title) in [("H66.91", "right"), ("H66.92", "left"), ("H66.90", "unspecified"), ("H66.93", "bilateral")] {
        row(code.into(), format!("Otitis media, unspecified, {title} ear"));
    }
    for (code, title) in [("M77.01", "right"), ("M77.02", "left"), ("M77.00", "unspecified")] {
        row(code.into(), format!("Medial epicondylitis, {title} elbow"));
    }
    for stage in ["1", "2", "30", "31", "4", "9"] {
        row(format!("N18.{stage}"), format!("Chronic kidney disease, code {stage}"));
    }
    for (code, title) in [("O10.011", "first"), ("O10.012", "second"), ("O10.013", "third"), ("O10.019", "unspecified")] {
        row(code.into(), format!("Hypertension complicating pregnancy, {title} trimester"));
    }
    row("K57.30".into(), "Diverticulosis without bleeding".into());
    row("K57.31".into(), "Diverticulosis with bleeding".into());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("icd_x.jsonl");
    let lines = [
        r#"{"concept":"chronic kidney disease","phrases":["CKD"],"codes":[{"code":"N18.1","stage":"1"},{"code":"N18.2","stage":"2"},{"code":"N18.30","stage":"3"},{"code":"N18.31","stage":"3a"},{"code":"N18.4","stage":"4"},{"code":"N18.9","stage":"unspecified"}],"default":"N18.9"}"#,
        r#"{"concept":"diverticulosis","phrases":["tics"],"codes":[{"code":"K57.30","without":"bleeding"},{"code":"K57.31","with":"bleeding"}],"default":"K57.30"}"#,
        r#"{"concept":"otitis media","phrases":["OM"],"codes":[{"code":"H66.91","laterality":"right"},{"code":"H66.92","laterality":"left"},{"code":"H66.93","laterality":"bilateral"}],"default":null}"#,
        r#"{"concept":"hypertension in pregnancy","phrases":["HTN in pregnancy"],"codes":[{"pattern":"O10.01{trimester}","trimester":{"first":"1","second":"2","third":"3","unspecified":"9"}}],"default":"O10.019"}"#,
    ];
    std::fs::File::create(&path).unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let sources = Sources { codes, phrases: vec![path], ..Sources::default() };
    Lexicon::from_bytes(build(&sources).unwrap().bytes).unwrap()
}

fn first(target: impl Fn(&Lexicon) -> Target, text: &str, mention: &str, note_type: NoteType) -> (String, ResolvedCode) {
    let lexicon = lexicon();
    let document = document(text);
    let facts = NoteFacts::read(&document, note_type, PatientFacts { age_years: Some(30), sex: Some(Sex::F) });
    let start = text.find(mention).unwrap();
    let context = AttributeContext::around(&facts, Span { start, end: start + mention.len() });
    let all = resolve(&lexicon, target(&lexicon), &context);
    let total: f32 = all.iter().map(|r| r.weight).sum();
    assert!((total - 1.0).abs() < 1e-4);
    (lexicon.code(all[0].code).to_owned(), all[0].clone())
}

fn code(name: &'static str) -> impl Fn(&Lexicon) -> Target {
    move |l| Target::Code(l.code_id(name).unwrap())
}

fn concept(n: u32) -> impl Fn(&Lexicon) -> Target {
    move |_| Target::Concept(ConceptId(n))
}

#[test]
fn side_and_encounter_choose_within_a_family() {
    let fracture = |text, kind| first(code("S42.009A"), text, "clavicle", kind).0;
    assert_eq!(fracture("He broke the left clavicle.", NoteType::Office), "S42.002A");
    assert_eq!(fracture("Open fracture of the R clavicle.", NoteType::Emergency), "S42.001B");
    assert_eq!(fracture("Shoulder pain from an old left clavicle fracture.", NoteType::Office), "S42.002S");
    assert_eq!(fracture("grade II open L clavicle fx", NoteType::Emergency), "S42.002B");
    assert_eq!(fracture("Left clavicle fracture, healing well.", NoteType::Office), "S42.002D");
    for later in [
        "L clavicle fx, cast off today",
        "Here for 6 week follow-up.\nLeft clavicle fracture, no pain.",
        "Left clavicle fracture, 3 wks out",
        "s/p ORIF L clavicle, doing well. Left clavicle fracture.",
        "Films: bridging callus, fracture lines blurred.\n\nAssessment: left clavicle fracture",
    ] {
        assert_eq!(fracture(later, NoteType::Office), "S42.002D", "{later}");
    }
    for first in [
        "Left clavicle fracture. F/u in 2 weeks.",
        "Left clavicle fracture, seen in the ED 3 days ago, here for f/u after the ER visit.",
        "Left clavicle fracture; will follow up with orthopedics.",
        "Fell 2 weeks ago. Left clavicle fracture.",
        "Left clavicle fracture, no callus.",
        "78 year old woman, left clavicle fracture.",
    ] {
        assert_eq!(fracture(first, NoteType::Office), "S42.002A", "{first}");
    }
    assert_eq!(fracture("Open reduction of the left clavicle fracture.", NoteType::Operative), "S42.002A");
    assert_eq!(fracture("Nonunion of right clavicle fracture", NoteType::Office), "S42.001K");
    assert_eq!(fracture("clavicle pain", NoteType::Office), "S42.009A");
    assert_eq!(first(code("H66.90"), "Both ears hurt.\nOtitis media.", "Otitis media", NoteType::Office).0, "H66.93");
    // Both sides without a code for both: one of the sided codes, never the unspecified one.
    assert_eq!(first(code("M77.00"), "bilateral medial epicondylitis", "medial epicondylitis", NoteType::Office).0, "M77.01");
    // The side is said with the same part elsewhere.
    let text = "Left ear pain.\nRight knee fine.\nExam shows an ear infection.";
    assert_eq!(first(code("H66.90"), text, "ear infection", NoteType::Office).0, "H66.92");
}

#[test]
fn attribute_values_choose_within_a_concept() {
    let (code, found) = first(concept(0), "CKD stage IIIa, stable", "CKD", NoteType::Office);
    assert_eq!(code, "N18.31");
    assert_eq!(found.reasons[0].attribute, "stage");
    assert_eq!(found.reasons[0].spans.last().map(|s| s.end), Some(14));
    assert_eq!(first(concept(0), "CKD, takes 4 pills", "CKD", NoteType::Office).0, "N18.9");
    assert_eq!(first(concept(1), "tics with recent bleeding", "tics", NoteType::Office).0, "K57.31");
    assert_eq!(first(concept(1), "tics without bleeding", "tics", NoteType::Office).0, "K57.30");
    assert_eq!(first(concept(3), "HTN in pregnancy, 31 weeks gestation", "HTN in pregnancy", NoteType::Office).0, "O10.013");
    assert!(first(concept(2), "OM", "OM", NoteType::Office).1.ask);
    assert!(!first(concept(2), "OM on the left", "OM", NoteType::Office).1.ask);
}

#[test]
fn odd_places_are_no_trouble() {
    let lexicon = lexicon();
    let empty = document("");
    let facts = NoteFacts::read(&empty, NoteType::Other, PatientFacts::default());
    for span in [Span { start: 0, end: 0 }, Span { start: 50, end: 90 }] {
        let context = AttributeContext::around(&facts, span);
        assert!(context.laterality().is_none() && context.said("left knee").is_none() && context.said("").is_none());
        assert_eq!(resolve(&lexicon, Target::Concept(ConceptId(0)), &context).len(), 6);
        assert!(resolve(&lexicon, Target::Concept(ConceptId(99)), &context).is_empty());
    }
}
