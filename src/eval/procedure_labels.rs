//! Procedures of the labelled dev notes by the procedure coder alone (no encoder). Runs where `LABELS` names the labels'
//! folder; with `HALF` 0 or 1 on that half of the training notes in their place. Tests only.
use std::path::Path;

use rayon::prelude::*;

use crate::codeset::CodeSets;
use crate::coding::procedures::{ProcedureCoder, ProcedureInput};
use crate::document::{self, facts::resolve_context};
use crate::eval::gold::{self, is_em_code};
use crate::eval::lines::same_set;
use crate::eval::scoring::{Counts, Outcome, match_codes};
use crate::eval::sets::Part;

#[test]
fn procedures_of_labelled_notes() {
    let Some(folder) = std::env::var_os("LABELS") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let coder = ProcedureCoder::open(&root.join("codesets"), &root.join("models/superbill-base")).expect("table and model");
    let sets = CodeSets::open(&root.join("codesets")).expect("code sets");
    let mut counts = Counts::default();
    let (mut exact, mut hits) = (0, 0);
    let half: Option<usize> = std::env::var("HALF").ok().and_then(|half| half.parse().ok());
    let part = if half.is_some() { Part::Train } else { Part::Dev };
    let mut cases = gold::load_labels(Path::new(&folder), part).expect("labels");
    cases.retain(|case| half.is_none_or(|half| crate::train::encoder::dataset::half_of(&case.gold.id) == half));
    let code = |case: &gold::Case| {
        let document = document::read(&case.encounter.note);
        let context = resolve_context(&case.encounter, &document, jiff::civil::date(2026, 5, 4));
        let input = ProcedureInput { document: &document, context: &context, mentions: &[], diagnoses: &[], code_sets: &sets };
        coder.code(&input)
    };
    let codings: Vec<_> = cases.par_iter().map(code).collect();
    for (case, coding) in cases.iter().zip(&codings) {
        let lines: Vec<_> = coding.lines.iter().filter(|l| !is_em_code(&l.code)).collect();
        let predicted: Vec<String> = lines.iter().map(|l| l.code.clone()).collect();
        let required: Vec<Vec<String>> = case.gold.procedures.iter().map(|p| p.codes.clone()).collect();
        let (of_note, outcomes) = match_codes(&required, &case.gold.optional_procedures, &predicted);
        for (line, outcome) in lines.iter().zip(&outcomes) {
            if let Outcome::Hit(i) = outcome {
                let want = &case.gold.procedures[*i];
                hits += 1;
                let fits = want.units.contains(&line.units) && want.modifiers.iter().any(|m| same_set(m, &line.modifiers));
                exact += usize::from(fits);
            }
        }
        if of_note.wrong + of_note.missed > 0 {
            let show = |l: &&crate::claim::Line| {
                format!(
                    "{}({:.2}{})",
                    l.code,
                    l.confidence,
                    if l.source.first().is_some_and(|s| s.starts_with('d')) { "t" } else { "" }
                )
            };
            println!("{} want {required:?} got {:?}", case.gold.id, lines.iter().map(show).collect::<Vec<_>>());
        }
        counts.add(of_note);
    }
    println!("{counts:?} F1 {:.3}; modifiers and units right in {exact} of {hits}", counts.f1());
    assert!(counts.f1() > 0.6);
}
