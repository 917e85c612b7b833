//! The claims of `eval/claims/`: every expected finding is found, and nothing else.
use std::collections::BTreeSet;
use std::path::Path;

use superbill::codeset::CodeSets;
use superbill::eval::claims::{load, score};
use superbill::rules::{ALL, Payers, run_examples};

fn code_sets() -> CodeSets {
    let folder = CodeSets::default_dir().expect("the embedded code sets");
    CodeSets::open(&folder).expect("the embedded code sets open")
}

#[test]
fn claims_have_the_findings_of_the_published_rules() {
    let cases = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("eval/claims")).expect("cases");
    let payers = Payers::embedded().expect("payer files");
    let scores = score(&cases, &code_sets(), &payers).expect("scores");
    assert!(scores.cases >= 300 && scores.clean >= 100, "{} cases, {} clean", scores.cases, scores.clean);
    assert!(scores.differences.is_empty(), "\n{}", scores.table());
    let known: BTreeSet<&str> =
        ALL.iter().map(|rule| rule.info().id).chain(payers.iter().flat_map(|p| p.rules.iter().map(|r| r.id.as_str()))).collect();
    let unknown: Vec<_> = scores.rules.keys().filter(|rule| !known.contains(rule.as_str())).collect();
    assert!(unknown.is_empty(), "no such rules: {unknown:?}");
}

#[test]
fn the_examples_of_payers_files_hold() {
    let payers = Payers::embedded().expect("payer files");
    let (count, failures) = run_examples(&code_sets(), &payers);
    assert!(failures.is_empty() && count >= 30, "{count} examples\n{}", failures.join("\n"));
}
