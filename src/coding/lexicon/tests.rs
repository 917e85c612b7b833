use std::io::Write;

use super::*;
use crate::document::{Document, Section, SectionKind, Sentence, Span};

/// A document of one sentence a line.
pub(crate) fn document(text: &str) -> Document {
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

fn row(code: &str, title: &str, billable: bool) -> CodeRow {
    CodeRow { code: code.into(), title: title.into(), billable, inclusion: Vec::new() }
}

/// A small invented lexicon over real codes.
pub(crate) fn small() -> Lexicon {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    };
    let sources = Sources {
        codes: vec![
            row("E11", "Type 2 diabetes mellitus", false),
            row("E11.65", "Type 2 diabetes mellitus with hyperglycemia", true),
            row("E11.9", "Type 2 diabetes mellitus without complications", true),
            row("I10", "Essential (primary) hypertension", true),
            row("M17.0", "Bilateral primary osteoarthritis of knee", true),
            row("M17.10", "Unilateral primary osteoarthritis, unspecified knee", true),
            row("M17.11", "Unilateral primary osteoarthritis, right knee", true),
            row("M17.12", "Unilateral primary osteoarthritis, left knee", true),
            row("R03.0", "Elevated blood-pressure reading, without diagnosis of hypertension", true),
            row("Z85.3", "Personal history of malignant neoplasm of breast", true),
        ],
        index: Some(file(
            "index.csv",
            "Level,Term,See,SeeAlso,NonEssModif,Code\n0,\"Diabetes, diabetic\",,,(mellitus) (sugar),E11.9\n1,with,,,,\n\
             2,hyperglycemia,,,,E11.65\n0,Sugar disease,Diabetes,,,\n",
        )),
        phrases: vec![file(
            "icd_x.jsonl",
            concat!(
                r#"{"concept":"knee arthritis","phrases":["bone-on-bone knee","KOA?"],"codes":[{"code":"M17.11","laterality":"right"},"#,
                r#"{"code":"M17.0","laterality":"bilateral"}],"default":"M17.11","qualified":{"M17.0":["both knees bone on bone twice"]},"#,
                r#""traps":[{"phrase":"white coat hypertension","code":"R03.0"}]}"#
            ),
        )],
        ..Sources::default()
    };
    Lexicon::from_bytes(build(&sources).unwrap().bytes).unwrap()
}

fn codes(lexicon: &Lexicon, text: &str) -> Vec<(String, Source, bool)> {
    let document = document(text);
    let mut out = Vec::new();
    for hit in lexicon.matches(&document) {
        for posting in lexicon.postings(hit.entry) {
            for (code, _) in lexicon.codes_of(posting.target) {
                out.push((lexicon.code(code).to_owned(), posting.source, hit.subsumed));
            }
        }
    }
    out
}

#[test]
fn words_in_any_order_lead_to_codes() {
    let lexicon = small();
    let has = |text: &str, code: &str, source: Source| codes(&lexicon, text).iter().any(|c| c.0 == code && c.1 == source);
    assert!(has("Poorly controlled T2DM with severe hyperglycemia today", "E11.65", Source::Title));
    assert!(has("essential HTN", "I10", Source::Title));
    assert!(has("h/o breast cancer", "Z85.3", Source::Title));
    assert!(has("sugar disease with hyperglycaemia", "E11.65", Source::IndexSee));
    assert!(has("knee is bone on bone", "M17.0", Source::Phrase));
    assert!(has("white-coat hypertension", "R03.0", Source::Trap));
    // All sides of the family; the side itself is chosen later.
    assert!(has("primary osteoarthritis of the left knee", "M17.0", Source::Title));
    // Not across the end of a sentence.
    assert!(!has("essential\nHTN", "I10", Source::Title));
    assert!(codes(&lexicon, "").is_empty());
    assert!(codes(&lexicon, "🙂 ÄÖÜ ﬁ ½ \u{301}").is_empty());
}

#[test]
fn a_shorter_find_inside_a_longer_one_is_marked() {
    let lexicon = small();
    let found = codes(&lexicon, "type 2 diabetes with hyperglycemia");
    assert!(found.contains(&("E11.65".into(), Source::Title, false)));
    assert!(found.contains(&("E11.9".into(), Source::Index, true)));
    assert_eq!(lexicon.matches(&document("type 2 diabetes with hyperglycemia"))[0].span, Span { start: 0, end: 34 });
}

#[test]
fn the_time_grows_with_the_length_only() {
    let lexicon = small();
    let document = document(&"type 2 diabetes knee ".repeat(40_000));
    let started = std::time::Instant::now();
    assert!(lexicon.matches(&document).len() > 40_000);
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn tables_answer_by_code() {
    let lexicon = small();
    assert_eq!(lexicon.code_id("m1711").map(|c| lexicon.code(c)), Some("M17.11"));
    assert_eq!(lexicon.code_id("M17.13"), None);
    assert_eq!(lexicon.code_id(""), None);
    assert_eq!(lexicon.code_id("ÄÄ"), None);
    let (first, end) = lexicon.codes_under("M17.1");
    assert_eq!(end.0 - first.0, 3);
    assert_eq!(lexicon.concept(ConceptId(0)).unwrap().options.len(), 2);
    assert!(lexicon.concept(ConceptId(7)).is_none());
}

#[test]
fn counts_are_learned_stored_and_left_out_by_note() {
    let note = |phrase, code, document| LabelledPhrase { phrase, code, document };
    let all = [
        note("bad knee", "M17.11", "a"),
        note("knees, bad", "M17.11", "b"),
        note("bad knee", "M17.11", "b"),
        note("bad knee", "M17.0", "c"),
    ];
    let counts = PhraseCounts::learn(all);
    let stored = PhraseCounts::from_bytes(counts.to_bytes()).unwrap();
    for counts in [&counts, &stored] {
        assert_eq!(counts.get("the bad knee"), [("M17.0".to_owned(), 1), ("M17.11".to_owned(), 2)]);
        assert_eq!(counts.matches(&document("A bad left knee"))[0].span, Span { start: 2, end: 15 });
    }
    let fold = PhraseCounts::learn(all.into_iter().filter(|p| p.document != "b"));
    assert_eq!(fold.get("bad knee"), [("M17.0".to_owned(), 1), ("M17.11".to_owned(), 1)]);
    assert!(PhraseCounts::learn([]).matches(&document("bad knee")).is_empty());
}

#[test]
fn damaged_files_are_refused() {
    let bytes = container_of_small();
    for cut in [0, 7, 20, 100, bytes.len() / 2] {
        assert!(Lexicon::from_bytes(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    let missing = Lexicon::open(std::path::Path::new("no/such/lexicon.bin")).unwrap_err();
    assert!(missing.to_string().contains("no/such/lexicon.bin"));
}

fn container_of_small() -> Vec<u8> {
    let sources = Sources { codes: vec![row("I10", "Essential (primary) hypertension", true)], ..Sources::default() };
    let bytes = build(&sources).unwrap().bytes;
    assert!(Lexicon::from_bytes(bytes.clone()).is_ok());
    bytes
}
