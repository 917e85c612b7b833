use super::*;
use proptest::prelude::*;

fn sections(text: &str) -> Vec<(SectionKind, &str)> {
    read(text).sections.iter().map(|s| (s.kind, s.body.of(text).trim())).collect()
}

fn sentences(text: &str) -> Vec<String> {
    read(text).sentences.iter().map(|s| s.span.of(text).to_owned()).collect()
}

#[test]
fn headings_of_many_spellings() {
    use SectionKind as K;
    let text = "CC: cough\n\nHPI\n54 yo M with cough for a week.\nPMH diabetes\n**Exam**\nHEENT: normal.\nLungs: clear.\n## A/P\n1. Bronchitis.\n- Medical Reasoning: viral.\nLabs: none\n";
    let kinds: Vec<K> = sections(text).into_iter().map(|(k, _)| k).collect();
    assert_eq!(
        kinds,
        [K::ChiefComplaint, K::HistoryOfPresentIllness, K::PastMedicalHistory, K::PhysicalExam, K::AssessmentAndPlan]
    );
}

#[test]
fn inline_headings_and_comma_transcripts() {
    use SectionKind as K;
    let text = "SUBJECTIVE:,  This 30-year-old returns.,MEDICATIONS:,  None.,OBJECTIVE:,Vitals:  BP 120/80.,ASSESSMENT:,  Allergic rhinitis.,PLAN:,1.  Loratadine.,2.  Return.";
    let kinds: Vec<K> = sections(text).into_iter().map(|(k, _)| k).collect();
    assert_eq!(kinds, [K::HistoryOfPresentIllness, K::Medications, K::PhysicalExam, K::Assessment, K::Plan]);
    assert!(sentences(text).contains(&"Loratadine.".to_owned()));
    let line = "Seen for a rash. Exam: red plaque. Impression: Eczema. Plan: cream.";
    let kinds: Vec<K> = sections(line).into_iter().map(|(k, _)| k).collect();
    assert_eq!(kinds[kinds.len() - 3..], [K::PhysicalExam, K::Assessment, K::Plan]);
}

#[test]
fn a_history_headed_in_its_line_ends_with_the_paragraph() {
    use SectionKind as K;
    let text = "52-year-old woman seen for flank pain of two days, with chills, since Friday night. PMH: arthritis. All: none.\n\nT 39.6. Lungs clear.\n2 cultures, then cefepime.\n\nDiagnosis: sepsis.";
    let found = sections(text);
    let kinds: Vec<K> = found.iter().map(|(k, _)| *k).collect();
    assert_eq!(kinds, [K::HistoryOfPresentIllness, K::PastMedicalHistory, K::Allergies, K::Other, K::Assessment]);
    assert_eq!(found[2].1, "none.");
    let listed = "ALLERGIES:\nPenicillin\n\nSulfa\nPLAN: rest.";
    assert_eq!(sections(listed).iter().map(|s| s.0).collect::<Vec<_>>(), [K::Allergies, K::Plan]);
}

#[test]
fn a_projection_is_no_heading() {
    use SectionKind as K;
    let text = "EXAM: knee swollen.\nAP, lateral and sunrise views of the left knee were taken.\nAP\nKnee arthritis, injection.";
    assert_eq!(sections(text).iter().map(|s| s.0).collect::<Vec<_>>(), [K::PhysicalExam, K::AssessmentAndPlan]);
}

#[test]
fn a_procedure_heading_names_or_tells() {
    use SectionKind as K;
    let text = "PROCEDURE: Left knee arthroscopy.\n\nPROCEDURE: The patient was taken to the operating room and prepped.";
    assert_eq!(sections(text).iter().map(|s| s.0).collect::<Vec<_>>(), [K::ProcedurePerformed, K::ProcedureDescription]);
    assert_eq!(
        sections("EXAM: CT of the chest.\n\nEXAM: Alert, lungs clear.").iter().map(|s| s.0).collect::<Vec<_>>(),
        [K::ProcedurePerformed, K::PhysicalExam]
    );
}

