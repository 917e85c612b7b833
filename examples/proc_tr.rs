use std::io::Write;
use std::path::Path;
use rayon::prelude::*;
use superbill::codeset::CodeSets;
use superbill::coding::procedures::{ProcedureCoder, ProcedureInput};
use superbill::document::{self, facts::resolve_context};
use superbill::note::Encounter;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let root = Path::new(&args[1]);
    let coder = ProcedureCoder::open(&root.join("codesets"), Path::new(&args[2])).expect("open");
    let sets = CodeSets::open(&root.join("codesets")).expect("sets");
    let text = std::fs::read_to_string(&args[3]).expect("in");
    let lines: Vec<&str> = text.lines().collect();
    let out: Vec<String> = lines.par_iter().map(|l| {
        let e: Encounter = serde_json::from_str(l).expect("encounter");
        let document = document::read(&e.note);
        let context = resolve_context(&e, &document, jiff::civil::date(2026, 5, 4));
        let c = coder.code(&ProcedureInput { document: &document, context: &context, mentions: &[], diagnoses: &[], code_sets: &sets });
        let ls: Vec<_> = c.lines.iter().map(|x| serde_json::json!({"code": x.code, "modifiers": x.modifiers, "units": x.units, "confidence": x.confidence, "source": x.source, "reason": x.reason, "evidence": x.evidence.iter().map(|e| e.text.clone()).collect::<Vec<_>>()})).collect();
        let cs: Vec<_> = c.candidates.iter().take(12).map(|x| serde_json::json!({"code": x.code, "confidence": x.confidence, "why_not": x.why_not, "evidence": x.evidence.iter().map(|e| e.text.clone()).collect::<Vec<_>>()})).collect();
        let q: Vec<_> = c.queries.iter().map(|x| serde_json::json!([x.about, x.question])).collect();
        serde_json::json!({"id": e.encounter_id, "note_type": format!("{:?}", context.note_type), "lines": ls, "candidates": cs, "queries": q}).to_string()
    }).collect();
    let mut f = std::fs::File::create(&args[4]).expect("out");
    for l in out { writeln!(f, "{l}").expect("w"); }
}
