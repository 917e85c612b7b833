use super::*;
use crate::document::read;

fn assertion(text: &str, mention: &str) -> Assertion {
    let document = read(text);
    let start = text.find(mention).expect("the mention stands in the text");
    assess(&document, Span::new(start, start + mention.len())).leading()
}

#[test]
fn absent() {
    for (text, mention) in [
        ("No fever, chills, or weight loss.", "weight loss"),
        ("Patient DENIES CHEST PAIN, SHORTNESS OF BREATH, OR PALPITATIONS.", "PALPITATIONS"),
        ("Chest pain: denies.", "Chest pain"),
        ("Pneumonia was ruled out.", "Pneumonia"),
        ("Fever - no, cough - yes", "Fever"),
        ("Extremities: edema negative.", "edema"),
        ("[ ] fever [x] cough", "fever"),
        ("ROS: Negative for chest pain, nausea, vomiting, diarrhea, rash and joint swelling.", "joint swelling"),
    ] {
        assert_eq!(assertion(text, mention), Assertion::Absent, "{text}");
    }
}

#[test]
fn scopes_end() {
    for (text, mention) in [
        ("No fever, but he has a cough.", "cough"),
        ("Denies fever; reports cough.", "cough"),
        ("[ ] fever [x] cough", "cough"),
        ("No change in her back pain.", "back pain"),
        ("Fever - no, cough - yes", "cough"),
    ] {
        assert_eq!(assertion(text, mention), Assertion::Present, "{text}");
    }
}

#[test]
fn other_assertions() {
    for (text, mention, expected) in [
        ("FAMILY HISTORY: Mother with diabetes.", "diabetes", Assertion::Family),
        ("Her mother had breast cancer.", "breast cancer", Assertion::Family),
        ("Mother states that he has a cough.", "cough", Assertion::Present),
        ("Rule out appendicitis.", "appendicitis", Assertion::Possible),
        ("History of pneumonia.", "pneumonia", Assertion::Historical),
        ("She is s/p cholecystectomy.", "cholecystectomy", Assertion::Historical),
        ("Risks include bleeding and infection.", "infection", Assertion::Hypothetical),
        ("We will schedule an MRI.", "MRI", Assertion::Planned),
    ] {
        assert_eq!(assertion(text, mention), expected, "{text}");
    }
}

#[test]
fn the_kind_of_mention_decides() {
    let assertion = |text: &str, mention: &str, kind: MentionKind| {
        let start = text.find(mention).expect("the mention stands in the text");
        CueIndex::new(&read(text)).assess_as(Span::new(start, start + mention.len()), Some(kind)).leading()
    };
    let text = "If symptoms persist, physical therapy may be considered.";
    assert_eq!(assertion(text, "physical therapy", MentionKind::Procedure), Assertion::Conditional);
    assert_eq!(assertion(text, "symptoms", MentionKind::Problem), Assertion::Hypothetical);
    assert_eq!(assertion("Urine culture negative.", "Urine culture", MentionKind::Test), Assertion::Present);
    assert_eq!(assertion("She has a history of hypertension.", "hypertension", MentionKind::Problem), Assertion::Present);
}

#[test]
fn a_list_takes_the_assertion_of_its_lead() {
    assert_eq!(assertion("He denies:\n- fever\n- chills\n", "chills"), Assertion::Absent);
}

#[test]
fn a_long_list_shares_the_scopes_of_its_lead() {
    let text = format!("{},:\n{}", "no ".repeat(300), "- fever\n".repeat(2_000));
    let document = read(&text);
    let index = CueIndex::new(&document);
    let inherited: usize = index.readings.iter().map(|r| r.inherited.len()).sum();
    assert!(inherited > 100_000, "the items stand under the line: {inherited}");
    assert!(index.readings.iter().map(|r| r.scopes.len()).sum::<usize>() < 1_000);
    let last = text.len() - "fever\n".len();
    assert_eq!(index.assess(Span::new(last, last + 5)).leading(), Assertion::Absent);
}

#[test]
fn all_that_hold() {
    let document = read("No history of seizures.");
    let finding = assess(&document, Span::new(14, 22));
    assert_eq!(finding.assertions, [Assertion::Absent, Assertion::Historical]);
}

#[test]
fn five_megabytes_and_any_place() {
    let text = "He denies fever, chills, if any, or mother with no possible – pain. ".repeat(70_000);
    let document = read(&text);
    let begin = std::time::Instant::now();
    let index = CueIndex::new(&document);
    for start in (0..text.len() - 9).step_by(5000) {
        index.assess(Span::new(start, start + 7));
    }
    index.assess(Span::new(text.len(), text.len()));
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}