#[test]
fn a_question_mark_before_a_disease_doubts_it() {
    assert_eq!(sentences("Numb face ? Gout as well."), ["Numb face ?", "Gout as well."]);
    assert_eq!(
        sentences("Weak on the left, ? Stroke. Called ambulance ?? MI."),
        ["Weak on the left, ? Stroke.", "Called ambulance ?? MI."]
    );
    assert_eq!(sentences("Can she come back? Yes."), ["Can she come back?", "Yes."]);
}

#[test]
fn full_stops_that_end_nothing() {
    let text = "Dr. Smith saw J. Doe at 2 p.m. today. Took 2.5 mg b.i.d. for pain, e.g. in the knee vs. hip. No. 5 blade. He has hepatitis C. She left.";
    assert_eq!(
        sentences(text),
        [
            "Dr. Smith saw J. Doe at 2 p.m. today.",
            "Took 2.5 mg b.i.d. for pain, e.g. in the knee vs. hip.",
            "No. 5 blade.",
            "He has hepatitis C.",
            "She left."
        ]
    );
}

#[test]
fn lists_and_wrapped_lines() {
    let text = "PLAN: 1. Start metformin 500 mg. 2. Check A1c in 3 months. 3. Return.\n\nHPI:\nThe patient is a 40 year old woman with a long history of migraine who was\nseen today because of a new pattern of headache, worse in the morning, and\nwithout aura.\nacne stable\nrosacea better";
    let document = read(text);
    let found: Vec<(&str, bool)> = document.sentences.iter().map(|s| (s.span.of(text), s.list_item)).collect();
    assert_eq!(found[..3], [("Start metformin 500 mg.", true), ("Check A1c in 3 months.", true), ("Return.", true)]);
    assert!(found[3].0.ends_with("without aura."), "{found:?}");
    assert_eq!(found[4..], [("acne stable", false), ("rosacea better", false)]);
    assert!(document.sentences[3].paragraph > document.sentences[2].paragraph);
}

fn check(text: &str) {
    let document = read(text);
    let mut at = document.sections.first().map_or(0, |s| s.heading.unwrap_or(s.body).start);
    assert!(!text[..at].chars().any(char::is_alphanumeric));
    for section in &document.sections {
        let heading = section.heading.unwrap_or(Span::new(section.body.start, section.body.start));
        assert_eq!(heading.start, at);
        assert!(heading.end <= section.body.start && section.body.start <= section.body.end);
        heading.of(text);
        section.body.of(text);
        at = section.body.end;
    }
    assert_eq!(at, text.len());
    let mut last = 0;
    for sentence in &document.sentences {
        assert!(last <= sentence.span.start && sentence.span.len() <= 1000 && !sentence.span.is_empty());
        assert!(sentence.span.of(text).trim() == sentence.span.of(text));
        assert!(document.sections[sentence.section].body.contains(sentence.span));
        last = sentence.span.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_text_is_covered(text in "\\PC{0,400}") {
        check(&text);
    }
    #[test]
    fn any_note_like_text_is_covered(parts in prop::collection::vec(prop_oneof![
        Just("PLAN:"), Just("\n"), Just("\n\n"), Just(",PMH:,  "), Just("1. "), Just("- "), Just("No fever. "), Just("Dr. A. "), Just("HEENT: "),
        Just("é’“"), Just("**Exam**"), Just("# "), Just(" "), Just("a word "), Just("\u{a0}"), Just("2) "), Just("EXAM"), Just("PMH x"), Just("\r\n"), Just(". "), Just("Dose: 2.5 mg "),
    ], 0..60)) {
        check(&parts.concat());
    }
}

#[test]
fn five_megabytes_take_linear_time() {
    for unit in [
        "The patient denies pain, fever, or cough. ",
        "PLAN: none.\n",
        "a",
        ": ",
        "\n",
        "1. x 2. y ",
        "Name: \n",
        "no stop here ever\n",
        "A: b, ",
        ". ",
    ] {
        let text = unit.repeat(5_000_000 / unit.len());
        let begin = std::time::Instant::now();
        check(&text);
        assert!(begin.elapsed().as_secs() < 3, "{unit:?} took {:?}", begin.elapsed());
    }
}
