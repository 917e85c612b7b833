use std::path::Path;

use jiff::civil::date;

use super::{ProcedureCoder, ProcedureCoding, ProcedureInput};
use crate::claim::Diagnosis;
use crate::codeset::CodeSets;
use crate::document::{self, Span, facts::resolve_context};
use crate::note::Encounter;

fn code(coder: &ProcedureCoder, sets: &CodeSets, note: &str) -> ProcedureCoding {
    let document = document::read(note);
    let context = resolve_context(&Encounter { note: note.to_owned(), ..Encounter::default() }, &document, date(2026, 5, 4));
    // A diagnosis stands on words of the note.
    let evidence = |words: &str| {
        let found = note.match_indices(words).map(|(at, _)| document.evidence(Span::new(at, at + words.len())));
        found.collect::<Vec<_>>()
    };
    let diagnoses = [
        Diagnosis {
            pointer: "A".to_owned(),
            code: "I10".to_owned(),
            title: "Essential hypertension".to_owned(),
            evidence: evidence("Hypertension"),
            ..Diagnosis::default()
        },
        Diagnosis {
            pointer: "B".to_owned(),
            code: "G56.02".to_owned(),
            title: "Carpal tunnel syndrome, left".to_owned(),
            evidence: evidence("Left carpal tunnel syndrome"),
            ..Diagnosis::default()
        },
    ];
    coder.code(&ProcedureInput { document: &document, context: &context, mentions: &[], diagnoses: &diagnoses, code_sets: sets })
}

#[test]
fn performed_services_become_lines_and_planned_ones_do_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let coder = ProcedureCoder::open(&root.join("codesets"), &root.join("models/superbill-base")).expect("table and model");
    let sets = CodeSets::open(&root.join("codesets")).expect("code sets");

    let note = "PAST MEDICAL HISTORY: Hypertension.\n\nPREOPERATIVE DIAGNOSIS: Left carpal tunnel syndrome.\n\nPOSTOPERATIVE DIAGNOSIS: Left carpal tunnel syndrome.\n\n\
        PROCEDURE PERFORMED: Left carpal tunnel release.\n\nANESTHESIA: Local with sedation.\n\n\
        DESCRIPTION OF PROCEDURE: The patient was brought to the operating room. A longitudinal incision was made in the palm. \
        The transverse carpal ligament was divided under direct vision. The wound was closed with nylon.";
    let coding = code(&coder, &sets, note);
    let line = coding.lines.first().expect("a line");
    assert_eq!((line.code.as_str(), line.units, line.number), ("64721", 1, 1));
    assert_eq!(line.modifiers, ["LT"]);
    assert_eq!(line.pointers, ["B"]);
    assert_eq!(&note[line.evidence[0].start..line.evidence[0].end], line.evidence[0].text);

    let plan = "HISTORY OF PRESENT ILLNESS: Numb fingers at night for a year.\n\nASSESSMENT AND PLAN: Left carpal tunnel syndrome. \
        We will schedule a left carpal tunnel release next month. Wrist splint at night.";
    assert!(code(&coder, &sets, plan).lines.iter().all(|line| line.code != "64721"));

    // Nothing to code, and text beyond ASCII.
    assert!(code(&coder, &sets, "").lines.is_empty());
    code(&coder, &sets, "Überweisung – naïve café №5 ½ cm ✓ 漢字 x-ray of the l\u{e9}ft knee today\u{2026}");
}

#[test]
fn services_that_stand_beside_others_and_those_of_other_places() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let coder = ProcedureCoder::open(&root.join("codesets"), &root.join("models/superbill-base")).expect("table and model");
    let sets = CodeSets::open(&root.join("codesets")).expect("code sets");
    let codes = |note: &str| -> Vec<String> { code(&coder, &sets, note).lines.into_iter().map(|line| line.code).collect() };

    let craniotomy = codes(
        "PROCEDURE PERFORMED: Right frontal craniotomy for resection of a glioma with Stealth navigation.\n\n\
         DESCRIPTION OF PROCEDURE: The tumor was localized with the Stealth system. A craniotomy was turned and the tumor resected.",
    );
    assert!(craniotomy.contains(&"61510".to_owned()) && craniotomy.contains(&"61781".to_owned()), "{craniotomy:?}");
    assert!(!codes("PROCEDURE: Left knee aspiration.\n\nThe Stealth system was in the room.").contains(&"61781".to_owned()));

    let limbs = codes("Spasticity. Botox 100 units into the left biceps and 100 units into the left gastrocnemius, given here.");
    assert!(limbs.contains(&"64642".to_owned()) || !limbs.contains(&"64643".to_owned()), "{limbs:?}");

    assert!(codes("He got his flu shot at CVS last month. EKG from the hospital shows fibrillation.").is_empty());
    let visit = "HISTORY OF PRESENT ILLNESS: Flank pain. CT abdomen and pelvis at the outside hospital last week was normal.\n\n\
        ASSESSMENT AND PLAN: Flank pain, improving. Fluids. Return if worse.";
    assert!(codes(visit).is_empty());
}
