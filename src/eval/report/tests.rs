//! The page escapes everything and shows what it should.
use super::*;
use crate::document::Evidence;
use crate::eval::claim_score;
use crate::eval::figures::Metric;
use crate::eval::gold::{Case, Gold, GoldConcept, GoldEm};
use crate::eval::predicted::{Predicted, PredictedDiagnosis};
use crate::note::Encounter;

fn measured() -> Measured {
    let note = "Pt <script>alert('x')</script> has knee \"OA\" & pain.".to_owned();
    let place = |words: &str| {
        let start = note.find(words).expect("stands there");
        Span::new(start, start + words.len())
    };
    let concept = GoldConcept { codes: vec!["M17.11".into()], primary: true, places: vec![place("knee \"OA\"")] };
    let case = Case {
        gold: Gold {
            id: "<1>".into(),
            diagnoses: vec![concept],
            em: GoldEm { codes: vec!["99213".into()], ..Default::default() },
            ..Default::default()
        },
        encounter: Encounter { note: note.clone(), ..Default::default() },
        mentions: Vec::new(),
        relations: Vec::new(),
    };
    let evidence = Evidence { document: None, start: place("knee").start, end: place("pain").end, text: "knee".into() };
    let predicted = Predicted {
        diagnoses: vec![PredictedDiagnosis { code: "M17.12".into(), confidence: 0.7, evidence: vec![evidence] }],
        em: Some("99214".into()),
        reasons: vec!["a < b".into()],
        ..Default::default()
    };
    let scored = claim_score::score(&case.gold, &predicted, &|_| 0);
    let mut measured = Measured { refused: vec!["x: <bad>".into()], ..Default::default() };
    measured.scores.set = "labels:<dir>".into();
    let metric = Metric { value: 0.5, low: 0.4, high: 0.6, n: 7 };
    measured.scores.metrics.insert("diagnosis_f1".into(), metric);
    measured.scores.by_group.entry("specialty:ear & nose".into()).or_default().insert("diagnosis_f1".into(), metric);
    measured.plots.diagnoses = scored.confidences.clone();
    measured.plots.encounters = vec![(0.7, false), (0.9, true)];
    measured.pages.push(claim_page::page(&case, &predicted, &scored, &mut |code| format!("title of {code} <i>")));
    measured
}

#[test]
fn nothing_of_a_note_is_markup_and_nothing_is_loaded() {
    let html = render(&[measured()]);
    for raw in ["<script", "<dir>", "<1>", "<bad>", "<i>", "a < b", "ear & nose"] {
        assert!(!html.contains(raw), "{raw}");
    }
    for outside in ["http://", "https://", "src=", "@import", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
    for opened in ["svg", "table", "details", "mark", "pre", "tr", "td", "title"] {
        assert_eq!(html.matches(&format!("<{opened}")).count(), html.matches(&format!("</{opened}>")).count(), "{opened}");
    }
}

#[test]
fn gold_stands_beside_predicted_with_its_words() {
    let html = render(&[measured()]);
    assert!(html.contains("<mark class=\"both\" title=\"gold M17.11, engine M17.12\">knee &quot;OA&quot;</mark>"), "{html}");
    assert!(html.contains("<mark class=\"predicted\" title=\"engine M17.12\"> &amp; pain</mark>"), "{html}");
    assert!(html.contains("wrong attribute") && html.contains("M17.11 title of M17.11 &lt;i&gt;"));
    assert!(html.contains("<td>M17.11</td><td>M17.12</td><td class=\"n\">1</td><td>knee &quot;OA&quot;</td>"));
    assert!(html.contains("E/M 1 over") && html.contains("<circle") && html.contains("<polyline") && html.contains("<rect"));
}

#[test]
fn a_place_between_characters_is_left_out() {
    let mark = |start, end| Mark { span: Span::new(start, end), side: Side::Gold, label: "x".into() };
    let html = highlight::highlight("né <b>", &[mark(0, 2), mark(3, 90), mark(4, 7)]);
    assert_eq!(html, "né <mark class=\"gold\" title=\"gold x\">&lt;b&gt;</mark>");
}
